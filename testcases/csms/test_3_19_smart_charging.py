"""Chapter 3.19: the CSMS limits a connector, a transaction and the whole station, and asks what limits follow."""

from typing import Any

import pytest

from harness.case import (
    Cards,
    Operator,
    Records,
    Settings,
    Station,
    case,
    ignoring_case,
    positive,
    profile_installed,
    profile_sent,
    profiles_cleared,
    same_time,
)

WHOLE_STATION = 0
PLACE = "csChargingProfiles"


@case("TC_056_CSMS")
async def test_tc_056_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS sets a default profile on a connector, every field as the operator says."""
    connector, charging = settings.connector_id, settings.charging
    profile = charging.profile("TxDefaultProfile", station.this_minute())
    await operator.asks("SetChargingProfile", connectorId=connector, profile=profile)
    wanted = {"connectorId": connector, **profile_sent(profile, PLACE)}
    await station.receives(1, "SetChargingProfile.req", wanted)
    await station.sends(2, "SetChargingProfile.conf", status="Accepted")
    await records.command(2, "SetChargingProfile", {"status": "Accepted"})
    await records.charging_profile(2, station.profiles.id, profile_installed(profile, connector))


@case("TC_057_CSMS")
@pytest.mark.usefixtures("charging")
async def test_tc_057_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS sets a profile for the transaction that runs, and names that transaction."""
    connector, charging = settings.connector_id, settings.charging
    transaction, kind = station.transaction_id, charging.tx_profile_kind
    profile = charging.profile("TxProfile", station.this_minute(), kind)
    await operator.asks("SetChargingProfile", connectorId=connector, profile=profile, transactionId=transaction)
    wanted = {"connectorId": connector, **profile_sent(profile, PLACE, transactionId=transaction)}
    await station.receives(1, "SetChargingProfile.req", wanted)
    await station.sends(2, "SetChargingProfile.conf", status="Accepted")
    await records.command(2, "SetChargingProfile", {"status": "Accepted"})
    installed = {**profile_installed(profile, connector), "transactionId": transaction}
    await records.charging_profile(2, station.profiles.id, installed)


@case("TC_066_CSMS")
async def test_tc_066_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS asks which limits a connector will have, and keeps what the station tells."""
    connector, unit = settings.connector_id, settings.charging.charging_rate_unit
    question: dict[str, Any] = {
        "connectorId": connector,
        "duration": settings.charging.duration_s,
        "chargingRateUnit": unit,
    }
    await operator.asks("GetCompositeSchedule", **question)
    await station.receives(1, "GetCompositeSchedule.req", question)
    told = station.profiles.composite(**question)
    await station.sends(2, "GetCompositeSchedule.conf", **told)
    await records.command(2, "GetCompositeSchedule", {"status": "Accepted"})
    kept = {
        "status": "Accepted",
        "connectorId": connector,
        "scheduleStart": same_time(told["scheduleStart"]),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": told["chargingSchedule"]["chargingSchedulePeriod"],
    }
    await records.composite_schedule(2, connector, kept)


@case("TC_067_CSMS")
@pytest.mark.usefixtures("charging")
async def test_tc_067_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS sets a profile of each purpose and clears them in three ways: by id, by criteria, and what is left."""
    connector, charging, now = settings.connector_id, settings.charging, station.this_minute()
    profile = charging.profile("ChargePointMaxProfile", now)
    await operator.asks("SetChargingProfile", connectorId=WHOLE_STATION, profile=profile)
    wanted = {"connectorId": WHOLE_STATION, **profile_sent(profile, PLACE)}
    await station.receives("1a", "SetChargingProfile.req", wanted)
    await station.sends("2a", "SetChargingProfile.conf", status="Accepted")
    first = station.profiles.id
    await records.charging_profile("2a", first, profile_installed(profile, WHOLE_STATION))

    profile = charging.profile("TxDefaultProfile", now)
    await operator.asks("SetChargingProfile", connectorId=connector, profile=profile)
    wanted = {"connectorId": connector, **profile_sent(profile, PLACE, first)}
    await station.receives("1b", "SetChargingProfile.req", wanted)
    await station.sends("2b", "SetChargingProfile.conf", status="Accepted")
    second = station.profiles.id
    await records.charging_profile("2b", second, profile_installed(profile, connector))

    profile, running = charging.profile("TxProfile", now), {"transactionId": station.transaction_id}
    await operator.asks("SetChargingProfile", connectorId=connector, profile=profile, **running)
    wanted = {"connectorId": connector, **profile_sent(profile, PLACE, first, second, **running)}
    await station.receives("1c", "SetChargingProfile.req", wanted)
    await station.sends("2c", "SetChargingProfile.conf", status="Accepted")
    third = station.profiles.id
    await records.charging_profile("2c", third, profile_installed(profile, connector))

    await operator.asks("ClearChargingProfile", id=first)
    await station.receives(3, "ClearChargingProfile.req", profiles_cleared(id=first))
    await station.sends(4, "ClearChargingProfile.conf", status="Accepted")
    await records.charging_profile(4, first, {"status": "Cleared"})
    criteria = {"connectorId": connector, "chargingProfilePurpose": "TxDefaultProfile"}
    await operator.asks("ClearChargingProfile", **criteria, stackLevel=charging.stack_level)
    await station.receives(5, "ClearChargingProfile.req", profiles_cleared(**criteria, stackLevel=charging.stack_level))
    await station.sends(6, "ClearChargingProfile.conf", status="Accepted")
    await records.charging_profile(6, second, {"status": "Cleared"})
    await operator.asks("ClearChargingProfile")
    await station.receives(7, "ClearChargingProfile.req", profiles_cleared())
    await station.sends(8, "ClearChargingProfile.conf", status="Accepted")
    await records.charging_profile(8, third, {"status": "Cleared"})


@case("TC_059_CSMS")
async def test_tc_059_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS starts a session remotely with a profile of its own, which becomes that of the transaction."""
    connector, charging, card = settings.connector_id, settings.charging, cards["Accepted"]
    profile = charging.profile("TxProfile", station.this_minute(), charging.tx_profile_kind)
    await operator.asks("RemoteStartTransaction", connectorId=connector, idTag=card, chargingProfile=profile)
    remote_start = {"idTag": ignoring_case(card), "connectorId": connector}
    wanted = {**remote_start, **profile_sent(profile, "chargingProfile")}
    await station.receives(1, "RemoteStartTransaction.req", wanted)
    await station.sends(2, "RemoteStartTransaction.conf", status="Accepted")
    await records.command(2, "RemoteStartTransaction", {"status": "Accepted"})

    await station.sends(3, "Authorize.req", idTag=card)
    await station.receives(4, "Authorize.conf", {"idTagInfo.status": "Accepted", **cards.details})
    # [The cable is plugged in.]
    await station.sends(5, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing")
    await station.receives(6, "StatusNotification.conf")
    await station.sends(
        7, "StartTransaction.req", connectorId=connector, idTag=card, meterStart=0, timestamp=station.now()
    )
    accepted = {"idTagInfo.status": "Accepted", **cards.details, "transactionId": positive}
    await station.receives(8, "StartTransaction.conf", accepted)
    installed = {**profile_installed(profile, connector), "transactionId": station.transaction_id}
    await records.charging_profile(8, station.profiles.id, installed)
    await station.sends(9, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Charging")
    await station.receives(10, "StatusNotification.conf")
    await records.connector(10, connector, {"status": "Charging"})
