"""Events for whoever listens; a slow listener loses the oldest and is told how many."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any

Event = dict[str, Any]

HELD = 1000


class Listener:
    """One listener and the events it has not taken yet."""

    def __init__(self) -> None:
        self._held: deque[Event] = deque()
        self._lost = 0
        self._ended = False
        self._filled = asyncio.Event()

    def put(self, event: Event) -> None:
        """Hold an event for this listener."""
        if len(self._held) >= HELD:
            self._held.popleft()
            self._lost += 1
        self._held.append(event)
        self._filled.set()

    def end(self) -> None:
        """No more events come after those held."""
        self._ended = True
        self._filled.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The events as they come; after a loss a `lost` event comes first."""
        while True:
            await self._filled.wait()
            if self._lost:
                lost, self._lost = self._lost, 0
                yield {"event": "lost", "count": lost}
            while self._held:
                yield self._held.popleft()
            if self._ended:
                return
            self._filled.clear()


class Events:
    """The events of one Central System."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()

    @property
    def wanted(self) -> bool:
        """Whether anybody listens; ask before building an event."""
        return bool(self.listeners)

    def publish(self, event: str, station: str, fields: Mapping[str, Any]) -> None:
        """Tell all listeners."""
        if self.listeners:
            for listener in self.listeners:
                listener.put({"event": event, "station": station, **fields})

    def listen(self) -> Listener:
        """A new listener, to be given back with `leave`."""
        listener = Listener()
        self.listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """The listener is gone."""
        self.listeners.discard(listener)

    def close(self) -> None:
        """End all listeners."""
        for listener in self.listeners:
            listener.end()
