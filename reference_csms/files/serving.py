"""Where stations find files while the server runs: on the API's port or a port of their own, and over FTP if wanted."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Protocol
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from reference_csms.app import Csms
from reference_csms.errors import UsageError
from reference_csms.files.web import make_files
from reference_csms.security.serving import files_context
from reference_csms.settings import Listen, url_host

ANYWHERE = ("0.0.0.0", "::", "")
MOUNT = "/files"


class Server(Protocol):
    """A uvicorn server, as far as it matters here."""

    should_exit: bool

    async def serve(self, sockets: list[socket.socket]) -> None: ...


Bound = Callable[[str, int, str], socket.socket]
MakeServer = Callable[[uvicorn.Config], Server]


@contextlib.asynccontextmanager
async def serving(
    csms: Csms, listen: Listen, api_port: int, bound: Bound, make_server: MakeServer
) -> AsyncIterator[None]:
    """Files are served inside; `csms.files` says where stations find them."""
    async with contextlib.AsyncExitStack() as stack:
        port = api_port
        if listen.access.port is not None:
            web = stack.enter_context(bound(listen.host, listen.access.port, "--files-port"))
            port = web.getsockname()[1]
            await stack.enter_async_context(_web(csms, listen, web, make_server))
        csms.files.url, csms.files.plain_for_all = _url(listen, port), listen.access.plain
        if listen.access.ftp_port is not None:
            from reference_csms.files.ftp import FtpServer

            csms.files.prepare()
            sock = stack.enter_context(bound(listen.host, listen.access.ftp_port, "--ftp-port"))
            server = FtpServer(csms.transfers, sock, listen.access.ftp_passive_ports)
            stack.push_async_callback(server.close)
            host = urlsplit(csms.files.url or "").hostname
            csms.files.ftp = f"{url_host(host)}:{sock.getsockname()[1]}" if host else None
        yield


@contextlib.asynccontextmanager
async def _web(csms: Csms, listen: Listen, sock: socket.socket, make_server: MakeServer) -> AsyncIterator[None]:
    app = Starlette(routes=[Mount(MOUNT, app=make_files(lambda: csms))])
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None, access_log=False)
    config.load()
    config.ssl = files_context(csms, listen) if _secure(listen) else None
    server = make_server(config)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


def _url(listen: Listen, port: int) -> str | None:
    """What stations reach, None if that cannot be known."""
    if listen.access.url is not None:
        parts = urlsplit(listen.access.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"--files-url: expected an http or https URL, received {listen.access.url!r}")
        return listen.access.url.rstrip("/")
    if _secure(listen):
        # Our own certificates hold for these names only.
        host = listen.host if listen.tls.certificates else listen.tls.names[0]
        return None if host in ANYWHERE else f"https://{url_host(host)}:{port}{MOUNT}"
    if listen.host in ANYWHERE or (listen.tls.alone and not listen.access.plain):
        return None
    return f"http://{url_host(listen.host)}:{port}{MOUNT}"


def _secure(listen: Listen) -> bool:
    """Whether there is a port for files with TLS."""
    return listen.access.port is not None and listen.tls.served and not listen.access.plain
