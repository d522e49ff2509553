"""What a benchmark found, as text for people and as JSON for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Sequence[str]


@dataclass(frozen=True)
class Goal:
    """A limit and whether the figure beside it keeps it."""

    text: str
    met: bool

    def __str__(self) -> str:
        return f"{self.text}: {'met' if self.met else 'NOT MET'}"


@dataclass(frozen=True)
class Section:
    """One benchmark: how it was done, tables, remarks, raw figures; `wrong` says what the CSMS got wrong."""

    name: str
    title: str
    method: str
    tables: Sequence[Sequence[Row]]
    notes: Sequence[str] = ()
    goals: Sequence[Goal] = ()
    wrong: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """The section as printed."""
        parts = [self.title, f"  {self.method}", "", *("\n".join([*aligned(table), ""]) for table in self.tables)]
        parts += [f"  {note}" for note in self.notes]
        parts += [f"  WRONG: {note}" for note in self.wrong]
        parts += [f"  goal: {goal}" for goal in self.goals]
        return "\n".join([*parts, ""])

    def json(self) -> dict[str, Any]:
        """The section as data."""
        goals = [{"goal": goal.text, "met": goal.met} for goal in self.goals]
        return {**self.data, "goals": goals, "wrong": list(self.wrong)}


def aligned(rows: Sequence[Row]) -> list[str]:
    """A table: the first column to the left, the others to the right."""
    widths = [max(len(row[n]) for row in rows if n < len(row)) for n in range(max(map(len, rows)))]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if n else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=False))
        ).rstrip()
        for row in rows
    ]
