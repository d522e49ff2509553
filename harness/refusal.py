"""Why a connection could not be opened, told in one line."""

from __future__ import annotations

import os
import re
import socket
import ssl
from typing import Literal

from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, NegotiationError

from harness.approach import SUBPROTOCOL, Approach

Refusal = Literal["refused", "tls", "handshake", "unreachable"]
Untrusted = Literal["issuer", "host", "certificate"]
"""What is wrong with a server's certificate: nobody we know has signed it, it is for others, or it is bad in itself."""


class NotConnected(Exception):
    """No connection could be opened: `kind` says at which point.

    `status` is the HTTP status of a refusal, `subprotocol` the one that the server chose though it was not offered, and
    `untrusted` says why we have not taken the server's certificate, which is no refusal of the server.
    """

    def __init__(
        self,
        text: str,
        kind: Refusal,
        status: int | None = None,
        subprotocol: str | None = None,
        untrusted: Untrusted | None = None,
    ) -> None:
        super().__init__(text)
        self.kind, self.status, self.subprotocol, self.untrusted = kind, status, subprotocol, untrusted

    @property
    def received(self) -> str:
        """What came instead of a connection, without the rest of the line."""
        return str(self).partition(", received ")[2].partition(";")[0]


def explained(error: Exception, approach: Approach, target: str, timeout_s: float) -> NotConnected:
    """What went wrong at which point of opening a connection."""
    if isinstance(error, InvalidStatus):
        status, location = error.response.status_code, error.response.headers.get("Location")
        hint = f"it redirects to {location}" if location else _hint(status, approach)
        text = f"{target}: expected HTTP 101 (WebSocket), received HTTP {status}{hint and '; '}{hint}"
        return NotConnected(text, "refused", status)
    if isinstance(error, TimeoutError):
        return NotConnected(f"{target}: expected a WebSocket within {timeout_s:g} s, received no answer", "unreachable")
    if isinstance(error, NegotiationError):
        chosen = str(error).removeprefix("unsupported subprotocol: ")
        text = f"{target}: expected subprotocol {SUBPROTOCOL}, received {chosen}"
        return NotConnected(text, "handshake", subprotocol=chosen)
    if isinstance(error, ssl.SSLError):
        return _tls(error, approach, target)
    if isinstance(error, InvalidMessage):
        return NotConnected(f"{target}: expected an HTTP answer, received {_no_http(error, approach)}", "handshake")
    if isinstance(error, InvalidHandshake):
        return NotConnected(f"{target}: expected a WebSocket handshake, received {error}", "handshake")
    if isinstance(error, ConnectionError) and error.errno is None and approach.secure:
        received = "a connection that was closed without an alert; a plain port needs ws"
        return NotConnected(f"{target}: expected a TLS connection, received {received}", "tls")
    kind: Refusal = "handshake" if isinstance(error, _CUT) else "unreachable"
    return NotConnected(f"{target}: expected a server, received {_os_text(error)}", kind)


def _no_http(error: InvalidMessage, approach: Approach) -> str:
    """A server that ends the connection has said no; one that talks of something else is another server."""
    ended = isinstance(error.__cause__, EOFError)
    if approach.secure:
        return "a connection that was closed without an alert" if ended else "something else"
    return f"{'a closed connection' if ended else 'something else'}; a port that speaks TLS needs wss"


def _tls(error: ssl.SSLError, approach: Approach, target: str) -> NotConnected:
    begin = f"{target}: expected a TLS connection, received"
    if isinstance(error, ssl.SSLCertVerificationError):
        untrusted = _UNTRUSTED.get(error.verify_code, "certificate")
        hints = {
            "issuer": f"; {approach.key('ca_file')} names the CA that signed the server's certificate",
            "host": f"; {approach.key('url')} has to name a host that the server's certificate names",
        }
        received = f"a certificate that is not trusted ({error.verify_message.rstrip('.')})"
        return NotConnected(f"{begin} {received}{hints.get(untrusted, '')}", "tls", untrusted=untrusted)
    reason = error.reason or str(error)
    if alert := _ALERT.fullmatch(reason):
        return NotConnected(f"{begin} the TLS alert {_plain(alert[1])}", "tls")
    return NotConnected(f"{begin} {_plain(reason)}; a plain port needs ws", "tls")


def _plain(reason: str) -> str:
    return reason.lower().replace("_", " ")


def _hint(status: int, approach: Approach) -> str:
    """What of the settings such an answer may come from."""
    if status in (401, 403) and approach.profile == 3:
        key = approach.key("client_certificate")
        return f"the CSMS refuses this station; {key} must be the one that the CSMS knows the station by"
    if status == 401:
        return f"{approach.key('password')} must be the station's password at the CSMS"
    if status == 403:
        return f"the CSMS refuses this station on security profile {approach.profile}"
    if status == 404:
        known = f"{approach.key('station_id')} must be known to the CSMS"
        return f"{known}, and its url end where the identity starts"
    return ""


def _os_text(error: Exception) -> str:
    """What the system says; asyncio writes its own words over it, and joins several attempts in one text."""
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"a host name that cannot be resolved ({str(getattr(error, 'strerror', error)).lower()})"
    numbers = {error.errno} if isinstance(error, OSError) and error.errno else set()
    numbers |= {int(number) for number in re.findall(r"\[Errno (\d+)\]", str(error))}
    return " and ".join(sorted(os.strerror(number).lower() for number in numbers)) or str(error) or "nothing"


_CUT = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
_ALERT = re.compile(r"(?:SSLV3|TLSV\d+)_(?:ALERT_)?(\w+)")

# X509_V_ERR_ of OpenSSL: no issuer, a wrong one or none but itself; then names of hosts, mails and addresses.
_UNTRUSTED: dict[int, Untrusted] = {
    **dict.fromkeys((2, 7, 18, 19, 20, 21, 30), "issuer"),
    **dict.fromkeys((62, 63, 64), "host"),
}
