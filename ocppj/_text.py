"""How JSON values and places in them are written in messages to people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_SHOWN = 60


def json_path(parts: Iterable[str | int]) -> str:
    """A place in a JSON value: `idTagInfo.status`, `key[0]`, `['a b']`, empty for the value itself."""
    return "".join(map(_step, parts)).removeprefix(".")


def _step(part: str | int) -> str:
    return f".{part}" if isinstance(part, str) and part.isidentifier() else f"[{part!r}]"


def shown(value: Any) -> str:
    """A JSON value: scalars as they are, long strings cut, arrays and objects by their kind only."""
    if isinstance(value, list | tuple):
        return "an array"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, str):
        return repr(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!r}... ({len(value)} characters)"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
