"""How long the command line takes to list the cases, beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.numbers import median
from benchmarks.plan import Plan
from benchmarks.processes import ROOT, BenchmarkError
from benchmarks.report import Goal, Row, Section

LIMIT_S = 0.5
TIMEOUT_S = 20.0


def measure(plan: Plan) -> Section:
    """The wall time of both, in turns."""
    commands = {"python -c pass": [sys.executable, "-c", "pass"], "ocpp-conformance list csms --json": _list()}
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(plan.starts):
        for name, command in commands.items():
            taken[name].append(_wall_s(name, command))
    rows: list[Row] = [("wall time, ms", "n", "min", "median", "max")]
    for name, times in taken.items():
        rows.append((name, str(len(times)), *(f"{of(times) * 1e3:.0f}" for of in (min, median, max))))
    listed, empty = (median(taken[name]) for name in reversed(commands))
    return Section(
        name="startup",
        title="3  Start-up of the command line",
        method=f"{plan.starts} starts of each, in turns",
        tables=[rows],
        notes=[f"{(listed - empty) * 1e3:.0f} ms more than an empty interpreter, {listed / empty:.1f} times its time"],
        goals=[Goal(f"the cases are listed in less than {LIMIT_S:g} s, {listed:.3f} s", listed < LIMIT_S)],
        data={"seconds": taken},
    )


def _list() -> list[str]:
    """The installed command, or what it runs if the project is only on the path."""
    arguments = ["list", "csms", "--json"]
    script = Path(sys.executable).with_name("ocpp-conformance")
    return [str(script), *arguments] if script.exists() else [sys.executable, "-m", "harness", *arguments]


def _wall_s(name: str, command: Sequence[str]) -> float:
    started_s = time.perf_counter()
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"{name}: expected its end within {TIMEOUT_S:g} s, received nothing") from None
    passed_s = time.perf_counter() - started_s
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing on stderr"])[-1]
        raise BenchmarkError(f"{name}: expected exit code 0, received {done.returncode}: {last}")
    return passed_s
