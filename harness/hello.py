"""The first words of TLS, byte by byte: a ClientHello that offers exactly what we say, and what a server answers to it.

A TLS library offers only what its own policy allows. Old versions, weak suites and compression have to be offered all
the same to see that a server refuses them, so the hello is made here, and the handshake ends before any key is agreed.
No socket is opened here. RFC 5246 §7.4, RFC 8422, RFC 6066 §3.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
NO_COMPRESSION = 0

MANDATORY = {
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
}
"""What a CSMS has to offer (security whitepaper A00.FR.317 and A00.FR.421)."""

LEGACY = {
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
}
"""What a station that knows no TLS 1.2 offers."""

WEAK = {
    0x0001: "TLS_RSA_WITH_NULL_MD5",
    0x0002: "TLS_RSA_WITH_NULL_SHA",
    0x003B: "TLS_RSA_WITH_NULL_SHA256",
    0xC006: "TLS_ECDHE_ECDSA_WITH_NULL_SHA",
    0xC010: "TLS_ECDHE_RSA_WITH_NULL_SHA",
    0x0003: "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
    0x0006: "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5",
    0x0008: "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0x0009: "TLS_RSA_WITH_DES_CBC_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC008: "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0018: "TLS_DH_anon_WITH_RC4_128_MD5",
    0x001B: "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA",
    0x0034: "TLS_DH_anon_WITH_AES_128_CBC_SHA",
    0x00A6: "TLS_DH_anon_WITH_AES_128_GCM_SHA256",
    0xC018: "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
}
"""No encryption, no authentication, export keys, RC4, DES, 3DES or MD5: nothing that A00.FR.319 leaves room for."""

_GROUPS = (0x001D, 0x0017, 0x0018, 0x0019)
_SIGNATURES = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201)
_HANDSHAKE, _ALERT = 22, 21
_SERVER_HELLO, _CERTIFICATE, _CERTIFICATE_REQUEST, _DONE = 2, 11, 13, 14
_ALERTS = {
    0: "close notify",
    40: "handshake failure",
    47: "illegal parameter",
    70: "protocol version",
    71: "insufficient security",
    80: "internal error",
    86: "inappropriate fallback",
    112: "unrecognized name",
}


@dataclass(frozen=True, slots=True)
class Flight:
    """What a server said to a hello.

    Empty fields were not said; `refusal` says why there is no server hello; `whole` whether the server has finished.
    """

    version: str = ""
    suite: int | None = None
    compression: int | None = None
    certificates: tuple[bytes, ...] = ()
    asks_certificate: bool = False
    refusal: str = ""
    whole: bool = False

    @property
    def suite_name(self) -> str:
        """The chosen suite by its name, or as a number."""
        known = {**MANDATORY, **LEGACY, **WEAK}
        return "none" if self.suite is None else known.get(self.suite, f"0x{self.suite:04X}")


def client_hello(host: str, version: int, suites: Iterable[int], compressions: bytes = b"\x00") -> bytes:
    """The record with which a client that knows no newer version and no other suites begins."""
    listed = b"".join(struct.pack("!H", suite) for suite in (*suites, 0x00FF))
    body = struct.pack("!H", version) + secrets.token_bytes(32) + b"\x00"
    body += _sized(listed, 2) + _sized(compressions, 1)
    if version > 0x0300:
        body += _sized(b"".join(_extensions(host, version)), 2)
    return struct.pack("!BH", _HANDSHAKE, min(version, 0x0301)) + _sized(b"\x01" + _sized(body, 3), 2)


def _extensions(host: str, version: int) -> Iterator[bytes]:
    if host and not host.replace(".", "").isdigit() and ":" not in host:
        yield _extension(0, _sized(b"\x00" + _sized(host.encode("idna"), 2), 2))
    yield _extension(10, _sized(b"".join(struct.pack("!H", group) for group in _GROUPS), 2))
    yield _extension(11, _sized(b"\x00", 1))
    if version >= 0x0303:
        yield _extension(13, _sized(b"".join(struct.pack("!H", scheme) for scheme in _SIGNATURES), 2))


def _extension(number: int, data: bytes) -> bytes:
    return struct.pack("!H", number) + _sized(data, 2)


def _sized(data: bytes, octets: int) -> bytes:
    return len(data).to_bytes(octets, "big") + data


def read_flight(data: bytes) -> Flight:
    """What these bytes of a server say so far."""
    handshake = b""
    for kind, content in _records(data):
        if kind == _ALERT and len(content) == 2:
            return Flight(refusal=f"alert {content[1]} ({_ALERTS.get(content[1], 'unnamed')})", whole=True)
        if kind != _HANDSHAKE:
            return Flight(refusal="no TLS", whole=True)
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
