"""The WebSocket client: the only user of sockets and of the wire's clock.

Times are taken at the transport: for a frame received, when the bytes that completed it arrived, before they are
parsed; for a frame sent, right before it is written. Text and binary frames are told apart, and nothing is interpreted.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.frames import DATA_OPCODES, CloseCode, Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol

from harness.approach import Approach
from harness.hello import Flight, read_flight
from harness.refusal import explained

MAX_SIZE = 8 * 2**20
READ_BUFFER = 64 * 1024
CLOSE_S = 2
SETTLE_S = 2
SEND_S = 10
MOST_PINGS = 10_000
GOODBYES = (CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY, CloseCode.NO_STATUS_RCVD)


class LinkClosed(Exception):
    """The connection has ended; says who closed it and how.

    `goodbye`: the other side has closed it in order; `flooded`: we gave it up because of all that came.
    """

    def __init__(self, text: str, *, goodbye: bool = False, flooded: bool = False) -> None:
        super().__init__(text)
        self.goodbye, self.flooded = goodbye, flooded


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came and when: str for a text frame, bytes for a binary one or for text that is not UTF-8."""

    data: str | bytes
    at_ns: int


class Link(Protocol):
    """One open connection, whatever it runs over."""

    @property
    def subprotocol(self) -> str | None: ...
    @property
    def facts(self) -> Mapping[str, str]: ...

    async def send(self, text: str) -> int:
        """Sends one text frame; the monotonic time in ns right before it was written."""

    async def receive(self) -> Arrival:
        """The next frame; raises LinkClosed."""

    async def settle(self) -> None:
        """Returns once everything the other side had sent before now has been received."""

    async def close(self) -> None:
        """Closes the connection from our side."""


class Dialer(Protocol):
    """Opens connections to the system under test; each method raises NotConnected."""

    async def connect(self, station_id: str, approach: Approach) -> Link:
        """A new connection as this station."""

    async def shake_hands(self, approach: Approach) -> None:
        """Returns once a TLS handshake has been finished; nothing is sent over the connection."""

    async def greet(self, approach: Approach, hello: bytes) -> Flight:
        """What the server answers to these first bytes."""


@dataclass(frozen=True)
class WebSocketDialer:
    """Connects over sockets."""

    open_timeout_s: float = 10
    headers: Mapping[str, str] = field(default_factory=dict)

    async def connect(self, station_id: str, approach: Approach) -> WebSocketLink:
        """A new connection as this station; raises NotConnected."""
        target = approach.target(station_id)
        try:
            connection = await _Connect(
                target,
                subprotocols=[Subprotocol(name) for name in approach.subprotocols] or None,
                compression=None,
                additional_headers=dict(self.headers) | approach.authorization(station_id),
                proxy=None,
                open_timeout=self.open_timeout_s,
                close_timeout=CLOSE_S,
                ping_interval=None,
                max_size=MAX_SIZE,
                max_queue=None,
                process_exception=lambda error: error,
                create_connection=_Stamped,
                ssl=approach.tls(),
            )
        except (OSError, InvalidHandshake, UnicodeError) as error:
            raise explained(error, approach, target, self.open_timeout_s) from None
        assert isinstance(connection, _Stamped)
        return WebSocketLink(connection)

    async def shake_hands(self, approach: Approach) -> None:
        """Returns once a TLS handshake has been finished; raises NotConnected."""
        try:
            async with asyncio.timeout(self.open_timeout_s):
                _, writer = await asyncio.open_connection(approach.host, approach.port, ssl=approach.tls())
        except (OSError, TimeoutError) as error:
            raise explained(error, approach, approach.url, self.open_timeout_s) from None
        writer.transport.abort()

    async def greet(self, approach: Approach, hello: bytes) -> Flight:
        """What the server answers to these first bytes; raises NotConnected if there is no server."""
        try:
            async with asyncio.timeout(self.open_timeout_s):
                reader, writer = await asyncio.open_connection(approach.host, approach.port)
        except (OSError, TimeoutError) as error:
            raise explained(error, approach, approach.url, self.open_timeout_s) from None
        writer.write(hello)
        said, silent = b"", False
        try:
            async with asyncio.timeout(self.open_timeout_s):
                while not read_flight(said).whole and (more := await reader.read(READ_BUFFER)):
                    said += more
        except TimeoutError:
            silent = not said
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()
        return replace(read_flight(said), silent=silent)


