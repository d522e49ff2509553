"""Catalogue and pages hold what the official document holds: the cases, their order, steps and validations."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from harness import catalogue

SCENARIOS = {
    "TC_001_CSMS": "BootNotification StatusNotification Heartbeat",
    "TC_003_CSMS": "StatusNotification Authorize StartTransaction StatusNotification",
    "TC_004_1_CSMS": "Authorized: Authorize Charging: StatusNotification StartTransaction StatusNotification",
    "TC_004_2_CSMS": "StatusNotification StatusNotification",
    "TC_005_1_CSMS": "StatusNotification StopTransaction StatusNotification StatusNotification",
    "TC_007_CSMS": "StatusNotification StartTransaction StatusNotification",
    "TC_061_CSMS": "ClearCache",
    "TC_010_CSMS": "StatusNotification RemoteStartTransaction Authorize StartTransaction StatusNotification",
    "TC_011_1_CSMS": "RemoteStartTransaction Authorize StatusNotification StartTransaction StatusNotification",
    "TC_011_2_CSMS": "RemoteStartTransaction Authorize StatusNotification StatusNotification",
    "TC_012_CSMS": "RemoteStopTransaction StopTransaction StatusNotification StatusNotification",
    "TC_013_CSMS": "Reset BootNotification StatusNotification",
    "TC_014_CSMS": "Reset BootNotification StatusNotification",
    "TC_017_1_CSMS": "UnlockConnector",
    "TC_017_2_CSMS": "UnlockConnector",
    "TC_018_1_CSMS": "UnlockConnector StatusNotification StopTransaction StatusNotification",
    "TC_019_1_CSMS": "GetConfiguration",
    "TC_019_2_CSMS": "GetConfiguration",
    "TC_021_CSMS": "ChangeConfiguration",
    "TC_023_1_CSMS": "Authorize",
    "TC_023_2_CSMS": "Authorize",
    "TC_023_3_CSMS": "Authorize",
    "TC_024_CSMS": "StatusNotification StatusNotification",
    "TC_026_CSMS": "RemoteStartTransaction",
    "TC_028_CSMS": "RemoteStopTransaction",
    "TC_030_CSMS": "UnlockConnector",
    "TC_031_CSMS": "UnlockConnector",
    "TC_032_1_CSMS": "BootNotification StatusNotification StopTransaction",
    "TC_037_1_CSMS": "StartTransaction StatusNotification",
    "TC_037_3_CSMS": "StartTransaction StatusNotification StopTransaction StatusNotification",
    "TC_039_CSMS": "StartTransaction StopTransaction",
    "TC_040_1_CSMS": "ChangeConfiguration",
    "TC_040_2_CSMS": "ChangeConfiguration",
    "TC_042_1_CSMS": "GetLocalListVersion",
    "TC_042_2_CSMS": "GetLocalListVersion",
    "TC_043_1_CSMS": "SendLocalList",
    "TC_043_3_CSMS": "SendLocalList",
    "TC_043_4_CSMS": "SendLocalList",
    "TC_043_5_CSMS": "[GetLocalListVersion] SendLocalList",
    "TC_044_1_CSMS": "UpdateFirmware FirmwareStatusNotification FirmwareStatusNotification StatusNotification "
    "FirmwareStatusNotification BootNotification StatusNotification FirmwareStatusNotification",
    "TC_044_2_CSMS": "UpdateFirmware FirmwareStatusNotification FirmwareStatusNotification",
    "TC_044_3_CSMS": "UpdateFirmware FirmwareStatusNotification FirmwareStatusNotification StatusNotification "
    "FirmwareStatusNotification BootNotification StatusNotification FirmwareStatusNotification",
    "TC_045_1_CSMS": "GetDiagnostics DiagnosticsStatusNotification DiagnosticsStatusNotification",
    "TC_045_2_CSMS": "GetDiagnostics DiagnosticsStatusNotification DiagnosticsStatusNotification",
    "TC_046_CSMS": "ReserveNow StatusNotification "
    "Authorized: Authorize Charging: StatusNotification StartTransaction StatusNotification",
    "TC_047_CSMS": "ReserveNow StatusNotification StatusNotification",
    "TC_048_1_CSMS": "ReserveNow",
    "TC_048_2_CSMS": "StatusNotification ReserveNow",
    "TC_048_3_CSMS": "ChangeAvailability StatusNotification ReserveNow",
    "TC_048_4_CSMS": "ReserveNow",
    "TC_049_CSMS": "ReserveNow StatusNotification",
    "TC_051_CSMS": "ReserveNow StatusNotification CancelReservation StatusNotification",
    "TC_052_CSMS": "ReserveNow StatusNotification CancelReservation",
    "TC_053_CSMS": "ReserveNow StatusNotification "
    "Authorized: Authorize Charging: StatusNotification StartTransaction StatusNotification",
    "TC_054_CSMS": "TriggerMessage MeterValues TriggerMessage Heartbeat TriggerMessage StatusNotification "
    "TriggerMessage DiagnosticsStatusNotification TriggerMessage FirmwareStatusNotification",
    "TC_055_CSMS": "TriggerMessage",
    "TC_056_CSMS": "SetChargingProfile",
    "TC_057_CSMS": "SetChargingProfile",
    "TC_066_CSMS": "GetCompositeSchedule",
    "TC_067_CSMS": "SetChargingProfile*3 ClearChargingProfile ClearChargingProfile ClearChargingProfile",
    "TC_059_CSMS": "RemoteStartTransaction Authorize StatusNotification StartTransaction StatusNotification",
    "TC_064_CSMS": "DataTransfer",
    "TC_073_CSMS": "ChangeConfiguration",
    "TC_074_CSMS": "ExtendedTriggerMessage SignCertificate CertificateSigned",
    "TC_075_1_CSMS": "InstallCertificate GetInstalledCertificateIds",
    "TC_075_2_CSMS": "InstallCertificate GetInstalledCertificateIds",
    "TC_076_CSMS": "InstallCertificate GetInstalledCertificateIds DeleteCertificate [GetInstalledCertificateIds]",
    "TC_077_CSMS": "ExtendedTriggerMessage SignCertificate CertificateSigned SecurityEventNotification",
    "TC_078_CSMS": "InstallCertificate SecurityEventNotification",
    "TC_079_CSMS": "GetLog LogStatusNotification LogStatusNotification",
    "TC_080_CSMS": "SignedUpdateFirmware SignedFirmwareStatusNotification SignedFirmwareStatusNotification "
    "SignedFirmwareStatusNotification (StatusNotification) SignedFirmwareStatusNotification "
    "SignedFirmwareStatusNotification BootNotification SecurityEventNotification StatusNotification "
    "SignedFirmwareStatusNotification",
    "TC_081_CSMS": "SignedUpdateFirmware SignedFirmwareStatusNotification SignedFirmwareStatusNotification "
    "SignedFirmwareStatusNotification",
    "TC_083_CSMS": "ChangeConfiguration Reset @6 BootNotification StatusNotification",
    "TC_085_CSMS": "@4 BootNotification StatusNotification",
    "TC_086_CSMS": "@6 BootNotification StatusNotification",
    "TC_087_CSMS": "@6 BootNotification StatusNotification",
    "TC_088_CSMS": "",
}
"""Each official case and its messages: two steps each, the request and its answer; in parentheses without a number,
in brackets with numbers but played only if the CSMS likes.

