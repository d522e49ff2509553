"""The http driver against a real server: refusals, faults, TLS, and requests that take too long."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from harness.errors import OperatorError
from harness.operators.csms import driver
from tests.operators.conftest import Make, Rest, driving, templates

REFUSALS = [
    pytest.param(409, "station CP-1 is not connected\n", {}, "received 409 station CP-1 is not connected", id="409"),
    pytest.param(500, "", {}, "received 500", id="empty"),
    pytest.param(503, "a\n\x1b[31m" + "x" * 300, {}, "received 503 a [31m" + "x" * 194 + "...", id="long and wild"),
    pytest.param(302, "", {"Location": "/login"}, "received 302 to /login", id="redirect"),
    pytest.param(401, 'no "api-token" here', {}, 'received 401 no "[redacted]" here', id="echoes the token"),
    pytest.param(401, "got YXBpLXRva2Vu", {}, "received 401 got [redacted]", id="echoes it in base64"),
    pytest.param(
        401, "x" * 195 + " api-token", {}, "received 401 " + "x" * 195 + " [red...", id="echoes it where it is cut"
    ),
]


@pytest.mark.parametrize(("status", "body", "headers", "expected"), REFUSALS)
async def test_a_refusal_is_one_line(
    rest: Rest, make: Make, status: int, body: str, headers: dict[str, str], expected: str
) -> None:
    rest.answers["/r"], rest.headers = (status, body.encode()), headers
    async with driving(make, {**templates(rest, reset={"path": "/r"}), "token": "api-token"}) as operator:
        with pytest.raises(OperatorError) as caught:
            await operator.reset("CP-1", type="Hard")
    assert str(caught.value) == f"reset: POST {rest.url}/r: expected a status from 200 to 299, {expected}"


async def test_only_the_expected_status_will_do(rest: Rest, make: Make) -> None:
    rest.answers["/r"] = (200, {"error": "busy"})
    async with driving(make, templates(rest, reset={"path": "/r", "expect": [201, 204]})) as operator:
        with pytest.raises(OperatorError, match=r'expected 201 or 204, received 200 \{"error": "busy"\}$'):
            await operator.reset("CP-1", type="Hard")
        rest.answers["/r"] = (204, b"")
        await operator.reset("CP-1", type="Hard")


async def test_secrets_in_the_address_are_redacted(rest: Rest, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCPP_KEY", "hidden/key")
    rest.answers["/p"] = (400, b"")
    table = {
        **templates(rest, provision_station={"path": "/p?password={password}"}),
        "headers": {"X-Key": {"env": "OCPP_KEY"}},
    }
    settings = make({"driver": "http", **table})
    operator = driver(settings)
    with pytest.raises(OperatorError, match=r"/p\?password=\[redacted\]: expected"):
        await operator.provision("CP-1", cards={}, password="hidden/key")
    await operator.close()


async def test_an_echo_of_basic_auth_is_redacted_in_any_encoding(rest: Rest, make: Make) -> None:
    basic = "dTpzM2NyZXQ/cGFzcz4="
    table = {**templates(rest, reset={"path": "/r"}), "headers": {"Authorization": f"Basic {basic}"}}
    body = f"{basic} {basic.replace('=', '%3D').replace('/', '%2F')} {basic.replace('/', '_')} s3cret%3Fpass%3E"
    rest.answers["/r"] = (401, body.encode())
    async with driving(make, table) as operator:
        with pytest.raises(OperatorError) as caught:
            await operator.reset("CP-1", type="Hard")
    assert str(caught.value).endswith("received 401 [redacted] [redacted] dTp[redacted]4= [redacted]")


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_nobody_there_is_one_line(make: Make, host: str) -> None:
    url = f"http://{host}:{free_port()}"
    async with driving(make, {"preset": "payload", "base_url": url}) as operator:
        with pytest.raises(OperatorError) as caught:
            await operator.clear_cache("CP-1")
    where = f"clear_cache: POST {url}/CP-1/clear-cache"
    assert str(caught.value) == f"{where}: expected an answer, received connection refused"


async def test_no_tls_and_no_http_are_one_line(rest: Rest, make: Make) -> None:
    url = rest.url.replace("http:", "https:")
    async with driving(make, {"preset": "payload", "base_url": url}) as operator:
        with pytest.raises(OperatorError, match=r"received no TLS connection \([a-z ]+\)$"):
            await operator.clear_cache("CP-1")
    async with await asyncio.start_server(_hangs_up, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with driving(make, {"preset": "payload", "base_url": url}) as operator:
            with pytest.raises(OperatorError, match=r"expected an answer, received server disconnected [a-z ]+\.$"):
                await operator.clear_cache("CP-1")


async def _hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.close()


async def test_an_unknown_host_is_one_line(make: Make) -> None:
    async with driving(make, {"preset": "payload", "base_url": "http://no-such-host.invalid"}) as operator:
        with pytest.raises(
            OperatorError, match=r"^clear_cache: POST http://no-such-host\.invalid/.*, received [^\n]+$"
        ):
            await operator.clear_cache("CP-1")


async def test_no_answer_in_time_is_one_line(rest: Rest, make: Make) -> None:
    rest.hold.clear()
    async with driving(make, {"preset": "payload", "base_url": rest.url, "timeout_s": 0.05}) as operator:
        with pytest.raises(OperatorError, match=r"expected an answer within 0\.05 s, received none$"):
            await operator.clear_cache("CP-1")


async def test_tls_is_verified_unless_told_otherwise(tls_rest: Rest, make: Make, tmp_path: Path) -> None:
    table = {"driver": "http", "preset": "payload", "base_url": tls_rest.url}
    operator = driver(make(table))
    with pytest.raises(
        OperatorError, match=r"a certificate that is not trusted \(self.signed certificate\); ca_file names"
    ):
        await operator.clear_cache("CP-1")
    await operator.close()
    assert tls_rest.requests == []
    for more in ({"ca_file": "ca.pem"}, {"verify": False}):
        operator = driver(make({**table, **more}, path=tmp_path / "sut.toml"))
        await operator.clear_cache("CP-1")
        await operator.close()
    assert len(tls_rest.requests) == 2


async def test_a_ca_file_that_is_damaged_is_one_line(tls_rest: Rest, make: Make, tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n")
    table = {"driver": "http", "preset": "payload", "base_url": tls_rest.url, "ca_file": "bad.pem"}
    operator = driver(make(table, path=tmp_path / "sut.toml"))
    with pytest.raises(OperatorError, match=r"bad\.pem: expected PEM certificates, received [^\n]+$"):
        await operator.clear_cache("CP-1")
    await operator.close()


async def test_proxies_of_the_environment_play_no_part(rest: Rest, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    async with driving(make, {"preset": "payload", "base_url": rest.url}) as operator:
        await operator.clear_cache("CP-1")
    assert len(rest.requests) == 1


async def test_a_request_that_is_no_longer_waited_for_runs_to_its_end(rest: Rest, make: Make) -> None:
    rest.hold.clear()
    async with driving(make, {"preset": "payload", "base_url": rest.url}) as operator:
        waiting = asyncio.create_task(operator.clear_cache("CP-1"))
        await asyncio.to_thread(rest.came.wait, 5)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not rest.answered.is_set()
        rest.hold.set()
    assert await asyncio.to_thread(rest.answered.wait, 5)


async def test_close_does_not_wait_for_ever(rest: Rest, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.operators.csms.http.LET_FINISH_S", 0.01)
    rest.hold.clear()
    async with asyncio.timeout(3), driving(make, {"preset": "payload", "base_url": rest.url}) as operator:
        waiting = asyncio.create_task(operator.clear_cache("CP-1"))
        await asyncio.to_thread(rest.came.wait, 5)
    with pytest.raises(asyncio.CancelledError):
        await waiting


REACHABLE = [(200, True), (302, True), (404, True), (405, True), (401, False), (403, False), (500, False)]


@pytest.mark.parametrize(("status", "good"), REACHABLE)
async def test_a_csms_is_reachable_if_it_answers_at_all(rest: Rest, make: Make, status: int, good: bool) -> None:
    rest.answers["/api/"] = (status, {})
    async with driving(make, {"preset": "payload", "base_url": f"{rest.url}/api"}) as operator:
        if good:
            assert (await operator.reachable("CP-1")).detail == f"GET {rest.url}/api/: {status}"
        else:
            with pytest.raises(OperatorError, match=f"^reachable: GET .*, received {status}; "):
                await operator.reachable("CP-1")


async def test_a_template_for_reachable_has_to_succeed(rest: Rest, make: Make) -> None:
    rest.answers["/api/stations"] = (404, {})
    async with driving(make, {"preset": "reference", "base_url": rest.url}) as operator:
        with pytest.raises(OperatorError, match="received 404"):
            await operator.reachable("CP-1")
        rest.answers["/api/stations"] = (200, [])
        await operator.reachable("CP-1")
