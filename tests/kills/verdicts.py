"""Runs mutants and says who noticed: killed by a failed check, warned, or survived."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.evidence import sentence
from harness.results import CaseResult, Check, Verdict
from tests.kills.mutants import Done, Mutant, mutants
from tests.subjects.world import all_pages, run_case

SURVIVORS = Path(__file__).parents[1] / "survivors.toml"
Fate = Literal["killed", "warned", "survived", "misplaced", "crashed", "not applied"]


@dataclass(frozen=True)
class Found:
    """A mutant and its fate."""

    case: str
    what: str
    path: str
    how: str
    detail: str
    phase: str
    fate: Fate
    verdict: str
    noticed: str
    reason: str = ""


@dataclass(frozen=True)
class Survivor:
    """A kind of mutant that no check shall notice, and why."""

    what: str
    path: str
    how: str
    reason: str
    case: str = ".*"
    phase: str = ".*"
    detail: str = ".*"

    def covers(self, mutant: Mutant) -> bool:
        """Whether the mutant is of this kind."""
        pairs = (
            (self.what, mutant.what),
            (self.path, mutant.path),
            (self.how, mutant.how),
            (self.case, mutant.case),
            (self.phase, mutant.phase),
            (self.detail, mutant.detail),
        )
        return all(re.fullmatch(pattern, value) for pattern, value in pairs)


def survivors() -> list[Survivor]:
    """The survivors that are accepted."""
    return [Survivor(**entry) for entry in tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))["survivor"]]


def all_mutants() -> Iterator[Mutant]:
    """Every mutant of every case."""
    done = Done()
    for case in all_pages():
        yield from mutants(case, done)


def judge(mutant: Mutant, accepted: list[Survivor]) -> Found:
    """Runs one mutant."""
    tamper = mutant.tamper()
    result = run_case(mutant.case, tamper)
    fate, noticed = _fate(mutant, result, getattr(tamper, "applied", False))
    reason = ""
    if fate == "survived":
        reason = next((survivor.reason for survivor in accepted if survivor.covers(mutant)), "")
    return Found(
        mutant.case,
        mutant.what,
        mutant.path,
        mutant.how,
        mutant.detail,
        mutant.phase,
        fate,
        str(result.verdict),
        noticed,
        reason,
    )


def _fate(mutant: Mutant, result: CaseResult, applied: bool) -> tuple[Fate, str]:
    if not applied:
        return "not applied", ""
    if result.verdict is Verdict.ERROR:
        return "crashed", result.error.strip().splitlines()[-1] if result.error else result.reason
    first = _first(result)
    if first is None:
        return "survived", ""
    if not mutant.meant(first):
        return "misplaced", sentence(first)
    return ("killed" if result.failed else "warned"), sentence(first)


def _first(result: CaseResult) -> Check | None:
    return next(iter(result.failed or result.warned), None)
