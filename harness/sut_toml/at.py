"""A place in a settings file, and the one-line error that names it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.sut_toml.lines import Part, Parts, key_lines


class Secret(str):
    """Text that must not be shown: its repr is masked."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[secret]'"


@dataclass(frozen=True)
class Source:
    """A settings file, or settings made in code when `path` is None."""

    path: Path | None = None
    text: str = field(default="", repr=False)

    @property
    def folder(self) -> Path:
        """Where relative file names start."""
        return self.path.parent if self.path else Path()

    def where(self, parts: Parts) -> str:
        """`file:line` of a key, or of the nearest thing around it that is written in the file."""
        name = str(self.path) if self.path else "settings"
        return f"{name}:{self._line(parts)}" if self.text else name

    def _line(self, parts: Parts) -> int:
        lines = key_lines(self.text)
        for end in range(len(parts), 0, -1):
            if parts[:end] in lines:
                return lines[parts[:end]]
        return max(1, len(self.text.splitlines()))


@dataclass(frozen=True)
class At:
    """A place in a source: the path of a key, or of a table as a whole."""

    source: Source
    parts: Parts = ()
    whole: bool = False

    def __truediv__(self, part: Part) -> At:
        return At(self.source, (*self.parts, part))

    def wrong(self, expected: str, received: Any, hint: str = "") -> UsageError:
        """The error for what stands here: `file:line: [section] key: expected X, received Y; hint`."""
        return self.error(f"expected {expected}, received {shown(received)}" + (f"; {hint}" if hint else ""))

    def error(self, text: str) -> UsageError:
        """An error that begins with this place."""
        named = f"{self.name}: " if self.parts else ""
        return UsageError(f"{self.source.where(self.parts)}: {named}{text}")

    @property
    def name(self) -> str:
        """The place as a person writes it: `[section] key`."""
        *section, key = self.parts
        if not section or self.whole:
            return f"[{_dotted(self.parts)}]"
        if isinstance(key, int):
            return f"[{_dotted(section[:-1])}] {section[-1]}[{key}]" if section[:-1] else f"[[{section[0]}]]"
        if isinstance(section[-1], int) and len(section) == 2:
            return f"[[{section[0]}]] {key}"
        return f"[{_dotted(section)}] {key}"


def _dotted(parts: Iterable[Part]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


NOTHING = object()


def shown(value: Any) -> str:
    """A value as an error message names it, in one short line and without secrets."""
    if value is NOTHING:
        return "nothing"
    if isinstance(value, Secret):
        return "another value"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= 60 else f"{text[:57]}..."
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    return str(value)


def nearest(name: str, names: Iterable[str]) -> str:
    """The hint for a misspelt name: the nearest one, or all of them if none is near."""
    known = {known.lower(): known for known in names}
    close = difflib.get_close_matches(name.lower(), known, n=1)
    return f"did you mean {known[close[0]]}?" if close else f"known: {', '.join(known.values())}"
