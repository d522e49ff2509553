"""Where each key of a TOML text stands, which tomllib does not tell.

Reads text that tomllib has accepted, so only enough of the grammar is known here to step over values.
"""

from __future__ import annotations

import re
import tomllib

Part = str | int
Parts = tuple[Part, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_SCALAR = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'"
    r"|[^,\]}#\n]+",
    re.DOTALL,
)


def key_lines(text: str) -> dict[Parts, int]:
    """The line (from 1) of every key, table header and array element of a valid TOML text, by its path."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.found


class _Scanner:
    def __init__(self, text: str) -> None:
        self.found: dict[Parts, int] = {}
        self._text = text
        self._at = 0
        self._counted = 0
        self._line = 1
        self._last: dict[Parts, int] = {}

    def document(self) -> None:
        table: Parts = ()
        self._skip(_SPACE)
        while self._at < len(self._text):
            if self._peek("["):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_SPACE)

    def _header(self) -> Parts:
        many = self._peek("[[")
        self._at += 2 if many else 1
        self._skip(_SPACE)
        line = self._here()
        names = self._key()
        self._skip(_SPACE)
        self._at += 2 if many else 1
        path: Parts = ()
        for number, name in enumerate(names, 1):
            path = (*path, name)
            self.found.setdefault(path, line)
            if many and number == len(names):
                self._last[path] = self._last.get(path, -1) + 1
            if path in self._last:
                path = (*path, self._last[path])
                self.found.setdefault(path, line)
        return path

    def _pair(self, table: Parts) -> None:
        line = self._here()
        path = table
        for name in self._key():
            path = (*path, name)
            self.found.setdefault(path, line)
        self._skip(_SPACE)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: Parts) -> None:
        if self._peek("["):
            self._array(path)
        elif self._peek("{"):
            self._table(path)
        else:
            self._skip(_SCALAR)

    def _array(self, path: Parts) -> None:
        self._at += 1
        index = 0
        while not self._closed("]"):
            self.found[(*path, index)] = self._here()
            self._value((*path, index))
            index += 1

    def _table(self, path: Parts) -> None:
        self._at += 1
        while not self._closed("}"):
            self._pair(path)

    def _closed(self, bracket: str) -> bool:
        """Steps over a comma and space; also over the closing bracket, if that is what follows."""
        self._skip(_SPACE)
        if self._peek(","):
            self._at += 1
            self._skip(_SPACE)
        closed = self._peek(bracket)
        self._at += closed
        return closed

    def _key(self) -> list[str]:
        names = []
        while True:
            token = self._skip(_KEY)
            names.append(tomllib.loads(f"key = {token}")["key"] if token[0] in "\"'" else token)
            if not self._skip(_DOT):
                return names

    def _peek(self, what: str) -> bool:
        return self._text.startswith(what, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match.group()

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line
