"""Single rules at their edges, each with the numbers worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from harness.oracle.composite import Site, composite
from harness.oracle.profiles import Limit, profile
from tests.oracle.factory import NOON, on, payload, spans

HOUR = 3600
DAY = 24 * HOUR
TX, STATION = "TxProfile", "ChargePointMaxProfile"


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("start", "kind", "again"),
    [
        pytest.param("2026-03-28T08:00:00+01:00", "Daily", "2026-03-29T07:00:00+00:00", id="daily, Europe, spring"),
        pytest.param("2026-10-24T08:00:00+02:00", "Daily", "2026-10-25T06:00:00+00:00", id="daily, Europe, autumn"),
        pytest.param("2026-03-07T08:00:00-05:00", "Daily", "2026-03-08T13:00:00+00:00", id="daily, US, spring"),
        pytest.param("2026-03-25T08:00:00+01:00", "Weekly", "2026-04-01T07:00:00+00:00", id="weekly, spring"),
        pytest.param("2026-10-31T08:00:00-04:00", "Weekly", "2026-11-07T12:00:00+00:00", id="weekly, US, autumn"),
        pytest.param("2027-01-31T22:00:00Z", "Daily", "2027-02-01T22:00:00+00:00", id="daily, a month's end"),
        pytest.param("2028-02-28T22:00:00Z", "Daily", "2028-02-29T22:00:00+00:00", id="daily, a leap day"),
        pytest.param("2026-12-28T22:00:00Z", "Weekly", "2027-01-04T22:00:00+00:00", id="weekly, a year's end"),
    ],
)
def test_a_recurrence_counts_hours_not_wall_clocks(start: str, kind: str, again: str) -> None:
    """OCPP 1.6 errata v4.0 §3.78: every 24 hours, every 7 days, at the time that startSchedule means in UTC."""
    profile = on(1, {0: 6}, startSchedule=start, duration=60, chargingProfileKind="Recurring", recurrencyKind=kind)
    before = datetime.fromisoformat(again) - timedelta(seconds=10)
    assert spans(Site((profile,)), at=before, duration_s=100) == [(0, None), (10, 6.0), (70, None)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"startSchedule": after(10)}, [(0, None), (10, 6.0), (30, 8.0)], id="before its start"),
        pytest.param({"duration": 25}, [(0, 6.0), (20, 8.0), (25, None)], id="ends within the last period"),
        pytest.param({"duration": 20}, [(0, 6.0), (20, None)], id="a period at the duration is not executed"),
        pytest.param({"duration": 15}, [(0, 6.0), (15, None)], id="a period beyond the duration is not executed"),
        pytest.param({"startSchedule": after(-20), "duration": 20}, [(0, None)], id="over when asked"),
        pytest.param({"startSchedule": after(-20), "duration": 21}, [(0, 8.0), (1, None)], id="its last second"),
        pytest.param({"validFrom": after(5)}, [(0, None), (5, 6.0), (20, 8.0)], id="validFrom counts"),
        pytest.param({"validTo": after(5)}, [(0, 6.0), (5, None)], id="validTo does not"),
        pytest.param({"validTo": NOON}, [(0, None)], id="no longer valid"),
        pytest.param({"validFrom": NOON}, [(0, 6.0), (20, 8.0)], id="valid from now"),
        pytest.param({"startSchedule": after(0.4)}, [(0, None), (1, 6.0), (21, 8.0)], id="between two seconds"),
        pytest.param({"startSchedule": after(-0.4)}, [(0, 6.0), (20, 8.0)], id="a little earlier"),
    ],
)
def test_edges_of_start_duration_and_validity(fields: dict[str, object], expected: list[object]) -> None:
    fields = {"startSchedule": NOON} | fields
    assert spans(Site((on(1, {0: 6, 20: 8}, **fields),)), duration_s=100) == expected


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        pytest.param(90_000, [(0, 6.0), (80_000, 8.0), (DAY, 6.0), (DAY + 80_000, 8.0)], id="longer than a day"),
        pytest.param(None, [(0, 6.0), (80_000, 8.0), (DAY, 6.0), (DAY + 80_000, 8.0)], id="without duration"),
        pytest.param(HOUR, [(0, 6.0), (HOUR, 4.0), (DAY, 6.0), (DAY + HOUR, 4.0)], id="shorter falls back"),
    ],
)
def test_a_recurrence_cuts_its_schedule(duration: int | None, expected: list[object]) -> None:
    """OCPP 1.6 errata v4.0 §3.43, §3.44: what is longer than the recurrence is cut, what is shorter falls back."""
    daily = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "startSchedule": NOON}
    upper = on(1, {0: 6, 80_000: 8, 88_000: 9}, chargingProfileId=2, stackLevel=1, duration=duration, **daily)
    lower = on(1, {0: 4}, startSchedule=NOON)
    assert spans(Site((lower, upper)), duration_s=2 * DAY) == expected


def test_a_recurrence_begins_with_its_start() -> None:
    """OCPP 1.6 §7.13: startSchedule is the starting point; there is no occurrence before it."""
    daily = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "startSchedule": after(30)}
    assert spans(Site((on(1, {0: 6, HOUR: 8}, **daily),)), duration_s=100) == [(0, None), (30, 6.0)]


def test_what_is_relative_counts_from_the_transaction_or_from_now() -> None:
    relative = on(1, {0: 6, 100: 8}, chargingProfileKind="Relative", duration=150)
    assert spans(Site((relative,), running={1: after(-60)})) == [(0, 6.0), (40, 8.0), (90, None)]
    assert spans(Site((relative,))) == [(0, 6.0), (100, 8.0), (150, None)]
    without_start = on(1, {0: 6, 100: 8}, duration=150)
    assert spans(Site((without_start,), running={1: after(-60)})) == [(0, 6.0), (40, 8.0), (90, None)]
    ignored = on(1, {0: 6, 100: 8}, chargingProfileKind="Relative", startSchedule=after(5), duration=150)
    assert spans(Site((ignored,))) == [(0, 6.0), (100, 8.0), (150, None)]


def test_a_relative_limit_of_the_station_counts_from_its_receipt_or_validity() -> None:
    fields = {"chargingProfileKind": "Relative", "chargingProfilePurpose": STATION}
    early = on(0, {0: 6, 100: 8}, received=after(-60), **fields)
    assert spans(Site((early,), running={1: after(-10)})) == [(0, 6.0), (40, 8.0)]
    valid = on(0, {0: 6, 100: 8}, received=after(-60), validFrom=after(-30), **fields)
    assert spans(Site((valid,), running={1: after(-10)})) == [(0, 6.0), (70, 8.0)]


def test_each_connector_counts_from_its_own_transaction() -> None:
    site = Site((on(0, {0: 6, 100: 8}, chargingProfileKind="Relative"),), {1: after(-90), 2: after(-50)}, (1, 2))
    assert spans(site, 1) == [(0, 6.0), (10, 8.0)]
    assert spans(site, 2) == [(0, 6.0), (50, 8.0)]
    assert spans(site, 0) == [(0, 12.0), (10, 14.0), (50, 16.0)]


def test_a_level_without_duration_hides_those_below() -> None:
    """OCPP 1.6 §3.13.2, errata v4.0 §3.7."""
    lower, upper = on(1, {0: 6}, startSchedule=NOON), on(1, {0: 32}, stackLevel=1, startSchedule=NOON)
    assert spans(Site((lower, upper))) == [(0, 32.0)]


def test_a_transaction_profile_overrules_the_default_also_upwards() -> None:
    """OCPP 1.6 §3.13.1: it overrules, so the higher value counts; the station's own limit still holds."""
    default, in_tx = on(1, {0: 6}, startSchedule=NOON), on(1, {0: 20}, chargingProfilePurpose=TX, startSchedule=NOON)
    running = {1: after(-5)}
    assert spans(Site((default, in_tx), running)) == [(0, 20.0)]
    assert spans(Site((default, in_tx))) == [(0, 6.0)]
    assert spans(Site((default, in_tx), running, own=Limit(Fraction(16)))) == [(0, 16.0)]


