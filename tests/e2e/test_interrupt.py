"""A run that is stopped in the middle leaves what it has seen, says so, and leaves no process behind."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from harness import journal
from harness.results import Run, Verdict
from tests.e2e import tools
from tests.e2e.tools import HARNESS, Outcome, Screen, System, environment

WAYS = {
    "Ctrl-C": (signal.SIGINT, os.killpg),
    "SIGTERM": (signal.SIGTERM, os.kill),
    "a closed terminal": (signal.SIGHUP, os.kill),
    "Ctrl-C twice": (signal.SIGINT, os.killpg),
    "SIGKILL": (signal.SIGKILL, os.kill),
}


@contextmanager
def heeding_ctrl_c() -> Iterator[None]:
    """Where SIGINT is ignored, as in the background of a shell, a process that starts would ignore it too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Stopped(NamedTuple):
    """What a stopped run left: its end, what was on the terminal, its folder, and its CSMS (gone, its database)."""

    code: int
    screen: str
    err: str
    folder: Path
    csms_gone: bool
    database: Path

    @property
    def run(self) -> Run:
        """The run, also if its journal was cut off."""
        return journal.load(self.folder, cut_off=self.code == -signal.SIGKILL)


def stopped(way: str, reports: Path) -> Stopped:
    """Stops a run with a CSMS of its own while its first case waits for the heartbeat interval."""
    number, send = WAYS[way]
    screen = Screen.open()
    run = subprocess.Popen(
        [*HARNESS, "run", "csms", "--reports", reports, "--case=TC_001_CSMS", "--case=TC_064_CSMS"],
        env=environment(),
        stdout=screen.terminal,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        screen.until("  1 of 2  TC_001_CSMS  Cold Boot Charge Point  1 s")
        csms = children(run.pid)
        assert len(csms) == 1, f"expected the CSMS alone, received {csms}"
        handle, command = os.pidfd_open(csms[0]), Path(f"/proc/{csms[0]}/cmdline").read_text().split("\0")
        send(run.pid, number)
        if way == "Ctrl-C twice":
            once_taken(run.pid, number)
            send(run.pid, number)
        _, err = run.communicate(timeout=20)
        gone = bool(select.select([handle], [], [], 10)[0])
        os.close(handle)
        folders = list(reports.iterdir())
        assert len(folders) == 1, f"expected one run, received {folders}: {screen.close()}{err}"
        return Stopped(run.returncode, screen.close(), err, folders[0], gone, Path(command[command.index("--db") + 1]))
    finally:
        run.kill()


def once_taken(pid: int, number: signal.Signals) -> None:
    """Returns when a signal that was sent waits no longer."""
    status = Path(f"/proc/{pid}/status")
    while True:
        waiting = re.search(r"^ShdPnd:\s*(\w+)$", status.read_text(), re.MULTILINE)
        assert waiting
        if not int(waiting[1], 16) >> (number - 1) & 1:
            return


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(after_name[1]) == pid:
            found.append(int(path.parent.name))
    return found


@pytest.fixture(scope="module")
def all_ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stopped]]:
    """A run stopped in each way."""
    jobs = [lambda way=way: stopped(way, tmp_path_factory.mktemp(way)) for way in WAYS]
    with heeding_ctrl_c():
        left = dict(zip(WAYS, tools.together(*jobs), strict=True))
    yield left
    shutil.rmtree(left["SIGKILL"].database.parent)


