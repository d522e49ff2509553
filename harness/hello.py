"""The first words of TLS, byte by byte: a ClientHello that offers exactly what we say, and what a server answers to it.

A TLS library offers only what its own policy allows. Old versions, weak suites and compression have to be offered all
the same to see that a server refuses them, so the hello is made here, and the handshake ends before any key is agreed.
No socket is opened here. RFC 5246 §7.4, RFC 8422, RFC 6066 §3.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from harness.suites import SUITES

VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
NO_COMPRESSION = 0

# Every curve and every signature that a server may insist on; finite field groups are left out, so that any will do.
_GROUPS = (0x001D, 0x0017, 0x0018, 0x0019, 0x001E, 0x0016, 0x0015, 0x0014, 0x0013, 0x001A, 0x001B, 0x001C)
_ECDSA, _RSA, _DSA = (
    (0x0403, 0x0503, 0x0603, 0x0203, 0x0303),
    (0x0401, 0x0501, 0x0601, 0x0201, 0x0301),
    (0x0402, 0x0202),
)
_SIGNATURES = (*_ECDSA, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0807, 0x0808, *_RSA, 0x0101, *_DSA)
_SRP = range(0xC01A, 0xC023)
_SRP_USER = b"station"
_HANDSHAKE, _ALERT = 22, 21
_SERVER_HELLO, _CERTIFICATE, _CERTIFICATE_REQUEST, _DONE = 2, 11, 13, 14
_ALERTS = {
    0: "close notify",
    10: "unexpected message",
    40: "handshake failure",
    47: "illegal parameter",
    48: "unknown CA",
    49: "access denied",
    50: "decode error",
    70: "protocol version",
    71: "insufficient security",
    80: "internal error",
    86: "inappropriate fallback",
    112: "unrecognized name",
    115: "unknown PSK identity",
}
_WARNING, _NO_USER = 1, 115


@dataclass(frozen=True, slots=True)
class Flight:
    """What a server said to a hello.

    Empty fields were not said; `refusal` says why there is no server hello, `whole` whether the server has finished,
    `silent` that it said nothing and did not end the connection, `asks_user` that it wants the user of its suite.
    """

    version: str = ""
    suite: int | None = None
    compression: int | None = None
    certificates: tuple[bytes, ...] = ()
    asks_certificate: bool = False
    refusal: str = ""
    whole: bool = False
    silent: bool = False
    asks_user: bool = False

    @property
    def chosen(self) -> bool:
        """Whether the server has taken a version and a suite; who misses the user of a suite has taken it."""
        return bool(self.version) or self.asks_user

    @property
    def text(self) -> str:
        """The answer in words."""
        if self.version:
            return f"{self.version} with {self.suite_name}"
        return self.refusal or ("no answer" if self.silent else "a closed connection")

    @property
    def suite_name(self) -> str:
        """The chosen suite by its name, or as a number."""
        return "none" if self.suite is None else SUITES.get(self.suite, f"0x{self.suite:04X}")


def client_hello(host: str, version: int, suites: Iterable[int], compressions: bytes = b"\x00") -> bytes:
    """The record with which a client that knows no newer version and no other suites begins."""
    suites = [*suites, 0x00FF]
    listed = b"".join(struct.pack("!H", suite) for suite in suites)
    body = struct.pack("!H", version) + secrets.token_bytes(32) + b"\x00"
    body += _sized(listed, 2) + _sized(compressions, 1)
    if version > 0x0300:
        user = any(suite in _SRP for suite in suites)
        body += _sized(b"".join(_extensions(host, version, user=user)), 2)
    return struct.pack("!BH", _HANDSHAKE, min(version, 0x0301)) + _sized(b"\x01" + _sized(body, 3), 2)


def _extensions(host: str, version: int, *, user: bool) -> Iterator[bytes]:
    if host and not host.replace(".", "").isdigit() and ":" not in host:
        yield _extension(0, _sized(b"\x00" + _sized(host.encode("idna"), 2), 2))
    yield _extension(10, _sized(b"".join(struct.pack("!H", group) for group in _GROUPS), 2))
    yield _extension(11, _sized(b"\x00", 1))
    if user:
        yield _extension(12, _sized(_SRP_USER, 1))
    if version >= 0x0303:
        yield _extension(13, _sized(b"".join(struct.pack("!H", scheme) for scheme in _SIGNATURES), 2))


def _extension(number: int, data: bytes) -> bytes:
    return struct.pack("!H", number) + _sized(data, 2)


def _sized(data: bytes, octets: int) -> bytes:
    return len(data).to_bytes(octets, "big") + data


def read_flight(data: bytes) -> Flight:
    """What these bytes of a server say so far; a server hello stays one, whatever comes after it."""
    handshake = b""
    for kind, content in _records(data):
        if kind == _ALERT and len(content) == 2:
            level, number = content
            if level == _WARNING and number != 0:
                continue
            refusal = f"alert {number} ({_ALERTS.get(number, 'unnamed')})"
            return replace(_messages(handshake), refusal=refusal, whole=True, asks_user=number == _NO_USER)
        if kind != _HANDSHAKE:
            return replace(_messages(handshake), refusal="no TLS", whole=True)
        handshake += content
    return _messages(handshake)


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        if data[0] not in (_HANDSHAKE, _ALERT) or (len(data) > 1 and data[1] != 3):
            yield 0, b""
            return
        size = int.from_bytes(data[3:5], "big")
        if len(data) < 5 + size or len(data) < 5:
            return
        yield data[0], data[5 : 5 + size]
        data = data[5 + size :]


def _messages(data: bytes) -> Flight:
    flight = Flight()
    while len(data) >= 4:
        kind, size = data[0], int.from_bytes(data[1:4], "big")
        body, data = data[4 : 4 + size], data[4 + size :]
        if len(body) < size:
            break
        flight = _with(flight, kind, body)
    return flight


def _with(flight: Flight, kind: int, body: bytes) -> Flight:
    said = {name: getattr(flight, name) for name in flight.__slots__}
    if kind == _SERVER_HELLO and len(body) > 35 and len(body) >= 38 + body[34]:
        rest = body[35 + body[34] :]
        version = int.from_bytes(body[:2], "big")
        said |= {"version": VERSIONS.get(version, f"0x{version:04X}")}
        said |= {"suite": int.from_bytes(rest[:2], "big"), "compression": rest[2]}
    elif kind == _CERTIFICATE:
        said["certificates"] = tuple(_certificates(body[3:]))
    elif kind == _CERTIFICATE_REQUEST:
        said["asks_certificate"] = True
    elif kind == _DONE:
        said["whole"] = True
    return Flight(**said)


def _certificates(data: bytes) -> Iterator[bytes]:
    while len(data) >= 3:
        size = int.from_bytes(data[:3], "big")
        yield data[3 : 3 + size]
        data = data[3 + size :]
