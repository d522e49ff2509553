"""Words that every report uses alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from harness.results import CaseResult, Run, Verdict
from harness.tables.facts import Counts, RowResult

VERDICTS: Mapping[Verdict, str] = {
    Verdict.PASS: "Pass",
    Verdict.FAIL: "Fail",
    Verdict.INCONCLUSIVE: "Inconclusive",
    Verdict.ERROR: "Error",
    Verdict.NOT_TESTED: "Not tested",
    Verdict.NOT_APPLICABLE: "Not applicable",
}
"""The verdicts as a person reads them, in the order in which tables have them."""
ROW_STYLES: Mapping[RowResult, str] = {
    "Pass": "bold green",
    "Fail": "bold red",
    "Incomplete": "yellow",
    "Not claimed": "dim",
}
MOST_NAMES = 5
_PROFILES = {"LocalAuthListManagement": "Local Authorization List Management"}


def profile_name(profile: str) -> str:
    """The profile as a person writes it, such as `Smart Charging`."""
    return _PROFILES.get(profile) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", profile)


def ending(case: CaseResult) -> tuple[str, str]:
    """How the case ended: a class for the style, and words that also tell known failures and their unexpected pass."""
    if case.known_failure and case.verdict is Verdict.FAIL:
        return "known", "Known failure"
    if case.known_failure and case.verdict is Verdict.PASS:
        return "fail", "Unexpected pass"
    return case.verdict.value, VERDICTS[case.verdict]


def product(run: Run) -> str:
    """Vendor, product and version of what was tested."""
    told = [run.sut.get(key, "") for key in ("vendor", "product", "version")]
    return " ".join(text for text in told if text not in ("", "not stated")) or "unnamed product"


def generation(run: Run) -> str:
    """The generation of the programme that the rows follow, or nothing if none was recorded."""
    name = run.supports.get("generation")
    return f"generation {name}" if name else ""


def interruption(run: Run) -> str:
    """Why the run is not whole, or nothing."""
    if not run.complete:
        return "INTERRUPTED: the journal was cut off before the run ended"
    return "INTERRUPTED: the person at the harness stopped the run" if run.interrupted else ""


def took(run: Run) -> str:
    """How long the cases took, from the start of the run to its end."""
    count = f"{len(run.cases)} case{'s' if len(run.cases) != 1 else ''}"
    if not run.ended_utc:
        return f"{count}, without an end"
    seconds = (datetime.fromisoformat(run.ended_utc) - datetime.fromisoformat(run.started_utc)).total_seconds()
    return f"{count} took {seconds:.1f} s" if seconds < 120 else f"{count} took {seconds / 60:.1f} min"


def where_warned(run: Run, folder: Path) -> str:
    """Which cases have warnings and where they are told, or nothing if none has."""
    names = [case.case for case in run.cases if case.warned]
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    told = f"report.html lists them under Warnings, and ocpp-conformance show {folder} {names[0]} those of a case"
    return f"warned: {', '.join(names[:MOST_NAMES])}{more}; {told}"


def checks_line(counts: Counts) -> str:
    """The checks counted, in a line."""
    parts = [f"{counts.made} checks made", f"{counts.failed} failed", f"{counts.warned} warned"]
    return ", ".join([*parts, f"{counts.unverifiable} unverifiable", f"{counts.dictated} on dictated fields"])
