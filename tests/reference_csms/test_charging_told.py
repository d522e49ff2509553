"""How a composite schedule that a station tells is compared with ours."""

from __future__ import annotations

from typing import Any

import pytest

from reference_csms.app import Csms
from reference_csms.errors import InvalidIntent
from tests.reference_csms.charging import done, is_set, periods


async def tells(csms: Csms, peer: Any, duration: int, answer: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What the CSMS keeps of an answer to GetCompositeSchedule."""
    sending = csms.charging.get_composite_schedule("CP", connectorId=1, duration=duration, **fields)
    await done(peer, sending, answer)
    told = csms.store.charging.composite_schedule("CP", 1)
    assert told is not None
    return told


def schedule(*pairs: tuple[int, float], unit: str = "A", **fields: Any) -> dict[str, Any]:
    """An accepted answer from noon on."""
    inside = {"chargingRateUnit": unit, "chargingSchedulePeriod": periods(*pairs), **fields}
    start = {"connectorId": 1, "scheduleStart": "2024-05-01T12:00:00Z"}
    return {"status": "Accepted", **start, "chargingSchedule": inside}


async def test_a_told_schedule_is_compared_with_ours(csms: Csms, peer: Any) -> None:
    await is_set(csms, peer, duration=200, chargingSchedulePeriod=periods((0, 6.0), (100, 8.0)))
    right = await tells(csms, peer, 300, schedule((0, 6.0), (100, 8.0), (200, 32.0)), chargingRateUnit="A")
    assert right["differences"] == right["remarks"] == []
    assert right["expected"] == [
        {"startPeriod": 0, "limit": 6.0, "numberPhases": 3},
        {"startPeriod": 100, "limit": 8.0, "numberPhases": 3},
        {"startPeriod": 200, "limit": None},
    ]
    clocks = await tells(csms, peer, 300, schedule((0, 6.0), (97, 8.0), (204, 32.0)))
    assert clocks["differences"] == []
    wrong = await tells(csms, peer, 300, schedule((0, 6.0), (50, 10.0), (120, 7.0), (180, 7.9), duration=190))
    assert wrong["differences"] == [
        {"startPeriod": 50, "endPeriod": 100, "kind": "above", "expected": 6.0, "reported": 10.0},
        {"startPeriod": 100, "endPeriod": 120, "kind": "above", "expected": 8.0, "reported": 10.0},
        {"startPeriod": 120, "endPeriod": 180, "kind": "below", "expected": 8.0, "reported": 7.0},
        {"startPeriod": 190, "endPeriod": 200, "kind": "missing", "expected": 8.0, "reported": None},
    ]


async def test_watts_are_compared_with_watts(csms: Csms, peer: Any) -> None:
    await is_set(csms, peer)
    told = await tells(csms, peer, 60, schedule((0, 4140.0), unit="W"), chargingRateUnit="A")
    assert told["differences"] == []
    assert told["remarks"] == ["chargingRateUnit: expected A, received W (OCPP 1.6 §6.21)"]


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        ({"scheduleStart": None}, "scheduleStart: expected it with Accepted"),
        ({"chargingSchedule": None}, "chargingSchedule: expected it with Accepted"),
        ({"connectorId": 2}, "connectorId: expected 1, received 2"),
    ],
)
async def test_what_else_is_wrong_with_an_answer_is_remarked(
    csms: Csms, peer: Any, change: dict[str, Any], remark: str
) -> None:
    answer = {name: value for name, value in {**schedule((0, 6.0)), **change}.items() if value is not None}
    told = await tells(csms, peer, 60, answer)
    assert [text.startswith(remark) for text in told["remarks"]] == [True]


async def test_an_answer_must_not_start_elsewhere(csms: Csms, peer: Any) -> None:
    told = await tells(csms, peer, 60, schedule((5, 6.0), startSchedule="2024-05-01T12:00:00Z"))
    assert [text.split(":")[0] for text in told["remarks"]] == [
        "startSchedule",
        "chargingSchedulePeriod[0].startPeriod",
    ]
    empty = await tells(csms, peer, 60, schedule())
    assert empty["remarks"] == []


async def test_a_refusal_is_kept_and_a_very_long_schedule_not_computed(csms: Csms, peer: Any) -> None:
    told = await tells(csms, peer, 60, {"status": "Rejected"})
    assert (told["status"], told["expected"], told["differences"], told["remarks"]) == ("Rejected", None, [], [])
    long = await tells(csms, peer, 2_000_000_000, schedule((0, 6.0)))
    assert (long["status"], long["expected"]) == ("Accepted", None)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"connectorId": -1, "duration": 60}, "connectorId: expected at least 0"),
        ({"connectorId": 1, "duration": 0}, "duration: expected at least 1"),
        ({"connectorId": 1, "duration": 60, "chargingRateUnit": "kW"}, "chargingRateUnit"),
    ],
)
async def test_a_wrong_question_is_refused(csms: Csms, fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidIntent) as refused:
        await csms.charging.get_composite_schedule("CP", **fields)
    assert complaint in str(refused.value)
