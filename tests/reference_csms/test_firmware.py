"""Orders to move files: which are fit to be sent, and what is made of what the stations say."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from ocppj.schemas import violations
from reference_csms.app import Csms
from reference_csms.commands import firmware
from reference_csms.commands.transfers import OPEN, Retries
from reference_csms.errors import CommandError, InvalidIntent, NotAllowedNow, NotConnected
from reference_csms.files.files import Files
from reference_csms.files.signing import Signer, verified
from tests.reference_csms.conftest import FakeClock, Peer

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
URL = "https://files.example.com/a.bin"
SIGNATURE = base64.b64encode(b"signature").decode()


@pytest.fixture
def files(csms: Csms, tmp_path: Path) -> Files:
    """A folder for files, and where stations find it."""
    csms.files.__init__(tmp_path / "files", 1000)  # type: ignore[misc]
    csms.files.url, csms.files.ftp = "http://csms/files", "csms:2121"
    return csms.files


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A signing certificate as PEM."""
    folder = tmp_path_factory.mktemp("signer")
    (folder / "image").write_bytes(b"image")
    return asyncio.run(Signer(folder).sign(folder / "image", datetime.now(UTC))).certificate


def signed(certificate: str, **other: Any) -> dict[str, Any]:
    fields = {"location": URL, "retrieveDateTime": NOW, "signingCertificate": certificate, "signature": SIGNATURE}
    return fields | other


def test_what_an_operator_wants_becomes_a_valid_request(certificate: str) -> None:
    update = firmware.update_firmware(location="ftp://u:p@h:21/a", retrieveDate=NOW, retries=0, retryInterval=60)
    assert update.payload == {
        "location": "ftp://u:p@h:21/a",
        "retrieveDate": "2024-05-01T12:00:00.000Z",
        "retries": 0,
        "retryInterval": 60,
    }
    diagnostics = firmware.get_diagnostics(location=URL, startTime=NOW, stopTime=NOW)
    assert diagnostics.payload["startTime"] == diagnostics.payload["stopTime"] == "2024-05-01T12:00:00.000Z"
    log = firmware.get_log(requestId=7, logType="SecurityLog", remoteLocation=URL, latestTimestamp=LATER)
    assert log.payload == {
        "requestId": 7,
        "logType": "SecurityLog",
        "log": {"remoteLocation": URL, "latestTimestamp": "2024-05-01T13:00:00.000Z"},
    }
    secure = firmware.signed_update_firmware(requestId=8, **signed(certificate, installDateTime=LATER))
    assert secure.payload["firmware"]["installDateTime"] == "2024-05-01T13:00:00.000Z"
    for request in (update, diagnostics, log, secure):
        assert violations(request.action, "req", request.payload) == []


@pytest.mark.parametrize(
    "location", ["", "a.bin", "/a.bin", "https:///a", "http://h:0/", "http://h:x/", "http://h/a b"]
)
def test_a_location_that_is_no_uri_is_refused_with_the_rule(location: str, certificate: str) -> None:
    expected = r": expected a URI such as https://host/path \((OCPP 1.6 §6|security whitepaper §6)\.\d+\), received '"
    with pytest.raises(InvalidIntent, match="UpdateFirmware location" + expected):
        firmware.update_firmware(location=location, retrieveDate=NOW)
    with pytest.raises(InvalidIntent, match="GetDiagnostics location" + expected):
        firmware.get_diagnostics(location=location)
    with pytest.raises(InvalidIntent, match="GetLog log.remoteLocation" + expected):
        firmware.get_log(requestId=1, logType="SecurityLog", remoteLocation=location)
    with pytest.raises(InvalidIntent, match="SignedUpdateFirmware firmware.location" + expected):
        firmware.signed_update_firmware(requestId=1, **signed(certificate, location=location))


def test_a_location_has_a_protocol_that_ocpp_names() -> None:
    line = (
        "GetDiagnostics location: expected a URI with one of the schemes ftp, ftps, http, https, sftp"
        " (OCPP 1.6 errata v4.0 §3.88), received 'gopher'"
    )
    with pytest.raises(InvalidIntent) as caught:
        firmware.get_diagnostics(location="gopher://host/")
    assert str(caught.value) == line


