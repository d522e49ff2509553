"""The kinds of values in sut.toml: each reads one value or raises the one-line error that says what was expected."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from harness.sut_toml.at import NOTHING, At, Secret, nearest

Read = Callable[[Any, At], Any]

REQUIRED: Any = object()  # a default: the key must be given
EMPTY: Any = object()  # a default: the table is read as if it stood there without keys


class Kind(NamedTuple):
    """What a value must be, in words, how it is read, and the section behind it if it is a table of known keys."""

    words: str
    read: Read
    section: Section | None = None


class Key(NamedTuple):
    """One key: its name, kind, default, meaning in a sentence, and what a fresh file shows instead of the default."""

    name: str
    kind: Kind
    default: Any
    meaning: str
    example: str = ""


class Section(NamedTuple):
    """A table: its name, what it is for, and its keys."""

    name: str
    meaning: str
    keys: tuple[Key, ...]


def text(least: int = 0, most: int | None = None, hint: str = "") -> Kind:
    """Text between quotes, or `{ env = "NAME" }`."""
    words = (
        "text"
        if most is None
        else f"text of {least} to {most} characters"
        if least
        else f"text of up to {most} characters"
    )
    words = "text that is not empty" if least and most is None else words

    def read(value: Any, at: At) -> str:
        given = environment(value, at)
        if not isinstance(given, str) or len(given) < least or (most is not None and len(given) > most):
            raise at.wrong(words, given, hint)
        return str(given)

    return Kind(words, read)


def secret() -> Kind:
    """Text that is never shown."""
    words = 'text, or { env = "NAME" }'

    def read(value: Any, at: At) -> Secret:
        given = environment(value, at)
        if not isinstance(given, str) or not given:
            raise at.wrong(words, given if given == "" else Secret())
        return Secret(given)

    return Kind(words, read)


def environment(value: Any, at: At) -> Any:
    """The value, or what the environment variable named by `{ env = "NAME" }` holds."""
    if not isinstance(value, dict) or value.keys() != {"env"} or not isinstance(value["env"], str):
        return value
    name = value["env"]
    if name not in os.environ:
        raise at.wrong(f"the environment variable {name}", NOTHING, "set it before the run")
    return Secret(os.environ[name])


def integer(least: int, most: int) -> Kind:
    """A whole number within limits."""
    words = f"a whole number from {least} to {most}"

    def read(value: Any, at: At) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise at.wrong(words, value)
        return value

    return Kind(words, read)


def seconds(*, zero: bool) -> Kind:
    """A duration in seconds, with or without zero."""
    words = "a number of seconds, 0 or more" if zero else "a number of seconds above 0"

    def read(value: Any, at: At) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or value < 0 or (value == 0 and not zero) or not value < 1e9:
            raise at.wrong(words, value)
        return value  # type: ignore[no-any-return]

    return Kind(words, read)


def flag() -> Kind:
    """true or false."""

    def read(value: Any, at: At) -> bool:
        if not isinstance(value, bool):
            raise at.wrong("true or false", value)
        return value

    return Kind("true or false", read)


def choice(*names: str) -> Kind:
    """One of some words."""
    words = " or ".join(f'"{name}"' for name in names) if len(names) < 4 else f"one of {', '.join(names)}"

    def read(value: Any, at: At) -> str:
        if value not in names:
            raise at.wrong(words, value, nearest(value, names) if isinstance(value, str) and len(names) > 1 else "")
        return str(value)

    return Kind(words, read)


def url(*schemes: str, hint: str) -> Kind:
    """An absolute URL of some schemes, without user, query and fragment."""
    words = f"a URL such as {schemes[0]}://host:port/path"

    def read(value: Any, at: At) -> str:
        given = environment(value, at)
        if not isinstance(given, str):
            raise at.wrong(words, given, hint)
        given = str(given)
        try:
            parts = urlsplit(given)
            good = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            raise at.wrong(words, given, hint) from None
        if parts.username is not None:
            raise at.wrong("a URL without a user name or password", Secret(given), "they have keys of their own")
        if not good or parts.query or parts.fragment or any(not char.isprintable() or char.isspace() for char in given):
            raise at.wrong(words, given, hint)
        return given

    return Kind(words, read)


def certificates() -> Kind:
    """A PEM file; relative names start at the folder of the settings file."""

    def read(value: Any, at: At) -> Path:
        if not isinstance(value, str):
            raise at.wrong("the name of a PEM file", value)
        path = at.source.folder / value
        try:
            found = path.read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise at.wrong("a PEM file that can be read", value, f"{path}: {reason[:1].lower()}{reason[1:]}") from None
        if b"-----BEGIN CERTIFICATE-----" not in found:
            raise at.wrong("a PEM file with certificates", value, f"{path} holds no BEGIN CERTIFICATE line")
        return path

    return Kind("the name of a PEM file", read)


def array(item: Kind, words: str) -> Kind:
    """An array whose elements are all of one kind."""

    def read(value: Any, at: At) -> list[Any]:
        if not isinstance(value, list):
            raise at.wrong(words, value)
        return [item.read(element, at / index) for index, element in enumerate(value)]

    return Kind(words, read, item.section)


def mapping(item: Kind, words: str) -> Kind:
    """A table with free names whose values are all of one kind."""

    def read(value: Any, at: At) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise at.wrong(words, value)
        return {name: item.read(element, at / name) for name, element in value.items()}

    return Kind(words, read)


def table(section: Section, check: Callable[[dict[str, Any], At], None] | None = None) -> Kind:
    """A table of known keys; the defaults are filled in, then `check` may compare keys with each other."""
    known = {key.name: key for key in section.keys}

    def read(value: Any, at: At) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise at.wrong("a table", value)
        for name in value:
            if name not in known:
                raise (at / name).wrong("a known key" if at.parts else "a known section", name, nearest(name, known))
        found = {name: _one(key, value, at / name) for name, key in known.items()}
        if check:
            check(found, At(at.source, at.parts, whole=True))
        return found

    return Kind("a table", read, section)


def _one(key: Key, given: Mapping[str, Any], at: At) -> Any:
    if key.name in given:
        return key.kind.read(given[key.name], at)
    if key.default is REQUIRED:
        raise at.wrong(key.kind.words, NOTHING, key.meaning[:1].lower() + key.meaning[1:].rstrip("."))
    if key.default is EMPTY:
        return key.kind.read({}, at)
    return key.default


def json_value() -> Kind:
    """Any value that JSON has too, in which every `{ env = "NAME" }` is replaced."""
    words = "text, a number, true, false, an array or a table"

    def read(value: Any, at: At) -> Any:
        given = environment(value, at)
        if isinstance(given, dict):
            return {name: read(element, at / name) for name, element in given.items()}
        if isinstance(given, list):
            return [read(element, at / index) for index, element in enumerate(given)]
        if not isinstance(given, str | bool | int | float) or (isinstance(given, float) and not math.isfinite(given)):
            raise at.wrong(words, given, "put it in quotes")
        return given

    return Kind(words, read)