def test_a_default_of_a_connector_takes_the_place_of_the_common_one_on_its_level() -> None:
    """OCPP 1.6 §3.13.1, §3.13.2: replaced for that connector alone, also until the new one becomes valid."""
    common, above = on(0, {0: 6}, startSchedule=NOON), on(0, {0: 9}, stackLevel=1, duration=50, startSchedule=NOON)
    own = on(1, {0: 12}, startSchedule=NOON, validFrom=after(20))
    site = Site((common, own), connectors=(1, 2))
    assert spans(site, 1) == [(0, None), (20, 12.0)]
    assert spans(site, 2) == [(0, 6.0)]
    stacked = Site((common, above, own), connectors=(1, 2))
    assert spans(stacked, 1) == [(0, 9.0), (50, 12.0)]
    assert spans(stacked, 2) == [(0, 9.0), (50, 6.0)]


def test_the_whole_station_is_the_sum_of_its_connectors_below_its_limit() -> None:
    """OCPP 1.6 §5.7: connector 0 is the total that is expected from the grid."""
    one, two = on(1, {0: 10}, startSchedule=NOON), on(2, {0: 12}, chargingProfileId=2, startSchedule=NOON)
    at_most = on(0, {0: 32, 50: 20}, chargingProfileId=3, chargingProfilePurpose=STATION, startSchedule=NOON)
    assert spans(Site((one, two), connectors=(1, 2)), 0) == [(0, 22.0)]
    assert spans(Site((one, two, at_most), connectors=(1, 2)), 0) == [(0, 22.0), (50, 20.0)]
    assert spans(Site((one,), connectors=(1, 2)), 0) == [(0, None)]
    assert spans(Site((one, at_most), connectors=(1, 2)), 0) == [(0, 32.0), (50, 20.0)]
    assert spans(Site((one,), connectors=(1, 2), own=Limit(Fraction(16))), 0) == [(0, 26.0)]


