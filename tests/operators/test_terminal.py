"""The terminal, with a pseudo-terminal in place of the person's."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator

import pytest

from harness.errors import UsageError
from harness.operators.csms import driver
from harness.operators.csms.manual import KEYS
from harness.operators.csms.terminal import TerminalConsole
from tests.operators.conftest import Make


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """The person's end and ours of a pseudo-terminal."""
    person, ours = os.openpty()
    yield person, ours
    for fd in (person, ours):
        with contextlib.suppress(OSError):
            os.close(fd)


def shown(person: int, last: str) -> str:
    """What is on the screen once `last` is."""
    screen = ""
    while not screen.endswith(last):
        screen += os.read(person, 10_000).decode()
    return screen


async def test_a_typed_line_arrives(ends: tuple[int, int]) -> None:
    person, ours = ends
    console = TerminalConsole(ours)
    reading = asyncio.create_task(console.read())
    await asyncio.sleep(0)
    os.write(person, b"sk")
    await asyncio.sleep(0)
    assert not reading.done()
    os.write(person, "ip ü\nnext\n".encode())
    assert await reading == "skip ü"
    assert await console.read() == "next"


async def test_the_end_of_input_is_abort(ends: tuple[int, int]) -> None:
    person, ours = ends
    os.write(person, b"\x04")
    assert await TerminalConsole(ours).read() == "abort"


async def test_a_cancelled_read_leaves_the_loop_clean(ends: tuple[int, int]) -> None:
    person, ours = ends
    console = TerminalConsole(ours)
    reading = asyncio.create_task(console.read())
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    os.write(person, b"later\n")
    assert await console.read() == "later"


async def test_a_prompt_forgets_what_was_typed_before(ends: tuple[int, int]) -> None:
    person, ours = ends
    console = TerminalConsole(ours)
    os.write(person, b"\n\nabort\n")
    console.ask("what now?")
    os.write(person, b"skip\n")
    assert await console.read() == "skip"


async def test_a_status_replaces_the_one_before(ends: tuple[int, int]) -> None:
    person, ours = ends
    console = TerminalConsole(ours)
    console.ask("prompt")
    console.status("10 s left")
    console.status("9 s left")
    assert shown(person, "\b") == "\r\nprompt\r\n\r  10 s left > \r  9 s left >  \b"


async def test_the_manual_driver_opens_the_terminal_and_gives_it_back(
    ends: tuple[int, int], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, ours = ends
    monkeypatch.setattr(TerminalConsole, "open", lambda: TerminalConsole(ours, owned=True))
    operator = driver(make({"driver": "manual"}))
    waiting = asyncio.create_task(operator.clear_cache("CP-1"))
    await asyncio.sleep(0)
    os.write(person, b"\n")
    assert (await waiting).detail == "done by a person"
    await operator.close()
    await operator.close()
    assert f"WAITING FOR YOU: at station CP-1, clear the authorization cache\r\n  {KEYS}" in shown(
        person, "done, thank you; ClearCache.req is awaited for up to 30 s\r\n"
    )
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(ours)


def test_the_terminal_is_found_although_standard_input_is_taken(
    ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    person, ours = ends
    opened = []

    def opens(name: str, flags: int) -> int:
        opened.append(name)
        return ours

    monkeypatch.setattr("harness.operators.csms.terminal.os.open", opens)
    TerminalConsole.open().status("here")
    assert opened == ["/dev/tty"]
    assert shown(person, "> ") == "\r  here > "


def _no_terminal(name: str, flags: int) -> int:
    raise OSError


def test_standard_input_serves_where_there_is_no_controlling_terminal(
    ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    person, ours = ends
    monkeypatch.setattr("harness.operators.csms.terminal.os.open", _no_terminal)
    with open(ours, closefd=False) as stdin:
        monkeypatch.setattr("sys.__stdin__", stdin)
        console = TerminalConsole.open()
        console.status("here")
        console.close()
        assert shown(person, "\n") == "\r  here > \r\n"
        os.fstat(ours)


def test_no_terminal_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.operators.csms.terminal.os.open", _no_terminal)
    monkeypatch.setattr("sys.__stdin__", None)
    with pytest.raises(UsageError, match=r"^operator: expected a terminal for driver manual, received none; "):
        TerminalConsole.open()
