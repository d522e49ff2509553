"""JSON that is valid and that no program has to hold: numbers beyond all floats, halves of characters, any depth."""

from __future__ import annotations

import json
import re
from typing import Any

# Message type and unique id at the start of a frame.
_FRONT = re.compile(r'\s*+\[\s*+([234])\s*+,\s*+("(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*+")\s*+,')


def read_loosely(text: str) -> Any:
    """The value, with infinity for such a number; of a frame too deep to be read, the beginning. Raises ValueError."""
    try:
        return json.loads(text, parse_int=_number, parse_constant=_no_json)
    except RecursionError:
        front = _FRONT.match(text)
        return [int(front[1]), json.loads(front[2])] if front else None


def is_whole(string: str) -> bool:
    """False for a string with half a character (a lone surrogate), which nobody can write."""
    try:
        string.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)


def _no_json(constant: str) -> None:
    raise ValueError(constant)
