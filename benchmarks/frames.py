"""WebSocket frames by hand: the least a client can do, so that the load costs less than the server it loads.

Client frames carry the masking key 0: legal bytes, the server unmasks as always, and a payload can be put in as it is.
"""

from __future__ import annotations

import base64
import os
from typing import NamedTuple
from urllib.parse import quote, urlsplit

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
_KEY = bytes(4)


class Frame(NamedTuple):
    """A frame of the server: its first byte and its payload, and where the next one starts."""

    kind: int
    payload: bytes
    end: int


def client_frame(payload: bytes, kind: int = TEXT) -> bytes:
    """A whole frame of a client, of up to 64 KiB."""
    if len(payload) < 126:
        return bytes((kind, 0x80 | len(payload))) + _KEY + payload
    return bytes((kind, 0xFE)) + len(payload).to_bytes(2, "big") + _KEY + payload


def server_frame(data: bytes, start: int = 0) -> Frame | None:
    """The frame of a server that starts there; None if it is not complete."""
    if len(data) < start + 2:
        return None
    length, head = data[start + 1], 2
    if length >= 126:
        head = 4 if length == 126 else 10
        length = int.from_bytes(data[start + 2 : start + head], "big")
    end = start + head + length
    return Frame(data[start], data[start + head : end], end) if len(data) >= end else None


class Target(NamedTuple):
    """Where to connect, and what to say there."""

    host: str
    port: int
    request: bytes


def target(url: str, station: str) -> Target:
    """The address and the opening handshake of a station at this URL."""
    parts = urlsplit(url)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {parts.path}/{quote(station, safe='')} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: ocpp1.6",
    ]
    return Target(parts.hostname or "127.0.0.1", parts.port or 80, "\r\n".join([*lines, "", ""]).encode())


def opened(data: bytes) -> int | None:
    """Where the frames start after the server's handshake; None if that is not complete. Raises ConnectionError."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    status = data.split(b"\r\n", 1)[0]
    if b" 101 " not in status:
        raise ConnectionError(f"handshake: expected HTTP 101, received {status.decode(errors='replace')}")
    return end + 4
