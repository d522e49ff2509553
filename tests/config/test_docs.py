"""The manual pages: every key is described, and every block of code works."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from harness import config
from harness.errors import UsageError
from harness.init import tables
from harness.intents import CSMS_INTENTS, RECORD_FIELDS
from harness.operators.csms import CsmsOperator
from harness.operators.csms.manual import KEYS

DOCS = Path(__file__).parents[2] / "docs"
SUT_TOML = (DOCS / "sut-toml.md").read_text(encoding="utf-8")
DRIVERS = (DOCS / "write-a-driver.md").read_text(encoding="utf-8")
LEAST = '[environment]\nurl = "ws://host"\nstation_id = "CP"\ncards = { Accepted = "A" }\n'


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_manual_describes_every_key_as_it_is() -> None:
    assert SUT_TOML.endswith(tables()), "docs/sut-toml.md ends with the output of harness.init.tables()"


TOML = [
    pytest.param(block, id=block.splitlines()[-1][:40])
    for text in (SUT_TOML, DRIVERS)
    for block in blocks(text, "toml")
]


@pytest.mark.parametrize("block", TOML)
def test_every_toml_block_loads(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in re.findall(r'env = "(\w+)"', block):
        monkeypatch.setenv(name, "value")
    if block.startswith("[records"):
        block = '[records]\nbase_url = "http://host"\n' + block
    config.parse(block if "[environment]" in block else LEAST + block)


def test_the_mistake_shown_is_what_is_said() -> None:
    shown = 'my-csms.toml:7: [environment] slak_s: expected a known key, received "slak_s"; did you mean slack_s?'
    assert shown in SUT_TOML
    with pytest.raises(UsageError) as caught:
        config.parse("[sut]\n\n" + LEAST + "slak_s = 1\n", Path("my-csms.toml"))
    assert str(caught.value) == shown


def test_the_records_table_is_complete() -> None:
    for record, fields in RECORD_FIELDS.items():
        row = next(line for line in SUT_TOML.splitlines() if line.startswith(f"| `{record}` | `"))
        assert re.findall(r"`(\w+)`", row) == [record, *fields]


def test_the_class_shown_is_a_driver() -> None:
    code, signatures, more = blocks(DRIVERS, "python")
    names: dict[str, type[CsmsOperator]] = {}
    exec(code, names)
    assert issubclass(names["MyDriver"], CsmsOperator)
    signatures = signatures.replace("(\n    ", "(").replace("\n) ->", ") ->")
    shown = re.findall(r"^async def (\w+)\((.*)\) -> (\w+): \.\.\.", signatures, re.MULTILINE)
    assert [name for name, _, _ in shown] == list(CSMS_INTENTS)
    for name, parameters, result in shown:
        assert f"({parameters}) -> {result}" == str(inspect.signature(getattr(CsmsOperator, name))).replace("'", "")
    assert re.findall(r"async def (\w+)", more) == ["provision", "reachable", "close"]


def test_the_prompt_shown_is_the_prompt() -> None:
    assert KEYS in DRIVERS