def test_times_in_the_wrong_order_and_negative_numbers_are_refused(certificate: str) -> None:
    with pytest.raises(InvalidIntent, match=r"stopTime: expected a time not before startTime 2024-05-01T13"):
        firmware.get_diagnostics(location=URL, startTime=LATER, stopTime=NOW)
    with pytest.raises(InvalidIntent, match="latestTimestamp: expected a time not before oldestTimestamp"):
        firmware.get_log(
            requestId=1, logType="SecurityLog", remoteLocation=URL, oldestTimestamp=LATER, latestTimestamp=NOW
        )
    with pytest.raises(InvalidIntent, match=r"installDateTime: expected a time not before .* \(security whitepaper"):
        firmware.signed_update_firmware(requestId=1, **signed(certificate, retrieveDateTime=LATER, installDateTime=NOW))
    with pytest.raises(InvalidIntent, match="UpdateFirmware retries: expected at least 0, received -1"):
        firmware.update_firmware(location=URL, retrieveDate=NOW, retries=-1)
    with pytest.raises(InvalidIntent, match="GetDiagnostics retryInterval: expected at least 0, received -1"):
        firmware.get_diagnostics(location=URL, retryInterval=-1)


def test_a_certificate_is_one_certificate_and_a_signature_is_base64(certificate: str) -> None:
    broken = certificate.replace("M", "!", 1)
    for pem, received in (("", "none"), ("no PEM", "none"), (broken, "none"), (certificate * 2, "2")):
        with pytest.raises(InvalidIntent, match=rf"one X.509 certificate as PEM .*L01.FR.11\), received {received}$"):
            firmware.signed_update_firmware(requestId=1, **signed(pem))
    for signature in ("", "%%%", "ä", SIGNATURE + "="):
        with pytest.raises(InvalidIntent, match=r"expected a signature in base64 .*L01.FR.09\), received '"):
            firmware.signed_update_firmware(requestId=1, **signed(certificate, signature=signature))
    with pytest.raises(InvalidIntent, match=r"SignedUpdateFirmware firmware\.signature: "):
        firmware.signed_update_firmware(requestId=1, **signed(certificate, signature="A" * 804))


async def test_an_update_is_followed_to_its_end(csms: Csms, peer: Peer, clock: FakeClock) -> None:
    sent = await csms.transfers.update_firmware("CP", location=URL, retries=Retries(3, 10))
    call = await peer.answers({})
    assert call[2:] == [
        "UpdateFirmware",
        {"location": URL, "retrieveDate": "2024-05-01T12:00:00.000Z", "retries": 3, "retryInterval": 10},
    ]
    await sent.ended()
    for status in ("Downloading", "Downloaded", "Installing", "Installed"):
        clock.move(seconds=1)
        assert await peer.calls("FirmwareStatusNotification", status=status) == {}
    await peer.calls("FirmwareStatusNotification", status="Idle")
    [found] = csms.store.transfers.transfers(station="CP", action="UpdateFirmware")
    assert found["status"] == "Installed"
    assert (found["command"], found["state"], found["requestId"], found["file"]) == (sent.id, "answered", None, None)
    assert [each["status"] for each in found["statuses"]] == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert found["statuses"][0]["receivedAt"] == "2024-05-01T12:00:01.000Z"
    newest = csms.store.transfers.progress(station="CP", limit=2)
    assert [(each["status"], each["transferId"]) for each in newest] == [("Idle", None), ("Installed", 1)]


async def test_a_status_belongs_to_the_request_it_names(csms: Csms, peer: Peer, certificate: str) -> None:
    numbers = []
    for _ in range(2):
        await csms.transfers.get_log("CP", logType="SecurityLog", remoteLocation=URL)
        numbers.append((await peer.answers({"status": "Accepted", "filename": "s.log"}))[3]["requestId"])
    await csms.transfers.signed_update_firmware("CP", location=URL, signingCertificate=certificate, signature=SIGNATURE)
    numbers.append((await peer.answers({"status": "Accepted"}))[3]["requestId"])
    assert len(set(numbers)) == 3
    first, second, update = numbers
    await peer.calls("LogStatusNotification", status="Uploading", requestId=first)
    await peer.calls("LogStatusNotification", status="Uploaded", requestId=first)
    await peer.calls("LogStatusNotification", status="PermissionDenied", requestId=second)
    await peer.calls("LogStatusNotification", status="Uploading", requestId=update)
    await peer.calls("SignedFirmwareStatusNotification", status="InvalidSignature", requestId=update)
    found = {each["requestId"]: each for each in csms.store.transfers.transfers(station="CP")}
    assert {number: found[number]["status"] for number in numbers} == {
        first: "Uploaded",
        second: "PermissionDenied",
        update: "InvalidSignature",
    }
    assert (found[first]["answer"], found[first]["fileName"]) == ("Accepted", "s.log")
    [*_, stray] = reversed(csms.store.transfers.progress(notification="LogStatusNotification"))
    assert stray["transferId"] is None


