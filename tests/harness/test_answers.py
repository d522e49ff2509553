"""What may become of a call of ours: the answer, late, wrong, twice, never; matched by id and by time."""

from __future__ import annotations

import json

import pytest

from harness.errors import StepFailed
from harness.execution import CaseScope
from harness.matchers import absent_or
from harness.results import Verdict
from tests.harness.scripted import NOW, Script, Stage, Sut, after, hangs_up, said, silent, text

LIMIT_S = 30


async def beats(scope: CaseScope) -> None:
    await scope.station.sends(1, "Heartbeat.req")
    await scope.station.receives(2, "Heartbeat.conf", {"currentTime": NOW})


async def beats_and_stays(scope: CaseScope) -> None:
    try:
        await beats(scope)
    finally:
        await scope.station.waits(60, "what comes late")


GOOD = {"currentTime": NOW}
ANSWER = f'[3,"ID",{json.dumps(GOOD)}]'
AT_ALL = "2 Heartbeat.conf"


def test_an_answer_is_taken_for_its_step() -> None:
    stage = Stage()
    result = stage.play(beats)
    assert (result.verdict, result.reason, said(result)) == (Verdict.PASS, "", [])
    assert [(c.step, c.message, c.path, c.outcome) for c in result.checks] == [
        (2, "Heartbeat.conf", "", "pass"),
        (2, "Heartbeat.conf", "currentTime", "pass"),
    ]
    assert {check.message_n for check in result.checks} == {3}
    assert [(m.n, m.direction, m.name, m.step, m.phase) for m in result.messages] == [
        (1, "sent", "open", None, "preparation"),
        (2, "sent", "Heartbeat.req", 1, "case"),
        (3, "received", "Heartbeat.conf", 2, "case"),
        (4, "sent", "close", None, "cleanup"),
    ]
    assert result.messages[1].unique_id == result.messages[2].unique_id
    assert not any(message.unsolicited for message in result.messages)
    assert json.loads(result.messages[1].raw) == stage.sut.heard[0]
    assert json.loads(result.messages[2].raw) == [3, stage.sut.heard[0][1], GOOD]


def test_every_call_has_a_unique_id_of_its_own() -> None:
    async def page(scope: CaseScope) -> None:
        for _ in range(50):
            await beats(scope)

    stage = Stage()
    assert stage.play(page).verdict is Verdict.PASS
    assert len({frame[1] for frame in stage.sut.heard}) == 50


FATES: list[tuple[str, Script, Verdict, list[str]]] = [
    ("just in time", after(LIMIT_S - 0.001, GOOD), Verdict.PASS, []),
    ("just too late", after(LIMIT_S + 0.001, GOOD), Verdict.FAIL, [f"{AT_ALL}: no answer"]),
    ("never", silent, Verdict.FAIL, [f"{AT_ALL}: no answer"]),
    (
        "CALLERROR",
        text('[4,"ID","InternalError","no disk",{}]'),
        Verdict.FAIL,
        [f"{AT_ALL}: CALLERROR InternalError: 'no disk'"],
    ),
    (
        "CALLERROR with an unknown code",
        text('[4,"ID","Nonsense","",{}]'),
        Verdict.FAIL,
        ["OCPPJ-4.2.3-03: Nonsense", f"{AT_ALL}: CALLERROR Nonsense: ''"],
    ),
    (
        "a frame that is cut off",
        text('[3,"ID"]'),
        Verdict.FAIL,
        [
            "OCPPJ-4.2.2-01: CALLRESULT: expected 3 elements, received 2",
            f"{AT_ALL}: a malformed frame: CALLRESULT: expected 3 elements, received 2",
        ],
    ),
    (
        "a message type as text",
        text('["3","ID",{}]'),
        Verdict.FAIL,
        [
            "OCPPJ-4.1.3-01: message type: expected 2, 3 or 4, received '3'",
            f"{AT_ALL}: a malformed frame: message type: expected 2, 3 or 4, received '3'",
        ],
    ),
    (
        "twice",
        text(ANSWER, ANSWER),
        Verdict.FAIL,
        ["OCPPJ-4.1.1-03: unique id 'ID': expected one answer, received a second one"],
    ),
    (
        "an error after the answer",
        text(ANSWER, '[4,"ID","GenericError","",{}]'),
        Verdict.FAIL,
        ["OCPPJ-4.1.1-03: unique id 'ID': expected one answer, received a second one"],
    ),
    (
        "under another id",
        text(ANSWER.replace("ID", "other")),
        Verdict.FAIL,
        [
            "OCPPJ-4.1.4-02: unique id 'other': expected the id of a call, received an id never used for one",
            f"{AT_ALL}: no answer",
        ],
    ),
    (
        "the connection closed",
        hangs_up,
        Verdict.FAIL,
        ["connection: closed by the other side", f"{AT_ALL}: no answer, the connection was closed by the other side"],
    ),
    (
        "the connection closed a moment later",
        after(5, hangs_up),
        Verdict.FAIL,
        ["connection: closed by the other side", f"{AT_ALL}: no answer, the connection was closed by the other side"],
    ),
    (
        "a wrong field",
        text('[3,"ID",{"currentTime":"2020-01-01T00:00:00Z"}]'),
        Verdict.FAIL,
        ["2 Heartbeat.conf currentTime: 2020-01-01T00:00:00Z"],
    ),
    ("a field that the schema refuses", text('[3,"ID",{"currentTime":"now"}]'), Verdict.FAIL, ["OCPP16-6-02: now"]),
    ("a field that is missing", text('[3,"ID",{}]'), Verdict.FAIL, ["OCPP16-6-02: nothing"]),
]


