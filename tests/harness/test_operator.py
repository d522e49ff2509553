"""What a page says to the operator, and what becomes of it with drivers that act, fail, wait for a person or hang."""

from __future__ import annotations

import asyncio

import pytest

from harness.errors import Aborted, Inconclusive, OperatorError, StepFailed
from harness.execution import CaseScope
from harness.operators.csms.base import CsmsOperator
from harness.operators.csms.manual import SEEN
from harness.results import Verdict
from harness.verbs import LEAVE_S
from tests.harness.scripted import Driver, Stage, said

OPERATOR_S, MESSAGE_S = 60, 30


async def clears(scope: CaseScope) -> None:
    await scope.operator.asks("ClearCache")
    await scope.station.receives(1, "ClearCache.req")
    await scope.station.sends(2, "ClearCache.conf", status="Accepted")


def staged(*acts: float | Exception | str, certain: bool = True) -> Stage:
    """A stage whose driver does this: waits so many seconds, raises, or has the system send the request."""

    async def act() -> None:
        for one in acts:
            if isinstance(one, Exception):
                raise one
            if isinstance(one, str):
                await stage.sut.says(2, one, "ClearCache", {})
            else:
                await asyncio.sleep(one)

    stage = Stage(driver=Driver(act, certain=certain))
    return stage


REFUSED = OperatorError("clear_cache: refused")
SENT, HANGS = "c1", 10_000.0
NOTHING = ["1 ClearCache.req: nothing"]
CERTAIN: list[tuple[str, tuple[float | Exception | str, ...], Verdict, list[str], str]] = [
    ("the request comes and the driver returns", (SENT,), Verdict.PASS, [], ""),
    ("the request comes late and the driver returned at once", (5, SENT), Verdict.PASS, [], ""),
    ("the request comes while the driver still waits", (SENT, 20), Verdict.PASS, [], ""),
    ("the driver fails after the request", (SENT, REFUSED), Verdict.PASS, [], ""),
    ("the driver fails before the request", (3, REFUSED), Verdict.ERROR, [], "clear_cache: refused"),
    ("the driver fails and nothing comes", (REFUSED,), Verdict.ERROR, [], "clear_cache: refused"),
    ("the driver of another author breaks", (ValueError("boom"),), Verdict.ERROR, [], "clear_cache: expected the "),
    (
        "the driver cannot do it",
        (NotImplementedError(),),
        Verdict.INCONCLUSIVE,
        [],
        "the operator's driver cannot do clear_cache",
    ),
    (
        "the driver cannot do it and says why",
        (NotImplementedError("no button"),),
        Verdict.INCONCLUSIVE,
        [],
        "the operator's driver cannot do clear_cache: no button",
    ),
    ("the driver leaves it out", (Inconclusive("left out"),), Verdict.INCONCLUSIVE, [], "left out"),
    ("the driver stops the run", (Aborted("stopped"),), Verdict.INCONCLUSIVE, [], "stopped"),
    ("the system was told and sends nothing", (1,), Verdict.FAIL, NOTHING, "step 1 ClearCache.req: expected a "),
    ("the driver hangs and nothing comes", (HANGS,), Verdict.FAIL, NOTHING, "step 1 ClearCache.req: expected a "),
]


@pytest.mark.parametrize(
    ("acts", "verdict", "failed", "reason"), [pytest.param(*rest, id=name) for name, *rest in CERTAIN]
)
def test_what_becomes_of_an_order(
    acts: tuple[float | Exception | str, ...], verdict: Verdict, failed: list[str], reason: str
) -> None:
    stage = staged(*acts)
    result = stage.play(clears)
    assert (result.verdict, said(result), said(result, "warn")) == (verdict, failed, [])
    assert result.reason.startswith(reason)
    assert bool(result.reason) == bool(reason)
    assert "Traceback" not in result.error
    assert stage.waited == []


PERSON: list[tuple[str, tuple[float | Exception | str, ...], Verdict, str, float]] = [
    ("the request comes before anybody says so", (20, SENT, HANGS), Verdict.PASS, "", 20),
    ("done, and the request comes", (20, SENT), Verdict.PASS, "", 20),
    ("done, and nothing comes", (20,), Verdict.FAIL, "step 1 ClearCache.req: expected a ", OPERATOR_S),
    ("done late, and nothing comes", (50,), Verdict.FAIL, "step 1 ClearCache.req: expected a ", 50 + MESSAGE_S),
    (
        "nobody is there",
        (HANGS,),
        Verdict.INCONCLUSIVE,
        "step 1 ClearCache.req: nothing came within 60 s, and nobody said that it was asked for",
        OPERATOR_S,
    ),
    ("left out", (20, Inconclusive("left out")), Verdict.INCONCLUSIVE, "left out", 20),
    ("stopped", (20, Aborted("stopped")), Verdict.INCONCLUSIVE, "stopped", 20),
]


