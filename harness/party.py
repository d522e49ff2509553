"""The verbs of a page, the same for both roles.

Two rules. First, nothing here knows whether it plays the station or the CSMS; what differs is in the roles. Second, a
check is made of what was recorded, never of what a driver or an API returned.

`sends` is what we do, `receives` is what we demand: a step that does not come ends the case, a wrong field is noted and
the case goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from harness.checks import Checks, Sources
from harness.connection import Answer, Connection
from harness.errors import HarnessError, Inconclusive, StepFailed
from harness.evidence import Evidence, sentence
from harness.inbox import Asked, Entry, Inbox
from harness.results import Message, Step
from harness.rules.observed import Memory, unsolicited
from harness.wire import Link
from ocppj.frames import Call, CallError, CallResult, Payload
from ocppj.names import Message as MessageName
from ocppj.schemas import violations


class Party(Checks):
    """One side of a conversation with the system under test."""

    from_csms = True

    def __init__(
        self,
        evidence: Evidence,
        *,
        sources: Sources = lambda case, step, message, path: None,
        memory: Memory | None = None,
        message_timeout_s: float = 30,
        operator_timeout_s: float = 120,
    ) -> None:
        super().__init__(evidence, sources)
        self.message_timeout_s, self.operator_timeout_s = message_timeout_s, operator_timeout_s
        self._memory = memory or Memory()
        self._connections: list[Connection] = []
        self._last_call: dict[str, Message] = {}
        self._inbox = Inbox()
        self._allowed: dict[str, Payload] = {}

    @property
    def connection(self) -> Connection:
        """The connection in use; raises HarnessError if there was none yet."""
        if not self._connections:
            raise HarnessError("not connected")
        return self._connections[-1]

    @property
    def connected(self) -> bool:
        """Whether a connection is open."""
        return bool(self._connections) and not self.connection.closed.is_set()

    def attach(self, link: Link) -> Connection:
        """Talks over this link from now on."""
        connection = Connection(
            link,
            len(self._connections) + 1,
            self.evidence,
            self._memory,
            from_csms=self.from_csms,
            wants=self._inbox.wants,
            on_call=self._called,
        )
        self._connections.append(connection)
        return connection

    async def settle(self) -> None:
        """Returns once all that the other side had sent before now is recorded."""
        if self.connected:
            await self.connection.link.settle()

    def gives_up(self) -> None:
        """No longer waits for the answer to the call that is still open."""
        if self._connections and (call := self.connection.session.open_call) is not None:
            self.connection.gave_up(call.unique_id)

    async def sends(self, step: Step, message: MessageName, **payload: Any) -> Message:
        """Sends a request, or answers the oldest open request of that action; a wrong payload is our own error."""
        action, kind = message.rsplit(".", 1)
        if wrong := violations(action, "req" if kind == "req" else "conf", payload):
            raise HarnessError(
                f"step {step} {message}: the page would send a wrong payload, {wrong[0].path}: {wrong[0].message}"
            )
        self._demand_connection(step, message)
        if kind == "req":
            sent = await self.connection.call(action, payload, step)
            self._last_call[action] = sent
            return sent
        return await self._answers_open(step, action, payload)

    async def receives(
        self,
        step: Step,
        message: MessageName,
        checks: Mapping[str, Any] | None = None,
        *,
        within_s: float | None = None,
    ) -> Message:
        """Demands a message and checks its fields; raises StepFailed if it does not come in time or is an error."""
        action, kind = message.rsplit(".", 1)
        before = len(self.evidence.checks)
        if kind == "req":
            received = await self._request(step, message, action, within_s or self.operator_timeout_s)
        else:
            received = await self._answer(step, message, action, within_s or self.message_timeout_s)
        for path, expected in (checks or {}).items():
            self._field(step, message, path, received, expected)
        self._stop_beside(step, message, received)
        self._stop_in_preparation(before, received, checks or {})
        return received

    async def waits(self, seconds: float, why: str) -> None:
        """Lets time pass while the connection stays open and requests are answered; raises StepFailed if it is lost."""
        self.evidence.message(
            "sent",
            "wait",
            connection=self.connection.number,
            at_ns=self.clock.monotonic_ns(),
            note=f"{why}: {seconds:g} s",
        )
        try:
            async with asyncio.timeout(seconds):
                await self.connection.closed.wait()
        except TimeoutError:
            return
        self.connection.missed()
        raise StepFailed(f"the connection was {self.connection.closed_text} while waiting: {why}")

    @asynccontextmanager
    async def preparing(self, state: str) -> AsyncIterator[None]:
        """Brings the other side into a state; what fails inside means that the case was not reached."""
        scope, phase = self.scope, self.evidence.phase
        self.scope, self.evidence.phase = state, "preparation"
        try:
            yield
        except StepFailed as failed:
            raise Inconclusive(f"could not reach the state {state}: {failed}") from None
        finally:
            self.scope, self.evidence.phase = scope, phase

    def allows(self, action: str, **answer: Any) -> None:
        """A request of this action may come, as often as the other side likes; it gets this answer."""
        self._allowed[action] = answer

    def expects(
        self,
        action: str,
        *,
        dictated: bool = False,
        certain: bool = True,
        fits: Callable[[Payload], bool] = lambda payload: True,
    ) -> Asked:
        """A fitting request of this action is expected from now on; another, or an earlier one, is unsolicited."""
        return self._inbox.expects(Asked(action, dictated=dictated, certain=certain, fits=fits))

    def dictated(self, action: str) -> bool:
        """Whether the driver wrote the request of this action."""
        asked = self._inbox.asked(action)
        return asked is not None and asked.dictated

    async def _called(self, connection: Connection, call: Call, message: Message) -> None:
        if self._inbox.wants(call):
            self._inbox.put(Entry(connection, call, message))
            return
        self._inbox.passes(message)
        if call.action in self._allowed and not violations(call.action, "req", call.payload):
            await connection.result(call, self._allowed[call.action], unsolicited=True)
        else:
            self.evidence.check(unsolicited(message))
            await self.answer_unasked(connection, call)

    async def answer_unasked(self, connection: Connection, call: Call) -> None:
        """Answers a request that the case does not care about."""
        raise NotImplementedError

    async def _answers_open(self, step: Step, action: str, payload: Payload) -> Message:
        entry = self._inbox.answered(action)
        if entry is None:
            raise HarnessError(f"step {step}: there is no open {action}.req to answer")
        return await entry.connection.result(entry.call, payload, step)

    async def _request(self, step: Step, message: str, action: str, within_s: float) -> Message:
        asked = self._inbox.asked(action)
        if asked is None or asked.taken:
            asked = self.expects(action)
        try:
            entry = await self._taken(asked, within_s)
        except TimeoutError:
            if asked.beside is not None:
                return asked.beside
            raise self._missing(step, message, within_s, asked) from None
        if entry is None:
            raise self._unconnected(step, message)
        asked.seen()
        self._note(step, message, "", f"a {message} within {within_s:g} s", "received", "pass", entry.message)
        return entry.message

    async def _taken(self, asked: Asked, within_s: float) -> Entry | None:
        """The request; what a person needed to have it sent is not taken off the time that the system has for it."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(within_s) as limit:
            if asked.certain:
                asked.missed = lambda: limit.reschedule(min(limit.when() or 0, loop.time() + self.message_timeout_s))
            else:
                asked.told = lambda: limit.reschedule(max(limit.when() or 0, loop.time() + self.message_timeout_s))
            if asked.beside is not None:
                asked.missed()
            try:
                return await self._inbox.take(asked, self.connection.closed)
            finally:
                asked.told = asked.missed = lambda: None

    def _stop_beside(self, step: Step, message: str, received: Message) -> None:
        """A request about something else was answered when it came; when no other follows, it is the one to judge."""
        asked = self._inbox.asked(received.action or "")
        if asked is None or asked.beside is not received or asked.taken:
            return
        for check in self.evidence.checks:
            if check.message_n == received.n and check.step == step and check.outcome == "fail":
                raise StepFailed(sentence(check))
        raise self._failed(
            step, message, f"a {message} as the operator asked for", "one about something else", received
        )

    def _missing(self, step: Step, message: str, within_s: float, asked: Asked) -> Exception:
        if not asked.certain:
            return Inconclusive(
                f"step {step} {message}: nothing came within {within_s:g} s, and nobody said that it was asked for"
            )
        return self._failed(step, message, f"a {message} within {within_s:g} s", "nothing")

    async def _answer(self, step: Step, message: str, action: str, within_s: float) -> Message:
        call = self._last_call.get(action)
        if call is None or call.unique_id is None:
            raise HarnessError(f"step {step} {message}: no {action}.req was sent before")
        expected = f"a {message} within {within_s:g} s"
        left_s = within_s - (self.clock.monotonic_ns() - call.at_ns) / 1e9
        try:
            async with asyncio.timeout(max(left_s, 0)):
                answer = await self._connections[call.connection - 1].answer(call.unique_id)
        except TimeoutError:
            self._connections[call.connection - 1].gave_up(call.unique_id)
            raise self._failed(step, message, expected, "no answer") from None
        return self._judged_answer(step, message, expected, call, within_s, answer)

    def _judged_answer(
        self, step: Step, message: str, expected: str, call: Message, within_s: float, answer: Answer
    ) -> Message:
        frame, received = answer.frame, answer.message
        if frame is None or received is None:
            raise self._failed(step, message, expected, f"no answer, the connection was {answer.lost}")
        if isinstance(frame, CallError):
            raise self._failed(step, message, expected, f"CALLERROR {frame.code}: {frame.description!r}", received)
        if not isinstance(frame, CallResult):
            raise self._failed(step, message, expected, f"a malformed frame: {frame.reason}", received)
        taken_s = (received.at_ns - call.at_ns) / 1e9
        if taken_s > within_s:
            raise self._failed(step, message, expected, f"an answer after {taken_s:.3f} s", received)
        self._note(step, message, "", expected, f"after {taken_s:.3f} s", "pass", received)
        return received

    def _demand_connection(self, step: Step, message: str) -> None:
        if not self.connected:
            raise self._unconnected(step, message)

    def _unconnected(self, step: Step, message: str) -> StepFailed:
        self.connection.missed()
        return self._failed(step, message, f"a {message}", f"no connection, it was {self.connection.closed_text}")