`*3` are three passes of the same two steps. `@6` stands for steps up to the 6th that are no messages.
"""

FROM_CSMS = {
    "CertificateSigned",
    "DeleteCertificate",
    "ExtendedTriggerMessage",
    "GetInstalledCertificateIds",
    "InstallCertificate",
    "GetLocalListVersion",
    "SendLocalList",
    "TriggerMessage",
    "CancelReservation",
    "ChangeAvailability",
    "ChangeConfiguration",
    "ClearCache",
    "ClearChargingProfile",
    "GetCompositeSchedule",
    "GetConfiguration",
    "GetDiagnostics",
    "GetLog",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "ReserveNow",
    "Reset",
    "SetChargingProfile",
    "SignedUpdateFirmware",
    "UnlockConnector",
    "UpdateFirmware",
}

VALIDATIONS = Path(__file__).with_name("validations.txt").read_text(encoding="utf-8")

HEX = re.compile("[0-9a-f]{36,}")

MISPRINTED = {
    ("TC_011_1_CSMS", 4): 6,
    ("TC_023_1_CSMS", 2): 1,
    ("TC_023_2_CSMS", 2): 1,
    ("TC_023_3_CSMS", 2): 1,
}
"""Steps to which the document attaches a validation that belongs to another step."""


def official(case: str) -> list[tuple[str, Any, str]]:
    """The scenario as (who acts, step, message)."""
    steps: list[tuple[str, Any, str]] = []
    state, number = "", 0
    for word in SCENARIOS[case].split():
        if word.endswith(":"):
            state, number = word[:-1], 0
            continue
        if word.startswith("@"):
            number = int(word[1:])
            continue
        word, _, passes = word.partition("*")
        request, answer = ("receives", "sends") if word in FROM_CSMS else ("sends", "receives")
        if word.startswith("["):
            number += 2
            continue
        if word.startswith("("):
            action = word.strip("()")
            steps += [(request, f"{number}a", f"{action}.req"), (answer, f"{number}b", f"{action}.conf")]
            continue
        for letter in "abc"[: int(passes)] if passes else ():
            steps += [
                (request, f"{number + 1}{letter}", f"{word}.req"),
                (answer, f"{number + 2}{letter}", f"{word}.conf"),
            ]
        if passes:
            number += 2
            continue
        for verb, message in ((request, f"{word}.req"), (answer, f"{word}.conf")):
            number += 1
            steps.append((verb, f"{state} {number}" if state else number, message))
    return steps


def test_the_catalogue_holds_the_official_cases_in_their_order() -> None:
    assert list(catalogue.load().cases) == list(SCENARIOS)


def test_the_pages_hold_the_official_cases(page: Any) -> None:
    assert sorted(page) == sorted(SCENARIOS)


def test_the_tests_of_a_page_are_in_the_order_of_the_document(page: Any) -> None:
    for module in {each.function.__module__ for each in page.values()}:
        firsts = {each.function: case for case, each in reversed(page.items()) if each.function.__module__ == module}
        order = [list(SCENARIOS).index(case) for case in reversed(firsts.values())]
        assert order == sorted(order), module


@pytest.mark.parametrize("case", SCENARIOS)
def test_a_page_follows_the_official_steps(case: str, rehearsal: Any) -> None:
    steps = [step for step in rehearsal[case].scenario if step[2] != "connection"]
    assert list(dict.fromkeys(steps)) == official(case)


def test_the_musts_are_the_official_validations(rehearsal: Any) -> None:
    found = [
        f"{case.id} {row.step} {row.message} {row.path} {HEX.sub('HEX', rehearsal[case.id].checks[row.key])}"
        for case in catalogue.load().cases.values()
        for row in case.checks
        if row.level == "must" and row.path
    ]
    assert found == VALIDATIONS.strip().splitlines()


def test_every_answer_and_request_of_the_csms_has_to_come(rehearsal: Any) -> None:
    for case in catalogue.load().cases.values():
        musts = [row.key for row in case.checks if row.level == "must" and not row.path and row.message != "connection"]
        assert musts == [(step, message, "") for verb, step, message in official(case.id) if verb == "receives"]


def test_the_printed_steps_are_the_known_misprints() -> None:
    rows = [(case.id, row) for case in catalogue.load().cases.values() for row in case.checks]
    assert {(id_, row.step): row.printed_step for id_, row in rows if row.printed_step is not None} == MISPRINTED
    assert all(f"(printed as step {row.printed_step})" in row.source for _, row in rows if row.printed_step is not None)


@pytest.mark.parametrize(
    ("case", "opened"),
    [
        ("TC_013_CSMS", [("disconnects", 3), ("reconnects", 3)]),
        ("TC_014_CSMS", [("disconnects", 3), ("reconnects", 3)]),
        ("TC_032_1_CSMS", [("disconnects", 1), ("reconnects", 1)]),
        ("TC_037_1_CSMS", [("disconnects", 1), ("reconnects", 1)]),
        ("TC_037_3_CSMS", [("disconnects", 1), ("reconnects", 1)]),
        ("TC_039_CSMS", [("disconnects", 1), ("reconnects", 1)]),
        ("TC_044_1_CSMS", [("disconnects", 11), ("reconnects", 11)]),
        ("TC_044_3_CSMS", [("disconnects", 11), ("reconnects", 11)]),
        ("TC_073_CSMS", [("disconnects", 3)]),
        ("TC_074_CSMS", [("disconnects", 7), ("reconnects", 8)]),
        ("TC_080_CSMS", [("disconnects", 13), ("reconnects", 13)]),
        ("TC_083_CSMS", 2 * [("disconnects", 5), ("reconnects", 6), ("disconnects", 11), ("reconnects", 14)]),
        ("TC_085_CSMS", [("reconnects", 4)]),
        ("TC_086_CSMS", [("reconnects", 6)]),
        ("TC_087_CSMS", [("reconnects", 6)]),
    ],
)
def test_resets_power_failures_and_offline_cases_really_reconnect(case: str, opened: list[Any], rehearsal: Any) -> None:
    assert [step[:2] for step in rehearsal[case].scenario if step[2] == "connection"] == opened


def test_a_cold_boot_shows_the_heartbeat_period(rehearsal: Any) -> None:
    assert rehearsal["TC_001_CSMS"].scenario.count(("sends", 5, "Heartbeat.req")) >= 2
    assert rehearsal["TC_001_CSMS"].scenario.count(("sends", 3, "StatusNotification.req")) == 3


def test_the_conformance_notes_speak_of_every_case() -> None:
    notes = (Path(__file__).parents[2] / "docs" / "conformance-notes.md").read_text(encoding="utf-8")
    assert [case for case in SCENARIOS if case not in notes] == []
