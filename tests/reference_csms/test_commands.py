"""Commands: what is sent, when, and what is recorded."""

from __future__ import annotations

from typing import Any

import pytest

from ocppj.schemas import violations
from reference_csms.app import Csms
from reference_csms.commands.commands import Command
from reference_csms.errors import InvalidIntent, NotAllowedNow, NotConnected, StoreFailed, UnknownStation
from reference_csms.store.database import inline_store
from reference_csms.store.writes import PutCommand
from tests.reference_csms.conftest import Connect, FakeClock, Peer

COMMANDS: list[tuple[str, dict[str, Any], str, dict[str, Any] | None]] = [
    ("change_availability", {"connectorId": 0, "type": "Inoperative"}, "ChangeAvailability", None),
    ("change_configuration", {"key": "AnyKey", "value": "5"}, "ChangeConfiguration", None),
    ("change_configuration", {"key": "A", "value": 60}, "ChangeConfiguration", {"key": "A", "value": "60"}),
    ("change_configuration", {"key": "A", "value": True}, "ChangeConfiguration", {"key": "A", "value": "true"}),
    ("clear_cache", {}, "ClearCache", None),
    ("data_transfer", {"vendorId": "v"}, "DataTransfer", None),
    ("data_transfer", {"vendorId": "v", "messageId": "m", "data": "d"}, "DataTransfer", None),
    ("get_configuration", {}, "GetConfiguration", None),
    ("get_configuration", {"keys": []}, "GetConfiguration", {}),
    ("get_configuration", {"keys": ["A", "B"]}, "GetConfiguration", {"key": ["A", "B"]}),
    ("remote_start", {"idTag": "CARD"}, "RemoteStartTransaction", None),
    ("remote_start", {"idTag": "CARD", "connectorId": 99}, "RemoteStartTransaction", None),
    ("remote_stop", {"transactionId": 4711}, "RemoteStopTransaction", None),
    ("reset", {"type": "Hard"}, "Reset", None),
    ("unlock", {"connectorId": 99}, "UnlockConnector", None),
]


async def ask(csms: Csms, name: str, **intent: Any) -> Command:
    command: Command = await getattr(csms.commands, name)("CP", **intent)
    return command


@pytest.mark.parametrize(("name", "intent", "action", "payload"), COMMANDS)
async def test_an_intent_becomes_a_valid_request(
    csms: Csms, peer: Peer, name: str, intent: dict[str, Any], action: str, payload: dict[str, Any] | None
) -> None:
    command = await ask(csms, name, **intent)
    assert command.state == "sent"
    call = await peer.receives()
    assert call == [2, command.id, action, intent if payload is None else payload]
    assert violations(action, "req", call[3]) == []


@pytest.mark.parametrize(
    ("name", "intent", "line"),
    [
        ("remote_start", {"idTag": ""}, "RemoteStartTransaction idTag: expected a tag, received an empty text"),
        ("remote_start", {"idTag": "A", "connectorId": 0}, "RemoteStartTransaction connectorId: expected at least 1"),
        ("remote_start", {"idTag": "A" * 21}, "RemoteStartTransaction idTag: "),
        ("unlock", {"connectorId": 0}, "UnlockConnector connectorId: expected at least 1, received 0"),
        ("change_availability", {"connectorId": -1, "type": "Operative"}, "ChangeAvailability connectorId: expected"),
        ("change_availability", {"connectorId": 1, "type": "Off"}, "ChangeAvailability type: "),
        ("reset", {"type": "hard"}, "Reset type: "),
        ("remote_stop", {"transactionId": 2**31}, "RemoteStopTransaction transactionId: "),
        ("change_configuration", {"key": "K" * 51, "value": "1"}, "ChangeConfiguration key: "),
    ],
)
async def test_what_ocpp_does_not_allow_is_not_sent(
    csms: Csms, peer: Peer, name: str, intent: dict[str, Any], line: str
) -> None:
    with pytest.raises(InvalidIntent) as refused:
        await ask(csms, name, **intent)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)
    assert csms.store.reads.commands() == []
    assert "currentTime" in await peer.calls("Heartbeat")


async def test_an_answer_is_recorded(csms: Csms, peer: Peer) -> None:
    command = await ask(csms, "get_configuration", keys=["A"])
    answer = {"configurationKey": [{"key": "A", "readonly": False, "value": "1"}]}
    await peer.answers(answer)
    assert (await command.ended()).state == "answered"
    assert csms.store.reads.command(command.id) == command.fields()
    assert command.fields() == {
        "id": command.id,
        "station": "CP",
        "action": "GetConfiguration",
        "state": "answered",
        "request": {"key": ["A"]},
        "response": answer,
        "errorCode": None,
        "errorDescription": None,
        "createdAt": "2024-05-01T12:00:00.000Z",
        "endedAt": "2024-05-01T12:00:00.000Z",
    }


@pytest.mark.parametrize(
    ("answer", "state", "response", "code", "description"),
    [
        ([3, {"status": "Odd"}], "invalid", {"status": "Odd"}, None, "status: "),
        ([3, {}], "invalid", {}, None, "status: "),
        ([3], "invalid", None, None, "CALLRESULT: expected 3 elements"),
        ([4, "NotSupported", "no", {}], "error", None, "NotSupported", "no"),
        ([4, "SecurityError", "", {"a": 1}], "error", None, "SecurityError", ""),
    ],
)
async def test_a_bad_answer_is_recorded_as_such(
    csms: Csms, peer: Peer, answer: list[Any], state: str, response: Any, code: str | None, description: str
) -> None:
    command = await ask(csms, "reset", type="Soft")
    await peer.receives()
    await peer.sends(answer[0], command.id, *answer[1:])
    await command.ended()
    kept = csms.store.reads.commands()[0]
    assert (kept["state"], kept["response"], kept["errorCode"]) == (state, response, code)
    assert kept["errorDescription"].startswith(description)
    assert "currentTime" in await peer.calls("Heartbeat")


