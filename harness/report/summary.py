"""What the terminal shows of a run, and of one case."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.errors import UsageError
from harness.report.conversation import conversation, expected, one_line, printable, received, where
from harness.report.words import PROFILE_STYLES, VERDICTS, checks_line, interruption, product, profile_name
from harness.results import CaseResult, Run, Verdict, profile_result
from harness.tables.facts import by_profile, counts, performance

_STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_TESTED: "dim",
    Verdict.NOT_APPLICABLE: "dim",
}
_OUTCOMES = {"pass": ("✓", "green"), "fail": ("✗", "bold red"), "warn": ("!", "yellow"), "unverifiable": ("?", "dim")}


def summary(run: Run) -> RenderableType:
    """The run by profile, with its checks and performance rows, ready for rich to print."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("profile")
    table.add_column("result")
    for word in VERDICTS.values():
        table.add_column(word.lower(), justify="right")
    for profile, cases in by_profile(run).items():
        verdicts = [case.verdict for case in cases]
        outcome = profile_result(verdicts)
        numbers = [(verdicts.count(verdict), verdict) for verdict in VERDICTS]
        table.add_row(
            Text(printable(profile_name(profile))),
            Text(outcome, PROFILE_STYLES[outcome]),
            *(Text(str(number), _STYLES[verdict] if number else "dim") for number, verdict in numbers),
        )
    banner = [Text(text, "bold yellow") for text in [interruption(run)] if text]
    checks = Text(checks_line(counts(check for case in run.cases for check in case.checks)))
    return Group(*banner, Text(printable(product(run)), "bold"), table, checks, *_performance(run))


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
