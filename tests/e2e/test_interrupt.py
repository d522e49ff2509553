"""A run that is stopped in the middle leaves what it has seen, says so, and leaves no process behind."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from harness import journal
from harness.results import Run, Verdict
from tests.e2e import tools
from tests.e2e.tools import HARNESS, Screen, environment

WAYS = {
    "Ctrl-C": (signal.SIGINT, os.killpg),
    "SIGTERM": (signal.SIGTERM, os.kill),
    "SIGINT twice": (signal.SIGINT, os.kill),
    "SIGKILL": (signal.SIGKILL, os.kill),
}


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
        if way == "SIGINT twice":
            screen.until("making the reports")
            send(run.pid, number)
        _, err = run.communicate(timeout=20)
        gone = bool(select.select([handle], [], [], 10)[0])
        os.close(handle)
        folders = list(reports.iterdir())
        assert len(folders) == 1, f"expected one run, received {folders}: {screen.close()}{err}"
        return Stopped(run.returncode, screen.close(), err, folders[0], gone, Path(command[command.index("--db") + 1]))
    finally:
        run.kill()


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
    # Where SIGINT is ignored, as in the background of a shell, a process that starts would ignore it too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        jobs = [lambda way=way: stopped(way, tmp_path_factory.mktemp(way)) for way in WAYS]
        left = dict(zip(WAYS, tools.together(*jobs), strict=True))
    finally:
        signal.signal(signal.SIGINT, before)
    yield left
    shutil.rmtree(left["SIGKILL"].database.parent)


@pytest.mark.parametrize("way", ["Ctrl-C", "SIGTERM"])
def test_a_stopped_run_is_told_and_reported_as_interrupted(all_ways: dict[str, Stopped], way: str) -> None:
    left = all_ways[way]
    assert (left.code, left.err) == (2, "")
    assert "INTERRUPTED: the person at the harness stopped the run" in left.screen
    assert "Traceback" not in left.screen
    assert "INTERRUPTED" in (left.folder / "report.html").read_text(encoding="utf-8")
    assert "INTERRUPTED" in (left.folder / "abstract.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("way", ["Ctrl-C", "SIGTERM"])
def test_the_journal_ends_with_the_case_that_was_stopped(all_ways: dict[str, Stopped], way: str) -> None:
    run = all_ways[way].run
    assert run.complete
    assert run.interrupted
    (case,) = run.cases
    assert (case.case, case.verdict, case.reason) == ("TC_001_CSMS", Verdict.INCONCLUSIVE, "interrupted")
    assert case.error == ""
    assert not case.failed
    assert case.messages[-1].kind == "close"


def test_who_cannot_wait_for_the_reports_is_told_how_to_make_them(all_ways: dict[str, Stopped]) -> None:
    left = all_ways["SIGINT twice"]
    assert (left.code, left.run.interrupted) == (2, True)
    hint = f"ocpp-conformance report {left.folder} makes them"
    assert left.err == f"ocpp-conformance: stopped before there were reports; {hint}\n"


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
