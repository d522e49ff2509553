"""Connections that end, by whose hand and when, and pages that ask for what cannot be."""

from __future__ import annotations

import asyncio

import pytest

from harness.errors import HarnessError
from harness.execution import CaseScope
from harness.results import Phase, Verdict
from tests.harness.scripted import Page, Stage, Sut, said
from tests.subjects.memory import FarEnd


async def beats(scope: CaseScope) -> None:
    await scope.station.sends(1, "Heartbeat.req")
    await scope.station.receives(2, "Heartbeat.conf")


def test_a_connection_that_is_lost_between_steps_fails_the_next_one() -> None:
    async def page(scope: CaseScope) -> None:
        await beats(scope)
        await stage.sut.drops()
        await asyncio.sleep(1)
        await beats(scope)

    stage = Stage()
    result = stage.play(page)
    assert said(result) == [
        "connection: closed by the other side",
        "1 Heartbeat.req: no connection, it was closed by the other side",
    ]
    assert result.verdict is Verdict.FAIL
    assert [(m.direction, m.note) for m in result.messages if m.kind == "close"] == [
        ("received", "closed by the other side")
    ]


def test_a_connection_that_is_lost_while_time_passes_ends_the_wait() -> None:
    async def page(scope: CaseScope) -> None:
        await beats(scope)
        asyncio.get_running_loop().call_later(3, lambda: asyncio.ensure_future(stage.sut.drops()))
        await scope.station.waits(100, "the heartbeat interval")

    stage = Stage()
    result = stage.play(page)
    assert said(result) == ["connection: closed by the other side"]
    assert stage.took_s == pytest.approx(3, abs=0.1)
    assert [message.note for message in result.messages if message.kind == "wait"] == ["the heartbeat interval: 100 s"]


def test_a_connection_that_is_lost_after_the_last_step_fails_the_case() -> None:
    async def page(scope: CaseScope) -> None:
        await beats(scope)
        await stage.sut.drops()

    stage = Stage()
    result = stage.play(page)
    assert (result.verdict, said(result)) == (Verdict.FAIL, ["connection: closed by the other side"])
    assert result.failed[0].phase == "case"


GOODBYE = "connection: closed by the other side"


def test_a_goodbye_after_the_last_answer_is_a_warning_at_most() -> None:
    """Whether it comes before the case is over or after is a matter of luck, and no verdict depends on that."""

    async def page(scope: CaseScope) -> None:
        await beats(scope)
        await stage.sut.ends[-1].says_goodbye()

    stage = Stage()
    result = stage.play(page)
    assert (result.verdict, said(result), said(result, "warn")) == (Verdict.PASS, [], [GOODBYE])


def test_a_goodbye_before_a_reboot_is_a_warning() -> None:
    async def page(scope: CaseScope) -> None:
        await beats(scope)
        await stage.sut.ends[-1].says_goodbye()
        await asyncio.sleep(1)
        await scope.station.reboots(3)
        await beats(scope)

    stage = Stage()
    result = stage.play(page)
    assert (result.verdict, said(result), said(result, "warn")) == (Verdict.PASS, [], [GOODBYE])


async def beats_again(scope: CaseScope) -> None:
    await beats(scope)


async def is_asked(scope: CaseScope) -> None:
    await scope.station.receives(1, "ClearCache.req")


async def lets_time_pass(scope: CaseScope) -> None:
    await scope.station.waits(9, "the heartbeat interval")


@pytest.mark.parametrize("phase", ["preparation", "case"])
@pytest.mark.parametrize("goes_on", [beats_again, is_asked, lets_time_pass])
def test_a_goodbye_in_the_middle_of_a_case_fails_it(phase: Phase, goes_on: Page) -> None:
    async def page(scope: CaseScope) -> None:
        await beats(scope)
        scope.evidence.phase = phase
        await stage.sut.ends[-1].says_goodbye()
        await asyncio.sleep(1)
        await goes_on(scope)

    stage = Stage()
    result = stage.play(page)
    assert (result.verdict, said(result)[0], said(result, "warn")) == (Verdict.FAIL, GOODBYE, [])
    assert result.reason.startswith("connection: expected a connection that stays open, ")


