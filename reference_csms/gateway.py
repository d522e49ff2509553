"""The WebSocket side: who may connect, and one served link per station (OCPP-J 1.6 §3, §6.2)."""

from __future__ import annotations

import base64
import binascii
import http
import logging
import socket
import ssl
from urllib.parse import unquote, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import MultipleValuesError
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from reference_csms.app import Csms
from reference_csms.passwords import Passwords
from reference_csms.registry.stations import Station
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
        self._passwords = Passwords()

    async def start(self, sock: socket.socket, tls: ssl.SSLContext | None = None) -> Server:
        """Serve stations on a listening socket until the returned server is closed."""
        quiet = logging.getLogger(f"{__name__}.websockets")
        quiet.setLevel(logging.CRITICAL)
        return await serve(
            self._serve,
            sock=sock,
            ssl=tls,
            process_request=self._admit,
            select_subprotocol=_select,
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
        """The station's identity at the end of the path, decoded; None if the path is not ours."""
        path = urlsplit(request.path).path if request is not None else ""
        folder, _, name = path.rpartition("/")
        if folder != self._listen.path.rstrip("/") or not name:
            return None
        try:
            return unquote(name, errors="strict")
        except UnicodeDecodeError:
            return None

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """None to go on with the handshake, else the refusal."""
        identity = self._identity(request)
        station = None if identity is None else self._csms.stations.get(identity)
        if identity is not None and station is None and self._csms.settings.accept_unknown:
            station = await self._csms.stations.put(Station(identity))
        if identity is None or station is None:
            log.info("%s: refused, unknown station", identity or request.path)
            expected = f"{self._listen.path.rstrip('/')}/<identity of a registered station>"
            return connection.respond(http.HTTPStatus.NOT_FOUND, f"expected {expected}, received {request.path}\n")
        stored = station.password_hash
        if stored is not None and not await self._authorized(request, identity, stored):
            log.info("%s: refused, wrong or no password", identity)
            response = connection.respond(http.HTTPStatus.UNAUTHORIZED, "expected the station's user and password\n")
            response.headers["WWW-Authenticate"] = 'Basic realm="ocpp", charset="UTF-8"'
            return response
        return None

    async def _authorized(self, request: Request, identity: str, stored: str) -> bool:
        given = _basic(request)
        if given is None:
            return False
        user, password = given
        return user == identity.encode() and await self._passwords.right(password, stored)


def _select(_connection: ServerConnection, offered: object) -> Subprotocol | None:
    """OCPP-J 1.6 §3.2: without a common subprotocol the handshake succeeds, then the connection is closed."""
    return SUBPROTOCOL if isinstance(offered, list | tuple) and SUBPROTOCOL in offered else None


def _basic(request: Request) -> tuple[bytes, bytes] | None:
    """User and password of the Authorization header as bytes: a key need not be text."""
    try:
        scheme, _, credentials = request.headers["Authorization"].partition(" ")
        if scheme.lower() != "basic":
            return None
        user, colon, password = base64.b64decode(credentials.strip(), validate=True).partition(b":")
    except (KeyError, MultipleValuesError, binascii.Error, ValueError):
        return None
    return (user, password) if colon else None
