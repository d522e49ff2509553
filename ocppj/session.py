"""One side of one OCPP-J connection: ids, open calls, correlation and what is illegal now.

Rules of this module:

1. No I/O and no clock. Text goes in and comes out; the caller sends it and brings the time.
2. It does not know which role we play. Our calls and the peer's go through the same table, so we cannot cheat.
3. The form says whose fault it is. Ours raises ValueError (`force=True` does it anyway, for those who test how the
   other side takes it); the peer's is a Fault in what `receive` returns.
4. Nothing is swallowed: an answer that fits no open call is returned too, with its fault.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final, Generic, Literal, NamedTuple, TypeVar

from ocppj._text import shown
from ocppj.frames import (
    CALL,
    CALLERROR,
    CALLRESULT,
    Call,
    CallError,
    CallResult,
    Frame,
    Malformed,
    Payload,
    call_text,
    error_text,
    parse,
    result_text,
)

State = Literal["new", "open", "answered", "expired"]
Event = Literal["call", "answer", "expire"]
T = TypeVar("T")


class OpenCall(NamedTuple):
    """A call of ours without an answer so far; `sent_at` is the caller's `now`."""

    unique_id: str
    action: str
    payload: Payload
    sent_at: float


class Fault(NamedTuple):
    """Something the peer did wrong: the requirement it breaks and what happened."""

    rule: str
    message: str


class Received(NamedTuple):
    """A message of the peer: the frame, the call of ours that it answers, and its faults.

    A Malformed frame with message type 3 or 4 and the id of an open call answers that call, however badly.
    """

    frame: Frame
    answers: OpenCall | None
    faults: tuple[Fault, ...]


# The life of an id in the direction of its sender. A missing entry is the protocol error, REFUSED says which.
NEXT: Final[Mapping[tuple[State, Event], State]] = {
    ("new", "call"): "open",
    ("open", "answer"): "answered",
    ("open", "expire"): "expired",
    # The answer came just before we gave up.
    ("answered", "expire"): "answered",
}
REFUSED: Final[Mapping[tuple[State, Event], Fault]] = {
    ("open", "call"): Fault("OCPPJ-4.1.4-01", "expected a new id, received that of a call still open"),
    ("answered", "call"): Fault("OCPPJ-4.1.4-01", "expected a new id, received that of an answered call"),
    ("expired", "call"): Fault("OCPPJ-4.1.4-01", "expected a new id, received that of a call given up"),
    ("new", "answer"): Fault("OCPPJ-4.1.4-02", "expected the id of a call, received an id never used for one"),
    ("answered", "answer"): Fault("OCPPJ-4.1.1-03", "expected one answer, received a second one"),
    ("expired", "answer"): Fault("OCPPJ-4.1.1-07", "expected an answer in time, received it after the time-out"),
    ("new", "expire"): Fault("OCPPJ-4.1.1-03", "expected an open call, received an id never used for one"),
    ("expired", "expire"): Fault("OCPPJ-4.1.1-03", "expected an open call, received one given up before"),
}
# The peer's duty to wait for answers has one row per sender in the requirements: -01 the station's, -02 the CSMS's.
_ONE_AT_A_TIME: Final = "OCPPJ-4.1.1-02"
_MESSAGE_TYPES: Final[Mapping[type, int]] = {Call: CALL, CallResult: CALLRESULT, CallError: CALLERROR}


class _Calls(Generic[T]):
    """The calls of one sender by id: the open ones, and how the past ones ended.

    An id has more than one open call only if its sender repeated it.
    """

    __slots__ = ("_past", "_remember", "open")

    def __init__(self, remember: int | None) -> None:
        self.open: dict[str, tuple[T, ...]] = {}
        self._past: OrderedDict[str, State] = OrderedDict()
        self._remember = remember

    def state(self, unique_id: str) -> State:
        """Where the id stands."""
        return "open" if unique_id in self.open else self._past.get(unique_id, "new")

    def refused(self, unique_id: str, event: Event) -> Fault | None:
        """What is wrong with this event now; None if it is legal."""
        step = self.state(unique_id), event
        if step in NEXT:
            return None
        fault = REFUSED[step]
        return Fault(fault.rule, f"unique id {shown(unique_id)}: {fault.message}")

    def add(self, unique_id: str, call: T) -> None:
        """The id is open from now on."""
        self._past.pop(unique_id, None)
        self.open[unique_id] = (*self.open.get(unique_id, ()), call)

    def close(self, unique_id: str, event: Event) -> T | None:
        """Ends and returns the oldest open call with this id, None if there is none."""
        state = self.state(unique_id)
        calls = self.open.get(unique_id, ())
        if len(calls) > 1:
            self.open[unique_id] = calls[1:]
        elif state != "new":
            self.open.pop(unique_id, None)
            self._past[unique_id] = NEXT.get((state, event), "answered")
            self._past.move_to_end(unique_id)
            if self._remember is not None and len(self._past) > self._remember:
                self._past.popitem(last=False)
        return calls[0] if calls else None


