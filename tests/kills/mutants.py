"""Mutants of a recorded green run: one change to one frame, one look at the records, or the handshake."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.refusal import NotConnected
from harness.results import CaseResult, Check, Message
from tests.kills import certificates, doors
from tests.kills.frames import Change, Text, changes, withheld
from tests.kills.payloads import broken
from tests.subjects.world import ENVIRONMENT, Tamper, run_case


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
    """Opens connections in another way, or takes only so many."""

    def __init__(self, subprotocol: str | None = "ocpp1.6", takes: int | None = None) -> None:
        self.subprotocol, self._left = subprotocol, takes
        self.applied = takes is None

    def connected(self) -> None:
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            self.applied = True
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
    yield from _handshakes(case, green)
    for what, how, meant, tamper in doors.changes(case):
        yield Mutant(case, what, how, "", "case", tamper, meant)


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
        records = ("records.transaction", "records.reservation", "records.charging_profile")
        return check.message in records or check.path == "csChargingProfiles.transactionId"
    if (name, path) == ("ReserveNow.req", "reservationId"):
        return check.message == "records.reservation"
    if path.endswith(".chargingProfileId"):
        return check.message == "records.charging_profile"
    if name == "CertificateSigned.req" and check.message == "connection":
        return True
    if path == "requestId":
        return check.message in ("records.log", "records.signed_firmware")
    answered = ("records.command", "records.charging_profile")
    return name.endswith(".req") and path == "" and check.message in answered


def _frames(case: str, number: int, message: Message, text: str) -> Iterator[Mutant]:
    limit_s = ENVIRONMENT.operator_timeout_s if message.kind == "call" else ENVIRONMENT.message_timeout_s
    for how, change in changes(limit_s, message.kind == "call"):
        yield _of_frame(case, number, message, how, change)
    for how, change in certificates.changes(message.name):
        yield _of_frame(case, number, message, f"a certificate {how}", change)
    if message.kind == "call" and number > 1:
        yield _of_frame(case, number, message, "sent too early", withheld, before=text)


def _looks(case: str, green: CaseResult, recorder: Recorder) -> Iterator[Mutant]:
    """Each field that a case compares with the records, told wrongly from that look on."""
    checks = [check for check in green.checks if check.message.startswith("records.")]
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
    for kind in dict.fromkeys(check.message for check in checks):
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


def _handshakes(case: str, green: CaseResult) -> Iterator[Mutant]:
    for how, chosen in (("no subprotocol", None), ("another subprotocol", "ocpp2.0.1")):
        yield _handshake(case, how, "handshake", lambda chosen=chosen: Handshake(chosen))
    for takes in range(1, sum(message.kind == "open" for message in green.messages)):
        yield _handshake(case, "not taken again", "connection", lambda takes=takes: Handshake(takes=takes))


def _handshake(case: str, how: str, message: str, tamper: Callable[[], Tamper]) -> Mutant:
    meant = (message, "connection", "cleanup")
    return Mutant(case, "handshake", how, "", "preparation", tamper, lambda check: check.message in meant)
