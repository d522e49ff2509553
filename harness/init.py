"""A fresh sut.toml with every key explained, and the same keys as tables for the manual."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from harness.errors import UsageError
from harness.sut_toml import table
from harness.sut_toml.kinds import EMPTY, REQUIRED, Key, Section
from harness.sut_toml.operator import OPERATIONS, OPERATOR, RECORDS
from harness.sut_toml.security import ACCESS

_REPEATED = (table.KNOWN_FAILURE, ACCESS)

_HEAD = """\
# What ocpp-conformance has to know about the CSMS under test.
# A line "# name = ..." is a key at its default or, if it has none, with an example: take "# " away to set it.
# Any text may come from the environment: { env = "NAME" }.
"""


def render(kind: str) -> str:
    """A complete sut.toml for the kind of system, which is csms; it loads once `url` is filled in."""
    if kind != "csms":
        raise UsageError(f"init: expected csms, received {kind}")
    parts = [_HEAD]
    for key in table.DOCUMENT.keys:
        section = key.kind.section
        assert section is not None
        parts.append(_section(section, commented=key.default not in (REQUIRED, EMPTY)))
    return "\n".join(parts)


def _section(section: Section, *, commented: bool = False) -> str:
    header = f"[[{section.name}]]" if section in _REPEATED else f"[{section.name}]"
    text = f"# {section.meaning}\n{'# ' if commented else ''}{header}\n"
    for key in section.keys:
        if key.kind.section is None:
            text += f"\n# {key.meaning}\n{_assigned(section, key, commented)}\n"
    if section is OPERATOR:
        return text + _requests("Requests of the http driver", OPERATIONS.keys, _OPERATION)
    if section is RECORDS:
        return text + _requests("Records", _tables(RECORDS), _RECORD)
    inner = [(key.kind.section, key.default) for key in section.keys if key.kind.section is not None]
    return text + "".join("\n" + _section(each, commented=default not in (REQUIRED, EMPTY)) for each, default in inner)


def _assigned(section: Section, key: Key, commented: bool) -> str:
    """The key with its default or example; commented out unless a fresh file needs it."""
    wanted = key.default is REQUIRED or section in (table.SUT, table.CARDS)
    return f"{'' if wanted and not commented else '# '}{key.name} = {key.example or _toml(key.default)}"


def _tables(section: Section) -> tuple[Key, ...]:
    return tuple(key for key in section.keys if key.kind.section is not None)


def _requests(title: str, keys: tuple[Key, ...], example: str) -> str:
    """The names of the tables that describe a request, the keys of each, and an example."""
    request = keys[0].kind.section
    assert request is not None
    names = "".join(f"#   {key.name:<28}{key.meaning}\n" for key in keys)
    inside = "".join(f"#   {key.name:<9}{key.meaning}{_default(key)}\n" for key in request.keys)
    commented = "".join(f"# {line}\n" for line in example.splitlines())
    return f"\n# {title}, one table each:\n{names}#\n# Keys of such a table:\n{inside}#\n{commented}"


def _default(key: Key) -> str:
    return "" if key.default in (None, EMPTY, "") else f" Default: {_toml(key.default)}."


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_OPERATION = """\
[operator.operations.remote_start]
path = "/stations/{station}/remote-start"
body = { connector = "{connectorId}", card = "{idTag}" }
"""

_RECORD = """\
[records.transaction]
path = "/transactions?number={transactionId}"
root = "items[0]"
fields = { idTag = "card.uid" }
values = { status = { RUNNING = "Active", DONE = "Ended" } }
"""


def tables() -> str:
    """Every key of sut.toml as Markdown tables, one per table of the file."""
    sections: dict[str, Section] = {}
    for section in _sections(table.DOCUMENT):
        sections.setdefault(section.name, section)
    return "\n".join(_markdown(section) for name, section in sections.items() if name)


def _sections(section: Section) -> Iterator[Section]:
    yield section
    for key in section.keys:
        if key.kind.section is not None and not key.kind.section.name.endswith((".fields", ".values")):
            yield from _sections(key.kind.section)


def _markdown(section: Section) -> str:
    rows = "".join(f"| `{key.name}` | {_words(key)} | {_shown(key)} | {key.meaning} |\n" for key in section.keys)
    title = f"[[{section.name}]]" if section in _REPEATED else f"[{section.name}]"
    return f"### `{title}`\n\n{section.meaning}\n\n| key | value | default | meaning |\n|---|---|---|---|\n{rows}"


def _words(key: Key) -> str:
    return key.kind.words.replace("|", "\\|")


def _shown(key: Key) -> str:
    if key.default is REQUIRED:
        return "required"
    return "" if key.default in (None, EMPTY, "") else f"`{_toml(key.default)}`"
