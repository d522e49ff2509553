"""Files on disk, over HTTP and over FTP: whole, within limits, and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import ftplib
import hashlib
import io
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from reference_csms.app import Csms
from reference_csms.domain.cards import Card
from reference_csms.files.folder import Folder, TooLarge, shown_name
from reference_csms.files.ftp import FtpServer
from reference_csms.registry.stations import Station
from reference_csms.settings import Settings
from reference_csms.store.database import open_store
from tests.reference_csms.conftest import TOKEN, FakeClock, Peer

LIMIT = 1000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(call_timeout_s=5, files=tmp_path / "files", max_file=LIMIT)


@pytest.fixture
async def csms(clock: FakeClock, settings: Settings, tmp_path: Path) -> AsyncIterator[Csms]:
    """A Central System on a file, as threads need it."""
    made = Csms(open_store(tmp_path / "csms.db"), clock, settings)
    made.files.url = "http://csms/files"
    await made.cards.put(Card("CARD"))
    await made.stations.put(Station("CP"))
    yield made
    await made.close()


@pytest.fixture
async def location(csms: Csms, peer: Peer) -> str:
    """Where station CP is to put its diagnostics."""
    await csms.transfers.get_diagnostics("CP")
    return str((await peer.answers({"fileName": "d.zip"}))[3]["location"])


def on_disk(csms: Csms) -> dict[str, bytes]:
    """Every file below the folder for files."""
    root = csms.files.root
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_file_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "kept", 5)
    incoming = folder.incoming("a")
    incoming.write(b"123")
    assert folder.path("a") is None
    assert incoming.keep() == (3, hashlib.sha256(b"123").hexdigest())
    incoming.drop()
    path = folder.path("a")
    assert path is not None
    assert path.read_bytes() == b"123"
    assert path.stat().st_mode & 0o77 == 0
    larger = folder.incoming("a")
    larger.write(b"12345")
    with pytest.raises(TooLarge, match="at most 5 bytes"):
        larger.write(b"6")
    larger.drop()
    assert path.read_bytes() == b"123"
    folder.incoming("b").close()
    assert [path.name for path in Folder(tmp_path / "kept", 5).all()] == ["a"]
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["a"]
    assert (folder.remove("a"), folder.remove("a")) == (True, False)


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "/a", "a\\b", ".hidden", "a\0b", "a b", "ä", "x" * 129])
def test_a_name_that_is_no_plain_file_name_has_no_place(tmp_path: Path, name: str) -> None:
    folder = Folder(tmp_path, 5)
    with pytest.raises(ValueError, match="expected a file name of letters, digits"):
        folder.incoming(name)
    assert folder.path(name) is None


def test_a_link_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    folder = Folder(tmp_path / "kept", 5)
    (tmp_path / "kept" / "link").symlink_to(tmp_path / "secret")
    assert folder.path("link") is None
    assert folder.all() == []


def test_what_a_station_calls_its_file_is_shown_without_folders() -> None:
    assert shown_name("../../etc/passwd") == "passwd"
    assert shown_name("C:\\logs\\a b.zip") == "a b.zip"
    assert shown_name("a\r\nX: y") == "aX: y"
    assert len(shown_name("x" * 300)) == 255


async def test_a_station_gets_an_image_and_parts_of_it(api: AsyncClient) -> None:
    image = bytes(range(200))
    stored = await api.put("/api/firmware/v2.bin", content=image)
    assert stored.status_code == 200
    about = stored.json()
    assert about["sha256"] == hashlib.sha256(image).hexdigest()
    assert (about["name"], about["size"], about["url"]) == ("v2.bin", 200, "http://csms/files/firmware/v2.bin")
    del api.headers["Authorization"]
    got = await api.get(about["url"])
    assert (got.content, got.headers["content-type"]) == (image, "application/octet-stream")
    part = await api.get(about["url"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, image[10:20])
    for other in ("other.bin", "..%2Fcsms.db", "%2Fetc%2Fpasswd"):
        assert (await api.get(f"/files/firmware/{other}")).status_code == 404


async def test_images_are_listed_signed_limited_and_deleted(api: AsyncClient, csms: Csms) -> None:
    assert (await api.get("/api/firmware")).json() == []
    assert (await api.put("/api/firmware/a.bin", content=b"x" * LIMIT)).status_code == 200
    large = await api.put("/api/firmware/b.bin", content=b"x" * (LIMIT + 1))
    assert (large.status_code, large.json()["detail"]) == (
        413,
        f"b.bin: expected a file of at most {LIMIT} bytes, received more",
    )
    wrong = await api.put("/api/firmware/.a", content=b"x")
    assert wrong.status_code == 422
    assert [each["name"] for each in (await api.get("/api/firmware")).json()] == ["a.bin"]
    signature = (await api.post("/api/firmware/a.bin/signature")).json()
    assert signature["signingCertificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert signature["algorithm"] == "RSA-PSS with SHA-256"
    assert (await api.delete("/api/firmware/a.bin")).status_code == 204
    assert (await api.delete("/api/firmware/a.bin")).status_code == 404
    assert (await api.post("/api/firmware/a.bin/signature")).status_code == 404
    assert (await api.get("/api/firmware/a.bin")).status_code == 404
    assert set(on_disk(csms)) == {"signing-key.pem", "signing-certificate.pem"}


@pytest.mark.parametrize(
    ("send", "name"),
    [
        (lambda http, at: http.put(f"{at}d%20of%20CP.zip", content=b"diagnostics"), "d of CP.zip"),
        (lambda http, at: http.post(f"{at}a/b/c.zip", content=b"diagnostics"), "c.zip"),
        (lambda http, at: http.put(f"{at}..%2F..%2Fcsms.db", content=b"diagnostics"), "csms.db"),
        (lambda http, at: http.put(at.rstrip("/"), content=b"diagnostics"), ""),
        (lambda http, at: http.post(at, files={"file": ("../e.zip", b"diagnostics")}, data={"a": "b"}), "e.zip"),
    ],
)
async def test_a_station_puts_its_file_where_it_was_told(
    stranger: AsyncClient, csms: Csms, location: str, send: Callable[..., Any], name: str
) -> None:
    answer = await send(stranger, location)
    assert (answer.status_code, answer.text) == (201, "received\n")
    assert on_disk(csms) == {"received/1": b"diagnostics"}
    stranger.headers["Authorization"] = f"Bearer {TOKEN}"
    about = (await stranger.get("/api/transfers/1")).json()
    assert about["file"]["name"] == name
    assert about["file"]["size"] == 11
    assert about["file"]["sha256"] == hashlib.sha256(b"diagnostics").hexdigest()
    assert about["fileName"] == "d.zip"
    file = await stranger.get("/api/transfers/1/file")
    assert file.content == b"diagnostics"
    assert "attachment" in file.headers["content-disposition"]
    assert (await stranger.delete("/api/transfers/1/file")).status_code == 204
    assert (await stranger.get("/api/transfers/1/file")).status_code == 404
    assert on_disk(csms) == {}


async def test_what_nobody_waits_for_or_is_too_large_is_not_kept(
    stranger: AsyncClient, csms: Csms, location: str, clock: FakeClock
) -> None:
    unknown = await stranger.put("/files/uploads/another/a.zip", content=b"x")
    assert (unknown.status_code, unknown.text) == (404, "expected an upload that is open, received another\n")
    large = await stranger.put(f"{location}a.zip", content=b"x" * (LIMIT + 1))
    assert (large.status_code, large.text) == (413, f"expected a file of at most {LIMIT} bytes, received more\n")
    announced = await stranger.put(f"{location}a.zip", content=b"x", headers={"Content-Length": str(10**9)})
    assert announced.status_code == 413
    empty = await stranger.post(location, files={"file": (None, b"x")})
    assert (empty.status_code, empty.text) == (
        400,
        "expected a file or a form with one, received a form without a file\n",
    )
    cut = await stranger.post(location, content=b"--b\r\n", headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert cut.status_code == 400
    assert (await stranger.get(location)).status_code == 405
    clock.move(days=2)
    assert (await stranger.put(f"{location}a.zip", content=b"x")).status_code == 404
    assert on_disk(csms) == {}


@pytest.fixture
async def ftp(csms: Csms) -> AsyncIterator[int]:
    """An FTP server; gives its port."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as sock:
        port: int = sock.getsockname()[1]
        csms.files.ftp = f"127.0.0.1:{port}"
        csms.files.prepare()
        server = FtpServer(csms.transfers, sock)
        yield port
        await server.close()


