"""Opening a connection over TLS: whom we trust, what the server thinks of us, and how each is told."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from harness.approach import Approach
from harness.errors import UsageError
from harness.pki import Maker
from harness.refusal import explained
from harness.wire import WebSocketDialer
from tests.harness.servers import answering, certificate, refusal, serving, shaking


async def idle(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def test_tls_with_a_given_ca(tmp_path: Path) -> None:
    async with serving(idle, ssl=certificate(tmp_path)) as url:
        link = await WebSocketDialer().connect("CP1", Approach(url, ca_file=tmp_path / "ca.pem"))
        assert link.facts["tls"] == "TLSv1.3"
        assert link.facts["cipher"]
        await link.close()


async def test_tls_with_an_unknown_ca(tmp_path: Path) -> None:
    async with serving(idle, ssl=certificate(tmp_path)) as url:
        error = await refusal(url)
    assert (error.kind, error.untrusted) == ("tls", "issuer")
    assert "a certificate that is not trusted" in str(error)
    assert str(error).endswith("; ca_file of [environment] names the CA that signed the server's certificate")


async def test_tls_for_another_host(tmp_path: Path) -> None:
    async with serving(idle, ssl=certificate(tmp_path, "127.0.0.2")) as url:
        error = await refusal(url, ca_file=tmp_path / "ca.pem")
    assert (error.kind, error.untrusted) == ("tls", "host")
    assert "IP address mismatch" in str(error)
    assert str(error).endswith("; url of [environment] has to name a host that the server's certificate names")


async def test_tls_to_a_plain_server(tmp_path: Path) -> None:
    async with serving(idle) as url:
        error = await refusal(url.replace("ws:", "wss:"))
    assert error.kind == "tls"
    assert str(error).endswith("a plain port needs ws")


async def test_plain_to_a_tls_server(tmp_path: Path) -> None:
    async with serving(idle, ssl=certificate(tmp_path)) as url:
        error = await refusal(url.replace("wss:", "ws:"))
    assert error.kind == "handshake"
    assert str(error).endswith("a port that speaks TLS needs wss")


async def test_a_file_without_certificates_is_the_callers_fault(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(UsageError, match=r"ca\.pem: expected PEM certificates of the CA, received "):
        await WebSocketDialer().connect("CP1", Approach("wss://127.0.0.1:1", ca_file=tmp_path / "ca.pem"))


@pytest.mark.parametrize(("answer", "silent"), [(None, True), (b"", False)])
async def test_a_server_that_keeps_silent_is_told_from_one_that_closes(answer: bytes | None, silent: bool) -> None:
    async with answering(answer) as url:
        flight = await WebSocketDialer(0.2).greet(Approach(url), b"hello")
    assert (flight.silent, flight.version, flight.refusal) == (silent, "", "")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_tls_alert_is_told_by_its_name_whenever_it_comes(tmp_path: Path, version: ssl.TLSVersion) -> None:
    context = certificate(tmp_path)
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(tmp_path / "ca.pem")
    unknown = Maker().station("SN-1", None).pem
    async with shaking(context) as url:
        error = await refusal(url, ca_file=tmp_path / "ca.pem", credential=unknown)
    assert (error.kind, error.untrusted, error.received) == ("tls", None, "the TLS alert unknown ca")


async def test_a_tls_server_that_hangs_up_has_sent_no_alert(tmp_path: Path) -> None:
    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(hangs_up, "127.0.0.1", 0, ssl=certificate(tmp_path))
    async with server:
        url = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        error = await refusal(url, ca_file=tmp_path / "ca.pem")
    assert error.kind == "handshake"
    assert error.received == "a connection that was closed without an alert"


def test_a_certificate_that_is_bad_in_itself_is_no_matter_of_the_settings() -> None:
    expired = ssl.SSLCertVerificationError()
    expired.verify_code, expired.verify_message = 10, "certificate has expired"
    error = explained(expired, Approach("wss://h", place="[x]"), "wss://h/CP1", 5)
    assert error.untrusted == "certificate"
    assert str(error).endswith("received a certificate that is not trusted (certificate has expired)")


@pytest.mark.parametrize(
    ("status", "certificate", "hint"),
    [
        (401, None, "password of [x] must be"),
        (403, None, "refuses this station on security profile 2"),
        (403, "PEM", "client_certificate of [x] must be the one"),
        (404, None, "station_id of [x] must be known"),
    ],
)
def test_a_refusal_names_the_table_of_the_settings(status: int, certificate: str | None, hint: str) -> None:
    refused = InvalidStatus(Response(status, "", Headers()))
    error = explained(refused, Approach("wss://h", certificate=certificate, place="[x]"), "wss://h/CP1", 5)
    assert hint in str(error)
