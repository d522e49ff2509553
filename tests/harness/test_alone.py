"""Two runs as one station: the second is told, and only while the first goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.alone import alone
from harness.config import Environment
from harness.errors import UsageError
from harness.material import Access

HOLDS = """
import sys
from harness.alone import alone
from harness.config import Environment
with alone(Environment("ws://csms.example/ocpp", "CP1", {})):
    print("held", flush=True)
    sys.stdin.read()
"""
CP1 = Environment("ws://csms.example/ocpp", "CP1", {})
SAME = [
    CP1,
    replace(CP1, url="ws://CSMS.example:80/ocpp/"),
    replace(CP1, station_id="CP2", access=(Access(1, "ws://csms.example/ocpp", "CP1", "password"),)),
]
OTHERS = [
    replace(CP1, station_id="CP2"),
    replace(CP1, url="ws://csms.example:81/ocpp"),
    replace(CP1, url="ws://csms.example/tenant"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the locks are."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


@pytest.fixture
def other_run() -> Iterator[subprocess.Popen[str]]:
    """A process that holds CP1."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.parametrize("environment", SAME)
def test_a_second_run_as_the_same_station_is_told(other_run: subprocess.Popen[str], environment: Environment) -> None:
    text = r" as CP1: expected no other run as this station on this machine, received one that has not ended$"
    with pytest.raises(UsageError, match=text), alone(environment):
        pass


@pytest.mark.parametrize("environment", OTHERS)
def test_a_run_as_another_station_or_elsewhere_is_not(
    other_run: subprocess.Popen[str], environment: Environment
) -> None:
    with alone(environment):
        pass


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, None])
def test_the_station_is_free_again_however_the_run_ended(
    other_run: subprocess.Popen[str], end: signal.Signals | None, folder: Path
) -> None:
    if end:
        other_run.send_signal(end)
    elif other_run.stdin is not None:
        other_run.stdin.close()
    other_run.wait(5)
    with alone(CP1):
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []


def test_one_station_that_comes_in_several_ways_is_held_once() -> None:
    with alone(replace(CP1, access=(Access(1, "ws://csms.example/ocpp", "CP1", "password"),))):
        pass


def test_a_folder_that_takes_no_file_is_no_reason_not_to_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(folder / "nowhere"))
    with alone(CP1):
        pass
