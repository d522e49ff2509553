"""The evidence of one case: what was on the wire and what was compared, and the verdict that follows from it.

Every message and check is numbered and written to the journal before anything else happens with it. A case judges what
came; whatever is kept, shown or written has its secrets redacted.
"""

from __future__ import annotations

import dataclasses
import json
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from harness.clock import Clock, rfc3339
from harness.errors import Aborted, CaseFailed, HarnessError, Inconclusive, OperatorError
from harness.journal import Journal
from harness.masking import REDACTED, forms, quoted
from harness.results import CaseResult, Check, Direction, Kind, Message, Phase, Step, Verdict, with_steps


class Evidence:
    """Collects the messages and checks of one case."""

    def __init__(
        self,
        case: str,
        title: str = "",
        profile: str = "",
        *,
        clock: Clock | None = None,
        journal: Journal | None = None,
        secrets: Iterable[str] = (),
        strict: bool = False,
    ) -> None:
        self.case, self.title, self.profile, self.strict = case, title, profile, strict
        self.clock = clock or Clock()
        self.phase: Phase = "preparation"
        self.messages: list[Message] = []
        self.checks: list[Check] = []
        self._journal = journal
        self._know(filter(None, secrets))
        self._started_ns = self.clock.monotonic_ns()
        self._started_utc = rfc3339(self.clock.utc(self._started_ns))
        if journal:
            journal.case(case, title, profile, self._started_utc)

    def message(
        self,
        direction: Direction,
        kind: Kind,
        *,
        connection: int,
        at_ns: int,
        action: str | None = None,
        unique_id: str | None = None,
        payload: Mapping[str, Any] | None = None,
        raw: str = "",
        step: Step | None = None,
        unsolicited: bool = False,
        note: str = "",
    ) -> Message:
        """Stores one frame or connection event; a password on its way to the station is a secret from then on."""
        if action == "ChangeConfiguration" and payload and str(payload.get("key")).casefold() == "authorizationkey":
            self.hide(str(payload.get("value") or ""))
        message = Message(
            n=len(self.messages) + 1,
            connection=connection,
            at_ns=at_ns,
            utc=self.clock.utc(at_ns).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            direction=direction,
            kind=kind,
            action=action,
            unique_id=unique_id,
            payload=payload,
            raw=raw,
            step=step,
            phase=self.phase,
            unsolicited=unsolicited,
            note=note,
        )
        self.messages.append(message)
        if self._journal:
            self._journal.message(self.case, self._shown(message))
        return message

    def hide(self, *secrets: str) -> None:
        """Has these texts masked wherever they turn up from now on, in each form."""
        self._know(self._known.union(*map(forms, filter(None, secrets))))

    def _know(self, secrets: Iterable[str]) -> None:
        self._known = frozenset(secrets)
        self._secrets = sorted(self._known, key=len, reverse=True)

    def check(self, check: Check) -> Check:
        """Stores one check; a failed advice warns, a failed strict check fails in a strict run only."""
        outcome = check.outcome
        if outcome == "fail" and (check.level == "should" or (check.level == "strict" and not self.strict)):
            outcome = "warn"
        stored = dataclasses.replace(
            check,
            outcome=outcome,
            phase=self.phase,
            expected=self._text(check.expected),
            received=self._redacted(check.received),
            hint=self._text(check.hint),
        )
        self.checks.append(stored)
        if self._journal:
            self._journal.check(self.case, stored)
        return stored

    def result(self, error: BaseException | None = None, known_failure: str = "") -> CaseResult:
        """The case as it stands, with the verdict that follows from the evidence and from how it ended."""
        verdict, reason = judge(self.checks, error)
        result = CaseResult(
            case=self.case,
            title=self.title,
            profile=self.profile,
            verdict=verdict,
            reason=self._text(reason),
            started_utc=self._started_utc,
            duration_s=(self.clock.monotonic_ns() - self._started_ns) / 1e9,
            checks=tuple(self.checks),
            messages=with_steps(map(self._shown, self.messages), self.checks),
            error=self._text(_traceback(error)) if verdict is Verdict.ERROR and error else "",
            known_failure=known_failure,
        )
        return result

    def _text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return text

    def _shown(self, message: Message) -> Message:
        if not self._secrets:
            return message
        return dataclasses.replace(
            message,
            action=None if message.action is None else self._text(message.action),
            unique_id=None if message.unique_id is None else self._text(message.unique_id),
            payload=self._redacted(message.payload),
            raw=self._text(message.raw),
            note=self._text(message.note),
        )

    def _redacted(self, value: Any) -> Any:
        """A JSON value without secrets; a number in which one shows becomes text."""
        if not self._secrets or value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return REDACTED if self._known.intersection(quoted(value)) else self._text(value)
        if isinstance(value, Mapping):
            return {self._text(str(key)): self._redacted(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._redacted(inner) for inner in value]
        text = json.dumps(value, default=str)
        return value if self._text(text) == text else self._text(text)


def judge(checks: Iterable[Check], error: BaseException | None = None) -> tuple[Verdict, str]:
    """The verdict of a case and the reason for it in one line.

    A rule of the protocol counts in every phase; a step that fails in preparation only means that the case was not
    reached, and one in cleanup that it left something behind. A driver that gives up after the system has failed is not
    what went wrong.
    """
    checks = list(checks)
    failed = [check for check in checks if check.outcome == "fail"]
    counted = [check for check in failed if check.rule or check.phase == "case"]
    if error is not None and not isinstance(error, CaseFailed | Inconclusive | OperatorError | Aborted):
        return Verdict.ERROR, _in_a_line(error)
    if counted:
        return Verdict.FAIL, sentence(counted[0])
    if isinstance(error, OperatorError):
        return Verdict.ERROR, str(error)
    unreached = [check for check in failed if check.phase == "preparation"]
    if unreached:
        return Verdict.INCONCLUSIVE, f"preparation: {sentence(unreached[0])}"
    if error is not None:
        return Verdict.INCONCLUSIVE, str(error)
    if failed:
        return Verdict.INCONCLUSIVE, f"cleanup: {sentence(failed[0])}"
    steps = [check for check in checks if check.phase == "case" and not check.rule]
    if not steps:
        return Verdict.ERROR, "the case ended without a single check"
    if all(check.outcome == "unverifiable" for check in steps):
        return Verdict.INCONCLUSIVE, f"nothing of the case could be verified: {sentence(steps[0])}"
    return Verdict.PASS, ""


def sentence(check: Check) -> str:
    """A check in one line: where, expected, received, hint."""
    where = " ".join(
        part for part in (f"step {check.step}" if check.step != "" else "", check.message, check.path) if part
    )
    hint = f"; {check.hint}" if check.hint else ""
    words = check.received == "nothing" or check.outcome == "unverifiable"
    words = words or (check.path == "" and isinstance(check.received, str))
    received = check.received if words else repr(check.received)
    return f"{where}: expected {check.expected}, received {received}{hint}"


def _in_a_line(error: BaseException) -> str:
    line = next(iter(str(error).strip().splitlines()), "")
    return line if line and isinstance(error, HarnessError) else f"{type(error).__name__}: {line}".removesuffix(": ")


def _traceback(error: BaseException) -> str:
    if isinstance(error, OperatorError):
        return str(error)
    return "".join(traceback.format_exception(error))
