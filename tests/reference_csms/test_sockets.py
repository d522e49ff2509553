"""Whole messages are taken by ourselves, everything else by `websockets`, and nobody can tell the difference."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Generic, TypeVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import Server, ServerConnection
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from reference_csms.link import LinkClosed
from reference_csms.sockets import StationSocket

REQUEST = (
    b"GET /ocpp/CP HTTP/1.1\r\nHost: csms\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
LIMIT = 70_000


class FakeTransport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.broken = False

    def write(self, data: bytes) -> None:
        if self.broken:
            raise RuntimeError("the handler is closed")
        self.written += data

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def set_write_buffer_limits(self, *limits: int) -> None: ...
    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...


class FakeServer:
    """Starts nothing."""

    def __init__(self) -> None:
        self.handler_tasks: set[asyncio.Task[None]] = set()

    async def handler(self, connection: ServerConnection) -> None: ...


S = TypeVar("S", bound=ServerConnection)


class End(Generic[S]):
    """One connection of a kind, fed by hand."""

    def __init__(self, kind: type[S], *, early: bytes = b"") -> None:
        self.transport = FakeTransport()
        protocol = ServerProtocol(max_size=LIMIT)
        self.socket = kind(protocol, cast(Server, FakeServer()), ping_interval=None)
        self.socket.connection_made(cast(asyncio.BaseTransport, self.transport))
        self.socket.data_received(REQUEST + early)
        request = cast(Request, self.socket.request)
        protocol.send_response(protocol.accept(request))
        self.socket.send_data()
        self.transport.written = b""

    def feed(self, *chunks: bytes) -> None:
        for chunk in chunks:
            self.socket.data_received(chunk)

    async def seen(self) -> dict[str, Any]:
        """The messages so far, what was written, and how the connection stands."""
        frames = [*self.socket.recv_messages.frames.queue]
        return {
            "frames": [(frame.opcode, bytes(frame.data), frame.fin) for frame in frames],
            "written": self.transport.written,
            "state": self.socket.protocol.state,
            "close": self.socket.protocol.close_sent,
        }


def frame(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, mask: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=mask)


def splits(data: bytes) -> Iterator[tuple[bytes, ...]]:
    """The data in one piece, in two pieces at every place, and byte by byte."""
    yield (data,)
    for at in range(1, len(data)):
        yield data[:at], data[at:]
    yield tuple(bytes([byte]) for byte in data)


STREAMS = {
    "messages": frame(b"one") + frame(b"") + frame(b"x" * 125) + frame(b"y" * 126),
    "pings": frame(b"one") + frame(b"p", Opcode.PING) + frame(b"two") + frame(b"", Opcode.PONG),
    "fragments": frame(b"a", fin=False) + frame(b"p", Opcode.PING) + frame(b"b", Opcode.CONT) + frame(b"two"),
    "binary": frame(b"\xff", Opcode.BINARY) + frame(b"two"),
    "text in fragments": frame(b"a", fin=False) + frame(b"two"),
    "continuation of nothing": frame(b"one") + frame(b"b", Opcode.CONT) + frame(b"two"),
    "no UTF-8": frame(b"\xff\xfe") + frame(b"two"),
    "not masked": frame(b"one") + frame(b"two", mask=False) + frame(b"three"),
    "reserved bits": frame(b"one") + b"\xc1" + frame(b"two")[1:] + frame(b"three"),
    "reserved opcode": frame(b"one") + b"\x83" + frame(b"two")[1:] + frame(b"three"),
    "close": frame(b"one") + frame(b"\x03\xe8", Opcode.CLOSE) + frame(b"two"),
    "long ping": frame(b"one")
    + frame(b"p" * 125, Opcode.PING).replace(b"\x89\xfd", b"\x89\xfe\x00\x7d")
    + frame(b"two"),
}


@pytest.mark.parametrize("stream", STREAMS)
async def test_wherever_the_data_is_split_it_is_read_alike(stream: str) -> None:
    for chunks in splits(STREAMS[stream]):
        ours, theirs = End(StationSocket), End(ServerConnection)
        ours.feed(*chunks)
        theirs.feed(*chunks)
        assert await ours.seen() == await theirs.seen(), chunks


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0, 3, 125, 126, 65_535, 65_536, LIMIT, LIMIT + 1]), st.booleans()), max_size=5),
    st.lists(st.integers(0, 200_000), max_size=6),
)
def test_messages_of_any_length_in_any_pieces_are_read_alike(messages: list[tuple[int, bool]], cuts: list[int]) -> None:
    data = b"".join(frame(b"m" * length, Opcode.TEXT if text else Opcode.BINARY) for length, text in messages)
    places = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
    chunks = [data[start:end] for start, end in pairwise(places)]

    async def compare() -> None:
        ours, theirs = End(StationSocket), End(ServerConnection)
        ours.feed(*chunks)
        theirs.feed(*chunks)
        assert await ours.seen() == await theirs.seen()

    asyncio.run(compare())


@pytest.mark.parametrize(
    "early", [frame(b"early"), frame(b"early")[:3], frame(b"\r\n\r\n")], ids=["whole", "begun", "blank"]
)
async def test_what_comes_with_the_request_is_not_lost(early: bytes) -> None:
    ours, theirs = End(StationSocket, early=early), End(ServerConnection, early=early)
    rest = frame(b"early")[3:] if len(early) == 3 else b""
    for end in (ours, theirs):
        end.feed(rest + frame(b"late"), frame(b"later"))
    assert [data for _, data, _ in (await ours.seen())["frames"]][-2:] == [b"late", b"later"]
    assert len((await ours.seen())["frames"]) == len((await theirs.seen())["frames"]) == 3


async def test_a_request_in_pieces_is_read() -> None:
    for at in range(1, len(REQUEST)):
        socket = StationSocket(ServerProtocol(), cast(Server, FakeServer()), ping_interval=None)
        socket.connection_made(cast(asyncio.BaseTransport, FakeTransport()))
        socket.data_received(REQUEST[:at])
        socket.data_received(REQUEST[at:])
        assert socket._ours
        assert cast(Request, socket.request).path == "/ocpp/CP"


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 70_000])
async def test_a_message_is_written_as_websockets_would(length: int) -> None:
    end = End(StationSocket)
    end.socket.post("ä" + "x" * length)
    assert end.transport.written == frame("ä".encode() + b"x" * length, mask=False)


async def test_nothing_is_written_to_a_closed_or_broken_connection() -> None:
    end = End(StationSocket)
    end.transport.broken = True
    with pytest.raises(LinkClosed, match="the handler is closed"):
        end.socket.post("x")
    end.transport.broken = False
    end.feed(frame(b"\x03\xe8", Opcode.CLOSE))
    assert end.socket.protocol.state is not OPEN
    with pytest.raises(LinkClosed, match="the connection is closed"):
        end.socket.post("x")


async def test_a_peer_that_does_not_read_is_waited_for() -> None:
    end = End(StationSocket)
    end.socket.pause_writing()
    assert end.socket.paused
    waiting = asyncio.create_task(end.socket.drained())
    await asyncio.sleep(0)
    assert not waiting.done()
    end.socket.resume_writing()
    await waiting
    end.socket.pause_writing()
    waiting = asyncio.create_task(end.socket.drained())
    await asyncio.sleep(0)
    end.socket.connection_lost(OSError("no route"))
    with pytest.raises(LinkClosed, match="no route"):
        await waiting
