"""After a case: the system is left as it was found, as far as it lets us, and in bounded time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from harness.errors import StepFailed
from harness.execution import CaseScope
from harness.results import Verdict
from tests.harness.scripted import Script, Stage, Sut, after, hangs_up, said, silent, text

LIMIT_S = 30


async def starts(scope: CaseScope) -> None:
    """Starts a transaction on connector 1 and puts connector 2 out of order."""
    station = scope.station
    await station.sends(1, "StartTransaction.req", connectorId=1, idTag="A", meterStart=0, timestamp=station.now())
    await station.receives(2, "StartTransaction.conf")
    for step, connector, status in ((3, 1, "Charging"), (5, 2, "Faulted"), (7, 0, "Available")):
        await station.sends(step, "StatusNotification.req", connectorId=connector, status=status, errorCode="NoError")
        await station.receives(step + 1, "StatusNotification.conf")


def tidied(stage: Stage) -> tuple[list[Any], list[tuple[int, str]]]:
    """Which transactions were stopped, and the last status of each connector."""
    statuses = {each["connectorId"]: each["status"] for each in stage.sut.calls("StatusNotification")}
    return [each["transactionId"] for each in stage.sut.calls("StopTransaction")], sorted(statuses.items())


IDLE = [(0, "Available"), (1, "Available"), (2, "Available")]


def test_a_case_leaves_no_transaction_and_no_status_behind() -> None:
    stage = Stage()
    result = stage.play(starts)
    assert result.verdict is Verdict.PASS
    assert tidied(stage) == ([7], IDLE)
    assert {message.phase for message in result.messages[-7:]} == {"cleanup"}
    assert result.messages[-8].phase == "case"
    assert (result.messages[-1].kind, result.messages[-1].direction) == ("close", "sent")
    assert stage.sut.ends[0].outgoing.ended


def test_what_the_case_has_ended_itself_is_left_alone() -> None:
    async def page(scope: CaseScope) -> None:
        station = scope.station
        await starts(scope)
        await station.sends(9, "StopTransaction.req", transactionId=7, meterStop=1, timestamp=station.now())
        await station.receives(10, "StopTransaction.conf")
        for connector in (1, 2):
            await station.sends(
                11, "StatusNotification.req", connectorId=connector, status="Available", errorCode="NoError"
            )
            await station.receives(12, "StatusNotification.conf")

    stage = Stage()
    result = stage.play(page)
    assert tidied(stage) == ([7], IDLE)
    assert [m.kind for m in result.messages if m.phase == "cleanup"] == ["close"]


@pytest.mark.parametrize("transaction_id", [-(2**31), -1, 0, 2**31 - 1])
def test_any_id_that_the_system_gave_is_stopped(transaction_id: int) -> None:
    answer = {"transactionId": transaction_id, "idTagInfo": {"status": "Accepted"}}
    stage = Stage(Sut(StartTransaction=answer))
    stage.play(starts)
    assert tidied(stage)[0] == [transaction_id]


@pytest.mark.parametrize("transaction_id", [2**31, -(2**31) - 1, [], {}, "7", True, None, 7.5])
def test_an_id_that_is_none_is_not_used(transaction_id: object) -> None:
    async def page(scope: CaseScope) -> None:
        with contextlib.suppress(StepFailed):
            await starts(scope)
        with pytest.raises(StepFailed, match=r"no StartTransaction\.conf gave a usable transactionId"):
            _ = scope.station.transaction_id

    stage = Stage(Sut(StartTransaction={"transactionId": transaction_id, "idTagInfo": {"status": "Accepted"}}))
    result = stage.play(page)
    assert result.verdict is Verdict.FAIL
    assert tidied(stage) == ([], IDLE)


def test_the_id_of_an_earlier_transaction_is_not_taken_for_that_of_a_later_one() -> None:
    async def page(scope: CaseScope) -> None:
        await starts(scope)
        assert scope.station.transaction_id == 7
        stage.sut.answers["StartTransaction"] = text('[4,"ID","InternalError","",{}]')
        with pytest.raises(StepFailed):
            await starts(scope)
        with pytest.raises(StepFailed, match="there is no transaction"):
            _ = scope.station.transaction_id

    stage = Stage()
    stage.play(page)
    assert tidied(stage)[0] == [7]


def test_after_a_lost_connection_the_station_comes_back_to_tidy_up() -> None:
    async def page(scope: CaseScope) -> None:
        await starts(scope)
        await stage.sut.drops()
        await asyncio.sleep(1)

    stage = Stage()
    result = stage.play(page)
    assert (result.verdict, said(result)) == (Verdict.FAIL, ["connection: closed by the other side"])
    assert tidied(stage) == ([7], IDLE)
    assert len(stage.sut.ends) == 2
    assert all(end.outgoing.ended for end in stage.sut.ends)


def test_after_a_goodbye_the_station_comes_back_to_tidy_up_and_nothing_fails() -> None:
    async def page(scope: CaseScope) -> None:
        await starts(scope)
        await stage.sut.ends[-1].says_goodbye()

    stage = Stage()
    result = stage.play(page)
    assert (result.verdict, said(result), said(result, "warn")) == (
        Verdict.PASS,
        [],
        ["connection: closed by the other side"],
    )
    assert tidied(stage) == ([7], IDLE)


def test_a_station_that_has_nothing_to_tidy_up_does_not_come_back() -> None:
    async def page(scope: CaseScope) -> None:
        await stage.sut.drops()
        await asyncio.sleep(1)

    stage = Stage()
    stage.play(page)
    assert len(stage.sut.ends) == 1


LEFT = "cleanup: the CSMS did not take it"
STOP = "StopTransaction.conf"
UNTIDY: list[tuple[str, Script, float, Verdict, list[str]]] = [
    ("no answer", silent, LIMIT_S, Verdict.INCONCLUSIVE, [f"{STOP}: no answer", LEFT]),
    ("answers just in time", after(LIMIT_S - 1, {}), 3 * LIMIT_S, Verdict.INCONCLUSIVE, [LEFT]),
    (
        "a closed connection",
        hangs_up,
        0,
        Verdict.FAIL,
        [
            "connection: closed by the other side",
            f"{STOP}: no answer, the connection was closed by the other side",
            LEFT,
        ],
    ),
    (
        "CALLERROR",
        text('[4,"ID","InternalError","",{}]'),
        0,
        Verdict.INCONCLUSIVE,
        [f"{STOP}: CALLERROR InternalError: ''", LEFT],
    ),
]


@pytest.mark.parametrize(
    ("answer", "takes_s", "verdict", "failed"), [pytest.param(*rest, id=name) for name, *rest in UNTIDY]
)
def test_tidying_up_is_given_up_in_bounded_time(
    answer: Script, takes_s: float, verdict: Verdict, failed: list[str]
) -> None:
    async def page(scope: CaseScope) -> None:
        await starts(scope)
        stage.sut.answers |= {"StopTransaction": answer, "StatusNotification": after(LIMIT_S - 1, {})}
        for connector in (3, 4):
            await scope.station.sends(
                9, "StatusNotification.req", connectorId=connector, status="Faulted", errorCode="NoError"
            )
            await scope.station.receives(10, "StatusNotification.conf")

    stage = Stage()
    result = stage.play(page)
    assert (result.verdict, said(result)) == (verdict, failed)
    assert {check.phase for check in result.failed} == {"cleanup"}
    assert {check.source for check in result.failed if not check.rule} == {"clean-up after TC_X"}
    assert stage.took_s == pytest.approx(2 * (LIMIT_S - 1) + takes_s, abs=0.1)
    assert stage.sut.ends[-1].outgoing.ended


def test_a_system_that_does_not_let_the_station_back_in_is_noted() -> None:
    async def page(scope: CaseScope) -> None:
        await starts(scope)
        await scope.station.disconnects(9, "power failure")
        stage.sut.refuses = True

    stage = Stage()
    result = stage.play(page)
    assert (result.verdict, said(result)) == (Verdict.INCONCLUSIVE, [LEFT])


def test_a_call_that_was_still_open_does_not_keep_the_station_from_tidying_up() -> None:
    async def page(scope: CaseScope) -> None:
        await starts(scope)
        await scope.station.sends(9, "Heartbeat.req")
        raise StepFailed("something else went wrong")

    stage = Stage(Sut(Heartbeat=silent))
    result = stage.play(page)
    assert (tidied(stage), result.error) == (([7], IDLE), "")
