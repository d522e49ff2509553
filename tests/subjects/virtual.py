"""Virtual time: an event loop whose clock jumps to the next timer as soon as nothing is left to do.

Nothing in it waits for the real clock, so an hour passes in microseconds and in the same order every time. It can hold
no sockets and no threads.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from harness.clock import Clock

T = TypeVar("T")
BEGIN_S = 1000.0
STARTED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Stuck(Exception):
    """Nothing is ready and no timer is set: the code under test waits for ever."""


class _Selector(selectors.BaseSelector):
    """Never blocks: what would be a wait becomes a jump of the clock."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._map: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, -1, events, data)
        self._map[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._map.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck
        self._loop.now += max(timeout, 0)
        return []

    def get_map(self) -> dict[Any, selectors.SelectorKey]:
        return self._map


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time."""

    def __init__(self) -> None:
        self.now = BEGIN_S
        super().__init__(_Selector(self))

    def time(self) -> float:
        """The virtual time in seconds."""
        return self.now

    def clock(self) -> Clock:
        """A clock of the harness that follows the virtual time."""
        return Clock(lambda: round(self.now * 1e9), self.utc())

    def utc(self) -> datetime:
        """The virtual UTC time, which starts at noon on 1 March 2026."""
        return STARTED + timedelta(seconds=self.now - BEGIN_S)


def run(coroutine: Coroutine[Any, Any, T], loop: VirtualLoop) -> T:
    """The result of a coroutine, in virtual time."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(coroutine)
