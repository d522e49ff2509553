"""What the terminal shows of a run, and of one case."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.errors import UsageError
from harness.report.conversation import conversation, expected, one_line, printable, received, where
from harness.report.words import (
    ROW_STYLES,
    VERDICTS,
    checks_line,
    generation,
    interruption,
    product,
    profile_name,
)
from harness.results import CaseResult, Run, Verdict
from harness.tables.facts import counts, performance, rows

_STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_TESTED: "dim",
    Verdict.NOT_APPLICABLE: "dim",
}
_SHORT = {Verdict.NOT_APPLICABLE: "n/a", Verdict.INCONCLUSIVE: "inconcl."}
_SHORT_ROWS = {"LocalAuthListManagement": "Local Auth List"}
_OUTCOMES = {"pass": ("✓", "green"), "fail": ("✗", "bold red"), "warn": ("!", "yellow"), "unverifiable": ("?", "dim")}


def summary(run: Run) -> RenderableType:
    """The run by row of the certificate, with its checks and performance rows, ready for rich to print.

    A row of which no case was run is left out, and how many those are is told.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(f"row, {generation(run)}" if generation(run) else "row", no_wrap=True)
    table.add_column("result", no_wrap=True)
    found = rows(run)
    shown = [row for row in found if any(case.verdict is not Verdict.NOT_TESTED for case in row.cases)]
    columns = [verdict for verdict in VERDICTS if any(row.numbers[verdict] for row in shown)]
    for verdict in columns:
        table.add_column(_SHORT.get(verdict, VERDICTS[verdict].lower()), justify="right", no_wrap=True)
    for row in shown:
        table.add_row(
            Text(printable(_SHORT_ROWS.get(row.name, profile_name(row.name)))),
            Text(row.result, ROW_STYLES[row.result]),
            *(Text(str(row.numbers[v]), _STYLES[v] if row.numbers[v] else "dim") for v in columns),
        )
    banner = [Text(text, "bold yellow") for text in [interruption(run)] if text]
    lacks = [Text(f"{profile_name(row.name)}: {lack}", "yellow") for row in shown for lack in row.lacks]
    left = [Text(f"not run: {len(found) - len(shown)} other rows", "dim")] if len(shown) < len(found) else []
    checks = Text(checks_line(counts(check for case in run.cases for check in case.checks)))
    return Group(*banner, Text(printable(product(run)), "bold"), table, *lacks, *left, checks, *_performance(run))


def _performance(run: Run) -> Iterator[Text]:
    for row in performance(run):
        if row.spread:
            spread, limit = row.spread, f", declared {row.pics_s:g} s" if row.pics_s is not None else ""
            text = f"{row.name}: median {spread.median_ms:.1f} ms, max {spread.max_ms:.1f} ms, n {spread.n}{limit}"
            yield Text(text + ("; longer than declared" if row.exceeded else ""), "yellow" if row.exceeded else "")


def show(run: Run, case: str) -> RenderableType:
    """One case of the run: verdict, every check, the whole conversation. Raises UsageError if it was not run."""
    for result in run.cases:
        if result.case == case:
            return Group(*_case(result))
    raise UsageError(f"{case}: expected a case of run {run.id}, received one that was not run")


def _case(result: CaseResult) -> Iterator[RenderableType]:
    word = Text(VERDICTS[result.verdict], _STYLES[result.verdict])
    yield Text.assemble((result.case, "bold"), "  ", word, f"  {printable(result.title)}  {result.duration_s:.3f} s")
    if result.reason:
        yield Text(printable(result.reason))
    if result.error:
        yield Text("\n" + printable(result.error))
    if result.known_failure:
        yield Text(f"known failure: {printable(result.known_failure)}", "yellow")
    if result.checks:
        yield Text()
        yield from _checks(result)
    yield Text()
    for line in conversation(result.messages, width=1_000_000):
        yield Text(line)


def _checks(result: CaseResult) -> Iterator[Text]:
    for check in result.checks:
        mark, style = _OUTCOMES[check.outcome]
        place = f"{where(check)}: expected {expected(check)}, received {received(check)}"
        yield Text.assemble((f"  {mark} ", style), place if check.outcome == "pass" else one_line(check))
