"""Rules on payloads: schema, time values, and what one answer says in the light of earlier ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.matchers import MISSING, find, parse_time
from harness.rules.observed import Finding, Observed, rule
from ocppj.frames import Call, CallResult
from ocppj.schemas import ACTIONS, Violation, non_ascii, violations


def _judged(observed: Observed) -> tuple[str, str, Any] | None:
    """Action, kind and payload of a frame that a schema speaks about."""
    frame, answers = observed.frame, observed.received.answers
    if isinstance(frame, Call) and frame.action in ACTIONS:
        return frame.action, "req", frame.payload
    if isinstance(frame, CallResult) and answers is not None and answers.action in ACTIONS:
        return answers.action, "conf", frame.payload
    return None


def _findings(found: list[Violation], payload: Any) -> Iterator[Finding]:
    for violation in found:
        expected = violation.message.partition(", received ")[0].removeprefix("expected ")
        value = find(payload, violation.path)
        yield Finding(violation.path, expected, "nothing" if value is MISSING else value)


def _schema(observed: Observed) -> Iterator[Finding]:
    if judged := _judged(observed):
        action, kind, payload = judged
        yield from _findings(violations(action, kind, payload), payload)  # type: ignore[arg-type]


def _ascii(observed: Observed) -> Iterator[Finding]:
    if judged := _judged(observed):
        action, kind, payload = judged
        yield from _findings(non_ascii(action, kind, payload), payload)  # type: ignore[arg-type]


def _times(payload: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(payload, dict):
        for key, value in payload.items():
            yield from _times(value, f"{path}.{key}" if path else key)
    elif isinstance(payload, list):
        for index, value in enumerate(payload):
            yield from _times(value, f"{path}[{index}]")
    elif isinstance(payload, str) and parse_time(payload):
        yield path, payload


def _utc(observed: Observed) -> Iterator[Finding]:
    if judged := _judged(observed):
        for path, text in _times(judged[2]):
            if not text.upper().endswith(("Z", "+00:00")):
                yield Finding(path, "a time in UTC", text)


def _time_goes_on(observed: Observed) -> Iterator[Finding]:
    judged = _judged(observed)
    if not judged or judged[:2] not in (("Heartbeat", "conf"), ("BootNotification", "conf")):
        return
    text, earlier = find(judged[2], "currentTime"), observed.memory.latest_time
    instant, before = parse_time(text), parse_time(earlier)
    if instant and before and instant < before:
        yield Finding("currentTime", f"a time not before {earlier}", text)
    if instant:
        observed.memory.latest_time = text


def _transaction_id(observed: Observed) -> Iterator[Finding]:
    """A transaction id is given once; the repetition of the same StartTransaction may get the same one."""
    judged = _judged(observed)
    if not judged or judged[:2] != ("StartTransaction", "conf"):
        return
    answers, id = observed.received.answers, find(judged[2], "transactionId")
    if answers is None or not isinstance(id, int):
        return
    request = repr(sorted(answers.payload.items()))
    if observed.memory.transaction_ids.setdefault(id, request) != request:
        yield Finding("transactionId", "an id that no other transaction has", id)


def _concurrent(observed: Observed) -> Iterator[Finding]:
    judged = _judged(observed)
    if judged and judged[:2] == ("Authorize", "conf") and find(judged[2], "idTagInfo.status") == "ConcurrentTx":
        yield Finding(
            "idTagInfo.status", "a status other than ConcurrentTx", "ConcurrentTx", "it belongs to StartTransaction"
        )


def _interval(observed: Observed) -> Iterator[Finding]:
    judged = _judged(observed)
    interval = find(judged[2], "interval") if judged and judged[:2] == ("BootNotification", "conf") else 0
    if isinstance(interval, int) and interval < 0:
        yield Finding("interval", "a number of seconds, 0 or more", interval)


def _no_data(observed: Observed) -> Iterator[Finding]:
    judged = _judged(observed)
    if judged and judged[:2] == ("DataTransfer", "conf") and find(judged[2], "status") == "UnknownVendorId":
        data = find(judged[2], "data")
        if data is not MISSING:
            yield Finding("data", "no such field beside UnknownVendorId", data)


PAYLOAD_RULES = (
    rule("OCPP16-6-02", "OCPP 1.6 §6 and its JSON schema")(_schema),
    rule("OCPP16-2.2-01", "OCPP 1.6 §2.2", "should")(_ascii),
    rule("OCPP16-3.14-01", "OCPP 1.6 §3.14", "should")(_utc),
    rule("OCPP16-4.3-07", "OCPP 1.6 §4.3")(_no_data),
    rule("OCPP16-6.4-01", "OCPP 1.6 §6.4")(_interval),
    rule("OCPP16-4.6-03", "OCPP 1.6 §4.6", "shall")(_time_goes_on),
    rule("ERR4-3.54-01", "OCPP 1.6 errata v4.0 §3.54", "should")(_transaction_id),
    rule("OCPP16-7.2-01", "OCPP 1.6 §7.2", "should")(_concurrent),
)
