"""Writers: they take writes from the event loop and resolve them once they are committed.

`write` gives an awaitable that is done when the write is on disk, and raises StoreFailed if it never will be.
`later` is for what may be lost in a crash (a status, a time last seen): it goes along with the next commit, at the
latest after LATER_S. Writes are done in the order in which they were handed over.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from reference_csms.errors import StoreFailed
from reference_csms.store import sqlite
from reference_csms.store.writes import Write

log = logging.getLogger(__name__)

LATER_S = 0.5
BATCH = 1000

# What a value that the database cannot take raises, beside the database's own errors.
_REFUSALS = (sqlite3.Error, OverflowError, ValueError, TypeError)

_Order = tuple[Write, "asyncio.Future[Any] | None"]
_Outcome = tuple["asyncio.Future[Any]", Any]


class Writer(Protocol):
    """Where the Central System puts what it must keep."""

    def write(self, write: Write) -> Awaitable[Any]: ...
    def later(self, write: Write) -> None: ...
    async def close(self) -> None: ...


class InlineWriter:
    """Commits each write at once on the calling thread: no thread and no waiting, for tests in virtual time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, write: Write) -> Awaitable[Any]:
        """The outcome of the write, which is committed already."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        (_, outcome), *_ = commit(self._connection, [(write, done)])
        _resolve([(done, outcome)])
        return done

    def later(self, write: Write) -> None:
        """The same as `write`, without telling the outcome."""
        commit(self._connection, [(write, None)])

    async def close(self) -> None:
        """Nothing is ever left to write."""


class ThreadWriter:
    """Commits in a thread of its own; all writes that arrive during a commit share the next one."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._loop = asyncio.get_running_loop()
        self._connect = connect
        self._orders: deque[_Order | None] = deque()
        self._wake = threading.Lock()
        self._wake.acquire()
        self._awake = False
        self._closed = False
        self._later: asyncio.TimerHandle | None = None
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def write(self, write: Write) -> Awaitable[Any]:
        """An awaitable that is done once the write is on disk, with its outcome."""
        done: asyncio.Future[Any] = self._loop.create_future()
        if self._closed:
            done.set_exception(StoreFailed("the store is closed"))
            return done
        self._orders.append((write, done))
        self._rouse()
        return done

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
        if self._later is not None:
            self._later.cancel()
            self._later = None
        # Only the loop releases and only the thread clears the flag, so the lock is never released twice.
        if not self._awake:
            self._awake = True
            self._wake.release()

    def _run(self) -> None:
        connection = self._connect()
        try:
            while True:
                self._wake.acquire()
                self._awake = False
                while orders := self._batch():
                    last = orders[-1] is None
                    self._commit(connection, [order for order in orders if order is not None])
                    if last:
                        return
        finally:
            connection.close()

    def _batch(self) -> list[_Order | None]:
        orders: list[_Order | None] = []
        take = self._orders.popleft
        while self._orders and len(orders) < BATCH:
            orders.append(take())
        return orders

    def _commit(self, connection: sqlite3.Connection, orders: list[_Order]) -> None:
        outcomes = commit(connection, orders)
        wanted = [(done, outcome) for done, outcome in outcomes if done is not None]
        if wanted and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_resolve, wanted)


def commit(connection: sqlite3.Connection, orders: list[_Order]) -> list[tuple[asyncio.Future[Any] | None, Any]]:
    """Do the writes in one transaction; if it fails, each in one of its own. An outcome may be a StoreFailed."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = [(done, sqlite.apply(connection, write)) for write, done in orders]
        connection.execute("COMMIT")
    except _REFUSALS as error:
        _roll_back(connection)
        if len(orders) > 1:
            return [outcome for order in orders for outcome in commit(connection, [order])]
        write, done = orders[0]
        log.error("%s was not stored: %s", type(write).__name__, error)
        return [(done, StoreFailed(f"{type(write).__name__} was not stored: {error}"))]
    return outcomes


def _roll_back(connection: sqlite3.Connection) -> None:
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        log.error("roll back failed: %s", error)


def _resolve(outcomes: list[_Outcome]) -> None:
    for done, outcome in outcomes:
        if done.cancelled():
            continue
        if isinstance(outcome, StoreFailed):
            done.set_exception(outcome)
        else:
            done.set_result(outcome)
