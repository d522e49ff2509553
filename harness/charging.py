"""What the smart charging cases ask of the operator, and what they then demand of the CSMS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from harness.clock import rfc3339
from harness.matchers import absent, any_of, not_, parse_time, present, same_time, warns_on

VALID = timedelta(days=1)
UNASKED = warns_on(present, absent)


@dataclass(frozen=True)
class Charging:
    """The values that the document leaves to the tester."""

    charging_rate_unit: Literal["A", "W"] = "A"
    stack_level: int = 0
    number_phases: int = 3
    duration_s: int = 300
    tx_profile_kind: Literal["Absolute", "Relative"] = "Relative"

    @property
    def limit(self) -> float:
        """The limit that the document wants: 6 A or 6000 W."""
        return 6.0 if self.charging_rate_unit == "A" else 6000.0

    def profile(self, purpose: str, at: str, kind: str = "Absolute") -> dict[str, Any]:
        """A profile of one period as the operator describes it: from that time on, or Relative without any time."""
        valid = {"validFrom": at, "validTo": _later(at)} if kind == "Absolute" else {}
        when = {"startSchedule": at, "duration": self.duration_s} if kind == "Absolute" else {}
        period = {"startPeriod": 0, "limit": self.limit, "numberPhases": self.number_phases}
        return {
            "stackLevel": self.stack_level,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": kind,
            **valid,
            "chargingSchedule": {
                **when,
                "chargingRateUnit": self.charging_rate_unit,
                "chargingSchedulePeriod": [period],
            },
        }

    def demands(
        self, profile: Mapping[str, Any], place: str, *others: int, transactionId: int | None = None
    ) -> dict[str, Any]:
        """What a request holds of such a profile at this place, perhaps for a transaction, with an id of its own.

        What nobody asked for and does not contradict the operator warns.
        """
        schedule = profile["chargingSchedule"]
        (period,) = schedule["chargingSchedulePeriod"]
        phases = any_of(3, absent) if period["numberPhases"] == 3 else period["numberPhases"]
        inside, first = "chargingSchedule", "chargingSchedule.chargingSchedulePeriod[0]"
        start = same_time(schedule["startSchedule"]) if "startSchedule" in schedule else absent
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

    def cleared(self, **criteria: Any) -> dict[str, Any]:
        """What a ClearChargingProfile.req holds: these and nothing else."""
        fields = ("id", "connectorId", "chargingProfilePurpose", "stackLevel")
        return {field: criteria.get(field, absent) for field in fields}

    def installed(self, profile: Mapping[str, Any], connectorId: int) -> dict[str, Any]:
        """What the records show of such a profile once the station has accepted it."""
        return {
            "status": "Installed",
            "connectorId": connectorId,
            "chargingProfilePurpose": profile["chargingProfilePurpose"],
            "stackLevel": profile["stackLevel"],
        }


def _later(at: str) -> str:
    instant = parse_time(at)
    assert instant is not None, at
    return rfc3339(instant + VALID)


def _time(profile: Mapping[str, Any], name: str) -> Any:
    return same_time(profile[name]) if name in profile else UNASKED
