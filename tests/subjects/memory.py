"""A connection in memory with two ends: the harness's Link, and a plain one for the system under test."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.approach import SUBPROTOCOL
from harness.clock import Clock
from harness.wire import Arrival, LinkClosed


class Hose:
    """One direction: frames in order, until it is closed."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.ended = self.goodbye = False

    def put(self, data: str | bytes) -> None:
        """Sends a frame, unless the hose has ended."""
        if not self.ended:
            self._frames.put_nowait(data)

    def end(self) -> None:
        """Ends the hose; what is in it can still be read."""
        if not self.ended:
            self.ended = True
            self._frames.put_nowait(None)

    async def get(self) -> str | bytes:
        """The next frame; raises ConnectionError at the end."""
        data = await self._frames.get()
        if data is None:
            self._frames.put_nowait(None)
            raise ConnectionError("closed")
        return data


@dataclass
class FarEnd:
    """The end of the system under test."""

    incoming: Hose
    outgoing: Hose

    async def recv(self) -> str | bytes:
        """The next frame; raises ConnectionError at the end."""
        return await self.incoming.get()

    async def send(self, text: str | bytes) -> None:
        """Sends a frame; raises ConnectionError once closed."""
        if self.outgoing.ended:
            raise ConnectionError("closed")
        self.outgoing.put(text)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Ends both directions."""
        self.incoming.end()
        self.outgoing.end()

    async def says_goodbye(self) -> None:
        """Closes in order."""
        self.outgoing.goodbye = True
        await self.close()


@dataclass
class MemoryLink:
    """The harness's end."""

    incoming: Hose
    outgoing: Hose
    clock: Clock
    subprotocol: str | None = SUBPROTOCOL
    facts: Mapping[str, str] = field(default_factory=dict)

    async def send(self, text: str) -> int:
        """Sends a frame; the time it was sent at."""
        if self.outgoing.ended:
            raise LinkClosed("closed by the other side")
        at_ns = self.clock.monotonic_ns()
        self.outgoing.put(text)
        return at_ns

    async def receive(self) -> Arrival:
        """The next frame; raises LinkClosed."""
        try:
            data = await self.incoming.get()
        except ConnectionError:
            raise LinkClosed("closed by the other side", goodbye=self.incoming.goodbye) from None
        return Arrival(data, self.clock.monotonic_ns())

    async def settle(self) -> None:
        """Gives the other side time to have done all that it does at once."""
        await asyncio.sleep(0.001)

    async def close(self) -> None:
        """Closes both directions."""
        self.incoming.end()
        self.outgoing.end()


def pair(clock: Clock) -> tuple[MemoryLink, FarEnd]:
    """A connection: the harness's end and the other one."""
    there, back = Hose(), Hose()
    return MemoryLink(back, there, clock), FarEnd(there, back)
