"""The station that the harness plays: what it answers by itself, what it tells of itself, and how it keeps time."""

from __future__ import annotations

from typing import Any

import pytest

from harness.execution import CaseScope
from harness.files import Files
from harness.results import Verdict
from ocppj.schemas import ACTIONS, schema, violations
from tests.harness.scripted import Page, Stage, Sut, said
from tests.kills.payloads import samples


def saying(*frames: tuple[Any, ...]) -> tuple[Stage, Page]:
    """A case in which the system says something that nobody asked for."""

    async def page(scope: CaseScope) -> None:
        for frame in frames:
            await stage.sut.says(*frame)
        await scope.station.settle()
        scope.station.check(1, "something", 1, 1)

    stage = Stage()
    return stage, page


def test_an_unknown_action_is_refused_as_not_implemented() -> None:
    stage, page = saying((2, "x", "Nonsense", {"a": 1}))
    result = stage.play(page)
    assert said(result) == ["OCPP16-5.6-01: Nonsense"]
    assert stage.sut.answer_to("x")[:3] == [4, "x", "NotImplemented"]


def test_an_action_that_only_a_station_may_start_is_refused() -> None:
    stage, page = saying((2, "x", "Heartbeat", {}))
    assert said(stage.play(page)) == ["OCPP16-5.6-01: Heartbeat"]
    assert stage.sut.answer_to("x")[:3] == [4, "x", "NotSupported"]


WRONG = [
    ("Reset", {}, "OccurenceConstraintViolation", "type: "),
    ("Reset", {"type": "Warm"}, "PropertyConstraintViolation", "type: "),
    ("Reset", {"type": 1}, "TypeConstraintViolation", "type: "),
    ("Reset", {"type": "Hard", "x": 1}, "FormationViolation", "x: "),
    ("ChangeConfiguration", {"key": "k" * 51, "value": ""}, "PropertyConstraintViolation", "key: "),
]


@pytest.mark.parametrize(("action", "payload", "code", "where"), WRONG)
def test_a_wrong_payload_is_refused_with_the_code_for_it(
    action: str, payload: dict[str, Any], code: str, where: str
) -> None:
    stage, page = saying((2, "x", action, payload))
    result = stage.play(page)
    assert [check.rule for check in result.failed] == ["OCPP16-6-02"]
    answer = stage.sut.answer_to("x")
    assert answer[:3] == [4, "x", code]
    assert answer[3].startswith(where)


MALFORMED = [
    ('[2,"x","Reset"]', "ProtocolError"),
    ('[2,"x","Reset",[]]', "FormationViolation"),
    ('[2,"x",7,{}]', "FormationViolation"),
    ('[2,"x","Reset",{},{}]', "FormationViolation"),
]


@pytest.mark.parametrize(("text", "code"), MALFORMED)
def test_a_malformed_call_is_refused_so_that_the_system_goes_on(text: str, code: str) -> None:
    stage, page = saying((text,))
    result = stage.play(page)
    assert [check.rule[:5] for check in result.failed] == ["OCPPJ"]
    assert stage.sut.answer_to("x")[:3] == [4, "x", code]
    refusal = next(message for message in result.messages if message.kind == "error")
    assert (refusal.direction, refusal.unsolicited, refusal.action) == ("sent", True, None)


@pytest.mark.parametrize("text", ['[3,"x"]', '[2,7,"Reset",{}]', '[9,"x","Reset",{}]', "{}", "[", ""])
def test_what_is_no_call_is_not_answered(text: str) -> None:
    stage, page = saying((text,))
    assert stage.play(page).verdict is Verdict.FAIL
    assert stage.sut.heard == []


FILES = Files()
SOUND = {
    "location": FILES.firmware_url,
    "remoteLocation": FILES.log_url,
    "signature": FILES.signature,
    "signingCertificate": FILES.signing_certificate,
}
"""Texts of a request that not any text can be."""


def sound(payload: Any) -> Any:
    """The payload with those texts in it."""
    if not isinstance(payload, dict):
        return payload
    return {name: SOUND.get(name) or sound(value) for name, value in payload.items()}


