"""How a station's composite schedule differs from the one that we expect of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    ends = [*(period["startPeriod"] for period in periods[1:]), length][: len(periods)]
    return [
        Segment(
            period["startPeriod"],
            min(end, length),
            Amount(Fraction(str(period["limit"])), period.get("numberPhases", 3)),
        )
        for period, end in zip(periods, ends, strict=True)
        if period["startPeriod"] < min(end, length)
    ]


def comparison(request: Mapping[str, Any], response: Mapping[str, Any], expected: Segments | None) -> dict[str, Any]:
    """An answer to GetCompositeSchedule beside what we expected; `expected` is None where that was not computed."""
    schedule, duration = response.get("chargingSchedule"), request["duration"]
    told = [] if schedule is None else reported(schedule, duration)
    return {
        "connectorId": request["connectorId"],
        "duration": duration,
        "chargingRateUnit": request.get("chargingRateUnit"),
        "status": response["status"],
        "scheduleStart": response.get("scheduleStart"),
        "chargingSchedule": schedule,
        "expected": None if expected is None else periods(expected, duration),
        "differences": [] if expected is None else differences(expected, told, duration),
        "remarks": list(_remarks(request, response)) if response["status"] == "Accepted" else [],
    }


def periods(segments: Segments, duration: int) -> list[dict[str, Any]]:
    """Segments as the periods of a schedule that covers the whole duration; limit null where nothing limits."""
    found: list[dict[str, Any]] = []
    at = 0
    for begin, end, amount in segments:
        found += [{"startPeriod": at, "limit": None}] if at < begin else []
        found.append({"startPeriod": begin, "limit": float(amount.value), "numberPhases": amount.phases})
        at = end
    return [*found, *([{"startPeriod": at, "limit": None}] if at < duration else [])]


def _remarks(request: Mapping[str, Any], response: Mapping[str, Any]) -> Iterator[str]:
    """What else the specification says of an accepted answer."""
    schedule, asked = response.get("chargingSchedule"), request.get("chargingRateUnit")
    for name in ("scheduleStart", "chargingSchedule"):
        if name not in response:
            yield f"{name}: expected it with Accepted, received nothing (OCPP 1.6 §6.22, errata v4.0 §3.51)"
    if response.get("connectorId", request["connectorId"]) != request["connectorId"]:
        yield f"connectorId: expected {request['connectorId']}, received {response['connectorId']} (OCPP 1.6 §6.22)"
    if schedule is None:
        return
    if asked is not None and schedule["chargingRateUnit"] != asked:
        yield f"chargingRateUnit: expected {asked}, received {schedule['chargingRateUnit']} (OCPP 1.6 §6.21)"
    if "startSchedule" in schedule:
        yield f"startSchedule: expected none, received {schedule['startSchedule']} (OCPP 1.6 errata v4.0 §3.57)"
    if schedule["chargingSchedulePeriod"][:1] and schedule["chargingSchedulePeriod"][0]["startPeriod"] != 0:
        first = schedule["chargingSchedulePeriod"][0]["startPeriod"]
        yield f"chargingSchedulePeriod[0].startPeriod: expected 0, received {first} (OCPP 1.6 §7.13)"


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
