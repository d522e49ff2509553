"""Rules on reservations, lists and triggers: each has been seen finding its own fault and letting a good frame pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.evidence import Evidence
from harness.results import Check
from harness.rules import Observed, judge
from harness.rules.observed import Memory
from harness.rules.requests import MOST_ENTRIES, REQUEST_RULES
from ocppj.session import Session

Request = tuple[str, dict[str, Any]]


def heard(memory: Memory, action: str, payload: dict[str, Any]) -> list[Check]:
    """What the rules say of a request that comes now, at noon on 1 March 2026."""
    received = Session().receive(json.dumps([2, "c", action, payload]), now=1)
    evidence = Evidence("TC")
    message = evidence.message("received", "call", connection=1, at_ns=evidence.clock.monotonic_ns(), action=action)
    return list(judge(REQUEST_RULES, Observed(received, message, memory, True)))


def reserve(**fields: Any) -> Request:
    whole = {"connectorId": 1, "expiryDate": "2999-01-01T00:00:00Z", "idTag": "A", "reservationId": 1}
    return "ReserveNow", whole | fields


def whole(*tags: str, bare: str = "", version: Any = 1, update: str = "Full") -> Request:
    entries = [{"idTag": tag} | ({} if tag == bare else {"idTagInfo": {"status": "Accepted"}}) for tag in tags]
    return "SendLocalList", {"updateType": update, "listVersion": version, "localAuthorizationList": entries}


def trigger(message: str, action: str = "TriggerMessage", **fields: Any) -> Request:
    return action, {"requestedMessage": message, **fields}


EXTENDED = "ExtendedTriggerMessage"
MANY = [f"T{number}" for number in range(MOST_ENTRIES + 1)]
TABLE: list[tuple[str, Request, Request, str]] = [
    ("OCPP16-6.37-01", reserve(connectorId=-1), reserve(connectorId=0), "connectorId"),
    ("OCPP16-6.37-03", reserve(expiryDate="2020-01-01T00:00:00Z"), reserve(), "expiryDate"),
    ("OCPP16-6.41-03", whole("A", "B", "a"), whole("A", "B"), "localAuthorizationList[2].idTag"),
    ("OCPP16-6.41-05", whole(*MANY), whole(*MANY[1:]), "localAuthorizationList"),
    (
        "OCPP16-7.1-01",
        whole("A", "B", bare="B"),
        whole("A", "B", bare="B", update="Differential"),
        "localAuthorizationList[1].idTagInfo",
    ),
    ("ERR4-3.52-01", whole("A", version=0), whole("A", version=1), "listVersion"),
    ("ERR4-3.52-01", whole("A", version=-1, update="Differential"), whole("A", version=2**31 - 1), "listVersion"),
    ("OCPP16-6.51-01", trigger("MeterValues", connectorId=0), trigger("MeterValues", connectorId=1), "connectorId"),
    ("SEC2-5-05", trigger("MeterValues", EXTENDED, connectorId=0), trigger("MeterValues", EXTENDED), "connectorId"),
]


@pytest.mark.parametrize(("rule", "bad", "good", "path"), TABLE)
def test_a_rule_finds_exactly_its_own_fault(rule: str, bad: Request, good: Request, path: str) -> None:
    assert [(check.rule, check.path) for check in heard(Memory(), *bad)] == [(rule, path)]
    assert heard(Memory(), *good) == []


@pytest.mark.parametrize(
    "odd",
    [
        reserve(connectorId="x", expiryDate="soon", reservationId=True),
        ("SendLocalList", {"updateType": "Full", "listVersion": "1", "localAuthorizationList": {"idTag": "A"}}),
        ("SendLocalList", {"updateType": "Full", "listVersion": 1}),
        ("SendLocalList", {"listVersion": 1, "localAuthorizationList": [{"idTag": 1}, {"idTag": 1}]}),
        trigger("MeterValues", connectorId=1.5),
        ("ReserveNow", {}),
    ],
)
def test_what_the_schema_refuses_is_left_to_it(odd: Request) -> None:
    assert heard(Memory(), *odd) == []


def test_an_id_belongs_to_one_reservation_and_to_its_repetition() -> None:
    memory = Memory()
    assert heard(memory, *reserve()) == heard(memory, *reserve()) == heard(memory, *reserve(reservationId=2)) == []
    assert [check.rule for check in heard(memory, *reserve(idTag="B"))] == ["OCPP16-6.37-02"]


def booted(memory: Memory, status: str) -> list[Check]:
    """What the rules say of the answer to a boot."""
    session = Session()
    session.call("BootNotification", {}, now=0, unique_id="1")
    received = session.receive(json.dumps([3, "1", {"status": status}]), now=1)
    message = Evidence("TC").message("received", "result", connection=1, at_ns=0, action="BootNotification")
    return list(judge(REQUEST_RULES, Observed(received, message, memory, True)))


def test_a_boot_is_triggered_only_before_the_station_is_accepted() -> None:
    memory, boot = Memory(), trigger("BootNotification")
    assert heard(memory, *boot) == booted(memory, "Pending") == heard(memory, *boot) == []
    assert booted(memory, "Accepted") == heard(memory, *trigger("Heartbeat")) == []
    assert [(check.rule, check.path) for check in heard(memory, *boot)] == [("ERR4-3.40-01", "requestedMessage")]
    assert booted(memory, "Rejected") == heard(memory, *boot) == []


def test_levels_follow_the_words_of_the_documents() -> None:
    advice = {"OCPP16-6.37-02", "OCPP16-6.37-03", "OCPP16-6.41-05", "OCPP16-6.51-01"}
    assert {rule.id for rule in REQUEST_RULES if rule.level == "should"} == advice
