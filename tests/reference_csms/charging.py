"""Charging profiles in a line, and a station that answers what it is sent."""

from __future__ import annotations

from typing import Any

from reference_csms.app import Csms
from reference_csms.commands.commands import Command

KEYS = {
    "ChargeProfileMaxStackLevel": "3",
    "ChargingScheduleAllowedChargingRateUnit": "Current",
    "ChargingScheduleMaxPeriods": "2",
    "MaxChargingProfilesInstalled": "2",
    "NumberOfConnectors": "2",
    "SupportedFeatureProfiles": "Core,SmartCharging",
}


def a_profile(**fields: Any) -> dict[str, Any]:
    """A default profile of 6 A from noon on; fields of its schedule may be given too, None leaves one out."""
    schedule = {
        "chargingRateUnit": "A",
        "startSchedule": "2024-05-01T12:00:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}],
    }
    profile = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute"}
    inside = ("duration", "startSchedule", "chargingRateUnit", "chargingSchedulePeriod", "minChargingRate")
    for name, value in fields.items():
        (schedule if name in inside else profile)[name] = value
    for table in (schedule, profile):
        for name in [name for name, value in table.items() if value is None]:
            del table[name]
    return {**profile, "chargingSchedule": schedule}


def periods(*pairs: tuple[int, float], **more: Any) -> list[dict[str, Any]]:
    return [{"startPeriod": start, "limit": limit, **more} for start, limit in pairs]


TX = {"chargingProfilePurpose": "TxProfile"}
STATION = {"chargingProfilePurpose": "ChargePointMaxProfile"}


async def done(peer: Any, sending: Any, answer: dict[str, Any]) -> tuple[Command, dict[str, Any]]:
    """The command once the station has answered it, and the payload it was sent."""
    command = await sending
    call = await peer.answers(answer)
    return await command.ended(), call[3]


async def is_set(csms: Csms, peer: Any, connector: int = 1, status: str = "Accepted", **fields: Any) -> dict[str, Any]:
    """The payload that the station got."""
    sending = csms.charging.set_profile("CP", connectorId=connector, csChargingProfiles=a_profile(**fields))
    return (await done(peer, sending, {"status": status}))[1]


async def learns(csms: Csms, peer: Any, **keys: str) -> None:
    """The station tells its keys."""
    entries = [{"key": key, "readonly": True, "value": value} for key, value in keys.items()]
    await done(peer, csms.commands.get_configuration("CP"), {"configurationKey": entries})


def kept(csms: Csms) -> list[tuple[int, int | None, str, int]]:
    return [(each.id, each.connector_id, each.purpose, each.stack_level) for each in csms.charging.profiles.of("CP")]