async def test_an_answer_that_cannot_be_held_is_an_invalid_one_at_once(csms: Csms, peer: Peer) -> None:
    command = await ask(csms, "reset", type="Soft")
    await peer.receives()
    await peer.sends(f'[3,"{command.id}",{{"status":1e400}}]')
    await command.ended()
    assert (command.state, command.response) == ("invalid", None)
    assert "that can be held" in str(command.error_description)


async def test_one_call_is_open_at_a_time(csms: Csms, peer: Peer) -> None:
    commands = [await ask(csms, "unlock", connectorId=n) for n in (1, 2, 3)]
    assert [command.state for command in commands] == ["sent", "queued", "queued"]
    for number in (1, 2, 3):
        assert (await peer.answers({"status": "Unlocked"}))[3] == {"connectorId": number}
    assert [(await command.ended()).state for command in commands] == ["answered"] * 3
    assert [row["request"]["connectorId"] for row in csms.store.reads.commands(action="UnlockConnector", limit=2)] == [
        3,
        2,
    ]


async def test_a_call_of_the_station_is_answered_while_ours_is_open(csms: Csms, peer: Peer) -> None:
    command = await ask(csms, "clear_cache")
    call = await peer.receives()
    assert (await peer.starts())["idTagInfo"] == {"status": "Accepted"}
    await peer.sends(3, call[1], {"status": "Accepted"})
    assert (await command.ended()).state == "answered"


async def test_time_out_and_late_answer(csms: Csms, peer: Peer) -> None:
    command = await ask(csms, "clear_cache")
    late = await peer.receives()
    assert (await command.ended()).state == "timeout"
    assert command.error_description == "no answer within 0.02 s"
    again = await ask(csms, "clear_cache")
    await peer.sends(3, late[1], {"status": "Rejected"})
    await peer.answers({"status": "Accepted"})
    assert (await again.ended()).response == {"status": "Accepted"}
    assert csms.store.reads.command(command.id)["state"] == "timeout"  # type: ignore[index]


async def test_commands_fail_at_once_when_the_connection_ends(csms: Csms, peer: Peer) -> None:
    commands = [await ask(csms, "clear_cache"), await ask(csms, "reset", type="Hard")]
    await peer.leaves()
    assert [(await command.ended()).state for command in commands] == ["not_connected"] * 2
    assert [row["errorDescription"] for row in csms.store.reads.commands()] == [
        "CP: the connection ended before Reset was sent",
        "CP: the connection ended before ClearCache was answered",
    ]


async def test_a_command_needs_a_known_and_connected_station(csms: Csms) -> None:
    with pytest.raises(UnknownStation, match="NO: expected a registered station"):
        await csms.commands.clear_cache("NO")
    with pytest.raises(NotConnected, match="CP: expected a connected station"):
        await csms.commands.clear_cache("CP")


PENDING = pytest.mark.parametrize(
    ("name", "intent", "action"),
    [(name, intent, action) for name, intent, action, payload in COMMANDS if payload is None],
)


@PENDING
async def test_a_pending_station_gets_everything_but_remote_starts_and_stops(
    csms: Csms, connect: Connect, name: str, intent: dict[str, Any], action: str
) -> None:
    await csms.stations.put(csms.stations.all()[0], registration="Pending")
    peer = await connect()
    if action in {"RemoteStartTransaction", "RemoteStopTransaction"}:
        with pytest.raises(
            NotAllowedNow, match=f"CP: {action} expected a station told Accepted at its boot, received P"
        ):
            await ask(csms, name, **intent)
    else:
        await ask(csms, name, **intent)
        assert (await peer.receives())[2] == action


@PENDING
@pytest.mark.parametrize("registration", [None, "Rejected"])
async def test_a_rejected_or_new_station_gets_nothing(
    csms: Csms, connect: Connect, registration: str | None, name: str, intent: dict[str, Any], action: str
) -> None:
    if registration is not None:
        await csms.stations.put(csms.stations.all()[0], registration=registration)
    await connect(boot=registration is not None)
    with pytest.raises(NotAllowedNow, match=f"{action} expected a station told Accepted at its boot"):
        await ask(csms, name, **intent)


async def test_nothing_is_sent_that_nobody_asked_for(csms: Csms, connect: Connect, peer: Peer) -> None:
    await peer.calls("StatusNotification", connectorId=1, errorCode="NoError", status="Preparing")
    await peer.starts()
    assert {frame[1] for frame in csms.stations.all()[0].frames if '[2,"' in str(frame[2])} == {"received"}


async def test_commands_that_a_stopped_server_left_open_are_closed(clock: FakeClock, tmp_path: Any) -> None:
    path = tmp_path / "csms.db"
    before = inline_store(path)
    await before.writer.write(PutCommand("c1", "CP", "Reset", "sent", "{}", None, None, None, "then", None))
    await before.close()
    after = Csms(inline_store(path), clock)
    kept = after.store.reads.command("c1")
    assert kept is not None
    assert (kept["state"], kept["endedAt"]) == ("not_connected", "2024-05-01T12:00:00.000Z")
    await after.close()


async def test_a_command_that_cannot_be_recorded_is_not_sent(
    csms: Csms, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(write: object) -> Any:
        raise StoreFailed("disk full")

    monkeypatch.setattr(csms.store.writer, "write", refuse)
    with pytest.raises(StoreFailed):
        await csms.commands.clear_cache("CP")
    assert "currentTime" in await peer.calls("Heartbeat")
