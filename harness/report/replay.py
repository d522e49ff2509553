"""A pytest plugin that replays a journal: one item per case, whose outcome is the recorded verdict.

    python -m pytest -p harness.report.replay --ocpp-replay=RUN/journal.jsonl --html=report.html --junitxml=junit.xml

Fail and inconclusive become failures, error an error, known failures expected failures, and what was not run or does
not apply is skipped with the reason.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_html import extras
from pytest_metadata.plugin import metadata_key  # type: ignore[import-untyped]

from harness import journal
from harness.errors import CaseFailed, HarnessError, Inconclusive, UsageError
from harness.report import pages
from harness.report.conversation import failure_text
from harness.report.words import VERDICTS, ending
from harness.results import CaseResult, Run, Verdict
from harness.tables.facts import all_cases

RUN = pytest.StashKey[Run]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a replay."""
    group = parser.getgroup("ocpp-conformance replay")
    group.addoption("--ocpp-replay", type=Path, metavar="JOURNAL", help="replay this journal")
    group.addoption("--ocpp-cut-off", action="store_true", help="also one that was cut off")


def pytest_configure(config: pytest.Config) -> None:
    """Reads the run and makes its journal all that is collected."""
    path: Path | None = config.getoption("--ocpp-replay")
    if path is None:
        raise pytest.UsageError("--ocpp-replay: expected the journal of a run, received none")
    try:
        config.stash[RUN] = journal.load(path, cut_off=config.getoption("--ocpp-cut-off"))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    config.args = [str(path)]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Puts the settings of the run where pytest-html shows an environment."""
    metadata = session.config.stash[metadata_key]
    metadata.clear()
    metadata.update(pages.settings(session.config.stash[RUN]))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The journal as a collection of cases."""
    if file_path == parent.config.getoption("--ocpp-replay"):
        return _Cases.from_parent(parent, path=file_path)
    return None


class _Cases(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        run = self.config.stash[RUN]
        for result in all_cases(run):
            nodeid = f"testcases/{run.role}/{result.profile}::{result.case}"
            yield _Case.from_parent(self, name=result.case, nodeid=nodeid, result=result)


class _Case(pytest.Item):
    """Ends as the recorded case ended."""

    def __init__(self, *, result: CaseResult, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.result = result
        for name in ("case", "profile", "title", "verdict"):
            self.user_properties.append((name, str(getattr(result, name))))

    def setup(self) -> None:
        if self.result.verdict is Verdict.ERROR:
            raise HarnessError(self.result.reason)

    def runtest(self) -> None:
        verdict, known = self.result.verdict, self.result.known_failure
        if verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED):
            pytest.skip(self.result.reason or VERDICTS[verdict])
        if verdict is Verdict.FAIL and known:
            pytest.xfail(known)
        if verdict is Verdict.FAIL or known:
            raise CaseFailed(self.result.reason)
        if verdict is Verdict.INCONCLUSIVE:
            raise Inconclusive(self.result.reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """Without the source around it, which pytest would parse for each case and `retell` would then throw away."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name

    def retell(self, report: pytest.TestReport) -> None:
        """Has the report of a phase speak of the recorded case."""
        counts = report.when == "call" or report.failed
        report.duration = self.result.duration_s if counts else 0.0
        report.result = self.result  # type: ignore[attr-defined]
        if counts:
            report.extras = [extras.html(pages.case(self.result))]  # type: ignore[attr-defined]
        if report.failed:
            report.longrepr = _Story(self.result)  # type: ignore[assignment]
        elif report.skipped and not hasattr(report, "wasxfail"):
            report.longrepr = (self.result.case, 0, f"Skipped: {self.result.reason or VERDICTS[self.result.verdict]}")


class _Story:
    """What pytest and its plugins take for the representation of a failure."""

    def __init__(self, result: CaseResult) -> None:
        message = f"{ending(result)[1].lower()}: {pages.reason(result)}"
        self.reprcrash = SimpleNamespace(path=result.case, lineno=0, message=message)
        self._text = failure_text(result)

    def __str__(self) -> str:
        return self._text

    def toterminal(self, tw: Any) -> None:
        tw.line(self._text)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tells each case as it was recorded."""
    report = yield
    if isinstance(item, _Case):
        item.retell(report)
    return report


def pytest_html_report_title(report: Any) -> None:
    """Names the product."""
    report.title = pages.title(report.config.stash[RUN])


def pytest_html_results_summary(prefix: list[str], session: pytest.Session) -> None:
    """The run at a glance."""
    prefix.append(pages.head(session.config.stash[RUN]))


def pytest_html_results_table_header(cells: list[str]) -> None:
    """The columns of a conformance report."""
    cells[:] = pages.HEADER


def pytest_html_results_table_row(report: Any, cells: list[str]) -> None:
    """A case in these columns."""
    if isinstance(result := getattr(report, "result", None), CaseResult):
        cells[1:] = pages.cells(result)


def pytest_html_results_table_html(data: list[str]) -> None:
    """Nothing: the details of a case are drawn from its messages and checks."""
    data.clear()
