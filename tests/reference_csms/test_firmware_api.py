"""The routes about files, and the ports on which stations reach them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from harness.pki import Maker
from reference_csms.api.app import make_api
from reference_csms.app import Csms
from reference_csms.cli import main
from reference_csms.files.serving import _url
from reference_csms.settings import FileAccess, Listen, Settings
from tests.reference_csms.conftest import Peer

ROOT = Path(__file__).parents[2]
TOKEN = "the-token"
COMMAND = "/api/stations/CP/commands"
NOON = "2024-05-01T12:00:00.000Z"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(call_timeout_s=5, files=tmp_path / "files")


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The application, which is slow to make; each test puts its own Central System behind it."""
    return make_api(cast("Csms", None), hashlib.sha256(TOKEN.encode()).hexdigest())


@pytest.fixture
async def api(csms: Csms, app: FastAPI) -> AsyncIterator[AsyncClient]:
    """A client with the right token."""
    app.state.csms = csms
    csms.files.url = "http://csms/files"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with AsyncClient(transport=ASGITransport(app), base_url="http://csms", headers=headers) as client:
        yield client


async def sent(api: AsyncClient, peer: Peer, name: str, answer: Any, **body: Any) -> tuple[dict[str, Any], Any]:
    """What the operator is answered and what the station got."""
    waiting = asyncio.create_task(api.post(f"{COMMAND}/{name}?wait=5", json=body))
    call = await peer.answers(answer)
    response = await waiting
    assert response.status_code == 200, response.text
    return response.json(), call[3]


async def test_an_update_is_ordered_and_followed(api: AsyncClient, peer: Peer) -> None:
    await api.put("/api/firmware/v2.bin", content=b"image")
    command, request = await sent(api, peer, "update-firmware", {}, image="v2.bin", retries=2, retryInterval=5)
    assert request == {
        "location": "http://csms/files/firmware/v2.bin",
        "retrieveDate": NOON,
        "retries": 2,
        "retryInterval": 5,
    }
    await peer.calls("FirmwareStatusNotification", status="Downloading")
    await peer.calls("FirmwareStatusNotification", status="Idle")
    [found] = (await api.get("/api/stations/CP/transfers?action=UpdateFirmware")).json()
    assert found["command"] == command["id"]
    assert (found["status"], found["state"], found["requestId"]) == ("Downloading", "answered", None)
    progress = (await api.get("/api/stations/CP/progress?limit=1")).json()
    assert [(each["status"], each["transferId"]) for each in progress] == [("Idle", None)]
    assert (await api.get("/api/stations/CP/progress?notification=LogStatusNotification")).json() == []
    assert (await api.get("/api/stations/CP/progress?notification=Nonsense")).status_code == 422
    assert (await api.get("/api/transfers/99")).status_code == 404
    assert (await api.get(f"/api/transfers/{found['transferId']}/file")).status_code == 404


async def test_signed_firmware_diagnostics_and_logs_are_ordered(api: AsyncClient, peer: Peer) -> None:
    await api.put("/api/firmware/v2.bin", content=b"image")
    answer = {"status": "Accepted"}
    _, request = await sent(
        api, peer, "signed-update-firmware", answer, image="v2.bin", installDateTime="2024-05-02T12:00:00+02:00"
    )
    assert request["firmware"]["installDateTime"] == "2024-05-02T10:00:00.000Z"
    assert request["firmware"]["retrieveDateTime"] == NOON
    _, other = await sent(
        api, peer, "get-log", answer, logType="DiagnosticsLog", oldestTimestamp="2024-05-01T00:00:00", retries=1
    )
    assert (other["logType"], other["retries"]) == ("DiagnosticsLog", 1)
    assert other["log"]["oldestTimestamp"] == "2024-05-01T00:00:00.000Z"
    assert other["requestId"] != request["requestId"]
    period = {"startTime": "2024-05-01T00:00:00Z", "stopTime": "2024-05-01T01:00:00Z"}
    _, diagnostics = await sent(api, peer, "get-diagnostics", {}, location="ftp://h/d/", **period)
    assert diagnostics["location"] == "ftp://h/d/"
    found = (await api.get(f"/api/stations/CP/transfers?requestId={other['requestId']}")).json()
    assert [each["action"] for each in found] == ["GetLog"]


