"""What the generator is told and what it tells: plain values that cross the process border as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Job:
    """Which server to load, with how many stations and for how long."""

    url: str
    server_pid: int
    stations: int
    warm_s: float
    window_s: float


Transaction = tuple[int, str, int, int]
"""transactionId, station, meterStart, meterStop."""


class Latency(NamedTuple):
    """The answers of one action: how many, and how long they took."""

    n: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Load:
    """What a load did. CPU seconds and calls are those of the window, transactions are all that were ended."""

    window_s: float
    calls: int
    server_s: float
    generator_s: float
    other_s: float
    latencies: Mapping[str, Latency]
    transactions: tuple[Transaction, ...]

    @property
    def cpu_us(self) -> float:
        """CPU time of the server per call."""
        return self.server_s / self.calls * 1e6

    @property
    def calls_per_s(self) -> float:
        """Calls that were answered per second."""
        return self.calls / self.window_s

    @property
    def server_cores(self) -> float:
        """How many cores the server kept busy."""
        return self.server_s / self.window_s

    @property
    def generator_cores(self) -> float:
        """How many cores the load itself kept busy: near 1 the server waits for it."""
        return self.generator_s / self.window_s

    @property
    def other_cores(self) -> float:
        """How many cores everybody else kept busy."""
        return self.other_s / self.window_s


def load_from(values: Mapping[str, Any]) -> Load:
    """A Load from its JSON."""
    latencies = {action: Latency(*found) for action, found in values["latencies"].items()}
    transactions = tuple(
        (int(id), str(station), int(start), int(stop)) for id, station, start, stop in values["transactions"]
    )
    return Load(**{**values, "latencies": latencies, "transactions": transactions})


def station_id(number: int) -> str:
    """The identity of a station of the load."""
    return f"BENCH-{number:03}"


def card_id(number: int) -> str:
    """The idTag of its card."""
    return f"CARD-{number:03}"
