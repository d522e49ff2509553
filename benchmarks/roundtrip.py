"""The harness's own share of a measured Authorize round trip.

The harness and a bare client (a blocking socket, frames made by hand) measure the same server in turns. What the
harness records beyond the bare client's time is its own: its event loop, its WebSocket library, and what it does
between its two time stamps. The plain `websockets` client shows how much of that is not the harness's doing.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks import machine, processes
from benchmarks.frames import client_frame, opened, server_frame, target
from benchmarks.numbers import median, percentile
from benchmarks.plan import Plan
from benchmarks.report import Row, Section
from harness.approach import SUBPROTOCOL
from harness.config import Environment
from harness.evidence import Evidence
from harness.journal import Journal
from harness.station import Station
from harness.wire import WebSocketDialer

BARE = "bare client"
ID_TAG = "CARD-001"
STATION = "BENCH-001"
PAYLOAD = '{"idTagInfo":{"status":"Accepted"}}'
WARM_UP = 10
LIMIT_S = 10.0

Client = Callable[[str, int], list[int]]
"""Does so many round trips at this URL and gives the ns of each."""


def bare(url: str, count: int) -> list[int]:
    """Round trips of the least that speaks WebSocket."""
    host, port, request = target(url, STATION)
    taken = []
    with socket.create_connection((host, port), timeout=LIMIT_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(request)
        answer = b""
        while opened(answer) is None:
            answer += _more(connection)
        for number in range(count):
            frame = client_frame(b'[2,"%036x","Authorize",{"idTag":"%b"}]' % (number, ID_TAG.encode()))
            answer = b""
            before_ns = time.monotonic_ns()
            connection.sendall(frame)
            while server_frame(answer) is None:
                answer += _more(connection)
                after_ns = time.monotonic_ns()
            taken.append(after_ns - before_ns)
    return taken


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(4096)
    if not data:
        raise ConnectionError("expected an answer, received the end of the connection")
    return data


def library(url: str, count: int) -> list[int]:
    """Round trips of the plain `websockets` client on asyncio's loop."""

    async def measured() -> list[int]:
        taken = []
        async with connect(
            f"{url}/{STATION}", subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None, proxy=None
        ) as ws:
            for number in range(count):
                text = f'[2,"{number:036x}","Authorize",{{"idTag":"{ID_TAG}"}}]'
                before_ns = time.monotonic_ns()
                await ws.send(text)
                await ws.recv()
                taken.append(time.monotonic_ns() - before_ns)
        return taken

    return asyncio.run(measured())


def harness_on(loop: Callable[[], asyncio.AbstractEventLoop]) -> Client:
    """Round trips as the harness records them in a case, journal included, on this event loop."""

    def measured(url: str, count: int) -> list[int]:
        with (
            tempfile.TemporaryDirectory(prefix="ocpp-benchmark-") as folder,
            asyncio.Runner(loop_factory=loop) as runner,
        ):
            journal = Journal(Path(folder) / "journal.jsonl")
            try:
                return runner.run(_recorded(url, count, journal))
            finally:
                journal.end("")

    return measured


async def _recorded(url: str, count: int, journal: Journal) -> list[int]:
    environment = Environment(url, STATION, {"Accepted": ID_TAG})
    station = Station(Evidence("benchmark", journal=journal), environment, WebSocketDialer(), sources=lambda *_: None)
    async with asyncio.timeout(LIMIT_S):
        await station.connects()
        try:
            return [await _authorize(station) for _ in range(count)]
        finally:
            await station.leaves()


async def _authorize(station: Station) -> int:
    sent = await station.sends(1, "Authorize.req", idTag=ID_TAG)
    received = await station.receives(2, "Authorize.conf", {"idTagInfo.status": "Accepted"})
    return received.at_ns - sent.at_ns


CLIENTS: dict[str, Client] = {
    BARE: bare,
    "websockets, asyncio": library,
    "harness, asyncio": harness_on(asyncio.new_event_loop),
    "harness, uvloop": harness_on(uvloop.new_event_loop),
}


def measure(plan: Plan) -> Section:
    """What each client measures, and how much more than the bare one that is."""
    blocks: dict[str, list[list[int]]] = {name: [] for name in CLIENTS}
    with processes.echo(PAYLOAD) as server:
        started_s, busy_s, own_s = time.monotonic(), machine.busy_s(), _own_s(server.pid)
        for _ in range(plan.blocks):
            for name, client in CLIENTS.items():
                blocks[name].append(client(server.url, WARM_UP + plan.round_trips)[WARM_UP:])
        passed_s = time.monotonic() - started_s
        other_s = machine.busy_s() - busy_s - (_own_s(server.pid) - own_s)
    figures = {name: _figures(blocks[name], blocks[BARE]) for name in CLIENTS}
    return Section(
        name="roundtrip",
        title="2  The harness's own share of a measured Authorize round trip",
        method=f"{plan.blocks} blocks of {plan.round_trips} round trips for each client, in turns, one server for all",
        tables=[_table(figures)],
        notes=[f"others used {max(0.0, other_s / passed_s):.2f} cores meanwhile", _better(figures)],
        data=figures,
    )


def _own_s(server_pid: int) -> float:
    return time.process_time() + machine.cpu_s(server_pid)


def _figures(blocks: Sequence[Sequence[int]], floor: Sequence[Sequence[int]]) -> dict[str, float]:
    """In microseconds; shares are medians over blocks of the difference to the bare block beside it."""
    pooled = [taken / 1e3 for block in blocks for taken in block]
    return {
        "n": len(pooled),
        "p50_us": percentile(pooled, 50),
        "p99_us": percentile(pooled, 99),
        "share_us": median([median(a) - median(b) for a, b in zip(blocks, floor, strict=True)]) / 1e3,
        "ratio": median([median(a) / median(b) for a, b in zip(blocks, floor, strict=True)]),
    }


def _table(figures: dict[str, dict[str, float]]) -> list[Row]:
    rows: list[Row] = [("round trips, us", "n", "p50", "p99", "own share p50", "ratio")]
    for name, found in figures.items():
        share = ("", "") if name == BARE else (f"{found['share_us']:+.0f}", f"{found['ratio']:.2f}")
        rows.append((name, f"{found['n']:.0f}", f"{found['p50_us']:.0f}", f"{found['p99_us']:.0f}", *share))
    return rows


def _better(figures: dict[str, dict[str, float]]) -> str:
    names = [name for name in figures if name.startswith("harness")]
    best, other = sorted(names, key=lambda name: figures[name]["share_us"])
    gain = figures[other]["share_us"] - figures[best]["share_us"]
    return f"{best.removeprefix('harness, ')} adds {gain:.0f} us less than {other.removeprefix('harness, ')}"
