"""Rules on charging profiles: each has been seen finding its own fault, and leaving the nearest good profile alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.evidence import Evidence
from harness.results import Check
from harness.rules import Observed, judge
from harness.rules.charging import CHARGING_RULES
from harness.rules.observed import Memory
from ocppj.session import Session

NOW = "2026-03-01T12:00:00Z"


def heard(action: str, payload: dict[str, Any]) -> list[Check]:
    """What the rules say of a request."""
    received = Session().receive(json.dumps([2, "c", action, payload]), now=1)
    message = Evidence("TC").message("received", "call", connection=1, at_ns=0, action=action)
    return list(judge(CHARGING_RULES, Observed(received, message, Memory(), True)))


def profile(*starts: int, **fields: Any) -> dict[str, Any]:
    """A default profile with these periods; a start of its schedule may be given too."""
    periods = [{"startPeriod": start, "limit": 6.0} for start in starts or (0,)]
    start = {"startSchedule": fields.pop("startSchedule")} if "startSchedule" in fields else {}
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods, **start}
    whole = {"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
    return {**whole, "chargingProfileKind": "Absolute", **fields, "chargingSchedule": schedule}


def sets(connector: int, *starts: int, **fields: Any) -> tuple[str, dict[str, Any]]:
    request = {"connectorId": connector, "csChargingProfiles": profile(*starts, **fields)}
    return "SetChargingProfile", request


def begins(**fields: Any) -> tuple[str, dict[str, Any]]:
    return "RemoteStartTransaction", {"idTag": "C", "chargingProfile": profile(**fields)}


TX, STATION = {"chargingProfilePurpose": "TxProfile"}, {"chargingProfilePurpose": "ChargePointMaxProfile"}
DAILY = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
IN = "csChargingProfiles"
TABLE = [
    ("OCPP16-3.13.1-02", sets(1, **STATION), sets(0, **STATION), "connectorId"),
    ("OCPP16-3.13.1-13", sets(0, **TX, transactionId=1), sets(1, **TX, transactionId=1), "connectorId"),
    ("OCPP16-5.11-12", begins(**STATION), begins(**TX), "chargingProfile.chargingProfilePurpose"),
    ("OCPP16-5.16.2-03", begins(**TX, transactionId=1), begins(**TX), "chargingProfile.transactionId"),
    ("OCPP16-5.16-01", sets(1, **TX), sets(1, **TX, transactionId=1), f"{IN}.transactionId"),
    ("OCPP16-7.8-01", sets(1, transactionId=1), sets(1), f"{IN}.transactionId"),
    ("OCPP16-7.8-03", sets(1, stackLevel=-1), sets(1, stackLevel=0), f"{IN}.stackLevel"),
    ("ERR4-3.56-01", sets(1, recurrencyKind="Daily"), sets(1, **DAILY, startSchedule=NOW), f"{IN}.recurrencyKind"),
    (
        "OCPP16-7.9-04",
        sets(1, chargingProfileKind="Recurring", startSchedule=NOW),
        sets(1, **DAILY, startSchedule=NOW),
        f"{IN}.recurrencyKind",
    ),
    (
        "OCPP16-7.9-04",
        sets(1, **DAILY),
        sets(1, **DAILY, startSchedule=NOW),
        f"{IN}.chargingSchedule.startSchedule",
    ),
    (
        "OCPP16-7.13-03",
        sets(1, 1),
        sets(1, 0, 1),
        f"{IN}.chargingSchedule.chargingSchedulePeriod[0].startPeriod",
    ),
    (
        "OCPP16-7.14-02",
        sets(1, 0, 9, 9),
        sets(1, 0, 8, 9),
        f"{IN}.chargingSchedule.chargingSchedulePeriod[2].startPeriod",
    ),
]


@pytest.mark.parametrize(("id", "bad", "good", "path"), TABLE)
def test_a_rule_finds_its_fault_and_no_other(id: str, bad: Any, good: Any, path: str) -> None:
    [found] = heard(*bad)
    assert (found.rule, found.path) == (id, path)
    assert found.expected
    assert heard(*good) == []


def test_every_rule_is_seen() -> None:
    assert {rule.id for rule in CHARGING_RULES} == {row[0] for row in TABLE}


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("SetChargingProfile", {"connectorId": 1}),
        ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": {"stackLevel": -1}}),
        ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile(stackLevel="-1")}),
        ("RemoteStartTransaction", {"idTag": "C"}),
        ("ClearCache", {}),
    ],
)
def test_what_has_no_profile_or_breaks_the_schema_is_left_alone(action: str, payload: dict[str, Any]) -> None:
    assert heard(action, payload) == []
