"""Runs made by hand: a green one, one with every kind of ending, and the journal of any of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.journal import FILE, Journal
from harness.results import CaseResult, Check, Message, Run, Verdict, with_steps

STARTED = "2026-03-01T10:00:00.000Z"
START_NS = 7_000_000_000
OPEN = ("sent", "open", None, None)


def conversation(*frames: tuple[Any, ...], gap_ms: float = 2) -> tuple[Message, ...]:
    """Messages from (direction, kind, action, payload[, fields]); an answer takes the id of the call before it."""
    messages: list[Message] = []
    last_id: dict[Any, str] = {}
    for n, (direction, kind, action, payload, *extra) in enumerate(frames, 1):
        if kind == "call":
            last_id[direction, action] = f"id-{n}"
        caller = direction if kind == "call" else "received" if direction == "sent" else "sent"
        unique_id = last_id.get((caller, action)) if kind in ("call", "result", "error") else None
        body = {"call": [2, unique_id, action, payload], "result": [3, unique_id, payload]}.get(kind)
        fields = {
            "n": n,
            "connection": 1,
            "at_ns": START_NS + int((n - 1) * gap_ms * 1e6),
            "utc": f"2026-03-01T10:00:00.{n:06}Z",
            "direction": direction,
            "kind": kind,
            "action": action,
            "unique_id": unique_id,
            "payload": payload,
            "raw": "" if body is None else json.dumps(body, separators=(",", ":")),
        }
        messages.append(Message(**{**fields, **(extra[0] if extra else {})}))
    return tuple(messages)


def exchange(action: str, request: Any, answer: Any, by: str = "sent", **extra: Any) -> list[tuple[Any, ...]]:
    """A call and its answer, for conversation()."""
    back = "received" if by == "sent" else "sent"
    return [(by, "call", action, request, extra), (back, "result", action, answer, extra)]


def check(
    step: Any, message: str, path: str, expected: str, received: Any, outcome: str = "pass", **extra: Any
) -> Check:
    """A check with its source."""
    return Check(step, message, path, expected, received, outcome, **{"source": f"TC_010_CSMS step {step}", **extra})  # type: ignore[arg-type]


def remote_start(status: str = "Accepted", case: str = "TC_010_CSMS") -> CaseResult:
    """TC_010_CSMS as a CSMS plays it that answers Authorize with this status."""
    status_request = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
    messages = conversation(
        *exchange("StatusNotification", status_request, {}),
        *exchange("RemoteStartTransaction", {"idTag": "CARD-OK"}, {"status": "Accepted"}, by="received"),
        *exchange("Authorize", {"idTag": "CARD-OK"}, {"idTagInfo": {"status": status}}),
        *exchange("StartTransaction", {"connectorId": 1}, {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}),
    )
    good = status == "Accepted"
    checks = (
        check(2, "StatusNotification.conf", "", "a StatusNotification.conf within 30 s", "after 0.002 s", message_n=2),
        check(3, "RemoteStartTransaction.req", "idTag", "'CARD-OK'", "CARD-OK", message_n=3, dictated=True),
        check(6, "Authorize.conf", "idTagInfo.status", "'Accepted'", status, "pass" if good else "fail", message_n=6),
        check(8, "StartTransaction.conf", "idTagInfo.status", "'Accepted'", "Accepted", message_n=8),
    )
    reason = "" if good else f"step 6 Authorize.conf idTagInfo.status: expected 'Accepted', received {status!r}"
    return CaseResult(
        case,
        "Remote Start Charging Session - Cable Plugged in First",
        "Core",
        Verdict.PASS if good else Verdict.FAIL,
        reason,
        STARTED,
        0.25,
        checks,
        with_steps(messages, checks),
    )


def ended(case: str, verdict: Verdict, reason: str = "", **extra: Any) -> CaseResult:
    """A case of which only the ending matters."""
    return CaseResult(case, f"Title of {case}", extra.pop("profile", "Core"), verdict, reason, STARTED, 1.5, **extra)


def run_of(*cases: CaseResult, **extra: Any) -> Run:
    """A Run of these cases, all of them planned."""
    fields: dict[str, Any] = {
        "id": "20260301-100000-csms",
        "role": "csms",
        "started_utc": STARTED,
        "ended_utc": "2026-03-01T10:05:00.000Z",
        "harness_version": "0.1.0",
        "catalogue_revision": "2025-11",
        "sut": {"vendor": "Volt & Sons", "product": "CentralOne", "version": "4.2"},
        "supports": {"REMOTE_START": True},
        "environment": {"url": "ws://127.0.0.1:9000/ocpp", "station_id": "CP-1"},
        "performance": {"response_timeout_s": 30.0, "authorize_s": 30.0},
        "planned": tuple({"case": case.case, "title": case.title, "profile": case.profile} for case in cases),
        "cases": cases,
    }
    return Run(**{**fields, **extra})


def every_ending() -> Run:
    """One case of each verdict, both kinds of known failure, and one that was planned and not run."""
    cases = (
        remote_start(),
        remote_start("Blocked", case="TC_023_1_CSMS"),
        ended("TC_013_CSMS", Verdict.INCONCLUSIVE, "the operator's driver cannot do Reset"),
        ended(
            "TC_014_CSMS", Verdict.ERROR, "boom", error="Traceback (most recent call last):\n  ...\nValueError: boom\n"
        ),
        ended("TC_017_CSMS", Verdict.NOT_APPLICABLE, "not declared: UNLOCK"),
        ended("TC_021_CSMS", Verdict.FAIL, "step 2: late", known_failure="fixed in 4.3"),
        ended("TC_024_CSMS", Verdict.PASS, known_failure="should fail"),
    )
    run = run_of(*cases)
    left_out = {"case": "TC_001_CSMS", "title": "Cold boot", "profile": "Core"}
    return run_of(*cases, planned=(left_out, *run.planned))


def write(run: Run, folder: Path, *, end: bool = True) -> Path:
    """The run as a journal in this folder; without `end` as one that was cut off."""
    journal = Journal(folder / FILE)
    journal.run(run)
    for case in run.cases:
        journal.case(case.case, case.title, case.profile, case.started_utc)
        for message in case.messages:
            journal.message(case.case, message)
        for made in case.checks:
            journal.check(case.case, made)
        journal.verdict(case)
    journal.end(run.ended_utc, interrupted=run.interrupted)
    if not end:
        whole = (folder / FILE).read_bytes()
        (folder / FILE).write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    return folder
