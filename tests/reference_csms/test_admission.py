"""Who is let in, on each security profile, and what the others are told."""

from __future__ import annotations

import http
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from harness.pki import Pki
from reference_csms.app import Csms
from reference_csms.registry.stations import Station
from reference_csms.security.admission import Visitor
from reference_csms.settings import Settings
from reference_csms.store.database import inline_store
from tests.reference_csms.conftest import FakeClock
from tests.reference_csms.securing import MAKER, authority, basic, passwords, stored

PASSWORD, NEW = "old-password-16b", "new-password-16b"
UNAUTHORIZED, FORBIDDEN = http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN
PKI = Pki("SN-1", maker=MAKER)
OWN = PKI.station.certificate


@pytest.fixture
async def csms(clock: FakeClock, settings: Settings) -> Any:
    made = Csms(inline_store(), clock, settings, passwords=passwords(), authority=authority)
    yield made
    await made.close()


async def put(csms: Csms, profile: int | None, **fields: Any) -> Station:
    """Station CP on a profile, with a password and a serial number."""
    known = {"password_hash": stored(PASSWORD), "serial_number": "SN-1", "security_profile": profile}
    return await csms.stations.put(Station("CP"), **known | fields)


async def tried(csms: Csms, *, password: Any = None, user: str = "CP", **shown: Any) -> tuple[int, str] | None:
    """What the station is told, None if it is let in."""
    header = None if password is None else basic(user, password)
    refusal = await csms.security.admission.admit(Visitor("CP", authorization=header, **shown))
    return None if refusal is None else (refusal.status, refusal.text)


WRONG = (UNAUTHORIZED, "expected the station's user and password, received others or none")
NO_TLS = "expected a connection on security profile {}, received one without TLS"
TLS = "expected a connection on security profile {}, received one over TLS"


@pytest.mark.parametrize(
    ("profile", "shown", "told"),
    [
        (0, {}, None),
        (0, {"password": "whatever"}, None),
        (0, {"tls": True}, (FORBIDDEN, TLS.format(0))),
        (1, {"password": PASSWORD}, None),
        (1, {}, WRONG),
        (1, {"password": NEW}, WRONG),
        (1, {"password": ""}, WRONG),
        (1, {"password": PASSWORD, "user": "CP2"}, WRONG),
        (1, {"password": PASSWORD, "tls": True}, (FORBIDDEN, TLS.format(1))),
        (2, {"password": PASSWORD, "tls": True}, None),
        (2, {"password": PASSWORD, "tls": True, "certificate": OWN}, None),
        (2, {"tls": True}, WRONG),
        (2, {"tls": True, "certificate": OWN}, WRONG),
        (2, {"password": NEW, "tls": True}, WRONG),
        (2, {"password": PASSWORD}, (FORBIDDEN, NO_TLS.format(2))),
        (3, {"tls": True, "certificate": OWN}, None),
        (3, {"tls": True}, (FORBIDDEN, "expected a client certificate, received none (A00.FR.401)")),
        (
            3,
            {"tls": True, "password": PASSWORD},
            (FORBIDDEN, "expected a client certificate, received none (A00.FR.401)"),
        ),
        (3, {"certificate": OWN}, (FORBIDDEN, NO_TLS.format(3))),
        (None, {}, WRONG),
        (None, {"password": PASSWORD}, None),
        (None, {"password": PASSWORD, "tls": True}, None),
    ],
)
async def test_each_profile_asks_for_its_own(csms: Csms, profile: int, shown: dict[str, Any], told: Any) -> None:
    await put(csms, profile)
    assert await tried(csms, **shown) == told


async def test_a_station_on_no_profile_without_a_password_is_let_in_as_it_comes(csms: Csms) -> None:
    await put(csms, None, password_hash=None)
    assert await tried(csms) is None
    assert await tried(csms, tls=True) is None


async def test_a_station_without_a_password_is_not_let_in_with_an_empty_one(csms: Csms) -> None:
    await put(csms, 1, password_hash=None)
    assert await tried(csms, password="") == WRONG


async def test_a_stranger_is_refused_unless_strangers_are_welcome(clock: FakeClock) -> None:
    for welcome, refused in ((False, True), (True, False)):
        csms = Csms(inline_store(), clock, Settings(accept_unknown=welcome), passwords=passwords())
        refusal = await csms.security.admission.admit(Visitor("CP"))
        assert (refusal is not None) is refused
        assert refusal is None or refusal.status is http.HTTPStatus.NOT_FOUND
        assert (csms.stations.get("CP") is not None) is welcome
        await csms.close()


