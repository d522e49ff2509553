"""The routes about files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from reference_csms.app import Csms
from reference_csms.settings import Settings
from tests.reference_csms.conftest import Peer

COMMAND = "/api/stations/CP/commands"
NOON = "2024-05-01T12:00:00.000Z"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(call_timeout_s=5, files=tmp_path / "files")


@pytest.fixture
def api(csms: Csms, api: AsyncClient) -> AsyncClient:
    """A client with the right token of a server that has an address for files."""
    csms.files.url = "http://csms/files"
    return api


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
