"""A CSMS as a stranger writes one in an afternoon: the `ocpp` package's own ChargePoint, with a small HTTP API.

It is meant to be taken as it is, faults included: times without a zone, no handler for DataTransfer, its own words in
the API. `--faults` makes it behave worse than any afternoon can explain.
Run it with `python -m tests.subjects.stranger --port 0 --api-port 0`; it prints one JSON line when it is ready.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any
from urllib.parse import unquote

from ocpp.charge_point import camel_to_snake_case
from ocpp.routing import after, on
from ocpp.v16 import ChargePoint as OcppChargePoint
from ocpp.v16 import call, call_result
from ocpp.v16.enums import Action, AuthorizationStatus, RegistrationStatus
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

CARDS = {
    "GOOD-1": AuthorizationStatus.accepted,
    "GOOD-2": AuthorizationStatus.accepted,
    "BLOCKED-1": AuthorizationStatus.blocked,
    "EXPIRED-1": AuthorizationStatus.expired,
}
CHARGERS: dict[str, ChargePoint] = {}
TRANSACTIONS = count(1)
ZONE = ""


class ChargePoint(OcppChargePoint):
    """What the CSMS does with the messages of one charger."""

    def now(self) -> str:
        return datetime.utcnow().isoformat() + ZONE  # noqa: DTZ003 - the fault that this CSMS is here for

    @on(Action.boot_notification)
    def on_boot(self, charge_point_vendor: str, charge_point_model: str, **rest: Any) -> call_result.BootNotification:
        return call_result.BootNotification(current_time=self.now(), interval=1, status=RegistrationStatus.accepted)

    @on(Action.heartbeat)
    def on_heartbeat(self) -> call_result.Heartbeat:
        return call_result.Heartbeat(current_time=self.now())

    @on(Action.authorize)
    def on_authorize(self, id_tag: str) -> call_result.Authorize:
        return call_result.Authorize(id_tag_info=_info(id_tag))

    @on(Action.start_transaction)
    def on_start(self, connector_id: int, id_tag: str, **rest: Any) -> call_result.StartTransaction:
        return call_result.StartTransaction(transaction_id=next(TRANSACTIONS), id_tag_info=_info(id_tag))

    @on(Action.stop_transaction)
    def on_stop(self, transaction_id: int, **rest: Any) -> call_result.StopTransaction:
        return call_result.StopTransaction()

    @on(Action.status_notification)
    def on_status(self, connector_id: int, error_code: str, status: str, **rest: Any) -> call_result.StatusNotification:
        return call_result.StatusNotification()


def _info(id_tag: str) -> dict[str, Any]:
    return {"status": CARDS.get(id_tag, AuthorizationStatus.invalid)}


class Curious(ChargePoint):
    """Knows what time it is, and asks for the configuration as soon as a charger has booted."""

    def now(self) -> str:
        return datetime.now(UTC).isoformat()

    @after(Action.boot_notification)
    async def after_boot(self, **rest: Any) -> None:
        await self.call(call.GetConfiguration())


class Late(ChargePoint):
    """Believes that it is an hour ago."""

    def now(self) -> str:
        return (datetime.now(UTC) - timedelta(hours=1)).isoformat()


async def on_connect(connection: ServerConnection, kind: type[ChargePoint] = ChargePoint) -> None:
    """Serves one charger until it goes."""
    assert connection.request is not None
    name = unquote(connection.request.path.rstrip("/").rpartition("/")[2])
    charger = CHARGERS[name] = kind(name, connection)
    with suppress(ConnectionClosed):
        await charger.start()


COMMANDS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "start_session": lambda body: call.RemoteStartTransaction(body["card"], body.get("outlet")),
    "stop_session": lambda body: call.RemoteStopTransaction(body["session"]),
    "reboot": lambda body: call.Reset("Hard" if body["hard"] == "Hard" else "Soft"),
    "release_plug": lambda body: call.UnlockConnector(body["outlet"]),
    "read_settings": lambda body: call.GetConfiguration(body.get("names")),
    "write_setting": lambda body: call.ChangeConfiguration(body["name"], body["value"]),
    "set_service": lambda body: call.ChangeAvailability(body["outlet"], body["mode"]),
    "forget_cards": lambda body: call.ClearCache(),
}


def _raw(action: str, body: dict[str, Any]) -> Any:
    """The payload as the caller gave it: POST /raw/CHARGER/remote-start-transaction."""
    name = re.sub(r"(?:^|-)(\w)", lambda match: match[1].upper(), action)
    return getattr(call, name)(**camel_to_snake_case(body))


class Api(BaseHTTPRequestHandler):
    """POST /chargers/CHARGER/COMMAND with a JSON body; the answer of the charger comes back."""

    loop: asyncio.AbstractEventLoop

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "{}")
        kind, charger, command = (unquote(part) for part in self.path.strip("/").split("/"))
        if charger not in CHARGERS:
            return self._tell(HTTPStatus.NOT_FOUND, f"no charger {charger}")
        try:
            request = COMMANDS[command](body) if kind == "chargers" else _raw(command, body)
            asking = asyncio.run_coroutine_threadsafe(CHARGERS[charger].call(request), self.loop)
            return self._tell(HTTPStatus.OK, repr(asking.result()))
        except Exception as error:
            return self._tell(HTTPStatus.INTERNAL_SERVER_ERROR, repr(error))

    def do_GET(self) -> None:
        self._tell(HTTPStatus.OK, "hello")

    def _tell(self, status: HTTPStatus, text: str) -> None:
        answer = json.dumps({"result": text}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


async def silent(connection: ServerConnection) -> None:
    """Reads everything and never answers."""
    async for _ in connection:
        pass


async def hangs_up(connection: ServerConnection) -> None:
    """Answers the boot and closes the connection."""
    id = json.loads(await connection.recv())[1]
    payload = {"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z", "interval": 1}
    await connection.send(json.dumps([3, id, payload]))


async def floods(connection: ServerConnection) -> None:
    """Sends requests that nobody asked for, without end."""
    for number in count():
        await connection.send(json.dumps([2, f"flood-{number}", "Reset", {"type": "Soft"}]))


async def pings(connection: ServerConnection) -> None:
    """Sends pings without end."""
    while not connection.transport.is_closing():
        connection.transport.write(b"\x89\x00" * 1000)
        await asyncio.sleep(0)


async def garbage(connection: ServerConnection) -> None:
    """Answers with everything that is no message."""
    junk = [
        "",
        "[",
        "null",
        "[]",
        "[3]",
        '[3,"x"]',
        "\x00" * 3,
        "[" * 5000,
        b"\xff\xfe",
        '[9,"1",{}]',
        "NaN",
        '{"a":1}',
    ]
    async for _ in connection:
        for text in junk:
            await connection.send(text)


FAULTS: dict[str, Callable[[ServerConnection], Awaitable[None]]] = {
    "none": on_connect,
    "curious": partial(on_connect, kind=Curious),
    "late": partial(on_connect, kind=Late),
    "silent": silent,
    "hangs-up": hangs_up,
    "floods": floods,
    "pings": pings,
    "garbage": garbage,
    "no-subprotocol": on_connect,
}


class Gate:
    """Lets chargers in: the first connection meets the first fault, the next one the next, all later ones the last."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        self.met: dict[ServerConnection, str] = {}

    def request(self, connection: ServerConnection, request: Request) -> Response | None:
        fault = self.met[connection] = self.faults.pop(0) if len(self.faults) > 1 else self.faults[0]
        if fault == "http-500":
            return connection.respond(HTTPStatus.INTERNAL_SERVER_ERROR, "NullPointerException at line 1\n")
        return None

    def subprotocol(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return None if self.met[connection] == "no-subprotocol" else Subprotocol("ocpp1.6")

    async def serve(self, connection: ServerConnection) -> None:
        await FAULTS[self.met[connection]](connection)


async def main(port: int, api_port: int, faults: list[str]) -> None:
    """Serves until the process is ended."""
    Api.loop = asyncio.get_running_loop()
    web = ThreadingHTTPServer(("127.0.0.1", api_port), Api)
    Thread(target=web.serve_forever, daemon=True).start()
    gate = Gate(faults)
    options = {"select_subprotocol": gate.subprotocol, "process_request": gate.request}
    async with serve(gate.serve, "127.0.0.1", port, **options) as server:
        bound = next(iter(server.sockets)).getsockname()[1]
        ready = {"url": f"ws://127.0.0.1:{bound}", "api": f"http://127.0.0.1:{web.server_port}"}
        print(json.dumps(ready), flush=True)  # noqa: T201 - this is how it is started
        await server.serve_forever()


if __name__ == "__main__":
    logging.disable()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--api-port", type=int, default=9001)
    parser.add_argument(
        "--faults", default=["none"], nargs="+", choices=[*FAULTS, "http-500"], help="one per connection"
    )
    parser.add_argument("--zone", default="", help="what is put behind every time; Z mends the worst fault")
    arguments = parser.parse_args()
    ZONE = arguments.zone
    asyncio.run(main(arguments.port, arguments.api_port, arguments.faults))
