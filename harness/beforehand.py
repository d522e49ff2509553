"""What a person sees in the terminal before a run: the plan of it, and what smoke has found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.console import MARKS, wrapped
from harness.plan import Planned
from harness.results import Verdict
from harness.smoke import Finding

BROKEN = 8
INDENT = 21
_LEFT_OUT = (Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED)


def print_plan(planned: Iterable[Planned], demands: Iterable[str]) -> None:
    """What would run, by row of the certificate, and what would not, with the reason."""
    console, planned = Console(highlight=False), list(planned)
    table = Table("row", "runs", "not applicable", "not tested", "by a person", box=None, pad_edge=False)
    for row in dict.fromkeys(entry.row for entry in planned):
        entries = [entry for entry in planned if entry.row == row]
        counts = [
            sum(e.runs for e in entries),
            *(_left_out(entries, v) for v in (Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED)),
        ]
        table.add_row(row, *map(str, counts), str(sum(e.runs and e.by_person for e in entries)))
    console.print(table)
    for entry in planned:
        if entry.left_out:
            word = MARKS[entry.left_out.verdict][0]
            console.print(Text(f"  {entry.case.id:<15} {word}: {entry.left_out.reason}"), soft_wrap=True)
        elif entry.without:
            lacking = f"[environment.security] has no {', '.join(entry.without)}"
            console.print(Text(f"  {entry.case.id:<15} runs, but not all of it: {lacking}"), soft_wrap=True)
    running = [entry for entry in planned if entry.runs]
    minutes = sum(entry.about_s for entry in running) / 60
    times = sum(len(entry.asked) for entry in running if entry.by_person)
    console.print(
        f"{len(running)} of {len(planned)} cases run, about {max(minutes, 0.1):.1f} min; you are asked {times} times"
    )
    for sentence in demands:
        console.print(Text(f"{sentence}: the row Core stays Incomplete", "yellow"), soft_wrap=True)


def _left_out(entries: Iterable[Planned], verdict: Verdict) -> int:
    return sum(entry.left_out is not None and entry.left_out.verdict is verdict for entry in entries)


def print_findings(findings: Sequence[Finding]) -> None:
    """What was looked at before a run, and what each finding would break."""
    console = Console(highlight=False, markup=False, emoji=False)
    for finding in findings:
        mark = Text("ok  ", "green") if finding.good else Text("BAD ", "bold red")
        if finding.good and finding.breaks:
            mark = Text("note", "yellow")
        lines = [finding.found, *_broken(finding)]
        first, *rest = [part for line in lines for part in wrapped(console, line, INDENT)]
        console.print(mark, f"{finding.what:<{INDENT - 6}} ", first, soft_wrap=True)
        for part in rest:
            console.print(" " * INDENT, part, sep="", soft_wrap=True)
    bad = sum(1 for finding in findings if not finding.good)
    console.print(f"{bad} of {len(findings)} findings would break cases" if bad else "a run can be done")


def _broken(finding: Finding) -> Iterator[str]:
    """The cases that a finding is about, counted where they are many."""
    if finding.breaks:
        word = "not tested" if finding.good else "would break"
        shown = ", ".join(finding.breaks[:BROKEN])
        more = f", and {len(finding.breaks) - BROKEN} more" if len(finding.breaks) > BROKEN else ""
        count = f"{len(finding.breaks)} cases: " if len(finding.breaks) > 1 else ""
        yield f"{word} {count}{shown}{more}"
