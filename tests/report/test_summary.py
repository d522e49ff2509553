"""What the terminal shows: the summary by profile, and one case."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from harness.errors import UsageError
from harness.report.summary import show, summary
from harness.report.words import took, where_warned
from harness.results import Verdict
from harness.tables import facts
from tests.report.factory import check, conversation, ended, every_ending, exchange, remote_start, run_of


def printed(renderable: RenderableType, width: int = 120) -> str:
    text = io.StringIO()
    Console(file=text, width=width, color_system=None).print(renderable)
    return text.getvalue()


def test_the_summary_counts_by_profile() -> None:
    run = run_of(*every_ending().cases, ended("TC_067_CSMS", Verdict.PASS, profile="SmartCharging"))
    rows = [line.split() for line in printed(summary(run)).splitlines()]
    assert ["Volt", "&", "Sons", "CentralOne", "4.2"] in rows
    assert ["row", "result", "pass", "fail", "inconcl.", "error", "n/a"] in rows
    assert ["Core", "Fail", "2", "2", "1", "1", "1"] in rows
    assert ["Smart", "Charging", "Pass", "1", "0", "0", "0", "0"] in rows
    assert "8 checks made, 1 failed, 0 warned, 0 unverifiable, 2 on dictated fields" in printed(summary(run))


def test_rows_of_which_nothing_was_run_are_only_counted() -> None:
    run = run_of(
        ended("TC_001_CSMS", Verdict.PASS),
        planned=(
            {"case": "TC_001_CSMS", "title": "", "profile": "Core", "row": "Core"},
            {"case": "TC_056_CSMS", "title": "", "profile": "SmartCharging", "row": "SmartCharging"},
        ),
    )
    text = printed(summary(run))
    assert "Smart Charging" not in text
    assert "not run: 1 other rows" in text


def test_what_the_programme_demands_and_nobody_claims_keeps_core_from_passing() -> None:
    lack = "generation 2025-10 demands security profile 2, which [supports] security_profiles does not have"
    run = run_of(ended("TC_001_CSMS", Verdict.PASS), demands=(lack,), supports={"generation": "2025-10"})
    text = printed(summary(run))
    assert ["Core", "Incomplete", "1"] in [line.split() for line in text.splitlines()]
    assert f"Core: {lack}" in text
    assert "row, generation 2025-10" in text
    assert facts.overall(run) == "Incomplete"
    assert facts.overall(replace(run, demands=())) == "Pass"


def test_a_row_of_which_no_case_applies_is_not_claimed() -> None:
    run = run_of(
        ended("TC_001_CSMS", Verdict.PASS), ended("TC_056_CSMS", Verdict.NOT_APPLICABLE, profile="SmartCharging")
    )
    assert ["Smart", "Charging", "Not", "claimed", "0", "1"] in [
        line.split() for line in printed(summary(run)).splitlines()
    ]
    assert facts.overall(run) == "Pass"


def test_the_summary_has_the_performance_rows() -> None:
    slow = conversation(*exchange("Authorize", {}, {}), gap_ms=31_000)
    text = printed(summary(run_of(ended("TC_1", Verdict.PASS, messages=slow))))
    assert (
        "Response time Authorize: median 31000.0 ms, max 31000.0 ms, n 1, declared 30 s; longer than declared" in text
    )
    assert "Authorize" not in printed(summary(run_of()))


def test_how_long_a_run_took() -> None:
    one = ended("TC_1", Verdict.PASS)
    assert took(run_of(one, ended_utc="2026-03-01T10:01:59.940Z")) == "1 case took 119.9 s"
    assert took(run_of(one, one, ended_utc="2026-03-01T10:03:00.000Z")) == "2 cases took 3.0 min"
    assert took(run_of(one, ended_utc="")) == "1 case, without an end"


def test_who_sees_that_something_warned_is_told_where_to_read_of_what() -> None:
    warned = check(1, "m.conf", "p", "x", "y", "warn", source="somewhere")
    cases = [ended(f"TC_{n}", Verdict.PASS, checks=(warned,) if n else ()) for n in range(8)]
    told = "report.html lists them under Warnings, and ocpp-conformance show RUN TC_1 those of a case"
    assert where_warned(run_of(*cases[:3]), Path("RUN")) == f"warned: TC_1, TC_2; {told}"
    assert where_warned(run_of(*cases), Path("RUN")) == f"warned: TC_1, TC_2, TC_3, TC_4, TC_5 and 2 more; {told}"
    assert where_warned(run_of(cases[0]), Path("RUN")) == ""


def test_an_interrupted_run_says_so() -> None:
    assert "INTERRUPTED: the person" in printed(summary(run_of(interrupted=True)))
    assert "INTERRUPTED: the journal was cut off" in printed(summary(run_of(complete=False)))
    assert "INTERRUPTED" not in printed(summary(run_of()))


def test_show_tells_a_whole_case() -> None:
    text = printed(show(run_of(remote_start("Blocked")), "TC_010_CSMS"), width=200)
    assert "TC_010_CSMS  Fail  Remote Start Charging Session" in text
    assert "✗" in text
    assert text.count("Authorize.conf") == 3
    assert "…" not in text
    assert '──> StartTransaction.req        {"connectorId":1}' in text


def test_show_never_takes_texts_for_markup() -> None:
    case = ended("TC_1", Verdict.ERROR, "[bold]reason[/nope]", error="[red]x", known_failure="[/]")
    assert "[bold]reason[/nope]" in printed(show(run_of(case), "TC_1"))
    odd = replace(every_ending(), sut={"product": "[/red]"})
    assert "[/red]" in printed(summary(odd))


def test_show_of_a_case_that_was_not_run() -> None:
    with pytest.raises(UsageError) as refused:
        show(every_ending(), "TC_001_CSMS")
    assert (
        str(refused.value) == "TC_001_CSMS: expected a case of run 20260301-100000-csms, received one that was not run"
    )