@pytest.mark.parametrize(
    ("acts", "verdict", "reason", "took_s"), [pytest.param(*rest, id=name) for name, *rest in PERSON]
)
def test_what_becomes_of_an_order_to_a_person(
    acts: tuple[float | Exception | str, ...], verdict: Verdict, reason: str, took_s: float
) -> None:
    stage = staged(*acts, certain=False)
    result = stage.play(clears)
    assert result.verdict is verdict
    assert result.reason.startswith(reason)
    assert bool(result.reason) == bool(reason)
    assert took_s <= stage.took_s < took_s + LEAVE_S + 0.1
    assert stage.waited == [True, False]


def test_a_request_that_follows_a_late_word_of_the_person_is_in_time() -> None:
    async def act() -> None:
        await asyncio.sleep(OPERATOR_S - 1)
        later = asyncio.get_running_loop().call_later
        later(MESSAGE_S - 1, lambda: kept.append(asyncio.ensure_future(stage.sut.says(2, "c1", "ClearCache", {}))))

    kept: list[asyncio.Future[None]] = []
    stage = Stage(driver=Driver(act, certain=False))
    assert stage.play(clears).verdict is Verdict.PASS


def test_the_prompt_ends_as_seen_when_the_request_has_come_and_not_before() -> None:
    stage = staged(20, SENT, HANGS, certain=False)
    stage.play(clears)
    assert isinstance(stage.driver, Driver)
    assert stage.driver.cancelled == (SEEN,)
    assert stage.took_s == pytest.approx(20, abs=0.1)


def test_a_driver_that_is_sure_is_not_cut_off_at_once() -> None:
    stage = staged(SENT, LEAVE_S / 2)
    stage.play(clears)
    assert isinstance(stage.driver, Driver)
    assert stage.driver.cancelled is None
    stage = staged(SENT, HANGS)
    stage.play(clears)
    assert isinstance(stage.driver, Driver)
    assert stage.driver.cancelled == ()
    assert stage.took_s == pytest.approx(LEAVE_S, abs=0.1)


def test_a_request_that_was_on_its_way_before_the_order_is_unsolicited() -> None:
    async def page(scope: CaseScope) -> None:
        await stage.sut.says(2, "early", "ClearCache", {})
        await clears(scope)

    stage = staged("asked")
    result = stage.play(page)
    assert (result.verdict, said(result, "warn")) == (Verdict.PASS, ["unsolicited: an unsolicited ClearCache.req"])
    assert [m.unique_id for m in result.messages if m.kind == "call" and m.step == 1] == ["asked"]


def test_what_one_order_came_to_is_no_answer_to_the_next() -> None:
    async def page(scope: CaseScope) -> None:
        with pytest.raises(OperatorError):
            await clears(scope)
        await clears(scope)

    orders = [REFUSED, None]

    async def act() -> None:
        if (error := orders.pop(0)) is not None:
            raise error
        await stage.sut.says(2, "c2", "ClearCache", {})

    stage = Stage(driver=Driver(act))
    assert stage.play(page).verdict is Verdict.PASS


def test_waiting_leaves_no_task_behind() -> None:
    async def page(scope: CaseScope) -> None:
        before = len(asyncio.all_tasks())
        for _ in range(5):
            await clears(scope)
        await asyncio.sleep(1)
        assert len(asyncio.all_tasks()) == before

    numbers = iter(range(5))

    async def act() -> None:
        await asyncio.sleep(1)
        await stage.sut.says(2, f"c{next(numbers)}", "ClearCache", {})

    stage = Stage(driver=Driver(act))
    assert stage.play(page).verdict is Verdict.PASS


def test_an_order_that_no_operator_knows_is_our_own_error() -> None:
    async def page(scope: CaseScope) -> None:
        await scope.operator.asks("Heartbeat")

    result = Stage().play(page)
    assert result.verdict is Verdict.ERROR
    assert result.reason.startswith("the operator does not know Heartbeat; it knows ")


def test_a_connection_that_is_lost_ends_the_wait_for_a_request() -> None:
    async def act() -> None:
        await asyncio.sleep(4)
        await stage.sut.drops()

    stage = Stage(driver=Driver(act))
    result = stage.play(clears)
    assert said(result) == [
        "connection: closed by the other side",
        "1 ClearCache.req: no connection, it was closed by the other side",
    ]
    assert stage.took_s == pytest.approx(4, abs=0.1)


def test_a_driver_that_says_nothing_about_an_operation_cannot_do_it() -> None:
    result = Stage(driver=CsmsOperator()).play(clears)
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, "the operator's driver cannot do clear_cache")


def test_all_that_an_order_says_reaches_the_driver() -> None:
    told: list[tuple[str, object]] = []

    class Note(CsmsOperator):
        async def reset(self, station: str, *, type: str) -> None:  # type: ignore[override]
            told.append((station, type))

    async def page(scope: CaseScope) -> None:
        await scope.operator.asks("Reset", type="Hard")
        with pytest.raises((OperatorError, StepFailed)):
            await scope.station.receives(1, "Reset.req", within_s=1)

    Stage(driver=Note()).play(page)
    assert told == [("CP1", "Hard")]