async def test_a_location_of_our_own_is_open_for_one_station_and_a_day(
    csms: Csms, peer: Peer, files: Files, clock: FakeClock
) -> None:
    await csms.transfers.get_diagnostics("CP")
    location = (await peer.answers({"fileName": "d.zip"}))[3]["location"]
    await csms.transfers.get_log("CP", logType="DiagnosticsLog", protocol="ftp")
    ftp = (await peer.answers({"status": "Accepted"}))[3]["log"]["remoteLocation"]
    assert location.startswith("http://csms/files/uploads/")
    upload = location.split("/")[-2]
    assert ftp.endswith(":upload@csms:2121/")
    assert csms.transfers.open(upload)
    assert not csms.transfers.open("another")
    clock.move(seconds=OPEN.total_seconds() + 1)
    assert not csms.transfers.open(upload)


async def test_nothing_is_kept_of_an_order_that_is_not_sent(csms: Csms, files: Files) -> None:
    with pytest.raises(NotConnected):
        await csms.transfers.get_diagnostics("CP", location=URL)
    assert csms.store.transfers.transfers() == []


async def test_a_protocol_that_the_station_does_not_have_is_refused(csms: Csms, peer: Peer) -> None:
    asked = await csms.commands.get_configuration("CP")
    entry = {"key": "SupportedFileTransferProtocols", "readonly": True, "value": "FTP, HTTP"}
    await peer.answers({"configurationKey": [entry]})
    await asked.ended()
    with pytest.raises(NotAllowedNow, match=r"SupportedFileTransferProtocols ftp, http .* received https; with insist"):
        await csms.transfers.update_firmware("CP", location=URL)
    await csms.transfers.update_firmware("CP", location=URL, insist=True)
    assert (await peer.answers({}))[2] == "UpdateFirmware"
    await csms.transfers.get_diagnostics("CP", location="ftp://host/")
    assert (await peer.answers({}))[2] == "GetDiagnostics"


async def test_a_stored_image_is_signed_by_the_server_and_others_signatures_are_checked(
    csms: Csms, peer: Peer, files: Files, certificate: str
) -> None:
    incoming = files.images.incoming("a.bin")
    incoming.write(b"firmware")
    incoming.keep()
    await csms.transfers.signed_update_firmware("CP", image="a.bin")
    sent = (await peer.answers({"status": "Accepted"}))[3]["firmware"]
    assert sent["location"] == "http://csms/files/firmware/a.bin"
    assert verified(files.image("a.bin"), sent["signature"], sent["signingCertificate"])
    usage = x509.load_pem_x509_certificate(sent["signingCertificate"].encode()).extensions
    assert usage.get_extension_for_class(x509.KeyUsage).value.digital_signature
    assert (files.root / "signing-key.pem").stat().st_mode & 0o777 == 0o600
    given = {"signature": SIGNATURE, "signingCertificate": sent["signingCertificate"]}
    with pytest.raises(NotAllowedNow, match=r"expected one over a.bin by the key .*A00.FR.706.*; with insist"):
        await csms.transfers.signed_update_firmware("CP", image="a.bin", **given)
    await csms.transfers.signed_update_firmware("CP", image="a.bin", **given, insist=True)
    assert (await peer.answers({"status": "Accepted"}))[3]["firmware"]["signature"] == SIGNATURE


@pytest.mark.parametrize(
    ("order", "line"),
    [
        ({}, "location: expected it or image, received neither"),
        ({"location": URL, "image": "a.bin"}, "location: expected it or image, received both"),
        ({"image": "a.bin"}, "image: expected the name of a stored firmware image, received 'a.bin'"),
        ({"image": "../a"}, "image: expected the name of a stored firmware image, received '../a'"),
        ({"location": URL}, "or a stored image for the CSMS to sign, received neither"),
        ({"location": URL, "signature": SIGNATURE}, "or a stored image for the CSMS to sign, received one of them"),
    ],
)
async def test_an_order_says_what_is_to_be_installed(
    csms: Csms, peer: Peer, files: Files, order: dict[str, Any], line: str
) -> None:
    with pytest.raises(CommandError, match=line):
        await csms.transfers.signed_update_firmware("CP", **order)


async def test_without_a_folder_or_an_address_nothing_of_ours_is_offered(csms: Csms, peer: Peer) -> None:
    with pytest.raises(NotAllowedNow, match="files: expected a folder to keep files in"):
        await csms.transfers.update_firmware("CP", image="a.bin")
    with pytest.raises(
        NotAllowedNow, match=r"protocol: expected one that this server serves, received 'ftp'; --ftp-port"
    ):
        await csms.transfers.get_diagnostics("CP", protocol="ftp")
