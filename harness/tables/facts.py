"""What follows from a Run by arithmetic alone: exchanges, response times, counts.

Shared by the tables and the reports, so that the same figure is the same everywhere. Needs neither pandas nor a file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from harness.results import CaseResult, Check, Message, Run, Verdict, profile_result

Initiator = Literal["harness", "sut"]
Answer = Literal["result", "error", "none"]
RowResult = Literal["Pass", "Fail", "Incomplete", "Not claimed"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One CALL and what answered it; `n` is the number of the CALL's message."""

    case: str
    n: int
    action: str
    initiator: Initiator
    unique_id: str
    latency_ms: float | None
    outcome: Answer
    step: str
    phase: str
    sent_utc: str
    received_utc: str


class Spread(NamedTuple):
    """How measured values are spread, in milliseconds; percentiles are interpolated linearly."""

    n: int
    min_ms: float
    median_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class Measurement(NamedTuple):
    """One performance row: the declared value in seconds and what was measured, each None if there is none."""

    name: str
    description: str
    pics_s: float | None
    spread: Spread | None

    @property
    def exceeded(self) -> bool:
        """Whether the longest measured time contradicts the declaration."""
        return self.pics_s is not None and self.spread is not None and self.spread.max_ms > self.pics_s * 1000


class Counts(NamedTuple):
    """How many checks there are, by what became of them; `dictated` counts those on a field that the driver wrote."""

    made: int
    failed: int
    warned: int
    unverifiable: int
    dictated: int


def all_cases(run: Run) -> tuple[CaseResult, ...]:
    """Every case of the run: the planned ones in their order, not tested if they were not run, then any others."""
    ended = {result.case: result for result in run.cases}
    planned = [ended.get(plan["case"]) or _not_run(plan, run) for plan in run.planned]
    names = {result.case for result in planned}
    return (*planned, *(result for result in run.cases if result.case not in names))


def _not_run(plan: Mapping[str, Any], run: Run) -> CaseResult:
    reason = "not run: the run was interrupted" if run.interrupted or not run.complete else "not run"
    return CaseResult(plan["case"], plan.get("title", ""), plan.get("profile", ""), Verdict.NOT_TESTED, reason)


def by_row(run: Run) -> dict[str, list[CaseResult]]:
    """The cases of each row of a certificate; a case whose plan names no row counts for the one of its profile."""
    rows = {plan["case"]: plan["row"] for plan in run.planned if plan.get("row")}
    grouped: dict[str, list[CaseResult]] = {}
    for result in all_cases(run):
        grouped.setdefault(rows.get(result.case, result.profile), []).append(result)
    return dict(sorted(grouped.items(), key=lambda item: item[0] != "Core"))


class Row(NamedTuple):
    """One row of a certificate: the cases that count for it and its result; `lacks` is what keeps it from Pass."""

    name: str
    result: RowResult
    cases: tuple[CaseResult, ...]
    lacks: tuple[str, ...] = ()

    @property
    def numbers(self) -> dict[Verdict, int]:
        """How many cases have each verdict."""
        return {verdict: sum(case.verdict is verdict for case in self.cases) for verdict in Verdict}

    @property
    def unverifiable(self) -> int:
        """How many checks of its cases could not be made."""
        return counts(check for case in self.cases for check in case.checks).unverifiable


def rows(run: Run) -> list[Row]:
    """The rows of the certificate that the run is about, Core first and always."""
    found = by_row(run)
    return [_row(run, name, found.get(name, [])) for name in dict.fromkeys(("Core", *found))]


def _row(run: Run, name: str, cases: list[CaseResult]) -> Row:
    verdicts = [case.verdict for case in cases]
    lacks = run.demands if name == "Core" else ()
    if cases and all(verdict is Verdict.NOT_APPLICABLE for verdict in verdicts):
        return Row(name, "Incomplete" if lacks else "Not claimed", tuple(cases), lacks)
    result = profile_result(verdicts)
    return Row(name, "Incomplete" if lacks and result == "Pass" else result, tuple(cases), lacks)


