"""The tables: values, types, an empty run, Parquet, and pandas only when it is needed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest

from harness import tables
from harness.errors import UsageError
from harness.results import Run, Verdict
from harness.tables import Tables, facts
from tests.report.factory import check, conversation, ended, every_ending, exchange, remote_start, run_of, write

NAMES = [field.name for field in fields(Tables)]


@pytest.mark.parametrize("module", ["harness.tables", "harness.report", "harness.report.summary", "harness.journal"])
def test_importing_does_not_import_pandas(module: str) -> None:
    code = f"import sys, {module}; sys.exit(bool({{'pandas', 'pyarrow'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


def test_a_run_can_be_given_as_folder_file_text_or_value(tmp_path: Path) -> None:
    run = every_ending()
    folder = write(run, tmp_path)
    for source in (folder, str(folder), folder / "journal.jsonl", run):
        pd.testing.assert_frame_equal(tables.load(source).cases, tables.load(run).cases)


def test_a_cut_off_journal_is_refused_unless_asked_for(tmp_path: Path) -> None:
    folder = write(every_ending(), tmp_path, end=False)
    with pytest.raises(UsageError, match="cut off"):
        tables.load(folder)
    assert len(tables.load(folder, cut_off=True).cases) == 8


def test_an_empty_run_has_the_same_columns_and_types() -> None:
    empty, full = tables.load(run_of()), tables.load(every_ending())
    for name in NAMES:
        assert getattr(empty, name).empty
        pd.testing.assert_series_equal(getattr(empty, name).dtypes, getattr(full, name).dtypes)


def test_cases_hold_the_planned_ones_too() -> None:
    found = tables.load(every_ending()).cases.set_index("case")
    assert found.verdict.to_dict() == {
        "TC_001_CSMS": "not_tested",
        "TC_010_CSMS": "pass",
        "TC_023_1_CSMS": "fail",
        "TC_013_CSMS": "inconclusive",
        "TC_014_CSMS": "error",
        "TC_017_CSMS": "not_applicable",
        "TC_021_CSMS": "fail",
        "TC_024_CSMS": "pass",
    }
    counted = found.loc["TC_023_1_CSMS", ["messages", "checks_made", "checks_failed", "checks_dictated"]]
    assert counted.to_list() == [8, 4, 1, 1]
    assert str(found.started_utc["TC_010_CSMS"]) == "2026-03-01 10:00:00+00:00"
    assert pd.isna(found.started_utc["TC_001_CSMS"])


def test_checks_and_messages_keep_what_was_recorded() -> None:
    found = tables.load(run_of(remote_start("Blocked")))
    failed = found.checks[found.checks.outcome == "fail"].iloc[0]
    assert failed[["step", "path", "expected", "received"]].to_list() == [
        "6",
        "idTagInfo.status",
        "'Accepted'",
        '"Blocked"',
    ]
    judged = found.messages[found.messages.n == failed.message_n].iloc[0]
    assert judged[["name", "payload", "step"]].to_list() == [
        "Authorize.conf",
        '{"idTagInfo": {"status": "Blocked"}}',
        "6",
    ]
    assert found.messages.offset_s.to_list() == pytest.approx([n * 0.002 for n in range(8)])


def test_a_text_that_no_column_can_hold_is_escaped(tmp_path: Path) -> None:
    messages = conversation(("received", "malformed", None, None, {"raw": "\ud800"}))
    found = tables.load(run_of(ended("TC_1", Verdict.PASS, messages=messages)))
    assert found.messages.raw.to_list() == ["\\ud800"]
    found.write_parquet(tmp_path)


def test_exchanges_pair_each_call_with_its_answer() -> None:
    found = tables.load(run_of(remote_start())).exchanges
    assert found.action.to_list() == ["StatusNotification", "RemoteStartTransaction", "Authorize", "StartTransaction"]
    assert found.initiator.to_list() == ["harness", "sut", "harness", "harness"]
    assert found.latency_ms.to_list() == [2.0] * 4
    assert found.outcome.to_list() == ["result"] * 4


def test_exchanges_know_errors_silence_and_repeated_ids() -> None:
    same = {"unique_id": "one"}
    messages = conversation(
        ("sent", "call", "A", {}, same),
        ("received", "error", "A", {}, same),
        ("received", "result", "A", {}, same),
        ("received", "call", "B", {}, same),
        ("sent", "call", "C", {}, same),
        ("received", "result", "C", {}, {**same, "connection": 2}),
        ("sent", "call", "D", {}, same),
        ("received", "result", "D", {}, same),
    )
    found = tables.load(run_of(ended("TC_1", Verdict.PASS, messages=messages))).exchanges
    assert found[["action", "outcome"]].to_numpy().tolist() == [
        ["A", "error"],
        ["B", "none"],
        ["C", "none"],
        ["D", "result"],
    ]
    assert found.latency_ms.isna().to_list() == [False, True, True, False]


def test_timings_take_only_cases_that_passed() -> None:
    slow = replace(remote_start("Blocked", case="TC_2"), messages=conversation(*exchange("Slow", {}, {}), gap_ms=9000))
    found = tables.load(run_of(remote_start(), slow)).timings
    assert found.action.to_list() == ["Authorize", "StartTransaction", "StatusNotification"]
    assert found.n.to_list() == [1, 1, 1]
    assert found.pics_limit_s.to_list() == [30.0] * 3


def test_timings_have_the_declared_limits() -> None:
    run = run_of(remote_start(), performance={"authorize_s": 2.0})
    assert tables.load(run).timings.pics_limit_s.fillna(-1).to_list() == [2.0, -1.0, -1.0]


def test_percentiles_agree_with_pandas() -> None:
    values = [float(n * n % 101) for n in range(57)]
    found, series = facts.spread(values), pd.Series(values)
    assert found is not None
    assert found[1:] == pytest.approx([series.min(), series.median(), *series.quantile([0.95, 0.99]), series.max()])
    assert facts.spread([]) is None
    assert facts.spread([3.0]) == (1, 3.0, 3.0, 3.0, 3.0, 3.0)


def planned(case: str, *paths: str) -> dict[str, object]:
    checks = [{"step": 6, "message": "Authorize.conf", "path": path, "source": f"{case} step 6"} for path in paths]
    return {"case": case, "title": "", "profile": "Core", "checks": checks}


def test_coverage_tells_what_was_not_reached_or_not_run() -> None:
    plan = (planned("TC_010_CSMS", "idTagInfo.status", "idTagInfo.expiryDate"), planned("TC_1", "idTagInfo.status"))
    case = remote_start("Blocked")
    rule = check("", "Authorize.conf", "", "x", "y", "warn", rule="OCPPJ-4.1.4-01")
    run = run_of(replace(case, checks=(case.checks[2], rule)), planned=plan)
    columns = ["case", "path", "source", "requirement", "verdict", "outcome", "checks"]
    assert tables.load(run).coverage[columns].to_numpy().tolist() == [
        ["TC_010_CSMS", "idTagInfo.status", "TC_010_CSMS step 6", "", "fail", "fail", 1],
        ["TC_010_CSMS", "idTagInfo.expiryDate", "TC_010_CSMS step 6", "", "fail", "not made", 0],
        ["TC_010_CSMS", "", "TC_010_CSMS step ", "OCPPJ-4.1.4-01", "fail", "warn", 1],
        ["TC_1", "idTagInfo.status", "TC_1 step 6", "", "not run", "not made", 0],
    ]


def test_coverage_without_a_list_of_checks_still_names_the_case() -> None:
    found = tables.load(every_ending()).coverage
    assert found[found.case == "TC_001_CSMS"][["verdict", "outcome"]].to_numpy().tolist() == [["not run", "not made"]]
    assert found[found.case == "TC_010_CSMS"].dictated.sum() == 1


@pytest.mark.parametrize("run", [every_ending(), run_of()], ids=["full", "empty"])
def test_parquet_brings_back_the_same_tables(run: Run, tmp_path: Path) -> None:
    found = tables.load(run)
    paths = found.write_parquet(tmp_path)
    assert [path.name for path in paths] == [f"{name}.parquet" for name in NAMES]
    for path, name in zip(paths, NAMES, strict=True):
        pd.testing.assert_frame_equal(pd.read_parquet(path), getattr(found, name))
