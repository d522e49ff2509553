"""The WebSocket side, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from reference_csms.app import Csms
from reference_csms.gateway import Gateway
from reference_csms.passwords import Passwords, hashed
from reference_csms.registry.stations import Station
from reference_csms.settings import Listen, Settings
from tests.reference_csms.conftest import BOOT, FakeClock, until

OCPP = [Subprotocol("ocpp1.6")]
Open = Callable[..., connect]


@pytest.fixture
async def at(csms: Csms) -> AsyncIterator[Open]:
    """Opens a connection to a path below /ocpp/."""
    sock = socket.create_server(("127.0.0.1", 0))
    server = await Gateway(csms, Listen(max_message=2000)).start(sock)
    url = f"ws://127.0.0.1:{sock.getsockname()[1]}"

    def open_at(path: str, **options: object) -> connect:
        given = {"subprotocols": OCPP, "compression": None, "proxy": None, **options}
        return connect(url + path, **given)  # type: ignore[arg-type]

    yield open_at
    server.close()
    await server.wait_closed()


async def boots(ws: ClientConnection) -> str:
    await ws.send(orjson.dumps([2, "b", "BootNotification", BOOT]).decode())
    status: str = orjson.loads(await ws.recv())[2]["status"]
    return status


def basic(user: str, password: bytes) -> dict[str, dict[str, str]]:
    credentials = base64.b64encode(user.encode() + b":" + password).decode()
    return {"additional_headers": {"Authorization": f"Basic {credentials}"}}


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "csms")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


async def refusal(opening: connect) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as refused:
        async with opening:
            pass
    return refused.value


@pytest.mark.parametrize(
    ("identity", "path"), [("CP", "CP"), ("RDAM 123/ä%", "RDAM%20123%2F%C3%A4%25"), ("a:b", "a:b")]
)
async def test_a_registered_station_is_let_in(csms: Csms, at: Open, identity: str, path: str) -> None:
    await csms.stations.put(Station(identity))
    async with at(f"/ocpp/{path}") as ws:
        assert ws.subprotocol == "ocpp1.6"
        assert await boots(ws) == "Accepted"
        assert csms.connected(identity)


@pytest.mark.parametrize(
    "path", ["/ocpp/unknown", "/ocpp/", "/ocpp", "/", "/CP", "/other/CP", "/ocpp/a/CP", "/ocpp/%ff"]
)
async def test_an_unknown_station_gets_404(csms: Csms, at: Open, path: str) -> None:
    assert (await refusal(at(path))).response.status_code == 404
    assert [station.id for station in csms.stations.all()] == ["CP"]


async def test_an_unknown_station_is_registered_if_so_set(csms: Csms, at: Open) -> None:
    csms.settings = replace(csms.settings, accept_unknown=True)
    async with at("/ocpp/new") as ws:
        assert await boots(ws) == "Accepted"
    assert [station.id for station in csms.store.reads.stations()] == ["CP", "new"]


@pytest.mark.parametrize("offered", [None, [Subprotocol("ocpp2.0.1")], [Subprotocol("OCPP1.6")]])
async def test_without_a_common_subprotocol_the_connection_is_opened_and_closed(
    csms: Csms, at: Open, offered: list[Subprotocol] | None
) -> None:
    async with at("/ocpp/CP", subprotocols=offered) as ws:
        assert ws.response is not None
        assert ws.response.status_code == 101
        assert "Sec-WebSocket-Protocol" not in ws.response.headers
        with pytest.raises(ConnectionClosed):
            await ws.recv()
        assert (ws.close_code, ws.close_reason) == (1002, "expected subprotocol ocpp1.6")
    assert not csms.connected("CP")


async def test_ours_is_chosen_among_several_subprotocols(at: Open) -> None:
    async with at("/ocpp/CP", subprotocols=[Subprotocol("foo"), Subprotocol("ocpp2.0.1"), *OCPP]) as ws:
        assert ws.subprotocol == "ocpp1.6"


@pytest.mark.parametrize("password", [b"secret", b"\xff\x00" * 10, "pässword:1".encode()])
async def test_a_station_with_a_password_has_to_give_it(csms: Csms, at: Open, password: bytes) -> None:
    await csms.stations.put(Station("CP"), password_hash=hashed(password))
    for _ in range(2):
        async with at("/ocpp/CP", **basic("CP", password)) as ws:
            assert await boots(ws) == "Accepted"


@pytest.mark.parametrize(
    "options",
    [
        {},
        basic("CP", b"wrong"),
        basic("CP", b""),
        basic("cp", b"secret"),
        {"additional_headers": {"Authorization": "Bearer secret"}},
        {"additional_headers": {"Authorization": "Basic !!"}},
        {"additional_headers": {"Authorization": "Basic Q1A="}},
        {"additional_headers": [("Authorization", "Basic Q1A6c2VjcmV0")] * 2},
    ],
)
async def test_a_wrong_or_missing_password_gets_401(csms: Csms, at: Open, options: dict[str, object]) -> None:
    await csms.stations.put(Station("CP"), password_hash=hashed(b"secret"))
    response = (await refusal(at("/ocpp/CP", **options))).response
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="ocpp", charset="UTF-8"'


async def test_a_changed_password_counts_at_once() -> None:
    passwords = Passwords()
    old, new = hashed(b"old"), hashed(b"new")
    assert await passwords.right(b"old", old)
    assert not await passwords.right(b"old", new)
    assert await passwords.right(b"new", new)
    assert not await passwords.right(b"wrong", old)


async def test_passwords_are_salted_and_not_readable() -> None:
    one, other = hashed(b"secret"), hashed(b"secret")
    assert one != other
    assert "secret" not in one


async def test_a_binary_message_is_no_frame_and_one_that_is_too_long_ends_the_connection(at: Open) -> None:
    async with at("/ocpp/CP") as ws:
        await ws.send(b"\xff")
        await ws.send(b'[2,"x","Heartbeat",{}]')
        assert orjson.loads(await ws.recv())[:3] == [4, "x", "FormationViolation"]
        assert await boots(ws) == "Accepted"
        await ws.send("x" * 2001)
        with pytest.raises(ConnectionClosed):
            await ws.recv()
        assert ws.close_code == 1009


async def test_a_long_answer_and_a_peer_that_does_not_read(csms: Csms, at: Open, clock: FakeClock) -> None:
    async with at("/ocpp/CP", max_queue=1) as ws:
        assert await boots(ws) == "Accepted"
        count = 3000
        unique_id = "i" * 30
        for number in range(count):
            await ws.send(f'[2,"{unique_id}{number}","Heartbeat",{{}}]')
        answers = [orjson.loads(await ws.recv())[1] for _ in range(count)]
        assert answers == [f"{unique_id}{number}" for number in range(count)]


async def test_a_station_is_known_to_be_gone(csms: Csms, at: Open) -> None:
    async with at("/ocpp/CP") as ws:
        await boots(ws)
    await until(lambda: not csms.connected("CP"))


async def test_the_second_connection_is_served_although_the_first_never_answers_the_close(
    csms: Csms, at: Open, settings: Settings
) -> None:
    first = at("/ocpp/CP", close_timeout=0.01)
    async with first as stale:
        await boots(stale)
        stale.transport.pause_reading()
        async with at("/ocpp/CP") as ws, asyncio.timeout(1):
            assert await boots(ws) == "Accepted"
