"""The pytest plugin: selects and orders the cases, runs each in its scope, writes the journal and makes the reports.

It stays out of the way of any other pytest session: without a test that carries a case id it does nothing.
"""

from __future__ import annotations

import functools
import random
import time
import warnings
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from harness.errors import Aborted, CaseFailed, HarnessError, Inconclusive, OperatorError, UsageError
from harness.execution import CaseScope
from harness.refusal import NotConnected
from harness.results import Verdict
from harness.runs import RunSession, Selection
from harness.stopping import heard, heard_once

SCOPE = pytest.StashKey[CaseScope]()
ERROR = pytest.StashKey[BaseException]()
SESSION = pytest.StashKey[RunSession]()
STACK = pytest.StashKey[ExitStack]()
PROBLEM = pytest.StashKey[str]()
INTERRUPTED = pytest.StashKey[CaseScope]()
QUIET = (Aborted, CaseFailed, Inconclusive, OperatorError, NotConnected)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a conformance run."""
    group = parser.getgroup("ocpp-conformance")
    group.addoption("--sut", metavar="FILE", help="sut.toml of the system under test (default: the reference CSMS)")
    group.addoption("--profile", action="append", default=[], metavar="NAME", help="only cases of this profile")
    group.addoption("--case", action="append", default=[], metavar="ID", help="only this case; may be repeated")
    group.addoption("--ocpp-strict", action="store_true", help="what the official tool is known to reject fails")
    group.addoption("--shuffle", nargs="?", type=int, const=-1, metavar="SEED", help="run the cases in random order")
    group.addoption("--reports", default="reports", metavar="DIR", help="where the folder of the run is made")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Knows the marker, and that pages are asynchronous."""
    config.addinivalue_line("markers", "case(id): the official case that a test implements")
    if config.getoption("sut") or any(str(arg).startswith("testcases") for arg in config.args):
        config.option.asyncio_mode = "auto"
        # Both scopes suit the pages, and somebody else's pytest.ini is not ours to complain about.
        warnings.filterwarnings("ignore", message=".*asyncio_default_fixture_loop_scope", category=pytest.PytestWarning)


