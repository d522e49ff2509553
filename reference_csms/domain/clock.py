"""The time of day, from wherever the caller takes it, and how it is written on the wire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time of day as an aware datetime."""

    @property
    def now(self) -> Callable[[], datetime]: ...


class SystemClock:
    """The clock of the machine, in UTC."""

    def __init__(self) -> None:
        # Asked twice per frame, so without a Python function in between.
        self.now = partial(datetime.now, UTC)


def utc_text(moment: datetime) -> str:
    """The moment as OCPP's dateTime in UTC with milliseconds, such as `2024-05-01T12:00:00.000Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}Z"


def parse_utc(text: str) -> datetime:
    """The moment that an ISO 8601 text means; without an offset it is read as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
