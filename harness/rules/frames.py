"""Rules on the envelope: what OCPP-J says of any frame, and of frames in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

from harness.results import Level
from harness.rules.observed import Finding, Observed, Rule, rule
from ocppj.frames import Call, CallError, ErrorCode, Malformed, duplicate_keys
from ocppj.schemas import ACTIONS

_MISSPELT = {"OccurrenceConstraintViolation": "OccurenceConstraintViolation", "FormatViolation": "FormationViolation"}

_ENVELOPE: dict[str, tuple[str, Level]] = {
    "OCPPJ-4.1.2-01": ("OCPP-J 1.6 §4.1.2", "shall"),
    "OCPPJ-4.1.3-01": ("OCPP-J 1.6 §4.1.3", "shall"),
    "OCPPJ-4.1.4-03": ("OCPP-J 1.6 §4.1.4", "shall"),
    "OCPPJ-4.1.4-04": ("OCPP-J 1.6 §4.1.4", "shall"),
    "OCPPJ-4.2.1-01": ("OCPP-J 1.6 §4.2.1", "shall"),
    "OCPPJ-4.2.1-02": ("OCPP-J 1.6 §4.2.1", "shall"),
    "OCPPJ-4.2.1-03": ("OCPP-J 1.6 §4.2.1", "shall"),
    "OCPPJ-4.2.2-01": ("OCPP-J 1.6 §4.2.2", "shall"),
    "OCPPJ-4.2.2-04": ("OCPP-J 1.6 §4.2.2", "shall"),
    "OCPPJ-4.2.3-02": ("OCPP-J 1.6 §4.2.3", "shall"),
    "OCPPJ-4.2.3-03": ("OCPP-J 1.6 §4.2.3", "shall"),
    "OCPPJ-4.2.3-04": ("OCPP-J 1.6 §4.2.3", "shall"),
    "OCPPJ-4.2.3-05": ("OCPP-J 1.6 §4.2.3", "shall"),
}

_ORDER: dict[str, tuple[str, Level]] = {
    "OCPPJ-4.1.1-02": ("OCPP-J 1.6 §4.1.1", "should"),
    "OCPPJ-4.1.1-03": ("OCPP-J 1.6 §4.1.1", "shall"),
    "OCPPJ-4.1.1-07": ("OCPP-J 1.6 §4.1.1", "should"),
    "OCPPJ-4.1.4-01": ("OCPP-J 1.6 §4.1.4", "shall"),
    "OCPPJ-4.1.4-02": ("OCPP-J 1.6 §4.1.4", "shall"),
}


def _malformed(id: str) -> Callable[[Observed], Iterator[Finding]]:
    def find(observed: Observed) -> Iterator[Finding]:
        frame = observed.frame
        if isinstance(frame, Malformed) and frame.rule == id:
            yield Finding("", "a well-formed frame", frame.reason)

    return find


def _out_of_order(id: str) -> Callable[[Observed], Iterator[Finding]]:
    def find(observed: Observed) -> Iterator[Finding]:
        if isinstance(observed.frame, Malformed):
            return
        for fault in observed.received.faults:
            if fault.rule == id:
                yield Finding("", "a frame that is allowed now", fault.message)

    return find


def _error_code(observed: Observed) -> Iterator[Finding]:
    frame = observed.frame
    if isinstance(frame, CallError) and frame.code not in get_args(ErrorCode) and frame.code not in _MISSPELT:
        yield Finding("errorCode", "one of " + ", ".join(get_args(ErrorCode)), frame.code)


def _misspelt_code(observed: Observed) -> Iterator[Finding]:
    frame = observed.frame
    if isinstance(frame, CallError) and frame.code in _MISSPELT:
        yield Finding("errorCode", repr(_MISSPELT[frame.code]), frame.code, "this is the spelling of OCPP 2.x")


def _action(observed: Observed) -> Iterator[Finding]:
    frame = observed.frame
    if not isinstance(frame, Call):
        return
    known = ACTIONS.get(frame.action)
    if known is None:
        yield Finding("action", "an action of OCPP 1.6 or of its security extension", frame.action)
    elif not (known.from_csms if observed.from_csms else known.from_station):
        yield Finding(
            "action", f"an action that {'a CSMS' if observed.from_csms else 'a station'} may start", frame.action
        )


def _null(observed: Observed) -> Iterator[Finding]:
    if not isinstance(observed.frame, Malformed) and observed.frame.raw.rstrip(" \t\r\n]").endswith("null"):
        yield Finding("", "{}", "null")


def _duplicates(observed: Observed) -> Iterator[Finding]:
    if not isinstance(observed.frame, Malformed):
        for path in duplicate_keys(observed.frame.raw):
            yield Finding(path, "each name once in a JSON object", "a repeated name")


FRAME_RULES = (
    *(Rule(id, source, level, _malformed(id)) for id, (source, level) in _ENVELOPE.items()),
    *(Rule(id, source, level, _out_of_order(id)) for id, (source, level) in _ORDER.items()),
    rule("OCPPJ-4.2.3-03", "OCPP-J 1.6 §4.2.3")(_error_code),
    rule("ERRJ-5.1-01", "OCPP-J 1.6 errata §5", "should")(_misspelt_code),
    rule("OCPP16-5.6-01", "OCPP 1.6 §5.6")(_action),
    rule("OCPPJ-4.2.1-04", "OCPP-J 1.6 §4.2.1", "should")(_null),
    rule("RFC8259-4", "RFC 8259 §4", "should")(_duplicates),
)
