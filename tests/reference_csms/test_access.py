"""Who is let in with what over real sockets: each security profile against each port, password and certificate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from harness.pki import Pki
from reference_csms.app import Csms
from reference_csms.registry.stations import Station
from reference_csms.settings import Settings
from reference_csms.store.database import inline_store
from tests.reference_csms.conftest import FakeClock
from tests.reference_csms.doors import TLS_FAILED, Ports, ports
from tests.reference_csms.securing import MAKER, authority, leaf, passwords, stored

PASSWORD, OLD = "the-password-16b", "an-old-password!"
PKI = Pki("SN-1", maker=MAKER)
WAYS: dict[str, dict[str, Any]] = {
    "ws": {},
    "ws, password": {"password": PASSWORD},
    "ws, old password": {"password": OLD},
    "wss": {"tls": True},
    "wss, password": {"tls": True, "password": PASSWORD},
    "wss, wrong password": {"tls": True, "password": "a-wrong-password"},
    "wss, empty password": {"tls": True, "password": ""},
    "wss, own certificate": {"tls": True, "certificate": PKI.station},
    "wss, own certificate, wrong password": {"tls": True, "certificate": PKI.station, "password": "a-wrong-password"},
    "wss, another station's certificate": {"tls": True, "certificate": PKI.other_station},
    "wss, another station's certificate, password": {
        "tls": True,
        "certificate": PKI.other_station,
        "password": PASSWORD,
    },
    "wss, revoked certificate": {"tls": True, "certificate": PKI.revoked},
    "wss, expired certificate": {"tls": True, "certificate": PKI.expired},
    "wss, self-signed certificate": {"tls": True, "certificate": PKI.self_signed},
    "wss, certificate of an unknown CA": {"tls": True, "certificate": PKI.unknown_ca, "password": PASSWORD},
}
# TLS ends before any profile is looked at.
NEVER = {
    "wss, expired certificate",
    "wss, self-signed certificate",
    "wss, certificate of an unknown CA",
}
LET_IN: dict[int | None, set[str]] = {
    None: {"ws, password", "wss, password", "wss, another station's certificate, password"},
    0: {"ws", "ws, password", "ws, old password"},
    1: {"ws, password"},
    2: {"wss, password", "wss, another station's certificate, password"},
    3: {"wss, own certificate", "wss, own certificate, wrong password"},
}


def expected(profile: int | None, name: str) -> int | str:
    """What a station on this profile is told when it comes in this way."""
    if name in NEVER:
        return TLS_FAILED
    if name in LET_IN[profile]:
        return 101
    wrong_port = profile is not None and name.startswith("wss") != (profile >= 2)
    return 403 if wrong_port or profile == 3 else 401


@pytest.fixture
async def csms(clock: FakeClock, settings: Settings) -> AsyncIterator[Csms]:
    made = Csms(inline_store(), clock, settings, passwords=passwords(), authority=authority)
    made.security.certificates.add_revocations(PKI.revocations.encode())
    yield made
    await made.close()


@pytest.fixture
async def at(csms: Csms, tmp_path: Path) -> AsyncIterator[Ports]:
    async with ports(csms, tmp_path, PKI.authority.certificate_pem) as opened:
        yield opened


async def put(csms: Csms, profile: int | None, **fields: Any) -> Station:
    """Station CP on a profile, with a password and a serial number."""
    known = {"password_hash": stored(PASSWORD), "serial_number": "SN-1", "security_profile": profile}
    return await csms.stations.put(Station("CP"), **known | fields)


@pytest.mark.parametrize("profile", LET_IN)
async def test_a_station_is_let_in_as_its_profile_says_and_in_no_other_way(
    csms: Csms, at: Ports, profile: int | None
) -> None:
    await put(csms, profile)
    told = {name: await at.tried(**way) for name, way in WAYS.items()}
    assert told == {name: expected(profile, name) for name in WAYS}


@pytest.mark.parametrize("profile", [None, 1, 2])
async def test_without_a_stored_password_no_password_opens(csms: Csms, at: Ports, profile: int | None) -> None:
    await put(csms, profile, password_hash=None)
    told = {await at.tried(tls=profile == 2, password=password) for password in (None, "", PASSWORD)}
    assert told == ({101} if profile is None else {401})


@pytest.mark.parametrize(
    ("common_name", "serial_number", "let_in"),
    [
        ("SN-1", "SN-1", True),
        ("CP", None, True),
        ("SN-1", None, False),
        ("CP", "SN-1", False),
        ("sn-1", "SN-1", False),
        ("SN-1 ", "SN-1", False),
        ("SN-10", "SN-1", False),
        ("SN", "SN-1", False),
    ],
)
async def test_a_certificate_belongs_to_the_serial_number_or_else_to_the_identity(
    csms: Csms, at: Ports, common_name: str, serial_number: str | None, let_in: bool
) -> None:
    await put(csms, 3, serial_number=serial_number)
    shown = leaf(PKI.authority, common_name)
    assert await at.tried(tls=True, certificate=shown) == (101 if let_in else 403)


async def test_the_password_of_one_station_opens_no_other_door(csms: Csms, at: Ports) -> None:
    await put(csms, 1)
    await csms.stations.put(Station("CP2"), security_profile=1, password_hash=stored("another-password"))
    for user, path in (("", "CP"), ("cp", "CP"), ("CP2", "CP"), ("CP", "CP2"), ("CP2", "CP2")):
        assert await at.tried(user, path=path, password=PASSWORD) == 401, (user, path)
    assert await at.tried("CP", path="CP", password=PASSWORD) == 101
