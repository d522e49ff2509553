"""Frames that are wrong, calls that cross, handlers that fail, links that end."""

# mypy: disallow-untyped-decorators=False

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from ocpp.routing import after, on
from ocpp.v16 import call_result
from ocpp.v16.enums import Action

from reference_csms.app import Csms, Handlers
from reference_csms.connection import HANDLED_AT_ONCE
from reference_csms.errors import StoreFailed
from reference_csms.link import LinkClosed
from reference_csms.store.writer import Written
from tests.reference_csms.conftest import T0, Connect, Peer

START = {"connectorId": 1, "idTag": "CARD", "meterStart": 0, "timestamp": T0}


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("FooBar", {}, "NotImplemented"),
        ("authorize", {"idTag": "A"}, "NotImplemented"),
        ("Reset", {"type": "Hard"}, "NotSupported"),
        ("Authorize", {}, "OccurenceConstraintViolation"),
        ("MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": T0}]}, "OccurenceConstraintViolation"),
        ("Authorize", {"idTag": "A", "extra": 1}, "FormationViolation"),
        ("Authorize", {"idTag": "A" * 21}, "PropertyConstraintViolation"),
        ("StartTransaction", {**START, "timestamp": "yesterday"}, "PropertyConstraintViolation"),
        (
            "StatusNotification",
            {"connectorId": 1, "errorCode": "Odd", "status": "Faulted"},
            "PropertyConstraintViolation",
        ),
        ("Authorize", {"idTag": 5}, "TypeConstraintViolation"),
        ("StartTransaction", {**START, "meterStart": "0"}, "TypeConstraintViolation"),
    ],
)
async def test_a_call_that_cannot_be_served_gets_its_error_code(
    peer: Peer, action: str, payload: dict[str, Any], code: str
) -> None:
    kind, unique_id, error, description, details = await peer.asks(action, "x1", **payload)
    assert (kind, unique_id, error, details) == (4, "x1", code, {})
    assert description
    assert "currentTime" in await peer.calls("Heartbeat")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[2,"x1","Heartbeat"]', "ProtocolError"),
        ('[2,"x1","Heartbeat",{},{}]', "FormationViolation"),
        ('[2,"x1","Heartbeat",[]]', "FormationViolation"),
        ('[2,"x1",7,{}]', "FormationViolation"),
        (f'[2,"{"x" * 37}","Heartbeat",{{}}]', "FormationViolation"),
        (f'[2,"x1","Heartbeat",{{"a":{"9" * 5000}}}]', "FormationViolation"),
        ('[2,"x1","Heartbeat",{"a":1e400}]', "FormationViolation"),
        ('[2,"x1","Heartbeat",{"a":-1e400}]', "FormationViolation"),
        ('[2,"x1","DataTransfer",{"vendorId":"\\ud800"}]', "FormationViolation"),
        ('[2,"x1","\\udfff",{}]', "FormationViolation"),
        (f'[2,"x1","Heartbeat",{"[" * 5000}{"]" * 5000}]', "FormationViolation"),
    ],
)
async def test_a_malformed_call_with_an_id_is_answered(peer: Peer, text: str, code: str) -> None:
    await peer.sends(text)
    kind, unique_id, error, *_ = await peer.receives()
    assert (kind, error) == (4, code)
    assert unique_id in text
    assert "currentTime" in await peer.calls("Heartbeat")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        "[]",
        "null",
        '[5,"x1","y",{}]',
        '[2,7,"Heartbeat",{}]',
        '["2","x1","Heartbeat",{}]',
        '[3,"unknown",{}]',
        '[4,"unknown","GenericError","",{}]',
        '[3,"x"]',
        '[2,"\\ud800","Heartbeat",{}]',
        '[3,"x",{"a":1e400}]',
        "[" * 5000,
        b"\xff\xfe",
    ],
)
async def test_what_is_no_call_is_ignored_and_logged(
    peer: Peer, caplog: pytest.LogCaptureFixture, text: str | bytes
) -> None:
    caplog.set_level(logging.INFO)
    await peer.sends(text)
    assert "currentTime" in await peer.calls("Heartbeat")
    assert any("CP: OCPPJ-" in message for message in caplog.messages)


async def test_a_null_payload_is_an_empty_one(peer: Peer) -> None:
    await peer.sends('[2,"x1","Heartbeat",null]')
    assert (await peer.receives())[:2] == [3, "x1"]


async def test_frames_are_kept_as_they_were_up_to_a_limit(csms: Csms, peer: Peer) -> None:
    await peer.sends(' [ 2,"x1","Heartbeat", {} ]')
    await peer.receives()
    frames = csms.stations.all()[0].frames
    assert [direction for _, direction, _ in frames] == ["received", "sent"] * 2
    assert frames[2][2] == ' [ 2,"x1","Heartbeat", {} ]'
    for _ in range(csms.settings.frames):
        await peer.calls("Heartbeat")
    assert len(frames) == csms.settings.frames


@pytest.fixture
def handlers(csms: Csms) -> Callable[[type], None]:
    """Puts another handler class in the place of ours."""
    return lambda replacement: setattr(csms, "handlers", replacement)


