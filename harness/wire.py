"""The WebSocket client: the only user of sockets and of the wire's clock.

Times are taken at the transport: for a frame received, when the bytes that completed it arrived, before they are
parsed; for a frame sent, right before it is written. Text and binary frames are told apart, and nothing is interpreted.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import socket
import ssl
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus, NegotiationError
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Subprotocol

from harness.errors import UsageError

SUBPROTOCOL = "ocpp1.6"
MAX_SIZE = 8 * 2**20
READ_BUFFER = 64 * 1024
CLOSE_S = 2
SETTLE_S = 2


class LinkClosed(Exception):
    """The connection has ended; says who closed it and how."""


class NotConnected(Exception):
    """No connection could be opened: `kind` is refused, unreachable, tls or handshake.

    `status` is the HTTP status of a refusal, `subprotocol` the one that the server chose though it was not offered.
    """

    def __init__(self, text: str, kind: str, status: int | None = None, subprotocol: str | None = None) -> None:
        super().__init__(text)
        self.kind, self.status, self.subprotocol = kind, status, subprotocol


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
    """Opens connections to the system under test."""

    async def connect(self, station_id: str) -> Link:
        """A new connection as this station; raises NotConnected."""


@dataclass(frozen=True)
class WebSocketDialer:
    """Connects to `url`/`station id`, with Basic auth and a given CA where configured."""

    url: str
    password: str | None = None
    ca_file: str | None = None
    open_timeout_s: float = 10
    subprotocols: tuple[str, ...] = (SUBPROTOCOL,)
    headers: Mapping[str, str] = field(default_factory=dict)

    async def connect(self, station_id: str) -> WebSocketLink:
        """A new connection as this station; raises NotConnected."""
        target = f"{self.url.rstrip('/')}/{quote(station_id, safe='')}"
        try:
            connection = await _Connect(
                target,
                subprotocols=[Subprotocol(name) for name in self.subprotocols] or None,
                compression=None,
                additional_headers=dict(self.headers) | self._authorization(station_id),
                proxy=None,
                open_timeout=self.open_timeout_s,
                close_timeout=CLOSE_S,
                ping_interval=None,
                max_size=MAX_SIZE,
                max_queue=None,
                process_exception=lambda error: error,
                create_connection=_Stamped,
                ssl=self._context(),
            )
        except (OSError, InvalidHandshake, UnicodeError) as error:
            raise _explained(error, target, self.open_timeout_s) from None
        assert isinstance(connection, _Stamped)
        return WebSocketLink(connection)

    def _authorization(self, station_id: str) -> dict[str, str]:
        if self.password is None:
            return {}
        token = base64.b64encode(station_id.encode() + b":" + password_bytes(self.password)).decode()
        return {"Authorization": f"Basic {token}"}

    def _context(self) -> ssl.SSLContext | None:
        if urlsplit(self.url).scheme != "wss":
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError):
            raise UsageError(f"{self.ca_file}: expected PEM certificates of the CA, received none to read") from None


def password_bytes(password: str) -> bytes:
    """The bytes of an AuthorizationKey: 32 to 40 hexadecimal digits are decoded (OCPP-J 1.6 §6.2.2), else UTF-8."""
    if 32 <= len(password) <= 40 and len(password) % 2 == 0:
        try:
            return bytes.fromhex(password)
        except ValueError:
            pass
    return password.encode()


class WebSocketLink:
    """A Link over a WebSocket."""

    def __init__(self, connection: _Stamped) -> None:
        self._connection = connection
        self.subprotocol = connection.subprotocol
        self.facts = _facts(connection)

    async def send(self, text: str) -> int:
        """Sends one text frame; the monotonic time in ns right before it was written."""
        try:
            await self._connection.send(text)
        except ConnectionClosed as closed:
            raise _link_closed(closed) from None
        return self._connection.written_ns

    async def receive(self) -> Arrival:
        """The next frame; raises LinkClosed."""
        try:
            data = await self._connection.recv(decode=False)
        except ConnectionClosed as closed:
            raise _link_closed(closed) from None
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
        """Closes the connection from our side."""
        await self._connection.close()


class _Connect(connect):
    """Stays where it was sent: a station follows no redirect, and the evidence is about the address that was given."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


