"""What a connection runs over: a WebSocket, or two ends in one process."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Protocol, runtime_checkable

from websockets.exceptions import ConnectionClosed


class Link(Protocol):
    """One end of a message channel; a method that finds it closed raises one of CLOSED."""

    async def recv(self) -> str | bytes: ...
    async def send(self, message: str) -> None: ...
    async def close(self) -> None: ...


@runtime_checkable
class Post(Protocol):
    """What takes messages without waiting; while it is `paused`, hold back and wait until it is `drained`."""

    @property
    def paused(self) -> bool: ...
    def post(self, message: str) -> None: ...
    async def drained(self) -> None: ...


class LinkClosed(ConnectionError):
    """The other end is gone or this one was closed."""


CLOSED: Final[tuple[type[Exception], ...]] = (ConnectionClosed, ConnectionError, EOFError)
"""What a closed link raises, whatever it is made of."""


class MemoryLink:
    """One end of a channel inside a process; `memory_links` makes both."""

    def __init__(self) -> None:
        self._inbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._other = self
        self.closed = False

    async def recv(self) -> str | bytes:
        """The next message; raises LinkClosed after the last one."""
        message = None if self.closed and self._inbox.empty() else await self._inbox.get()
        if message is None:
            self.closed = True
            raise LinkClosed("the link is closed")
        return message

    async def send(self, message: str | bytes) -> None:
        """Put a message into the other end's inbox; raises LinkClosed if either end is closed."""
        if self.closed or self._other.closed:
            raise LinkClosed("the link is closed")
        self._other._inbox.put_nowait(message)

    async def close(self) -> None:
        """Close both ends; the other one still gets what was sent before."""
        if not self.closed:
            self.closed = True
            self._inbox.put_nowait(None)
            self._other._inbox.put_nowait(None)


def memory_links() -> tuple[MemoryLink, MemoryLink]:
    """The two ends of a new channel."""
    one, other = MemoryLink(), MemoryLink()
    one._other, other._other = other, one
    return one, other


class Outbox:
    """A Post in front of a link that has none: a task sends the messages in their order while there are any."""

    MOST = 64

    def __init__(self, link: Link) -> None:
        self._link = link
        self._held: deque[str] = deque()
        self._sending: asyncio.Task[None] | None = None

    @property
    def paused(self) -> bool:
        """Whether the link is slow to take what it is given."""
        return len(self._held) > self.MOST

    def post(self, message: str) -> None:
        """Have a message sent after all earlier ones; if the link is closed it is dropped."""
        self._held.append(message)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def drained(self) -> None:
        """Wait until everything is sent."""
        if self._sending is not None:
            await asyncio.wait([self._sending])

    async def _send(self) -> None:
        try:
            while self._held:
                await self._link.send(self._held.popleft())
        except CLOSED:
            self._held.clear()


def post_of(link: Link) -> Post:
    """How to send on a link without waiting: by itself if it can, else through an Outbox."""
    return link if isinstance(link, Post) else Outbox(link)
