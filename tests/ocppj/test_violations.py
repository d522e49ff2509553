"""Every way in which a payload can be wrong: where, which rule, in which words, and with which error code."""

from __future__ import annotations

from typing import Any

import pytest

from ocppj.frames import ERROR_CODES
from ocppj.schemas import ERROR_CODE, Kind, valid, violations

T = "2013-02-01T20:53:32.486Z"
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": T}
PERIOD = {"startPeriod": 0, "limit": 21.4}
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [PERIOD]},
}
INT32 = "expected an integer from -2147483648 to 2147483647, received"
UNITS = "Wh, kWh, varh, kvarh, W, kW, VA, kVA, var, kvar, A, V, K, Celcius, Celsius, Fahrenheit, Percent, Hertz"
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1"}


def reading(**sampled: Any) -> dict[str, Any]:
    return {"connectorId": 1, "meterValue": [{"timestamp": T, "sampledValue": [{"value": "1"}, sampled]}]}


def profile(**period: Any) -> dict[str, Any]:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [PERIOD, {**PERIOD, **period}]}
    return {"connectorId": 1, "csChargingProfiles": {**PROFILE, "chargingSchedule": schedule}}


LIMIT = "csChargingProfiles.chargingSchedule.chargingSchedulePeriod[1].limit"
WRONG: list[tuple[str, Kind, Any, list[tuple[str, str, str]]]] = [
    ("Authorize", "req", {}, [("idTag", "required", "expected a value, received none")]),
    ("Authorize", "req", {"idTag": 12}, [("idTag", "type", "expected a string, received 12")]),
    ("Authorize", "req", {"idTag": None}, [("idTag", "type", "expected a string, received null")]),
    (
        "Authorize",
        "req",
        {"idTag": "x" * 21},
        [("idTag", "maxLength", f"expected at most 20 characters, received 21: '{'x' * 21}'")],
    ),
    (
        "Authorize",
        "req",
        {"idTag": "a", "idtag": "b", "a b": {}},
        [
            ("['a b']", "additionalProperties", "expected no field of this name, received an object"),
            ("idtag", "additionalProperties", "expected no field of this name, received 'b'"),
        ],
    ),
    (
        "Authorize",
        "conf",
        {"idTagInfo": {"status": "accepted", "reason": 1}},
        [
            ("idTagInfo.reason", "additionalProperties", "expected no field of this name, received 1"),
            (
                "idTagInfo.status",
                "enum",
                "expected one of Accepted, Blocked, Expired, Invalid, ConcurrentTx, received 'accepted'",
            ),
        ],
    ),
    ("Authorize", "conf", {"idTagInfo": {}}, [("idTagInfo.status", "required", "expected a value, received none")]),
    (
        "Authorize",
        "conf",
        {"idTagInfo": {"status": 1}},
        [("idTagInfo.status", "type", "expected a string, received 1")],
    ),
    ("Authorize", "conf", {"idTagInfo": []}, [("idTagInfo", "type", "expected an object, received an array")]),
    ("Heartbeat", "req", [], [("", "type", "expected an object, received an array")]),
    (
        "Heartbeat",
        "req",
        {"x": 1},
        [("x", "additionalProperties", "expected no field of this name, received 1")],
    ),
    ("Reset", "req", {"type": {"a": 1}}, [("type", "type", "expected a string, received an object")]),
    (
        "LogStatusNotification",
        "conf",
        {"x": 1, "y": {}},
        [
            ("x", "additionalProperties", "expected no field of this name, received 1"),
            ("y", "additionalProperties", "expected no field of this name, received an object"),
        ],
    ),
    ("Heartbeat", "req", None, [("", "type", "expected an object, received null")]),
    (
        "Heartbeat",
        "conf",
        {"currentTime": "2013-02-01T20:53:32"},
        [("currentTime", "format", "expected a date-time as in RFC 3339, received '2013-02-01T20:53:32'")],
    ),
    (
        "GetDiagnostics",
        "req",
        {"location": "diagnostics"},
        [("location", "format", "expected an absolute URI, received 'diagnostics'")],
    ),
    (
        "StartTransaction",
        "req",
        {**START, "connectorId": 1.0},
        [("connectorId", "type", "expected an integer, received 1.0")],
    ),
    (
        "StartTransaction",
        "req",
        {**START, "connectorId": True},
        [("connectorId", "type", "expected an integer, received true")],
    ),
    (
        "StartTransaction",
        "req",
        {**START, "meterStart": 2147483647.0},
        [("meterStart", "type", "expected an integer, received 2147483647.0")],
    ),
    (
        "StartTransaction",
        "req",
        {**START, "meterStart": -2147483648.0},
        [("meterStart", "type", "expected an integer, received -2147483648.0")],
    ),
    ("StartTransaction", "req", {**START, "meterStart": 2**31}, [("meterStart", "int32", f"{INT32} 2147483648")]),
    (
        "StartTransaction",
        "req",
        {**START, "meterStart": -(2**31) - 1},
        [("meterStart", "int32", f"{INT32} -2147483649")],
    ),
    (
        "StartTransaction",
        "req",
        {**START, "meterStart": float(2**64)},
        [("meterStart", "int32", f"{INT32} 1.8446744073709552e+19")],
    ),
    (
        "StartTransaction",
        "req",
        {**START, "meterStart": 3e9 + 0.5},
        [("meterStart", "type", "expected an integer, received 3000000000.5")],
    ),
    (
        "GetLog",
        "conf",
        {"status": "Accepted", "filename": 1.5},
        [("filename", "type", "expected a string, received 1.5")],
    ),
    (
        "LogStatusNotification",
        "req",
        {"status": "Idle", "requestId": 1e300},
        [("requestId", "int32", f"{INT32} 1e+300")],
    ),
    (
        "MeterValues",
        "req",
        {"connectorId": 1, "meterValue": []},
        [("meterValue", "minItems", "expected at least 1 item, received 0")],
    ),
    (
        "MeterValues",
        "req",
        reading(value="1", unit="wh"),
        [("meterValue[0].sampledValue[1].unit", "enum", f"expected one of {UNITS}, received 'wh'")],
    ),
    (
        "MeterValues",
        "req",
        reading(value=1),
        [("meterValue[0].sampledValue[1].value", "type", "expected a string, received 1")],
    ),
    (
        "GetConfiguration",
        "conf",
        {"configurationKey": [{"key": "a", "readonly": "true"}]},
        [("configurationKey[0].readonly", "type", "expected a boolean, received 'true'")],
    ),
    ("GetConfiguration", "req", {"key": "a"}, [("key", "type", "expected an array, received 'a'")]),
    (
        "SetChargingProfile",
        "req",
        profile(limit=4.25),
        [(LIMIT, "multipleOf", "expected a multiple of 0.1, received 4.25")],
    ),
    ("SetChargingProfile", "req", profile(limit="4"), [(LIMIT, "type", "expected a number, received '4'")]),
    (
        "DeleteCertificate",
        "req",
        {"certificateHashData": {**HASH, "hashAlgorithm": "MD5"}},
        [("certificateHashData.hashAlgorithm", "enum", "expected one of SHA256, SHA384, SHA512, received 'MD5'")],
    ),
]


