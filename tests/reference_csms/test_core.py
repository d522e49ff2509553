"""What stations are answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reference_csms.app import Csms
from reference_csms.domain.cards import Card, CardStatus
from reference_csms.settings import Settings
from reference_csms.store.database import inline_store
from tests.reference_csms.conftest import BOOT, T0, Connect, FakeClock, Peer

ACCEPTED = {"idTagInfo": {"status": "Accepted"}}


@pytest.mark.parametrize("registration", ["Accepted", "Pending", "Rejected"])
async def test_boot_is_answered_as_set_for_the_station(csms: Csms, connect: Connect, registration: str) -> None:
    await csms.stations.put(csms.stations.all()[0], registration=registration, heartbeat_interval=7)
    peer = await connect(boot=False)
    answer = await peer.calls("BootNotification", **BOOT)
    assert answer == {"status": registration, "interval": 7, "currentTime": "2024-05-01T12:00:00.000Z"}


async def test_boot_carries_the_default_interval_and_is_kept(csms: Csms, connect: Connect) -> None:
    peer = await connect(boot=False)
    answer = await peer.calls("BootNotification", **BOOT, firmwareVersion="1.2")
    assert answer["interval"] == 300
    (station,) = csms.store.reads.stations()
    assert station.boot == {**BOOT, "firmwareVersion": "1.2"}
    assert (station.boot_status, station.booted_at) == ("Accepted", "2024-05-01T12:00:00.000Z")


@pytest.mark.parametrize("registration", [None, "Pending", "Rejected"])
async def test_calls_before_acceptance_are_security_errors(
    csms: Csms, connect: Connect, registration: str | None
) -> None:
    if registration is not None:
        await csms.stations.put(csms.stations.all()[0], registration=registration)
    peer = await connect(boot=registration is not None)
    assert (await peer.asks("Heartbeat"))[2] == "SecurityError"
    assert (await peer.asks("Nonsense"))[2] == "SecurityError"


async def test_a_station_that_was_accepted_reconnects_without_boot(connect: Connect, peer: Peer) -> None:
    await peer.leaves()
    again = await connect(boot=False)
    assert "currentTime" in await again.calls("Heartbeat")


async def test_heartbeat_tells_the_time(peer: Peer, clock: FakeClock) -> None:
    clock.move(milliseconds=1500)
    assert await peer.calls("Heartbeat") == {"currentTime": "2024-05-01T12:00:01.500Z"}


@pytest.mark.parametrize("status", ["Accepted", "Blocked", "Expired", "Invalid"])
async def test_authorize_tells_the_status_of_a_card(csms: Csms, peer: Peer, status: CardStatus) -> None:
    await csms.cards.put(Card("TagOne", status))
    assert await peer.calls("Authorize", idTag="tAGoNE") == {"idTagInfo": {"status": status}}


async def test_authorize_tells_parent_and_expiry(csms: Csms, peer: Peer, clock: FakeClock) -> None:
    await csms.cards.put(Card("CHILD", expiry_date=clock.now() + timedelta(days=1), parent_id_tag="FAMILY"))
    info = (await peer.calls("Authorize", idTag="CHILD"))["idTagInfo"]
    assert info == {"status": "Accepted", "parentIdTag": "FAMILY", "expiryDate": "2024-05-02T12:00:00.000Z"}
    clock.move(days=1)
    assert (await peer.calls("Authorize", idTag="CHILD"))["idTagInfo"]["status"] == "Expired"


async def test_authorize_never_tells_concurrent_use(peer: Peer) -> None:
    await peer.starts()
    assert await peer.calls("Authorize", idTag="CARD") == ACCEPTED


async def test_an_unknown_card_is_invalid(peer: Peer) -> None:
    assert await peer.calls("Authorize", idTag="NOBODY") == {"idTagInfo": {"status": "Invalid"}}


async def test_status_is_kept_per_connector(csms: Csms, peer: Peer, clock: FakeClock) -> None:
    for connector in (0, 1):
        assert (
            await peer.calls("StatusNotification", connectorId=connector, errorCode="NoError", status="Available") == {}
        )
    await peer.calls(
        "StatusNotification",
        connectorId=1,
        errorCode="OtherError",
        status="Faulted",
        timestamp=T0,
        vendorId="v",
        info="i",
    )
    (station,) = csms.store.reads.stations()
    assert station.connectors[0].timestamp == "2024-05-01T12:00:00.000Z"
    assert station.connectors[1].fields() == {
        "connectorId": 1,
        "status": "Faulted",
        "errorCode": "OtherError",
        "timestamp": T0,
        "info": "i",
        "vendorId": "v",
        "vendorErrorCode": None,
    }
    assert station.connectors == csms.stations.all()[0].connectors


async def test_meter_values_are_kept_as_sent_and_read_with_defaults(csms: Csms, peer: Peer) -> None:
    transaction = (await peer.starts())["transactionId"]
    values = [
        {"value": "5"},
        {"value": "230", "measurand": "Voltage", "context": "Sample.Clock", "phase": "L1"},
        {"value": "1", "unit": "kWh"},
    ]
    sent = [{"timestamp": "2024-05-01T10:00:00+02:00", "sampledValue": values}]
    assert await peer.calls("MeterValues", connectorId=1, transactionId=transaction, meterValue=sent) == {}
    first, second, third = csms.store.reads.meter_values(transaction)
    assert (first["measurand"], first["unit"], first["context"]) == (
        "Energy.Active.Import.Register",
        "Wh",
        "Sample.Periodic",
    )
    assert (first["format"], first["location"], first["timestamp"]) == ("Raw", "Outlet", "2024-05-01T10:00:00+02:00")
    assert (second["measurand"], second["context"], second["phase"]) == ("Voltage", "Sample.Clock", "L1")
    assert "unit" not in second
    assert third["unit"] == "kWh"


async def test_meter_values_without_or_with_an_unknown_transaction_are_answered(csms: Csms, peer: Peer) -> None:
    sent = [{"timestamp": T0, "sampledValue": [{"value": "-1", "unit": "Celcius"}]}]
    assert await peer.calls("MeterValues", connectorId=0, meterValue=sent) == {}
    assert await peer.calls("MeterValues", connectorId=1, transactionId=-1, meterValue=sent) == {}
    assert csms.store.reads.meter_values(-1)[0]["unit"] == "Celcius"


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        ({"vendorId": "unknown"}, "UnknownVendorId"),
        ({"vendorId": "any"}, "Accepted"),
        ({"vendorId": "any", "messageId": "x", "data": "d"}, "Accepted"),
        ({"vendorId": "some", "messageId": "hello"}, "Accepted"),
        ({"vendorId": "some", "messageId": "x"}, "UnknownMessageId"),
        ({"vendorId": "some"}, "UnknownMessageId"),
    ],
)
async def test_data_transfer(connect: Connect, clock: FakeClock, payload: dict[str, str], status: str) -> None:
    vendors = {"any": frozenset[str](), "some": frozenset({"hello"})}
    csms = Csms(inline_store(), clock, Settings(vendors=vendors))
    peer = await connect(to=csms)
    assert await peer.calls("DataTransfer", **payload) == {"status": status}
    await csms.close()


async def test_thousands_of_queued_messages_are_all_answered_in_order(csms: Csms, peer: Peer) -> None:
    count = 2000
    for number in range(count):
        sent = [{"timestamp": T0, "sampledValue": [{"value": f"{number}"}]}]
        payload = {"connectorId": 1, "transactionId": 5, "meterValue": sent}
        await peer.sends(2, f"m{number}", "MeterValues", payload)
    answers = [await peer.receives() for _ in range(count)]
    assert answers == [[3, f"m{number}", {}] for number in range(count)]
    assert len(csms.store.reads.meter_values(5)) == count
