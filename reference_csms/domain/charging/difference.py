"""How a station's composite schedule differs from the one that we expect of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from reference_csms.domain.charging.segments import Amount, Segment, Segments

CLOCKS_S: Final = 5
"""Edges that lie so close together are the same: the two clocks differ, and the answer took its time."""
ROUNDING: Final = Fraction(1, 10)


def reported(schedule: Mapping[str, Any], duration: int) -> list[Segment]:
    """The schedule of a GetCompositeSchedule.conf as segments."""
    periods = schedule["chargingSchedulePeriod"]
    length = min(schedule.get("duration", duration), duration)
    ends = [period["startPeriod"] for period in periods[1:]] + [length]
    return [
        Segment(
            period["startPeriod"],
            min(end, length),
            Amount(Fraction(str(period["limit"])), period.get("numberPhases", 3)),
        )
        for period, end in zip(periods, ends, strict=True)
        if period["startPeriod"] < min(end, length)
    ]


def differences(expected: Segments, told: Segments, duration: int) -> list[dict[str, Any]]:
    """Where the station reports more than its profiles allow (`above`), less (`below`) or nothing (`missing`).

    Less may have a local reason (OCPP 1.6 §5.7). Where no profile limits, the station is free.
    """
    edges = sorted({0, duration} | {edge for part in (expected, told) for each in part for edge in each[:2]})
    found = []
    for begin, end in pairwise(edges):
        wanted, given = _at(expected, begin), _at(told, begin)
        kind = _kind(wanted, given)
        if kind is not None and wanted is not None:
            found.append({"startPeriod": begin, "endPeriod": end, "kind": kind, **_limits(wanted, given)})
    return [each for each in _joined(found) if each["endPeriod"] - each["startPeriod"] > CLOCKS_S]


def _kind(wanted: Amount | None, given: Amount | None) -> str | None:
    if wanted is None:
        return None
    if given is None:
        return "missing"
    if abs(wanted.value - given.value) <= ROUNDING:
        return None
    return "above" if given.value > wanted.value else "below"


def _limits(wanted: Amount, given: Amount | None) -> dict[str, float | None]:
    return {"expected": float(wanted.value), "reported": None if given is None else float(given.value)}


def _at(segments: Segments, second: int) -> Amount | None:
    return next((each.amount for each in segments if each.begin <= second < each.end), None)


def _joined(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    joined: list[dict[str, Any]] = []
    for each in found:
        last = joined[-1] if joined else None
        same = last and all(last[name] == each[name] for name in ("kind", "expected", "reported"))
        if last and same and last["endPeriod"] == each["startPeriod"]:
            last["endPeriod"] = each["endPeriod"]
        else:
            joined.append(each)
    return joined
