"""The catalogue: what a case is made of, what a check is looked up by, and what is refused."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from typing import Any

import pytest

from harness import catalogue
from harness.errors import HarnessError
from ocppj.schemas import ACTIONS

CASES = catalogue.load().cases
SOURCE = re.compile(
    r"(TC_\w+_CSMS step .+"
    r"|(operator's intent(: |; ).+)"
    r"|what the wire showed in (step|the state) .+"
    r"|\[environment\] \w+; OCPP 1\.6 §.+"
    r"|OCPP(-J)? 1\.6( errata v4\.0)? §[\d.]+ \((OCPP16|OCPPJ|ERR4)-[\d.]+-\d\d\)"
    r"|OCPP 1\.6 security whitepaper (§[\d.]+|[A-Z]\d\d\.FR\.\d+) \(SEC2-\w+-\w+\))"
)
MINIMAL = """
[[case]]
id = "TC_900_CSMS"
title = "t"
section = "3.1.1"
chapter = "3.1 c"
profile = "Core"
summary = "s"
checks = [{ step = 2, message = "Heartbeat.conf", level = "must" }]
"""


@pytest.mark.parametrize("case", CASES)
def test_a_page_makes_the_checks_of_the_catalogue_and_no_others(case: str, rehearsal: Any) -> None:
    assert list(rehearsal[case].checks) == [row.key for row in CASES[case].checks]


@pytest.mark.parametrize("case", CASES)
def test_a_page_needs_what_the_catalogue_says(case: str, page: Any, rehearsal: Any) -> None:
    states = CASES[case].states
    assert set(page[case].states) <= set(states)
    assert set(rehearsal[case].asked) == set(CASES[case].operator)
    brought = {"Accepted"} if {"Authorized", "Charging", "LocalListInitial"} & set(states) else set()
    assert rehearsal[case].cards | brought == set(CASES[case].cards)


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.id)
def test_every_check_says_who_demands_it(case: catalogue.Case) -> None:
    for row in case.checks:
        assert SOURCE.fullmatch(row.source), row
        if row.message.endswith((".req", ".conf")):
            assert row.message.split(".")[0] in ACTIONS


def test_the_sections_are_in_the_order_of_the_document() -> None:
    sections = [tuple(map(int, case.section.split("."))) for case in CASES.values()]
    assert sections == sorted(sections)
    assert all(case.chapter.startswith(case.section.rsplit(".", 1)[0] + " ") for case in CASES.values())


def test_each_state_names_states_that_exist_before_it() -> None:
    seen: set[str] = set()
    for state in catalogue.load().states.values():
        assert set(state.requires) <= seen
        seen.add(state.id)
    assert all(set(case.states) <= seen for case in CASES.values())


def test_a_state_is_checked_as_its_steps_are_in_the_case_that_consists_of_it() -> None:
    states = catalogue.load().states
    whole = {row.key for row in CASES["TC_004_1_CSMS"].checks}
    for state in ("Authorized", "Charging"):
        assert {(f"{state} {row.step}", row.message, row.path) for row in states[state].checks} <= whole


def test_a_row_is_found_by_case_or_state() -> None:
    known = catalogue.load()
    row = known.row("TC_023_1_CSMS", 2, "Authorize.conf", "idTagInfo.status")
    assert row == catalogue.CheckRow(
        2, "Authorize.conf", "idTagInfo.status", "must", "TC_023_1_CSMS step 2 (printed as step 1)", 1
    )
    booted = known.row("Booted", 2, "BootNotification.conf", "status")
    assert booted is not None
    assert booted.source == "Booted step 2"
    assert known.row("TC_023_1_CSMS", 1, "Authorize.conf", "idTagInfo.status") is None
    assert known.row("TC_999_CSMS", 2, "Authorize.conf", "idTagInfo.status") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("TC_10_CSMS", "TC_010_CSMS"),
        ("tc_010", "TC_010_CSMS"),
        ("TC_040_CSMS", "TC_040_1_CSMS"),
        ("TC-064-CSMS", "TC_064_CSMS"),
        ("023_2", "TC_023_2_CSMS"),
    ],
)
def test_the_nearest_id_is_suggested(typed: str, meant: str) -> None:
    assert catalogue.load().nearest(typed) == meant


def test_a_case_says_what_the_records_are_asked() -> None:
    assert CASES["TC_012_CSMS"].records == ("command", "transaction", "connector")
    assert CASES["TC_064_CSMS"].records == ()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('level = "must"', 'level = "always"'), "TC_900_CSMS step 2: expected one of"),
        (('title = "t"\n', ""), "TC_900_CSMS: expected a key 'title', received none"),
        ((', level = "must"', ""), "TC_900_CSMS: expected a key 'level', received none"),
        (('message = "Heartbeat.conf"', 'message = "Heartbeat.conf", path = ["a", "a"]'), "received (2, 'Heartbeat"),
    ],
)
def test_a_wrong_file_is_refused(change: tuple[str, str], complaint: str) -> None:
    assert list(catalogue.parse([MINIMAL]).cases) == ["TC_900_CSMS"]
    text = MINIMAL.replace(*change)
    with pytest.raises(HarnessError, match=re.escape(complaint)):
        catalogue.parse([text])


def test_an_id_stands_once() -> None:
    with pytest.raises(HarnessError, match="each id once"):
        catalogue.parse([MINIMAL, MINIMAL])


def test_loading_is_fast_and_imports_no_page() -> None:
    def seconds() -> float:
        begun = time.process_time()
        catalogue.load.__wrapped__()
        return time.process_time() - begun

    assert min(seconds() for _ in range(5)) < 0.05
    code = (
        "import sys; from harness import catalogue; assert catalogue.load().revision; "
        "print([name for name in sys.modules if name.split('.')[0] in ('pandas', 'pytest') or name > 'testcases.'"
        " and name < 'testcases/'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
