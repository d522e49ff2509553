"""What the CSMS believes afterwards: told, wrong, empty, not told, not there, late, or not to be asked at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from harness.errors import OperatorError
from harness.execution import CaseScope
from harness.matchers import absent_or, asked, same_time
from harness.results import CaseResult, Verdict
from tests.harness.scripted import NOW, Stage, said

Record = Mapping[str, Any] | None
WITHIN_S = 3
GOOD = {"transactionId": 7, "status": "Active", "idTag": "A", "meterStart": 0, "reason": None}


class Port:
    """Shows one record after the other, the last one from then on; each look takes so many seconds."""

    def __init__(self, *shown: Record | Exception, takes_s: float = 0) -> None:
        self._shown, self._takes_s = list(shown), takes_s
        self.looks: list[tuple[str, str, Any]] = []

    async def _look(self, kind: str, station: str, key: Any) -> Record:
        self.looks.append((kind, station, key))
        await asyncio.sleep(self._takes_s)
        shown = self._shown.pop(0) if len(self._shown) > 1 else self._shown[0]
        if isinstance(shown, Exception):
            raise shown
        return shown

    async def transaction(self, station: str, transactionId: int) -> Record:
        return await self._look("transaction", station, transactionId)

    async def connector(self, station: str, connectorId: int) -> Record:
        return await self._look("connector", station, connectorId)

    async def command(self, station: str, action: str) -> Record:
        return await self._look("command", station, action)

    async def close(self) -> None:
        """Nothing to close."""


def looked(port: Port | None, **expected: Any) -> tuple[CaseResult, Stage]:
    """A case that compares a transaction with what the records show."""

    async def page(scope: CaseScope) -> None:
        scope.station.check(1, "something", 1, 1)
        await scope.records.transaction(2, 7, expected)

    stage = Stage(records=port)
    return stage.play(page), stage


def found(result: CaseResult) -> list[tuple[str, str, Any]]:
    """Path, outcome and what was received, of the checks of records."""
    return [(c.path, c.outcome, c.received) for c in result.checks if c.message == "records.transaction"]


def test_what_the_wire_showed_must_be_in_the_records() -> None:
    port = Port(GOOD)
    result, stage = looked(port, status="Active", meterStart=0)
    assert result.verdict is Verdict.PASS
    assert found(result) == [("status", "pass", "Active"), ("meterStart", "pass", 0)]
    assert port.looks == [("transaction", "CP1", 7)]
    assert stage.took_s < 0.1


WRONG: list[tuple[str, Record, dict[str, Any], str, Any]] = [
    ("another value", {"status": "Ended"}, {"status": "Active"}, "fail", "Ended"),
    ("another type", {"meterStart": "0"}, {"meterStart": 0}, "fail", "0"),
    ("shown empty", {"status": None}, {"status": "Active"}, "fail", "nothing"),
    ("shown empty as it should", {"reason": None}, {"reason": absent_or("Local")}, "pass", "nothing"),
    ("a matcher that warns", {"reason": None}, {"reason": asked("Local")}, "warn", "nothing"),
    ("another instant", {"startTimestamp": NOW}, {"startTimestamp": same_time("2026-03-01T12:00:01Z")}, "fail", NOW),
    ("no such record", None, {"reason": absent_or("Local")}, "fail", "nothing"),
    (
        "not told",
        {"meterStart": 0},
        {"status": "Active"},
        "unverifiable",
        "not told: [records.transaction] fields names no place for it",
    ),
]


@pytest.mark.parametrize(
    ("record", "expected", "outcome", "received"), [pytest.param(*rest, id=name) for name, *rest in WRONG]
)
def test_what_a_record_shows_is_judged(record: Record, expected: dict[str, Any], outcome: str, received: Any) -> None:
    result, stage = looked(Port(record), **expected)
    assert found(result) == [(*expected, outcome, received)]
    assert (result.verdict is Verdict.FAIL) is (outcome == "fail")
    assert stage.took_s == pytest.approx(WITHIN_S if outcome == "fail" else 0, abs=0.15)


def test_a_field_that_is_not_told_does_not_hide_one_that_is_wrong() -> None:
    result, _ = looked(Port({"status": "Ended"}), meterStart=0, status="Active")
    assert [outcome for _, outcome, _ in found(result)] == ["unverifiable", "fail"]


def test_the_records_are_looked_at_until_they_are_right() -> None:
    port = Port(None, {"status": "Ended"}, {"status": None}, {"status": "Active"}, {"status": "Nonsense"})
    result, stage = looked(port, status="Active")
    assert found(result) == [("status", "pass", "Active")]
    assert len(port.looks) == 4
    assert 0.2 < stage.took_s < 0.5


def test_a_slow_interface_is_waited_for_and_not_taken_for_an_empty_one() -> None:
    port = Port(GOOD, takes_s=10)
    result, stage = looked(port, status="Active")
    assert found(result) == [("status", "pass", "Active")]
    assert len(port.looks) == 1
    assert stage.took_s == pytest.approx(10, abs=0.1)


def test_without_records_nothing_can_be_verified() -> None:
    for port in (None, Port(NotImplementedError())):
        result, stage = looked(port, status="Active", meterStart=0)
        text = "not asked: no [records] for a transaction"
        assert found(result) == [("status", "unverifiable", text), ("meterStart", "unverifiable", text)]
        assert result.verdict is Verdict.PASS
        assert stage.took_s < 0.1


def test_a_case_of_which_nothing_could_be_verified_has_not_passed() -> None:
    async def page(scope: CaseScope) -> None:
        await scope.records.connector(2, 1, {"status": "Available"})

    result = Stage().play(page)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason.startswith("nothing of the case could be verified: step 2 records.connector status: ")


def test_records_that_cannot_be_asked_are_an_error_in_a_line() -> None:
    result, _ = looked(Port(OperatorError("records.transaction: GET http://x: expected 200, received 500")), status="A")
    assert result.verdict is Verdict.ERROR
    assert result.reason == result.error == "records.transaction: GET http://x: expected 200, received 500"


def test_each_kind_of_record_is_asked_by_its_key() -> None:
    async def page(scope: CaseScope) -> None:
        await scope.records.transaction(1, 9, {"status": "x"})
        await scope.records.connector(2, 1, {"errorCode": "x"})
        await scope.records.command(3, "Reset", {"action": "x"})

    port = Port({"status": "x", "errorCode": "x", "action": "x"})
    result = Stage(records=port).play(page)
    assert port.looks == [("transaction", "CP1", 9), ("connector", "CP1", 1), ("command", "CP1", "Reset")]
    assert [(c.step, c.message, c.path, c.level) for c in result.checks] == [
        (1, "records.transaction", "status", "shall"),
        (2, "records.connector", "errorCode", "shall"),
        (3, "records.command", "action", "shall"),
    ]
    assert {check.source for check in result.checks} == {"what the CSMS believes must match what the wire showed"}


def test_a_field_that_records_do_not_have_is_our_own_error() -> None:
    result, _ = looked(None, meterBegin=0)
    assert (result.verdict, result.reason) == (
        Verdict.ERROR,
        "step 2: a transaction has no meterBegin in the records",
    )


def test_records_are_sourced_and_weighed_as_the_catalogue_says() -> None:
    class Row:
        level, source = "should", "a note"

    async def page(scope: CaseScope) -> None:
        await scope.records.command(3, "Reset", {"status": "Accepted"})

    keys: list[Any] = []

    def sources(*key: Any) -> Any:
        keys.append(key)
        return Row()

    result = Stage(records=Port({"status": "Rejected"}), sources=sources).play(page)
    assert keys == [("TC_X", 3, "records.command", "status")]
    assert (said(result, "warn"), result.warned[0].source) == (["3 records.command status: Rejected"], "a note")
