"""The machine: what it is, and how much CPU time a process and everybody together have used. Linux only."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_USER_TIME, _SYSTEM_TIME = 11, 12  # proc(5), fields 14 and 15, counted behind the name in brackets
_IDLE, _IO_WAIT, _STEAL = 3, 4, 7


def cpu_s(pid: int) -> float:
    """The CPU seconds that a process has used, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])) * _TICK_S


def busy_s() -> float:
    """The CPU seconds that all processes together have used, and what the host took away from this machine."""
    line = Path("/proc/stat").read_text().split("\n", 1)[0]
    fields = [int(text) for text in line.split()[1 : 1 + _STEAL + 1]]
    return (sum(fields) - fields[_IDLE] - fields[_IO_WAIT]) * _TICK_S


def facts() -> dict[str, str]:
    """What a reader has to know to compare the figures with others."""
    return {
        "CPU": _cpu_model(),
        "cores": str(os.cpu_count()),
        "kernel": platform.release(),
        "Python": platform.python_version(),
        "websockets": version("websockets"),
        "uvloop": version("uvloop"),
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
