"""The python driver: a class of the user's, beside the settings file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from harness.config import Settings
from harness.errors import Inconclusive, OperatorError, UsageError
from harness.operators.csms import CsmsOperator, Reply, driver, perform
from tests.operators.conftest import CALLS, Make

HEAD = """\
from harness.errors import Inconclusive
from harness.operators.csms import CsmsOperator, Reply
"""

GOOD = """\
class Good(CsmsOperator):
    def __init__(self, settings):
        self.settings = settings

    async def reset(self, station, *, type):
        return Reply(f"{station} {type} {self.settings['tenant']}")

    async def clear_cache(self, station):
        {}["missing"]

    async def unlock(self, station, *, connectorId):
        return True

    async def remote_stop(self, station, *, transactionId):
        raise Inconclusive("not now")
"""

NUMBERS = count()
Write = Callable[[str, str], Settings]


@pytest.fixture
def write(tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a module beside the settings file and gives settings that name a class in it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)

    def written(source: str, name: str) -> Settings:
        module = f"driver_for_tests_{next(NUMBERS)}"
        (tmp_path / f"{module}.py").write_text(HEAD + source)
        table = {"driver": "python", "class": name.format(module), "settings": {"tenant": "t-1"}}
        return make(table, path=tmp_path / "sut.toml")

    yield written
    for name in set(sys.modules) - before:
        if name.startswith("driver_for_tests"):
            del sys.modules[name]


async def test_the_class_is_found_constructed_and_driven(write: Write) -> None:
    operator = driver(write(GOOD, "{}:Good"))
    assert isinstance(operator, CsmsOperator)
    assert await perform(operator, "Reset", "CP-1", type="Hard") == Reply("CP-1 Hard t-1")
    assert (operator.certain, operator.dictates("Reset")) == (True, False)
    assert operator.supports("Reset")
    assert not operator.supports("DataTransfer")
    assert not operator.supports("Nothing")
    with pytest.raises(NotImplementedError):
        await perform(operator, "DataTransfer", "CP-1", vendorId="v")
    await operator.close()


async def test_whatever_the_class_raises_is_one_line(write: Write) -> None:
    operator = driver(write(GOOD, "{}:Good"))
    expected = (
        r"^clear_cache: expected the driver to act, received KeyError 'missing' \(.*driver_for_tests_\d+\.py:11\)$"
    )
    with pytest.raises(OperatorError, match=expected):
        await perform(operator, "ClearCache", "CP-1")
    with pytest.raises(OperatorError, match=r"^unlock: expected the driver to return a Reply, received True$"):
        await perform(operator, "UnlockConnector", "CP-1", connectorId=1)
    with pytest.raises(Inconclusive, match=r"^not now$"):
        await perform(operator, "RemoteStopTransaction", "CP-1", transactionId=1)


SYNC = """\
class Sync(CsmsOperator):
    def reset(self, station, *, type):
        return Reply()
"""

CONSTRUCTOR = "class Good(CsmsOperator): pass"
NO_MODULE = "no.such.module to be imported, received ModuleNotFoundError: No module named 'no'"
SUBCLASS = ":Good to be a subclass of CsmsOperator, received"

FAULTS = [
    pytest.param("", "no_colon", '"module:Class", received "no_colon"', id="no colon"),
    pytest.param("", ":Class", '"module:Class", received ":Class"', id="no module"),
    pytest.param("", "no.such.module:Class", NO_MODULE, id="no such module"),
    pytest.param("1 / 0", "{}:Good", "to be imported, received ZeroDivisionError: division by zero", id="import"),
    pytest.param("def (", "{}:Good", "to be imported, received SyntaxError: invalid syntax", id="syntax"),
    pytest.param("", "{}:Good", f"{SUBCLASS} nothing of that name", id="no such class"),
    pytest.param("Good = 5", "{}:Good", f"{SUBCLASS} 5", id="no class"),
    pytest.param("class Good: pass", "{}:Good", f"{SUBCLASS} <class '", id="another class"),
    pytest.param(
        CONSTRUCTOR, "{}:Good", ":Good to be constructed with one mapping, received TypeError: ", id="constructor"
    ),
    pytest.param(SYNC, "{}:Sync", "async def reset in ", id="not async"),
    pytest.param(SYNC, "{}:Sync", ", received def; a function that blocks goes through asyncio.to_thread", id="hint"),
]


@pytest.mark.parametrize(("source", "name", "expected"), FAULTS)
def test_a_class_that_will_not_do_is_one_line(write: Write, source: str, name: str, expected: str) -> None:
    settings = write(source, name)
    with pytest.raises(UsageError) as caught:
        driver(settings)
    text = str(caught.value)
    assert text.startswith("[operator] class: expected ")
    assert expected in text
    assert "\n" not in text


@pytest.mark.parametrize("action", CALLS)
async def test_a_driver_can_do_nothing_of_itself(action: str) -> None:
    operator = CsmsOperator()
    assert not operator.supports(action)
    with pytest.raises(NotImplementedError):
        await perform(operator, action, "CP-1", **CALLS[action])
    assert await operator.reachable("CP-1") == Reply()


def test_the_operator_protocol_matches_the_table_of_intents() -> None:
    import inspect

    from harness.intents import CSMS_INTENTS

    def fields(name: str) -> tuple[str, ...]:
        parameters: Any = inspect.signature(getattr(CsmsOperator, name)).parameters
        return tuple(field for field in parameters if field not in ("self", "station"))

    assert {name: fields(name) for name in CSMS_INTENTS} == {
        name: intent.fields for name, intent in CSMS_INTENTS.items()
    }