class WebSocketLink:
    """A Link over a WebSocket."""

    def __init__(self, connection: _Stamped) -> None:
        self._connection = connection
        self.subprotocol = connection.subprotocol
        self.facts = _facts(connection)

    async def send(self, text: str) -> int:
        """Sends one text frame; the monotonic time in ns right before it was written."""
        try:
            async with asyncio.timeout(SEND_S):
                await self._connection.send(text)
        except TimeoutError:
            self._connection.give_up(f"given up by us: nothing was read at the other side for {SEND_S:g} s")
        except ConnectionClosed as closed:
            raise self._ended(closed) from None
        return self._connection.written_ns

    async def receive(self) -> Arrival:
        """The next frame; raises LinkClosed."""
        try:
            data = await self._connection.recv(decode=False)
        except ConnectionClosed as closed:
            raise self._ended(closed) from None
        at_ns, opcode = self._connection.stamps.popleft()
        if opcode is Opcode.TEXT:
            try:
                return Arrival(data.decode(), at_ns)
            except UnicodeDecodeError:
                pass
        return Arrival(data, at_ns)

    async def settle(self) -> None:
        """Waits for the pong to a ping: the frames before it have been received by then."""
        try:
            async with asyncio.timeout(SETTLE_S):
                await (await self._connection.ping())
        except (ConnectionClosed, TimeoutError):
            return

    async def close(self) -> None:
        """Closes the connection from our side; one that does not end in time is cut."""
        try:
            async with asyncio.timeout(2 * CLOSE_S):
                await self._connection.close()
        except TimeoutError:
            self._connection.transport.abort()

    def _ended(self, closed: ConnectionClosed) -> LinkClosed:
        connection = self._connection
        if connection.given_up:
            return LinkClosed(connection.given_up, flooded=connection.flooded)
        frame = closed.rcvd
        if frame is not None and closed.rcvd_then_sent is not False:
            text = f"closed by the other side with code {frame.code}{_reason(frame.reason)}"
            return LinkClosed(text, goodbye=frame.code in GOODBYES)
        if frame is None and closed.sent is not None:
            return LinkClosed(f"closed by us with code {closed.sent.code}{_reason(closed.sent.reason)}")
        return LinkClosed("lost without a closing handshake" if frame is None else "closed by us")


class _Connect(connect):
    """Stays where it was sent: a station follows no redirect, and the evidence is about the address that was given."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


class _Stamped(ClientConnection):
    """Notes when the bytes of each message arrived and when the last frame was written.

    Pings and pongs are counted, since nothing else bounds how many come.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stamps: deque[tuple[int, Opcode]] = deque()
        self.written_ns = 0
        self.given_up = ""
        self._pings = 0
        self._now_ns = 0
        self._opcode = Opcode.TEXT
        self._lost: Exception | None = None

    async def handshake(self, *args: Any, **kwargs: Any) -> None:
        # In TLS 1.3 a server may refuse us after its own handshake is over: then its alert is the answer.
        try:
            await super().handshake(*args, **kwargs)
        except InvalidMessage:
            if isinstance(self._lost, ssl.SSLError):
                raise self._lost from None
            raise

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = exc
        super().connection_lost(exc)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The default read buffer of 256 KiB lies above glibc's mmap threshold and doubles the cost of every read.
        if hasattr(transport, "max_size"):
            transport.max_size = READ_BUFFER
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._now_ns = time.monotonic_ns()
        super().data_received(data)

    @property
    def flooded(self) -> bool:
        """Whether more came than is taken."""
        return self._pings > MOST_PINGS

    def give_up(self, why: str) -> None:
        """Cuts the connection."""
        self.given_up = self.given_up or why
        self.transport.abort()

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame) and event.opcode in DATA_OPCODES:
            if event.opcode is not Opcode.CONT:
                self._opcode = event.opcode
            if event.fin:
                self.stamps.append((self._now_ns, self._opcode))
        elif isinstance(event, Frame):
            self._pings += event.opcode is not Opcode.CLOSE
            if self.flooded:
                self.give_up(f"given up by us after {MOST_PINGS} pings and pongs")
        super().process_event(event)

    def send_data(self) -> None:
        self.written_ns = time.monotonic_ns()
        super().send_data()


def _facts(connection: ClientConnection) -> dict[str, str]:
    response: Response | None = connection.response
    facts = {"subprotocol": connection.subprotocol or "none"}
    if response is not None and "Server" in response.headers:
        facts["server"] = response.headers["Server"]
    tls = connection.transport.get_extra_info("ssl_object")
    if tls is not None:
        facts |= {"tls": tls.version() or "", "cipher": tls.cipher()[0]}
    return facts


def _reason(text: str) -> str:
    return f" ({text})" if text else ""
