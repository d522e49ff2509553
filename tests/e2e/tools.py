"""The command line as a process, and systems to point it at."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from harness import journal
from harness.results import CaseResult, Run

ROOT = Path(__file__).parents[2]
SUBJECTS = ROOT / "tests" / "subjects"
HARNESS = (sys.executable, "-m", "harness")
STATION = "CP 1"
T = TypeVar("T")

REFERENCE = """\
[sut]
vendor = "ocpp-conformance"
product = "reference CSMS"
version = "1"

[environment]
url = "{url}"
station_id = "CP 1"
password = "end-to-end-password"
connection_timeout_s = 0.2
listen_s = 0.05
message_timeout_s = 5
operator_timeout_s = 5
parent_id_tag = "GROUP-1"

[environment.cards]
Accepted = "A-1"
Accepted2 = "A-2"
Invalid = "I-1"
Expired = "E-1"
Blocked = "B-1"

[operator]
driver = "http"
preset = "reference"
base_url = "{api}"
token = "{token}"
"""


@dataclass(frozen=True)
class System:
    """A system under test that is up: where it is, and the settings that describe it."""

    process: subprocess.Popen[str]
    ready: Mapping[str, Any]
    settings: str

    def toml(self, folder: Path, *changes: tuple[str, str], name: str = "sut.toml") -> Path:
        """The settings as a file, each change being a text to find (which must be there) and what replaces it."""
        text = self.settings
        for old, new in changes:
            assert old in text, f"{old!r} is not in the settings"
            text = text.replace(old, new)
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        found = re.search(r"^report: (.*)/report\.html$", self.out, re.MULTILINE)
        assert found, self
        return Path(found[1])

    @property
    def run(self) -> Run:
        """The run as its journal tells it."""
        return journal.load(self.folder)

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict of each case."""
        return {case.case: case.verdict.value for case in self.run.cases}

    def case(self, id: str) -> CaseResult:
        """One case of the run."""
        return next(case for case in self.run.cases if case.case == id)


def environment() -> dict[str, str]:
    """The environment of a person who has set nothing."""
    unwanted = ("PYTEST", "COV", "REFERENCE_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "TERM": "xterm"}


def conformance(*arguments: object, cwd: Path | None = None, timeout: float = 60) -> Outcome:
    """Runs `ocpp-conformance`; one that takes longer than the time-out fails the test."""
    return command(*HARNESS, *arguments, cwd=cwd, timeout=timeout)


def command(*arguments: object, cwd: Path | None = None, timeout: float = 60) -> Outcome:
    """Runs a command to its end."""
    done = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=cwd,
        env=environment(),
        timeout=timeout,
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def together(*jobs: Callable[[], T]) -> list[T]:
    """The results of jobs that mostly wait for processes, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda job: job(), jobs))


@contextmanager
def system(settings: str, *arguments: object) -> Iterator[System]:
    """A system under test, started as a module of this project, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", *(str(argument) for argument in arguments)],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            for name, value in ready.items():
                settings = settings.replace(f"{{{name}}}", str(value))
            yield System(process, ready, settings)
        finally:
            process.kill()


@contextmanager
def reference(folder: Path, *more: object) -> Iterator[System]:
    """The reference CSMS."""
    options = ("--port", 0, "--api-port", 0, "--db", folder / "csms.db", "--heartbeat-interval", 1, "--ready-json")
    options += ("--stop-with-stdin",)
    with system(REFERENCE, "reference_csms", "serve", *options, *more) as csms:
        yield csms


@contextmanager
def stranger(*faults: str) -> Iterator[System]:
    """The stranger's CSMS, each connection meeting the next of these faults."""
    settings = (SUBJECTS / "stranger.toml").read_text(encoding="utf-8")
    settings = settings.replace('"URL"', '"{url}"').replace('"API"', '"{api}"')
    options = ("--port", 0, "--api-port", 0, "--faults", *(faults or ["none"]))
    with system(settings, "tests.subjects.stranger", *options) as csms:
        yield csms


class Screen:
    """A terminal with nobody at it but the test: what a process shows there, and what is typed."""

    def __init__(self, person: int, terminal: int) -> None:
        self.person, self.terminal = person, terminal
        self.shown = ""

    @classmethod
    def open(cls) -> Screen:
        """A new pseudo-terminal."""
        return cls(*os.openpty())

    def until(self, text: str, within_s: float = 20) -> str:
        """What has come on the screen up to this text, which must come in time."""
        deadline = time.monotonic() + within_s
        seen = 0
        while (found := self.shown.find(text, seen)) < 0:
            seen = max(len(self.shown) - len(text), 0)
            assert self._read(deadline - time.monotonic()), f"{text!r} did not come:\n{self.shown}"
        before, self.shown = self.shown[: found + len(text)], self.shown[found + len(text) :]
        return before

    def type(self, text: str) -> None:
        """Types."""
        os.write(self.person, text.encode())

    def close(self) -> str:
        """What else was shown; the terminal is gone then."""
        os.close(self.terminal)
        while self._read(5):
            pass
        os.close(self.person)
        return self.shown

    def _read(self, within_s: float) -> bool:
        if not select.select([self.person], [], [], max(within_s, 0))[0]:
            return False
        try:
            text = os.read(self.person, 65536).decode(errors="replace")
        except OSError:  # every process has closed the terminal
            return False
        self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
        return True
