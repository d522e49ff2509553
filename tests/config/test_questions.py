"""PICS answers: which cases they switch off, what a refusal says, and which row of a certificate a case counts for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness import catalogue, config, pics, plan, questions
from harness.cli import app
from harness.errors import HarnessError
from harness.pki import Maker
from harness.results import Verdict

PROFILES = ["Core", "FirmwareManagement", "LocalAuthListManagement", "Reservation", "SmartCharging", "RemoteTrigger"]
CARDS = {"Accepted": "A", "Accepted2": "A2", "Invalid": "B", "Expired": "C", "Blocked": "D"}


def settings(**supports: Any) -> config.Settings:
    """Settings that claim everything but what is given."""
    claims = {"profiles": PROFILES, "security_profiles": [0, 1, 2, 3], **supports}
    environment = {"url": "ws://h", "station_id": "S", "cards": CARDS}
    return config.from_tables({"environment": environment, "supports": claims})


def left_out(**supports: Any) -> set[str]:
    """The cases that do not apply."""
    given = settings(**supports)
    cases = catalogue.load().cases.values()
    found = {case.id: pics.excluded(case.id, given, case.profile) for case in cases}
    return {case for case, excluded in found.items() if excluded and excluded.verdict is Verdict.NOT_APPLICABLE}


SECURITY_3 = {"TC_074_CSMS", "TC_077_CSMS", "TC_087_CSMS"}
SECURITY_2_OR_3 = {"TC_075_1_CSMS", "TC_075_2_CSMS", "TC_076_CSMS", "TC_078_CSMS", "TC_086_CSMS"}
ANY_SECURITY = {"TC_079_CSMS", "TC_080_CSMS", "TC_081_CSMS"}
BASIC = {"TC_073_CSMS", "TC_085_CSMS"}

ANSWERS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set()),
    ({"unlock_connector": False}, {f"TC_{n}_CSMS" for n in ("017_1", "017_2", "018_1", "030", "031")}),
    ({"clear_cache": False}, {"TC_061_CSMS"}),
    ({"get_configuration_all": False, "get_configuration_key": False}, {"TC_019_1_CSMS", "TC_019_2_CSMS"}),
    ({"reserve_with_parent": False}, {"TC_053_CSMS"}),
    ({"security_profile_upgrade": False}, {"TC_083_CSMS"}),
    ({"security_profiles": [0, 1, 2]}, SECURITY_3),
    ({"security_profiles": [0, 1]}, SECURITY_3 | SECURITY_2_OR_3 | {"TC_083_CSMS"}),
    ({"security_profiles": [3]}, BASIC | {"TC_083_CSMS"}),
    ({"security_profiles": [0]}, SECURITY_3 | SECURITY_2_OR_3 | ANY_SECURITY | BASIC | {"TC_083_CSMS"}),
    (
        {"profiles": [profile for profile in PROFILES if profile != "FirmwareManagement"]},
        {f"TC_{n}_CSMS" for n in ("044_1", "044_2", "044_3", "045_1", "045_2", "080", "081")},
    ),
]


@pytest.mark.parametrize(("answers", "expected"), ANSWERS)
def test_an_answer_switches_off_its_cases_and_no_others(answers: dict[str, Any], expected: set[str]) -> None:
    assert left_out(**answers) == expected & set(catalogue.load().cases)


def test_a_reason_names_the_question_and_the_answer() -> None:
    excluded = pics.excluded("TC_061_CSMS", settings(clear_cache=False), "Core")
    assert excluded is not None
    assert excluded.reason == "needs clear_cache = true (CSMS_CLEAR_CACHE) in [supports]"
    excluded = pics.excluded("TC_087_CSMS", settings(security_profiles=[1]), "Security")
    assert excluded is not None
    assert excluded.reason == "needs 3 among security_profiles in [supports]"
    excluded = pics.excluded("TC_080_CSMS", settings(profiles=["Core"], security_profiles=[2]), "Security")
    assert excluded is not None
    assert excluded.reason == "needs FirmwareManagement among profiles in [supports]"
    excluded = pics.excluded("TC_079_CSMS", settings(security_profiles=[0]), "Security")
    assert excluded is not None
    assert excluded.reason == "needs 1, 2 or 3 among security_profiles in [supports]"


ROWS = [
    ("2020", "TC_086_CSMS", "Security", "Security"),
    ("2023", "TC_086_CSMS", "Security", "Core"),
    ("2023", "TC_087_CSMS", "Security", "AdvancedSecurity"),
    ("2023", "TC_044_1_CSMS", "FirmwareManagement", "FirmwareManagement"),
    ("2025-10", "TC_044_1_CSMS", "FirmwareManagement", "Core"),
    ("2025-10", "TC_056_CSMS", "SmartCharging", "SmartCharging"),
]


@pytest.mark.parametrize(("generation", "case", "profile", "row"), ROWS)
def test_a_generation_decides_which_row_a_case_counts_for(generation: str, case: str, profile: str, row: str) -> None:
    assert questions.load().generations[generation].row(case, profile) == row


def test_what_the_files_name_exists() -> None:
    known, found = catalogue.load().cases, questions.load()
    assert set(found.conditions) <= set(known)
    names = {name for when in found.conditions.values() for name in questions.names(when)}
    assert names <= pics.answers(settings()).keys()
    for generation in found.generations.values():
        assert set(generation.moved) <= set(known)
        assert set(generation.demands) <= pics.answers(settings()).keys()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("a", True), ("b", False), ("not b", True), ("a and b", False), ("a or b", True), ("not (a and b) and a", True)],
)
def test_a_condition_is_evaluated(expression: str, expected: bool) -> None:
    assert questions.holds(expression, {"a": True, "b": False}) is expected


@pytest.mark.parametrize("expression", ["c", "1", "a == b", "a()", "a.b"])
def test_a_condition_can_do_nothing_else(expression: str) -> None:
    with pytest.raises(HarnessError, match="expected names"):
        questions.holds(expression, {"a": True, "b": False})


def test_the_plan_counts_persons_and_time(tmp_path: Path) -> None:
    sut = tmp_path / "sut.toml"
    sut.write_text(
        '[environment]\nurl = "ws://h"\nstation_id = "S"\nheartbeat_max_s = 10\n'
        'cards = { Accepted = "A" }\n[supports]\nclear_cache = false\n'
    )
    planned = {entry["id"]: entry for entry in _plan_json(sut)}
    assert planned["TC_061_CSMS"]["verdict"] == "not_applicable"
    assert planned["TC_023_2_CSMS"]["verdict"] == "not_tested"
    assert planned["TC_010_CSMS"]["person"] is True
    assert planned["TC_003_CSMS"]["person"] is False
    assert planned["TC_001_CSMS"]["about_s"] == 20 + plan.EXCHANGE_S
    assert planned["TC_010_CSMS"]["about_s"] == plan.PERSON_S + plan.EXCHANGE_S


def test_the_plan_says_what_a_case_runs_without_and_how_often_an_upgrade_asks(tmp_path: Path) -> None:
    credential = Maker().station("S3", None).pem
    (tmp_path / "s.pem").write_text(credential)
    access = "".join(
        f'[[environment.access]]\nsecurity_profile = {profile}\nurl = "wss://h"\nstation_id = "S{profile}"\n'
        'password = "0123456789abcdef"\nclient_certificate = "s.pem"\n'
        for profile in (2, 3)
    )
    sut = tmp_path / "sut.toml"
    sut.write_text(
        '[environment]\nurl = "ws://h"\nstation_id = "S"\npassword = "0123456789abcdef"\ncards = { Accepted = "A" }\n'
        f"{access}[environment.security]\nexpired_certificate = 's.pem'\n"
        "[supports]\nprofiles = ['Core', 'Security']\nsecurity_profiles = [1, 2, 3]\n"
    )
    planned = {entry["id"]: entry for entry in _plan_json(sut)}
    lacking = ["other_station", "longer_name", "other_organization", "revoked"]
    assert planned["TC_087_CSMS"]["without"] == [f"{name}_certificate" for name in lacking]
    assert planned["TC_086_CSMS"]["without"] == []
    assert planned["TC_083_CSMS"]["operator"] == ["ChangeConfiguration", "Reset"] * 2
    output = CliRunner().invoke(app, ["plan", "csms", "--sut", str(sut)]).output
    assert "TC_087_CSMS     runs, but not all of it: [environment.security] has no other_station_certificate" in output
    assert "not all of it" not in CliRunner().invoke(app, ["plan", "csms"]).output


def _plan_json(sut: Path) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, ["plan", "csms", "--sut", str(sut), "--json"])
    assert result.exit_code == 0
    found: list[dict[str, Any]] = json.loads(result.output)
    return found


def test_the_plan_says_what_the_generation_demands(tmp_path: Path) -> None:
    sut = tmp_path / "sut.toml"
    sut.write_text('[environment]\nurl = "ws://h"\nstation_id = "S"\ncards = { Accepted = "A" }\n')
    output = CliRunner().invoke(app, ["plan", "csms", "--sut", str(sut)]).output
    assert (
        "demands FirmwareManagement, which [supports] profiles does not have: the row Core stays Incomplete" in output
    )
    assert "demands security profile 2, which [supports] security_profiles does not have" in output
    assert "demands Core" not in output
    assert "profile SmartCharging is not claimed in [supports] profiles" in output
