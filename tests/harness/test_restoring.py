"""Passwords, security profiles and certificates are as they were after a case, wherever it failed; else it is told."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import OperatorError
from harness.results import Verdict
from tests.harness.test_leftovers import cut, in_a_world
from tests.subjects.doors import Outcome
from tests.subjects.hands import Hands
from tests.subjects.world import ENVIRONMENT, Tamper, World

CHANGING = ["TC_073_CSMS", "TC_074_CSMS", "TC_077_CSMS", "TC_083_CSMS"]
WAYS = ENVIRONMENT.ways


async def let_in(world: World) -> dict[str, Any]:
    """Per station: whether it is let in as configured, and what it is said to be on its way to."""
    found: dict[str, Any] = {}
    for way in WAYS.values():
        outcome = await world.doors._outcome(way.station_id, way.approach)
        station = world.csms.stations.get(way.station_id)
        assert station is not None
        on_the_way = (station.pending_profiles, station.pending_passwords)
        found[way.station_id] = (outcome.let_in, station.security_profile, on_the_way)
    return found


def as_configured() -> dict[str, Any]:
    """The same as it has to be."""
    return {way.station_id: (True, way.security_profile, ((), ())) for way in WAYS.values()}


@pytest.mark.parametrize("case", CHANGING)
def test_a_case_that_is_cut_off_anywhere_leaves_every_way_in_as_it_was(case: str) -> None:
    async def act(world: World) -> None:
        whole = await world.run(case)
        assert whole.verdict is Verdict.PASS
        assert await let_in(world) == as_configured()
        frames = [m for m in whole.messages if m.direction == "received" and m.phase != "cleanup" and m.raw]
        for number in range(1, len(frames) + 1):
            assert (await cut(world, case, number)).verdict is not Verdict.PASS, number
            assert await let_in(world) == as_configured(), number
        for again in CHANGING:
            assert (await world.run(again)).verdict is Verdict.PASS, again

    in_a_world(act)


class Refuses(Tamper):
    """Refuses the nth attempt to come in."""

    def __init__(self, attempt: int) -> None:
        self.attempt = attempt

    def entered(self, number: int, outcome: Outcome) -> Outcome:
        return Outcome(False, 401) if number == self.attempt else outcome


@pytest.mark.parametrize("case", CHANGING)
@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_a_station_that_is_refused_once_leaves_every_way_in_as_it_was(case: str, attempt: int) -> None:
    async def act(world: World) -> None:
        world.doors._tamper = Refuses(attempt)
        first = await world.run(case)
        assert first.verdict is not Verdict.ERROR
        world.doors._tamper = Tamper()
        assert await let_in(world) == as_configured()
        assert (await world.run(case)).verdict is Verdict.PASS

    in_a_world(act)


class Helpless(Hands):
    """A driver that cannot put anything back outside OCPP."""

    async def provision_access(self, station: str, **how: Any) -> None:
        raise NotImplementedError


def driven(world: World, kind: type[Hands]) -> None:
    """From now on the person at the CSMS is of this kind."""
    world.context.operator = lambda: kind(world.csms)


LOST = [
    pytest.param(99, Verdict.PASS, ["case", "cleanup"], id="whole"),
    pytest.param(5, Verdict.FAIL, [], id="lost before the station has the new one"),
    pytest.param(6, Verdict.FAIL, ["case"], id="lost before the station has the old one again"),
]


@pytest.mark.parametrize(("number", "verdict", "changes"), LOST)
def test_a_password_goes_back_through_ocpp_if_there_is_no_other_way(
    number: int, verdict: Verdict, changes: list[str]
) -> None:
    async def act(world: World) -> None:
        driven(world, Helpless)
        result = await cut(world, "TC_073_CSMS", number)
        assert result.verdict is verdict
        assert [m.phase for m in result.messages if m.name == "ChangeConfiguration.req"] == changes
        assert (await let_in(world))["CP-2"][:2] == (True, 2)
        assert (await world.run("TC_073_CSMS")).verdict is Verdict.PASS

    in_a_world(act)


def test_a_security_profile_that_nobody_can_lower_is_told_and_keeps_later_cases_from_failing() -> None:
    async def act(world: World) -> None:
        driven(world, Helpless)
        result = await world.run("TC_083_CSMS")
        assert result.verdict is Verdict.PASS
        told = [check for check in result.warned if check.message == "cleanup"]
        assert [(check.expected, check.received) for check in told] == [
            ("password and security profile as they were", "station CP-1 is no longer let in as configured")
        ]
        later = await world.run("TC_085_CSMS")
        assert later.verdict is Verdict.INCONCLUSIVE
        assert later.reason == "station CP-1 is no longer let in as configured"
        assert (await world.run("TC_074_CSMS")).verdict is Verdict.PASS
        driven(world, Hands)
        assert (await world.run("TC_085_CSMS")).verdict is Verdict.PASS

    in_a_world(act)


class Broken(Hands):
    """A driver whose interface is down when something is to be put back."""

    async def provision_access(self, station: str, **how: Any) -> None:
        raise OperatorError("http://csms/api: expected HTTP 200, received 503")


def test_what_an_operator_could_not_put_back_is_put_back_before_the_next_case() -> None:
    async def act(world: World) -> None:
        driven(world, Broken)
        result = await world.run("TC_083_CSMS")
        assert [check.message for check in result.warned] == ["cleanup"]
        assert "received 503" in result.warned[0].received
        driven(world, Hands)
        assert (await world.run("TC_085_CSMS")).verdict is Verdict.PASS
        assert await let_in(world) == as_configured()

    in_a_world(act)


def test_a_csms_that_takes_nothing_but_the_new_certificate_gets_it_from_then_on() -> None:
    async def act(world: World) -> None:
        entered, newest = world.doors.enter, [WAYS[3].approach.certificate]

        async def enter(station_id: str, approach: Any) -> str | None:
            if approach.certificate not in (WAYS[3].approach.certificate, newest[-1]):
                newest.append(approach.certificate)
            if approach.certificate != newest[-1]:
                world.doors._tamper = Refuses(world.doors.attempts + 1)
            return await entered(station_id, approach)

        world.doors.enter = enter  # type: ignore[method-assign]
        result = await world.run("TC_074_CSMS")
        assert result.verdict is Verdict.PASS
        assert [(check.message, check.received) for check in result.warned] == [
            ("cleanup", "only the new one is taken")
        ]
        assert world.context.left.certificates == {"CP-3": newest[-1]}
        assert (await world.run("TC_077_CSMS")).verdict is Verdict.PASS

    in_a_world(act)


def test_a_case_that_touches_nothing_restores_nothing() -> None:
    async def act(world: World) -> None:
        driven(world, Broken)
        for case in ("TC_003_CSMS", "TC_075_1_CSMS", "TC_085_CSMS", "TC_088_CSMS"):
            assert (await world.run(case)).verdict is Verdict.PASS
        assert not world.context.left.reasons

    in_a_world(act)
