"""From checks and the way a case ended to its verdict."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from harness.errors import Aborted, CaseFailed, HarnessError, Inconclusive, OperatorError, StepFailed, UsageError
from harness.evidence import Evidence, judge, sentence
from harness.results import Check, Level, Outcome, Phase, Verdict

ERROR, FAIL, INCONCLUSIVE, PASS = Verdict.ERROR, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS


def check(outcome: Outcome = "pass", phase: Phase = "case", **more: Any) -> Check:
    values = {"step": 2, "message": "Authorize.conf", "path": "p", "expected": "'A'", "received": "B", **more}
    return Check(outcome=outcome, phase=phase, **values)


GOOD = check()
WRONG = check("fail")
WARNED = check("warn")
UNSEEN = check("unverifiable", received="not asked")
UNREACHED = check("fail", "preparation", step=1)
LEFT = check("fail", "cleanup", step="")
PREPARED = check("pass", "preparation")
TIDIED = check("pass", "cleanup")
RULE = check("fail", rule="OCPPJ-4.1.4-01", path="r")
RULE_BEFORE = check("fail", "preparation", rule="OCPPJ-4.1.4-01", path="r")
RULE_AFTER = check("fail", "cleanup", rule="OCPPJ-4.1.4-01", path="r")
RULE_WARNED = check("warn", rule="OCPPJ-4.1.1-02")

SAID = "step 2 Authorize.conf p: expected 'A', received 'B'"
RULED = "step 2 Authorize.conf r: expected 'A', received 'B'"
DRIVER = OperatorError("reset: refused")

CASES: list[tuple[str, list[Check], BaseException | None, Verdict, str]] = [
    ("all good", [PREPARED, GOOD, TIDIED], None, PASS, ""),
    ("a warning", [GOOD, WARNED], None, PASS, ""),
    ("only a warning", [WARNED], None, PASS, ""),
    ("something unverifiable", [GOOD, UNSEEN], None, PASS, ""),
    ("an advice of a rule", [GOOD, RULE_WARNED], None, PASS, ""),
    ("a failed step", [GOOD, WRONG], None, FAIL, SAID),
    ("the first failure is told", [WRONG, check("fail", path="q")], CaseFailed("q"), FAIL, SAID),
    ("a rule in the case", [GOOD, RULE], None, FAIL, RULED),
    ("a rule in preparation", [RULE_BEFORE, GOOD], None, FAIL, RULED),
    ("a rule in cleanup", [GOOD, RULE_AFTER], None, FAIL, RULED),
    ("a rule before an unreached state", [UNREACHED, RULE_BEFORE], Inconclusive("state"), FAIL, RULED),
    ("no check at all", [], None, ERROR, "the case ended without a single check"),
    ("only preparation", [PREPARED], None, ERROR, "the case ended without a single check"),
    ("only cleanup", [TIDIED], None, ERROR, "the case ended without a single check"),
    ("only an advice of a rule", [RULE_WARNED], None, ERROR, "the case ended without a single check"),
    (
        "only unverifiable",
        [PREPARED, UNSEEN, RULE_WARNED],
        None,
        INCONCLUSIVE,
        "nothing of the case could be verified: step 2 Authorize.conf p: expected 'A', received not asked",
    ),
    (
        "preparation failed",
        [UNREACHED],
        Inconclusive("could not reach the state Booted"),
        INCONCLUSIVE,
        "preparation: step 1 Authorize.conf p: expected 'A', received 'B'",
    ),
    (
        "preparation failed and the case went on",
        [UNREACHED, GOOD],
        None,
        INCONCLUSIVE,
        "preparation: step 1 Authorize.conf p: expected 'A', received 'B'",
    ),
    (
        "cleanup failed",
        [GOOD, LEFT],
        None,
        INCONCLUSIVE,
        "cleanup: Authorize.conf p: expected 'A', received 'B'",
    ),
    ("cleanup failed after a failure", [WRONG, LEFT], None, FAIL, SAID),
    ("not connected", [], Inconclusive("refused"), INCONCLUSIVE, "refused"),
    ("left out by a person", [GOOD], Inconclusive("left out"), INCONCLUSIVE, "left out"),
    ("left out after a failure", [WRONG], Inconclusive("left out"), FAIL, SAID),
    ("stopped by a person", [GOOD], Aborted("stopped"), INCONCLUSIVE, "stopped"),
    ("stopped after a failure", [WRONG], Aborted("stopped"), FAIL, SAID),
    ("the driver failed", [GOOD], DRIVER, ERROR, "reset: refused"),
    ("the driver failed in preparation", [UNREACHED], DRIVER, ERROR, "reset: refused"),
    ("the driver failed after a failure", [WRONG], DRIVER, FAIL, SAID),
    ("a fault of ours", [GOOD], HarnessError("a wrong page\nmore"), ERROR, "a wrong page"),
    ("a fault of ours after a failure", [WRONG], ValueError("boom"), ERROR, "ValueError: boom"),
    ("a fault of ours without words", [GOOD], AssertionError(), ERROR, "AssertionError"),
    ("a fault of ours with an empty line", [GOOD], RuntimeError("\n"), ERROR, "RuntimeError"),
    ("a bad file", [GOOD], UsageError("ca.pem: no such file"), ERROR, "UsageError: ca.pem: no such file"),
    ("a step that failed is a failed check", [WRONG], StepFailed("again"), FAIL, SAID),
    ("a step that failed without a check", [GOOD], StepFailed("closed by us"), INCONCLUSIVE, "closed by us"),
]


@pytest.mark.parametrize(
    ("checks", "error", "verdict", "reason"), [pytest.param(*rest, id=name) for name, *rest in CASES]
)
def test_the_verdict_follows_from_checks_and_error(
    checks: list[Check], error: BaseException | None, verdict: Verdict, reason: str
) -> None:
    assert judge(checks, error) == (verdict, reason)


@pytest.mark.parametrize("error", [None, CaseFailed("x"), Inconclusive("x"), OperatorError("x"), Aborted("x")])
def test_a_failure_is_never_improved_by_what_comes_with_it(error: BaseException | None) -> None:
    others = [GOOD, WARNED, UNSEEN, UNREACHED, LEFT, RULE_WARNED]
    for before, after in itertools.product(others, repeat=2):
        assert judge([before, WRONG, after], error)[0] is FAIL


LEVELS: list[tuple[Level, Outcome, bool, Outcome]] = [
    ("must", "fail", False, "fail"),
    ("shall", "fail", False, "fail"),
    ("should", "fail", False, "warn"),
    ("should", "fail", True, "warn"),
    ("strict", "fail", False, "warn"),
    ("strict", "fail", True, "fail"),
    ("strict", "pass", True, "pass"),
    ("should", "pass", False, "pass"),
    ("must", "warn", True, "warn"),
    ("should", "unverifiable", False, "unverifiable"),
]


@pytest.mark.parametrize(("level", "outcome", "strict", "stored"), LEVELS)
def test_the_level_decides_what_a_failed_check_weighs(
    level: Level, outcome: Outcome, strict: bool, stored: Outcome
) -> None:
    evidence = Evidence("TC", strict=strict)
    assert evidence.check(check(outcome, level=level)).outcome == stored
    assert [each.outcome for each in evidence.checks] == [stored]


def test_a_check_belongs_to_the_phase_in_which_it_was_made() -> None:
    evidence = Evidence("TC")
    phases: list[Phase] = ["preparation", "case", "cleanup"]
    for phase in phases:
        evidence.phase = phase
        evidence.check(check(phase="case"))
        evidence.message("received", "call", connection=1, at_ns=0)
    assert [each.phase for each in evidence.checks] == phases
    assert [each.phase for each in evidence.messages] == phases


SENTENCES = [
    (check("fail"), SAID),
    (check("fail", step=""), "Authorize.conf p: expected 'A', received 'B'"),
    (check("fail", step=0), "step 0 Authorize.conf p: expected 'A', received 'B'"),
    (
        check("fail", path="", received="CALLERROR X: ''"),
        "step 2 Authorize.conf: expected 'A', received CALLERROR X: ''",
    ),
    (check("fail", received="nothing"), "step 2 Authorize.conf p: expected 'A', received nothing"),
    (check("fail", received=None), "step 2 Authorize.conf p: expected 'A', received None"),
    (check("fail", path="", received=5), "step 2 Authorize.conf: expected 'A', received 5"),
    (check("fail", hint="look"), f"{SAID}; look"),
]


@pytest.mark.parametrize(("told", "text"), SENTENCES)
def test_a_check_is_one_sentence(told: Check, text: str) -> None:
    assert sentence(told) == text


def test_a_fault_of_ours_is_told_with_its_traceback_and_a_driver_without() -> None:
    def raised(error: Exception) -> Exception:
        with pytest.raises(type(error)) as caught:
            raise error
        return caught.value

    evidence = Evidence("TC")
    evidence.phase = "case"
    evidence.check(GOOD)
    ours = evidence.result(raised(ValueError("boom")))
    assert ours.error.startswith("Traceback")
    assert ours.error.endswith("ValueError: boom\n")
    assert evidence.result(raised(OperatorError("refused"))).error == "refused"
    assert evidence.result(raised(CaseFailed("no"))).error == ""
