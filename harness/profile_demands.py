"""What a CSMS has to make of a charging profile that its operator has described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.matchers import absent, any_of, not_, present, same_time, warns_on

UNASKED = warns_on(present, absent)
"""For what nobody asked for and does not contradict the operator."""


def profile_sent(
    profile: Mapping[str, Any], place: str, *others: int, transactionId: int | None = None
) -> dict[str, Any]:
    """What a request holds of such a profile at this place, perhaps for a transaction, with another id than others."""
    schedule = profile["chargingSchedule"]
    (period,) = schedule["chargingSchedulePeriod"]
    phases = any_of(3, absent) if period["numberPhases"] == 3 else period["numberPhases"]
    start = same_time(schedule["startSchedule"]) if "startSchedule" in schedule else absent
    inside, first = "chargingSchedule", "chargingSchedule.chargingSchedulePeriod[0]"
    own = {"chargingProfileId": not_(any_of(*others))} if others else {}
    fields = {
        **own,
        "chargingProfilePurpose": profile["chargingProfilePurpose"],
        "transactionId": absent if transactionId is None else transactionId,
        "recurrencyKind": absent,
        "chargingProfileKind": profile["chargingProfileKind"],
        f"{inside}.startSchedule": start,
        f"{first}.startPeriod": 0,
        "stackLevel": profile["stackLevel"],
        "validFrom": _time(profile, "validFrom"),
        "validTo": _time(profile, "validTo"),
        f"{inside}.duration": schedule.get("duration", UNASKED),
        f"{inside}.chargingRateUnit": schedule["chargingRateUnit"],
        f"{first}.limit": period["limit"],
        f"{first}.numberPhases": phases,
        f"{inside}.chargingSchedulePeriod[1]": absent,
        f"{inside}.minChargingRate": UNASKED,
    }
    return {f"{place}.{path}": expected for path, expected in fields.items()}


def profile_installed(profile: Mapping[str, Any], connectorId: int) -> dict[str, Any]:
    """What the records show of such a profile once the station has accepted it."""
    return {
        "status": "Installed",
        "connectorId": connectorId,
        "chargingProfilePurpose": profile["chargingProfilePurpose"],
        "stackLevel": profile["stackLevel"],
    }


def profiles_cleared(**criteria: Any) -> dict[str, Any]:
    """What a ClearChargingProfile.req holds: these criteria and nothing else."""
    fields = ("id", "connectorId", "chargingProfilePurpose", "stackLevel")
    return {field: criteria.get(field, absent) for field in fields}


def _time(profile: Mapping[str, Any], name: str) -> Any:
    return same_time(profile[name]) if name in profile else UNASKED
