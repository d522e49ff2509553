"""Requests of the other side: which are expected, which have come, and which wait for our answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.connection import Connection
from harness.results import Message
from ocppj.frames import Call, Payload


class Entry(NamedTuple):
    """A request that has come, and the connection it came on."""

    connection: Connection
    call: Call
    message: Message


@dataclass
class Asked:
    """A request that the operator was asked to provoke.

    `changed` is set when the driver has returned or given up with `error`, and `told` is called then; `seen` tells the
    driver that the request has come; `certain` whether it is known that the system was told; `taken` whether a step has
    the request. `fits` tells whether a request is about what was asked for; the first that was not is the `beside`, of
    which `missed` is told.
    """

    action: str
    dictated: bool = False
    certain: bool = True
    error: BaseException | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    seen: Callable[[], object] = lambda: None
    told: Callable[[], object] = lambda: None
    taken: bool = False
    fits: Callable[[Payload], bool] = lambda payload: True
    beside: Message | None = None
    missed: Callable[[], object] = lambda: None


class Inbox:
    """A request is taken for the step that waits for it; one that nobody expects never gets in here."""

    def __init__(self) -> None:
        self._wanted: Counter[str] = Counter()
        self._asked: dict[str, Asked] = {}
        self._entries: list[Entry] = []
        self._to_answer: list[Entry] = []
        self._arrived = asyncio.Event()

    def expects(self, asked: Asked) -> Asked:
        """A request of this action is expected from now on; one that came earlier was unsolicited."""
        self._wanted[asked.action] += 1
        self._asked[asked.action] = asked
        return asked

    def asked(self, action: str) -> Asked | None:
        """What the operator was last asked about this action."""
        return self._asked.get(action)

    def wants(self, call: Call) -> bool:
        """Whether this request is expected."""
        asked = self._asked.get(call.action)
        return self._wanted[call.action] > 0 and asked is not None and asked.fits(call.payload)

    def passes(self, message: Message) -> None:
        """A request has come that is of an expected action and about something else."""
        asked = self._asked.get(message.action or "")
        if asked is not None and self._wanted[asked.action] > 0 and asked.beside is None:
            asked.beside = message
            asked.missed()

    def put(self, entry: Entry) -> None:
        """An expected request has come."""
        self._wanted[entry.call.action] -= 1
        self._entries.append(entry)
        self._arrived.set()

    async def take(self, asked: Asked, closed: asyncio.Event) -> Entry | None:
        """The oldest request of this action, None if the connection closes first; raises the driver's error."""
        while True:
            entry = next((entry for entry in self._entries if entry.call.action == asked.action), None)
            if entry is not None:
                self._entries.remove(entry)
                self._to_answer.append(entry)
                asked.taken = True
                return entry
            if asked.error is not None:
                raise asked.error
            if closed.is_set():
                return None
            self._arrived.clear()
            asked.changed.clear()
            await _first(self._arrived.wait(), asked.changed.wait(), closed.wait())

    def answered(self, action: str) -> Entry | None:
        """The oldest request of this action that waits for our answer, which is now given."""
        entry = next((entry for entry in self._to_answer if entry.call.action == action), None)
        if entry is not None:
            self._to_answer.remove(entry)
        return entry


async def _first(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
