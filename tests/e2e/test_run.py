"""Runs on a CSMS that is never restarted: in parts, shuffled, under pytest, strict, and with known failures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e import tools
from tests.e2e.tools import Outcome, System

CASE = "--case=TC_064_CSMS"
SOME = ("TC_012_CSMS", "TC_019_1_CSMS", "TC_021_CSMS", "TC_040_1_CSMS", "TC_061_CSMS", "TC_064_CSMS")
Told = Callable[..., Outcome]


def test_a_seed_gives_the_same_order_again(quick: Told, csms: System, tmp_path: Path) -> None:
    run = ("run", "csms", "--sut", csms.toml(tmp_path), "--reports", tmp_path, *(f"--case={id}" for id in SOME))
    first = quick(*run, "--shuffle")
    again = quick(*run, "--seed", first.run.environment["seed"])
    assert list(first.verdicts) == list(again.verdicts)
    for outcome in (first, again):
        assert f"shuffled: --seed {outcome.run.environment['seed']} repeats this order\n" in outcome.out


@pytest.mark.parametrize("id", ["TC_004_2_CSMS", "TC_012_CSMS", "TC_014_CSMS", "TC_023_2_CSMS", "TC_037_3_CSMS"])
def test_a_case_alone_gives_the_same_verdict(quick: Told, csms: System, tmp_path: Path, id: str) -> None:
    outcome = quick("run", "csms", "--sut", csms.toml(tmp_path), "--reports", tmp_path, "--case", id)
    assert (outcome.code, outcome.verdicts) == (0, {id: "pass"})


def test_pytest_does_the_same_run_from_anywhere(curious: System, tmp_path: Path) -> None:
    """With its own terminal output, in which a failure is told as the harness tells it."""
    pytest_run = (sys.executable, "-m", "pytest", "--pyargs", "testcases.csms", "--sut", curious.toml(tmp_path))
    outcome = tools.command(
        *pytest_run, "--reports", tmp_path, "--shuffle=5", CASE, "--case=TC_023_1_CSMS", cwd=tmp_path
    )
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.verdicts == {"TC_023_1_CSMS": "pass", "TC_064_CSMS": "fail"}
    assert "1 failed, 1 passed, 75 deselected" in outcome.out
    assert "\nshuffled: --shuffle=5 repeats this order\n" in outcome.out
    assert "\nTC_064_CSMS FAIL — 1 of " in outcome.out
    assert "    received  CALLERROR NotImplemented: " in outcome.out
    assert "Traceback" not in outcome.out
    assert ".py:" not in outcome.out.partition("short test summary")[0], "no line of a page"


def test_what_the_official_tool_rejects_warns_and_fails_a_strict_run(
    quick: Told, curious: System, tmp_path: Path
) -> None:
    run = ("run", "csms", "--sut", curious.toml(tmp_path), "--reports", tmp_path, "--case=TC_023_1_CSMS")
    outcome = quick(*run)
    assert (outcome.code, outcome.verdicts) == (0, {"TC_023_1_CSMS": "pass"})
    assert "  1 warned\n" in outcome.out
    assert "\nwarned: TC_023_1_CSMS; report.html lists them under Warnings, and " in outcome.out
    strict = quick(*run, "--strict")
    assert (strict.code, strict.verdicts) == (1, {"TC_023_1_CSMS": "fail"})
    assert strict.run.strict
    reason = "GetConfiguration.req: expected no request that nobody asked for, received an unsolicited"
    assert strict.case("TC_023_1_CSMS").reason.startswith(reason)


KNOWN = """
[[known_failures]]
case = "TC_064_CSMS"
reason = "vendor extensions come with release 5"

[[known_failures]]
case = "TC_061_CSMS"
reason = "no cache yet"
"""


@pytest.mark.parametrize(
    ("name", "changes", "case", "code", "verdict", "said"),
    [
        ("curious", (), "TC_064_CSMS", 0, "fail", " known        TC_064_CSMS "),
        ("csms", (), "TC_064_CSMS", 1, "pass", " UNEXPECTED   TC_064_CSMS "),
        ("curious", (("forget_cards", "forget_all"),), "TC_061_CSMS", 2, "error", " ERROR        TC_061_CSMS "),
    ],
    ids=["an expected failure is excused", "an unexpected pass is not", "an error is not"],
)
def test_a_known_failure_excuses_an_answer_only(
    request: pytest.FixtureRequest,
    quick: Told,
    tmp_path: Path,
    name: str,
    changes: tuple[tuple[str, str], ...],
    case: str,
    code: int,
    verdict: str,
    said: str,
) -> None:
    sut = request.getfixturevalue(name).toml(tmp_path, *changes)
    sut.write_text(sut.read_text() + KNOWN)
    outcome = quick("run", "csms", "--sut", sut, "--reports", tmp_path, "--case", case)
    assert (outcome.code, outcome.verdicts) == (code, {case: verdict})
    assert said in outcome.out