class _PeerCall(NamedTuple):
    frame: Frame
    received_at: float


class Session:
    """The state of one connection as one side sees it.

    `new_id` makes the ids of our calls, by default a new GUID each. `remember` is how many ids of past calls are kept
    for each direction; None keeps them all, as a judge of duplicate ids must.
    """

    __slots__ = ("_new_id", "_ours", "_theirs")

    def __init__(self, *, new_id: Callable[[], str] = lambda: str(uuid.uuid4()), remember: int | None = None) -> None:
        self._new_id = new_id
        self._ours: _Calls[OpenCall] = _Calls(remember)
        self._theirs: _Calls[_PeerCall] = _Calls(remember)

    @property
    def open_call(self) -> OpenCall | None:
        """Our call that waits for its answer, the oldest if more were forced; None if there is none."""
        return next(iter(self._ours.open.values()))[0] if self._ours.open else None

    @property
    def open_peer_calls(self) -> Mapping[str, Call]:
        """The peer's well-formed calls that we have not answered, by id, oldest first."""
        frames = ((unique_id, calls[0].frame) for unique_id, calls in self._theirs.open.items())
        return {unique_id: frame for unique_id, frame in frames if isinstance(frame, Call)}

    def call(
        self, action: str, payload: Payload, *, now: float, unique_id: str | None = None, force: bool = False
    ) -> str:
        """The text of a call, which is open from now on.

        Raises ValueError if a call of ours is open or the id was used before, TypeError if the payload is not JSON.
        """
        unique_id = self._new_id() if unique_id is None else unique_id
        if not force and self.open_call is not None:
            raise ValueError(f"{action}: expected after the answer to {self.open_call.action}, received before it")
        self._demand(self._ours.refused(unique_id, "call"), force=force)
        text = call_text(unique_id, action, payload)
        self._ours.add(unique_id, OpenCall(unique_id, action, payload, now))
        return text

    def result(self, unique_id: str, payload: Payload, *, force: bool = False) -> str:
        """The text of a CALLRESULT; raises ValueError if the peer has no open call with this id."""
        self._demand(self._theirs.refused(unique_id, "answer"), force=force)
        text = result_text(unique_id, payload)
        self._theirs.close(unique_id, "answer")
        return text

    def error(
        self, unique_id: str, code: str, description: str = "", details: Payload | None = None, *, force: bool = False
    ) -> str:
        """The text of a CALLERROR; raises ValueError if the peer has no open call with this id."""
        self._demand(self._theirs.refused(unique_id, "answer"), force=force)
        text = error_text(unique_id, code, description, details)
        self._theirs.close(unique_id, "answer")
        return text

    def expire(self, unique_id: str) -> None:
        """We wait for this answer no longer; no matter if it has just come.

        Raises ValueError if the id is none of our calls, or was given up before.
        """
        self._demand(self._ours.refused(unique_id, "expire"), force=False)
        self._ours.close(unique_id, "expire")

    def receive(self, text: str | bytes, *, now: float) -> Received:
        """What the peer sent, matched with our open calls and judged; never raises."""
        frame = parse(text)
        faults: tuple[Fault, ...] = ()
        if isinstance(frame, Malformed):
            faults = (Fault(frame.rule, frame.reason),)
            kind = frame.message_type
        else:
            kind = _MESSAGE_TYPES[type(frame)]
        if frame.unique_id is None:
            return Received(frame, None, faults)
        if kind == CALL:
            return Received(frame, None, faults + self._called(frame.unique_id, frame, now))
        if kind in (CALLRESULT, CALLERROR):
            fault = self._ours.refused(frame.unique_id, "answer")
            answers = self._ours.close(frame.unique_id, "answer")
            return Received(frame, answers, faults if fault is None else (*faults, fault))
        return Received(frame, None, faults)

    def _called(self, unique_id: str, frame: Frame, now: float) -> tuple[Fault, ...]:
        faults = []
        if self._theirs.open:
            first, calls = next(iter(self._theirs.open.items()))
            waiting = f"{shown(first)}, open for {now - calls[0].received_at:.3f} s"
            reason = f"call {shown(unique_id)}: expected after the answer to {waiting}, received before it"
            faults.append(Fault(_ONE_AT_A_TIME, reason))
        repeated = self._theirs.refused(unique_id, "call")
        if repeated is not None:
            faults.append(repeated)
        self._theirs.add(unique_id, _PeerCall(frame, now))
        return tuple(faults)

    @staticmethod
    def _demand(refused: Fault | None, *, force: bool) -> None:
        if refused is not None and not force:
            raise ValueError(refused.message)
