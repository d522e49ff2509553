"""The checks of a page: what was expected beside what came, weighed and sourced as the catalogue says.

A check is made of what was recorded. Nothing here sends, receives or waits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from harness.errors import StepFailed
from harness.evidence import Evidence, sentence
from harness.matchers import MISSING, find, matcher
from harness.results import Check, Level, Message, Outcome, Step


class Row(Protocol):
    """What the catalogue knows of a check."""

    @property
    def level(self) -> Level: ...
    @property
    def source(self) -> str: ...


Sources = Callable[[str, Step, str, str], Row | None]
"""(case or state, step, message, path) -> the catalogue's row, or None."""


class Checks:
    """Makes the checks of one case; `scope` is the case or the reusable state whose steps are being done."""

    def __init__(self, evidence: Evidence, sources: Sources) -> None:
        self.evidence, self.clock = evidence, evidence.clock
        self.scope = evidence.case
        self._sources = sources

    def row(self, step: Step, message: str, path: str) -> Row | None:
        """What the catalogue says of this check in the case or state we are in."""
        return self._sources(self.scope, step, message, path)

    def check(self, step: Step, what: str, received: Any, expected: Any) -> None:
        """Checks something computed, such as a time between two messages."""
        judged = matcher(expected).judge(received, self.clock.utc())
        self._note(step, "", what, matcher(expected).text, received, judged)

    def reads(self, step: Step, message: str, path: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        """Checks what was read out of something, such as the parts of a certificate; `path` is where that was."""
        judged = next((m for m in reversed(self.evidence.messages) if m.name == message), None)
        for name, value in expected.items():
            wanted, received = matcher(value), found.get(name, MISSING)
            outcome = wanted.judge(received, self.clock.utc(judged.at_ns if judged else None))
            shown = "nothing" if received is MISSING else received
            self._note(step, message, f"{path}.{name}", wanted.text, shown, outcome, judged)

    def notes(
        self,
        step: Step,
        message: str,
        path: str,
        expected: str,
        received: Any,
        outcome: Outcome,
        judged: Message | None = None,
    ) -> Check:
        """Stores a check whose outcome is known, of this message or event if there is one."""
        return self._note(step, message, path, expected, received, outcome, judged)

    def dictated(self, action: str) -> bool:
        """Whether the driver wrote the request of this action."""
        raise NotImplementedError

    def _field(self, step: Step, message: str, path: str, received: Message, expected: Any) -> None:
        """One field; left out if a rule has refused it, what holds it or part of it: one defect fails one check."""
        if any(
            check.message_n == received.n and check.rule and check.outcome == "fail" and _about(check.path, path)
            for check in self.evidence.checks
        ):
            return
        value = find(received.payload, path)
        wanted = matcher(expected)
        at = self.clock.utc(received.at_ns)
        shown = "nothing" if value is MISSING else value
        self._note(step, message, path, wanted.text, shown, wanted.judge(value, at), received)

    def _note(
        self,
        step: Step,
        message: str,
        path: str,
        expected: str,
        received: Any,
        outcome: Outcome,
        judged: Message | None = None,
    ) -> Check:
        row = self.row(step, message, path)
        dictated = judged is not None and judged.kind == "call" and self.dictated(judged.action or "")
        return self.evidence.check(
            Check(
                step=step,
                message=message,
                path=path,
                expected=expected,
                received=received,
                outcome=outcome,
                level=row.level if row else "must",
                source=row.source if row else self._own_source(step),
                dictated=dictated and path != "",
                message_n=judged.n if judged else None,
            )
        )

    def _own_source(self, step: Step) -> str:
        return f"{self.scope} step {step}" if step != "" else f"clean-up after {self.scope}"

    def _failed(
        self, step: Step, message: str, expected: str, received: str, judged: Message | None = None
    ) -> StepFailed:
        return StepFailed(sentence(self._note(step, message, "", expected, received, "fail", judged)))

    def _stop_in_preparation(self, before: int, received: Message, needed: Collection[str]) -> None:
        """A case cannot build on an answer that is wrong in what the state needs; any other fault is noted only."""
        if self.evidence.phase == "preparation":
            for number, check in enumerate(self.evidence.checks):
                about = number >= before or check.message_n == received.n
                unusable = not check.rule or not check.path or any(_holds(check.path, path) for path in needed)
                if check.outcome == "fail" and about and unusable:
                    raise StepFailed(sentence(check))


def _about(path: str, other: str) -> bool:
    """Whether one of two paths is the other or leads to what holds it."""
    return _holds(path, other) or (other != "" and _holds(other, path))


def _holds(path: str, inner: str) -> bool:
    """Whether a path is this other one, or leads to what holds it."""
    return path != "" and (inner == path or inner.startswith((f"{path}.", f"{path}[")))