async def over_ftp(port: int, user: str, act: Callable[[ftplib.FTP], Any]) -> Any:
    def session() -> Any:
        with ftplib.FTP(timeout=5) as client:
            client.connect("127.0.0.1", port)
            client.login(user, "upload")
            return act(client)

    return await asyncio.to_thread(session)


async def test_a_station_puts_its_file_over_ftp(csms: Csms, peer: Peer, ftp: int, api: AsyncClient) -> None:
    await csms.transfers.get_log("CP", logType="SecurityLog", protocol="ftp")
    location = (await peer.answers({"status": "Accepted", "filename": "s.log"}))[3]["log"]["remoteLocation"]
    user = location.removeprefix("ftp://").partition(":")[0]
    assert location == f"ftp://{user}:upload@127.0.0.1:{ftp}/"

    def act(client: ftplib.FTP) -> None:
        client.storbinary("STOR ../../s.log", io.BytesIO(b"security"))
        assert client.nlst() == []

    await over_ftp(ftp, user, act)
    async with asyncio.timeout(5):
        while not (found := csms.store.transfers.transfers(station="CP")[0]["file"]):  # noqa: ASYNC110 - another thread
            await asyncio.sleep(0.01)
    assert (found["name"], found["size"]) == ("s.log", 8)
    assert on_disk(csms) == {"received/1": b"security"}
    assert (await api.get("/api/transfers/1/file")).content == b"security"


