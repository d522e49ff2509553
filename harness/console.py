"""What a person sees in the terminal while a run goes on, and at its end."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from rich.console import Console
from rich.live import Live
from rich.text import Text

from harness import catalogue, journal
from harness.plugin import PROBLEM
from harness.report.conversation import WIDTH, failure_text, printable
from harness.report.summary import summary
from harness.report.words import where_warned
from harness.results import CaseResult, Verdict
from harness.runs import RunSession
from harness.stopping import STOPPED

MARKS = {
    Verdict.PASS: ("pass", "green"),
    Verdict.FAIL: ("FAIL", "bold red"),
    Verdict.ERROR: ("ERROR", "bold red"),
    Verdict.INCONCLUSIVE: ("INCONCLUSIVE", "yellow"),
    Verdict.NOT_APPLICABLE: ("n/a", "dim"),
    Verdict.NOT_TESTED: ("not tested", "dim"),
}
BAD = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE)
STORIES = 5
# A closed terminal ends a run as Ctrl-C does; Windows has none of that.
ENDINGS = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
INDENT = 21
CONFIGURATION = Path(__file__).with_name("pytest.ini")
AUTOLOAD = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
# Standard output is not captured, because the progress line is drawn while a case runs.
PYTEST = (
    "-c",
    str(CONFIGURATION),
    "--rootdir",
    str(CONFIGURATION.parent),
    "-s",
    "-p",
    "pytest_asyncio.plugin",
    "-p",
    "harness.plugin",
    "-p",
    "no:terminal",
    "-p",
    "no:cacheprovider",
)


class Progress:
    """One line that says how far the run is, and a line for each case that is over."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.opened: Path | None = None
        self.judged = False
        self.folder: Path | None = None
        self._total, self._done, self._current, self._since = 0, 0, "", time.monotonic()
        self._live = Live(get_renderable=self._line, console=console, transient=True, refresh_per_second=8)

    def __call__(self, what: str, value: Any) -> None:
        """Takes an event of the run."""
        if what == "warning":
            self.console.print(Text(f"warning: {value}", "yellow"), soft_wrap=True)
        elif what == "start":
            self._total = value
        elif what == "opened":
            self.opened = value
        elif what == "case":
            title = catalogue.load().cases[value].title
            self._current, self._since = f"{value}  {title}", time.monotonic()
        elif what == "verdict":
            self._done += 1
            self._print(value)
        elif what == "waiting":
            self._wait(value)
        elif what == "judged":
            self.judged = True
        elif what == "end":
            self.folder = value

    def start(self) -> None:
        """Shows the line if there is a terminal for it."""
        if self.console.is_terminal:
            self._live.start()

    def stop(self) -> None:
        """Takes the line away."""
        self._live.stop()

    def _wait(self, waits: bool) -> None:
        """The line makes room for the prompt of the person whose turn it is, and tells them which case it is about."""
        if not self.console.is_terminal:
            return
        if waits:
            self._live.stop()
            self.console.print(self._head())
        else:
            self._live.start()

    def _print(self, result: CaseResult) -> None:
        word, style, told = _outcome(result)
        head = Text.assemble(f"{self._done:>3}/{self._total} ", (f"{word:<12} ", style), f"{result.case:<15} ")
        tail = f"  {result.duration_s:.2f} s{told}"
        title = Text(result.title)
        if self.console.is_terminal:
            title.truncate(max(self.console.width - head.cell_len - len(tail), 12), overflow="ellipsis")
        self.console.print(head + title + Text(tail, "dim"), soft_wrap=True)
        if result.reason and result.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE):
            self._indented(printable(result.reason))

    def _indented(self, reason: str) -> None:
        for line in wrapped(self.console, reason, INDENT):
            self.console.print(Text(" " * INDENT + line, "dim"), soft_wrap=True)

    def _line(self) -> Text:
        if self.judged or not self._total:
            return Text("making the reports" if self.judged else "starting", "cyan")
        tail = f"  {time.monotonic() - self._since:.0f} s"
        line = self._head()
        line.truncate(max(self.console.width - len(tail) - 1, 12), overflow="ellipsis")
        return line + Text(tail, "cyan")

    def _head(self) -> Text:
        return Text(f"{min(self._done + 1, self._total):>3} of {self._total}  {self._current}", "cyan")


def _outcome(result: CaseResult) -> tuple[str, str, str]:
    """A word for the verdict, its style, and what else is to be said."""
    told = f"  {len(result.warned)} warned" if result.warned else ""
    told += f"  {len(result.untried)} not tried" if result.untried else ""
    if result.known_failure and result.verdict is Verdict.FAIL:
        return "known", "yellow", f"{told}  a known failure: {result.known_failure}"
    if result.known_failure and result.verdict is Verdict.PASS:
        return "UNEXPECTED", "bold red", f"{told}  passes, although [[known_failures]] lists it"
    return *MARKS[result.verdict], told


