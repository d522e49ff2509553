"""What OCPP demands of a charging profile before it is sent, and what its station can take.

Each rule yields what is wrong: where, what was expected and why, what came. The schema has been checked before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from reference_csms.domain.clock import parse_utc

QUANTITIES: Mapping[str, str] = {"A": "Current", "W": "Power"}
"""How ChargingScheduleAllowedChargingRateUnit calls them (OCPP 1.6 errata v4.0 §3.86); some stations write A and W."""

_PURPOSE, _KIND = "chargingProfilePurpose", "chargingProfileKind"
_SCHEDULE = "chargingSchedule"
_PERIODS = f"{_SCHEDULE}.chargingSchedulePeriod"


class Fault(NamedTuple):
    """One thing that is wrong with a profile; `path` is inside it, or names a field beside it."""

    path: str
    expected: str
    received: Any
    rule: str

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, received {self.received} ({self.rule})"


@dataclass(frozen=True)
class Capabilities:
    """What a station has said that it can do; None and empty mean that it has not said."""

    max_stack_level: int | None = None
    max_periods: int | None = None
    max_installed: int | None = None
    quantities: tuple[str, ...] = ()
    feature_profiles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a profile is to go: the connector, the transaction that runs there, and what is installed."""

    connector_id: int | None
    transaction_id: int | None = None
    installed: Mapping[int, tuple[str, int | None]] = field(default_factory=dict)
    replaces: int = 0
    remote_start: bool = False


Profile = Mapping[str, Any]
Rule = Callable[[Profile, Place], Iterator[Fault]]


def faults(profile: Profile, place: Place) -> Iterator[Fault]:
    """What OCPP does not allow, whatever the station is doing."""
    for rule in _RULES:
        yield from rule(profile, place)


def _place(profile: Profile, place: Place) -> Iterator[Fault]:
    purpose, connector_id = profile[_PURPOSE], place.connector_id
    if connector_id is not None and connector_id < 0:
        yield Fault("connectorId", "0 or more", connector_id, "OCPP 1.6 §3.8")
    elif place.remote_start and purpose != "TxProfile":
        yield Fault(_PURPOSE, "TxProfile in a remote start", purpose, "OCPP 1.6 §5.16.2")
    elif purpose == "ChargePointMaxProfile" and connector_id != 0:
        yield Fault("connectorId", "0 for a ChargePointMaxProfile", connector_id, "OCPP 1.6 §3.13.1")
    elif purpose == "TxProfile" and connector_id == 0:
        yield Fault("connectorId", "above 0 for a TxProfile", connector_id, "OCPP 1.6 §3.13.1")


def _transaction(profile: Profile, place: Place) -> Iterator[Fault]:
    given = profile.get("transactionId")
    if given is None:
        return
    if place.remote_start:
        yield Fault("transactionId", "none in a remote start", given, "OCPP 1.6 §5.16.2, errata v4.0 §3.41")
    elif profile[_PURPOSE] != "TxProfile":
        yield Fault("transactionId", f"none with {profile[_PURPOSE]}", given, "OCPP 1.6 §7.8")


def _level(profile: Profile, place: Place) -> Iterator[Fault]:
    if profile["stackLevel"] < 0:
        yield Fault("stackLevel", "0 or more", profile["stackLevel"], "OCPP 1.6 §7.8")


def _id(profile: Profile, place: Place) -> Iterator[Fault]:
    """An id may be used again to replace its profile, not for another purpose or place."""
    there = place.installed.get(profile["chargingProfileId"])
    if there is not None and there != (profile[_PURPOSE], place.connector_id):
        used = f"the id of a {there[0]} on connector {there[1]}"
        yield Fault("chargingProfileId", "an id of its own", f"{profile['chargingProfileId']}, {used}", "OCPP 1.6 §7.8")


def _kind(profile: Profile, place: Place) -> Iterator[Fault]:
    kind, recurrence = profile[_KIND], profile.get("recurrencyKind")
    start = profile[_SCHEDULE].get("startSchedule")
    if kind == "Recurring" and recurrence is None:
        yield Fault("recurrencyKind", "Daily or Weekly with Recurring", "nothing", "OCPP 1.6 §7.9, §7.37")
    if kind != "Recurring" and recurrence is not None:
        yield Fault("recurrencyKind", f"none with {kind}", recurrence, "OCPP 1.6 errata v4.0 §3.56")
    if kind == "Relative" and start is not None:
        yield Fault(f"{_SCHEDULE}.startSchedule", "none with Relative", start, "OCPP 1.6 §7.9, §7.13")
    if kind != "Relative" and start is None:
        yield Fault(f"{_SCHEDULE}.startSchedule", f"a time with {kind}", "nothing", "OCPP 1.6 §7.9, §7.13")


