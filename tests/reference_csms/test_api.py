"""The REST API."""

from __future__ import annotations

import asyncio
from html import escape
from typing import Any

import orjson
import pytest
from httpx import AsyncClient

from reference_csms.app import Csms
from reference_csms.commands.commands import Command
from tests.reference_csms.conftest import T0, Peer, until

COMMAND = "/api/stations/CP/commands"


async def test_health_needs_no_token(api: AsyncClient, peer: Peer) -> None:
    del api.headers["Authorization"]
    assert (await api.get("/api/health")).json() == {"status": "ok", "connected": 1}


@pytest.mark.parametrize(("header", "received"), [(None, "none"), ("Bearer other", "another"), ("Basic eDp5", "none")])
async def test_everything_else_needs_the_token(api: AsyncClient, header: str | None, received: str) -> None:
    del api.headers["Authorization"]
    paths = (await api.get("/openapi.json")).json()["paths"]
    routes = [(method, path) for path, methods in paths.items() for method in methods if path != "/api/health"]
    assert len(routes) > 60
    for method, path in routes:
        answer = await api.request(method, path, headers={} if header is None else {"Authorization": header})
        assert answer.status_code == 401, path
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json() == {
            "detail": f"Authorization: expected the bearer token of this server, received {received}"
        }


async def test_every_route_says_what_it_does_and_the_root_page_lists_it(api: AsyncClient) -> None:
    del api.headers["Authorization"]
    paths = (await api.get("/openapi.json")).json()["paths"]
    page = (await api.get("/")).text
    assert "://" not in page
    for path, methods in paths.items():
        assert path in page
        for method in methods.values():
            assert escape(method["summary"]) in page


async def test_stations_are_registered_changed_and_forgotten(api: AsyncClient, csms: Csms) -> None:
    made = await api.put("/api/stations/CP%202", json={"registration": "Pending", "password": "secret"})
    assert made.status_code == 200
    assert made.json() == {
        "station": "CP 2",
        "connected": False,
        "connectedSince": None,
        "lastSeen": None,
        "registration": "Pending",
        "bootStatus": None,
        "bootedAt": None,
        "boot": None,
        "heartbeatInterval": 300,
        "hasPassword": True,
        "securityProfile": None,
        "pendingProfile": None,
        "serialNumber": None,
        "running": [],
    }
    changed = (await api.put("/api/stations/CP%202", json={"heartbeatInterval": 60})).json()
    assert (changed["registration"], changed["heartbeatInterval"], changed["hasPassword"]) == ("Pending", 60, True)
    changed = (await api.put("/api/stations/CP%202", json={"heartbeatInterval": None, "password": None})).json()
    assert (changed["heartbeatInterval"], changed["hasPassword"]) == (300, False)
    assert [station["station"] for station in (await api.get("/api/stations")).json()] == ["CP", "CP 2"]
    assert [station.registration for station in csms.store.reads.stations()] == ["Accepted", "Pending"]
    assert (await api.delete("/api/stations/CP%202")).status_code == 204
    assert (await api.get("/api/stations/CP%202")).status_code == 404


async def test_a_forgotten_station_is_disconnected(api: AsyncClient, csms: Csms, peer: Peer) -> None:
    shown = (await api.get("/api/stations/CP")).json()
    assert (shown["connected"], shown["bootStatus"]) == (True, "Accepted")
    assert (shown["lastSeen"], shown["connectedSince"]) == ("2024-05-01T12:00:00.000Z",) * 2
    assert (await api.delete("/api/stations/CP")).status_code == 204
    await peer.served
    assert csms.store.reads.stations() == []


