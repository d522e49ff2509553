"""Rules on requests about files: each has been seen finding its own fault, and leaving the nearest good frame alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.evidence import Evidence
from harness.files import Files
from harness.results import Check
from harness.rules import Observed, judge
from harness.rules.files import FILE_RULES
from harness.rules.observed import Memory
from ocppj.session import Session

NOW = "2026-03-01T12:00:00Z"
FILES = Files()
PEM, SIGNATURE = FILES.signing_certificate, FILES.signature


def heard(memory: Memory, action: str, payload: dict[str, Any], unique_id: str = "c") -> list[Check]:
    """What the rules say of a request."""
    received = Session().receive(json.dumps([2, unique_id, action, payload]), now=1)
    message = Evidence("TC").message("received", "call", connection=1, at_ns=0, action=action)
    return list(judge(FILE_RULES, Observed(received, message, memory, True)))


def signed(**firmware: Any) -> dict[str, Any]:
    whole = {"location": "https://h/a", "retrieveDateTime": NOW, "signingCertificate": PEM, "signature": SIGNATURE}
    return {"requestId": 1, "firmware": whole | firmware}


def log(where: Any) -> dict[str, Any]:
    return {"requestId": 1, "logType": "SecurityLog", "log": {"remoteLocation": where}}


TABLE: list[tuple[str, str, dict[str, Any], dict[str, Any], str]] = [
    ("SEC2-5-02", "GetLog", log("logs/here"), log("ftp://h/logs"), "log.remoteLocation"),
    ("SEC2-5-02", "GetLog", log("https://h/a b"), log("https://h/a%20b"), "log.remoteLocation"),
    ("SEC2-5-02", "SignedUpdateFirmware", signed(location=""), signed(location="sftp://h/"), "firmware.location"),
    ("ERR4-3.88-01", "UpdateFirmware", {"location": "gopher://h/"}, {"location": "http://h/"}, "location"),
    ("ERR4-3.88-01", "GetDiagnostics", {"location": "file:/a"}, {"location": "ftps://h/"}, "location"),
    ("ERR4-3.88-01", "GetLog", log("mailto:a@b"), log("HTTPS://h/"), "log.remoteLocation"),
    (
        "SEC2-L01-11",
        "SignedUpdateFirmware",
        signed(signingCertificate=PEM.replace("CERTIFICATE", "PUBLIC KEY")),
        signed(signingCertificate=PEM.replace("\n", "\r\n")),
        "firmware.signingCertificate",
    ),
    ("SEC2-L01-11", "SignedUpdateFirmware", signed(signingCertificate=""), signed(), "firmware.signingCertificate"),
    ("SEC2-L01-09", "SignedUpdateFirmware", signed(signature="%"), signed(signature="AA ==\n"), "firmware.signature"),
    ("SEC2-L01-09", "SignedUpdateFirmware", signed(signature=""), signed(signature="AA=="), "firmware.signature"),
    ("OCPP16-6.55-01", "UpdateFirmware", {"retries": -1}, {"retries": 0}, "retries"),
    ("OCPP16-6.55-01", "GetDiagnostics", {"retryInterval": -1}, {"retryInterval": True}, "retryInterval"),
]


@pytest.mark.parametrize(("id", "action", "bad", "good", "path"), TABLE)
def test_a_rule_finds_its_own_fault(id: str, action: str, bad: dict[str, Any], good: dict[str, Any], path: str) -> None:
    assert [(check.rule, check.path) for check in heard(Memory(), action, bad)] == [(id, path)]
    assert heard(Memory(), action, good) == []


@pytest.mark.parametrize("action", ["GetLog", "SignedUpdateFirmware"])
def test_an_id_belongs_to_one_request_of_an_action(action: str) -> None:
    first = log("ftp://h/") if action == "GetLog" else signed()
    other = log("ftp://h/2") if action == "GetLog" else signed(location="https://h/2")
    memory = Memory()
    assert heard(memory, action, first) == []
    assert heard(memory, action, first, "again") == []
    assert [(check.rule, check.path) for check in heard(memory, action, other)] == [("SEC2-L01-10", "requestId")]
    assert heard(memory, action, other | {"requestId": 2}) == []
    another = "GetLog" if action != "GetLog" else "SignedUpdateFirmware"
    assert heard(memory, another, log("ftp://h/") if another == "GetLog" else signed()) == []


@pytest.mark.parametrize("wrong", [None, 5, [], {"signingCertificate": 1, "signature": None, "location": 2}])
def test_what_the_schema_refuses_is_left_to_it(wrong: Any) -> None:
    assert heard(Memory(), "SignedUpdateFirmware", {"requestId": 1, "firmware": wrong}) == []
    assert heard(Memory(), "GetLog", {"requestId": 1, "log": wrong}) == []
    assert heard(Memory(), "UpdateFirmware", {"location": wrong, "retries": "x"}) == []


def test_every_rule_has_been_seen() -> None:
    assert {rule.id for rule in FILE_RULES} == {row[0] for row in TABLE} | {"SEC2-L01-10"}
