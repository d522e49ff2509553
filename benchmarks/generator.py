"""The load, a process of its own: stations that boot, then charge over and over, one call after the other.

`python -m benchmarks.generator` reads a Job as JSON from stdin and prints a Load as JSON. Every answer is checked; a
wrong one ends it with one line and exit code 1.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, cast

import uvloop

from benchmarks import machine
from benchmarks.frames import CLOSE, PING, PONG, TEXT, client_frame, opened, server_frame, target
from benchmarks.job import Job, Latency, Load, Transaction, card_id, station_id
from benchmarks.numbers import percentile
from benchmarks.script import BOOT, CYCLE, Cycle

AT_ONCE = 20
OPEN_S = 10.0
DRAIN_S = 10.0


class Snapshot(NamedTuple):
    """How far everything is at one instant."""

    at_s: float
    calls: int
    server_s: float
    own_s: float
    busy_s: float


class Generator:
    """All stations of one job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.calls = 0
        self.measuring = False
        self.draining = False
        self.latencies: dict[str, list[int]] = defaultdict(list)
        self.transactions: list[Transaction] = []
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> Load:
        """Connects, boots, warms up, measures, and lets every station finish its transaction."""
        stations = [Station(self, number) for number in range(self.job.stations)]
        async with asyncio.timeout(OPEN_S):
            for first in range(0, len(stations), AT_ONCE):
                await self._or_failed(_all(station.open() for station in stations[first : first + AT_ONCE]))
        for station in stations:
            station.charge()
        await self._or_failed(asyncio.sleep(self.job.warm_s))
        before = self._snapshot()
        self.measuring = True
        await self._or_failed(asyncio.sleep(self.job.window_s))
        self.measuring = False
        after = self._snapshot()
        self.draining = True
        async with asyncio.timeout(DRAIN_S):
            await self._or_failed(_all(station.finished.wait() for station in stations))
        self._failed.cancel()
        return self._load(before, after)

    def failed(self, error: Exception) -> None:
        """Ends the run with this error."""
        if not self._failed.done():
            self._failed.set_exception(error)

    async def _or_failed(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        await asyncio.wait((task, self._failed), return_when=asyncio.FIRST_COMPLETED)
        if self._failed.done():
            task.cancel()
            await asyncio.wait((task,))
            self._failed.result()
        await task

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            time.monotonic(), self.calls, machine.cpu_s(self.job.server_pid), time.process_time(), machine.busy_s()
        )

    def _load(self, before: Snapshot, after: Snapshot) -> Load:
        at_s, calls, server_s, own_s, busy_s = (end - start for start, end in zip(before, after, strict=True))
        return Load(
            window_s=at_s,
            calls=int(calls),
            server_s=server_s,
            generator_s=own_s,
            other_s=max(0.0, busy_s - server_s - own_s),
            latencies={action: _latency(taken) for action, taken in self.latencies.items()},
            transactions=tuple(self.transactions),
        )


class Station(asyncio.Protocol):
    """One station: a connection, and where in its cycle it is."""

    def __init__(self, generator: Generator, number: int) -> None:
        self.id = station_id(number)
        self.finished = asyncio.Event()
        self._generator = generator
        self._cycle = Cycle(card_id(number))
        self._target = target(generator.job.url, self.id)
        self._booted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport
        self._handshaken = False
        self._held = b""
        self._step = 0
        self._sent_calls = 0
        self._sent_ns = 0
        self._action = ""
        self._expected = b""

    async def open(self) -> None:
        """Connects and boots."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, self._target.host, self._target.port)
        await self._booted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has the methods, but not the base class
        self._transport.write(self._target.request)

    def charge(self) -> None:
        """Begins the first transaction; the next call follows each answer."""
        self._step = 0
        self._cycle.begin()
        self._send(*self._cycle.call(0))

    def data_received(self, data: bytes) -> None:
        now_ns = time.perf_counter_ns()
        try:
            self._received(self._held + data if self._held else data, now_ns)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong here has to end the run
            self._generator.failed(error)

    def connection_lost(self, error: Exception | None) -> None:
        self._generator.failed(error or ConnectionError(f"{self.id}: expected an open connection, received its end"))

    def _received(self, data: bytes, now_ns: int) -> None:
        start = 0
        if not self._handshaken:
            self._held = data
            begin = opened(data)
            if begin is None:
                return
            self._handshaken, start = True, begin
            self._send("BootNotification", BOOT)
        while frame := server_frame(data, start):
            start = frame.end
            if frame.kind == TEXT:
                self._answered(frame.payload, now_ns)
            elif frame.kind == PING:
                self._transport.write(client_frame(frame.payload, PONG))
            elif frame.kind == CLOSE:
                raise ConnectionError(f"{self.id}: expected an answer, received a close frame {frame.payload!r}")
        self._held = data[start:]

    def _send(self, action: str, payload: bytes) -> None:
        self._sent_calls += 1
        unique_id = b"%08x" % self._sent_calls
        self._action, self._expected = action, b'[3,"%b",' % unique_id
        frame = client_frame(b'[2,"%b","%b",%b]' % (unique_id, action.encode(), payload))
        self._sent_ns = time.perf_counter_ns()
        self._transport.write(frame)

    def _answered(self, text: bytes, now_ns: int) -> None:
        generator, action = self._generator, self._action
        if not text.startswith(self._expected):
            received = text.decode(errors="replace")
            raise ValueError(f"{self.id} {action}: expected {self._expected.decode()}..., received {received}")
        generator.calls += 1
        if action == "BootNotification":
            generator.latencies[action].append(now_ns - self._sent_ns)
            self._booted.set_result(None)
            return
        if generator.measuring:
            generator.latencies[action].append(now_ns - self._sent_ns)
        self._cycle.answered(action, text)
        if action == "StopTransaction":
            generator.transactions.append((self._cycle.transaction_id, self.id, *self._cycle.meter))
        self._step += 1
        if self._step < len(CYCLE):
            self._send(*self._cycle.call(self._step))
        elif generator.draining:
            self.finished.set()
        else:
            self.charge()


async def _all(coroutines: Any) -> None:
    await asyncio.gather(*coroutines)


def _latency(taken_ns: list[int]) -> Latency:
    return Latency(len(taken_ns), percentile(taken_ns, 50) / 1e6, percentile(taken_ns, 99) / 1e6)


async def _main(job: Job) -> Load:
    return await Generator(job).run()


def main(read: Callable[[], str] = sys.stdin.read) -> int:
    """Runs the job on stdin."""
    gc.disable()  # it makes no cycles, and a collection would look like a slow answer
    try:
        load = uvloop.run(_main(Job(**json.loads(read()))))
    except (OSError, ValueError, TimeoutError) as error:
        sys.stderr.write(f"load: {error or 'expected all stations to boot and to end their transactions in time'}\n")
        return 1
    json.dump(dataclasses.asdict(load), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