async def test_over_ftp_a_station_can_do_nothing_else(csms: Csms, peer: Peer, ftp: int) -> None:
    await csms.transfers.get_diagnostics("CP", protocol="ftp")
    location = (await peer.answers({}))[3]["location"]
    user = location.removeprefix("ftp://").partition(":")[0]
    refused = (
        "MKD x",
        "DELE 1",
        "RMD x",
        "CWD ..%2f",
        "CWD received",
        "RNFR 1",
        "SITE CHMOD 777 1",
        "STOU",
        "SIZE 1",
        "RETR 1",
        "APPE a",
        "MFMT 20200101000000 a",
        "STAT /etc/passwd",
        "MLST /etc/passwd",
        "MDTM /etc/passwd",
        "SIZE /etc/passwd",
    )

    def act(client: ftplib.FTP) -> list[str]:
        answers = []
        for command in refused:
            with pytest.raises((ftplib.error_perm, ftplib.error_temp)) as caught:
                client.sendcmd(command)
            answers.append(str(caught.value)[:3])
        with pytest.raises(ftplib.error_temp, match="transfer aborted"):
            client.storbinary("STOR big", io.BytesIO(b"x" * (LIMIT + 1)))
        client.sendcmd("REST 3")
        with pytest.raises(ftplib.error_perm, match="Only whole files"):
            client.sendcmd("STOR part")
        return answers

    await over_ftp(ftp, user, lambda client: client.sendcmd("STOR announced"))
    assert set(await over_ftp(ftp, user, act)) <= {"450", "500", "501", "502", "550"}
    with pytest.raises(ftplib.error_perm, match="530"):
        await over_ftp(ftp, "another", lambda client: None)
    with pytest.raises(ftplib.error_perm, match="530"):
        await over_ftp(ftp, "anonymous", lambda client: None)
    assert on_disk(csms) == {}
