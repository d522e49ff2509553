"""Requests of the system under test: those that were asked for, those that were not, and those that are wrong."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from harness.connection import MOST_FRAMES
from harness.execution import CaseScope
from harness.matchers import absent
from harness.results import Verdict
from tests.harness.scripted import Driver, Stage, Sut, said

CLEAR: tuple[Any, ...] = (2, "c1", "ClearCache", {})
ASKED_S = 60


def asking(*frames: tuple[Any, ...], delay_s: float = 0, **driver: Any) -> Stage:
    """A stage whose driver makes the system send these frames."""

    async def act() -> None:
        await asyncio.sleep(delay_s)
        for frame in frames:
            await stage.sut.says(*frame)

    stage = Stage(driver=Driver(act, **driver))
    return stage


async def clears(scope: CaseScope) -> None:
    await scope.operator.asks("ClearCache")
    await scope.station.receives(1, "ClearCache.req")
    await scope.station.sends(2, "ClearCache.conf", status="Accepted")


def test_a_request_that_was_asked_for_is_taken_and_answered_by_the_page() -> None:
    stage = asking(CLEAR)
    result = stage.play(clears)
    assert (result.verdict, said(result), said(result, "warn")) == (Verdict.PASS, [], [])
    assert [(m.direction, m.name, m.step, m.unsolicited) for m in result.messages[1:3]] == [
        ("received", "ClearCache.req", 1, False),
        ("sent", "ClearCache.conf", 2, False),
    ]
    assert stage.sut.heard == [[3, "c1", {"status": "Accepted"}]]


@pytest.mark.parametrize(("delay_s", "verdict"), [(0, "pass"), (ASKED_S - 1, "pass"), (ASKED_S + 1, "fail")])
def test_a_request_is_awaited_as_long_as_the_operator_may_take(delay_s: float, verdict: str) -> None:
    stage = asking(CLEAR, delay_s=delay_s)
    result = stage.play(clears)
    assert result.verdict == verdict
    assert said(result) == ([] if verdict == "pass" else ["1 ClearCache.req: nothing"])


def test_a_request_that_came_before_the_page_looks_is_there() -> None:
    async def page(scope: CaseScope) -> None:
        await scope.operator.asks("ClearCache")
        await scope.station.waits(10, "something else")
        await scope.station.receives(1, "ClearCache.req", within_s=1)

    assert asking(CLEAR).play(page).verdict is Verdict.PASS


def test_a_request_that_came_before_it_was_asked_for_is_evidence_of_something_else() -> None:
    async def page(scope: CaseScope) -> None:
        await stage.sut.says(*CLEAR)
        await clears(scope)

    stage = Stage()
    result = stage.play(page)
    assert said(result) == ["1 ClearCache.req: nothing"]
    assert said(result, "warn") == ["unsolicited: an unsolicited ClearCache.req"]
    assert [m.unsolicited for m in result.messages if m.kind == "call"] == [True]
    assert stage.sut.answer_to("c1")[2] == {"status": "Accepted"}


def test_another_request_does_not_satisfy_the_step_that_waits() -> None:
    stage = asking((2, "r1", "Reset", {"type": "Soft"}), CLEAR)
    result = stage.play(clears)
    assert (result.verdict, said(result, "warn")) == (Verdict.PASS, ["unsolicited: an unsolicited Reset.req"])
    assert stage.sut.answer_to("r1")[2] == {"status": "Rejected"}
    assert stage.sut.answer_to("c1")[2] == {"status": "Accepted"}


def test_an_extra_request_warns_and_fails_a_strict_run() -> None:
    for strict, verdict, outcome in ((False, Verdict.PASS, "warn"), (True, Verdict.FAIL, "fail")):
        stage = asking(CLEAR, (2, "c2", "ClearCache", {}))
        stage.strict = strict
        result = stage.play(clears)
        assert result.verdict is verdict
        assert "unsolicited: an unsolicited ClearCache.req" in said(result, outcome)


def test_a_second_request_can_be_awaited_without_asking_again() -> None:
    async def page(scope: CaseScope) -> None:
        await clears(scope)
        asyncio.get_running_loop().call_later(5, lambda: asyncio.ensure_future(stage.sut.says(2, "c2", *CLEAR[2:])))
        await scope.station.receives(3, "ClearCache.req", {"x": absent})
        await scope.station.sends(4, "ClearCache.conf", status="Rejected")

    stage = asking(CLEAR, dictates=True)
    result = stage.play(page)
    assert (result.verdict, said(result, "warn")) == (Verdict.PASS, [])
    assert [check.dictated for check in result.checks if check.path == "x"] == [False]
    assert stage.sut.answer_to("c2")[2] == {"status": "Rejected"}


def test_a_request_that_nobody_was_asked_to_provoke_can_be_demanded() -> None:
    async def page(scope: CaseScope) -> None:
        await scope.station.receives(1, "Reset.req", within_s=5)

    stage = Stage()
    result = stage.play(page)
    assert (result.verdict, said(result)) == (Verdict.FAIL, ["1 Reset.req: nothing"])
    assert stage.took_s < 5.1


def test_a_call_while_another_one_is_open_warns() -> None:
    async def page(scope: CaseScope) -> None:
        await scope.operator.asks("ClearCache")
        await scope.station.receives(1, "ClearCache.req")
        await scope.station.waits(5, "something")
        await stage.sut.says(2, "r1", "Reset", {"type": "Soft"})
        await scope.station.settle()

    stage = asking(CLEAR)
    result = stage.play(page)
    assert result.verdict is Verdict.PASS
    assert [check.rule for check in result.warned] == ["OCPPJ-4.1.1-02", "unsolicited"]
    assert "'c1', open for 5.00" in result.warned[0].received


def test_an_id_that_was_used_before_fails() -> None:
    result = asking(CLEAR, CLEAR).play(clears)
    assert said(result) == ["OCPPJ-4.1.4-01: unique id 'c1': expected a new id, received that of a call still open"]

    async def twice(scope: CaseScope) -> None:
        await clears(scope)
        await clears(scope)

    result = asking(CLEAR).play(twice)
    assert said(result) == ["OCPPJ-4.1.4-01: unique id 'c1': expected a new id, received that of an answered call"]


def test_an_answer_goes_to_the_connection_that_the_request_came_on() -> None:
    async def page(scope: CaseScope) -> None:
        await scope.operator.asks("ClearCache")
        await scope.station.receives(1, "ClearCache.req")
        await scope.station.reboots(2)
        await scope.station.sends(3, "ClearCache.conf", status="Accepted")

    stage = asking(CLEAR)
    result = stage.play(page)
    assert result.verdict is Verdict.PASS
    assert [m.connection for m in result.messages if m.name == "ClearCache.conf"] == [1]


def test_a_field_that_the_driver_wrote_is_marked() -> None:
    async def page(scope: CaseScope) -> None:
        await scope.operator.asks("ClearCache")
        await scope.station.receives(1, "ClearCache.req", {"x": 1})
        await scope.station.sends(2, "Authorize.req", idTag="A")
        await scope.station.receives(3, "Authorize.conf", {"idTagInfo.status": "Accepted"})

    for dictates in (True, False):
        result = asking(CLEAR, dictates=dictates).play(page)
        assert {(check.message, check.path): check.dictated for check in result.checks} == {
            ("ClearCache.req", ""): False,
            ("ClearCache.req", "x"): dictates,
            ("Authorize.conf", ""): False,
            ("Authorize.conf", "idTagInfo.status"): False,
        }


def test_a_system_that_floods_is_cut_off() -> None:
    async def page(scope: CaseScope) -> None:
        for number in range(MOST_FRAMES + 10):
            await stage.sut.ends[0].send(json.dumps([2, f"h{number}", "GetConfiguration", {"key": []}]))
        await scope.station.settle()
        await scope.station.sends(1, "Heartbeat.req")

    stage = Stage()
    result = stage.play(page)
    assert result.verdict is Verdict.FAIL
    assert "flood: more" in said(result)
    assert len([message for message in result.messages if message.direction == "received"]) == MOST_FRAMES
    closed = next(message for message in result.messages if message.kind == "close")
    assert (closed.direction, closed.note) == ("sent", f"given up by us after {MOST_FRAMES} frames")
    assert stage.sut.ends[0].outgoing.ended


def test_requests_are_answered_while_time_passes() -> None:
    async def page(scope: CaseScope) -> None:
        asyncio.get_running_loop().call_later(5, lambda: asyncio.ensure_future(stage.sut.says(*CLEAR)))
        await scope.station.waits(10, "the connection time-out")
        assert stage.sut.answer_to("c1")[2] == {"status": "Accepted"}
        scope.station.check(1, "something", 1, 1)

    stage = Stage(Sut())
    result = stage.play(page)
    assert (result.verdict, result.error) == (Verdict.PASS, "")
    assert stage.took_s == pytest.approx(10, abs=0.1)
