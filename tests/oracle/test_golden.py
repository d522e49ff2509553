"""The composite schedules that the specification and the official cases of a station spell out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harness.oracle.composite import Site
from harness.oracle.installed import clear
from tests.oracle.factory import NOON, on, payload, spans

HOUR = 3600
DAY = 24 * HOUR
EARLIER = NOON - timedelta(seconds=4)
# OCPP 1.6 §3.13.7: a daily default profile that limits to 6 kW between 08:00 and 20:00.
DAILY = {
    "chargingProfileId": 100,
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "duration": DAY,
    "startSchedule": "2013-01-01T00:00Z",
    "unit": "W",
    "phases": 3,
}


def test_the_daily_profile_of_the_specification() -> None:
    site = Site((on(0, {0: 11000, 28800: 6000, 72000: 11000}, **DAILY),))
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    day = [(0, 11000.0), (8 * HOUR, 6000.0), (20 * HOUR, 11000.0)]
    assert spans(site, at=midnight, duration_s=DAY, unit="W") == day
    assert spans(site, at=midnight, duration_s=2 * DAY, unit="W") == [*day, (32 * HOUR, 6000.0), (44 * HOUR, 11000.0)]
    in_amperes = [(0, 15.9), (8 * HOUR, 8.6), (20 * HOUR, 15.9)]
    assert spans(site, at=midnight, duration_s=DAY, unit="A") == in_amperes


def test_the_weekly_calendar_of_the_specification_with_a_holiday_on_top() -> None:
    """OCPP 1.6 §3.13.2: full current on weekday nights and in weekends, reduced at other times, and exceptions."""
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    week = {0: 32.0}
    for day in range(5):
        week |= {day * DAY + 6 * HOUR: 10.0, day * DAY + 23 * HOUR: 32.0}
    weekly = {"chargingProfileKind": "Recurring", "recurrencyKind": "Weekly", "duration": 7 * DAY}
    calendar = on(0, week, startSchedule=monday - timedelta(weeks=60), **weekly)
    friday = monday + timedelta(days=4)
    holiday = on(0, {0: 32}, chargingProfileId=2, stackLevel=1, startSchedule=friday, duration=DAY)

    thursday = [(0, 32.0), (6 * HOUR, 10.0), (23 * HOUR, 32.0)]
    assert spans(Site((calendar,)), at=friday - timedelta(days=1), duration_s=DAY) == thursday
    assert spans(Site((calendar,)), at=friday, duration_s=3 * DAY) == thursday
    assert spans(Site((calendar, holiday)), at=friday, duration_s=3 * DAY) == [(0, 32.0)]
    next_monday = [(2 * DAY + start, limit) for start, limit in thursday[1:]]
    assert spans(Site((calendar, holiday)), at=friday + timedelta(days=1), duration_s=3 * DAY) == [
        (0, 32.0),
        *next_monday,
    ]


def test_purposes_combine_as_in_the_official_case_of_a_station() -> None:
    """TC_066_CS: the smallest of the purposes; the TxDefaultProfile shows again when the TxProfile has run out."""
    window = {"validFrom": EARLIER, "validTo": NOON + timedelta(seconds=405), "startSchedule": EARLIER}
    at_most = on(0, {0: 10}, chargingProfilePurpose="ChargePointMaxProfile", duration=86404, **window)
    default = {0: 6, 60: 10, 120: 8, 180: 15, 260: 8}
    by_default = on(1, default, chargingProfileId=2, duration=304, **window)
    for_tx = {0: 8, 50: 11, 140: 16, 200: 6, 240: 12}
    in_tx = on(1, for_tx, chargingProfileId=3, chargingProfilePurpose="TxProfile", duration=264, **window)
    site = Site((at_most, by_default, in_tx), running={1: EARLIER})
    assert spans(site, duration_s=400) == [(0, 8.0), (46, 10.0), (196, 6.0), (236, 10.0), (260, 8.0), (300, 10.0)]


STACK = {"validFrom": EARLIER, "validTo": NOON + timedelta(seconds=405), "startSchedule": EARLIER}
LOWER = on(1, {0: 6, 100: 8, 200: 10}, duration=404, **STACK)
UPPER = on(1, {0: 7, 100: 9}, chargingProfileId=2, stackLevel=1, duration=154, **STACK)


def test_levels_stack_as_in_the_official_case_of_a_station() -> None:
    """TC_072_CS: the higher level prevails until its schedule ends."""
    assert spans(Site((LOWER, UPPER)), duration_s=350) == [(0, 7.0), (96, 9.0), (150, 8.0), (196, 10.0)]


def test_what_is_cleared_disappears_as_in_the_official_case_of_a_station() -> None:
    """TC_067_CS: by id, by criteria, everything; then only the station's own limit is left."""
    whole_day = {**STACK, "chargingProfilePurpose": "ChargePointMaxProfile", "duration": 86404}
    at_most = on(0, {0: 11, 200: 12}, chargingProfileId=3, **whole_day)
    second = on(1, {0: 7, 100: 9}, chargingProfileId=2, duration=404, **STACK)
    profiles = clear((on(1, {0: 6}, chargingProfileId=1, stackLevel=1, **STACK), second, at_most), {"id": 1})
    assert spans(Site(profiles), duration_s=350) == [(0, 7.0), (96, 9.0)]
    profiles = clear(profiles, {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0})
    assert spans(Site(profiles), duration_s=350) == [(0, 11.0), (196, 12.0)]
    assert clear(profiles, {}) == ()
    assert spans(Site(()), duration_s=350) == [(0, None)]


def test_a_default_profile_shows_without_a_transaction_as_in_the_official_case_of_a_station() -> None:
    """TC_056_CS: one period for the whole window, and the end of the profile a few seconds before the window's."""
    fields = {"validFrom": EARLIER, "validTo": NOON + timedelta(seconds=304), "startSchedule": EARLIER}
    assert spans(Site((on(1, {0: 6}, duration=304, **fields),)), duration_s=300) == [(0, 6.0)]


def test_the_example_is_a_payload_of_the_official_schema() -> None:
    from ocppj.schemas import violations

    request = {"connectorId": 0, "csChargingProfiles": payload({0: 11000, 28800: 6000, 72000: 11000}, **DAILY)}
    request["csChargingProfiles"]["chargingSchedule"]["startSchedule"] = "2013-01-01T00:00:00Z"
    assert violations("SetChargingProfile", "req", request) == []
