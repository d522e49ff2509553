"""Before a case: its state is reached, or it is not."""

from __future__ import annotations

from typing import Any

import pytest

from harness.execution import CaseScope
from harness.results import Verdict
from tests.harness.scripted import Stage, Sut, said, silent


def checked(scope: CaseScope) -> None:
    scope.station.check(1, "something", 1, 1)


async def prepared(scope: CaseScope) -> None:
    async with scope.station.preparing("Authorized"):
        await scope.station.sends(1, "Authorize.req", idTag="A")
        await scope.station.receives(2, "Authorize.conf", {"idTagInfo.status": "Accepted"})
    checked(scope)


REFUSED = {"idTagInfo": {"status": "Blocked"}}
UNREACHED: list[tuple[str, Any, Verdict, str]] = [
    ("reached", {"idTagInfo": {"status": "Accepted"}}, Verdict.PASS, ""),
    (
        "a wrong field that is needed",
        REFUSED,
        Verdict.INCONCLUSIVE,
        "preparation: step 2 Authorize.conf idTagInfo.status: expected 'Accepted', received 'Blocked'",
    ),
    (
        "no answer",
        silent,
        Verdict.INCONCLUSIVE,
        "preparation: step 2 Authorize.conf: expected a Authorize.conf within 30 s, received no answer",
    ),
    (
        "a broken rule in what is needed",
        {"idTagInfo": {"status": "Nonsense"}},
        Verdict.FAIL,
        "Authorize.conf idTagInfo.status: expected one of Accepted, Blocked, Expired, Invalid, ConcurrentTx, "
        "received 'Nonsense'",
    ),
    (
        "what holds the needed field is missing",
        {},
        Verdict.FAIL,
        "Authorize.conf idTagInfo: expected a value, received nothing",
    ),
]


@pytest.mark.parametrize(("answer", "verdict", "reason"), [pytest.param(*rest, id=name) for name, *rest in UNREACHED])
def test_a_state_that_is_not_reached_is_nobodys_failure_but_a_broken_rule_is(
    answer: Any, verdict: Verdict, reason: str
) -> None:
    result = Stage(Sut(Authorize=answer)).play(prepared)
    assert (result.verdict, result.reason) == (verdict, reason)
    made = [check for check in result.checks if check.path == "something"]
    assert len(made) == (verdict is Verdict.PASS)


def test_a_wrong_field_that_a_state_does_not_need_is_noted_and_the_case_goes_on() -> None:
    result = Stage(Sut(Authorize={"idTagInfo": {"status": "Accepted", "expiryDate": "soon"}})).play(prepared)
    assert said(result) == ["OCPP16-6-02: soon"]
    assert result.checks[-1].path == "something"
    assert result.verdict is Verdict.FAIL


def test_what_was_wrong_before_does_not_stop_a_later_step_of_a_state() -> None:
    async def page(scope: CaseScope) -> None:
        async with scope.station.preparing("Authorized"):
            await stage.sut.says(3, "never-asked", {})
            await scope.station.waits(1, "what is on its way")
            await scope.station.sends(1, "Authorize.req", idTag="A")
            await scope.station.receives(2, "Authorize.conf")
        checked(scope)

    stage = Stage()
    result = stage.play(page)
    assert [check.rule for check in result.failed] == ["OCPPJ-4.1.4-02"]
    assert result.checks[-1].path == "something"


def test_an_answer_that_was_wrong_before_the_page_looked_stops_the_state() -> None:
    async def page(scope: CaseScope) -> None:
        async with scope.station.preparing("Authorized"):
            await scope.station.sends(1, "Authorize.req", idTag="A")
            await scope.station.waits(1, "what is on its way")
            await scope.station.receives(2, "Authorize.conf", {"idTagInfo.status": "Accepted"})
        checked(scope)

    result = Stage(Sut(Authorize={})).play(page)
    assert said(result) == ["OCPP16-6-02: nothing"]
    assert result.checks[-1].path != "something"


def test_the_phase_and_the_scope_are_those_of_the_state_while_it_is_prepared() -> None:
    asked: list[tuple[str, object, str, str]] = []

    def sources(*key: Any) -> None:
        asked.append(key)

    stage = Stage(sources=sources)
    result = stage.play(prepared)
    assert asked == [
        ("Authorized", 2, "Authorize.conf", ""),
        ("Authorized", 2, "Authorize.conf", "idTagInfo.status"),
        ("TC_X", 1, "", "something"),
    ]
    assert [(check.source, check.phase) for check in result.checks] == [
        ("Authorized step 2", "preparation"),
        ("Authorized step 2", "preparation"),
        ("TC_X step 1", "case"),
    ]


def test_the_catalogue_says_how_much_a_check_weighs() -> None:
    class Row:
        level, source = "should", "a note"

    async def page(scope: CaseScope) -> None:
        scope.station.check(1, "something", 1, 2)

    result = Stage(sources=lambda *key: Row()).play(page)  # type: ignore[arg-type]
    assert [(check.outcome, check.level, check.source) for check in result.checks] == [("warn", "should", "a note")]
