"""Triggers: which are sent, and what a station that waits for its registration may send because of one."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient

from ocppj.schemas import schema
from reference_csms.app import Csms
from reference_csms.errors import InvalidIntent, NotAllowedNow
from tests.reference_csms.conftest import BOOT, Connect, Peer

ACTIONS = {"trigger": "TriggerMessage", "extended_trigger": "ExtendedTriggerMessage"}
ACCEPTED = {"status": "Accepted"}


def messages(action: str) -> list[str]:
    described = schema(action, "req")
    field = described["properties"]["requestedMessage"]
    name = field.get("$ref", "").rpartition("/")[2]
    found: list[str] = (described["definitions"][name] if name else field)["enum"]
    return found


ALL = [(name, message) for name, action in ACTIONS.items() for message in messages(action)]


async def ask(csms: Csms, name: str, message: str, connector: int | None = None) -> None:
    await getattr(csms.triggers, name)("CP", requestedMessage=message, connectorId=connector)


@pytest.mark.parametrize(("name", "message"), [each for each in ALL if each[1] != "BootNotification"])
async def test_each_message_can_be_asked_for(csms: Csms, peer: Peer, name: str, message: str) -> None:
    await ask(csms, name, message)
    assert (await peer.answers(ACCEPTED))[2:] == [ACTIONS[name], {"requestedMessage": message}]


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("message", ["MeterValues", "StatusNotification"])
async def test_of_one_connector(csms: Csms, peer: Peer, name: str, message: str) -> None:
    await ask(csms, name, message, 2)
    assert (await peer.answers(ACCEPTED))[3] == {"requestedMessage": message, "connectorId": 2}


@pytest.mark.parametrize(
    ("name", "message", "connector", "line"),
    [
        (
            "trigger",
            "StatusNotification",
            0,
            "TriggerMessage connectorId: expected at least 1, received 0 (OCPP 1.6 §6.51)",
        ),
        (
            "extended_trigger",
            "MeterValues",
            -1,
            "ExtendedTriggerMessage connectorId: expected at least 1, received -1 (security whitepaper §5.5)",
        ),
        (
            "trigger",
            "Heartbeat",
            1,
            "TriggerMessage connectorId: expected none with Heartbeat, received 1 (OCPP 1.6 §6.51)",
        ),
    ],
)
async def test_what_ocpp_does_not_allow_is_refused_with_the_rule(
    csms: Csms, peer: Peer, name: str, message: str, connector: int, line: str
) -> None:
    with pytest.raises(InvalidIntent) as caught:
        await ask(csms, name, message, connector)
    assert str(caught.value) == line


@pytest.mark.parametrize(
    ("name", "message"), [("trigger", "StartTransaction"), ("extended_trigger", "DiagnosticsStatusNotification")]
)
async def test_what_cannot_be_triggered_is_refused(csms: Csms, peer: Peer, name: str, message: str) -> None:
    with pytest.raises(InvalidIntent, match=f"{ACTIONS[name]} requestedMessage: "):
        await ask(csms, name, message)


@pytest.mark.parametrize("name", ACTIONS)
async def test_a_boot_is_triggered_only_before_the_station_is_accepted(csms: Csms, connect: Connect, name: str) -> None:
    station = csms.stations.get("CP")
    assert station is not None
    station.registration = "Pending"
    peer = await connect()
    await ask(csms, name, "BootNotification")
    await peer.answers(ACCEPTED)
    station.registration = "Accepted"
    await peer.calls("BootNotification", **BOOT)
    with pytest.raises(NotAllowedNow, match=r"errata v4.0 §3.40"):
        await ask(csms, name, "BootNotification")


REPORT: dict[str, Any] = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


async def test_a_pending_station_may_send_what_it_was_asked_for_and_nothing_else(csms: Csms, connect: Connect) -> None:
    station = csms.stations.get("CP")
    assert station is not None
    station.registration = "Pending"
    peer = await connect()
    assert (await peer.asks("StatusNotification", **REPORT))[2] == "SecurityError"
    await ask(csms, "trigger", "StatusNotification", 1)
    await peer.answers(ACCEPTED)
    assert await peer.calls("StatusNotification", **REPORT) == {}
    assert (await peer.asks("Heartbeat"))[2] == "SecurityError"
    await peer.calls("BootNotification", **BOOT)
    assert (await peer.asks("StatusNotification", **REPORT))[2] == "SecurityError"


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("SignChargePointCertificate", "SignCertificate"),
        ("FirmwareStatusNotification", "SignedFirmwareStatusNotification"),
        ("LogStatusNotification", "LogStatusNotification"),
    ],
)
async def test_the_message_is_not_always_called_like_its_trigger(
    csms: Csms, peer: Peer, message: str, action: str
) -> None:
    await ask(csms, "extended_trigger", message)
    station = csms.stations.get("CP")
    assert station is not None
    assert station.triggered == {action}


async def test_the_api_knows_every_message_of_the_schemas(csms: Csms, peer: Peer, api: AsyncClient) -> None:
    schemas = (await api.get("/openapi.json")).json()["components"]["schemas"]
    for name, action in (("TriggerIn", "TriggerMessage"), ("ExtendedTriggerIn", "ExtendedTriggerMessage")):
        assert sorted(schemas[name]["properties"]["requestedMessage"]["enum"]) == sorted(messages(action))
    commands = "/api/stations/CP/commands"
    for path, action in (("trigger", "TriggerMessage"), ("extended-trigger", "ExtendedTriggerMessage")):
        body = {"requestedMessage": "MeterValues", "connectorId": 1}
        assert (await api.post(f"{commands}/{path}", json=body)).status_code == 202
        assert (await peer.answers(ACCEPTED))[2:] == [action, body]
        assert (await api.post(f"{commands}/{path}", json={**body, "connectorId": 0})).status_code == 422
        assert (await api.post(f"{commands}/{path}", json={"requestedMessage": "Odd"})).status_code == 422
    assert (await api.post(f"{commands}/trigger", json={"requestedMessage": "BootNotification"})).status_code == 409
