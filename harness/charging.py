"""What the smart charging cases ask of the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from harness.clock import rfc3339

VALID = timedelta(days=1)


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
        until = rfc3339(datetime.fromisoformat(at) + VALID)
        valid = {"validFrom": at, "validTo": until} if kind == "Absolute" else {}
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
