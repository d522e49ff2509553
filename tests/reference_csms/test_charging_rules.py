"""Which charging profiles are refused before they are sent, and why."""

from __future__ import annotations

from typing import Any

import pytest

from reference_csms.app import Csms
from reference_csms.errors import CommandError, InvalidIntent, NotAllowedNow
from tests.reference_csms.charging import KEYS, STATION, TX, a_profile, is_set, kept, learns, periods


@pytest.mark.parametrize(
    ("connector", "fields", "complaint"),
    [
        (1, {"chargingSchedulePeriod": periods((10, 6.0))}, "[0].startPeriod: expected 0, received 10"),
        (1, {"chargingSchedulePeriod": periods((0, 6.0), (9, 1.0), (9, 2.0))}, "[2].startPeriod: expected more than 9"),
        (1, {"chargingSchedulePeriod": []}, "chargingSchedulePeriod: expected at least one period"),
        (1, {"chargingSchedulePeriod": periods((0, 6.05))}, "limit: expected a multiple of 0.1"),
        (1, {"chargingSchedulePeriod": periods((0, -1.0))}, "limit: expected 0 or more, received -1.0"),
        (1, {"chargingSchedulePeriod": periods((0, 6.0), numberPhases=4)}, "numberPhases: expected 1, 2 or 3"),
        (1, {"minChargingRate": -0.1}, "minChargingRate: expected 0 or more"),
        (1, {"minChargingRate": 0.15}, "minChargingRate: expected a multiple of 0.1"),
        (1, {"stackLevel": -1}, "stackLevel: expected 0 or more, received -1"),
        (-1, {}, "connectorId: expected 0 or more, received -1"),
        (1, STATION, "connectorId: expected 0 for a ChargePointMaxProfile, received 1"),
        (0, TX, "connectorId: expected above 0 for a TxProfile, received 0"),
        (1, {"transactionId": 1}, "transactionId: expected none with TxDefaultProfile, received 1"),
        (1, {"recurrencyKind": "Daily"}, "recurrencyKind: expected none with Absolute, received Daily"),
        (1, {"chargingProfileKind": "Recurring"}, "recurrencyKind: expected Daily or Weekly with Recurring"),
        (1, {"chargingProfileKind": "Relative"}, "startSchedule: expected none with Relative"),
        (1, {"startSchedule": None}, "startSchedule: expected a time with Absolute, received nothing"),
        (
            1,
            {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "startSchedule": None},
            "startSchedule: expected a time with Recurring, received nothing",
        ),
        (1, {"startSchedule": "2024-06-30T23:59:60Z"}, "startSchedule: expected a time of the calendar"),
        (1, {"duration": 0}, "duration: expected above 0, received 0"),
        (
            1,
            {"validFrom": "2024-05-02T00:00:00Z", "validTo": "2024-05-02T01:00:00+01:00"},
            "validTo: expected a time after validFrom 2024-05-02T00:00:00Z",
        ),
        (1, {"chargingRateUnit": "kW"}, "chargingRateUnit"),
        (1, {"chargingProfilePurpose": "Purpose"}, "chargingProfilePurpose"),
        (1, {"chargingProfileId": None, "kind": "Absolute"}, "kind"),
    ],
)
async def test_what_ocpp_does_not_allow_is_refused_with_its_rule(
    csms: Csms, connector: int, fields: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InvalidIntent) as refused:
        await csms.charging.set_profile("CP", connectorId=connector, csChargingProfiles=a_profile(**fields))
    assert str(refused.value).startswith("SetChargingProfile ")
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"chargingProfilePurpose": "TxDefaultProfile"}, "expected TxProfile in a remote start"),
        ({**TX, "transactionId": 7}, "transactionId: expected none in a remote start, received 7"),
        ({**TX, "chargingSchedulePeriod": periods((1, 6.0))}, "[0].startPeriod: expected 0, received 1"),
    ],
)
async def test_a_remote_start_carries_a_transaction_profile_without_transaction(
    csms: Csms, fields: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InvalidIntent) as refused:
        await csms.charging.remote_start("CP", idTag="CARD", chargingProfile=a_profile(**fields))
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"stackLevel": 4}, "stackLevel: expected at most ChargeProfileMaxStackLevel 3, received 4 (OCPP 1.6 §9.4.1)"),
        (
            {"chargingSchedulePeriod": periods((0, 6.0), (1, 7.0), (2, 8.0))},
            "expected at most ChargingScheduleMaxPeriods 2 periods, received 3",
        ),
        ({"chargingRateUnit": "W"}, "expected a unit of ChargingScheduleAllowedChargingRateUnit Current, received W"),
        (TX, "connectorId: expected a connector with a running transaction, received 1"),
    ],
)
async def test_what_the_station_cannot_take_is_refused_once_it_has_said_so(
    csms: Csms, peer: Any, fields: dict[str, Any], complaint: str
) -> None:
    if fields is not TX:
        await is_set(csms, peer, **fields)
    await learns(csms, peer, **KEYS)
    with pytest.raises(NotAllowedNow) as refused:
        await csms.charging.set_profile("CP", connectorId=1, csChargingProfiles=a_profile(**fields))
    assert str(refused.value).startswith("CP: SetChargingProfile ")
    assert complaint in str(refused.value)


async def test_a_station_takes_so_many_profiles_but_any_replacement(csms: Csms, peer: Any) -> None:
    await learns(csms, peer, **KEYS)
    await is_set(csms, peer)
    await is_set(csms, peer, stackLevel=1)
    with pytest.raises(NotAllowedNow, match="fewer than MaxChargingProfilesInstalled 2"):
        await is_set(csms, peer, stackLevel=2)
    await is_set(csms, peer, stackLevel=1)
    assert kept(csms) == [(1, 1, "TxDefaultProfile", 0), (4, 1, "TxDefaultProfile", 1)]


@pytest.mark.parametrize("told", ["Power", "Current,Power", "W", "A, W", ""])
async def test_a_station_may_name_units_in_its_own_way(csms: Csms, peer: Any, told: str) -> None:
    await learns(csms, peer, ChargingScheduleAllowedChargingRateUnit=told)
    await is_set(csms, peer, chargingRateUnit="W")
    assert len(kept(csms)) == 1


async def test_a_station_without_the_feature_gets_no_profile(csms: Csms, peer: Any) -> None:
    await learns(csms, peer, SupportedFeatureProfiles="Core,Reservation")
    with pytest.raises(NotAllowedNow, match="SupportedFeatureProfiles: expected SmartCharging, received Core,Reserva"):
        await is_set(csms, peer)


async def test_a_station_that_is_not_there_gets_nothing(csms: Csms) -> None:
    with pytest.raises(CommandError, match="expected a connected station"):
        await csms.charging.set_profile("CP", connectorId=1, csChargingProfiles=a_profile())
    with pytest.raises(CommandError, match="expected a registered station"):
        await csms.charging.set_profile("NOBODY", connectorId=1, csChargingProfiles=a_profile())
