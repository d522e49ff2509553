"""Writers: they take writes from the event loop and resolve them once they are committed.

`write` gives a Written: its outcome comes when the write is on disk, a StoreFailed if it never will be.
`later` is for what may be lost in a crash (a status, a time last seen): it goes along with the next commit, at the
latest after LATER_S. Writes are done in the order in which they were handed over.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol

from reference_csms.errors import StoreFailed
from reference_csms.store import sqlite
from reference_csms.store.writes import Write

log = logging.getLogger(__name__)

LATER_S = 0.5
BATCH = 1000


class Written:
    """The outcome of a write to come. Belongs to the event loop: callbacks run there, without a detour."""

    __slots__ = ("_outcome", "_settled", "_then")

    def __init__(self) -> None:
        self._settled = False
        self._outcome: Any = None
        self._then: list[Callable[[Any], None]] = []

    def then(self, callback: Callable[[Any], None]) -> None:
        """Have a callback get the outcome or the StoreFailed, at once if it is there already."""
        if self._settled:
            callback(self._outcome)
        else:
            self._then.append(callback)

    def settle(self, outcome: Any) -> None:
        """The outcome is there; for writers."""
        self._settled, self._outcome = True, outcome
        for callback in self._then:
            try:
                callback(outcome)
            except Exception:
                log.exception("what was to follow a write failed")

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for the outcome; raises StoreFailed."""
        if not self._settled:
            settled = asyncio.Event()
            self.then(lambda _: settled.set())
            yield from settled.wait().__await__()
        if isinstance(self._outcome, StoreFailed):
            raise self._outcome
        return self._outcome


Order = tuple[Write, Written | None]
Outcome = tuple[Written | None, Any]
"""Who waits for a write, and its outcome or a StoreFailed."""


class Writer(Protocol):
    """Where the Central System puts what it must keep."""

    def write(self, write: Write) -> Written: ...
    def later(self, write: Write) -> None: ...
    async def close(self) -> None: ...


class InlineWriter:
    """Commits each write at once on the calling thread: no thread and no waiting, for tests in virtual time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, write: Write) -> Written:
        """The outcome of the write, which is committed already."""
        written = Written()
        _settle(commit(self._connection, [(write, written)]))
        return written

    def later(self, write: Write) -> None:
        """The same as `write`, without telling the outcome."""
        commit(self._connection, [(write, None)])

    async def close(self) -> None:
        """Close the connection; nothing is ever left to write."""
        self._connection.close()


class ThreadWriter:
    """Commits in a thread of its own; all writes that arrive during a commit share the next one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._loop = asyncio.get_running_loop()
        self._connection = connection
        self._orders: deque[Order | None] = deque()
        self._wake = threading.Lock()
        self._wake.acquire()
        self._awake = False
        self._closed = False
        self._rousing = False
        self._later: asyncio.TimerHandle | None = None
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def write(self, write: Write) -> Written:
        """Settled once the write is on disk."""
        written = Written()
        if self._closed:
            written.settle(StoreFailed(f"{type(write).__name__} was not stored: the store is closed"))
            return written
        self._orders.append((write, written))
        if not self._rousing:
            self._rousing = True
            self._loop.call_soon(self._rouse)
        return written

    def later(self, write: Write) -> None:
        """Have the write go along with the next commit."""
        self._orders.append((write, None))
        if self._later is None and not self._closed:
            self._later = self._loop.call_later(LATER_S, self._rouse)

    async def close(self) -> None:
        """Commit what is left and end the thread."""
        self._closed = True
        self._orders.append(None)
        self._rouse()
        await asyncio.to_thread(self._thread.join)

    def _rouse(self) -> None:
        self._rousing = False
        if self._later is not None:
            self._later.cancel()
            self._later = None
        # Only the loop releases and only the thread clears the flag, so the lock is never released twice.
        if not self._awake:
            self._awake = True
            self._wake.release()

    def _run(self) -> None:
        last = False
        while not last:
            self._wake.acquire()
            self._awake = False
            while orders := self._batch():
                # A write that came after the end is done too, and the end still is the end.
                last = last or None in orders
                self._commit([order for order in orders if order is not None])
        self._connection.close()

    def _batch(self) -> list[Order | None]:
        orders: list[Order | None] = []
        take = self._orders.popleft
        while self._orders and len(orders) < BATCH:
            orders.append(take())
        return orders

    def _commit(self, orders: list[Order]) -> None:
        outcomes = commit(self._connection, orders)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_settle, outcomes)


def commit(connection: sqlite3.Connection, orders: Sequence[Order]) -> list[Outcome]:
    """Do the writes in one transaction; if one of them is refused, each in one of its own."""
    writes = [write for write, _ in orders]
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = sqlite.apply_together(connection, writes)
        if outcomes is None:
            connection.execute("ROLLBACK")
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [sqlite.apply(connection, write) for write in writes]
        connection.execute("COMMIT")
    except Exception as error:  # a value the database cannot take raises anything, and the others must not suffer
        _roll_back(connection)
        if len(orders) > 1:
            return [outcome for order in orders for outcome in commit(connection, [order])]
        what = f"{type(writes[0]).__name__} was not stored: {error}"
        log.exception(what)
        outcomes = [StoreFailed(what)]
    return [(written, outcome) for (_, written), outcome in zip(orders, outcomes, strict=True)]


def _roll_back(connection: sqlite3.Connection) -> None:
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        log.error("roll back failed: %s", error)


def _settle(outcomes: list[Outcome]) -> None:
    for written, outcome in outcomes:
        if written is not None:
            written.settle(outcome)
