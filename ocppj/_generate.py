"""Writes names.py from the schemas: `python -m ocppj._generate ocppj/names.py`."""

from __future__ import annotations

import sys
from pathlib import Path

from ocppj.schemas import schema_folder

_HEAD = '''"""The names of actions and messages as literals, so that a type checker finds a misspelt one.

Generated from the schemas by `python -m ocppj._generate ocppj/names.py`; do not edit.
"""

from __future__ import annotations

from typing import Literal
'''


def names_py() -> str:
    """The text of names.py for the schemas that are installed."""
    actions = sorted(path.stem for path in schema_folder().glob("*.json") if not path.stem.endswith("Response"))
    messages = [f"{action}.{kind}" for action in actions for kind in ("req", "conf")]
    return f"{_HEAD}\n{_literal('ActionName', actions)}\n{_literal('Message', messages)}"


def _literal(name: str, values: list[str]) -> str:
    lines = "".join(f'    "{value}",\n' for value in values)
    return f"{name} = Literal[\n{lines}]\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(names_py(), encoding="utf-8")
