"""One connection: its session, its reader, and the referee over every frame that comes in.

Answers are matched to our calls by unique id; calls of the other side are handed to the party. Nothing here knows a
case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from harness.evidence import Evidence
from harness.results import Check, Kind, Level, Message, Step
from harness.rules import RULES, Observed, judge
from harness.rules.observed import Memory
from harness.wire import MOST_PINGS, Arrival, Link, LinkClosed
from ocppj.frames import CALL, Call, CallError, CallResult, Frame, Malformed, Payload
from ocppj.session import Received, Session

MOST_FRAMES = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call: the recorded message and its frame, or why none can come any more."""

    message: Message | None
    frame: CallResult | CallError | Malformed | None
    lost: str = ""


OnCall = Callable[["Connection", Call, Message], Awaitable[None]]


class Connection:
    """An open link with its session; `wants(call)` tells whether a call is expected, `on_call` gets every one."""

    def __init__(
        self,
        link: Link,
        number: int,
        evidence: Evidence,
        memory: Memory,
        *,
        from_csms: bool,
        wants: Callable[[Call], bool],
        on_call: OnCall,
    ) -> None:
        self.link, self.number = link, number
        self.session = Session()
        self.closed = asyncio.Event()
        self.closed_text = ""
        self._evidence, self._memory, self._from_csms = evidence, memory, from_csms
        self._wants, self._on_call = wants, on_call
        self._answers: dict[str, asyncio.Future[Answer]] = {}
        self._closing = False
        self._goodbye = False
        self._broken: BaseException | None = None
        memory.latest_time = ""
        note = ", ".join(f"{key} {value}" for key, value in link.facts.items())
        evidence.message("sent", "open", connection=number, at_ns=evidence.clock.monotonic_ns(), note=note)
        self._reader = asyncio.create_task(self._read(), name=f"reader of connection {number}")

    async def call(self, action: str, payload: Payload, step: Step | None) -> Message:
        """Sends a CALL; its answer is awaited with `answer`."""
        self.raise_fault()
        text = self.session.call(action, payload, now=self._now_s())
        call = self.session.open_call
        assert call is not None
        self._answers[call.unique_id] = asyncio.get_running_loop().create_future()
        at_ns = await self._send(text)
        return self._sent("call", at_ns, action, call.unique_id, payload, text, step)

    async def result(
        self, call: Call, payload: Payload, step: Step | None = None, *, unsolicited: bool = False
    ) -> Message:
        """Answers a CALL of the other side."""
        self.raise_fault()
        text = self.session.result(call.unique_id, payload)
        at_ns = await self._send(text)
        return self._sent("result", at_ns, call.action, call.unique_id, payload, text, step, unsolicited)

    async def error(self, call: Call | Malformed, code: str, description: str) -> Message:
        """Refuses a CALL of the other side."""
        unique_id = call.unique_id or ""
        text = self.session.error(unique_id, code, description)
        at_ns = await self._send(text)
        action = call.action if isinstance(call, Call) else None
        return self._sent("error", at_ns, action, unique_id, None, text, None, True)

    async def answer(self, unique_id: str) -> Answer:
        """What became of our call, as soon as it is known."""
        answer = await asyncio.shield(self._answers[unique_id])
        self.raise_fault()
        return answer

    def gave_up(self, unique_id: str) -> None:
        """We no longer wait for an answer to this call; one that still comes is late."""
        self.session.expire(unique_id)

    async def close(self) -> None:
        """Closes from our side once everything the other side had sent was read."""
        if not self.closed.is_set():
            await self.link.settle()
            self._closing = True
            await self.link.close()
        await self._reader
        self._judge_goodbye("should")
        self.raise_fault()

    def missed(self) -> None:
        """The connection is over and was still needed, unless that is for tidying up only."""
        if self._evidence.phase != "cleanup":
            self._judge_goodbye("shall")
        self.raise_fault()

    def _judge_goodbye(self, level: Level) -> None:
        """Who closes a connection in order, with nothing to answer, may have thought that it was no longer needed."""
        if self._goodbye:
            self._goodbye = False
            self._evidence.check(_lost(self.closed_text, level))

    def raise_fault(self) -> None:
        """Raises a fault of our own in the reader, which must not look like silence of the other side."""
        if self._broken is not None:
            raise self._broken

    def _now_s(self) -> float:
        return self._evidence.clock.monotonic_ns() / 1e9

    async def _send(self, text: str) -> int:
        try:
            return await self.link.send(text)
        except LinkClosed:
            return self._evidence.clock.monotonic_ns()

    def _sent(
        self,
        kind: str,
        at_ns: int,
        action: str | None,
        id: str,
        payload: Payload | None,
        raw: str,
        step: Step | None,
        unsolicited: bool = False,
    ) -> Message:
        return self._evidence.message(
            "sent",
            kind,  # type: ignore[arg-type]
            connection=self.number,
            at_ns=at_ns,
            action=action,
            unique_id=id,
            payload=payload,
            raw=raw,
            step=step,
            unsolicited=unsolicited,
        )

    async def _read(self) -> None:
        try:
            for _ in range(MOST_FRAMES):
                await self._arrive(await self.link.receive())
            self._flooded(f"at most {MOST_FRAMES} frames on one connection of a case")
            self._end(f"given up by us after {MOST_FRAMES} frames")
            await self.link.close()
        except LinkClosed as closed:
            if closed.flooded:
                self._flooded(f"at most {MOST_PINGS} pings and pongs on one connection of a case")
            self._end(str(closed), goodbye=closed.goodbye)
        except Exception as error:  # noqa: BLE001 - kept and raised at the next verb, where the case can be ended with it
            self._broken = error
            try:
                self._end(f"given up after an error of the harness: {error}")
            finally:
                await self.link.close()

    def _flooded(self, expected: str) -> None:
        self._closing = True
        self._evidence.check(_flood(expected))

    def _end(self, text: str, *, goodbye: bool = False) -> None:
        self.closed_text = text
        try:
            self._record_end(text, goodbye)
        finally:
            self.closed.set()
            for future in self._answers.values():
                if not future.done():
                    future.set_result(Answer(None, None, text))

    def _record_end(self, text: str, goodbye: bool) -> None:
        if not self._closing and self._broken is None:
            idle = self.session.open_call is None or self._evidence.phase == "cleanup"
            self._goodbye = goodbye and idle
            if not self._goodbye:
                self._evidence.check(_lost(text, "shall"))
        self._evidence.message(
            "sent" if self._closing or self._broken else "received",
            "close",
            connection=self.number,
            at_ns=self._evidence.clock.monotonic_ns(),
            note=text,
        )

    async def _arrive(self, arrival: Arrival) -> None:
        received = self.session.receive(arrival.data, now=arrival.at_ns / 1e9)
        frame = received.frame
        unsolicited = isinstance(frame, Call) and not self._wants(frame)
        message = self._record(arrival, received, unsolicited)
        for check in judge(RULES, Observed(received, message, self._memory, self._from_csms)):
            self._evidence.check(check)
        if isinstance(frame, Call):
            if frame.unique_id in self.session.open_peer_calls:
                await self._on_call(self, frame, message)
            return
        self._resolve(received, message)
        if isinstance(frame, Malformed) and frame.answerable:
            await self.error(frame, frame.error_code, frame.reason)

    def _record(self, arrival: Arrival, received: Received, unsolicited: bool) -> Message:
        frame, answers = received.frame, received.answers
        return self._evidence.message(
            "received",
            _KINDS[type(frame)],
            connection=self.number,
            at_ns=arrival.at_ns,
            action=frame.action if isinstance(frame, Call) else answers.action if answers else None,
            unique_id=frame.unique_id,
            payload=frame.payload if isinstance(frame, Call | CallResult) else None,
            raw=frame.raw,
            unsolicited=unsolicited,
            note="; ".join(fault.message for fault in received.faults),
        )

    def _resolve(self, received: Received, message: Message) -> None:
        frame = received.frame
        unique_id = received.answers.unique_id if received.answers else frame.unique_id
        future = self._answers.get(unique_id or "")
        if future is None or future.done() or isinstance(frame, Call):
            return
        if received.answers is None:
            if not isinstance(frame, Malformed) or frame.message_type == CALL:
                return
            self.session.expire(frame.unique_id or "")
        future.set_result(Answer(message, frame))


_KINDS: dict[type[Frame], Kind] = {Call: "call", CallResult: "result", CallError: "error", Malformed: "malformed"}


def _lost(text: str, level: Level) -> Check:
    return Check(
        step="",
        message="connection",
        path="",
        expected="a connection that stays open",
        received=text,
        outcome="fail",
        level=level,
        source="OCPP-J 1.6 §3 and §5.4: the connection stays open while both sides use it",
        rule="connection",
    )


def _flood(expected: str) -> Check:
    return Check(
        step="",
        message="connection",
        path="",
        expected=expected,
        received="more",
        outcome="fail",
        level="shall",
        source="a limit of the harness, far above what any case asks for",
        rule="flood",
    )
