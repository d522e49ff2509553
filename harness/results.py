"""What a run leaves behind, as frozen values.

Everything shown to a person, written to a table or counted for a verdict is a function of these. Nothing here opens a
file, a socket or a clock.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Step = int | str
Direction = Literal["sent", "received"]
Kind = Literal["attempt", "open", "call", "result", "error", "malformed", "wait", "close"]
Level = Literal["must", "shall", "should", "strict"]
Outcome = Literal["pass", "fail", "warn", "unverifiable"]
Phase = Literal["preparation", "case", "cleanup"]


class Verdict(enum.StrEnum):
    """Verdicts from best to worst; the worst wins."""

    NOT_TESTED = "not_tested"
    NOT_APPLICABLE = "not_applicable"
    PASS = "pass"
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Position in the order from best to worst."""
        return list(Verdict).index(self)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that wins among several; NOT_TESTED if there is none."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.NOT_TESTED)


@dataclass(frozen=True, slots=True)
class Message:
    """One frame or connection event, as it was on the wire.

    `at_ns` is monotonic and taken at the socket, `raw` is the text with secrets redacted, `action` of an answer is that
    of the call it answers, `step` is the official step it was taken for.
    """

    n: int
    connection: int
    at_ns: int
    utc: str
    direction: Direction
    kind: Kind
    action: str | None = None
    unique_id: str | None = None
    payload: Mapping[str, Any] | None = None
    raw: str = ""
    step: Step | None = None
    phase: Phase = "case"
    unsolicited: bool = False
    note: str = ""

    @property
    def name(self) -> str:
        """The name as the official documents print it, such as `Authorize.conf`."""
        endings = {"call": ".req", "result": ".conf", "error": " CALLERROR"}
        return f"{self.action or '?'}{endings[self.kind]}" if self.kind in endings else self.kind


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison: where, what was expected, what came, and who says so.

    `level` must is a validation of the official case, shall a duty of the specification, should an advice (it warns and
    never fails), strict what is legal but known to be rejected by the official tool (it warns, and fails in a strict
    run). `dictated` marks a field that the driver itself put into the request. `message_n` is the
    number of the Message judged. `rule` is a requirement id for passive rules, else empty.
    """

    step: Step
    message: str
    path: str
    expected: str
    received: Any
    outcome: Outcome
    level: Level = "must"
    source: str = ""
    rule: str = ""
    hint: str = ""
    dictated: bool = False
    message_n: int | None = None
    phase: Phase = "case"


def with_steps(messages: Iterable[Message], checks: Iterable[Check]) -> tuple[Message, ...]:
    """The messages, each received one marked with the step of the first check that judged it.

    A frame is recorded when it arrives, which is before it is known which step it is taken for.
    """
    steps: dict[int, Step] = {}
    for check in checks:
        if check.message_n is not None and not check.rule:
            steps.setdefault(check.message_n, check.step)
    return tuple(replace(m, step=steps[m.n]) if m.step is None and m.n in steps else m for m in messages)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: its verdict, the reason in a line, and the evidence."""

    case: str
    title: str
    profile: str
    verdict: Verdict
    reason: str = ""
    started_utc: str = ""
    duration_s: float = 0.0
    checks: tuple[Check, ...] = ()
    messages: tuple[Message, ...] = ()
    error: str = ""
    known_failure: str = ""

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed, in the order in which they were made."""
        return tuple(check for check in self.checks if check.outcome == "fail")

    @property
    def warned(self) -> tuple[Check, ...]:
        """The checks that warn."""
        return tuple(check for check in self.checks if check.outcome == "warn")

    @property
    def untried(self) -> tuple[Check, ...]:
        """What was not tried at the door of the system because the settings lack what it takes."""
        unseen = (check for check in self.checks if check.outcome == "unverifiable")
        return tuple(check for check in unseen if not check.message.startswith("records."))


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run, as read back from its journal.

    `sut` holds vendor, product, version, role; `supports` the PICS answers; `environment` what a reader needs to judge
    the figures, without secrets; `performance` the PICS values of the performance rows in seconds; `demands` what
    the generation of the programme wants for Core and nobody claimed; `planned` a row per planned case with case,
    title, profile, row, and `checks`: its official checks, each with step, message, path, source.
    """

    id: str
    role: str
    started_utc: str
    ended_utc: str = ""
    complete: bool = True
    interrupted: bool = False
    strict: bool = False
    harness_version: str = ""
    catalogue_revision: str = ""
    sut: Mapping[str, str] = field(default_factory=dict)
    supports: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    performance: Mapping[str, float] = field(default_factory=dict)
    demands: tuple[str, ...] = ()
    planned: tuple[Mapping[str, Any], ...] = ()
    cases: tuple[CaseResult, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the cases."""
        return worst(case.verdict for case in self.cases)


ProfileResult = Literal["Pass", "Fail", "Incomplete"]


def profile_result(verdicts: Iterable[Verdict]) -> ProfileResult:
    """Pass only if every applicable case passes; Fail if one failed; Incomplete otherwise, also without any case."""
    applicable = [verdict for verdict in verdicts if verdict is not Verdict.NOT_APPLICABLE]
    if Verdict.FAIL in applicable:
        return "Fail"
    return "Pass" if applicable and all(verdict is Verdict.PASS for verdict in applicable) else "Incomplete"