@pytest.mark.parametrize("header", ["Basic", "Basic %", "Basic Q1A=", "Bearer x", "Basic Q1A6\xe4", ""])
async def test_a_header_that_is_no_basic_one_opens_nothing(csms: Csms, header: str) -> None:
    await put(csms, 1)
    refusal = await csms.security.admission.admit(Visitor("CP", authorization=header))
    assert refusal is not None
    assert refusal.status is UNAUTHORIZED


async def test_a_password_may_hold_any_bytes_and_colons(csms: Csms) -> None:
    octets = bytes(range(250, 256)) + b":\x00pass:word"
    await put(csms, 1, password_hash=await csms.security.passwords.hash(octets))
    assert await tried(csms, password=octets) is None
    assert await tried(csms, password=octets.partition(b":")[0]) == WRONG


def certificate(**how: Any) -> x509.Certificate:
    """A certificate of a station, signed by the root of the test PKI."""
    made = MAKER.station(how.pop("common_name", "SN-1"), PKI.authority, **how)
    return made.certificate


async def test_the_certificate_has_to_name_the_station(csms: Csms) -> None:
    await put(csms, 3)
    told = await tried(csms, tls=True, certificate=PKI.other_station.certificate)
    assert told is not None
    assert told[0] is FORBIDDEN
    assert told[1].startswith("expected commonName: expected the serial number SN-1, received")
    await put(csms, 3, serial_number=None)
    assert await tried(csms, tls=True, certificate=OWN) is not None
    assert await tried(csms, tls=True, certificate=certificate(common_name="CP")) is None


async def test_the_organization_is_compared_if_there_is_one(clock: FakeClock) -> None:
    csms = Csms(inline_store(), clock, Settings(organization="Acme CPO"), passwords=passwords())
    await put(csms, 3)
    told = await tried(csms, tls=True, certificate=OWN)
    assert told == (
        FORBIDDEN,
        "expected organizationName: expected Acme CPO, received OCPP-CONFORMANCE (A00.FR.404)",
    )
    await csms.close()


async def test_a_revoked_certificate_is_refused(csms: Csms) -> None:
    await put(csms, 3)
    shown = PKI.revoked.certificate
    assert await tried(csms, tls=True, certificate=shown) is None
    csms.security.certificates.add_revocations(PKI.revocations.encode())
    told = (FORBIDDEN, "expected a certificate that holds, received a revoked one (A00.FR.704)")
    assert await tried(csms, tls=True, certificate=shown) == told
    assert await tried(csms, tls=True, certificate=OWN) is None


async def test_the_old_password_counts_until_the_station_uses_the_new_one(csms: Csms) -> None:
    station = await put(csms, 1, pending_passwords=(stored(NEW),))
    assert await tried(csms, password=PASSWORD) is None
    assert await tried(csms, password="another") == WRONG
    assert await tried(csms, password=NEW) is None
    assert station.pending_passwords == ()
    assert await tried(csms, password=PASSWORD) == WRONG
    assert await tried(csms, password=NEW) is None


@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 3), (1, 3), (0, 1)])
async def test_the_old_profile_counts_until_the_station_uses_the_new_one(csms: Csms, old: int, new: int) -> None:
    ways: list[dict[str, Any]] = [
        {},
        {"password": PASSWORD},
        {"password": PASSWORD, "tls": True},
        {"tls": True, "certificate": OWN},
    ]
    station = await put(csms, old, pending_profiles=(new,))
    assert await tried(csms, **ways[old]) is None
    assert (station.security_profile, station.pending_profiles) == (old, (new,))
    assert await tried(csms, tls=True) is not None
    assert await tried(csms, **ways[new]) is None
    assert (station.security_profile, station.pending_profiles) == (new, ())
    assert await tried(csms, **ways[old]) is not None
    assert await tried(csms, **ways[new]) is None


async def test_what_was_learned_at_the_door_is_kept(csms: Csms, clock: FakeClock) -> None:
    await put(csms, 1, pending_profiles=(2,), pending_passwords=(stored(NEW),))
    assert await tried(csms, password=NEW, tls=True) is None
    again = Csms(csms.store, clock, Settings(), passwords=passwords())
    station = again.stations.get("CP")
    assert station is not None
    assert (station.security_profile, station.pending_profiles, station.pending_passwords) == (2, (), ())
    assert await tried(again, password=PASSWORD, tls=True) == WRONG


async def test_a_refusal_is_an_event_and_a_certificate_tells_when_it_ends(csms: Csms, clock: FakeClock) -> None:
    station = await put(csms, 3)
    told = csms.events.listen()
    assert await tried(csms, tls=True) is not None
    assert await tried(csms, tls=True, certificate=OWN) is None
    assert station.certificate_until == OWN.not_valid_after_utc > clock.now() + timedelta(days=1)
    csms.events.close()
    refused = {"status": 403, "reason": "expected a client certificate, received none (A00.FR.401)"}
    assert [event async for event in told] == [{"event": "refused", "station": "CP", **refused}]
