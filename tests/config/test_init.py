"""The file that `init` writes: every key explained, and valid once the address is filled in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest

from harness import config
from harness.errors import UsageError
from harness.init import render, tables
from harness.sut_toml import table
from harness.sut_toml.kinds import Key, Section

TEXT = render("csms")
FILLED = TEXT.replace('url = ""', 'url = "ws://localhost:9000/ocpp"', 1)


def keys(section: Section) -> Iterator[tuple[Section, Key]]:
    """Every key of a table and of the tables in it; the fields of records are names of OCPP, not keys."""
    for key in section.keys:
        yield section, key
        if key.kind.section is not None and not key.kind.section.name.endswith((".fields", ".values")):
            yield from keys(key.kind.section)


ALL = {(section.name, key.name): key for section, key in keys(table.DOCUMENT) if section.name}
NAMES = [f"{section} {key}" for section, key in ALL]


def test_the_file_asks_for_the_address_and_nothing_else() -> None:
    with pytest.raises(UsageError) as caught:
        config.parse(TEXT)
    line = TEXT.splitlines().index('url = ""') + 1
    assert str(caught.value).startswith(
        f'settings:{line}: [environment] url: expected a URL such as ws://host:port/path, received ""'
    )
    assert config.parse(FILLED).environment.url == "ws://localhost:9000/ocpp"


def test_what_the_file_shows_commented_out_are_the_defaults() -> None:
    shown = config.parse(FILLED)
    cards = {"Accepted": "CARD-OK", "Accepted2": "CARD-OK-2", "Expired": "CARD-EXPIRED", "Blocked": "CARD-BLOCKED"}
    environment = {"url": "ws://localhost:9000/ocpp", "station_id": "CP-1", "cards": cards}
    sut = {"vendor": "Example Ltd", "product": "Example CSMS", "version": "1.0"}
    assert shown == config.from_tables({"sut": sut, "environment": environment}, None)


def test_each_commented_key_with_a_value_is_valid_when_uncommented() -> None:
    wanted = re.compile(r"^# ((?:\[+[a-z_.]+\]+)|(?:[a-z_]+ = .+))$", re.MULTILINE)
    text = wanted.sub(r"\1", FILLED).replace('preset = "reference"\n', "")
    text = re.sub(r'^\w+ = "\w+\.pem"\n', "", text, flags=re.MULTILINE)
    tables = tomllib.loads(text)
    for environ in ("STATION_PASSWORD", "CSMS_TOKEN"):
        text = text.replace(f'{{ env = "{environ}" }}', '"x"')
    settings = config.parse(text.replace('driver = "manual"', 'driver = "http"'))
    assert settings.operator["operations"]["remote_start"]["body"] == {"connector": "{connectorId}", "card": "{idTag}"}
    assert settings.records is not None
    assert settings.records["transaction"]["root"] == "items[0]"
    assert settings.known_failures[0].case == "TC_010_CSMS"
    assert set(tables) == {key.name for key in table.DOCUMENT.keys}


@pytest.mark.parametrize(("section", "name"), ALL, ids=NAMES)
def test_every_key_is_explained_in_the_file(section: str, name: str) -> None:
    key = ALL[section, name]
    if key.kind.section is not None and section in ("environment", "operator"):
        assert f"[{key.kind.section.name}" in TEXT or f"[{section}.{name}" in TEXT
        return
    assert key.meaning in TEXT
    assert re.search(rf"^(?:# )?{name} = |^#   {name} +", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("section", "name"), ALL, ids=NAMES)
def test_every_key_has_a_meaning_and_stands_in_the_tables_of_the_manual(section: str, name: str) -> None:
    assert ALL[section, name].meaning.endswith(".")
    part = tables().partition(f"[{section}]")[2].partition("###")[0]
    assert f"| `{name}` |" in part


def test_only_the_csms_is_known() -> None:
    with pytest.raises(UsageError, match=r"^init: expected csms, received station$"):
        render("station")