def test_a_goodbye_instead_of_an_answer_fails_the_case() -> None:
    async def goodbye(end: FarEnd, frame: object) -> None:
        await end.says_goodbye()

    result = Stage(Sut(Heartbeat=goodbye)).play(beats)
    assert (result.verdict, said(result)[0], said(result, "warn")) == (Verdict.FAIL, GOODBYE, [])


def test_a_connection_that_we_close_is_not_lost() -> None:
    async def page(scope: CaseScope) -> None:
        await beats(scope)
        await scope.station.disconnects(3, "power failure")
        await scope.station.reconnects(4)
        await beats(scope)
        await scope.station.reboots(5)
        await beats(scope)

    stage = Stage()
    result = stage.play(page)
    assert (result.verdict, said(result)) == (Verdict.PASS, [])
    assert [m.connection for m in result.messages if m.kind == "result"] == [1, 2, 3]
    assert [(c.step, c.message, c.received) for c in result.checks if c.message == "connection"] == [
        (4, "connection", "connected"),
        (5, "connection", "connected"),
    ]
    opened_and_closed = [message.kind for message in result.messages if message.kind in ("open", "close")]
    assert opened_and_closed == ["open", "close"] * 3
    assert len(stage.sut.ends) == 3


def test_a_connection_that_is_not_taken_again_fails_the_step() -> None:
    async def page(scope: CaseScope) -> None:
        await beats(scope)
        await scope.station.disconnects(3, "power failure")
        stage.sut.refuses = True
        await scope.station.reconnects(4)

    stage = Stage()
    result = stage.play(page)
    assert result.verdict is Verdict.FAIL
    assert said(result) == ["4 connection: memory://csms: expected HTTP 101 (WebSocket), received HTTP 404"]


def test_a_case_that_cannot_connect_is_inconclusive() -> None:
    stage = Stage()
    stage.sut.refuses = True
    result = stage.play(beats)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason == "memory://csms: expected HTTP 101 (WebSocket), received HTTP 404"
    assert result.messages == ()


async def sends_a_wrong_payload(scope: CaseScope) -> None:
    await scope.station.sends(1, "StatusNotification.req", connectorId=1)


async def answers_nothing(scope: CaseScope) -> None:
    await scope.station.sends(1, "ClearCache.conf", status="Accepted")


async def receives_what_was_not_sent(scope: CaseScope) -> None:
    await scope.station.receives(1, "Heartbeat.conf")


async def answers_wrongly(scope: CaseScope) -> None:
    await scope.station.sends(1, "ClearCache.conf", status="Maybe")


PAGES = [
    (sends_a_wrong_payload, "step 1 StatusNotification.req: the page would send a wrong payload, errorCode: "),
    (answers_nothing, "step 1: there is no open ClearCache.req to answer"),
    (receives_what_was_not_sent, "step 1 Heartbeat.conf: no Heartbeat.req was sent before"),
    (answers_wrongly, "step 1 ClearCache.conf: the page would send a wrong payload, status: "),
]


@pytest.mark.parametrize(("page", "reason"), PAGES)
def test_a_wrong_page_is_our_own_error(page: object, reason: str) -> None:
    stage = Stage()
    result = stage.play(page)  # type: ignore[arg-type]
    assert result.verdict is Verdict.ERROR
    assert result.reason.startswith(reason)
    assert "Traceback" in result.error
    assert stage.sut.heard == []


def test_without_a_connection_a_page_is_our_own_error() -> None:
    async def page(scope: CaseScope) -> None:
        with pytest.raises(HarnessError, match="not connected"):
            _ = scope.station.connection
        await scope.station.waits(1, "nothing")

    result = Stage().play(page, connected=False)
    assert (result.verdict, result.reason) == (Verdict.ERROR, "not connected")
