"""What a good sut.toml becomes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from harness import config
from harness.errors import UsageError

SHORT = """
[environment]
url = "ws://localhost:9000/ocpp"
station_id = "CP-1"
cards = { Accepted = "CARD-OK" }
"""

FULL = """
[sut]
vendor = "Example Ltd"
product = "Example CSMS"
version = "2.1"

[supports]
profiles = ["Core", "RemoteTrigger"]

[environment]
url = "wss://csms.example.com/ocpp"
station_id = "CP 1/A"
password = "station-password"
ca_file = "ca.pem"
number_of_connectors = 3
connector_id = 2
vendor_name = "V"
model = "M"
parent_id_tag = "FAMILY"
vendor_id = ""
message_timeout_s = 1.5
slack_s = 0

[environment.cards]
Accepted = "A"
Accepted2 = "B"
Invalid = "C"
Expired = "D"
Blocked = "E"

[operator]
driver = "http"
base_url = "https://csms.example.com/api"
token = "api-token"
ca_file = "ca.pem"

[operator.operations.reset]
path = "/{station}/reset"
body = { kind = "{type}", delay = 0 }

[records.connector]
path = "/{station}/{connectorId}"
fields = { status = "state.name" }
values = { status = { FREE = "Available" } }

[[known_failures]]
case = "TC_010_CSMS"
reason = "ignores connectorId"
link = "https://example.com/1"

[performance]
authorize_s = 2
"""


def test_a_short_file_has_the_defaults_of_the_dataclasses() -> None:
    settings = config.parse(SHORT)
    expected = config.Environment(
        "ws://localhost:9000/ocpp", "CP-1", {"Accepted": "CARD-OK", "Invalid": "CARD-UNKNOWN"}
    )
    assert settings.environment == expected
    assert (settings.sut, settings.performance) == (config.Sut(), config.Performance())
    assert settings.supports == config.Settings(expected).supports
    assert settings.operator["driver"] == "manual"
    assert settings.records is None
    assert settings.known_failures == ()


def test_a_full_file_arrives_whole(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    path = tmp_path / "sut.toml"
    path.write_text(FULL, encoding="utf-8")
    settings = config.load(path)
    assert settings.path == path
    assert settings.sut == config.Sut("Example Ltd", "Example CSMS", "2.1", "csms")
    assert settings.supports["profiles"] == ["Core", "RemoteTrigger"]
    assert settings.supports["generation"] == "2025-10"
    assert settings.environment == config.Environment(
        url="wss://csms.example.com/ocpp",
        station_id="CP 1/A",
        password="station-password",
        ca_file=tmp_path / "ca.pem",
        number_of_connectors=3,
        connector_id=2,
        vendor_name="V",
        model="M",
        parent_id_tag="FAMILY",
        vendor_id="",
        message_timeout_s=1.5,
        slack_s=0,
        cards={"Accepted": "A", "Accepted2": "B", "Invalid": "C", "Expired": "D", "Blocked": "E"},
    )
    assert list(settings.environment.connectors) == [1, 2, 3]
    assert settings.known_failures == (
        config.KnownFailure("TC_010_CSMS", "ignores connectorId", "https://example.com/1"),
    )
    assert settings.performance == config.Performance(30, 2)


def test_records_take_what_they_lack_from_the_operator(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    records = config.parse(FULL + "\n[records]\ntoken = 'other'\ntimeout_s = 3\n", tmp_path / "sut.toml").records
    assert records is not None
    shared = {name: records[name] for name in ("base_url", "token", "headers", "timeout_s", "ca_file", "verify")}
    assert shared == {
        "base_url": "https://csms.example.com/api",
        "token": "other",
        "headers": {},
        "timeout_s": 3,
        "ca_file": tmp_path / "ca.pem",
        "verify": True,
    }


def test_settings_made_in_code_need_no_file() -> None:
    tables: dict[str, Any] = {
        "environment": {"url": "ws://host", "station_id": "CP", "cards": {"Accepted": "A"}},
        "operator": {"driver": "http", "preset": "reference", "base_url": "http://host:1"},
    }
    settings = config.from_tables(tables)
    assert settings.path is None
    assert settings.operator["operations"]["reset"]["path"] == "/api/stations/{station}/commands/reset"
    del tables["environment"]["url"]
    with pytest.raises(UsageError, match=r"^settings: \[environment\] url: expected a URL .*, received nothing; "):
        config.from_tables(tables)


def test_any_text_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"URL": "ws://host/a", "PASSWORD": "p" * 8, "TAG": "CARD-9", "TENANT": "t-1"}.items():
        monkeypatch.setenv(f"OCPP_{name}", value)
    settings = config.parse("""
        [environment]
        url = { env = "OCPP_URL" }
        station_id = "CP-1"
        password = { env = "OCPP_PASSWORD" }
        cards = { Accepted = { env = "OCPP_TAG" } }
        [operator]
        driver = "python"
        class = "a:B"
        settings = { deep = [{ tenant = { env = "OCPP_TENANT" } }], env = "kept" }
    """)
    assert settings.environment.url == "ws://host/a"
    assert settings.environment.password == "pppppppp"
    assert settings.environment.cards["Accepted"] == "CARD-9"
    assert settings.operator["settings"] == {"deep": [{"tenant": "t-1"}], "env": "kept"}


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sut.toml"
    path.write_bytes(SHORT.replace("\n", "\r\n").encode("utf-8-sig"))
    assert config.load(path).environment.station_id == "CP-1"


def test_settings_are_frozen() -> None:
    settings = config.parse(SHORT)
    for part, name in ((settings, "sut"), (settings.environment, "url"), (settings.sut, "vendor")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, name, "other")
