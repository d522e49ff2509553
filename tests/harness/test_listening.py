"""After its last step a case still listens: a second answer or a second request a little later is not missed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from harness.results import Verdict
from tests.subjects.world import Tamper, run_case


class Twice(Tamper):
    """Sends every frame of one kind again, a little later."""

    def __init__(self, kind: int, delay_s: float) -> None:
        self._kind, self._delay_s = kind, delay_s

    def frame(self, number: int, text: str) -> Iterator[tuple[float, str | bytes | None]]:
        yield 0, text
        if json.loads(text)[0] == self._kind:
            yield self._delay_s, text


@pytest.mark.parametrize("delay_s", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("case", ["TC_064_CSMS", "TC_023_2_CSMS", "TC_010_CSMS"])
def test_a_second_answer_is_not_missed(case: str, delay_s: float) -> None:
    assert run_case(case, Twice(3, delay_s)).verdict is Verdict.FAIL


@pytest.mark.parametrize("case", ["TC_017_1_CSMS", "TC_061_CSMS"])
def test_a_second_request_is_not_missed(case: str) -> None:
    result = run_case(case, Twice(2, 0.15))
    assert result.verdict is Verdict.FAIL
    assert result.failed[0].rule == "OCPPJ-4.1.4-01"
