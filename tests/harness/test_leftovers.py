"""A case that is cut off anywhere leaves nothing behind: no reservation, transaction or connector out of service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import pytest

from harness.results import CaseResult, Verdict
from tests.subjects.virtual import VirtualLoop, run
from tests.subjects.world import ENVIRONMENT, Tamper, World

STATION = ENVIRONMENT.station_id


class CutAt(Tamper):
    """Loses the connection in place of the nth frame."""

    def __init__(self, number: int) -> None:
        self.number = number

    def frame(self, number: int, text: str) -> Iterator[tuple[float, str | bytes | None]]:
        yield 0, None if number == self.number else text


def in_a_world(act: Callable[[World], Awaitable[None]]) -> None:
    """Does something with a CSMS that knows our station."""
    loop = VirtualLoop()

    async def main() -> None:
        world = World(loop)
        await world.provision()
        try:
            await act(world)
        finally:
            await world.close()

    run(main(), loop)


async def cut(world: World, case: str, number: int) -> CaseResult:
    """The case with the connection lost at a frame."""
    world.tamper = CutAt(number)
    result = await world.run(case)
    world.tamper = Tamper()
    return result


def left(world: World) -> list[object]:
    """What the CSMS believes of the station beside that it is idle."""
    known = world.csms.stations.get(STATION)
    assert known is not None
    busy = [connector for connector in known.connectors.values() if connector.status != "Available"]
    kept = [reservation for reservation in world.csms.reservations.live(STATION) if reservation.answer == "Accepted"]
    return [*kept, *world.csms.transactions.running(STATION), *busy]


@pytest.mark.parametrize(
    "case", ["TC_046_CSMS", "TC_048_2_CSMS", "TC_049_CSMS", "TC_051_CSMS", "TC_052_CSMS", "TC_053_CSMS"]
)
def test_a_case_that_is_cut_off_anywhere_is_taken_back(case: str) -> None:
    async def act(world: World) -> None:
        whole = await world.run(case)
        assert whole.verdict is Verdict.PASS
        assert left(world) == []
        frames = [m for m in whole.messages if m.direction == "received" and m.phase != "cleanup" and m.raw]
        for number in range(1, len(frames) + 1):
            assert (await cut(world, case, number)).verdict is not Verdict.PASS, number
            assert left(world) == [], number

    in_a_world(act)


def test_a_connector_is_put_back_in_service_also_if_the_case_fails_half_way() -> None:
    async def act(world: World) -> None:
        for number in (6, 7):
            assert (await cut(world, "TC_048_3_CSMS", number)).verdict is Verdict.FAIL
            orders = world.csms.store.reads.commands(station=STATION, action="ChangeAvailability", limit=1)
            assert [(order["request"]["type"], order["state"]) for order in orders] == [("Operative", "answered")]
            assert left(world) == []

    in_a_world(act)


def test_what_cannot_be_put_back_is_noted() -> None:
    class Deaf(Tamper):
        """Loses every connection after the first, when the case asks for the reservation."""

        def frame(self, number: int, text: str) -> Iterator[tuple[float, str | bytes | None]]:
            yield 0, None if "ReserveNow" in text or number > 7 else text

    async def act(world: World) -> None:
        world.tamper = Deaf()
        result = await world.run("TC_048_3_CSMS")
        assert [check.message for check in result.warned] == ["cleanup"]
        assert result.verdict is Verdict.FAIL

    in_a_world(act)
