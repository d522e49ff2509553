"""No case leaves anything behind: on one CSMS every order gives the verdicts and the frames of each case alone."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest

from harness import catalogue
from harness.results import CaseResult, Verdict
from tests.subjects.world import Tamper, all_pages, run_case, run_cases

CASES = list(all_pages())


class Told(NamedTuple):
    """What must be the same wherever a case stands in a run."""

    verdict: Verdict
    checks: Sequence[tuple[object, ...]]
    conversation: Sequence[tuple[object, ...]]


def told(result: CaseResult) -> Told:
    checks = [(c.outcome, c.step, c.message, c.path, c.rule, c.phase) for c in result.checks]
    return Told(result.verdict, checks, [(m.direction, m.name, m.unsolicited, m.note) for m in result.messages])


@pytest.fixture(scope="module")
def alone() -> dict[str, Told]:
    return {case: told(run_case(case)) for case in CASES}


def test_each_case_has_a_page_and_passes_alone_without_a_warning(alone: dict[str, Told]) -> None:
    assert sorted(catalogue.load().cases) == sorted(CASES)
    for case, found in alone.items():
        assert found.verdict is Verdict.PASS, case
        # Without a common subprotocol the CSMS does what the specification says and the official tool does not expect.
        allowed = {"pass", "warn"} if case == "TC_088_CSMS" else {"pass"}
        assert {check[0] for check in found.checks} == allowed, case


class OneNumber(Tamper):
    """Gives every transaction the same id."""

    def frame(self, number: int, text: str) -> Iterator[tuple[float, str | bytes | None]]:
        yield 0, re.sub(r'"transactionId":\d+', '"transactionId":7', text)


def test_an_id_that_an_earlier_case_was_given_is_known_in_a_later_one() -> None:
    first, second = run_cases(["TC_003_CSMS", "TC_007_CSMS"], OneNumber())
    assert "ERR4-3.54-01" not in [check.rule for check in first.checks]
    assert "ERR4-3.54-01" in [check.rule for check in second.warned]


@pytest.mark.parametrize("seed", range(2))
def test_any_order_twice_in_a_row_gives_what_each_case_gives_alone(seed: int, alone: dict[str, Told]) -> None:
    order = random.Random(seed).sample(CASES, len(CASES))
    for result in run_cases(order + order):
        assert told(result) == alone[result.case], result.case
