"""The http driver against a real server: what it sends, and what it says about it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.intents import CSMS_INTENTS
from harness.operators.csms import OPERATIONS, Reply, perform
from ocppj.schemas import violations
from tests.operators.conftest import CALLS, PROFILE, Make, Rest, driving, templates

STATION = "CP 1/Ä?#"
ENCODED = "CP%201%2F%C3%84%3F%23"

PATHS = {
    "RemoteStartTransaction": ("remote-start", {"connectorId": 1, "idTag": "CARD-1"}),
    "RemoteStopTransaction": ("remote-stop", {"transactionId": 7}),
    "Reset": ("reset", {"type": "Hard"}),
    "UnlockConnector": ("unlock", {"connectorId": 2}),
    "GetConfiguration": ("get-configuration", {"keys": ["SupportedFeatureProfiles"]}),
    "ChangeConfiguration": ("change-configuration", {"key": "MeterValueSampleInterval", "value": "60"}),
    "ChangeAvailability": ("change-availability", {"connectorId": 0, "type": "Inoperative"}),
    "ClearCache": ("clear-cache", {}),
    "DataTransfer": ("data-transfer", {"vendorId": "com.example", "messageId": "m", "data": "d"}),
    "ReserveNow": ("reserve", {**CALLS["ReserveNow"], "insist": True}),
    "CancelReservation": ("cancel-reservation", {"reservationId": 12, "insist": True}),
    "SendLocalList": ("send-local-list", {**CALLS["SendLocalList"], "insist": True}),
    "GetLocalListVersion": ("get-local-list-version", {}),
    "TriggerMessage": ("trigger", CALLS["TriggerMessage"]),
    "UpdateFirmware": ("update-firmware", {**CALLS["UpdateFirmware"], "insist": True}),
    "GetDiagnostics": ("get-diagnostics", {**CALLS["GetDiagnostics"], "insist": True}),
    "SignedUpdateFirmware": ("signed-update-firmware", {**CALLS["SignedUpdateFirmware"], "insist": True}),
    "GetLog": ("get-log", {**CALLS["GetLog"], "insist": True}),
    "SetChargingProfile": ("set-charging-profile", {"connectorId": 1, "csChargingProfiles": PROFILE}),
    "ClearChargingProfile": ("clear-charging-profile", CALLS["ClearChargingProfile"]),
    "GetCompositeSchedule": ("get-composite-schedule", CALLS["GetCompositeSchedule"]),
    "InstallCertificate": ("install-certificate", CALLS["InstallCertificate"]),
    "GetInstalledCertificateIds": ("get-installed-certificates", CALLS["GetInstalledCertificateIds"]),
    "DeleteCertificate": ("delete-certificate", {"certificate": "PEM", "lastToo": True}),
    "ExtendedTriggerMessage": ("extended-trigger", CALLS["ExtendedTriggerMessage"]),
}
DECIDED = {
    "ReserveNow": {"reservationId"},
    "SendLocalList": {"listVersion", "localAuthorizationList"},
    "SetChargingProfile": {"csChargingProfiles"},
    "SignedUpdateFirmware": {"requestId", "firmware"},
    "GetLog": {"requestId", "log"},
}
"""What the payload preset has to decide in place of the CSMS."""
UNSAID = {
    "DeleteCertificate": {"certificate"},
    "SendLocalList": {"cards"},
    "SetChargingProfile": {"profile", "transactionId"},
    "SignedUpdateFirmware": set(CALLS["SignedUpdateFirmware"]),
    "GetLog": {"remoteLocation", "oldestTimestamp", "latestTimestamp"},
}
"""What of an intent stands under another name in the payload."""


@pytest.mark.parametrize("action", CALLS)
async def test_the_reference_preset_sends_intents(rest: Rest, make: Make, action: str) -> None:
    rest.answers[f"/api/stations/{ENCODED}/commands/{PATHS[action][0]}"] = (202, {"state": "sent"})
    async with driving(make, {"preset": "reference", "base_url": rest.url, "token": "tok"}) as operator:
        assert operator.supports(action)
        assert not operator.dictates(action)
        reply = await perform(operator, action, STATION, **CALLS[action])
    path, body = PATHS[action]
    assert (rest.last.method, rest.last.path) == ("POST", f"/api/stations/{ENCODED}/commands/{path}")
    assert rest.last.json == body
    assert rest.last.headers["Authorization"] == "Bearer tok"
    assert reply == Reply(f"POST {rest.url}/api/stations/{ENCODED}/commands/{path}: 202", dictated=False)


@pytest.mark.parametrize("action", CALLS)
async def test_the_payload_preset_dictates_the_payload(rest: Rest, make: Make, action: str) -> None:
    async with driving(make, {"preset": "payload", "base_url": f"{rest.url}/ocpp/"}) as operator:
        assert operator.dictates(action)
        reply = await perform(operator, action, STATION, **CALLS[action])
    kebab = "".join(f"-{char.lower()}" if char.isupper() else char for char in action)[1:]
    assert (rest.last.method, rest.last.path) == ("POST", f"/ocpp/{ENCODED}/{kebab}")
    sent = rest.last.json
    said = {name: value for name, value in CALLS[action].items() if name not in UNSAID.get(action, ())}
    assert {name: value for name, value in sent.items() if name not in DECIDED.get(action, ())} == said
    assert violations(action, "req", sent) == []
    assert reply.dictated


@pytest.mark.parametrize(("action", "name"), [("SignedUpdateFirmware", "firmware"), ("GetLog", "log")])
async def test_the_payload_preset_numbers_each_request_about_a_file(
    rest: Rest, make: Make, action: str, name: str
) -> None:
    numbers = []
    async with driving(make, {"preset": "payload", "base_url": rest.url}) as operator:
        for _ in range(2):
            await perform(operator, action, STATION, **CALLS[action])
            numbers.append(rest.last.json["requestId"])
    unsaid = {field: value for field, value in CALLS[action].items() if field in UNSAID[action]}
    assert rest.last.json[name] == unsaid
    assert len(set(numbers)) == 2


@pytest.mark.parametrize(
    ("action", "fields", "name"),
    [
        ("SetChargingProfile", {"connectorId": 1, "profile": PROFILE}, "csChargingProfiles"),
        ("SetChargingProfile", CALLS["SetChargingProfile"], "csChargingProfiles"),
        ("RemoteStartTransaction", {"connectorId": 1, "idTag": "C", "chargingProfile": PROFILE}, "chargingProfile"),
    ],
)
async def test_the_payload_preset_numbers_each_profile(
    rest: Rest, make: Make, action: str, fields: dict[str, Any], name: str
) -> None:
    numbers = []
    async with driving(make, {"preset": "payload", "base_url": rest.url}) as operator:
        for _ in range(2):
            await perform(operator, action, STATION, **fields)
            assert violations(action, "req", rest.last.json) == []
            assert {**rest.last.json[name], **PROFILE} == rest.last.json[name]
            assert rest.last.json[name].get("transactionId") == fields.get("transactionId")
            numbers.append(rest.last.json[name]["chargingProfileId"])
    assert len(set(numbers)) == 2


@pytest.mark.parametrize(("preset", "key"), [("reference", "keys"), ("payload", "key")])
async def test_what_has_no_value_is_left_out(rest: Rest, make: Make, preset: str, key: str) -> None:
    async with driving(make, {"preset": preset, "base_url": rest.url}) as operator:
        await operator.get_configuration("CP-1", key=[])
        assert rest.last.json == {}
        await operator.get_configuration("CP-1", key=["A", "B"])
        assert rest.last.json == {key: ["A", "B"]}
        await operator.remote_start("CP-1", connectorId=None, idTag="CARD-1")
        assert rest.last.json == {"idTag": "CARD-1"}
        await operator.data_transfer("CP-1", vendorId="v")
        assert rest.last.json == {"vendorId": "v"}


async def test_templates_of_the_user_replace_those_of_the_preset(rest: Rest, make: Make) -> None:
    reset = {"url": rest.url + "/other?hard={type}", "method": "PUT", "form": {"kind": "{type}", "n": 1}}
    table = {"preset": "payload", "base_url": rest.url, "headers": {"X-A": "1"}, "operations": {"reset": reset}}
    async with driving(make, table) as operator:
        reply = await operator.reset("CP-1", type="Hard & fast")
        assert (rest.last.method, rest.last.path) == ("PUT", "/other?hard=Hard%20%26%20fast")
        assert rest.last.body == b"kind=Hard+%26+fast&n=1"
        assert rest.last.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert rest.last.headers["X-A"] == "1"
        assert not reply.dictated
        await operator.clear_cache("CP-1")
        assert rest.last.path == "/CP-1/clear-cache"


async def test_headers_take_placeholders(rest: Rest, make: Make) -> None:
    reset = {"path": "/r", "headers": {"X-Station": "{station}/{type}"}}
    async with driving(make, templates(rest, reset=reset)) as operator:
        await operator.reset("CP-1", type="Soft")
    assert rest.last.headers["X-Station"] == "CP-1/Soft"
    assert rest.last.body == b""


async def test_a_template_may_say_that_it_dictates(rest: Rest, make: Make) -> None:
    table = templates(rest, reset={"path": "/r", "dictated": True}, clear_cache={"path": "/c"})
    async with driving(make, table) as operator:
        assert (operator.dictates("Reset"), operator.dictates("ClearCache"), operator.dictates("Nothing")) == (
            True,
            False,
            False,
        )
        assert (await operator.reset("CP-1", type="Soft")).dictated
        assert not (await operator.clear_cache("CP-1")).dictated


async def test_an_operation_without_template_is_not_implemented(rest: Rest, make: Make) -> None:
    async with driving(make, templates(rest, reset={"path": "/r"})) as operator:
        assert [action for action in CALLS if operator.supports(action)] == ["Reset"]
        for action, fields in CALLS.items():
            if action != "Reset":
                with pytest.raises(NotImplementedError):
                    await perform(operator, action, "CP-1", **fields)
        with pytest.raises(NotImplementedError):
            await operator.provision("CP-1", cards={"Accepted": "A"})
    assert rest.requests == []


async def test_provisioning_makes_station_and_cards_known(rest: Rest, make: Make) -> None:
    cards = {"Accepted": "A/1", "Accepted2": "B", "Invalid": "C", "Expired": "D", "Blocked": "E"}
    async with driving(make, {"preset": "reference", "base_url": rest.url}) as operator:
        await operator.provision(STATION, cards=cards, password="pw", parent_id_tag="P")
    assert [(request.method, request.path, request.json) for request in rest.requests] == [
        ("PUT", f"/api/stations/{ENCODED}", {"password": "pw"}),
        ("PUT", "/api/cards/A%2F1", {"status": "Accepted", "parentIdTag": "P"}),
        ("PUT", "/api/cards/B", {"status": "Accepted", "parentIdTag": "P"}),
        ("PUT", "/api/cards/D", {"status": "Expired", "expiryDate": "2020-01-01T00:00:00Z"}),
        ("PUT", "/api/cards/E", {"status": "Blocked"}),
    ]


async def test_provisioning_does_what_there_are_templates_for(rest: Rest, make: Make) -> None:
    async with driving(make, templates(rest, provision_station={"path": "/s/{station}"})) as operator:
        await operator.provision("CP-1", cards={"Accepted": "A"})
    async with driving(make, templates(rest, provision_card={"path": "/c/{idTag}"})) as operator:
        await operator.provision("CP-1", cards={"Accepted": "A"})
    assert [(request.method, request.path) for request in rest.requests] == [("PUT", "/s/CP-1"), ("PUT", "/c/A")]


def test_every_operation_has_a_call_in_these_tests() -> None:
    assert set(CALLS) == {intent.action for intent in CSMS_INTENTS.values()} == set(PATHS)
    first = [intent for intent in CSMS_INTENTS.values() if OPERATIONS[intent.action] == intent.name]
    assert all(set(CALLS[intent.action]) <= set(intent.fields) for intent in first)
