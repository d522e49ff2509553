"""What a station may be called: at registration, at the socket, and in the paths of the REST API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from httpx import AsyncClient
from typer.testing import CliRunner

from reference_csms import cli
from reference_csms.app import Csms
from reference_csms.domain.identities import identity_objection
from reference_csms.errors import InvalidIntent, UsageError
from reference_csms.registry.stations import Station
from tests.reference_csms.conftest import Connect, Peer
from tests.reference_csms.doors import Ports, ports

GOOD = ["CP", "RDAM 123", "a/b", "/", "ä%2F?#", "a:b", "x" * 255, "...", "%00", "CP/connectors", "\N{GRINNING FACE}"]
ODD = {
    "": "received none",
    "x" * 256: "received 256",
    "\0": "received '\\x00'; each of them has to be printable",
    "CP\n": "printable",
    "a\x7fb": "printable",
    "a\u202eb": "printable",
    "\ue000": "printable",
    "\ufffd": "printable",
    " ": "it may not begin or end with a space",
    "CP ": "it may not begin or end with a space",
    " CP": "it may not begin or end with a space",
    ".": "means a folder",
    "..": "means a folder",
}


@pytest.fixture
async def at(csms: Csms, tmp_path: Path) -> AsyncIterator[Ports]:
    async with ports(csms, tmp_path) as opened:
        yield opened


def encoded(identity: str) -> str:
    """The identity as one part of a path; dots too, which clients would take for folders."""
    return quote(identity, safe="").replace(".", "%2E")


@pytest.mark.parametrize("identity", ODD)
async def test_an_identity_that_no_url_can_carry_is_refused_everywhere(
    csms: Csms, api: AsyncClient, at: Ports, identity: str
) -> None:
    objection = identity_objection(identity)
    assert objection is not None
    assert objection.startswith("station: expected an identity of 1 to 255 characters, received ")
    assert ODD[identity] in objection
    with pytest.raises(InvalidIntent):
        await csms.stations.put(Station(identity))
    if identity not in (".", ".."):
        answer = await api.put(f"/api/stations/{encoded(identity)}", json={})
        assert answer.status_code == 422
        assert ODD[identity] in answer.json()["detail"]
    csms.settings = replace(csms.settings, accept_unknown=True)
    assert await at.tried(path=encoded(identity)) == 404
    assert [station.id for station in csms.stations.all()] == ["CP"]


@pytest.mark.parametrize("path", ["%ff", "%ED%A0%80", "%C0%80"])
async def test_what_is_no_utf_8_is_no_identity(csms: Csms, api: AsyncClient, at: Ports, path: str) -> None:
    csms.settings = replace(csms.settings, accept_unknown=True)
    assert await at.tried(path=path) == 404
    assert (await api.put(f"/api/stations/{path}", json={})).status_code == 422
    assert (await api.get(f"/api/stations/{path}")).status_code == 404
    assert [station.id for station in csms.stations.all()] == ["CP"]


@pytest.mark.parametrize("path", ["/[", "//[/CP", "//ocpp/CP", "a/CP", "?CP"])
async def test_a_path_of_any_form_is_refused_in_one_line(csms: Csms, at: Ports, path: str) -> None:
    assert await at.tried(path=path) == 404


@pytest.mark.parametrize("identity", GOOD)
async def test_every_other_identity_works_everywhere(
    csms: Csms, api: AsyncClient, at: Ports, connect: Connect, identity: str
) -> None:
    where = f"/api/stations/{encoded(identity)}"
    assert (await at.tried(path=encoded(identity))) == (101 if identity == "CP" else 404)
    assert (await api.put(where, json={})).json()["station"] == identity
    assert await at.tried(path=encoded(identity)) == 101
    peer = await connect(identity)
    await peer.calls("StatusNotification", connectorId=1, errorCode="NoError", status="Available")
    assert (await api.get(where)).json()["station"] == identity
    assert (await api.get(f"{where}/connectors/1")).json()["status"] == "Available"
    answer = await api.post(f"{where}/commands/clear-cache")
    assert (answer.status_code, answer.json()["station"]) == (202, identity)
    assert (await peer.answers({"status": "Accepted"}))[2] == "ClearCache"
    assert [row["station"] for row in (await api.get(f"{where}/commands")).json()] == [identity]
    assert (await api.delete(where)).status_code == 204
    assert (await api.get(where)).status_code == 404


async def test_a_slash_that_is_not_encoded_is_none_of_the_identity(api: AsyncClient) -> None:
    await api.put("/api/stations/a%2Fconnectors", json={})
    await api.put("/api/stations/a", json={"heartbeatInterval": 7})
    assert (await api.get("/api/stations/a/connectors")).json() == []
    assert (await api.get("/api/stations/a%2fconnectors?a%2Fb")).json()["station"] == "a/connectors"


COLON = "the identity 'a:b', received one; HTTP Basic authentication"


async def test_an_identity_with_a_colon_cannot_have_a_password(
    csms: Csms, api: AsyncClient, connect: Connect, at: Ports
) -> None:
    answer = await api.put("/api/stations/a:b", json={"password": "a-long-password-1"})
    assert answer.status_code == 422
    assert COLON in answer.json()["detail"]
    assert (await api.put("/api/stations/a:b", json={"securityProfile": 3})).status_code == 200
    assert (await api.put("/api/stations/a:b", json={"securityProfile": 0})).status_code == 200
    await connect("a:b")
    commands = "/api/stations/a%3Ab/commands"
    key = {"key": "AuthorizationKey", "value": "ab" * 20}
    for refused in (
        await api.post(f"{commands}/set-password", json={}),
        await api.post(f"{commands}/change-configuration", json=key),
    ):
        assert refused.status_code == 422
        assert COLON in refused.json()["detail"]
    assert (await api.post(f"{commands}/set-security-profile", json={"profile": 1})).status_code == 409
    assert await at.tried("a:b") == 101


@pytest.mark.parametrize(
    ("arguments", "line"),
    [(["CP "], "begin or end with a space"), ([""], "received none"), (["a:b", "--password", "x"], COLON)],
)
def test_the_command_line_refuses_the_same(tmp_path: Path, arguments: list[str], line: str) -> None:
    result = CliRunner().invoke(cli.app, ["station", "add", *arguments, "--db", str(tmp_path / "csms.db")])
    assert isinstance(result.exception, UsageError)
    assert line in str(result.exception)


async def test_text_and_numbers_that_json_cannot_carry_are_refused(api: AsyncClient, peer: Peer) -> None:
    for command, body in (
        ("data-transfer", '{"vendorId": "v", "data": "\\ud800"}'),
        ("change-configuration", '{"key": "a", "value": 1e400}'),
        ("change-configuration", '{"key": "a", "value": NaN}'),
    ):
        path = f"/api/stations/CP/commands/{command}"
        answer = await api.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, body
        assert "expected" in answer.json()["detail"] or "valid" in answer.json()["detail"]
    assert "currentTime" in await peer.calls("Heartbeat")