def request(action: str) -> dict[str, Any]:
    """A request of this action with what it must have."""
    whole = schema(action, "req")

    def resolved(node: Any) -> Any:
        if isinstance(node, dict):
            node = whole["definitions"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
            return {key: resolved(inner) for key, inner in node.items()}
        return node

    payload: dict[str, Any] = sound(next(samples({"required": [], **resolved(whole), "type": "object"})))
    assert violations(action, "req", payload) == []
    return payload


@pytest.mark.parametrize("action", sorted(name for name, action in ACTIONS.items() if action.from_csms))
def test_every_request_of_a_csms_has_an_answer_of_the_right_form(action: str) -> None:
    stage, page = saying((2, "x", action, request(action)))
    result = stage.play(page)
    # What a sample of the schema says may still break a rule of its profile; the answer has to be right all the same.
    assert result.verdict in (Verdict.PASS, Verdict.FAIL)
    assert [message.unsolicited for message in result.messages if message.unique_id == "x"] == [True, True]
    kind, _, *answer = stage.sut.answer_to("x")
    if kind == 3:
        assert violations(action, "conf", answer[0]) == []
    else:
        assert answer[0] == "NotSupported"


def test_every_core_request_is_answered_by_a_result() -> None:
    for action in (name for name, action in ACTIONS.items() if action.from_csms and action.profile == "Core"):
        stage, page = saying((2, "x", action, request(action)))
        stage.play(page)
        assert stage.sut.answer_to("x")[0] == 3, action


@pytest.mark.parametrize(
    ("keys", "known", "unknown"),
    [
        (["NumberOfConnectors", "numberofconnectors", "Nonsense"], ["2", "2"], ["Nonsense"]),
        (["ConnectionTimeOut"], ["5"], None),
        (["SecurityProfile", "CpoName", "AuthorizationKey"], ["0", "OCPP-CONFORMANCE"], ["AuthorizationKey"]),
    ],
)
def test_the_configuration_is_told_when_it_is_asked_for(
    keys: list[str], known: list[str], unknown: list[str] | None
) -> None:
    stage, page = saying((2, "x", "GetConfiguration", {"key": keys}))
    stage.play(page)
    answer = stage.sut.answer_to("x")[2]
    assert [entry["value"] for entry in answer["configurationKey"]] == known
    assert answer.get("unknownKey") == unknown


@pytest.mark.parametrize("key", ["AuthorizationKey", "authorizationkey", "SecurityProfile"])
def test_nobody_changes_how_the_station_comes_in_of_their_own_accord(key: str) -> None:
    stage, page = saying((2, "x", "ChangeConfiguration", {"key": key, "value": "3"}))
    stage.play(page)
    assert stage.sut.answer_to("x")[2] == {"status": "Rejected"}


PLAIN = {
    "CertificateSigned": {"status": "Rejected"},
    "DeleteCertificate": {"status": "NotFound"},
    "ExtendedTriggerMessage": {"status": "NotImplemented"},
    "GetInstalledCertificateIds": {"status": "NotFound"},
    "InstallCertificate": {"status": "Rejected"},
}


@pytest.mark.parametrize("action", PLAIN)
def test_a_certificate_that_nobody_asked_for_is_not_taken(action: str) -> None:
    stage, page = saying((2, "x", action, request(action)))
    stage.play(page)
    assert stage.sut.answer_to("x")[2] == PLAIN[action]


def test_without_a_key_all_of_the_configuration_is_told() -> None:
    stage, page = saying((2, "x", "GetConfiguration", {}))
    stage.play(page)
    keys = [entry["key"] for entry in stage.sut.answer_to("x")[2]["configurationKey"]]
    assert len(keys) == len(set(keys)) > 25
    assert "unknownKey" not in stage.sut.answer_to("x")[2]


async def boots(scope: CaseScope) -> None:
    await scope.station.boots()
    scope.station.check(1, "something", 1, 1)


def test_a_station_boots_and_reports_all_its_connectors() -> None:
    stage = Stage(environment={"number_of_connectors": 3, "vendor_name": "V", "model": "M"})
    result = stage.play(boots)
    assert result.verdict is Verdict.PASS
    assert [(frame[2], frame[3].get("connectorId")) for frame in stage.sut.heard] == [
        ("BootNotification", None),
        *(("StatusNotification", connector) for connector in (0, 1, 2, 3)),
    ]
    assert stage.sut.calls("BootNotification") == [{"chargePointVendor": "V", "chargePointModel": "M"}]
    assert {(each["status"], each["errorCode"]) for each in stage.sut.calls("StatusNotification")} == {
        ("Available", "NoError")
    }
    assert {check.source.partition(" step")[0] for check in result.checks} == {"Booted", "TC_X"}


def test_a_fault_in_an_answer_that_holds_nothing_does_not_keep_a_station_from_booting() -> None:
    result = Stage(Sut(StatusNotification={"x": 1})).play(boots)
    assert said(result) == ["OCPP16-6-02: 1"] * 3
    assert (result.verdict, result.checks[-1].path) == (Verdict.FAIL, "something")


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_a_station_that_is_not_let_in_has_not_booted(status: str) -> None:
    answer = {"status": status, "currentTime": "2026-03-01T12:00:00Z", "interval": 30}
    stage = Stage(Sut(BootNotification=answer))
    result = stage.play(boots)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason == (
        f"preparation: step 2 BootNotification.conf status: expected 'Accepted', received '{status}'"
    )
    assert stage.sut.calls("StatusNotification") == []


CAPPED = "heartbeat-cap"


@pytest.mark.parametrize(
    ("interval", "beats_every_s", "warned"),
    [(1, 1, []), (30, 30, []), (60, 60, []), (61, 60, [CAPPED]), (86400, 60, [CAPPED]), (0, 60, [CAPPED])],
)
def test_heartbeats_come_at_the_interval_of_the_system_up_to_a_cap(
    interval: int, beats_every_s: float, warned: list[str]
) -> None:
    async def page(scope: CaseScope) -> None:
        await boots(scope)
        assert scope.station.interval_s(5) == beats_every_s

    answer = {"status": "Accepted", "currentTime": "2026-03-01T12:00:00Z", "interval": interval}
    result = Stage(Sut(BootNotification=answer), environment={"heartbeat_max_s": 60}).play(page)
    assert (result.verdict, [check.rule for check in result.warned]) == (Verdict.PASS, warned)
    for check in result.warned:
        assert (check.step, check.path, check.received) == (5, "interval", interval)
        assert check.expected == "between 1 and heartbeat_max_s 60"


@pytest.mark.parametrize("answer", [{"status": "Accepted"}, {"interval": "30"}, {"interval": 1.5}, {"interval": None}])
def test_an_interval_that_is_none_is_capped(answer: dict[str, Any]) -> None:
    async def page(scope: CaseScope) -> None:
        await scope.station.sends(1, "BootNotification.req", **scope.station.boot())
        await scope.station.receives(2, "BootNotification.conf")
        assert scope.station.interval_s(5) == 60

    assert Stage(Sut(BootNotification=answer)).play(page).verdict is Verdict.FAIL


def test_before_it_has_booted_a_station_knows_no_interval() -> None:
    async def page(scope: CaseScope) -> None:
        assert scope.station.interval_s(5) == 60
        scope.station.check(1, "something", 1, 1)

    assert Stage().play(page).verdict is Verdict.PASS


def test_the_time_is_that_of_the_run_and_goes_on_with_it() -> None:
    times: list[str] = []

    async def page(scope: CaseScope) -> None:
        times.append(scope.station.now())
        await scope.station.waits(90.25, "some time")
        times.extend([scope.station.now(), scope.station.past(3600)])
        scope.station.check(1, "something", 1, 1)

    Stage().play(page)
    assert times == ["2026-03-01T12:00:00.000Z", "2026-03-01T12:01:30.250Z", "2026-03-01T11:01:30.250Z"]