async def test_cards(api: AsyncClient) -> None:
    card = {"status": "Accepted", "expiryDate": "2030-01-01T00:00:00Z", "parentIdTag": "P", "concurrentTx": True}
    assert (await api.put("/api/cards/a%2Fb", json=card)).json() == {"idTag": "a/b", **card}
    assert (await api.get("/api/cards/A%2FB")).json() == {"idTag": "a/b", **card}
    assert (await api.put("/api/cards/a%2Fb", json={"status": "Blocked"})).json()["concurrentTx"] is False
    assert [card["idTag"] for card in (await api.get("/api/cards")).json()] == ["a/b", "CARD"]
    assert (await api.delete("/api/cards/a%2Fb")).status_code == 204
    assert (await api.delete("/api/cards/a%2Fb")).json() == {
        "detail": "a/b: expected a known card, received an unknown idTag"
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("PUT", "/api/cards/A", {"status": "Fine"}, 422, "status: Input should be 'Accepted', 'Blocked', 'Expired'"),
        ("PUT", f"/api/cards/{'A' * 21}", {}, 422, "path.idTag: String should have at most 20 characters"),
        ("PUT", "/api/cards/A", {"state": 1}, 422, "state: Extra inputs are not permitted, received 1"),
        ("PUT", "/api/stations/CP", {"heartbeatInterval": 0}, 422, "heartbeatInterval: Input should be greater"),
        ("PUT", "/api/stations/CP", {"registration": None}, 422, "registration: Input should be"),
        ("POST", f"{COMMAND}/reset", {"type": "Hard"}, 409, "CP: expected a connected station, it has no connection"),
        ("POST", "/api/stations/NO/commands/clear-cache", {}, 404, "NO: expected a registered station"),
        ("POST", f"{COMMAND}/reset", {"type": "Warm"}, 422, "type: Input should be 'Hard' or 'Soft', received 'Warm'"),
        ("POST", f"{COMMAND}/unlock", {"connectorId": 0}, 422, "UnlockConnector connectorId: expected at least 1"),
        ("POST", f"{COMMAND}/remote-stop", {}, 422, "transactionId: Field required, received {}"),
        ("GET", "/api/stations/NO", None, 404, "NO: expected a registered station, received an unknown identity"),
        ("GET", "/api/stations/CP/connectors/1", None, 404, "CP: expected a connector that has sent a status"),
        ("GET", "/api/transactions/5", None, 404, "5: expected the id of a transaction, received an unknown one"),
        ("GET", "/api/commands/5", None, 404, "5: expected the id of a command, received an unknown one"),
        ("GET", "/api/transactions?active=perhaps", None, 422, "query.active: Input should be a valid boolean"),
    ],
)
async def test_errors_are_one_line(
    api: AsyncClient, method: str, path: str, body: Any, status: int, detail: str
) -> None:
    answer = await api.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(detail)
    assert "\n" not in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "body", "action", "payload"),
    [
        ("remote-start", {"idTag": "CARD", "connectorId": 1}, "RemoteStartTransaction", None),
        ("remote-start", {"idTag": "CARD"}, "RemoteStartTransaction", None),
        ("remote-stop", {"transactionId": 5}, "RemoteStopTransaction", None),
        ("reset", {"type": "Soft"}, "Reset", None),
        ("unlock", {"connectorId": 99}, "UnlockConnector", None),
        ("get-configuration", {"keys": ["A"]}, "GetConfiguration", {"key": ["A"]}),
        ("get-configuration", {}, "GetConfiguration", {}),
        ("change-configuration", {"key": "A", "value": "-1"}, "ChangeConfiguration", None),
        ("change-configuration", {"key": "A", "value": 60}, "ChangeConfiguration", {"key": "A", "value": "60"}),
        ("change-configuration", {"key": "A", "value": True}, "ChangeConfiguration", {"key": "A", "value": "true"}),
        ("change-availability", {"connectorId": 0, "type": "Operative"}, "ChangeAvailability", None),
        ("clear-cache", {}, "ClearCache", None),
        ("clear-cache", None, "ClearCache", {}),
        ("data-transfer", {"vendorId": "v", "messageId": "m", "data": "d"}, "DataTransfer", None),
    ],
)
async def test_an_intent_is_sent_and_its_answer_shown(
    api: AsyncClient, peer: Peer, name: str, body: Any, action: str, payload: Any
) -> None:
    asking = asyncio.create_task(api.post(f"{COMMAND}/{name}?wait=5", json=body))
    call = await peer.answers({"status": "Rejected"} if action != "GetConfiguration" else {"unknownKey": ["A"]})
    assert call[2:] == [action, body if payload is None else payload]
    answer = await asking
    shown = answer.json()
    assert answer.status_code == 200
    assert (shown["action"], shown["request"], shown["errorCode"]) == (action, call[3], None)
    assert shown["state"] in {"answered", "invalid"}
    if shown["state"] == "invalid":
        assert action in {"UnlockConnector", "ClearCache", "DataTransfer"}
    assert (await api.get(f"/api/commands/{shown['id']}")).json() == shown
    assert (await api.get(f"/api/stations/CP/commands?action={action}&limit=1")).json() == [shown]
    assert (await api.get("/api/stations/CP/commands?action=Other")).json() == []


async def test_a_command_is_not_waited_for_unless_asked(api: AsyncClient, peer: Peer) -> None:
    first = await api.post(f"{COMMAND}/clear-cache")
    second = await api.post(f"{COMMAND}/clear-cache?wait=0.001")
    assert (first.status_code, first.json()["state"]) == (202, "sent")
    assert (second.status_code, second.json()["state"]) == (202, "queued")
    await peer.answers({"status": "Accepted"})
    await peer.answers({"status": "Accepted"})
    await peer.calls("Heartbeat")
    shown = (await api.get(f"/api/commands/{second.json()['id']}")).json()
    assert shown["state"] == "answered"


