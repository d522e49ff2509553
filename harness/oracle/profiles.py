"""Charging profiles as values: what a csChargingProfiles payload means, with exact numbers and aware times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple

Purpose = Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]
Kind = Literal["Absolute", "Recurring", "Relative"]
Unit = Literal["A", "W"]

PHASES = 3
"""What a period without numberPhases means (OCPP 1.6 §7.14)."""

RECURRENCE: Mapping[str, timedelta] = {"Daily": timedelta(hours=24), "Weekly": timedelta(days=7)}
"""OCPP 1.6 §7.37: every 24 hours and every 7 days, whatever the clocks on the wall do."""


class Limit(NamedTuple):
    """A limit in the unit it belongs to; in A it holds for each of the phases, in W for all of them together."""

    value: Fraction
    phases: int = PHASES


class Period(NamedTuple):
    """From so many seconds after the start of its schedule on, this limit."""

    start: timedelta
    limit: Limit


class Profile(NamedTuple):
    """One charging profile; `start` and `duration` are those of its schedule."""

    id: int
    purpose: Purpose
    stack_level: int
    kind: Kind
    recurrence: timedelta | None
    transaction_id: int | None
    valid_from: datetime | None
    valid_to: datetime | None
    start: datetime | None
    duration: timedelta | None
    unit: Unit
    periods: tuple[Period, ...]

    def valid(self, at: datetime) -> bool:
        """Whether the profile is valid at that instant: from validFrom on, no longer at validTo (OCPP 1.6 §7.8)."""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)

    @property
    def length(self) -> timedelta | None:
        """How long the schedule lasts each time: its duration, cut at the recurrence (OCPP 1.6 errata v4.0 §3.44)."""
        lengths = [length for length in (self.duration, self.recurrence) if length is not None]
        return min(lengths, default=None)


class Installed(NamedTuple):
    """A profile at its station: on which connector, and since when."""

    connector_id: int
    profile: Profile
    received: datetime


def profile(payload: Mapping[str, Any]) -> Profile:
    """The profile of a payload that its schema allows; raises ValueError for what has no meaning.

    That is a time that no calendar holds, or a number of phases other than 1, 2 or 3.
    """
    schedule = payload["chargingSchedule"]
    kind: Kind = payload["chargingProfileKind"]
    recurring = RECURRENCE.get(payload.get("recurrencyKind", "")) if kind == "Recurring" else None
    return Profile(
        id=payload["chargingProfileId"],
        purpose=payload["chargingProfilePurpose"],
        stack_level=payload["stackLevel"],
        kind=kind,
        recurrence=recurring,
        transaction_id=payload.get("transactionId"),
        valid_from=_instant(payload.get("validFrom")),
        valid_to=_instant(payload.get("validTo")),
        start=_instant(schedule.get("startSchedule")) if kind != "Relative" else None,
        duration=timedelta(seconds=schedule["duration"]) if "duration" in schedule else None,
        unit=schedule["chargingRateUnit"],
        periods=tuple(
            Period(timedelta(seconds=period["startPeriod"]), _limit(period))
            for period in schedule["chargingSchedulePeriod"]
        ),
    )


def _limit(period: Mapping[str, Any]) -> Limit:
    phases = period.get("numberPhases", PHASES)
    if not 1 <= phases <= PHASES:
        raise ValueError(f"numberPhases: expected 1 to {PHASES}, received {phases}")
    return Limit(Fraction(Decimal(str(period["limit"]))), phases)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
