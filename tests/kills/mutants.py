"""Mutants of a recorded green run: one change to one frame, one look at the records, or the handshake."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.refusal import NotConnected
from harness.results import CaseResult, Check, Message
from tests.kills.payloads import broken
from tests.subjects.world import ENVIRONMENT, Tamper, run_case

Text = str | bytes | None
Change = Callable[[str], Iterator[tuple[float, Text]]]


@dataclass(frozen=True)
class Mutant:
    """One planted fault: what is broken, how, and in which tamper; `meant` tells the check that should notice."""

    case: str
    what: str
    how: str
    path: str
    phase: str
    tamper: Callable[[], Tamper]
    meant: Callable[[Check], bool]
    detail: str = ""

    @property
    def name(self) -> str:
        """The mutant in a line."""
        return " ".join(part for part in (self.case, self.what, self.path, self.how, self.detail) if part)


class Recorder(Tamper):
    """Notes every frame and every look of a green run."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.looks: list[tuple[str, Mapping[str, Any] | None]] = []

    def frame(self, number: int, text: str) -> Iterator[tuple[float, Text]]:
        self.frames.append(text)
        yield 0, text

    def record(self, number: int, kind: str, record: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        self.looks.append((kind, record))
        return record


class OneFrame(Tamper):
    """Changes the nth frame; `applied` tells whether that made a difference."""

    def __init__(self, number: int, change: Change, before: Text = None) -> None:
        self._number, self._change, self._before = number, change, before
        self.applied = False

    def frame(self, number: int, text: str) -> Iterator[tuple[float, Text]]:
        if self._before is not None and number == self._number - 1:
            self.applied = True
            yield from ((0, text), (0, self._before))
        elif number == self._number:
            changed = list(self._change(text))
            self.applied = changed != [(0, text)]
            yield from changed
        else:
            yield 0, text


class OneLook(Tamper):
    """Changes a field of every record of this kind from the nth look on."""

    def __init__(self, number: int, kind: str, path: str, value: Any) -> None:
        self._number, self._kind, self._path, self._value = number, kind, path, value
        self.applied = False

    def record(self, number: int, kind: str, record: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        if number < self._number or kind != self._kind or record is None:
            return record
        self.applied = True
        if self._path == "":
            return None
        return {**record, self._path: self._value}


class Handshake(Tamper):
    """Opens the nth connection in another way."""

    applied = True

    def __init__(self, subprotocol: str | None = "ocpp1.6", refused: bool = False) -> None:
        self.subprotocol, self._refused = subprotocol, refused

    def connected(self) -> None:
        if self._refused:
            raise NotConnected("memory://csms: expected HTTP 101 (WebSocket), received HTTP 404", "refused", 404)


class Done:
    """Which preparations and clean-ups were broken already: they are the same in many cases."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, int, str]] = set()

    def first(self, message: Message, number: int) -> bool:
        """Whether this frame is worth breaking here."""
        if message.phase == "case":
            return True
        key = (message.phase, number if message.phase == "preparation" else 0, message.name)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def mutants(case: str, done: Done) -> Iterator[Mutant]:
    """All mutants of a case."""
    recorder = Recorder()
    green = run_case(case, recorder)
    received = [
        m for m in green.messages if m.direction == "received" and m.kind in ("call", "result", "error", "malformed")
    ]
    assert green.verdict == "pass", f"{case}: {green.reason}"
    assert len(received) == len(recorder.frames), case
    for number, (message, text) in enumerate(zip(received, recorder.frames, strict=True), 1):
        if done.first(message, number):
            yield from _payloads(case, number, message, text)
            yield from _frames(case, number, message, text)
    yield from _looks(case, green, recorder)
    yield from _handshakes(case)


def _payloads(case: str, number: int, message: Message, text: str) -> Iterator[Mutant]:
    frame = json.loads(text)
    kind: Any = "req" if message.kind == "call" else "conf"
    for how, path, payload in broken(message.action or "", kind, frame[-1]):

        def change(text: str, payload: Any = payload) -> Iterator[tuple[float, Text]]:
            yield 0, json.dumps([*json.loads(text)[:-1], payload])

        yield _of_frame(case, number, message, how, change, path, json.dumps(payload)[:80])


def _of_frame(
    case: str,
    number: int,
    message: Message,
    how: str,
    change: Change,
    path: str = "",
    detail: str = "",
    before: Text = None,
) -> Mutant:
    def meant(check: Check) -> bool:
        related = path == "" or check.path == "" or check.path.startswith(path) or path.startswith(check.path)
        return (
            (check.message == message.name and related)
            or check.message_n == message.n
            or bool(check.rule and path == "")
            or _elsewhere(message.name, path, check)
        )

    return Mutant(case, message.name, how, path, message.phase, lambda: OneFrame(number, change, before), meant, detail)


def _elsewhere(name: str, path: str, check: Check) -> bool:
    """A wrong id shows in the records of what it is for, a request under another unique id in those of its answer."""
    if (name, path) == ("StartTransaction.conf", "transactionId"):
        return check.message in ("records.transaction", "records.reservation")
    if (name, path) == ("ReserveNow.req", "reservationId"):
        return check.message == "records.reservation"
    if path == "requestId":
        return check.message in ("records.log", "records.signed_firmware")
    return name.endswith(".req") and path == "" and check.message == "records.command"


def _frames(case: str, number: int, message: Message, text: str) -> Iterator[Mutant]:
    limit_s = ENVIRONMENT.operator_timeout_s if message.kind == "call" else ENVIRONMENT.message_timeout_s
    for how, change in _changes(limit_s, message.kind == "call"):
        yield _of_frame(case, number, message, how, change)
    if message.kind == "call" and number > 1:
        yield _of_frame(case, number, message, "sent too early", _withheld, before=text)


def _withheld(text: str) -> Iterator[tuple[float, Text]]:
    yield from ()


def _changes(limit_s: float, is_call: bool) -> Iterator[tuple[str, Change]]:
    """What can be done to a whole frame."""

    def again(text: str) -> Iterator[tuple[float, Text]]:
        yield from ((0, text), (0, text))

    def later(text: str) -> Iterator[tuple[float, Text]]:
        yield limit_s + 1, text

    yield from (("withheld", _withheld), ("doubled", again), ("delayed past its limit", later))
    for how, text in _EXTRA.items():
        yield how, _followed_by(text)
    yield "connection lost instead", lambda text: iter([(0, None)])
    yield "connection lost afterwards", lambda text: iter([(0, text), (0, None)])
    for how, reshape in _SHAPES.items():
        yield how, _reshaped(reshape)
    if not is_call:
        yield "answered by CALLERROR", _reshaped(lambda f: [4, f[1], "InternalError", "", {}])
        yield "CALLERROR with an unknown code", _reshaped(lambda f: [4, f[1], "Nonsense", "", {}])
        yield "answered as a CALL", _reshaped(lambda f: [2, f[1], "Heartbeat", {}])
    else:
        yield "an unknown action", _reshaped(lambda f: [2, f[1], "Nonsense", f[3]])
        yield "an action of a station", _reshaped(lambda f: [2, f[1], "Heartbeat", {}])


def _followed_by(extra: str) -> Change:
    return lambda text: iter([(0, text), (0, extra)])


def _reshaped(reshape: Callable[[list[Any]], Any]) -> Change:
    def change(text: str) -> Iterator[tuple[float, Text]]:
        made = reshape(json.loads(text))
        yield 0, made if isinstance(made, str | bytes) else json.dumps(made)

    return change


_EXTRA = {
    "an extra CALL": '[2,"extra-1","GetConfiguration",{}]',
    "an extra CALL of an unknown action": '[2,"extra-1","Nonsense",{}]',
    "an extra answer": '[3,"never-asked",{}]',
    "an extra error": '[4,"never-asked","GenericError","",{}]',
}

_SHAPES: dict[str, Callable[[list[Any]], Any]] = {
    "another unique id": lambda f: [f[0], "another-id", *f[2:]],
    "a unique id that is too long": lambda f: [f[0], "x" * 37, *f[2:]],
    "a unique id that is a number": lambda f: [f[0], 17, *f[2:]],
    "not JSON": lambda f: json.dumps(f)[:-1],
    "an object instead of an array": lambda f: {"frame": f},
    "an element missing": lambda f: f[:-1],
    "an element too many": lambda f: [*f, {}],
    "a message type that does not exist": lambda f: [5, *f[1:]],
    "a message type as text": lambda f: [str(f[0]), *f[1:]],
    "a payload that is an array": lambda f: [*f[:-1], []],
    "a payload that is null": lambda f: [*f[:-1], None],
    "a binary frame": lambda f: json.dumps(f).encode(),
    "a repeated name": lambda f: json.dumps(f)[:-2] + (', "a": 1, "a": 1}]' if f[-1] else '"a": 1, "a": 1}]'),
}


def _looks(case: str, green: CaseResult, recorder: Recorder) -> Iterator[Mutant]:
    """Each field that a case compares with the records, told wrongly from that look on."""
    checks = [check for check in green.checks if check.message.startswith("records.")]
    looked = [(check.step, check.message) for check in checks]
    order = list(dict.fromkeys(looked))
    for check in checks:
        kind = check.message.removeprefix("records.")
        number = next(n for n, (k, _) in enumerate(recorder.looks, 1) if k == kind)
        for value in _upside_down(check):
            yield Mutant(
                case,
                check.message,
                "told wrongly" if value is not None else "not told",
                check.path,
                "case",
                lambda number=number, kind=kind, path=check.path, value=value: OneLook(number, kind, path, value),
                lambda found, check=check: found.message == check.message and found.path == check.path,
                repr(value),
            )
    for kind in dict.fromkeys(message for _, message in order):
        name = kind.removeprefix("records.")
        yield Mutant(
            case,
            kind,
            "no record",
            "",
            "case",
            lambda name=name: OneLook(1, name, "", None),
            lambda found, kind=kind: found.message == kind,
        )


def _upside_down(check: Check) -> Iterator[Any]:
    value = check.received
    yield None
    yield "2020-01-01T00:00:00Z" if isinstance(value, str) and value.endswith("Z") else "Nonsense"
    yield value + 1 if isinstance(value, int) else _OPPOSITES.get(str(value), "Another")


_OPPOSITES = {
    "Accepted": "Rejected",
    "Rejected": "Accepted",
    "Active": "Ended",
    "Ended": "Active",
    "Available": "Faulted",
}


def _handshakes(case: str) -> Iterator[Mutant]:
    made: dict[str, Callable[[], Tamper]] = {
        "no subprotocol": lambda: Handshake(None),
        "another subprotocol": lambda: Handshake("ocpp2.0.1"),
    }
    for how, tamper in made.items():
        yield Mutant(case, "handshake", how, "", "preparation", tamper, lambda check: check.message == "handshake")