def case_id(item: pytest.Item) -> str | None:
    """The case that an item implements."""
    marker = item.get_closest_marker("case")
    return str(marker.args[0]) if marker else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps what was asked for, shuffles if asked, and wraps each page so that its checks decide."""
    cases = [item for item in items if case_id(item)]
    if not cases or config.option.collectonly:
        return
    option = config.option
    try:
        selection = Selection(tuple(option.case), tuple(option.profile))
        session = RunSession(option.sut, Path(option.reports), selection, strict=option.ocpp_strict)
        config.stash[SESSION] = session
        chosen = [item for item in cases if session.selects(case_id(item) or "")]
        if option.shuffle is not None:
            session.seed = option.shuffle if option.shuffle >= 0 else int(time.time())
            random.Random(session.seed).shuffle(chosen)
        session.total = len(chosen)
    except UsageError as error:
        _give_up(config, error)
    dropped = [item for item in cases if item not in chosen]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if item not in cases] + chosen
    for item in chosen:
        _guard(item)


def _give_up(config: pytest.Config, error: UsageError) -> None:
    config.stash[PROBLEM] = str(error)
    pytest.exit(str(error), returncode=2)


def _guard(item: pytest.Item) -> None:
    """After the page has run, what is still on its way is read, and a failed check fails the test."""
    page = item.obj  # type: ignore[attr-defined]

    @functools.wraps(page)
    async def run(**fixtures: Any) -> None:
        scope = item.stash[SCOPE]
        scope.evidence.phase = "case"
        with heard_once():
            await page(**fixtures)
            await scope.finish()

    item.obj = run  # type: ignore[attr-defined]


def open_scope(item: pytest.Item) -> CaseScope:
    """The scope of the case that an item runs, opened when first asked for."""
    if SCOPE not in item.stash:
        session, id = item.config.stash[SESSION], case_id(item)
        if id is None:
            raise HarnessError(f"{item.nodeid} carries no case id")
        item.stash[SCOPE] = session.open(id)
    return item.stash[SCOPE]


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Brings the system under test up before the first case; it stays until the last case has been taken down."""
    run = session.config.stash.get(SESSION, None)
    if run is None or not session.items:
        return (yield)
    try:
        run.start(session.config.stash.setdefault(STACK, ExitStack()))
    except (UsageError, OperatorError, NotConnected) as error:
        _give_up(session.config, UsageError(str(error)))
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Writes the verdict once the case is over; one that the person cut short is over when it has been taken down."""
    run = item.config.stash.get(SESSION, None)
    if run is None or case_id(item) is None:
        return (yield)
    run.begins(case_id(item) or "")
    try:
        done = yield
    except (KeyboardInterrupt, pytest.exit.Exception):
        heard()
        run.interrupted = True
        item.config.stash[INTERRUPTED] = open_scope(item)
        raise
    run.ends(open_scope(item), item.stash.get(ERROR, None))
    return done


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leaves out what does not apply to this system, with the reason."""
    run = item.config.stash.get(SESSION, None)
    if run is not None and (id := case_id(item)) and (left_out := run.excluded(id)):
        pytest.skip(left_out.reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tells a fault of the system under test without a traceback, and excuses a known one."""
    report = yield
    run = item.config.stash.get(SESSION, None)
    if run is None or case_id(item) is None:
        return report
    error = call.excinfo.value if call.excinfo else None
    if error is not None:
        item.stash.setdefault(ERROR, error)
    if isinstance(error, Aborted):
        run.interrupted = True
        item.session.shouldstop = str(error)
    if isinstance(error, QUIET):
        report.longrepr = run.story(open_scope(item), error)
    known = [k for k in run.settings.known_failures if k.case == case_id(item)] if run.context else []
    if known and call.when == "call":
        _excuse(report, error, known[0].reason)
    elif call.when == "teardown" and ERROR not in item.stash:
        _judge_teardown(report, run, open_scope(item))
    return report


def _judge_teardown(report: pytest.TestReport, run: RunSession, scope: CaseScope) -> None:
    """A page that ended without an error has passed only if its case has: what was seen later counts as well."""
    result = scope.result(None)
    if result.verdict is not Verdict.PASS and not result.known_failure:
        report.outcome = "failed"
        report.longrepr = run.story(scope, None)


def _excuse(report: pytest.TestReport, error: BaseException | None, reason: str) -> None:
    if isinstance(error, CaseFailed):
        report.outcome = "skipped"
        report.wasxfail = f"reason: {reason}"
    elif error is None:
        report.outcome = "failed"
        report.longrepr = f"passes although it is listed as a known failure: {reason}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, object, object]:
    """Closes the journal, makes the reports, and sets the exit code that the verdicts ask for."""
    stash = session.config.stash
    with stash.setdefault(STACK, ExitStack()):
        try:
            return (yield)
        finally:
            run = stash.get(SESSION, None)
            if run is not None and run.started:
                if INTERRUPTED in stash:
                    run.ends(stash[INTERRUPTED], Inconclusive("interrupted"))
                _finish(session, run, exitstatus)


def _finish(session: pytest.Session, run: RunSession, exitstatus: int) -> None:
    try:
        run.finish(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
    except UsageError as error:
        session.config.stash[PROBLEM] = str(error)
        session.exitstatus = 2
        return
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        session.exitstatus = 2 if run.interrupted else run.exit_code()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says where the report is, and how to run in the same order again."""
    run = config.stash.get(SESSION, None)
    if run is not None and run.started:
        if run.seed >= 0:
            terminalreporter.write_line(f"shuffled: --shuffle={run.seed} repeats this order")
        terminalreporter.write_line(f"report: {run.folder / 'report.html'}")