@pytest.mark.parametrize(("action", "kind", "payload", "expected"), WRONG)
def test_violations(action: str, kind: Kind, payload: Any, expected: list[tuple[str, str, str]]) -> None:
    found = violations(action, kind, payload)
    assert sorted(violation[:3] for violation in found) == expected
    assert all(violation.error_code == ERROR_CODE[violation.rule] for violation in found)
    assert not valid(action, kind, payload)


RIGHT: list[tuple[str, Kind, dict[str, Any]]] = [
    ("Heartbeat", "req", {}),
    ("Authorize", "req", {"idTag": ""}),
    ("Authorize", "req", {"idTag": "\N{GRINNING FACE}" * 20}),
    ("StartTransaction", "req", {**START, "meterStart": 2**31 - 1, "reservationId": -(2**31)}),
    ("StartTransaction", "req", {**START, "timestamp": "2016-12-31T23:59:60Z"}),
    ("StartTransaction", "req", {**START, "timestamp": "2024-02-29T00:00:00.123456789-05:30"}),
    ("StopTransaction", "req", {"meterStop": 1, "timestamp": T, "transactionId": -1}),
    ("MeterValues", "req", reading(value="20", unit="Celsius")),
    ("MeterValues", "req", reading(value="20", unit="Celcius")),
    ("SetChargingProfile", "req", profile(limit=21.4)),
    ("SetChargingProfile", "req", profile(limit=4.2)),
    ("SetChargingProfile", "req", profile(limit=16)),
    ("SendLocalList", "req", {"listVersion": 1, "updateType": "Full", "localAuthorizationList": []}),
    # The whitepaper's schemas are draft 06, where 1.0 is an integer.
    ("LogStatusNotification", "req", {"status": "Idle", "requestId": 1.0}),
]


@pytest.mark.parametrize(("action", "kind", "payload"), RIGHT)
def test_no_violations(action: str, kind: Kind, payload: dict[str, Any]) -> None:
    assert violations(action, kind, payload) == []
    assert valid(action, kind, payload)


def test_several_faults_are_all_named() -> None:
    found = violations("StartTransaction", "req", {"connectorId": "1", "meterStart": 1e10, "timestamp": "now", "x": 1})
    assert {(violation.path, violation.rule) for violation in found} == {
        ("connectorId", "type"),
        ("idTag", "required"),
        ("meterStart", "int32"),
        ("timestamp", "format"),
        ("x", "additionalProperties"),
    }


def test_violation_as_text() -> None:
    assert str(violations("Authorize", "req", {})[0]) == "idTag: expected a value, received none"
    assert str(violations("Authorize", "req", 1)[0]) == "payload: expected an object, received 1"


def test_codes_are_those_of_the_table() -> None:
    assert set(ERROR_CODE.values()) < ERROR_CODES