class _Stamped(ClientConnection):
    """Notes when the bytes of each message arrived and when the last frame was written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stamps: deque[tuple[int, Opcode]] = deque()
        self.written_ns = 0
        self._now_ns = 0
        self._opcode = Opcode.TEXT

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The default read buffer of 256 KiB lies above glibc's mmap threshold and doubles the cost of every read.
        if hasattr(transport, "max_size"):
            transport.max_size = READ_BUFFER
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._now_ns = time.monotonic_ns()
        super().data_received(data)

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame) and event.opcode in DATA_OPCODES:
            if event.opcode is not Opcode.CONT:
                self._opcode = event.opcode
            if event.fin:
                self.stamps.append((self._now_ns, self._opcode))
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


def _link_closed(closed: ConnectionClosed) -> LinkClosed:
    frame = closed.rcvd
    if frame is not None and closed.rcvd_then_sent is not False:
        return LinkClosed(f"closed by the other side with code {frame.code}{_reason(frame.reason)}")
    if frame is None and closed.sent is not None:
        return LinkClosed(f"closed by us with code {closed.sent.code}{_reason(closed.sent.reason)}")
    return LinkClosed("lost without a closing handshake" if frame is None else "closed by us")


def _reason(text: str) -> str:
    return f" ({text})" if text else ""


def _explained(error: Exception, target: str, timeout_s: float) -> NotConnected:
    if isinstance(error, InvalidStatus):
        status, location = error.response.status_code, error.response.headers.get("Location")
        hint = f"; it redirects to {location}" if location else _STATUS_HINTS.get(status, "")
        return NotConnected(f"{target}: expected HTTP 101 (WebSocket), received HTTP {status}{hint}", "refused", status)
    if isinstance(error, TimeoutError):
        return NotConnected(f"{target}: expected a WebSocket within {timeout_s:g} s, received no answer", "unreachable")
    if isinstance(error, NegotiationError):
        chosen = str(error).removeprefix("unsupported subprotocol: ")
        text = f"{target}: expected subprotocol {SUBPROTOCOL}, received {chosen}"
        return NotConnected(text, "handshake", subprotocol=chosen)
    if isinstance(error, ssl.SSLError):
        return NotConnected(f"{target}: expected a TLS connection, received {_tls_text(error)}", "tls")
    if isinstance(error, InvalidMessage):
        hint = "; a port that speaks TLS needs wss" if target.startswith("ws:") else ""
        text = f"{target}: expected an HTTP answer, received something else or a closed connection{hint}"
        return NotConnected(text, "handshake")
    if isinstance(error, InvalidHandshake):
        return NotConnected(f"{target}: expected a WebSocket handshake, received {error}", "handshake")
    if isinstance(error, ConnectionError) and error.errno is None and target.startswith("wss:"):
        return NotConnected(f"{target}: expected a TLS connection, received a closed one; a plain port needs ws", "tls")
    return NotConnected(f"{target}: expected a server, received {_os_text(error)}", "unreachable")


def _tls_text(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "environment.ca_file names the CA that signed the server's certificate"
        return f"a certificate that is not trusted ({error.verify_message}); {hint}"
    return f"{(error.reason or str(error)).lower().replace('_', ' ')}; a plain port needs ws"


def _os_text(error: Exception) -> str:
    """What the system says; asyncio writes its own words over it, and joins several attempts in one text."""
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"a host name that cannot be resolved ({str(getattr(error, 'strerror', error)).lower()})"
    numbers = {error.errno} if isinstance(error, OSError) and error.errno else set()
    numbers |= {int(number) for number in re.findall(r"\[Errno (\d+)\]", str(error))}
    return " and ".join(sorted(os.strerror(number).lower() for number in numbers)) or str(error) or "nothing"


_STATUS_HINTS = {
    401: "; environment.password must be the station's password at the CSMS",
    403: "; the CSMS refuses this station",
    404: "; environment.station_id must be known to the CSMS, and environment.url end where the identity starts",
}