@pytest.mark.parametrize(
    ("limit", "unit", "phases", "asked", "expected"),
    [
        (16.0, "A", 3, "A", 16.0),
        (16.0, "A", None, "W", 11040.0),
        (16.0, "A", 1, "W", 3680.0),
        (7.3, "A", 2, "W", 3358.0),
        (11040, "W", None, "A", 16.0),
        (11000, "W", 3, "A", 15.9),
        (11000, "W", 1, "A", 47.8),
        (0.1, "W", 3, "A", 0.0),
        (21.4, "A", 3, "A", 21.4),
        (0, "A", 3, "W", 0.0),
    ],
)
def test_units_convert_by_voltage_and_phases_and_round_down(
    limit: float, unit: str, phases: int | None, asked: str, expected: float
) -> None:
    """OCPP 1.6 §7.12: watts are those of all phases at 230 V, amperes those of each; 3 phases unless said otherwise."""
    site = Site((on(1, {0: limit}, unit=unit, phases=phases, startSchedule=NOON),))
    assert spans(site, unit=asked) == [(0, expected)]


def test_phases_go_with_the_limit_that_prevails() -> None:
    at_most = on(0, {0: 16}, chargingProfilePurpose=STATION, startSchedule=NOON)
    default = on(1, {0: 10, 50: 20}, chargingProfileId=2, phases=1, startSchedule=NOON)
    found = composite(Site((at_most, default)), 1, at=NOON, duration_s=100, unit="A")
    assert [span.phases for span in found] == [1, 3]
    equal = composite(Site((at_most, on(1, {0: 16}, phases=1, startSchedule=NOON))), 1, at=NOON, duration_s=9, unit="A")
    assert equal == ((0, 16, 1),)


def test_the_sum_of_the_connectors_counts_for_the_most_phases() -> None:
    one, two = on(1, {0: 10}, phases=1, startSchedule=NOON), on(2, {0: 12}, phases=2, startSchedule=NOON)
    assert composite(Site((one, two), connectors=(1, 2)), 0, at=NOON, duration_s=9, unit="A") == ((0, 22, 2),)
    assert composite(Site((two, one), connectors=(2, 1)), 0, at=NOON, duration_s=9, unit="A") == ((0, 22, 2),)


def test_a_period_that_repeats_the_limit_is_no_new_one() -> None:
    assert spans(Site((on(1, {0: 6, 50: 6, 80: 7}, startSchedule=NOON),))) == [(0, 6.0), (80, 7.0)]


@pytest.mark.parametrize(
    "change",
    [
        {"validFrom": "2026-03-01T23:59:60Z"},
        {"validTo": "0000-01-01T00:00:00Z"},
        {"phases": 4},
        {"startSchedule": "2026-02-30T00:00:00Z"},
    ],
)
def test_what_has_no_meaning_is_no_profile(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        profile(payload({0: 6}, **change))


def test_no_phases_at_all_is_no_profile() -> None:
    broken = payload({0: 6})
    broken["chargingSchedule"]["chargingSchedulePeriod"][0]["numberPhases"] = 0
    with pytest.raises(ValueError, match="expected 1 to 3, received 0"):
        profile(broken)


def test_times_in_any_zone_mean_the_same_instant() -> None:
    here = on(1, {0: 6}, startSchedule="2026-03-01T13:00:10+01:00", duration=10)
    there = on(1, {0: 6}, startSchedule=datetime(2026, 3, 1, 12, 0, 10, tzinfo=UTC), duration=10)
    assert spans(Site((here,))) == spans(Site((there,))) == [(0, None), (10, 6.0), (20, None)]
