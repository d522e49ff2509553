"""Servers on this machine for the WebSocket client to meet: good ones, refusing ones, and ones that are none."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from harness.approach import SUBPROTOCOL, Approach
from harness.refusal import NotConnected
from harness.wire import WebSocketDialer, WebSocketLink

Handler = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler, subprotocol: str | None = SUBPROTOCOL, **options: Any) -> AsyncIterator[str]:
    """A WebSocket server; its address without a path."""
    offered = [Subprotocol(subprotocol)] if subprotocol else None
    async with serve(handler, "127.0.0.1", 0, subprotocols=offered, ping_interval=None, **options) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"{'wss' if options.get('ssl') else 'ws'}://127.0.0.1:{port}"


@asynccontextmanager
async def answering(answer: bytes | None) -> AsyncIterator[str]:
    """A TCP server that answers any request with these bytes, or with None takes the connection and says nothing."""
    held: list[asyncio.StreamWriter] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        if answer is not None:
            await reader.read(4096)
            writer.write(answer)
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for writer in held:
            writer.close()
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def linked(handler: Handler, **options: Any) -> AsyncIterator[WebSocketLink]:
    """A link to a WebSocket server that treats each connection like this."""
    async with serving(handler, **options) as url:
        link = await WebSocketDialer(5).connect("CP1", Approach(url))
        try:
            yield link
        finally:
            await link.close()


def certificate(folder: Path, host: str = "127.0.0.1") -> ssl.SSLContext:
    """A server's side of TLS for a host; the certificate is its own CA and lies in `ca.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(host))]), False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(*pem))
    (folder / "ca.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


@asynccontextmanager
async def shaking(context: ssl.SSLContext) -> AsyncIterator[str]:
    """A server that shakes hands once in TLS and says goodbye; unlike that of asyncio it sends the alert it has."""
    listening = socket.create_server(("127.0.0.1", 0))

    def shake() -> None:
        accepted, _ = listening.accept()
        accepted.settimeout(5)
        with context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False) as end:
            with contextlib.suppress(ssl.SSLError):
                end.do_handshake()
            # What is unread when a socket closes takes the alert with it.
            end.shutdown(socket.SHUT_WR)
            while socket.socket.recv(end, 4096):
                pass

    with listening:
        task = asyncio.get_running_loop().run_in_executor(None, shake)
        yield f"wss://127.0.0.1:{listening.getsockname()[1]}"
        await task


async def refusal(
    url: str, timeout_s: float = 5, ca_file: Path | None = None, credential: str | None = None
) -> NotConnected:
    """Why a connection cannot be opened."""
    with pytest.raises(NotConnected) as caught:
        await WebSocketDialer(timeout_s).connect("CP1", Approach(url, ca_file=ca_file, certificate=credential))
    assert str(caught.value).startswith(f"{url}/CP1: expected ")
    assert "\n" not in str(caught.value)
    return caught.value