def overall(run: Run) -> RowResult:
    """The worst result of the rows that are claimed."""
    order: tuple[RowResult, ...] = ("Fail", "Incomplete", "Pass", "Not claimed")
    return min((row.result for row in rows(run)), key=order.index)


def counts(checks: Iterable[Check]) -> Counts:
    """The checks counted; one that could not be made counts as unverifiable only."""
    found = list(checks)
    outcomes = [check.outcome for check in found]
    unverifiable = outcomes.count("unverifiable")
    return Counts(
        made=len(found) - unverifiable,
        failed=outcomes.count("fail"),
        warned=outcomes.count("warn"),
        unverifiable=unverifiable,
        dictated=sum(check.dictated for check in found),
    )


def start_ns(messages: Iterable[Message]) -> int:
    """When the first of the messages was on the wire, which need not be the first that was recorded."""
    return min((message.at_ns for message in messages), default=0)


def exchanges(result: CaseResult) -> list[Exchange]:
    """One Exchange per CALL of the case, in order; the first answer to the newest CALL with its unique id counts."""
    answers: dict[int, Message] = {}
    waiting: dict[tuple[object, ...], int] = {}
    for message in result.messages:
        if message.kind == "call":
            waiting[message.connection, message.direction, message.unique_id] = message.n
        elif message.kind in ("result", "error"):
            caller = "received" if message.direction == "sent" else "sent"
            number = waiting.pop((message.connection, caller, message.unique_id), None)
            if number is not None:
                answers[number] = message
    calls = [message for message in result.messages if message.kind == "call"]
    return [_exchange(result.case, call, answers.get(call.n)) for call in calls]


def _exchange(case: str, call: Message, answer: Message | None) -> Exchange:
    return Exchange(
        case=case,
        n=call.n,
        action=call.action or "",
        initiator="harness" if call.direction == "sent" else "sut",
        unique_id=call.unique_id or "",
        latency_ms=(answer.at_ns - call.at_ns) / 1e6 if answer else None,
        outcome="none" if answer is None else "result" if answer.kind == "result" else "error",
        step="" if call.step is None else str(call.step),
        phase=call.phase,
        sent_utc=call.utc,
        received_utc=answer.utc if answer else "",
    )


def response_times(cases: Iterable[CaseResult]) -> dict[str, list[float]]:
    """The times in ms in which the system under test answered each action, from the cases that passed."""
    times: dict[str, list[float]] = {}
    for result in cases:
        if result.verdict is Verdict.PASS:
            for exchange in exchanges(result):
                if exchange.initiator == "harness" and exchange.latency_ms is not None:
                    times.setdefault(exchange.action, []).append(exchange.latency_ms)
    return times


def spread(values_ms: Iterable[float]) -> Spread | None:
    """The spread of the values, None without any."""
    values = sorted(values_ms)
    if not values:
        return None
    return Spread(
        len(values), values[0], _quantile(values, 0.5), _quantile(values, 0.95), _quantile(values, 0.99), values[-1]
    )


def _quantile(values: Sequence[float], share: float) -> float:
    position = share * (len(values) - 1)
    low, high = values[math.floor(position)], values[math.ceil(position)]
    return low + (high - low) * (position % 1)


def pics_limit_s(run: Run, action: str) -> float | None:
    """The declared response time of an action in seconds."""
    own = run.performance.get("authorize_s") if action == "Authorize" else None
    return run.performance.get("response_timeout_s") if own is None else own


def performance(run: Run) -> tuple[Measurement, Measurement]:
    """The two performance rows of a CSMS."""
    times = response_times(run.cases)
    every = [value for values in times.values() for value in values]
    return (
        Measurement(
            "OCPP response timeout",
            "How long the system under test takes to answer an OCPP request of any kind",
            run.performance.get("response_timeout_s"),
            spread(every),
        ),
        Measurement(
            "Response time Authorize",
            "How long the system under test takes to answer an Authorize request",
            run.performance.get("authorize_s"),
            spread(times.get("Authorize", [])),
        ),
    )
