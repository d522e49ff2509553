"""What goes over an open connection: frames as they came, with their times in step, and who ended it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

from harness.evidence import Evidence
from harness.party import Party
from harness.results import Message
from harness.wire import MAX_SIZE, MOST_PINGS, LinkClosed, WebSocketLink
from tests.harness.servers import Handler, linked


async def received(link: WebSocketLink) -> list[str | bytes]:
    """Every frame until the connection ends."""
    found: list[str | bytes] = []
    try:
        while True:
            found.append((await link.receive()).data)
    except LinkClosed:
        return found


async def test_text_binary_fragmented_and_broken_text_are_told_apart_in_their_order() -> None:
    async def send(connection: ServerConnection) -> None:
        async def parts(*texts: str | bytes) -> AsyncIterator[str | bytes]:
            for text in texts:
                yield text

        await connection.send("one")
        await connection.send(b"two")
        await connection.send(parts("th", "r", "ee"))
        await connection.send(parts(b"fo", b"ur"))
        await connection.send(b"\xff\xfe", text=True)
        await connection.send(b"six", text=True)
        await connection.send("")

    async with linked(send) as link:
        assert await received(link) == ["one", b"two", "three", b"four", b"\xff\xfe", "six", ""]


async def test_a_frame_has_the_time_at_which_it_was_complete() -> None:
    go_on = asyncio.Event()

    async def send(connection: ServerConnection) -> None:
        async def parts() -> AsyncIterator[str]:
            yield "a"
            await connection.ping()
            await go_on.wait()
            yield "b"

        await connection.send("first")
        await connection.send(parts())

    async with linked(send) as link:
        first = await link.receive()
        await link.settle()
        half_ns = time.monotonic_ns()
        go_on.set()
        second = await link.receive()
        assert second.data == "ab"
        assert first.at_ns < half_ns < second.at_ns < time.monotonic_ns()


async def test_the_time_of_a_frame_is_that_of_its_arrival_not_of_its_reading() -> None:
    async def send(connection: ServerConnection) -> None:
        await connection.send("early")
        await connection.wait_closed()

    async with linked(send) as link:
        await link.settle()
        settled_ns = time.monotonic_ns()
        assert (await link.receive()).at_ns < settled_ns


async def echo(connection: ServerConnection) -> None:
    async for text in connection:
        await connection.send(text)


async def test_an_answer_comes_after_what_it_answers() -> None:
    async with linked(echo) as link:
        before_ns = time.monotonic_ns()
        for number in range(20):
            sent_ns = await link.send(f"frame {number}")
            answer = await link.receive()
            assert answer.data == f"frame {number}"
            assert before_ns < sent_ns < answer.at_ns
            before_ns = answer.at_ns


async def test_pings_of_the_server_are_answered_while_nobody_reads() -> None:
    answered = asyncio.Event()

    async def ping(connection: ServerConnection) -> None:
        await (await connection.ping(b"are you there"))
        answered.set()
        await connection.wait_closed()

    async with linked(ping) as link:
        await asyncio.wait_for(answered.wait(), 5)
        await link.settle()


def recording(link: WebSocketLink) -> tuple[Party, list[Message]]:
    """A party that reads this link, and what it has recorded."""

    class Silent(Party):
        async def answer_unasked(self, connection: object, call: object) -> None:
            """Answers nothing."""

    evidence = Evidence("TC")
    party = Silent(evidence)
    party.attach(link)
    return party, evidence.messages


@pytest.mark.parametrize("how_many", [1, 300])
async def test_settled_means_that_all_that_was_sent_before_is_recorded(how_many: int) -> None:
    sent = asyncio.Event()

    async def send(connection: ServerConnection) -> None:
        for number in range(how_many):
            await connection.send(f'[3,"{number}",{{"text":"{"x" * 500}"}}]')
        sent.set()
        await connection.wait_closed()

    async with linked(send) as link:
        party, messages = recording(link)
        await sent.wait()
        await party.settle()
        assert [message.unique_id for message in messages if message.kind == "result"] == list(
            map(str, range(how_many))
        )
        await party.connection.close()


async def test_settling_does_not_wait_for_ever_for_a_server_that_answers_no_ping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.wire.SETTLE_S", 0.02)
    gone = asyncio.Event()

    async def deaf(connection: ServerConnection) -> None:
        connection.transport.pause_reading()
        gone.set()
        await asyncio.wait_for(connection.wait_closed(), 5)

    async with linked(deaf, close_timeout=0.01) as link:
        await gone.wait()
        monkeypatch.setattr(link._connection, "close_timeout", 0.02)
        async with asyncio.timeout(1):
            await link.settle()


async def closed(handler: Handler) -> str:
    """How a connection ended, in the words of the link."""
    async with linked(handler) as link:
        with pytest.raises(LinkClosed) as caught:
            await link.receive()
        with pytest.raises(LinkClosed) as again:
            await link.send("too late")
        await link.settle()
        assert str(again.value) == str(caught.value)
        return str(caught.value)


async def test_closed_by_the_server() -> None:
    assert await closed(lambda c: c.close()) == "closed by the other side with code 1000"
    assert await closed(lambda c: c.close(1011, "no disk")) == "closed by the other side with code 1011 (no disk)"


async def test_lost_without_a_word() -> None:
    async def drop(connection: ServerConnection) -> None:
        connection.transport.abort()

    assert await closed(drop) == "lost without a closing handshake"


async def test_closed_by_us_because_of_what_came() -> None:
    async def flood(connection: ServerConnection) -> None:
        try:
            await connection.send("x" * (MAX_SIZE + 1))
            await connection.wait_closed()
        except ConnectionClosed:
            return

    text = await closed(flood)
    assert text.startswith("closed by us with code 1009")


async def test_closed_by_us_because_a_frame_was_none() -> None:
    async def nonsense(connection: ServerConnection) -> None:
        connection.transport.write(bytes([0x80 | 0x40 | Opcode.TEXT, 0]))
        await connection.wait_closed()

    assert (await closed(nonsense)).startswith("closed by us with code 1002")


async def test_closed_by_us_at_the_end() -> None:
    async with linked(echo) as link:
        await link.close()
        with pytest.raises(LinkClosed, match=r"^closed by us$"):
            await link.receive()


async def test_what_was_sent_before_the_server_closed_is_read() -> None:
    async def send(connection: ServerConnection) -> None:
        await connection.send("last words")
        await connection.close()

    async with linked(send) as link:
        assert await received(link) == ["last words"]


async def answers_and_leaves(connection: ServerConnection) -> None:
    call = str(await connection.recv())
    await connection.send(f"[3,{call.split(',')[1]},{{}}]")
    await connection.close()


async def test_a_server_that_answers_and_leaves_in_order_is_seen_and_nothing_fails() -> None:
    async with linked(answers_and_leaves) as link:
        party, messages = recording(link)
        await party.sends(1, "StatusNotification.req", connectorId=1, errorCode="NoError", status="Available")
        await party.receives(2, "StatusNotification.conf")
        await party.settle()
        assert [message.kind for message in messages] == ["open", "call", "result", "close"]
        await party.connection.close()
        last = party.evidence.checks[-1]
        assert (last.rule, last.outcome, last.received) == (
            "connection",
            "warn",
            "closed by the other side with code 1000",
        )


@pytest.mark.parametrize(("code", "goodbye"), [(1000, True), (1001, True), (1011, False), (1012, False)])
async def test_a_goodbye_is_a_closing_in_order(code: int, goodbye: bool) -> None:
    async with linked(lambda connection: connection.close(code)) as link:
        with pytest.raises(LinkClosed) as caught:
            await link.receive()
        assert (caught.value.goodbye, caught.value.flooded) == (goodbye, False)


@pytest.mark.parametrize("ping", [b"\x89\x00", b"\x8a\x00"], ids=["pings", "pongs"])
async def test_a_flood_of_pings_ends_the_connection(ping: bytes) -> None:
    async def flood(connection: ServerConnection) -> None:
        await connection.send("[3,")
        while not connection.transport.is_closing():
            connection.transport.write(ping * 1000)
            await asyncio.sleep(0)

    async with asyncio.timeout(5), linked(flood) as link:
        party, messages = recording(link)
        await party.connection.closed.wait()
        assert [message.kind for message in messages] == ["open", "malformed", "close"]
        assert messages[-1].direction == "sent"
        assert messages[-1].note == f"given up by us after {MOST_PINGS} pings and pongs"
        assert party.evidence.checks[-1].rule == "flood"


async def test_pings_now_and_then_are_no_flood() -> None:
    async def ping(connection: ServerConnection) -> None:
        connection.transport.write(b"\x89\x00" * (MOST_PINGS - 10))
        await connection.send("last words")
        await connection.close()

    async with linked(ping) as link:
        assert await received(link) == ["last words"]


async def deaf(connection: ServerConnection) -> None:
    connection.transport.pause_reading()
    await asyncio.wait_for(connection.wait_closed(), 5)


async def test_sending_and_closing_have_an_end_where_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.wire.SEND_S", 0.05)
    async with asyncio.timeout(5), linked(deaf, close_timeout=0.01) as link:
        await link.send("x" * 2**26)
        with pytest.raises(LinkClosed) as caught:
            await link.receive()
        assert str(caught.value) == "given up by us: nothing was read at the other side for 0.05 s"


async def test_closing_has_an_end_while_a_frame_cannot_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.wire.CLOSE_S", 0.05)
    async with asyncio.timeout(5), linked(deaf, close_timeout=0.01) as link:
        sending = asyncio.ensure_future(link.send("x" * 2**26))
        await asyncio.sleep(0)
        await link.close()
        await sending
