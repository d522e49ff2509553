"""What a person sees in the terminal while a run goes on, and at its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness import journal
from harness.plan import Planned
from harness.plugin import PROBLEM
from harness.report.conversation import failure_text
from harness.report.summary import summary
from harness.results import CaseResult, Verdict
from harness.runs import RunSession

MARKS = {
    Verdict.PASS: ("pass", "green"),
    Verdict.FAIL: ("FAIL", "bold red"),
    Verdict.ERROR: ("ERROR", "bold red"),
    Verdict.INCONCLUSIVE: ("INCONCLUSIVE", "yellow"),
    Verdict.NOT_APPLICABLE: ("n/a", "dim"),
    Verdict.NOT_TESTED: ("not tested", "dim"),
}
NOT_APPLICABLE, NOT_TESTED = Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED
CONFIGURATION = Path(__file__).with_name("pytest.ini")


class Progress:
    """One line that says how far the run is, and a line for each case that is over."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.folder: Path | None = None
        self._total, self._done, self._current, self._since = 0, 0, "", time.monotonic()
        self._live = Live(get_renderable=self._line, console=console, transient=True, refresh_per_second=8)

    def __call__(self, what: str, value: Any) -> None:
        """Takes an event of the run."""
        if what == "start":
            self._total = value
            if self.console.is_terminal:
                self._live.start()
        elif what == "case":
            self._current, self._since = value, time.monotonic()
        elif what == "verdict":
            self._done += 1
            self._print(value)
        elif what == "waiting":
            self._live.stop()
        elif what == "end":
            self.folder = value

    def stop(self) -> None:
        """Takes the line away."""
        self._live.stop()

    def _print(self, result: CaseResult) -> None:
        word, style = MARKS[result.verdict]
        known = " (known failure)" if result.known_failure else ""
        warnings = f"  {len(result.warned)} warned" if result.warned else ""
        self.console.print(
            Text.assemble(
                f"{self._done:>3}/{self._total} ",
                (f"{word:<12} ", style),
                f"{result.case:<15} {result.title}",
                (f"  {result.duration_s:.2f} s{warnings}{known}", "dim"),
            ),
            soft_wrap=True,
        )

    def _line(self) -> Text:
        passed = time.monotonic() - self._since
        return Text(f"{self._done} of {self._total}  {self._current}  {passed:.0f} s", style="cyan")


class _Silence:
    """Takes the place of pytest's own terminal report and keeps the problem that ended a session."""

    def __init__(self) -> None:
        self.problem = ""
        self.broken: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A page that cannot be read is a fault of ours and must be seen."""
        if report.failed:
            self.broken.append(str(report.longrepr))

    def pytest_internalerror(self, excrepr: object) -> None:
        """So is an error of a plugin."""
        self.broken.append(str(excrepr))

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Keeps the one line that ended the session."""
        self.problem = config.stash.get(PROBLEM, "")


def run_cases(options: Iterable[str]) -> int:
    """Runs the pages through pytest and tells about it on the terminal; the exit code of the run."""
    console = Console(highlight=False)
    progress, silence = Progress(console), _Silence()
    RunSession.listeners = (progress,)
    settings = [
        "-c",
        str(CONFIGURATION),
        "--rootdir",
        str(CONFIGURATION.parent),
        "-p",
        "no:terminal",
        "-p",
        "no:cacheprovider",
    ]
    try:
        code = int(pytest.main([*settings, "--pyargs", "testcases.csms", *options], plugins=[silence]))
    finally:
        progress.stop()
        RunSession.listeners = ()
    for text in silence.broken:
        print(text, file=sys.stderr)  # noqa: T201 - this is the terminal
    if silence.problem:
        print(f"ocpp-conformance: {silence.problem}", file=sys.stderr)  # noqa: T201
    if progress.folder:
        _tell(console, progress.folder)
    return code if code in (0, 1) else 2


def _tell(console: Console, folder: Path) -> None:
    run = journal.load(folder)
    for result in run.cases:
        if result.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE) and not result.known_failure:
            console.print()
            console.print(Text(failure_text(result)), soft_wrap=True)
    console.print()
    console.print(summary(run))
    console.print(f"report: {folder / 'report.html'}", soft_wrap=True)


def print_plan(planned: Iterable[Planned], demands: Iterable[str]) -> None:
    """What would run, by row of the certificate, and what would not, with the reason."""
    console, planned = Console(highlight=False), list(planned)
    table = Table("row", "runs", "not applicable", "not tested", "by a person", box=None, pad_edge=False)
    for row in dict.fromkeys(entry.row for entry in planned):
        entries = [entry for entry in planned if entry.row == row]
        counts = [sum(e.runs for e in entries), *(_left_out(entries, v) for v in (NOT_APPLICABLE, NOT_TESTED))]
        table.add_row(row, *map(str, counts), str(sum(e.runs and e.by_person for e in entries)))
    console.print(table)
    for entry in planned:
        if entry.left_out:
            word = MARKS[entry.left_out.verdict][0]
            console.print(Text(f"  {entry.case.id:<15} {word}: {entry.left_out.reason}"), soft_wrap=True)
    running = [entry for entry in planned if entry.runs]
    minutes = sum(entry.about_s for entry in running) / 60
    times = sum(len(entry.asked) for entry in running if entry.by_person)
    console.print(f"{len(running)} of {len(planned)} cases run, about {max(minutes, 0.1):.1f} min; you are asked {times} times")
    for name in demands:
        console.print(Text(f"the generation demands {name}, which [supports] does not claim", "yellow"))


def _left_out(entries: Iterable[Planned], verdict: Verdict) -> int:
    return sum(entry.left_out is not None and entry.left_out.verdict is verdict for entry in entries)


def print_findings(findings: Iterable[Any]) -> None:
    """A table of what was looked at before a run, and what each finding would break."""
    table = Table("", "what", "found", "would break", box=None, pad_edge=False)
    for finding in findings:
        mark = Text("ok", "green") if finding.good else Text("BAD", "bold red")
        table.add_row(mark, finding.what, finding.found, ", ".join(finding.breaks))
    Console(highlight=False).print(table)