class Broken(Handlers):
    """Raises, or returns nonsense."""

    @on(Action.heartbeat)
    def on_heartbeat(self) -> call_result.Heartbeat:
        raise ZeroDivisionError

    @on(Action.authorize)
    async def on_authorize(self, id_tag: str) -> call_result.Authorize:
        raise ZeroDivisionError

    @on(Action.data_transfer)
    def on_data_transfer(self, vendor_id: str, **more: Any) -> call_result.DataTransfer:
        return call_result.DataTransfer("Perhaps")

    @on(Action.meter_values)
    async def on_meter_values(self, **values: Any) -> call_result.MeterValues:
        raise asyncio.CancelledError

    @on(Action.status_notification)
    def on_status_notification(self, **status: Any) -> None:
        return None


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("Heartbeat", {}),
        ("Authorize", {"idTag": "A"}),
        ("DataTransfer", {"vendorId": "v"}),
        ("MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": T0, "sampledValue": [{"value": "1"}]}]}),
        ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}),
    ],
)
async def test_a_handler_that_fails_is_an_internal_error(
    handlers: Callable[[type], None],
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    action: str,
    payload: dict[str, Any],
) -> None:
    handlers(Broken)
    peer = await connect()
    assert (await peer.asks(action, "x1", **payload))[:3] == [4, "x1", "InternalError"]
    assert f"CP: {action} was not handled" in caplog.messages
    assert "idTagInfo" in await peer.starts()


async def test_what_is_not_stored_is_not_confirmed(csms: Csms, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(write: object) -> Written:
        written = Written()
        written.settle(StoreFailed("disk full"))
        return written

    with monkeypatch.context() as patch:
        patch.setattr(csms.store.writer, "write", refuse)
        assert (await peer.asks("StartTransaction", "x1", **START))[1:4] == ["x1", "InternalError", "disk full"]
    assert (await peer.starts())["idTagInfo"] == {"status": "Accepted"}


class Slow(Handlers):
    """Waits until it is let go; notes what follows."""

    go: asyncio.Event
    done: list[str]

    @on(Action.data_transfer)
    async def on_data_transfer(self, vendor_id: str, **more: Any) -> call_result.DataTransfer:
        await self.go.wait()
        return call_result.DataTransfer("Accepted")

    @after(Action.data_transfer)
    async def after_data_transfer(self, vendor_id: str, **more: Any) -> None:
        self.done.append(vendor_id)
        raise ZeroDivisionError


@pytest.fixture
async def slow(handlers: Callable[[type], None]) -> type[Slow]:
    Slow.go, Slow.done = asyncio.Event(), []
    handlers(Slow)
    return Slow


async def test_frames_are_read_while_a_handler_waits(slow: type[Slow], connect: Connect) -> None:
    peer = await connect()
    await peer.sends(2, "slow", "DataTransfer", {"vendorId": "v"})
    assert "currentTime" in await peer.calls("Heartbeat")
    await peer.sends(2, "slow", "Heartbeat", {})
    assert (await peer.receives())[:3] == [4, "slow", "GenericError"]
    slow.go.set()
    assert await peer.receives() == [3, "slow", {"status": "Accepted"}]
    assert (await peer.asks("Heartbeat", "slow"))[0] == 3


async def test_what_follows_an_answer_follows_it(
    slow: type[Slow], connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    slow.go.set()
    peer = await connect()
    assert await peer.calls("DataTransfer", vendorId="v") == {"status": "Accepted"}
    await peer.leaves()
    assert slow.done == ["v"]
    assert "CP: what follows DataTransfer failed" in caplog.messages


async def test_a_station_that_does_not_wait_is_read_no_further(slow: type[Slow], connect: Connect) -> None:
    peer = await connect()
    for number in range(HANDLED_AT_ONCE):
        await peer.sends(2, f"slow{number}", "DataTransfer", {"vendorId": "v"})
    await peer.sends(2, "x1", "Heartbeat", {})
    for _ in range(3 * HANDLED_AT_ONCE):
        await asyncio.sleep(0)
    assert peer.link._inbox.empty()
    slow.go.set()
    answered = {(await peer.receives())[1] for _ in range(HANDLED_AT_ONCE + 1)}
    assert len(answered) == HANDLED_AT_ONCE + 1


async def test_an_answer_to_a_link_that_ended_is_dropped(slow: type[Slow], connect: Connect) -> None:
    peer = await connect()
    await peer.sends(2, "slow", "DataTransfer", {"vendorId": "v"})
    await peer.link.close()
    for _ in range(5):
        await asyncio.sleep(0)
    slow.go.set()
    await peer.served
    assert slow.done == ["v"]


async def test_a_second_connection_replaces_the_first(csms: Csms, connect: Connect, peer: Peer) -> None:
    command = await csms.commands.clear_cache("CP")
    second = await connect(boot=False)
    await peer.served
    assert (await peer.receives())[2] == "ClearCache"
    with pytest.raises(LinkClosed):
        await peer.receives()
    assert (await command.ended()).state == "not_connected"
    assert csms.connected("CP")
    assert "currentTime" in await second.calls("Heartbeat")
    again = await csms.commands.clear_cache("CP")
    assert (await second.answers({"status": "Accepted"}))[2] == "ClearCache"
    assert (await again.ended()).state == "answered"
    await second.leaves()
    assert not csms.connected("CP")
    assert csms.store.reads.stations()[0].last_seen == "2024-05-01T12:00:00.000Z"