@pytest.mark.parametrize(
    ("name", "body", "status", "line"),
    [
        ("update-firmware", {"location": "v2.bin"}, 422, "UpdateFirmware location: expected a URI"),
        ("update-firmware", {"image": "none.bin"}, 409, "image: expected the name of a stored firmware image"),
        ("update-firmware", {}, 422, "location: expected it or image, received neither"),
        ("get-diagnostics", {"protocol": "ftp"}, 409, "protocol: expected one that this server serves, received 'ftp'"),
        ("get-diagnostics", {"protocol": "sftp"}, 422, "protocol: "),
        ("get-log", {"logType": "Log"}, 422, "logType: "),
        (
            "signed-update-firmware",
            {"location": "https://h/a", "signature": "c2ln", "signingCertificate": "no PEM"},
            422,
            "SignedUpdateFirmware firmware.signingCertificate: expected one X.509 certificate as PEM (security",
        ),
    ],
)
async def test_a_refusal_is_one_line(
    api: AsyncClient, peer: Peer, name: str, body: dict[str, Any], status: int, line: str
) -> None:
    response = await api.post(f"{COMMAND}/{name}", json=body)
    assert response.status_code == status
    assert response.json()["detail"].startswith(line)
    assert "\n" not in response.json()["detail"]


@pytest.mark.parametrize(
    ("access", "host", "port", "url"),
    [
        (FileAccess(), "127.0.0.1", 9001, "http://127.0.0.1:9001/files"),
        (FileAccess(), "::1", 9001, "http://[::1]:9001/files"),
        (FileAccess(port=9002), "csms.example", 9002, "http://csms.example:9002/files"),
        (FileAccess(), "0.0.0.0", 9001, None),
        (FileAccess(url="https://csms.example/csms/files/"), "0.0.0.0", 9001, "https://csms.example/csms/files"),
    ],
)
def test_where_stations_find_files(access: FileAccess, host: str, port: int, url: str | None) -> None:
    assert _url(Listen(host=host, access=access), port) == url


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
def server(tmp_path: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """A server with a port for files over TLS and one for FTP; what it tells, and the CA of its certificate."""
    root = Maker().root("CA")
    (tmp_path / "ca.pem").write_text(root.certificate_pem, encoding="utf-8")
    (tmp_path / "server.pem").write_text(Maker().server("127.0.0.1", root).pem, encoding="utf-8")
    flags = ["--port", "0", "--api-port", "0", "--files-port", "0", "--ftp-port", "0", "--ready-json"]
    certificate = str(tmp_path / "server.pem")
    flags += ["--token", TOKEN, "--tls-certificate", certificate, "--tls-key", certificate]
    command = [sys.executable, "-m", "reference_csms", "serve", "--db", str(tmp_path / "csms.db"), *flags]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield json.loads(process.stdout.readline()), tmp_path / "ca.pem"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_files_are_served_over_tls_from_a_port_of_their_own(server: tuple[dict[str, Any], Path]) -> None:
    told, authority = server
    with httpx.Client(base_url=told["api"], headers={"Authorization": f"Bearer {TOKEN}"}) as operator:
        url = operator.put("/api/firmware/v2.bin", content=b"image").json()["url"]
    assert url.startswith("https://127.0.0.1:")
    with httpx.Client(verify=ssl.create_default_context(cafile=authority)) as station:
        assert station.get(url).content == b"image"
        assert station.get(url.replace("/files/firmware/v2.bin", "/api/firmware")).status_code == 404
    assert (authority.parent / "csms.files" / "firmware" / "v2.bin").read_bytes() == b"image"
