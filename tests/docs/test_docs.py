"""What the documentation says is true: commands parse, options exist, settings load, links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from harness import catalogue, config, journal
from harness.cli import app
from harness.results import Verdict

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").glob("*.md"))
COMMANDS: Any = typer.main.get_command(app)
MAKE = re.findall(r"^(\w+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _shown() -> list[tuple[str, str]]:
    """Every command line that a page shows, with the page's name."""
    lines = []
    for page in PAGES:
        for block in _blocks(page, "console"):
            lines += [(page.name, line[2:]) for line in block.splitlines() if line.startswith("$ ")]
        lines += [(page.name, span) for span in re.findall(r"`((?:ocpp-conformance|make) [^`]+)`", page.read_text())]
    return lines


@pytest.mark.parametrize(("page", "line"), _shown())
def test_a_command_that_a_page_shows_is_understood(page: str, line: str) -> None:
    program, *words = shlex.split(line)
    if program == "make":
        assert words[0] in MAKE
    elif program == "ocpp-conformance":
        command = COMMANDS.commands[words[0]]
        words = [word for word in words[1:] if word != "…"]
        command.make_context(words[0] if words else "", words, resilient_parsing=True)
    else:
        assert program in ("curl", "pip", "reference-csms", "pytest"), line


def _options() -> list[str]:
    return sorted(
        {option for command in COMMANDS.commands.values() for parameter in command.params for option in parameter.opts}
    )


@pytest.mark.parametrize("option", [option for option in _options() if option.startswith("--") and option != "--help"])
def test_every_option_is_described(option: str) -> None:
    assert any(option in page.read_text(encoding="utf-8") for page in PAGES), option


def test_every_command_is_described() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS.commands if f"`ocpp-conformance {name}" not in readme] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_that_a_page_shows_can_be_loaded(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in re.findall(r'env = "(\w+)"', page.read_text(encoding="utf-8")):
        monkeypatch.setenv(name, f"secret-{name}")
    base = '[environment]\nurl = "ws://localhost/ocpp"\nstation_id = "CP-1"\ncards = { Accepted = "CARD-OK" }\n'
    for block in _blocks(page, "toml"):
        if any(
            line.startswith(("[environment", "[operator", "[[known", "[sut", "[supports"))
            for line in block.splitlines()
        ):
            text = block if "[environment]" in block else base + block
            assert config.parse(text).environment.cards["Accepted"] == "CARD-OK"


def test_the_short_pages_stay_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 100


def test_the_example_is_a_whole_run_and_small_enough_to_keep() -> None:
    """`make example` renews it."""
    folder = ROOT / "reports" / "example"
    run = journal.load(folder)
    assert {case.case for case in run.cases} == catalogue.load().cases.keys()
    assert {case.verdict for case in run.cases} == {Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE}
    assert sum(file.stat().st_size for file in folder.iterdir()) < 5_000_000