async def test_an_order_comes_after_what_the_station_has_just_answered(
    api: AsyncClient, csms: Csms, peer: Peer
) -> None:
    recorded = asyncio.Event()

    async def slowly(_command: Command) -> None:
        await recorded.wait()

    csms.commands._followers["GetConfiguration"].insert(0, slowly)
    await api.post(f"{COMMAND}/get-configuration", json={})
    told = [{"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "1"}]
    await peer.answers({"configurationKey": told})
    assert "currentTime" in await peer.calls("Heartbeat")
    profile = {
        "stackLevel": 2,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}]},
    }
    body = {"connectorId": 1, "csChargingProfiles": profile}
    posting = asyncio.create_task(api.post(f"{COMMAND}/set-charging-profile", json=body))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not posting.done()
    recorded.set()
    answer = await posting
    assert (answer.status_code, "ChargeProfileMaxStackLevel" in answer.text) == (409, True)


async def test_a_time_out_and_a_call_error_are_shown(api: AsyncClient, peer: Peer) -> None:
    answer = await api.post(f"{COMMAND}/reset?wait=5", json={"type": "Hard"})
    assert (answer.status_code, answer.json()["state"]) == (200, "timeout")
    await peer.receives()
    asking = asyncio.create_task(api.post(f"{COMMAND}/reset?wait=5", json={"type": "Hard"}))
    await peer.sends(4, (await peer.receives())[1], "NotSupported", "no", {})
    shown = (await asking).json()
    assert (shown["state"], shown["errorCode"], shown["errorDescription"]) == ("error", "NotSupported", "no")


async def test_records(api: AsyncClient, peer: Peer) -> None:
    transaction = (await peer.starts())["transactionId"]
    values = [{"timestamp": T0, "sampledValue": [{"value": "1"}]}]
    await peer.calls("MeterValues", connectorId=1, transactionId=transaction, meterValue=values)
    await peer.calls("StatusNotification", connectorId=1, errorCode="NoError", status="Charging")
    (shown,) = (await api.get("/api/transactions?station=CP&active=true")).json()
    assert (shown["transactionId"], shown["status"], shown["idTag"]) == (transaction, "Active", "CARD")
    await peer.calls("StopTransaction", transactionId=transaction, meterStop=2, timestamp=T0)
    await peer.calls("StopTransaction", transactionId=4711, meterStop=2, timestamp=T0)
    assert (await api.get("/api/transactions?active=true")).json() == []
    assert (await api.get("/api/transactions?active=false")).json()[0]["transactionId"] == transaction
    assert (await api.get(f"/api/transactions/{transaction}")).json()["status"] == "Ended"
    assert (await api.get(f"/api/transactions/{transaction}/meter-values")).json()[0]["value"] == "1"
    assert (await api.get("/api/orphan-stops?station=CP")).json()[0]["transactionId"] == 4711
    (connector,) = (await api.get("/api/stations/CP/connectors")).json()
    assert (await api.get("/api/stations/CP/connectors/1")).json() == connector
    assert (connector["connectorId"], connector["status"], connector["errorCode"]) == (1, "Charging", "NoError")
    frames = (await api.get("/api/stations/CP/messages?limit=2")).json()
    assert [frame["direction"] for frame in frames] == ["received", "sent"]
    assert orjson.loads(frames[0]["text"])[3]["transactionId"] == 4711


async def test_events_are_streamed_and_filtered(api: AsyncClient, csms: Csms, peer: Peer) -> None:
    async def stream() -> list[str]:
        answer = await api.get("/api/events?station=CP&kind=status")
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [block for block in answer.text.split("\n\n") if not block.startswith(":")]

    streaming = asyncio.create_task(stream())
    await until(lambda: csms.events.wanted)
    await peer.calls("StatusNotification", connectorId=1, errorCode="NoError", status="Charging")
    csms.events.publish("status", "OTHER", {})
    csms.events.close()
    (block, end) = await streaming
    assert end == ""
    event, data = block.split("\n")
    assert event == "event: status"
    assert orjson.loads(data.removeprefix("data: "))["status"] == "Charging"
    assert not csms.events.wanted


async def test_a_transaction_id_that_ocpp_cannot_write_is_refused(api: AsyncClient) -> None:
    for path in ("", "/meter-values"):
        assert (await api.get(f"/api/transactions/{10**22}{path}")).status_code == 422
