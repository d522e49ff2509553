"""The ports on which stations reach files: with TLS where stations come with it, unless a setting says otherwise."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.pki import Maker
from reference_csms.app import Csms
from reference_csms.cli import main
from reference_csms.errors import NotAllowedNow
from reference_csms.files.files import Files
from reference_csms.files.serving import _url
from reference_csms.registry.stations import Station
from reference_csms.settings import FileAccess, Listen, TlsAccess
from tests.reference_csms.conftest import Peer

ROOT = Path(__file__).parents[2]
TOKEN = "the-token"
GIVEN = TlsAccess(certificates=(Path("server.pem"),))
BESIDE = TlsAccess(port=9443, names=("csms.example", "localhost"))
BOTH = TlsAccess(port=9443, certificates=(Path("server.pem"),))


@pytest.mark.parametrize(
    ("access", "tls", "host", "port", "url"),
    [
        (FileAccess(), TlsAccess(), "127.0.0.1", 9001, "http://127.0.0.1:9001/files"),
        (FileAccess(), TlsAccess(), "::1", 9001, "http://[::1]:9001/files"),
        (FileAccess(port=9002), TlsAccess(), "csms.example", 9002, "http://csms.example:9002/files"),
        (FileAccess(), TlsAccess(), "0.0.0.0", 9001, None),
        (FileAccess(url="https://c.example/files/"), TlsAccess(), "0.0.0.0", 9001, "https://c.example/files"),
        (FileAccess(port=9002), GIVEN, "csms.example", 9002, "https://csms.example:9002/files"),
        (FileAccess(port=9002), BOTH, "csms.example", 9002, "https://csms.example:9002/files"),
        (FileAccess(port=9002), GIVEN, "0.0.0.0", 9002, None),
        (FileAccess(port=9002), BESIDE, "0.0.0.0", 9002, "https://csms.example:9002/files"),
        (FileAccess(port=9002, plain=True), BESIDE, "127.0.0.1", 9002, "http://127.0.0.1:9002/files"),
        (FileAccess(), BESIDE, "127.0.0.1", 9001, "http://127.0.0.1:9001/files"),
        (FileAccess(), GIVEN, "127.0.0.1", 9001, None),
        (FileAccess(plain=True), GIVEN, "127.0.0.1", 9001, "http://127.0.0.1:9001/files"),
    ],
)
def test_where_stations_find_files(access: FileAccess, tls: TlsAccess, host: str, port: int, url: str | None) -> None:
    assert _url(Listen(host=host, access=access, tls=tls), port) == url


@pytest.mark.parametrize("ports", ["", "0-9", "9-8", "1-65536", "a-b", "5-"])
def test_ports_that_are_none_are_one_line(
    ports: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["reference-csms", "serve", "--ftp-passive-ports", ports])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert capsys.readouterr().err.strip().endswith(f"--ftp-passive-ports: expected FIRST-LAST, received {ports!r}")


@pytest.fixture
def files(csms: Csms, tmp_path: Path) -> Files:
    """A folder for files with an image, and where stations find it without TLS."""
    csms.files.__init__(tmp_path / "files", 1000)  # type: ignore[misc]
    csms.files.url, csms.files.ftp = "http://csms/files", "csms:2121"
    incoming = csms.files.images.incoming("a.bin")
    incoming.write(b"image")
    incoming.keep()
    return csms.files


OURS: list[tuple[str, dict[str, Any]]] = [
    ("update_firmware", {"image": "a.bin"}),
    ("signed_update_firmware", {"image": "a.bin"}),
    ("get_diagnostics", {}),
    ("get_diagnostics", {"protocol": "ftp"}),
    ("get_log", {"logType": "SecurityLog"}),
]


@pytest.mark.parametrize(("name", "order"), OURS)
@pytest.mark.parametrize("profile", [2, 3])
async def test_a_station_that_has_to_use_tls_is_told_of_no_place_of_ours_without_it(
    csms: Csms, peer: Peer, files: Files, profile: int, name: str, order: dict[str, Any]
) -> None:
    await csms.stations.put(Station("CP"), security_profile=profile)
    send = getattr(csms.transfers, name)
    with pytest.raises(NotAllowedNow, match=r"expected https for a station on .* \(security whitepaper L01.FR.08\)"):
        await send("CP", **order)
    assert csms.store.reads.commands() == []
    await send("CP", **order, insist=True)
    await peer.answers({"status": "Accepted"})
    files.plain_for_all = True
    await send("CP", **order)
    await peer.answers({"status": "Accepted"})
    files.plain_for_all = False
    if order.get("protocol") != "ftp":
        files.url = "https://csms/files"
        await send("CP", **order)
        assert '"https://csms/files/' in json.dumps((await peer.answers({"status": "Accepted"}))[3])


@pytest.mark.parametrize("profile", [None, 0, 1])
async def test_other_stations_may_use_any_place_and_operators_name_any(
    csms: Csms, peer: Peer, files: Files, profile: int | None
) -> None:
    await csms.stations.put(Station("CP"), security_profile=profile)
    await csms.transfers.update_firmware("CP", image="a.bin")
    assert (await peer.answers({}))[3]["location"] == "http://csms/files/firmware/a.bin"
    await csms.stations.put(Station("CP"), security_profile=2)
    await csms.transfers.update_firmware("CP", location="ftp://elsewhere/a.bin")
    assert (await peer.answers({}))[3]["location"] == "ftp://elsewhere/a.bin"


@contextlib.contextmanager
def server(folder: Path, *flags: str) -> Iterator[dict[str, Any]]:
    """A server with a port for files; what it tells when it is ready."""
    ports = [text for flag in ("--port", "--api-port", "--files-port", "--ftp-port") for text in (flag, "0")]
    command = [sys.executable, "-m", "reference_csms", "serve", "--db", str(folder / "csms.db"), *ports]
    command += ["--ready-json", "--token", TOKEN, *flags]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 0


def stored_at(told: dict[str, Any]) -> str:
    """Where stations get an image that was just stored."""
    with httpx.Client(base_url=told["api"], headers={"Authorization": f"Bearer {TOKEN}"}) as operator:
        return str(operator.put("/api/firmware/v2.bin", content=b"image").json()["url"])


def test_files_are_served_with_the_certificate_that_was_given(tmp_path: Path) -> None:
    root = Maker().root("CA")
    (tmp_path / "ca.pem").write_text(root.certificate_pem, encoding="utf-8")
    (tmp_path / "server.pem").write_text(Maker().server("127.0.0.1", root).pem, encoding="utf-8")
    certificate = str(tmp_path / "server.pem")
    with server(tmp_path, "--tls-certificate", certificate, "--tls-key", certificate) as told:
        url = stored_at(told)
        assert url.startswith("https://127.0.0.1:")
        with httpx.Client(verify=ssl.create_default_context(cafile=tmp_path / "ca.pem")) as station:
            assert station.get(url).content == b"image"
            assert station.get(url.replace("/files/firmware/v2.bin", "/api/firmware")).status_code == 404
    assert (tmp_path / "csms.files" / "firmware" / "v2.bin").read_bytes() == b"image"


def test_files_are_served_with_certificates_of_our_own_ca_and_never_without_tls(tmp_path: Path) -> None:
    with server(tmp_path, "--tls-port", "0") as told:
        url = stored_at(told)
        assert url.startswith("https://localhost:")
        for suite in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"):
            context = ssl.create_default_context(cafile=told["ca"])
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(suite)
            with httpx.Client(verify=context, trust_env=False) as station:
                assert station.get(url).content == b"image"
        with pytest.raises(httpx.TransportError):
            httpx.get(url.replace("https://", "http://"), trust_env=False)


def test_files_are_served_without_tls_if_that_is_asked_for(tmp_path: Path) -> None:
    with server(tmp_path, "--tls-port", "0", "--plain-files") as told:
        url = stored_at(told)
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(url, trust_env=False).content == b"image"
