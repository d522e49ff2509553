"""The command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reference_csms import cli, server
from reference_csms.errors import UsageError
from reference_csms.passwords import Passwords
from reference_csms.settings import Listen, Settings
from reference_csms.store.database import inline_store

runner = CliRunner()


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("REFERENCE_CSMS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Listen, Settings]]:
    """What `serve` would serve."""
    found: list[tuple[Listen, Settings]] = []
    monkeypatch.setattr(server, "run", lambda listen, settings: found.append((listen, settings)))
    return found


def test_the_defaults_stay_on_this_machine(served: list[tuple[Listen, Settings]]) -> None:
    assert runner.invoke(cli.app, ["serve"]).exit_code == 0
    assert served == [(Listen(), Settings(files=Path("reference-csms.files")))]
    assert served[0][0].host == "127.0.0.1"


def test_flags_come_before_environment_variables(served: list[tuple[Listen, Settings]]) -> None:
    env = {"REFERENCE_CSMS_PORT": "1", "REFERENCE_CSMS_HEARTBEAT_INTERVAL": "5", "REFERENCE_CSMS_ACCEPT_UNKNOWN": "1"}
    flags = ["--port", "2", "--vendor", "a", "--vendor", "b=x,y", "--ping-interval", "0", "--db", "here.db"]
    result = runner.invoke(cli.app, ["serve", *flags], env=env)
    assert result.exit_code == 0, result.output
    listen, settings = served[0]
    assert (listen.port, listen.db, listen.ping_interval_s) == (2, Path("here.db"), None)
    assert (settings.heartbeat_interval, settings.accept_unknown) == (5, True)
    assert settings.vendors == {"a": frozenset(), "b": frozenset({"x", "y"})}


def test_the_help_explains_every_flag_and_its_variable() -> None:
    text = runner.invoke(cli.app, ["serve", "--help"], env={"COLUMNS": "200"}).output
    flags = [line.split()[0] for line in text.splitlines() if line.strip().startswith("--")]
    assert len(flags) > 30
    for flag in flags:
        assert f"REFERENCE_CSMS_{flag.removeprefix('--').replace('-', '_').upper()}" in text


def test_the_help_says_how_a_lost_token_is_replaced() -> None:
    text = " ".join(runner.invoke(cli.app, ["serve", "--help"], env={"COLUMNS": "200"}).output.split())
    assert "only its hash, so that a lost one cannot be read back, but replaced by giving another one here" in text
    assert "REFERENCE_CSMS_TOKEN" in text


@pytest.mark.parametrize(
    "flags",
    [["--port", "70000"], ["--port", "x"], ["--heartbeat-interval", "0"], ["--log-level", "loud"], ["--nonsense"]],
)
def test_a_wrong_flag_is_exit_code_2(served: list[tuple[Listen, Settings]], flags: list[str]) -> None:
    assert runner.invoke(cli.app, ["serve", *flags]).exit_code == 2
    assert served == []


@pytest.mark.parametrize("text", ["", "v=", "=m"])
def test_a_wrong_vendor_is_a_usage_error(text: str) -> None:
    result = runner.invoke(cli.app, ["serve", "--vendor", text])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).startswith("--vendor: expected VENDORID or VENDORID=MESSAGEID")


async def test_stations_and_cards_can_be_added_to_the_file(tmp_path: Path) -> None:
    db = ["--db", str(tmp_path / "csms.db")]
    for command in (
        ["station", "add", "CP 1", "--password", "secret"],
        ["station", "add", "CP 2"],
        ["card", "add", "A", "--parent", "P"],
        ["card", "add", "B", "--status", "Blocked"],
    ):
        result = await _in_thread([*command, *db])
        assert result == (0, ""), command
    store = inline_store(tmp_path / "csms.db")
    first, second = store.reads.stations()
    assert (first.id, second.id, second.password_hash) == ("CP 1", "CP 2", None)
    assert await Passwords().right(b"secret", first.password_hash or "")
    assert [(card.id_tag, card.status, card.parent_id_tag) for card in store.reads.cards()] == [
        ("A", "Accepted", "P"),
        ("B", "Blocked", None),
    ]
    await store.close()


async def _in_thread(arguments: list[str]) -> tuple[int, str]:
    import asyncio

    result = await asyncio.to_thread(runner.invoke, cli.app, arguments)
    return result.exit_code, result.output


def test_a_tag_has_at_most_20_characters() -> None:
    result = runner.invoke(cli.app, ["card", "add", "A" * 21])
    assert str(result.exception) == "TAG: expected 1 to 20 characters, received 21"
