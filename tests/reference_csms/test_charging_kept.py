"""Which charging profiles a station is known to keep."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from typing import Any

import pytest

from reference_csms.app import Csms
from reference_csms.errors import InvalidIntent, NotAllowedNow
from reference_csms.store.database import inline_store
from tests.reference_csms.charging import KEYS, STATION, TX, a_profile, done, is_set, kept, learns, periods


async def test_a_transaction_profile_gets_the_running_transaction(csms: Csms, peer: Any) -> None:
    number = (await peer.starts())["transactionId"]
    sent = await is_set(csms, peer, **TX)
    assert sent["csChargingProfiles"]["transactionId"] == number
    with pytest.raises(NotAllowedNow, match=f"transactionId: expected the running transaction {number}, received 99"):
        await is_set(csms, peer, **TX, transactionId=99)
    with pytest.raises(NotAllowedNow, match="expected a connector with a running transaction, received 2"):
        await is_set(csms, peer, 2, **TX)
    assert kept(csms) == [(1, 1, "TxProfile", 0)]
    await peer.calls("StopTransaction", transactionId=number, meterStop=1, timestamp="2024-05-01T12:00:00Z")
    assert kept(csms) == []
    assert became(csms) == {1: "Ended"}


async def test_a_transaction_that_ended_meanwhile_keeps_no_profile(csms: Csms, peer: Any) -> None:
    number = (await peer.starts())["transactionId"]
    sending = asyncio.ensure_future(csms.charging.set_profile("CP", connectorId=1, csChargingProfiles=a_profile(**TX)))
    call = await peer.receives()
    await peer.calls("StopTransaction", transactionId=number, meterStop=1, timestamp="2024-05-01T12:00:00Z")
    await peer.sends(3, call[1], {"status": "Accepted"})
    await (await sending).ended()
    assert kept(csms) == []


async def test_ids_are_new_unless_given_and_never_mean_two_profiles(csms: Csms, peer: Any) -> None:
    assert (await is_set(csms, peer, chargingProfileId=41))["csChargingProfiles"]["chargingProfileId"] == 41
    assert (await is_set(csms, peer, stackLevel=1))["csChargingProfiles"]["chargingProfileId"] == 42
    with pytest.raises(InvalidIntent, match="expected an id of its own, received 41, the id of a TxDefaultProfile on"):
        await is_set(csms, peer, 2, chargingProfileId=41)
    await is_set(csms, peer, chargingProfileId=41, stackLevel=2)
    assert kept(csms) == [(42, 1, "TxDefaultProfile", 1), (41, 1, "TxDefaultProfile", 2)]


@pytest.mark.parametrize("answer", [{"status": "Rejected"}, {"status": "NotSupported"}, {"status": "Nonsense"}])
async def test_only_what_is_accepted_is_kept(csms: Csms, peer: Any, answer: dict[str, str]) -> None:
    await is_set(csms, peer, status=answer["status"])
    assert kept(csms) == []


async def test_a_station_is_asked_in_ocpps_own_words(csms: Csms, peer: Any) -> None:
    given = a_profile(chargingProfileId=5, duration=60, chargingSchedulePeriod=periods((0, 21.4), numberPhases=1))
    sending = csms.charging.set_profile("CP", connectorId=0, csChargingProfiles=deepcopy(given))
    _, sent = await done(peer, sending, {"status": "Accepted"})
    assert sent == {"connectorId": 0, "csChargingProfiles": given}


async def test_profiles_are_cleared_by_id_by_criteria_or_all(csms: Csms, peer: Any) -> None:
    for connector, fields in ((0, STATION), (1, {}), (1, {"stackLevel": 1}), (2, {}), (0, {})):
        await is_set(csms, peer, connector, **fields)
    assert len(kept(csms)) == 5

    async def clears(status: str = "Accepted", **criteria: Any) -> dict[str, Any]:
        return (await done(peer, csms.charging.clear_profiles("CP", **criteria), {"status": status}))[1]

    assert await clears(id=1) == {"id": 1}
    assert [number for number, *_ in kept(csms)] == [2, 3, 4, 5]
    criteria = {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
    assert await clears(**criteria) == criteria
    assert [number for number, *_ in kept(csms)] == [3, 4, 5]
    assert await clears(connectorId=0, status="Unknown") == {"connectorId": 0}
    assert [number for number, *_ in kept(csms)] == [3, 4]
    assert await clears() == {}
    assert kept(csms) == []
    assert became(csms) == dict.fromkeys(range(1, 6), "Cleared")


@pytest.mark.parametrize(
    ("criteria", "complaint"),
    [
        ({"id": 1, "stackLevel": 0}, "id: expected it alone, received also stackLevel"),
        ({"connectorId": -1}, "connectorId: expected at least 0, received -1"),
        ({"stackLevel": -1}, "stackLevel: expected at least 0, received -1"),
        ({"chargingProfilePurpose": "Nothing"}, "chargingProfilePurpose"),
    ],
)
async def test_a_wrong_clearing_is_refused(csms: Csms, criteria: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidIntent) as refused:
        await csms.charging.clear_profiles("CP", **criteria)
    assert complaint in str(refused.value)


async def test_a_remote_start_takes_its_profile_into_the_transaction(csms: Csms, peer: Any) -> None:
    sending = csms.charging.remote_start("CP", idTag="CARD", connectorId=1, chargingProfile=a_profile(**TX))
    _, sent = await done(peer, sending, {"status": "Accepted"})
    assert sent["idTag"] == "CARD"
    assert sent["connectorId"] == 1
    assert sent["chargingProfile"] == a_profile(**TX, chargingProfileId=1)
    [waiting] = csms.charging.profiles.of("CP")
    assert waiting.waiting
    number = (await peer.starts(1, "card"))["transactionId"]
    [own] = csms.charging.profiles.of("CP")
    assert not own.waiting
    assert own.profile["transactionId"] == number
    await is_set(csms, peer, **TX)
    assert kept(csms) == [(2, 1, "TxProfile", 0)]
    assert became(csms) == {1: "Replaced", 2: "Installed"}


@pytest.mark.parametrize(
    ("asked", "started", "left"),
    [
        (1, (1, "CARD"), [(1, 1)]),
        (None, (2, "CARD"), [(1, 2)]),
        (1, (1, "OTHER"), []),
        (1, (2, "CARD"), [(1, 1)]),
        (None, (2, "OTHER"), [(1, None)]),
    ],
)
async def test_a_profile_waits_for_its_card_on_its_connector(
    csms: Csms, peer: Any, asked: int | None, started: tuple[int, str], left: list[Any]
) -> None:
    sending = csms.charging.remote_start("CP", idTag="CARD", connectorId=asked, chargingProfile=a_profile(**TX))
    await done(peer, sending, {"status": "Accepted"})
    await peer.starts(*started)
    assert [(number, connector) for number, connector, *_ in kept(csms)] == left


async def test_a_lost_transaction_takes_its_profile_with_it(csms: Csms, peer: Any) -> None:
    await peer.starts()
    await is_set(csms, peer, **TX)
    await peer.starts(at="2024-05-01T09:00:00Z")
    assert kept(csms) == []
    await peer.starts(at="2024-05-01T09:00:00Z")


async def test_what_is_kept_survives_a_restart(csms: Csms, peer: Any, clock: Any, tmp_path: Any) -> None:
    path = tmp_path / "csms.db"
    first = Csms(inline_store(path), clock)
    await first.charging.profiles.keep("CP", _kept(clock, a_profile(chargingProfileId=7)))
    await first.charging.profiles.keep("CP", _kept(clock, a_profile(chargingProfileId=8, stackLevel=1)))
    await first.charging.profiles.cleared("CP", first.charging.profiles.of("CP")[:1])
    before = first.charging.profiles.of("CP")
    await first.close()
    again = Csms(inline_store(path), clock)
    assert again.charging.profiles.of("CP") == before
    assert again.charging.profiles.next_id("CP") == 9
    await again.close()


def became(csms: Csms) -> dict[int, str]:
    """What became of each profile."""
    return {each["chargingProfileId"]: each["status"] for each in csms.store.charging.profiles("CP")}


def _kept(clock: Any, profile: dict[str, Any]) -> Any:
    from reference_csms.domain.charging.kept import Kept

    return Kept(profile, 1, clock.now())


async def test_the_configuration_is_learnt_from_answers_and_read_again_after_a_restart(csms: Csms, peer: Any) -> None:
    await learns(csms, peer, **KEYS)
    known = csms.configurations
    assert known.integer("CP", "chargingschedulemaxperiods") == 2
    assert known.items("CP", "SupportedFeatureProfiles") == ("Core", "SmartCharging")
    changing = csms.commands.change_configuration("CP", key="ChargeProfileMaxStackLevel", value="9")
    await done(peer, changing, {"status": "Accepted"})
    changing = csms.commands.change_configuration("CP", key="NumberOfConnectors", value="9")
    await done(peer, changing, {"status": "Rejected"})
    await done(
        peer, csms.commands.get_configuration("CP", keys=["X"]), {"unknownKey": ["MaxChargingProfilesInstalled"]}
    )
    left = {**KEYS, "ChargeProfileMaxStackLevel": "9"}
    del left["MaxChargingProfilesInstalled"]
    assert known.all("CP") == left
    again = type(known)(lambda station: csms.store.reads.answered(station, ("GetConfiguration", "ChangeConfiguration")))
    assert again.all("CP") == left
    assert again.integer("CP", "SupportedFeatureProfiles") is None
