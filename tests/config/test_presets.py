"""The shipped presets: complete, valid, and open to changes."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from harness import config
from harness.errors import UsageError
from harness.intents import CSMS_INTENTS
from harness.sut_toml.operator import PRESET_FILES, PRESETS

ENVIRONMENT = {"url": "ws://host", "station_id": "CP", "cards": {"Accepted": "A"}}


def loaded(records: dict[str, Any] | None = None, **operator: Any) -> config.Settings:
    """Settings with the http driver at some address."""
    tables = {"environment": ENVIRONMENT, "operator": {"driver": "http", "base_url": "http://h", **operator}}
    return config.from_tables(tables if records is None else {**tables, "records": records})


def test_both_are_there() -> None:
    assert PRESETS == ("payload", "reference")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_every_operation_and_nothing_unknown(preset: str) -> None:
    shipped = tomllib.loads(PRESET_FILES[preset].read_text(encoding="utf-8"))
    assert set(shipped) <= {"operator", "records"}
    assert set(shipped["operator"]) == {"operations"}
    operations = loaded(preset=preset).operator["operations"]
    assert [name for name in CSMS_INTENTS if operations[name] is None] == []


def test_an_operation_of_the_file_replaces_the_whole_of_the_preset_one() -> None:
    operations = loaded(preset="reference", operations={"reset": {"path": "/mine"}}).operator["operations"]
    assert (operations["reset"]["path"], operations["reset"]["body"]) == ("/mine", None)
    assert operations["unlock"]["path"] == "/api/stations/{station}/commands/unlock"


def test_a_record_of_the_file_replaces_the_preset_one() -> None:
    settings = loaded({"command": {"path": "/mine"}, "token": "other"}, preset="reference", token="tok")
    assert settings.records is not None
    assert settings.records["command"]["path"] == "/mine"
    assert settings.records["command"]["root"] == ""
    assert settings.records["transaction"]["path"] == "/api/transactions/{transactionId}"
    assert (settings.records["token"], settings.operator["token"]) == ("other", "tok")


def test_a_mistake_beside_a_preset_is_still_found() -> None:
    text = """
        environment = { url = "ws://host", station_id = "CP", cards = { Accepted = "A" } }
        [operator]
        driver = "http"
        preset = "reference"
        base_url = "http://h"
        operations = 5
    """
    with pytest.raises(UsageError, match=r"^settings:7: \[operator\] operations: expected a table, received 5$"):
        config.parse(text)
    with pytest.raises(UsageError, match=r"^settings:7: \[operator\.operations\] rest: expected a known key"):
        config.parse(text.replace("= 5", '= { rest = { path = "/" } }'))
    with pytest.raises(UsageError, match=r"^settings:3: \[operator\] base_url: expected a URL .*, received nothing"):
        config.parse(text.replace("operations = 5", "").replace('base_url = "http://h"', ""))
