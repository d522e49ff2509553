"""The PICS questions, the conditions of the cases over their answers, and the rows of a certificate by generation."""

from __future__ import annotations

import ast
import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import HarnessError

FILE = "pics.toml"


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its key in `[supports]`, its id in reports, what yes claims; `inferred` if no source states it."""

    key: str
    id: str
    claim: str
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of the certification programme: its optional rows, and the cases that count for another row."""

    name: str
    title: str
    optional: tuple[str, ...]
    demands: tuple[str, ...]
    moved: Mapping[str, str]

    def row(self, case: str, profile: str) -> str:
        """The row of the certificate that a case counts for."""
        return self.moved.get(case, profile)


@dataclass(frozen=True, slots=True)
class Pics:
    """All questions by key, all conditions by case, all generations by name."""

    questions: Mapping[str, Question]
    conditions: Mapping[str, str]
    generations: Mapping[str, Generation]


@functools.cache
def load() -> Pics:
    """The questions that come with the package."""
    path = importlib.resources.files("testcases") / "catalogue" / FILE
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    questions = [Question(**entry) for entry in tables["question"]]
    return Pics(
        {question.key: question for question in questions},
        {case: entry["when"] for entry in tables["condition"] for case in entry["cases"]},
        {entry["name"]: _generation(entry) for entry in tables["generation"]},
    )


def _generation(entry: Mapping[str, object]) -> Generation:
    moves = entry.get("moves", {})
    assert isinstance(moves, dict)
    moved = {case: row for row, cases in moves.items() for case in cases}
    optional, demands = entry["optional"], entry.get("demands", [])
    assert isinstance(optional, list)
    assert isinstance(demands, list)
    return Generation(str(entry["name"]), str(entry["title"]), tuple(optional), tuple(demands), moved)


def holds(expression: str, answers: Mapping[str, bool]) -> bool:
    """Whether a condition holds; names, `and`, `or`, `not` and parentheses are all it may use."""
    return _value(ast.parse(expression, mode="eval").body, answers)


def names(expression: str) -> list[str]:
    """The names that a condition uses, in order."""
    found = [node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)]
    return list(dict.fromkeys(found))


def unmet(expression: str, answers: Mapping[str, bool]) -> list[list[str]]:
    """The parts of a condition that keep it from holding, each the names of which one would be enough, in order."""
    return [sorted(names(ast.unparse(part))) for part in _parts(ast.parse(expression, mode="eval").body, answers)]


def _parts(node: ast.expr, answers: Mapping[str, bool]) -> list[ast.expr]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        return [part for value in node.values for part in _parts(value, answers)]
    return [] if _value(node, answers) else [node]


def _value(node: ast.expr, answers: Mapping[str, bool]) -> bool:
    if isinstance(node, ast.Name) and node.id in answers:
        return answers[node.id]
    if isinstance(node, ast.BoolOp):
        values = [_value(part, answers) for part in node.values]
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _value(node.operand, answers)
    raise HarnessError(f"condition: expected names, and, or, not, received {ast.unparse(node)!r}")
