"""Why a connection could not be opened, told in one line."""

from __future__ import annotations

import os
import re
import socket
import ssl
from typing import Literal

from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, NegotiationError

from harness.approach import SUBPROTOCOL

Refusal = Literal["refused", "tls", "handshake", "unreachable"]


class NotConnected(Exception):
    """No connection could be opened: `kind` says at which point.

    `status` is the HTTP status of a refusal, `subprotocol` the one that the server chose though it was not offered.
    """

    def __init__(self, text: str, kind: Refusal, status: int | None = None, subprotocol: str | None = None) -> None:
        super().__init__(text)
        self.kind, self.status, self.subprotocol = kind, status, subprotocol

    @property
    def received(self) -> str:
        """What came instead of a connection, without the rest of the line."""
        return str(self).partition(", received ")[2].partition(";")[0]


def explained(error: Exception, target: str, timeout_s: float) -> NotConnected:
    """What went wrong at which point of opening a connection."""
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
    kind: Refusal = "handshake" if isinstance(error, _CUT) else "unreachable"
    return NotConnected(f"{target}: expected a server, received {_os_text(error)}", kind)


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


_CUT = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)

_STATUS_HINTS = {
    401: "; environment.password must be the station's password at the CSMS",
    403: "; the CSMS refuses this station",
    404: "; environment.station_id must be known to the CSMS, and environment.url end where the identity starts",
}
