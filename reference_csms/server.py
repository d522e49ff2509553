"""The server process: sockets, signals, the gateway for stations and the API for operators in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator

import orjson
import uvicorn

from reference_csms.api.app import make_api
from reference_csms.app import Csms
from reference_csms.errors import UsageError
from reference_csms.files.serving import serving
from reference_csms.gateway import Gateway
from reference_csms.security.serving import TlsPort, authority_at, context, demand_usable, tls_port
from reference_csms.settings import Listen, Settings, url_host
from reference_csms.store.database import open_store
from reference_csms.store.writes import PutOption

log = logging.getLogger(__name__)

TOKEN_HASH = "api_token_sha256"
BACKLOG = 1024
GARBAGE = 50_000


def run(listen: Listen, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises UsageError if that cannot start."""
    try:
        import uvloop
    except ImportError:
        loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    else:
        loop_factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(_serve(listen, settings))


class _Api(uvicorn.Server):
    """uvicorn without its own signal handling."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(listen: Listen, settings: Settings) -> None:
    demand_usable(listen)
    with _bound(listen.host, listen.port, "--port") as ocpp, _bound(listen.host, listen.api_port, "--api-port") as web:
        store = open_store(listen.db)
        csms = Csms(store, settings=settings, authority=authority_at(listen, settings, lambda: csms))
        try:
            logging.getLogger("uvicorn").setLevel(logging.WARNING)
            token, token_hash = await _token(csms, listen.token)
            door = Gateway(csms, listen)
            gateway = await door.start(ocpp, context(csms, listen) if listen.tls.alone else None)
            api = _Api(
                uvicorn.Config(
                    make_api(csms, token_hash),
                    ws="none",
                    lifespan="off",
                    log_config=None,
                    access_log=False,
                    timeout_graceful_shutdown=2,
                )
            )
            stop = _stop_on_signals()
            if listen.stop_with_stdin:
                _stop_at_end_of_stdin(stop)
            api_task = asyncio.create_task(api.serve(sockets=[web]))
            async with (
                serving(csms, listen, web.getsockname()[1], _bound, _Api),
                tls_port(csms, listen, door, _bound) as second,
            ):
                _spare_the_collector()
                _announce(listen, ocpp, web, token, second)
                await stop.wait()
                log.info("stopping")
            csms.events.close()
            api.should_exit = True
            gateway.close()
            await asyncio.gather(gateway.wait_closed(), api_task)
        finally:
            await csms.close()


def _spare_the_collector() -> None:
    """Keep the garbage collector from walking through all that was loaded, and from coming with every few frames."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 100)


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _stop_at_end_of_stdin(stop: asyncio.Event) -> None:
    loop, stdin = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(stdin, 1024):
            loop.remove_reader(stdin)
            stop.set()

    try:
        loop.add_reader(stdin, read)
    except OSError:
        raise UsageError("--stop-with-stdin: expected a pipe on standard input, received a file") from None


def _bound(host: str, port: int, flag: str) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise UsageError(f"{flag} {port}: expected a free port on {host}, received: {reason}") from None


async def _token(csms: Csms, given: str | None) -> tuple[str | None, str]:
    """The token if it is known (given, or made now) and the hash that is kept of it."""
    stored = csms.store.reads.option(TOKEN_HASH)
    if given is None and stored is not None:
        return None, stored
    token = given or secrets.token_urlsafe(24)
    token_hash = hashlib.sha256(token.encode()).hexdigest()
    if token_hash != stored:
        await csms.store.writer.write(PutOption(TOKEN_HASH, token_hash))
    return token, token_hash


def _announce(listen: Listen, ocpp: socket.socket, web: socket.socket, token: str | None, second: TlsPort) -> None:
    host = url_host(listen.host)
    scheme = "wss" if listen.tls.alone else "ws"
    url = f"{scheme}://{host}:{ocpp.getsockname()[1]}{listen.path.rstrip('/')}"
    api = f"http://{host}:{web.getsockname()[1]}"
    if listen.ready_json:
        ready = {"url": url, "api": api, "token": token, "pid": os.getpid()}
        if second.url is not None:
            ready |= {"url_tls": second.url, "ca": None if second.ca_file is None else str(second.ca_file)}
        sys.stdout.write(orjson.dumps(ready).decode() + "\n")
    else:
        shown = (
            token
            if token and listen.token is None
            else "(the one that was printed at the first start or given last; --token sets another)"
        )
        sys.stdout.write(f"stations  {url}/<identity>\n")
        if second.url is not None:
            sys.stdout.write(f"with TLS  {second.url}/<identity>\nits CA    {second.ca_file or '(given)'}\n")
        sys.stdout.write(f"operators {api}\ntoken     {shown}\n")
    sys.stdout.flush()
