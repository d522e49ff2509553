"""The processes of a benchmark: started, awaited within a limit, and killed when they are done with."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.job import Job, Load, load_from

ROOT = Path(__file__).resolve().parent.parent
START_S = 30.0
LOAD_MARGIN_S = 30.0


class BenchmarkError(Exception):
    """Nothing can be measured, and why."""


@dataclass(frozen=True)
class Server:
    """A server that is ready; `token` opens the API of a CSMS."""

    pid: int
    url: str
    api: str = ""
    token: str = ""


@contextmanager
def echo(payload: str) -> Iterator[Server]:
    """The bare server, which answers every call with this payload."""
    with _server("benchmarks.echo", payload) as ready:
        yield Server(ready["pid"], ready["url"])


@contextmanager
def csms(db: Path) -> Iterator[Server]:
    """The reference CSMS on this database file; SIGKILL ends it, so that what it has not committed is lost."""
    options = [
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--api-port",
        "0",
        "--db",
        str(db),
        "--ready-json",
        "--stop-with-stdin",
    ]
    with _server("reference_csms", "serve", *options, "--log-level", "warning") as ready:
        yield Server(ready["pid"], ready["url"], ready["api"], ready["token"])


def load(job: Job) -> Load:
    """What the generator, a process of its own, did and measured; raises BenchmarkError if an answer was wrong."""
    with _running("benchmarks.generator", stderr=subprocess.PIPE) as process:
        try:
            out, err = process.communicate(json.dumps(asdict(job)), timeout=job.warm_s + job.window_s + LOAD_MARGIN_S)
        except subprocess.TimeoutExpired as late:
            raise BenchmarkError(f"load: expected its end within {late.timeout:g} s, received nothing") from None
        if process.returncode:
            raise BenchmarkError((err.strip().splitlines() or [f"load: ended with code {process.returncode}"])[-1])
    found = load_from(json.loads(out))
    if not found.calls or not found.server_s:
        raise BenchmarkError(f"load: expected calls that cost CPU time, received {found.calls} in {found.window_s:g} s")
    return found


@contextmanager
def _server(module: str, *arguments: str) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryFile("w+") as log, _running(module, *arguments, stderr=log) as process:
        yield _ready(module, process, log)


@contextmanager
def _running(module: str, *arguments: str, stderr: int | IO[str]) -> Iterator[subprocess.Popen[str]]:
    # A session of its own: Ctrl-C reaches us alone, and we end our children. If we are killed, they find stdin closed.
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        cwd=ROOT,
        start_new_session=True,
        env=_environment(),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("REFERENCE_CSMS_", "PYTHONASYNCIO"))
    }


def _ready(module: str, process: subprocess.Popen[str], log: IO[str]) -> dict[str, Any]:
    assert process.stdout is not None
    deadline = time.monotonic() + START_S
    if select.select([process.stdout], [], [], START_S)[0]:
        line = process.stdout.readline()
        if line.startswith("{"):
            return dict(json.loads(line))
    log.seek(0)
    last = (log.read().strip().splitlines() or ["nothing"])[-1]
    late = f" within {START_S:g} s" if time.monotonic() >= deadline else ""
    raise BenchmarkError(f"{module}: expected a ready line{late}, received {last}")