def _times(profile: Profile, place: Place) -> Iterator[Fault]:
    times = {"validFrom": profile.get("validFrom"), "validTo": profile.get("validTo")}
    times[f"{_SCHEDULE}.startSchedule"] = profile[_SCHEDULE].get("startSchedule")
    for path, text in times.items():
        if text is not None and not _is_time(text):
            yield Fault(path, "a time of the calendar", text, "OCPP 1.6 §3.14")
            return
    valid_from, valid_to = times["validFrom"], times["validTo"]
    if valid_from is not None and valid_to is not None and parse_utc(valid_from) >= parse_utc(valid_to):
        yield Fault("validTo", f"a time after validFrom {valid_from}", valid_to, "OCPP 1.6 §7.8")
    duration = profile[_SCHEDULE].get("duration")
    if duration is not None and duration <= 0:
        yield Fault(f"{_SCHEDULE}.duration", "above 0", duration, "OCPP 1.6 §7.13")


def _is_time(text: str) -> bool:
    try:
        parse_utc(text)
    except ValueError:
        return False
    return True


def _periods(profile: Profile, place: Place) -> Iterator[Fault]:
    periods = profile[_SCHEDULE]["chargingSchedulePeriod"]
    if not periods:
        yield Fault(_PERIODS, "at least one period", "none", "OCPP 1.6 §7.13")
    for first in periods[:1]:
        if first["startPeriod"] != 0:
            path = f"{_PERIODS}[0].startPeriod"
            yield Fault(path, "0", first["startPeriod"], "OCPP 1.6 §5.16.4, errata v4.0 §3.45")
    for index, (earlier, later) in enumerate(pairwise(period["startPeriod"] for period in periods), 1):
        if later <= earlier:
            yield Fault(f"{_PERIODS}[{index}].startPeriod", f"more than {earlier}", later, "OCPP 1.6 §7.14")


def _rates(profile: Profile, place: Place) -> Iterator[Fault]:
    for index, period in enumerate(profile[_SCHEDULE]["chargingSchedulePeriod"]):
        phases = period.get("numberPhases")
        if period["limit"] < 0:
            yield Fault(f"{_PERIODS}[{index}].limit", "0 or more", period["limit"], "OCPP 1.6 §7.14")
        if phases is not None and not 1 <= phases <= 3:
            yield Fault(f"{_PERIODS}[{index}].numberPhases", "1, 2 or 3", phases, "OCPP 1.6 §7.14")
    least = profile[_SCHEDULE].get("minChargingRate", 0)
    if least < 0:
        yield Fault(f"{_SCHEDULE}.minChargingRate", "0 or more", least, "OCPP 1.6 §7.13")


_RULES: tuple[Rule, ...] = (_place, _transaction, _level, _id, _kind, _times, _periods, _rates)


def limits(profile: Profile, place: Place, able: Capabilities) -> Iterator[Fault]:
    """What the station cannot take, as far as it has told, or must not get while no transaction runs."""
    periods, unit = profile[_SCHEDULE]["chargingSchedulePeriod"], profile[_SCHEDULE]["chargingRateUnit"]
    if able.feature_profiles and "SmartCharging" not in able.feature_profiles:
        offered = ",".join(able.feature_profiles)
        yield Fault("SupportedFeatureProfiles", "SmartCharging", offered, "OCPP 1.6 §3.3")
    if able.max_stack_level is not None and profile["stackLevel"] > able.max_stack_level:
        most = f"at most ChargeProfileMaxStackLevel {able.max_stack_level}"
        yield Fault("stackLevel", most, profile["stackLevel"], "OCPP 1.6 §9.4.1")
    if able.max_periods is not None and len(periods) > able.max_periods:
        most = f"at most ChargingScheduleMaxPeriods {able.max_periods} periods"
        yield Fault(_PERIODS, most, len(periods), "OCPP 1.6 §9.4.3")
    if able.quantities and not {QUANTITIES[unit], unit} & set(able.quantities):
        allowed = f"a unit of ChargingScheduleAllowedChargingRateUnit {','.join(able.quantities)}"
        yield Fault(f"{_SCHEDULE}.chargingRateUnit", allowed, unit, "OCPP 1.6 §9.4.2, errata v4.0 §3.86")
    if able.max_installed is not None and len(place.installed) - place.replaces >= able.max_installed:
        most = f"fewer than MaxChargingProfilesInstalled {able.max_installed} profiles on the station"
        yield Fault("csChargingProfiles", most, len(place.installed) - place.replaces, "OCPP 1.6 §9.4.5")
    if profile[_PURPOSE] == "TxProfile" and not place.remote_start:
        yield from _running(profile, place)


def _running(profile: Profile, place: Place) -> Iterator[Fault]:
    if place.transaction_id is None:
        yield Fault(
            "connectorId", "a connector with a running transaction", place.connector_id, "OCPP 1.6 §3.13.1, §5.16.4"
        )
    elif profile.get("transactionId", place.transaction_id) != place.transaction_id:
        running = f"the running transaction {place.transaction_id}"
        yield Fault("transactionId", running, profile["transactionId"], "OCPP 1.6 §5.16")
