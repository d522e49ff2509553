"""Faults that are our own: never silence, never the system's; and the journal that tells a case as it happened."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from harness.execution import CaseScope
from harness.journal import FILE, Journal, load
from harness.results import Check, Run, Verdict
from harness.rules import Observed
from tests.harness.scripted import Driver, Stage, nothing


def checked(scope: CaseScope) -> None:
    scope.station.check(1, "something", 1, 1)


async def prepared(scope: CaseScope) -> None:
    async with scope.station.preparing("Authorized"):
        await scope.station.sends(1, "Authorize.req", idTag="A")
        await scope.station.receives(2, "Authorize.conf", {"idTagInfo.status": "Accepted"})
    checked(scope)


def break_the_referee(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rules: object, observed: Observed) -> list[Check]:
        raise ZeroDivisionError("a bug in a rule")

    monkeypatch.setattr("harness.connection.judge", broken)


async def waits_for_an_answer(scope: CaseScope) -> None:
    await scope.station.sends(1, "Heartbeat.req")
    await scope.station.receives(2, "Heartbeat.conf")


async def waits_for_a_request(scope: CaseScope) -> None:
    await scope.operator.asks("ClearCache")
    await scope.station.receives(1, "ClearCache.req")


async def lets_time_pass(scope: CaseScope) -> None:
    await scope.operator.asks("ClearCache")
    await scope.station.waits(10, "something")


async def has_done_all(scope: CaseScope) -> None:
    checked(scope)
    await scope.operator.asks("ClearCache")


async def sends_next(scope: CaseScope) -> None:
    await scope.operator.asks("ClearCache")
    await asyncio.sleep(1)
    await scope.station.sends(1, "Heartbeat.req")


BROKEN_IN = [waits_for_an_answer, waits_for_a_request, lets_time_pass, has_done_all, sends_next]


@pytest.mark.parametrize("page", BROKEN_IN)
def test_a_fault_of_ours_is_an_error_and_never_silence(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def act() -> None:
        await stage.sut.says(2, "c", "ClearCache", {})

    break_the_referee(monkeypatch)
    stage = Stage(driver=Driver(act))
    result = stage.play(page)
    assert (result.verdict, result.reason) == (Verdict.ERROR, "ZeroDivisionError: a bug in a rule")
    assert "Traceback" in result.error
    assert stage.took_s < 3
    assert stage.sut.ends[0].outgoing.ended


@pytest.mark.parametrize("page", BROKEN_IN)
def test_a_journal_that_cannot_be_written_is_an_error_and_never_silence(
    page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / FILE)

    def full(case: str, what: object) -> None:
        raise OSError(28, "No space left on device")

    async def act() -> None:
        monkeypatch.setattr(journal, "message", full)
        await stage.sut.says(2, "c", "ClearCache", {})

    stage = Stage(driver=Driver(act), journal=journal)
    if page is waits_for_an_answer:
        stage.sut.answers["Heartbeat"] = lambda end, frame: act()
    result = stage.play(page)
    journal.end("2026-03-01T12:01:00Z")
    assert result.verdict is Verdict.ERROR
    assert "No space left on device" in result.error
    assert stage.took_s < 3


def test_the_journal_tells_the_case_in_the_order_in_which_it_happened(tmp_path: Path) -> None:
    journal = Journal(tmp_path / FILE)
    journal.run(Run("r", "csms", "2026-03-01T12:00:00Z"))

    async def act() -> None:
        await stage.sut.says(2, "c", "ClearCache", {"x": 1})

    async def page(scope: CaseScope) -> None:
        await prepared(scope)
        await scope.operator.asks("ClearCache")
        await scope.station.receives(3, "ClearCache.req")
        await scope.station.sends(4, "ClearCache.conf", status="Accepted")

    stage = Stage(driver=Driver(act), journal=journal)
    result = stage.play(page)
    journal.verdict(result)
    journal.end("2026-03-01T12:01:00Z")
    assert load(tmp_path).cases == (result,)
    lines = (tmp_path / FILE).read_text().splitlines()[2:-2]
    kinds = [line.split('"')[3] for line in lines]
    assert kinds == [
        *("message", "message", "message", "check", "check", "check"),
        *("message", "check", "check", "message", "message"),
    ]
    assert [message.step for message in result.messages] == [None, 1, 2, 3, 4, None]


def test_driver_and_records_are_closed_whatever_happens() -> None:
    class Port:
        closed = False

        async def close(self) -> None:
            self.closed = True

    class Broken(Driver):
        async def close(self) -> None:
            await super().close()
            raise ValueError("the driver cannot be closed")

    async def page(scope: CaseScope) -> None:
        checked(scope)

    stage = Stage(driver=Broken(nothing), records=Port())
    result = stage.play(page)
    assert (stage.driver.closed, stage.records.closed) == (True, True)  # type: ignore[attr-defined]
    assert (result.verdict, result.reason) == (Verdict.ERROR, "ValueError: the driver cannot be closed")
