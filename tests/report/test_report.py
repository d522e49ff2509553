"""report.html and junit.xml: what a replay makes of each verdict, and that they stand on their own."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.report import Written, make, pages
from harness.report.conversation import failure_text
from harness.results import Run, Verdict
from tests.report.factory import check, conversation, ended, every_ending, remote_start, run_of, write

HOSTILE = "<script>alert('x')</script>\"'&<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return make(write(every_ending(), tmp_path_factory.mktemp("run")))


def blob(written: Written) -> dict[str, Any]:
    """What the page is filled with."""
    found = re.search(r'data-jsonblob="([^"]*)"', written.report.read_text(encoding="utf-8"))
    assert found
    return dict(json.loads(html.unescape(found[1])))


def outcomes(written: Written) -> dict[str, str]:
    return {test["testId"]: test["result"] for tests in blob(written)["tests"].values() for test in tests}


def words(cell: str) -> str:
    return re.sub(r"<span hidden>.*?</span>|<[^>]*>", "", cell)


def test_every_file_is_there(made: Written) -> None:
    folder = made.report.parent
    assert made[:3] == (folder / "report.html", folder / "junit.xml", folder / "abstract.html")
    assert all(path.stat().st_size for path in (*made[:3], *made.tables))
    assert len(made.tables) == 6


def test_outcomes_follow_the_verdicts(made: Written) -> None:
    assert outcomes(made) == {
        "TC_001_CSMS": "Skipped",
        "TC_010_CSMS": "Passed",
        "TC_023_1_CSMS": "Failed",
        "TC_013_CSMS": "Failed",
        "TC_014_CSMS": "Error",
        "TC_017_CSMS": "Skipped",
        "TC_021_CSMS": "XFailed",
        "TC_024_CSMS": "Failed",
    }


def test_the_rows_say_what_the_verdict_is(made: Written) -> None:
    rows = [
        [words(cell) for cell in test["resultsTableRow"]] for tests in blob(made)["tests"].values() for test in tests
    ]
    assert {row[1]: row[4] for row in rows} == {
        "TC_001_CSMS": "Not tested",
        "TC_010_CSMS": "Pass",
        "TC_023_1_CSMS": "Fail",
        "TC_013_CSMS": "Inconclusive",
        "TC_014_CSMS": "Error",
        "TC_017_CSMS": "Not applicable",
        "TC_021_CSMS": "Known failure",
        "TC_024_CSMS": "Unexpected pass",
    }
    assert rows[1][1:] == [
        "TC_010_CSMS",
        "Remote Start Charging Session - Cable Plugged in First",
        "Core",
        "Pass",
        "2.0 ms",
        "0.25 s",
    ]


def test_junit_counts(made: Written) -> None:
    root = ET.parse(made.junit).getroot()
    suite = root[0]
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped", "timestamp", "hostname")}
    assert counts == {
        "tests": "8",
        "failures": "3",
        "errors": "1",
        "skipped": "3",
        "timestamp": "2026-03-01T10:00:00.000Z",
        "hostname": None,
    }
    assert (root.tag, suite.tag, len(list(suite.iter("testcase")))) == ("testsuites", "testsuite", 8)


def test_junit_cases(made: Written) -> None:
    cases = {case.get("name"): case for case in ET.parse(made.junit).getroot().iter("testcase")}
    failed = cases["TC_023_1_CSMS"]
    assert failed.get("classname") == "testcases.csms.Core"
    assert failed.get("time") == "0.250"
    assert {entry.get("name"): entry.get("value") for entry in failed.iter("property")} == {
        "case": "TC_023_1_CSMS",
        "profile": "Core",
        "title": "Remote Start Charging Session - Cable Plugged in First",
        "verdict": "fail",
    }
    failure = failed.find("failure")
    assert failure is not None
    assert (
        failure.get("message")
        == "fail: step 6 Authorize.conf idTagInfo.status: expected 'Accepted', received 'Blocked'"
    )
    assert failure.text == failure_text(remote_start("Blocked", case="TC_023_1_CSMS"))


def test_junit_messages(made: Written) -> None:
    cases = {case.get("name"): case for case in ET.parse(made.junit).getroot().iter("testcase")}
    messages = {
        name: entry.get("message") for name, case in cases.items() for entry in case if entry.tag != "properties"
    }
    assert messages.pop("TC_023_1_CSMS")
    assert messages == {
        "TC_001_CSMS": "not run",
        "TC_013_CSMS": "inconclusive: the operator's driver cannot do Reset",
        "TC_014_CSMS": 'failed on setup with "error: boom"',
        "TC_017_CSMS": "not declared: UNLOCK",
        "TC_021_CSMS": "fixed in 4.3",
        "TC_024_CSMS": "unexpected pass: passes although it is listed as a known failure: should fail",
    }
    assert "ValueError: boom" in "".join(cases["TC_014_CSMS"].itertext())


def test_the_files_load_nothing_and_name_no_place_on_this_machine(made: Written) -> None:
    for path in made[:3]:
        text = html.unescape(path.read_text(encoding="utf-8"))
        assert not re.search(r"""(src|srcset)=["']?[^"' ]*//|<link|@import|url\(""", text)
        assert not re.search(r"""href=["'](?!#|https://pypi\.python\.org/pypi/pytest-html)""", text)
        assert str(Path(__file__).parents[2]) not in text
        assert str(path.parent) not in text


def test_the_page_is_made_for_readers(made: Written) -> None:
    text = made.report.read_text(encoding="utf-8")
    assert '<html lang="en">' in text
    assert 'name="viewport" content="width=device-width' in text
    assert "prefers-color-scheme: dark" in text
    assert '<title id="head-title">OCPP 1.6 conformance: Volt &amp; Sons CentralOne 4.2</title>' in text
    assert blob(made)["environment"]["environment.station_id"] == "CP-1"


def test_settings_are_flat_and_readable() -> None:
    run = run_of(environment={"tls": {"versions": [1.2, "1.3"]}, "slack_s": 2}, supports={"profiles": ["Core"]})
    assert pages.settings(run) == {
        "environment.tls.versions": "1.2, 1.3",
        "environment.slack_s": "2",
        "supports.profiles": "Core",
    }


def test_the_details_hold_the_whole_evidence(made: Written) -> None:
    tests = {test["testId"]: test for tests in blob(made)["tests"].values() for test in tests}
    details = html.unescape(tests["TC_023_1_CSMS"]["extras"][0]["content"])
    for message in remote_start("Blocked").messages:
        assert message.raw in details
    assert details.count('<svg class="seq"') == 1
    assert "dictated" in details
    assert "ValueError: boom" in tests["TC_014_CSMS"]["extras"][0]["content"]


def hostile() -> Run:
    messages = conversation(
        ("received", "call", HOSTILE, {HOSTILE: HOSTILE}), ("received", "malformed", None, None, {"raw": HOSTILE})
    )
    checks = tuple(
        check(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, outcome, hint=HOSTILE, source=HOSTILE, rule=HOSTILE)
        for outcome in ("fail", "warn", "unverifiable")
    )
    bad = ended(HOSTILE, Verdict.FAIL, HOSTILE, messages=messages, checks=checks, profile=HOSTILE)
    excused = ended("TC_2", Verdict.FAIL, HOSTILE, known_failure=HOSTILE)
    error = ended("TC_3", Verdict.ERROR, HOSTILE, error=HOSTILE)
    names = {"vendor": HOSTILE, "product": HOSTILE, "version": HOSTILE}
    texts = {"id": HOSTILE, "harness_version": HOSTILE, "catalogue_revision": HOSTILE, "sut": names}
    return run_of(
        bad, excused, error, **texts, environment={"url": HOSTILE, HOSTILE: [HOSTILE]}, supports={HOSTILE: HOSTILE}
    )


def test_nothing_of_the_other_side_becomes_markup() -> None:
    run = hostile()
    parts = [pages.head(run), *pages.settings(run).values()]
    for case in run.cases:
        parts += [*pages.cells(case), pages.case(case)]
    text = "".join(parts).replace((Path(pages.__file__).parent / "report.js").read_text(encoding="utf-8"), "")
    assert "onerror" in text
    assert not re.search(r"<img|<script>[^<]", text)


def test_a_hostile_run_makes_a_whole_report(tmp_path: Path) -> None:
    """Every page escapes, and the XML stays well-formed."""
    written = make(write(hostile(), tmp_path))
    for path in (written.report, written.abstract):
        assert "<img src=x" not in path.read_text(encoding="utf-8")
    ET.parse(written.junit)


def test_a_cut_off_journal_makes_a_report_when_asked(tmp_path: Path) -> None:
    folder = write(run_of(remote_start()), tmp_path, end=False)
    with pytest.raises(UsageError, match="cut off"):
        make(folder)
    assert not (tmp_path / "report.html").exists()
    written = make(folder / "journal.jsonl", cut_off=True)
    assert "INTERRUPTED" in written.report.read_text(encoding="utf-8")
    assert "INTERRUPTED" in written.abstract.read_text(encoding="utf-8")
    complete = [
        entry.get("value") for entry in ET.parse(written.junit).iter("property") if entry.get("name") == "complete"
    ]
    assert complete == ["false"]


def test_an_empty_run_makes_a_report(tmp_path: Path) -> None:
    written = make(write(run_of(), tmp_path))
    assert blob(written)["tests"] == {}
    assert ET.parse(written.junit).getroot()[0].get("tests") == "0"


def test_the_report_can_be_made_again_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(every_ending(), tmp_path / "run")
    (tmp_path / "conftest.py").write_text("raise SystemExit('not ours')")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--nonsense")
    assert len(outcomes(make(Path("run")))) == 8


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    folder = write(run_of(), tmp_path)
    (folder / "abstract.html").mkdir()
    with pytest.raises(UsageError, match="expected a folder that can be written to"):
        make(folder)


def test_the_plugin_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "-p", "harness.report.replay"]
    found = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert found.returncode == 4
    assert "ERROR: --ocpp-replay: expected the journal of a run, received none" in found.stderr


