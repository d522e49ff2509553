"""The server as a process: ready line, token, port in use, clean end, and what survives a kill."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from reference_csms.app import Csms
from reference_csms.errors import UsageError
from reference_csms.server import TOKEN_HASH, _token
from reference_csms.server import run as serve
from reference_csms.settings import Listen, Settings, TlsAccess
from reference_csms.store.database import inline_store
from tests.reference_csms.conftest import BOOT, T0

ROOT = Path(__file__).parents[2]
START = {"connectorId": 1, "idTag": "CARD", "meterStart": 3, "timestamp": T0}
Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts `reference-csms serve` on free ports."""
    started: list[subprocess.Popen[str]] = []

    def run(*flags: str, **env: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "reference_csms", "serve", "--db", str(tmp_path / "csms.db"), *flags]
        given = {**os.environ, "REFERENCE_CSMS_PORT": "0", "REFERENCE_CSMS_API_PORT": "0", **env}
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        started.append(subprocess.Popen(command, cwd=ROOT, env=given, text=True, **pipes))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = orjson.loads(process.stdout.readline())
    return line


def ends(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code and output of a process that ends by itself or with its standard input, which is closed here."""
    out, err = process.communicate(timeout=10)
    return process.returncode, out, err


async def starts(url: str, *, boot: bool) -> Any:
    """The answer to StartTransaction."""
    async with connect(f"{url}/CP", subprotocols=[Subprotocol("ocpp1.6")], proxy=None) as ws:
        for action, payload in ([("BootNotification", BOOT)] if boot else []) + [("StartTransaction", START)]:
            await ws.send(orjson.dumps([2, action, action, payload]).decode())
            answer = orjson.loads(await ws.recv())
    return answer[2]


async def test_what_was_answered_survives_a_kill(run: Run, tmp_path: Path) -> None:
    server = run("--ready-json", "--accept-unknown", "--token", "told")
    at = ready(server)
    assert at.keys() == {"url", "api", "token", "pid"}
    assert (at["token"], at["pid"]) == ("told", server.pid)
    async with httpx.AsyncClient(base_url=at["api"], headers={"Authorization": "Bearer told"}) as api:
        assert (await api.put("/api/cards/CARD", json={})).status_code == 200
        assert (await api.put("/api/stations/a%2Fb", json={})).json()["station"] == "a/b"
    answer = await starts(at["url"], boot=True)
    server.send_signal(signal.SIGKILL)
    server.wait()
    with sqlite3.connect(tmp_path / "csms.db") as database:
        assert database.execute("SELECT transaction_id, id_tag FROM transactions").fetchall() == [
            (answer["transactionId"], "CARD")
        ]
    database.close()

    again = run("--stop-with-stdin", REFERENCE_CSMS_READY_JSON="1")
    at = ready(again)
    assert at["token"] is None
    assert await starts(at["url"], boot=False) == answer
    async with httpx.AsyncClient(base_url=at["api"], headers={"Authorization": "Bearer told"}) as api:
        assert (await api.get(f"/api/transactions/{answer['transactionId']}")).json()["idTagStatus"] == "Accepted"
    code, _, log = ends(again)
    assert code == 0
    assert "CP: connected" in log
    assert "Traceback" not in log


async def test_the_token_is_made_at_the_first_start_and_an_open_stream_does_not_hold_up_the_end(run: Run) -> None:
    server = run()
    assert server.stdout is not None
    words = dict(server.stdout.readline().split() for _ in range(3))
    assert words["stations"].startswith("ws://127.0.0.1:")
    async with (
        httpx.AsyncClient(base_url=words["operators"]) as api,
        api.stream("GET", "/api/events", headers={"Authorization": f"Bearer {words['token']}"}) as stream,
    ):
        assert stream.status_code == 200
        server.send_signal(signal.SIGINT)
        code, _, log = ends(server)
    assert code == 0
    assert "Traceback" not in log


async def test_a_lost_token_is_replaced_and_only_its_hash_is_kept() -> None:
    csms = Csms(inline_store())
    made, first = await _token(csms, None)
    assert made is not None
    assert await _token(csms, None) == (None, first)
    assert await _token(csms, "another") == ("another", hashlib.sha256(b"another").hexdigest())
    assert await _token(csms, None) == (None, csms.store.reads.option(TOKEN_HASH))
    assert csms.store.reads.option(TOKEN_HASH) not in (first, made, "another")
    await csms.close()


def test_a_port_in_use_is_one_line_and_exit_code_2(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = f"--api-port {port}: expected a free port on 127.0.0.1, received: Address already in use"
        with pytest.raises(UsageError) as refused:
            serve(Listen(port=0, api_port=port), Settings())
        assert ends(run("--api-port", str(port))) == (2, "", f"reference-csms: {line}\n")
    assert str(refused.value) == line


def test_a_certificate_without_key_is_refused(tmp_path: Path) -> None:
    certificate = tmp_path / "cert.pem"
    certificate.write_text("no certificate")
    with pytest.raises(UsageError, match=r"--tls-certificate .*: expected a certificate with its key, received: "):
        serve(Listen(port=0, api_port=0, tls=TlsAccess(certificates=(certificate,))), Settings())