@pytest.mark.parametrize("way", ["Ctrl-C", "SIGTERM", "a closed terminal", "Ctrl-C twice"])
def test_a_stopped_run_is_told_and_reported_as_interrupted(all_ways: dict[str, Stopped], way: str) -> None:
    left = all_ways[way]
    assert (left.code, left.err) == (2, "")
    assert "INTERRUPTED: the person at the harness stopped the run" in left.screen
    assert "Traceback" not in left.screen
    assert "INTERRUPTED" in (left.folder / "report.html").read_text(encoding="utf-8")
    assert "INTERRUPTED" in (left.folder / "abstract.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("way", ["Ctrl-C", "SIGTERM", "a closed terminal", "Ctrl-C twice"])
def test_the_journal_ends_with_the_case_that_was_stopped(all_ways: dict[str, Stopped], way: str) -> None:
    run = all_ways[way].run
    assert run.complete
    assert run.interrupted
    (case,) = run.cases
    assert (case.case, case.verdict, case.reason) == ("TC_001_CSMS", Verdict.INCONCLUSIVE, "interrupted")
    assert case.error == ""
    assert not case.failed
    assert case.messages[-1].kind == "close"


def test_who_cannot_wait_for_the_reports_is_told_how_to_make_them(
    told: Callable[..., Outcome], csms: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    run = ("run", "csms", "--sut", csms.toml(tmp_path), "--reports", tmp_path, "--case=TC_064_CSMS")
    with monkeypatch.context() as patch:
        patch.setattr("harness.report.make", interrupted)
        outcome = told(*run)
    (folder,) = tmp_path.glob("*-csms")
    hint = f"ocpp-conformance report {folder} makes them"
    assert (outcome.code, outcome.err) == (2, f"ocpp-conformance: stopped before there were reports; {hint}\n")
    assert told("report", folder).code == 0


def test_before_the_first_case_there_is_nothing_to_report(tmp_path: Path) -> None:
    screen = Screen.open()
    command = [*HARNESS, "run", "csms", "--reports", tmp_path / "reports"]
    pipes = {"stdout": screen.terminal, "stderr": subprocess.PIPE, "text": True}
    with heeding_ctrl_c(), subprocess.Popen(command, env=environment(), process_group=0, **pipes) as run:
        screen.until("starting")
        os.killpg(run.pid, signal.SIGINT)
        _, err = run.communicate(timeout=20)
    assert (run.returncode, err) == (130, "ocpp-conformance: stopped\n")
    assert "Traceback" not in screen.close()
    assert not (tmp_path / "reports").exists()


WHILE_LOADING = """
import sys
class Impatient:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Impatient())
from harness.__main__ import main
main()
"""


def test_while_modules_are_loaded_there_is_no_traceback() -> None:
    outcome = tools.command(sys.executable, "-c", WHILE_LOADING)
    assert outcome == Outcome(130, "", "ocpp-conformance: stopped\n")


@pytest.mark.parametrize("command", [("list", "csms"), ("run", "csms", "--case=TC_064_CSMS", "--case=TC_013_CSMS")])
def test_who_has_read_enough_ends_nothing(csms: System, tmp_path: Path, command: tuple[str, ...]) -> None:
    """As `| head -1` does; a run goes on to its end, and its exit code is its own."""
    options = ("--sut", csms.toml(tmp_path), "--reports", tmp_path) if command[0] == "run" else ()
    with subprocess.Popen(
        [*HARNESS, *command, *options], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert "TC_0" in run.stdout.readline()
        run.stdout.close()
        assert run.stderr.read() == ""
    assert run.returncode == 0
    for folder in tmp_path.glob("*-csms"):
        found = journal.load(folder)
        assert (len(found.cases), found.complete, (folder / "report.html").exists()) == (2, True, True)


def test_a_killed_run_leaves_a_journal_that_can_be_read(all_ways: dict[str, Stopped]) -> None:
    left = all_ways["SIGKILL"]
    assert left.code == -signal.SIGKILL
    assert not left.run.complete
    assert [message.name for message in left.run.cases[0].messages[1:3]] == [
        "BootNotification.req",
        "BootNotification.conf",
    ]


@pytest.mark.parametrize("way", WAYS)
def test_no_process_stays_behind(all_ways: dict[str, Stopped], way: str) -> None:
    assert all_ways[way].csms_gone
    assert all_ways[way].database.exists() == (way == "SIGKILL")
