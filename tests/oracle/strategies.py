"""Random stations and questions for them, as payloads, so that every implementation can read them its own way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import strategies as st

from harness.oracle.composite import Site, Span, composite
from harness.oracle.installed import Profiles, install
from harness.oracle.profiles import Installed, Limit, Unit, profile

CONNECTORS = (1, 2)
# The days on which clocks change in Europe and in the United States, a month's end, a leap day, and a plain day.
ANCHORS = [
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 0, tzinfo=UTC),
    datetime(2027, 1, 31, 23, 0, tzinfo=UTC),
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2026, 6, 17, 9, 30, 15, tzinfo=UTC),
]
ZONES = [UTC, UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-5, minutes=-30))]
# Some steps are small, so that edges meet; some are around the recurrences, so that schedules are cut.
SECONDS = st.one_of(
    st.integers(0, 120), st.sampled_from([3600, 43200, 86399, 86400, 86401, 604800]), st.integers(0, 700_000)
)
LIMITS = st.one_of(st.sampled_from([0, 6, 16, 32, 3680, 11040]), st.integers(0, 400).map(lambda tenths: tenths / 10))


class Question(NamedTuple):
    """What was set on a station, in this order and at these times, and what it is asked."""

    set: list[tuple[int, dict[str, Any], datetime]]
    running: dict[int, datetime]
    own: int | None
    connector_id: int
    at: datetime
    duration_s: int
    unit: Unit

    @property
    def site(self) -> Site:
        """The station as the oracle knows it."""
        profiles: Profiles = ()
        for connector_id, payload, received in self.set:
            profiles = install(profiles, Installed(connector_id, profile(payload), received))
        own = None if self.own is None else Limit(Fraction(self.own))
        return Site(profiles, self.running, CONNECTORS, own)

    def answer(self) -> tuple[Span, ...]:
        """What the oracle says."""
        return composite(self.site, self.connector_id, at=self.at, duration_s=self.duration_s, unit=self.unit)


@st.composite
def times(draw: st.DrawFn, anchor: datetime) -> str:
    """A time near the anchor, in one zone or another, sometimes between two seconds."""
    instant = anchor + draw(st.sampled_from([-1, 1])) * timedelta(seconds=draw(SECONDS))
    instant += timedelta(milliseconds=draw(st.sampled_from([0, 0, 0, 1, 999])))
    return instant.astimezone(draw(st.sampled_from(ZONES))).isoformat()


@st.composite
def schedules(draw: st.DrawFn, anchor: datetime, kind: str) -> dict[str, Any]:
    """A chargingSchedule."""
    starts = sorted({0, *draw(st.lists(SECONDS, max_size=4))})
    schedule: dict[str, Any] = {"chargingRateUnit": draw(st.sampled_from(["A", "W"])), "chargingSchedulePeriod": []}
    for start in starts:
        period = {"startPeriod": start, "limit": draw(LIMITS)}
        phases = draw(st.sampled_from([None, 1, 2, 3]))
        schedule["chargingSchedulePeriod"].append(period | ({"numberPhases": phases} if phases else {}))
    if draw(st.booleans()):
        schedule["duration"] = draw(SECONDS.filter(bool))
    if kind != "Relative" and (kind == "Recurring" or draw(st.integers(0, 5))):
        schedule["startSchedule"] = draw(times(anchor))
    return schedule


@st.composite
def payloads(draw: st.DrawFn, anchor: datetime) -> dict[str, Any]:
    """A csChargingProfiles."""
    kind = draw(st.sampled_from(["Absolute", "Recurring", "Relative"]))
    found: dict[str, Any] = {
        "chargingProfileId": draw(st.integers(1, 8)),
        "stackLevel": draw(st.integers(0, 2)),
        "chargingProfilePurpose": draw(st.sampled_from(["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"])),
        "chargingProfileKind": kind,
        "chargingSchedule": draw(schedules(anchor, kind)),
    }
    if kind == "Recurring":
        found["recurrencyKind"] = draw(st.sampled_from(["Daily", "Weekly"]))
    for name in ("validFrom", "validTo"):
        if not draw(st.integers(0, 2)):
            found[name] = draw(times(anchor))
    return found


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A station that was set up as its rules allow, and a question."""
    anchor = draw(st.sampled_from(ANCHORS))
    past = st.integers(0, 200_000).map(lambda seconds: anchor - timedelta(seconds=seconds))
    running = draw(st.dictionaries(st.sampled_from(CONNECTORS), past))
    sets = []
    for payload in draw(st.lists(payloads(anchor), max_size=6)):
        purpose = payload["chargingProfilePurpose"]
        places = {"ChargePointMaxProfile": [0], "TxDefaultProfile": [0, *CONNECTORS], "TxProfile": list(running)}
        if places[purpose]:
            sets.append((draw(st.sampled_from(places[purpose])), payload, draw(past)))
    return Question(
        sorted(sets, key=lambda each: each[2]),
        running,
        draw(st.sampled_from([None, None, 16, 32])),
        draw(st.sampled_from([0, *CONNECTORS])),
        anchor + timedelta(seconds=draw(st.integers(0, 90_000))),
        draw(st.one_of(st.integers(1, 400), st.sampled_from([86_400, 700_000]))),
        draw(st.sampled_from(["A", "W"])),
    )
