"""abstract.html: rows, measured values, and words that a self-test must not use."""

from __future__ import annotations

import re

import pytest

from harness.report.abstract import abstract, clock
from harness.results import Run, Verdict
from tests.report.factory import conversation, ended, every_ending, exchange, remote_start, run_of


def text(run: Run) -> str:
    """The page without markup, each cell on its own line."""
    page = abstract(run).split("<body>")[1]
    page = re.sub(r"</t[dh]>", "\n", page)
    lines = (re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", line)).strip() for line in page.split("\n"))
    return "\n".join(line for line in lines if line)


def row(run: Run, name: str) -> list[str]:
    """The cells of the row that starts with this name."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", abstract(run), re.DOTALL)
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", found, re.DOTALL) for found in rows]
    found = [[re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cell)).strip() for cell in line] for line in cells]
    return next(line for line in found if line and line[0] == name)


@pytest.mark.parametrize("run", [every_ending(), run_of(), run_of(remote_start(), strict=True)])
def test_it_never_poses_as_the_official_document(run: Run) -> None:
    page = abstract(run)
    assert "Pre-certification self-test" in page
    assert "certificate" not in page.lower()
    assert "OCA." not in page
    assert "<img" not in page


def test_the_four_sections_are_there() -> None:
    headings = re.findall(r"<h2>(.*?)</h2>", abstract(every_ending()))
    assert headings == [
        "1. Test Result Summary",
        "2. Performance Measurement Results",
        "3. Test Configuration",
        "4. Statement of Approval",
    ]
    assert row(every_ending(), "Device Under Test") == ["Device Under Test", "CSMS: CentralOne"]
    assert row(every_ending(), "Test tool") == ["Test tool", "ocpp-conformance 0.1.0"]
    assert row(every_ending(), "station_id") == ["station_id", "CP-1"]
    assert text(every_ending()).count("Signature") == 2


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([Verdict.PASS, Verdict.NOT_APPLICABLE], "Pass 1 pass, 1 not applicable"),
        ([Verdict.PASS, Verdict.FAIL, Verdict.ERROR], "Fail 1 pass, 1 fail, 1 error"),
        ([Verdict.PASS, Verdict.INCONCLUSIVE], "Incomplete 1 pass, 1 inconclusive"),
        ([Verdict.PASS, Verdict.NOT_TESTED], "Incomplete 1 pass, 1 not tested"),
        ([Verdict.NOT_APPLICABLE], "Not claimed 1 not applicable"),
    ],
)
def test_the_result_of_a_functionality(verdicts: list[Verdict], expected: str) -> None:
    cases = [ended(f"TC_{n}", verdict, profile="SmartCharging") for n, verdict in enumerate(verdicts)]
    assert row(run_of(*cases), "Smart Charging")[1] == expected


def test_core_comes_first_and_always() -> None:
    assert row(run_of(), "Core")[1] == "Incomplete no cases"
    page = abstract(run_of(ended("TC_1", Verdict.PASS, profile="Reservation"), ended("TC_2", Verdict.PASS)))
    assert page.index(">Core<") < page.index("Optional features") < page.index(">Reservation<")


def test_known_failures_are_counted_as_failures() -> None:
    assert row(every_ending(), "Core")[1].endswith("; 1 of the failures known")


def test_the_performance_rows() -> None:
    name, pics, measured, description = row(run_of(remote_start()), "Response time Authorize")
    assert (name, pics, measured) == ("Response time Authorize", "30s", "00:00:00")
    assert description.endswith("n 1; min 2.0 ms, median 2.0 ms, p95 2.0 ms, p99 2.0 ms, max 2.0 ms")
    assert "n 3;" in row(run_of(remote_start()), "OCPP response timeout")[3]


def test_a_measured_value_above_the_declared_one_is_flagged() -> None:
    slow = ended("TC_1", Verdict.PASS, messages=conversation(*exchange("Authorize", {}, {}), gap_ms=30_600))
    assert row(run_of(slow), "Response time Authorize")[2] == "00:00:31 longer than declared"
    undeclared = run_of(slow, performance={})
    assert row(undeclared, "Response time Authorize")[1:3] == ["not declared", "00:00:31"]


def test_what_was_not_measured_says_so() -> None:
    assert row(run_of(remote_start("Blocked")), "Response time Authorize")[1:3] == ["30s", "not measured"]


def test_an_interrupted_run_says_so() -> None:
    assert "INTERRUPTED" in text(run_of(interrupted=True))
    assert "INTERRUPTED" not in text(run_of())


@pytest.mark.parametrize(
    ("duration_ms", "expected"),
    [(0, "00:00:00"), (499, "00:00:00"), (500, "00:00:01"), (61_400, "00:01:01"), (3_600_000, "01:00:00")],
)
def test_durations_are_whole_seconds(duration_ms: float, expected: str) -> None:
    assert clock(duration_ms) == expected
