"""The columns of each table with their types, and the rows that a Run puts into them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.results import CaseResult, Check, Run, Verdict
from harness.tables import facts

Row = tuple[Any, ...]

UTC = "datetime64[us, UTC]"
CASES = {
    "case": "str",
    "title": "str",
    "profile": "str",
    "verdict": "str",
    "reason": "str",
    "started_utc": UTC,
    "duration_s": "float64",
    "messages": "int64",
    "checks_made": "int64",
    "checks_failed": "int64",
    "checks_warned": "int64",
    "checks_unverifiable": "int64",
    "checks_dictated": "int64",
    "error": "str",
    "known_failure": "str",
}
CHECKS = {
    "case": "str",
    "step": "str",
    "phase": "str",
    "message": "str",
    "path": "str",
    "expected": "str",
    "received": "str",
    "outcome": "str",
    "level": "str",
    "source": "str",
    "rule": "str",
    "hint": "str",
    "dictated": "bool",
    "message_n": "Int64",
}
MESSAGES = {
    "case": "str",
    "n": "int64",
    "connection": "int64",
    "at_ns": "int64",
    "offset_s": "float64",
    "utc": UTC,
    "direction": "str",
    "kind": "str",
    "name": "str",
    "action": "str",
    "unique_id": "str",
    "step": "str",
    "phase": "str",
    "unsolicited": "bool",
    "payload": "str",
    "raw": "str",
    "note": "str",
}
EXCHANGES = {
    "case": "str",
    "n": "int64",
    "action": "str",
    "initiator": "str",
    "unique_id": "str",
    "latency_ms": "float64",
    "outcome": "str",
    "step": "str",
    "phase": "str",
    "sent_utc": UTC,
    "received_utc": UTC,
}
TIMINGS = {
    "action": "str",
    "n": "int64",
    "min_ms": "float64",
    "median_ms": "float64",
    "p95_ms": "float64",
    "p99_ms": "float64",
    "max_ms": "float64",
    "pics_limit_s": "float64",
}
COVERAGE = {
    "case": "str",
    "profile": "str",
    "step": "str",
    "message": "str",
    "path": "str",
    "source": "str",
    "requirement": "str",
    "verdict": "str",
    "outcome": "str",
    "checks": "int64",
    "dictated": "bool",
}


def cases(run: Run) -> Iterator[Row]:
    """One row per case, planned cases that were not run included."""
    for result in facts.all_cases(run):
        made, failed, warned, unverifiable, dictated = facts.counts(result.checks)
        yield (
            result.case, result.title, result.profile, result.verdict.value, result.reason, result.started_utc,
            result.duration_s, len(result.messages), made, failed, warned, unverifiable, dictated, result.error,
            result.known_failure,
        )  # fmt: skip


def checks(run: Run) -> Iterator[Row]:
    """One row per check; `received` as JSON."""
    for result in run.cases:
        for check in result.checks:
            yield (
                result.case, str(check.step), check.phase, check.message, check.path, check.expected,
                as_json(check.received), check.outcome, check.level, check.source, check.rule, check.hint,
                check.dictated, check.message_n,
            )  # fmt: skip


def messages(run: Run) -> Iterator[Row]:
    """One row per frame or connection event; `payload` as JSON, `offset_s` since the first one of the case."""
    for result in run.cases:
        begin_ns = facts.start_ns(result.messages)
        for message in result.messages:
            yield (
                result.case, message.n, message.connection, message.at_ns,
                (message.at_ns - begin_ns) / 1e9, message.utc, message.direction, message.kind,
                message.name, message.action, message.unique_id, None if message.step is None else str(message.step),
                message.phase, message.unsolicited, None if message.payload is None else as_json(message.payload),
                message.raw, message.note,
            )  # fmt: skip


def exchanges(run: Run) -> Iterator[Row]:
    """One row per CALL."""
    for result in run.cases:
        for exchange in facts.exchanges(result):
            yield tuple(getattr(exchange, field.name) for field in dataclasses.fields(exchange))


def timings(run: Run) -> Iterator[Row]:
    """One row per action that the system under test answered."""
    for action, times in sorted(facts.response_times(run.cases).items()):
        yield (action, *(facts.spread(times) or ()), facts.pics_limit_s(run, action))


def coverage(run: Run) -> Iterator[Row]:
    """Per case: its official checks in the order of the plan, made or not, then what else was checked.

    A row of the plan may carry `checks`, a list of objects with step, message, path, source. A case that was not run
    and whose checks are not known has one row with empty places.
    """
    plans = {plan["case"]: plan for plan in run.planned}
    for result in facts.all_cases(run):
        made: dict[Row, list[Check]] = {}
        for check in plans.get(result.case, {}).get("checks", ()):
            made[(str(check["step"]), check["message"], check.get("path", ""), check.get("source", ""), "")] = []
        sources = {key[:3]: key for key in made}
        for done in result.checks:
            place = (str(done.step), done.message, done.path)
            key = (*place, done.source, done.rule) if done.rule else sources.get(place, (*place, done.source, ""))
            made.setdefault(key, []).append(done)
        for key, found in (made or {("", "", "", "", ""): []}).items():
            yield _covered(result, key, found)


def _covered(result: CaseResult, key: Row, found: list[Check]) -> Row:
    order = ["pass", "unverifiable", "warn", "fail"]
    verdict = "not run" if result.verdict is Verdict.NOT_TESTED else result.verdict.value
    outcome = max((check.outcome for check in found), key=order.index, default="not made")
    return (result.case, result.profile, *key, verdict, outcome, len(found), any(check.dictated for check in found))


def as_json(value: Any) -> str:
    """The value as JSON text; what is no JSON value as its own words."""
    plain = dict(value) if isinstance(value, Mapping) else value
    try:
        return json.dumps(plain, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(value)
