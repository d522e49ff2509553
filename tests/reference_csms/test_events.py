"""Events for whoever listens."""

from __future__ import annotations

from typing import Any

import pytest

from reference_csms import events
from reference_csms.app import Csms
from reference_csms.events import Listener
from tests.reference_csms.conftest import T0, Connect


async def heard(csms: Csms, listener: Listener) -> list[dict[str, Any]]:
    csms.events.close()
    return [event async for event in listener]


async def test_what_happens_is_told(csms: Csms, connect: Connect) -> None:
    listener = csms.events.listen()
    peer = await connect()
    await peer.calls("StatusNotification", connectorId=1, errorCode="NoError", status="Preparing")
    transaction = (await peer.starts())["transactionId"]
    await peer.starts()
    values = [{"timestamp": T0, "sampledValue": [{"value": "1"}]}]
    await peer.calls("MeterValues", connectorId=1, transactionId=transaction, meterValue=values)
    await peer.calls("StopTransaction", transactionId=transaction, meterStop=2, timestamp=T0)
    command = await csms.commands.clear_cache("CP")
    await peer.answers({"status": "Accepted"})
    await command.ended()
    await peer.leaves()
    told = [event for event in await heard(csms, listener) if event["event"] != "frame"]
    assert [event["event"] for event in told] == [
        "connected",
        "booted",
        "status",
        "transaction_started",
        "meter_values",
        "transaction_stopped",
        "command_ended",
        "disconnected",
    ]
    assert {event["station"] for event in told} == {"CP"}
    assert (told[2]["status"], told[3]["idTagStatus"], told[4]["meterValue"]) == ("Preparing", "Accepted", values)
    assert (told[5]["outcome"], told[6]["state"]) == ("ended", "answered")


async def test_frames_are_told_as_they_were(csms: Csms, connect: Connect) -> None:
    peer = await connect()
    listener = csms.events.listen()
    await peer.sends('[2, "x", "Heartbeat", {}]')
    await peer.receives()
    await peer.sends(b"\xff")
    await peer.calls("Heartbeat")
    frames = [event for event in await heard(csms, listener) if event["event"] == "frame"]
    assert (frames[0]["direction"], frames[0]["text"]) == ("received", '[2, "x", "Heartbeat", {}]')
    assert (frames[1]["direction"], frames[2]["text"]) == ("sent", "\\xff")


async def test_nobody_listens_any_more_after_leaving(csms: Csms) -> None:
    listener = csms.events.listen()
    assert csms.events.wanted
    csms.events.leave(listener)
    assert not csms.events.wanted


async def test_a_slow_listener_loses_the_oldest_and_is_told(csms: Csms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HELD", 3)
    slow, quick = csms.events.listen(), csms.events.listen()
    for number in range(5):
        csms.events.publish("status", "CP", {"n": number})
    assert [event.get("n", event.get("count")) for event in await heard(csms, slow)] == [2, 2, 3, 4]
    assert (await anext(aiter(quick)))["event"] == "lost"
