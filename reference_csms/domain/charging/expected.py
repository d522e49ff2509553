"""The composite schedule that we expect of a station, by merging the intervals of its profiles (OCPP 1.6 §3.13, §5.7).

Each profile becomes a layer of segments; the layers of a purpose lie on each other by stackLevel, the purposes are
merged to the smallest value, and connector 0 is the sum of the connectors below the station's own limit. Everything is
in the unit that is asked for, three phases unless a period says otherwise, and rounded down to one decimal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from functools import reduce
from typing import Any, Final, Literal

from reference_csms.domain.charging.kept import Kept
from reference_csms.domain.charging.segments import Amount, Segment, clipped, joined, lowest, overlay, total
from reference_csms.domain.clock import parse_utc

Unit = Literal["A", "W"]

LINE_VOLTAGE: Final = 230
ASSUMED_PHASES: Final = 3
SECOND: Final = timedelta(seconds=1)
EVERY: Final[Mapping[str, int]] = {"Daily": 24 * 3600, "Weekly": 7 * 24 * 3600}


@dataclass(frozen=True)
class Window:
    """What is asked: from when on, for how long, in which unit; `running` has the start per connector in use."""

    at: datetime
    duration: int
    unit: Unit = "A"
    running: Mapping[int, datetime] = field(default_factory=dict)
    connectors: Sequence[int] = (1,)

    def second(self, moment: datetime) -> int:
        """The first whole second of the window that is not before the moment; negative if it lies before it."""
        return -((self.at - moment) // SECOND)


def expected(kept: Iterable[Kept], connector_id: int, window: Window) -> list[Segment]:
    """The limits of a connector, or of the whole station for 0; gaps are times without a limit that we know of."""
    present = [each for each in kept if not each.waiting]
    at_most = _purpose(present, "ChargePointMaxProfile", 0, window)
    if connector_id:
        drawn = _connector(present, connector_id, window)
    else:
        drawn = reduce(total, [_connector(present, each, window) for each in window.connectors])
    return joined(_rounded(segment) for segment in lowest(at_most, drawn))


def _connector(present: list[Kept], connector_id: int, window: Window) -> list[Segment]:
    default = _purpose(present, "TxDefaultProfile", connector_id, window)
    if connector_id not in window.running:
        return default
    return overlay(_purpose(present, "TxProfile", connector_id, window), default, window.duration)


def _purpose(present: list[Kept], purpose: str, connector_id: int, window: Window) -> list[Segment]:
    """The stack of a purpose as one layer; a level of the connector itself takes the place of that of connector 0."""
    levels: dict[int, Kept] = {}
    for place in {"TxDefaultProfile": (0, connector_id)}.get(purpose, (connector_id,)):
        levels |= {e.stack_level: e for e in present if e.purpose == purpose and e.connector_id == place}
    layers = [list(_layer(levels[level], connector_id, window)) for level in sorted(levels)]
    return reduce(lambda below, above: overlay(above, below, window.duration), layers, [])


def _layer(each: Kept, connector_id: int, window: Window) -> Iterator[Segment]:
    """One profile inside the window and its validity."""
    profile, schedule = each.profile, each.profile["chargingSchedule"]
    every = EVERY[profile["recurrencyKind"]] if "recurrencyKind" in profile else None
    begin = max(0, window.second(parse_utc(profile["validFrom"]))) if "validFrom" in profile else 0
    end = (
        min(window.duration, window.second(parse_utc(profile["validTo"]))) if "validTo" in profile else window.duration
    )
    for start in _starts(window.second(_counts_from(each, connector_id, window)), every, end):
        lengths = [length for length in (schedule.get("duration"), every) if length is not None]
        stop = start + min(lengths) if lengths else max(end, start)
        yield from clipped(_periods(schedule, start, stop, window.unit), begin, end)


def _counts_from(each: Kept, connector_id: int, window: Window) -> datetime:
    """Where the schedule begins: at startSchedule, or with the transaction, which for an idle connector begins now."""
    start = each.profile["chargingSchedule"].get("startSchedule")
    if start is not None and each.profile["chargingProfileKind"] != "Relative":
        return parse_utc(start)
    if each.purpose != "ChargePointMaxProfile":
        return window.running.get(connector_id, window.at)
    valid_from = each.profile.get("validFrom")
    return each.received if valid_from is None else max(each.received, parse_utc(valid_from))


def _starts(first: int, every: int | None, end: int) -> Iterator[int]:
    """The starts of a schedule that matter for a window that ends then."""
    if every is None:
        yield first
    else:
        yield from range(first + max(0, -first // every) * every, end, every)


def _periods(schedule: Mapping[str, Any], start: int, stop: int, unit: Unit) -> Iterator[Segment]:
    periods = schedule["chargingSchedulePeriod"]
    ends = [start + period["startPeriod"] for period in periods[1:]] + [stop]
    for period, end in zip(periods, ends, strict=True):
        phases = period.get("numberPhases", ASSUMED_PHASES)
        amount = Amount(_in_unit(Fraction(str(period["limit"])), schedule["chargingRateUnit"], unit, phases), phases)
        yield Segment(start + period["startPeriod"], min(end, stop), amount)


def _in_unit(value: Fraction, given: Unit, wanted: Unit, phases: int) -> Fraction:
    """OCPP 1.6 §7.12: watts are those of all phases, amperes those of each."""
    if given == wanted:
        return value
    return value * LINE_VOLTAGE * phases if wanted == "W" else value / (LINE_VOLTAGE * phases)


def _rounded(segment: Segment) -> Segment:
    """Down to one decimal, so that no limit is exceeded."""
    value = Fraction(segment.amount.value * 10 // 1, 10)
    return segment._replace(amount=segment.amount._replace(value=value))
