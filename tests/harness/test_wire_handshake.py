"""Opening a connection: what is asked of the server, and every way in which it can fail, over real sockets."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request

from harness.approach import Approach, password_bytes
from harness.clock import Clock
from harness.evidence import Evidence
from harness.refusal import NotConnected
from harness.results import Verdict
from harness.rules.observed import Memory
from harness.station import Station
from harness.wire import WebSocketDialer
from tests.harness.servers import answering, refusal, serving
from tests.subjects.world import ENVIRONMENT


async def idle(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def asked(station_id: str, password: str | None = None, path: str = "/ocpp") -> Request:
    """The handshake that a server gets to see."""
    seen: list[Request | None] = []

    async def note(connection: ServerConnection) -> None:
        seen.append(connection.request)

    async with serving(note) as url:
        link = await WebSocketDialer().connect(station_id, Approach(url + path, password))
        assert link.subprotocol == "ocpp1.6"
        await link.close()
    assert seen[0] is not None
    return seen[0]


@pytest.mark.parametrize(
    ("station_id", "path"),
    [
        ("CP1", "/ocpp/CP1"),
        ("CP 001#A", "/ocpp/CP%20001%23A"),
        ("a/b?c=d%", "/ocpp/a%2Fb%3Fc%3Dd%25"),
        ("Säule+1", "/ocpp/S%C3%A4ule%2B1"),
    ],
)
async def test_the_identity_is_the_last_segment_percent_encoded(station_id: str, path: str) -> None:
    assert (await asked(station_id)).path == path


async def test_a_slash_at_the_end_of_the_url_is_not_doubled() -> None:
    assert (await asked("CP1", path="/ocpp/")).path == "/ocpp/CP1"


async def test_only_ocpp_16_is_offered_without_compression_and_without_credentials() -> None:
    headers = (await asked("CP1")).headers
    assert headers["Sec-WebSocket-Protocol"] == "ocpp1.6"
    assert "Sec-WebSocket-Extensions" not in headers
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("password", "token"),
    [
        ("secret", "Q1AxOnNlY3JldA=="),
        ("pä:ss", "Q1AxOnDDpDpzcw=="),
        ("0123456789ABCDEF0123456789abcdef", "Q1AxOgEjRWeJq83vASNFZ4mrze8="),
    ],
)
async def test_basic_auth_names_the_station_and_its_key(password: str, token: str) -> None:
    assert (await asked("CP1", password)).headers["Authorization"] == f"Basic {token}"


@pytest.mark.parametrize(
    ("password", "key"),
    [
        ("00" * 16, bytes(16)),
        ("ff" * 20, b"\xff" * 20),
        ("0" * 33, b"0" * 33),
        ("0" * 30, b"0" * 30),
        ("0" * 42, b"0" * 42),
        ("g" * 32, b"g" * 32),
        ("00 " * 11 + "0", b"00 " * 11 + b"0"),
        ("", b""),
    ],
)
def test_a_key_of_32_to_40_hexadecimal_digits_is_sent_as_bytes(password: str, key: bytes) -> None:
    assert password_bytes(password) == key


async def test_the_facts_of_the_handshake_are_kept() -> None:
    async with serving(idle, server_header="Kestrel") as url:
        link = await WebSocketDialer().connect("CP1", Approach(url))
        assert link.facts == {"subprotocol": "ocpp1.6", "server": "Kestrel"}
        await link.close()
    async with serving(idle, subprotocol=None, server_header=None) as url:
        link = await WebSocketDialer().connect("CP1", Approach(url))
        assert link.subprotocol is None
        assert link.facts == {"subprotocol": "none"}
        await link.close()


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "password of [environment] must be the station's password at the CSMS"),
        (403, "the CSMS refuses this station on security profile 0"),
        (404, "station_id of [environment] must be known to the CSMS"),
        (503, "expected HTTP 101 (WebSocket), received HTTP 503"),
    ],
)
async def test_a_refusal_tells_the_status_and_what_to_look_at(status: int, hint: str) -> None:
    def refuse(connection: ServerConnection, request: Request) -> object:
        return connection.respond(HTTPStatus(status), "no")

    async with serving(idle, process_request=refuse) as url:
        error = await refusal(url)
    assert (error.kind, error.status) == ("refused", status)
    assert hint in str(error)


REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
ANSWERS = [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "refused", "received HTTP 200$"),
    (REDIRECT % b"http://login/", "refused", "received HTTP 302; it redirects to http://login/$"),
    (REDIRECT % b"/CP1", "refused", "received HTTP 302; it redirects to /CP1$"),
    (b"", "handshake", "received a closed connection; a port that speaks TLS needs wss$"),
    (b"SSH-2.0-OpenSSH\r\n", "handshake", "received something else; a port that speaks TLS needs wss$"),
    (SWITCH + b"Sec-WebSocket-Accept: x\r\n\r\n", "handshake", "received invalid Sec-WebSocket-Accept header: x$"),
    (SWITCH + b"\r\n", "handshake", "received missing Sec-WebSocket-Accept header$"),
]


@pytest.mark.parametrize(("answer", "kind", "text"), ANSWERS)
async def test_what_is_no_websocket_server_is_told_in_a_line(answer: bytes, kind: str, text: str) -> None:
    async with answering(answer) as url:
        error = await refusal(url)
    assert error.kind == kind
    assert re.search(text, str(error))


async def test_a_server_that_never_answers_is_given_up() -> None:
    async with answering(None) as url:
        error = await refusal(url, 0.05)
    assert error.kind == "unreachable"
    assert str(error).endswith("expected a WebSocket within 0.05 s, received no answer")


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("no-such-host.invalid", "expected a server, received a host name that cannot be resolved"),
        ("a" * 64 + ".example", "expected a server, received a host name that cannot be resolved"),
    ],
)
async def test_an_unknown_host_is_told(host: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unresolved(*args: object, **kwargs: object) -> object:
        host.encode("idna")
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unresolved)
    error = await refusal(f"ws://{host}:80")
    assert error.kind == "unreachable"
    assert text in str(error)


async def test_a_refused_connection_is_told() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = await refusal(f"ws://127.0.0.1:{unused.getsockname()[1]}")
    assert error.kind == "unreachable"
    assert str(error).endswith("expected a server, received connection refused")


@pytest.mark.parametrize(("chosen", "received"), [(None, "nothing"), ("ocpp2.0.1", "ocpp2.0.1")])
async def test_another_subprotocol_than_the_offered_one_fails_the_case(chosen: str | None, received: str) -> None:
    def choose(connection: ServerConnection, offered: object) -> str | None:
        return chosen

    evidence = Evidence("TC", clock=Clock())
    async with serving(idle, select_subprotocol=choose) as url:
        environment = replace(ENVIRONMENT, url=url)
        station = Station(evidence, environment, WebSocketDialer(), sources=lambda *key: None, memory=Memory())
        with suppress(NotConnected):
            await station.connects()
        await station.leaves()
    result = evidence.result(None)
    assert (result.verdict, result.failed[0].rule) == (Verdict.FAIL, "OCPPJ-3.2-06")
    assert (result.failed[0].expected, result.failed[0].received) == ("'ocpp1.6'", received)


async def test_a_subprotocol_that_was_not_offered_ends_the_handshake() -> None:
    async with serving(idle, select_subprotocol=lambda connection, offered: "ocpp2.0.1") as url:
        error = await refusal(url)
    assert (error.kind, error.subprotocol) == ("handshake", "ocpp2.0.1")
    assert str(error).endswith("expected subprotocol ocpp1.6, received ocpp2.0.1")
