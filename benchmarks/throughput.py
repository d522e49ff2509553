"""The reference CSMS under load, in turns with the bare echo under the same load; then its store is counted."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import processes
from benchmarks.job import Job, Load, card_id, station_id
from benchmarks.numbers import median, median_text
from benchmarks.plan import Plan
from benchmarks.processes import BenchmarkError, Server
from benchmarks.report import Goal, Row, Section
from benchmarks.script import CYCLE
from benchmarks.store import Stored, stored, total

LIMIT = 2.5
NOISE_CORES = 0.2
ENOUGH = 3
ECHO_PAYLOAD = '{"transactionId":1000000,"idTagInfo":{"status":"Accepted"}}'


@dataclass(frozen=True)
class Round:
    """The same load on both servers, one after the other."""

    echo: Load
    csms: Load

    @property
    def ratio(self) -> float:
        """CPU time per call: the CSMS's in terms of the echo's."""
        return self.csms.cpu_us / self.echo.cpu_us

    @property
    def noisy(self) -> bool:
        """Whether others used much of the machine meanwhile."""
        return max(self.echo.other_cores, self.csms.other_cores) > NOISE_CORES


def measure(plan: Plan) -> Section:
    """CPU time per call, calls per second and answer times of both, and whether every transaction was stored."""
    lives = [_life(plan) for _ in range(plan.servers)]
    rounds = [found for life, _ in lives for found in life]
    kept = total([found for _, found in lives])
    counted = quiet(rounds)
    ratio = median([found.ratio for found in counted])
    return Section(
        name="throughput",
        title="1  The reference CSMS under load",
        method=(
            f"{plan.stations} stations, each sends its next call once the last is answered; {plan.servers} pairs of "
            f"servers,\n  {plan.rounds} rounds of {plan.window_s:g} s on each, in turns with a bare websockets echo"
        ),
        tables=[_servers(counted, ratio), _actions(counted), _rounds(rounds)],
        notes=[str(kept), *_noise(rounds, counted)],
        goals=[Goal(f"CPU time per call at most {LIMIT:g} times the echo's; it is {ratio:.2f} times", ratio <= LIMIT)],
        wrong=[] if kept.complete else [str(kept)],
        data={
            "ratio": ratio,
            "stored": kept._asdict(),
            "rounds": [
                {"ratio": found.ratio, "echo": _json(found.echo), "csms": _json(found.csms)} for found in rounds
            ],
        },
    )


def quiet(rounds: Sequence[Round]) -> Sequence[Round]:
    """The rounds in which the machine was ours; all of them if those are too few."""
    found = [candidate for candidate in rounds if not candidate.noisy]
    return found if len(found) >= ENOUGH else rounds


def _life(plan: Plan) -> tuple[list[Round], Stored]:
    """All rounds on one fresh pair of servers, and what the store of the CSMS holds in the end."""
    with tempfile.TemporaryDirectory(prefix="ocpp-benchmark-") as folder:
        db = Path(folder) / "csms.sqlite"
        with processes.echo(ECHO_PAYLOAD) as echo, processes.csms(db) as csms:
            provision(csms, plan.stations)
            rounds = [Round(_load(plan, echo), _load(plan, csms)) for _ in range(plan.rounds)]
        return rounds, stored(db, [transaction for found in rounds for transaction in found.csms.transactions])


def _load(plan: Plan, server: Server) -> Load:
    return processes.load(Job(server.url, server.pid, plan.stations, plan.warm_s, plan.window_s))


def provision(server: Server, stations: int) -> None:
    """Registers the stations and a card for each at the CSMS."""
    headers = {"Authorization": f"Bearer {server.token}"}
    with httpx.Client(base_url=server.api, headers=headers, timeout=10, trust_env=False) as client:
        try:
            for number in range(stations):
                client.put(f"/api/stations/{station_id(number)}", json={}).raise_for_status()
                client.put(f"/api/cards/{card_id(number)}", json={"status": "Accepted"}).raise_for_status()
        except httpx.HTTPError as error:
            raise BenchmarkError(
                f"{server.api}: expected stations and cards to be registered, received {error}"
            ) from None


def _servers(rounds: Sequence[Round], ratio: float) -> list[Row]:
    def both(name: str, digits: int) -> list[str]:
        return [median_text([getattr(load, name) for load in loads], digits) for loads in _loads(rounds)]

    return [
        ("medians", "echo", "CSMS", "ratio"),
        ("CPU of the server, us per call", *both("cpu_us", 1), f"{ratio:.2f}"),
        ("calls per second", *both("calls_per_s", 0), _speed(rounds)),
        ("cores used by the server", *both("server_cores", 2)),
        ("cores used by the generator", *both("generator_cores", 2)),
        ("cores used by others", *both("other_cores", 2)),
    ]


def _loads(rounds: Sequence[Round]) -> tuple[list[Load], list[Load]]:
    return [found.echo for found in rounds], [found.csms for found in rounds]


def _speed(rounds: Sequence[Round]) -> str:
    return f"{median([found.csms.calls_per_s / found.echo.calls_per_s for found in rounds]):.2f}"


def _actions(rounds: Sequence[Round]) -> list[Row]:
    rows: list[Row] = [("answer times, ms", "n", "echo p50", "p99", "CSMS p50", "p99")]
    for action in ("BootNotification", *dict.fromkeys(CYCLE)):
        echo, csms = (
            [load.latencies[action] for load in loads if action in load.latencies] for loads in _loads(rounds)
        )
        figures = [
            median_text([getattr(row, name) for row in rows]) for rows in (echo, csms) for name in ("p50_ms", "p99_ms")
        ]
        rows.append((action, str(sum(row.n for row in csms)), *figures))
    return rows


def _rounds(rounds: Sequence[Round]) -> list[Row]:
    rows: list[Row] = [("round", "echo us", "CSMS us", "ratio", "others, cores", "others, cores")]
    for number, found in enumerate(rounds, 1):
        times = (f"{found.echo.cpu_us:.1f}", f"{found.csms.cpu_us:.1f}", f"{found.ratio:.2f}")
        rows.append((str(number), *times, f"{found.echo.other_cores:.2f}", f"{found.csms.other_cores:.2f}"))
    return rows


def _noise(rounds: Sequence[Round], counted: Sequence[Round]) -> list[str]:
    noisy = sum(found.noisy for found in rounds)
    if not noisy:
        return []
    left_out = len(counted) < len(rounds)
    effect = "they are left out above" if left_out else "too few are quiet, so all count and the times are too long"
    return [f"others used more than {NOISE_CORES:g} cores in {noisy} of {len(rounds)} rounds: {effect}"]


def _json(load: Load) -> dict[str, object]:
    latencies = {action: found._asdict() for action, found in load.latencies.items()}
    figures = {"cpu_us": load.cpu_us, "calls_per_s": load.calls_per_s}
    return dataclasses.asdict(load) | {"latencies": latencies, "transactions": len(load.transactions)} | figures