def test_the_head_tells_the_run_at_a_glance() -> None:
    run = replace(every_ending(), strict=True)
    text = re.sub(r"\s+", " ", words(pages.head(run)))
    assert "Fail 2 of 7 applicable cases pass · 2 fail · 1 inconclusive · 1 error · 1 not tested · strict" in text
    assert "INTERRUPTED" not in text
    assert re.search(r"Warnings", text) is None


def test_warnings_that_say_the_same_are_told_once() -> None:
    warned = check(1, "m.conf", "p", "x", "y", "warn", source="somewhere")
    cases = [ended(f"TC_{n}", Verdict.PASS, checks=(warned, warned)) for n in range(9)]
    text = html.unescape(re.sub(r"\s+", " ", words(pages.head(run_of(*cases)).replace("<br/>", " "))))
    assert (
        "9 cases step 1 m.conf p somewhere: expected x, received 'y' TC_0 TC_1 TC_2 TC_3 TC_4 TC_5 and 3 more" in text
    )


def test_the_page_says_how_long_the_run_took_and_not_how_long_its_replay(tmp_path: Path) -> None:
    text = make(write(every_ending(), tmp_path)).report.read_text(encoding="utf-8")
    assert '<p class="run-count">7 cases took 5.0 min</p>' in text
    assert " tests took" not in text