@pytest.mark.parametrize(("answer", "verdict", "failed"), [pytest.param(*rest, id=name) for name, *rest in FATES])
def test_what_becomes_of_a_call(answer: Script, verdict: Verdict, failed: list[str]) -> None:
    stage = Stage(Sut(Heartbeat=answer))
    result = stage.play(beats)
    unique_id = stage.sut.heard[0][1]
    assert [told.replace(unique_id, "ID") for told in said(result)] == failed
    assert result.verdict is verdict
    assert stage.took_s < LIMIT_S + 0.1


def test_what_is_not_json_answers_nothing() -> None:
    result = Stage(Sut(Heartbeat=text("nonsense"))).play(beats)
    rule, step = said(result)
    assert rule.startswith("OCPPJ-4.1.2-01: message: expected JSON, received 'nonsense'; ")
    assert step == f"{AT_ALL}: no answer"


def test_a_late_answer_is_noted_where_it_comes() -> None:
    result = Stage(Sut(Heartbeat=after(LIMIT_S + 5, GOOD))).play(beats_and_stays)
    assert said(result) == [f"{AT_ALL}: no answer"]
    assert [check.rule for check in result.checks if check.outcome == "warn"] == ["OCPPJ-4.1.1-07"]
    late = next(message for message in result.messages if message.kind == "result")
    assert "expected an answer in time" in late.note


def test_how_long_an_answer_took_is_judged_by_its_time_not_by_when_the_page_looks() -> None:
    async def looks_late(scope: CaseScope) -> None:
        await scope.station.sends(1, "Heartbeat.req")
        await scope.station.waits(40, "something else")
        await scope.station.receives(2, "Heartbeat.conf")

    assert Stage(Sut(Heartbeat=after(1, GOOD))).play(looks_late).verdict is Verdict.PASS
    result = Stage(Sut(Heartbeat=after(35, GOOD))).play(looks_late)
    assert said(result) == [f"{AT_ALL}: an answer after 35.000 s"]


def test_a_page_may_ask_for_an_answer_sooner() -> None:
    async def hurries(scope: CaseScope) -> None:
        await scope.station.sends(1, "Heartbeat.req")
        await scope.station.receives(2, "Heartbeat.conf", within_s=2)

    assert Stage(Sut(Heartbeat=after(1.9, GOOD))).play(hurries).verdict is Verdict.PASS
    stage = Stage(Sut(Heartbeat=after(2.1, GOOD)))
    assert said(stage.play(hurries)) == [f"{AT_ALL}: no answer"]
    assert stage.took_s < 2.1


@pytest.mark.parametrize("answer", [text('["3","ID",{}]'), text('[3,"ID"]'), after(LIMIT_S + 1, GOOD), silent])
def test_after_an_answer_that_was_none_other_calls_can_be_made(answer: Script) -> None:
    async def goes_on(scope: CaseScope) -> None:
        with pytest.raises(StepFailed):
            await beats(scope)
        await scope.station.sends(3, "StatusNotification.req", connectorId=1, errorCode="NoError", status="Available")
        await scope.station.receives(4, "StatusNotification.conf")

    result = Stage(Sut(Heartbeat=answer)).play(goes_on)
    assert result.verdict is Verdict.FAIL
    assert [check.outcome for check in result.checks if check.message == "StatusNotification.conf"] == ["pass"]


def test_a_malformed_call_under_the_id_of_ours_does_not_answer_it() -> None:
    result = Stage(Sut(Heartbeat=text('[2,"ID","Reset"]', ANSWER))).play(beats)
    assert said(result) == ["OCPPJ-4.2.1-01: CALL: expected 4 elements, received 3"]


def test_an_answer_that_nobody_waits_for_any_more_fails_the_case_all_the_same() -> None:
    async def sends_only(scope: CaseScope) -> None:
        await beats(scope)
        await scope.station.sends(3, "Heartbeat.req")

    stage = Stage(Sut(Heartbeat=text(ANSWER)))
    assert stage.play(sends_only).verdict is Verdict.PASS
    stage.sut.answers["Heartbeat"] = text(ANSWER.replace("}", ',"x":1}'))
    result = stage.play(sends_only)
    assert said(result) == ["OCPP16-6-02: 1", "OCPP16-6-02: 1"]


def test_one_defect_fails_one_check_also_where_it_takes_a_whole_object_away() -> None:
    async def authorizes(scope: CaseScope) -> None:
        await scope.station.sends(1, "Authorize.req", idTag="A")
        expected = {"idTagInfo.status": "Accepted", "idTagInfo.parentIdTag": "P", "idTagInfo": absent_or({})}
        await scope.station.receives(2, "Authorize.conf", expected)

    result = Stage(Sut(Authorize={})).play(authorizes)
    assert said(result) == ["OCPP16-6-02: nothing"]
    result = Stage(Sut(Authorize={"idTagInfo": "Accepted"})).play(authorizes)
    assert said(result) == ["OCPP16-6-02: Accepted"]
    result = Stage(Sut(Authorize={"idTagInfo": {"status": "Nonsense", "parentIdTag": "Q"}})).play(authorizes)
    assert said(result) == [
        "OCPP16-6-02: Nonsense",
        "2 Authorize.conf idTagInfo.parentIdTag: Q",
    ]
