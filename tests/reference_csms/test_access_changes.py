"""Passwords and security profiles that are changed through OCPP: what opens the door before, meanwhile and after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from reference_csms.app import Csms
from reference_csms.commands.commands import Command
from reference_csms.errors import InvalidIntent, NotAllowedNow
from reference_csms.passwords import Passwords
from reference_csms.registry.stations import Station
from reference_csms.security.admission import Visitor
from reference_csms.settings import Settings
from reference_csms.store.database import inline_store, open_store
from tests.reference_csms.conftest import FakeClock, Peer
from tests.reference_csms.securing import CHEAP, authority, basic, passwords, stored

OLD, NEW, NEWER = "old-password-16b", "new-password-16b", "newer-password-1"
ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}


@pytest.fixture
async def csms(clock: FakeClock, settings: Settings) -> AsyncIterator[Csms]:
    """A Central System with station `CP` on security profile 1."""
    made = Csms(inline_store(), clock, settings, passwords=passwords(), authority=authority)
    await made.stations.put(Station("CP"), security_profile=1, password_hash=stored(OLD))
    yield made
    await made.close()


async def opens(csms: Csms, *tried: str | None, tls: bool = False) -> list[str | None]:
    """Which of these passwords open the door of station CP, tried one after the other."""
    found = []
    for password in tried:
        header = None if password is None else basic("CP", password)
        if await csms.security.admission.admit(Visitor("CP", tls=tls, authorization=header)) is None:
            found.append(password)
    return found


async def sets(csms: Csms, peer: Peer, password: str, answer: Any) -> Command:
    """The command of a new password, and how the station took it: an answer, a CALLERROR, silence or its leaving."""
    command = await csms.security.access.set_password("CP", password=password)
    call = await peer.receives()
    assert call[2:] == ["ChangeConfiguration", {"key": "AuthorizationKey", "value": password.encode().hex()}]
    if isinstance(answer, str):
        await peer.sends(4, call[1], answer, "", {})
    elif answer is LEAVES:
        await peer.leaves()
    elif answer is not SILENCE:
        await peer.sends(3, call[1], answer)
    return await command.ended()


SILENCE, LEAVES = object(), object()


@pytest.mark.parametrize("status", ["Accepted", "RebootRequired"])
async def test_an_accepted_password_counts_beside_the_old_one_until_it_is_used(
    csms: Csms, peer: Peer, status: str
) -> None:
    await sets(csms, peer, NEW, {"status": status})
    assert await opens(csms, OLD, "another-password", OLD) == [OLD, OLD]
    assert await opens(csms, NEW, OLD, NEW) == [NEW, NEW]


@pytest.mark.parametrize("answer", [REJECTED, {"status": "NotSupported"}, "NotSupported", "InternalError"])
async def test_a_refused_password_opens_nothing(csms: Csms, peer: Peer, answer: Any) -> None:
    await sets(csms, peer, NEW, answer)
    assert await opens(csms, NEW, OLD) == [OLD]


@pytest.mark.parametrize("answer", [SILENCE, LEAVES, {"status": "Odd"}])
async def test_without_an_answer_both_open_until_the_station_shows_which_it_has(
    csms: Csms, peer: Peer, answer: Any
) -> None:
    await sets(csms, peer, NEW, answer)
    assert await opens(csms, OLD, OLD, NEW, OLD) == [OLD, OLD, NEW]


async def test_a_restart_of_the_central_system_changes_nothing(csms: Csms, peer: Peer, clock: FakeClock) -> None:
    await sets(csms, peer, NEW, LEAVES)
    again = Csms(csms.store, clock, Settings(), passwords=passwords())
    assert await opens(again, OLD, NEW, OLD) == [OLD, NEW]
    third = Csms(csms.store, clock, Settings(), passwords=passwords())
    assert await opens(third, OLD, NEW) == [NEW]


@pytest.mark.parametrize(
    ("first", "second", "open_then"),
    [
        (ACCEPTED, REJECTED, [OLD, NEW]),
        (ACCEPTED, "InternalError", [OLD, NEW]),
        (SILENCE, REJECTED, [OLD, NEW]),
        (ACCEPTED, ACCEPTED, [OLD, NEWER]),
        (SILENCE, ACCEPTED, [OLD, NEWER]),
        (REJECTED, ACCEPTED, [OLD, NEWER]),
        (REJECTED, REJECTED, [OLD]),
    ],
)
async def test_a_password_that_follows_another_one(
    csms: Csms, peer: Peer, first: Any, second: Any, open_then: list[str]
) -> None:
    await sets(csms, peer, NEW, first)
    await sets(csms, peer, NEWER, second)
    assert await opens(csms, OLD, NEW, NEWER) == open_then


async def test_the_same_password_again_may_be_refused(csms: Csms, peer: Peer) -> None:
    await sets(csms, peer, NEW, ACCEPTED)
    await sets(csms, peer, NEW, REJECTED)
    assert await opens(csms, OLD, NEW) == [OLD, NEW]


async def test_what_was_sent_after_the_password_in_use_may_still_come(csms: Csms, peer: Peer) -> None:
    await sets(csms, peer, NEW, SILENCE)
    await sets(csms, peer, NEWER, SILENCE)
    assert await opens(csms, NEW, OLD, NEWER, NEW) == [NEW, NEWER]


async def test_a_password_is_random_unless_it_is_given_and_nobody_can_read_it(csms: Csms, peer: Peer) -> None:
    values = []
    for _ in range(2):
        command = await csms.security.access.set_password("CP")
        values.append((await peer.answers(ACCEPTED))[3]["value"])
        assert (await command.ended()).fields()["request"]["value"] == "(hidden)"
    assert values[0] != values[1]
    assert {len(bytes.fromhex(value)) for value in values} == {20}
    shown = orjson.dumps([*csms.store.reads.commands(), [str(frame) for frame in csms.stations.all()[0].frames]])
    assert not any(value.encode() in shown for value in values)


@pytest.mark.parametrize("password", ["x" * 15, "x" * 21, "", "é" * 11, "ab" * 15])
async def test_a_password_of_the_wrong_length_is_refused(csms: Csms, peer: Peer, password: str) -> None:
    with pytest.raises(InvalidIntent, match=r"password: expected 16 to 20 bytes, received \d+ \(A00.FR.205\)"):
        await csms.security.access.set_password("CP", password=password)
    assert await opens(csms, OLD) == [OLD]


@pytest.mark.parametrize("key", ["AuthorizationKey", "authorizationkey", "AUTHORIZATIONKEY"])
async def test_no_way_leads_around_the_rules(csms: Csms, peer: Peer, key: str) -> None:
    with pytest.raises(InvalidIntent, match="expected 32 to 40 hexadecimal digits"):
        await csms.commands.change_configuration("CP", key=key, value=NEW)
    await csms.commands.change_configuration("CP", key=key, value=NEW.encode().hex())
    await peer.answers(ACCEPTED)
    assert await opens(csms, NEW, OLD) == [NEW]
    with pytest.raises(NotAllowedNow, match="never lowered"):
        await csms.commands.change_configuration("CP", key="securityprofile", value="0")


@pytest.mark.parametrize("profile", [None, 0])
async def test_a_station_without_a_password_gets_one_and_then_needs_it(
    csms: Csms, peer: Peer, profile: int | None
) -> None:
    await csms.stations.put(Station("CP"), security_profile=profile, password_hash=None)
    await sets(csms, peer, NEW, ACCEPTED)
    assert await opens(csms, None) == [None]
    if profile == 0:
        await csms.security.access.set_security_profile("CP", profile=1)
        await peer.answers(ACCEPTED)
    assert await opens(csms, None, OLD) == [None, OLD]
    assert await opens(csms, NEW, None, OLD, NEW) == [NEW, NEW]


async def test_what_an_operator_sets_ends_what_is_on_its_way(csms: Csms, peer: Peer) -> None:
    class Meanwhile(Passwords):
        """While a password is checked, an operator sets another one."""

        async def right(self, password: bytes, stored_hash: str) -> bool:
            right = await super().right(password, stored_hash)
            await csms.stations.put(Station("CP"), password_hash=stored(NEWER), pending_passwords=())
            return right

    await sets(csms, peer, NEW, ACCEPTED)
    csms.security.admission._passwords = Meanwhile(CHEAP, threads=False)
    assert await opens(csms, NEW) == []
    csms.security.admission._passwords = passwords()
    assert await opens(csms, NEW, OLD, NEWER) == [NEWER]


async def raises(csms: Csms, peer: Peer, profile: int, answer: Any) -> None:
    """A higher profile is sent, and the station answers it."""
    command = await csms.security.access.set_security_profile("CP", profile=profile)
    call = await peer.answers(answer) if answer is not SILENCE else await peer.receives()
    assert call[2:] == ["ChangeConfiguration", {"key": "SecurityProfile", "value": str(profile)}]
    await command.ended()


@pytest.fixture
def tls(csms: Csms) -> None:
    """There is a port with TLS, and stations may show certificates of another CA."""
    csms.security.serves_tls = csms.security.trusts_others = True


@pytest.mark.parametrize(
    ("answers", "profiles"),
    [
        ([(2, ACCEPTED)], {2: 2}),
        ([(2, SILENCE)], {2: 2}),
        ([(2, REJECTED)], {2: 1}),
        ([(2, ACCEPTED), (2, REJECTED)], {2: 2}),
        ([(2, ACCEPTED), (3, REJECTED)], {2: 2}),
        ([(3, SILENCE), (2, ACCEPTED)], {2: 2}),
    ],
)
@pytest.mark.usefixtures("tls")
async def test_a_profile_counts_from_its_first_use_unless_it_is_refused(
    csms: Csms, peer: Peer, answers: list[tuple[int, Any]], profiles: dict[int, int]
) -> None:
    for profile, answer in answers:
        await raises(csms, peer, profile, answer)
    station = csms.stations.all()[0]
    assert await opens(csms, OLD) == [OLD]
    await opens(csms, OLD, tls=True)
    assert station.security_profile == profiles[2]
    assert await opens(csms, OLD, tls=True) == ([OLD] if profiles[2] == 2 else [])
    assert await opens(csms, OLD) == ([OLD] if profiles[2] == 1 else [])
    assert 2 not in station.pending_profiles


@pytest.mark.parametrize(
    ("fields", "profile", "line"),
    [
        ({}, 1, r"expected more than 1, the one in use, received 1; .* never lowered through OCPP \(A00.FR.005\)"),
        ({"security_profile": 3}, 2, "expected more than 3, the one in use, received 2"),
        ({"security_profile": 0, "password_hash": None}, 1, r"1 expected a password, .* none \(A05.FR.02\)"),
        ({"password_hash": None}, 2, r"2 expected a password, .* none \(A05.FR.02\)"),
        ({}, 3, r"3 expected a station with a certificate of ours, it has none \(A05.FR.04\)"),
    ],
)
async def test_a_profile_that_the_station_cannot_take_is_refused_with_the_rule(
    csms: Csms, peer: Peer, fields: dict[str, Any], profile: int, line: str
) -> None:
    csms.security.serves_tls = True
    await csms.stations.put(Station("CP"), **fields)
    with pytest.raises(NotAllowedNow, match=line):
        await csms.security.access.set_security_profile("CP", profile=profile)
    assert csms.stations.all()[0].pending_profiles == ()


async def test_a_profile_with_tls_needs_a_port_with_tls_and_every_profile_a_number(csms: Csms, peer: Peer) -> None:
    with pytest.raises(NotAllowedNow, match="2 expected a port with TLS, there is none"):
        await csms.security.access.set_security_profile("CP", profile=2)
    for value in ("4", "-1", "two", "2 ", ""):
        with pytest.raises(InvalidIntent, match="SecurityProfile: expected 1, 2 or 3, received"):
            await csms.commands.change_configuration("CP", key="SecurityProfile", value=value)


@pytest.mark.parametrize("first", [True, False])
async def test_a_station_that_comes_while_it_is_registered_keeps_its_password(
    clock: FakeClock, tmp_path: Path, first: bool
) -> None:
    csms = Csms(open_store(tmp_path / "csms.db"), clock, Settings(accept_unknown=True), passwords=passwords())
    new = stored(NEW)
    coming = csms.security.admission.admit(Visitor("NEW"))
    adding = csms.stations.put(Station("NEW"), password_hash=new, registration="Pending")
    await asyncio.gather(*((coming, adding) if first else (adding, coming)))
    await csms.close()
    store = inline_store(tmp_path / "csms.db")
    assert [(kept.password_hash, kept.registration) for kept in store.reads.stations()] == [(new, "Pending")]
    await store.close()


async def test_what_a_station_reports_does_not_undo_what_is_being_changed(clock: FakeClock, tmp_path: Path) -> None:
    csms = Csms(open_store(tmp_path / "csms.db"), clock, passwords=passwords())
    station = await csms.stations.put(Station("CP"), password_hash=stored(OLD))
    new = stored(NEW)
    changing = asyncio.create_task(csms.stations.put(station, password_hash=new))
    await asyncio.sleep(0)
    csms.stations.seen(station)
    await csms.stations.booted(station, {})
    await changing
    await csms.close()
    store = inline_store(tmp_path / "csms.db")
    assert [kept.password_hash for kept in store.reads.stations()] == [new]
    await store.close()
