"""The cases of Smart Charging under other settings, and what they leave behind when they fail half way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.charging import Charging
from harness.config import Settings
from tests.subjects import world
from tests.subjects.virtual import VirtualLoop, run
from tests.subjects.world import Tamper, World, run_case

CASES = ["TC_056_CSMS", "TC_057_CSMS", "TC_059_CSMS", "TC_066_CSMS", "TC_067_CSMS"]
SETTINGS = [
    Charging(charging_rate_unit="W", stack_level=3, number_phases=1, duration_s=3600),
    Charging(number_phases=2, tx_profile_kind="Absolute"),
]


def told(charging: Charging) -> Settings:
    """The settings with another table [environment.charging]."""
    return replace(world.SETTINGS, environment=replace(world.ENVIRONMENT, charging=charging))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("charging", SETTINGS, ids=["W", "Absolute"])
def test_the_cases_follow_the_settings(case: str, charging: Charging) -> None:
    result = run_case(case, settings=told(charging))
    assert (result.verdict, [check for check in result.checks if check.outcome != "pass"]) == ("pass", [])


def test_watts_are_told_in_watts() -> None:
    result = run_case("TC_066_CSMS", settings=told(SETTINGS[0]))
    [answer] = [each for each in result.messages if each.name == "GetCompositeSchedule.conf"]
    assert answer.payload is not None
    assert answer.payload["chargingSchedule"]["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 11040.0, "numberPhases": 3}
    ]


class Withheld(Tamper):
    """Withholds the nth request of the CSMS."""

    def __init__(self, number: int) -> None:
        self._left = number

    def frame(self, number: int, text: str) -> Iterator[tuple[float, str | None]]:
        self._left -= json.loads(text)[0] == 2
        if self._left != 0 or json.loads(text)[0] != 2:
            yield 0, text


@pytest.mark.parametrize("number", range(1, 7))
def test_a_case_that_fails_half_way_leaves_no_profile_behind(number: int) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        made = World(loop, Withheld(number))
        await made.provision()
        try:
            failed = await made.run("TC_067_CSMS")
            assert failed.verdict == "fail"
            assert made.csms.charging.profiles.of("CP1") == []
            made.tamper = Tamper()
            assert [(await made.run(case)).verdict for case in CASES] == ["pass"] * 5
            assert made.csms.charging.profiles.of("CP1") == []
        finally:
            await made.close()

    run(main(), loop)
