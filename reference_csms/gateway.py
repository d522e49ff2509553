"""The WebSocket side: who may connect, and one served link per station (OCPP-J 1.6 §3, §6.2)."""

from __future__ import annotations

import http
import logging
import socket
import ssl
from urllib.parse import unquote

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import MultipleValuesError
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from reference_csms.app import Csms
from reference_csms.domain.certificates import shown_certificate
from reference_csms.domain.identities import identity_objection
from reference_csms.security.admission import Visitor
from reference_csms.settings import Listen
from reference_csms.sockets import StationSocket

log = logging.getLogger(__name__)

SUBPROTOCOL = Subprotocol("ocpp1.6")
PROTOCOL_ERROR = 1002
CLOSE_S = 2


class Gateway:
    """Lets stations in."""

    def __init__(self, csms: Csms, listen: Listen) -> None:
        self._csms = csms
        self._listen = listen

    async def start(self, sock: socket.socket, tls: ssl.SSLContext | None = None) -> Server:
        """Serve stations on a listening socket until the returned server is closed."""
        quiet = logging.getLogger(f"{__name__}.websockets")
        quiet.setLevel(logging.CRITICAL)
        return await serve(
            self._serve,
            sock=sock,
            ssl=tls,
            process_request=self._admit,
            select_subprotocol=choose,
            create_connection=StationSocket,
            compression=None,
            max_size=self._listen.max_message,
            ping_interval=self._listen.ping_interval_s,
            ping_timeout=self._listen.ping_interval_s,
            close_timeout=CLOSE_S,
            server_header=None,
            logger=quiet,
        )

    async def _serve(self, connection: ServerConnection) -> None:
        identity = self._identity(connection.request)
        if identity is None:
            return
        if connection.subprotocol is None:
            log.info("%s: refused, expected subprotocol %s", identity, SUBPROTOCOL)
            await connection.close(PROTOCOL_ERROR, f"expected subprotocol {SUBPROTOCOL}")
            return
        await self._csms.serve_link(identity, connection)

    def _identity(self, request: Request | None) -> str | None:
        """The identity at the end of the path, decoded; None if the path is not ours or no station can be called so."""
        path = request.path.partition("?")[0] if request is not None else ""
        folder, _, name = path.rpartition("/")
        identity = unquote(name)
        ours = folder == self._listen.path.rstrip("/") and identity_objection(identity) is None
        return identity if ours else None

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """None to go on with the handshake, else the refusal."""
        identity = self._identity(request)
        if identity is None:
            log.info("%s: refused, no identity of a station", request.path)
            expected = f"{self._listen.path.rstrip('/')}/<identity of a registered station>"
            return connection.respond(http.HTTPStatus.NOT_FOUND, f"expected {expected}, received {request.path}\n")
        tls = connection.transport.get_extra_info("ssl_object")
        shown = tls.getpeercert(binary_form=True) if tls is not None else None
        certificate = shown_certificate(shown) if shown else None
        visitor = Visitor(identity, tls is not None, certificate, _authorization(request))
        refusal = await self._csms.security.admission.admit(visitor)
        if refusal is None:
            return None
        response = connection.respond(refusal.status, f"{refusal.text}\n")
        if refusal.status is http.HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = 'Basic realm="ocpp", charset="UTF-8"'
        return response


def choose(_connection: object, offered: object) -> Subprotocol | None:
    """OCPP-J 1.6 §3.2: without a common subprotocol the handshake succeeds, then the connection is closed."""
    return SUBPROTOCOL if isinstance(offered, list | tuple) and SUBPROTOCOL in offered else None


def _authorization(request: Request) -> str | None:
    """The Authorization header, if there is exactly one."""
    try:
        return str(request.headers["Authorization"])
    except (KeyError, MultipleValuesError):
        return None