class _Silence:
    """Takes the place of pytest's own terminal report and keeps the problem that ended a session."""

    def __init__(self) -> None:
        self.problem = ""
        self.stopped = False
        self.broken: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        """Spares pytest the parsing of sources for tracebacks that nobody sees."""
        config.option.tbstyle = "native"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A page that cannot be read is a fault of ours and must be seen."""
        if report.failed:
            self.broken.append(str(report.longrepr))

    def pytest_internalerror(self, excrepr: object) -> None:
        """So is an error of a plugin."""
        self.broken.append(str(excrepr))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tells Ctrl-C from what has ended the session otherwise."""
        self.stopped = isinstance(excinfo.value, KeyboardInterrupt)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Keeps the one line that ended the session."""
        self.problem = config.stash.get(PROBLEM, "")


def run_cases(options: Iterable[str]) -> int:
    """Runs the pages through pytest and tells about it on the terminal; the exit code of the run."""
    console = Console(highlight=False, markup=False, emoji=False)
    progress, silence = Progress(console), _Silence()
    RunSession.listeners = (progress,)
    before = {number: signal.signal(number, _interrupt) for number in ENDINGS}
    on_ctrl_c = signal.getsignal(signal.SIGINT)
    progress.start()
    try:
        with _our_plugins_alone():
            code = int(pytest.main([*PYTEST, "--pyargs", "testcases.csms", *options], plugins=[silence]))
    except KeyboardInterrupt:
        code, silence.stopped = 2, True
    finally:
        progress.stop()
        RunSession.listeners = ()
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.signal(signal.SIGINT, on_ctrl_c)
    for text in silence.broken:
        print(text, file=sys.stderr)  # noqa: T201 - this is the terminal
    if silence.problem:
        print(f"ocpp-conformance: {silence.problem}", file=sys.stderr)  # noqa: T201
    if progress.folder:
        _tell(console, progress.folder)
    elif progress.opened and silence.stopped:
        hint = f"ocpp-conformance report {progress.opened}{'' if progress.judged else ' --cut-off'} makes them"
        print(f"ocpp-conformance: stopped before there were reports; {hint}", file=sys.stderr)  # noqa: T201
    elif silence.stopped:
        return STOPPED
    return code if code in (0, 1) else 2


@contextmanager
def _our_plugins_alone() -> Iterator[None]:
    """No options and plugins that somebody uses for their own tests: they cost time, and some reorder or repeat."""
    before = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", AUTOLOAD)}
    os.environ[AUTOLOAD] = "1"
    try:
        yield
    finally:
        del os.environ[AUTOLOAD]
        os.environ.update({name: value for name, value in before.items() if value is not None})


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Ends the run as Ctrl-C does, also where the shell has told this process to ignore that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)


def _tell(console: Console, folder: Path) -> None:
    run = journal.load(folder)
    bad = [r for r in run.cases if r.verdict in BAD and not r.known_failure]
    for result in bad[:STORIES]:
        console.print()
        for line in _story(result, console):
            console.print(Text(line), soft_wrap=True)
    console.print()
    console.print(summary(run))
    if told := where_warned(run, folder):
        console.print(told, soft_wrap=True)
    if len(bad) > STORIES:
        console.print(f"{len(bad) - STORIES} more: ocpp-conformance show {folder} CASE", soft_wrap=True)
    if run.environment.get("seed", -1) >= 0:
        console.print(f"shuffled: --seed {run.environment['seed']} repeats this order", soft_wrap=True)
    console.print(f"report: {folder / 'report.html'}", soft_wrap=True)


def _story(result: CaseResult, console: Console) -> Iterator[str]:
    """The lines of a failure, broken under their own beginning where the terminal is narrow."""
    width = console.width if console.is_terminal else WIDTH
    for line in failure_text(result, width=min(width, WIDTH)).splitlines():
        if not console.is_terminal or len(line) <= width:
            yield line
            continue
        indent = len(line) - len(line.lstrip()) + (10 if line.startswith("    ") else 4)
        yield from textwrap.wrap(line, width, subsequent_indent=" " * indent, drop_whitespace=True)


def wrapped(console: Console, text: str, indent: int) -> list[str]:
    """The text in lines that leave room for an indent; unbroken where there is no terminal."""
    return textwrap.wrap(text, max(console.width - indent, 20)) if console.is_terminal else [text]
