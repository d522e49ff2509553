"""The ports for stations as they are on the wire: one without TLS and one with it, and stations that try them."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from harness.pki import Credential
from reference_csms.app import Csms
from reference_csms.domain.certificates import pem
from reference_csms.gateway import Gateway
from reference_csms.security.tls import server_context
from reference_csms.settings import Listen
from tests.reference_csms.securing import NOON, authority, basic

TLS_FAILED = "tls"


class Ports(NamedTuple):
    """Where both ports are; `folder` is for the files that TLS wants."""

    ws: str
    wss: str
    folder: Path

    async def tried(
        self,
        identity: str = "CP",
        *,
        tls: bool = False,
        certificate: Credential | str | None = None,
        password: str | bytes | None = None,
        path: str | None = None,
    ) -> int | str:
        """What a station is told: an HTTP status, or TLS_FAILED. A certificate is a credential, or its PEM with key."""
        headers = {} if password is None else {"Authorization": basic(identity, password)}
        context = self._context(certificate) if tls else None
        url = f"{self.wss if tls else self.ws}/ocpp/{identity if path is None else path}"
        options = {"ssl": context, "additional_headers": headers, "proxy": None, "compression": None}
        try:
            async with connect(url, subprotocols=[Subprotocol("ocpp1.6")], **options):  # type: ignore[arg-type]
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code
        except (ssl.SSLError, ConnectionError, InvalidHandshake):
            return TLS_FAILED

    def _context(self, certificate: Credential | str | None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if certificate is not None:
            file = self.folder / "shown.pem"
            file.write_text(certificate if isinstance(certificate, str) else certificate.pem)
            context.load_cert_chain(file)
        return context


@contextlib.asynccontextmanager
async def ports(csms: Csms, folder: Path, *roots: str) -> AsyncIterator[Ports]:
    """Both ports of a Central System, which takes certificates of its own CA and of these roots (PEM)."""
    shown = authority().server(["localhost"], "ECDSA", NOON).pem
    context = server_context([shown], [*map(pem, authority().certificates), *roots])
    gateway = Gateway(csms, Listen())
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    servers = [await gateway.start(sock, tls) for sock, tls in zip(socks, (None, context), strict=True)]
    ws, wss = (sock.getsockname()[1] for sock in socks)
    try:
        yield Ports(f"ws://127.0.0.1:{ws}", f"wss://127.0.0.1:{wss}", folder)
    finally:
        for server in servers:
            server.close()
            await server.wait_closed()
