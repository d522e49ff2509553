"""The records port: requests, places, names and values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from harness.errors import OperatorError
from harness.operators.records import RecordsPort, port
from tests.operators.conftest import Make, Rest

TRANSACTION = {
    "transactionId": 7,
    "station": "CP-1",
    "connectorId": 1,
    "idTag": "CARD-1",
    "meterStart": 0,
    "startTimestamp": "2026-01-01T00:00:00Z",
    "status": "Ended",
    "meterStop": 10,
    "stopTimestamp": "2026-01-01T01:00:00Z",
    "reason": None,
    "stopIdTag": "CARD-1",
}


@asynccontextmanager
async def asking(
    make: Make, operator: dict[str, Any], records: dict[str, Any] | None = None
) -> AsyncIterator[RecordsPort]:
    """A records port that is closed at the end."""
    asked = port(make(operator, records))
    assert asked is not None
    try:
        yield asked
    finally:
        await asked.close()


def test_without_records_there_is_no_port(make: Make) -> None:
    assert port(make({"driver": "manual"})) is None
    assert port(make({"driver": "http", "preset": "payload", "base_url": "http://host"})) is None


async def test_the_reference_preset_reads_all_three(rest: Rest, make: Make) -> None:
    rest.answers["/api/transactions/7"] = (200, TRANSACTION)
    rest.answers["/api/stations/CP%201/connectors/1"] = (
        200,
        {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
    )
    rest.answers["/api/stations/CP%201/commands"] = (
        200,
        [{"action": "Reset", "response": {"status": "Rejected"}, "state": "answered"}],
    )
    table = {"driver": "http", "preset": "reference", "base_url": rest.url, "token": "tok"}
    async with asking(make, table) as records:
        assert await records.transaction("CP 1", 7) == {
            name: value for name, value in TRANSACTION.items() if name not in ("station", "stopIdTag")
        }
        assert await records.connector("CP 1", 1) == {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
        assert await records.command("CP 1", "Reset") == {"action": "Reset", "status": "Rejected"}
    assert [(request.method, request.path) for request in rest.requests] == [
        ("GET", "/api/transactions/7"),
        ("GET", "/api/stations/CP%201/connectors/1"),
        ("GET", "/api/stations/CP%201/commands?action=Reset&limit=1"),
    ]
    assert {request.headers["Authorization"] for request in rest.requests} == {"Bearer tok"}


async def test_the_reference_preset_reads_what_became_of_files(rest: Rest, make: Make) -> None:
    said = {"requestId": 13, "status": "Uploaded", "fileName": "s.log", "station": "CP 1", "file": None}
    rest.answers["/api/stations/CP%201/transfers"] = (200, [said, {"status": "older"}])
    async with asking(make, {"driver": "http", "preset": "reference", "base_url": rest.url}) as records:
        assert await records.firmware("CP 1") == {"status": "Uploaded"}
        assert await records.diagnostics("CP 1") == {"status": "Uploaded", "fileName": "s.log"}
        assert await records.signed_firmware("CP 1", 13) == {"requestId": 13, "status": "Uploaded"}
        assert await records.log("CP 1", 13) == {"requestId": 13, "status": "Uploaded", "fileName": "s.log"}
        rest.answers["/api/stations/CP%201/transfers"] = (200, [])
        assert await records.log("CP 1", 14) is None
    assert [request.path.partition("?")[2] for request in rest.requests] == [
        "action=UpdateFirmware&limit=1",
        "action=GetDiagnostics&limit=1",
        "action=SignedUpdateFirmware&requestId=13",
        "action=GetLog&requestId=13",
        "action=GetLog&requestId=14",
    ]


COMMANDS = [
    pytest.param({"state": "answered", "response": {"status": "Accepted"}}, "Accepted", id="status"),
    pytest.param({"state": "answered", "response": {"configurationKey": []}}, "Answered", id="no status in the answer"),
    pytest.param({"state": "error", "response": None, "errorCode": "InternalError"}, "CALLERROR", id="CALLERROR"),
    pytest.param({"state": "timeout", "response": None}, "Timeout", id="timeout"),
    pytest.param({"state": "sent"}, "sent", id="not yet"),
]


@pytest.mark.parametrize(("command", "status"), COMMANDS)
async def test_what_became_of_a_command(rest: Rest, make: Make, command: dict[str, Any], status: str) -> None:
    rest.answers["/api/stations/CP-1/commands"] = (200, [{"action": "Reset", **command}])
    async with asking(make, {"driver": "http", "preset": "reference", "base_url": rest.url}) as records:
        assert await records.command("CP-1", "Reset") == {"action": "Reset", "status": status}


async def test_names_and_values_of_another_csms(rest: Rest, make: Make) -> None:
    rest.answers["/sessions"] = (
        200,
        {
            "data": {
                "items": [
                    {
                        "no": 7,
                        "card": {"uid": "C"},
                        "phase": "DONE",
                        "meterStop": 5,
                        "open": False,
                        "stopTimestamp": None,
                    }
                ]
            }
        },
    )
    transaction = {
        "path": "/sessions?no={transactionId}",
        "root": "data.items[0]",
        "fields": {
            "transactionId": "no",
            "idTag": ["tag", "card.uid"],
            "status": "phase",
            "reason": "open",
            "meterStart": "start.meter",
        },
        "values": {"status": {"RUNNING": "Active", "DONE": "Ended"}},
    }
    async with asking(make, {"driver": "manual"}, {"base_url": rest.url, "transaction": transaction}) as records:
        assert await records.transaction("CP-1", 7) == {
            "transactionId": 7,
            "idTag": "C",
            "status": "Ended",
            "meterStart": None,
            "meterStop": 5,
            "reason": False,
            "stopTimestamp": None,
        }
        with pytest.raises(NotImplementedError):
            await records.connector("CP-1", 1)
        with pytest.raises(NotImplementedError):
            await records.command("CP-1", "Reset")


NOTHING = [
    pytest.param(404, b"no such thing", id="404"),
    pytest.param(404, {"detail": "unknown"}, id="404 with JSON"),
    pytest.param(200, [], id="empty"),
    pytest.param(200, {"0": 1}, id="no array"),
    pytest.param(200, None, id="null"),
]


@pytest.mark.parametrize(("status", "answer"), NOTHING)
async def test_no_record_is_none(rest: Rest, make: Make, status: int, answer: Any) -> None:
    rest.answers["/api/stations/CP-1/commands"] = (status, answer)
    async with asking(make, {"driver": "http", "preset": "reference", "base_url": rest.url}) as records:
        assert await records.command("CP-1", "Reset") is None


FAULTS = [
    pytest.param(500, b"boom", "expected a status from 200 to 299, received 500 boom", id="500"),
    pytest.param(200, b"<html>", "expected JSON, received 200 <html>", id="no JSON"),
]


@pytest.mark.parametrize(("status", "answer", "expected"), FAULTS)
async def test_a_fault_is_one_line(rest: Rest, make: Make, status: int, answer: bytes, expected: str) -> None:
    rest.answers["/api/stations/CP-1/connectors/1"] = (status, answer)
    async with asking(make, {"driver": "http", "preset": "reference", "base_url": rest.url}) as records:
        with pytest.raises(OperatorError, match=rf"^records\.connector: GET .*/connectors/1: {expected}$"):
            await records.connector("CP-1", 1)


async def test_nobody_there_is_one_line(make: Make) -> None:
    async with asking(make, {"driver": "http", "preset": "reference", "base_url": "http://127.0.0.1:1"}) as records:
        with pytest.raises(
            OperatorError, match=r"^records\.connector: .*: expected an answer, received connection refused$"
        ):
            await records.connector("CP-1", 1)
