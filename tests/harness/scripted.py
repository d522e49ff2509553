"""A system under test that does what a test says, and a case against it, over links in memory and in virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.approach import Approach
from harness.catalogue import Case
from harness.checks import Sources
from harness.config import KnownFailure, Settings
from harness.execution import CaseScope, RunContext
from harness.journal import Journal
from harness.operators.csms.base import CsmsOperator, Reply
from harness.refusal import NotConnected
from harness.results import CaseResult, Check
from tests.subjects.memory import FarEnd, MemoryLink, pair
from tests.subjects.virtual import VirtualLoop, run
from tests.subjects.world import ENVIRONMENT

CASE = Case("TC_X", "A case", "3.1", "A chapter", "Core", "A summary")
NOW = "2026-03-01T12:00:00Z"
Frame = list[Any]
Script = Callable[[FarEnd, Frame], Awaitable[None]]
Page = Callable[[CaseScope], Awaitable[None]]

USUAL: Mapping[str, Any] = {
    "BootNotification": {"status": "Accepted", "currentTime": NOW, "interval": 30},
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "StartTransaction": {"transactionId": 7, "idTagInfo": {"status": "Accepted"}},
    "Heartbeat": {"currentTime": NOW},
}


class Sut:
    """Answers every call as usual, or as told: with a payload, or by a script that gets the connection and the call."""

    def __init__(self, **answers: Mapping[str, Any] | Script) -> None:
        self.answers = {**USUAL, **answers}
        self.heard: list[Frame] = []
        self.ends: list[FarEnd] = []
        self.refuses = False

    async def serve(self, end: FarEnd) -> None:
        """One connection."""
        try:
            while True:
                frame = json.loads(await end.recv())
                self.heard.append(frame)
                if frame[0] == 2:
                    await self._answer(end, frame)
        except ConnectionError:
            return

    async def _answer(self, end: FarEnd, frame: Frame) -> None:
        answer = self.answers.get(frame[2], {})
        if callable(answer):
            await answer(end, frame)
        else:
            await end.send(json.dumps([3, frame[1], answer]))

    async def says(self, *frame: Any) -> None:
        """Sends a frame, or a text as it is, on the latest connection."""
        text = frame[0] if isinstance(frame[0], str | bytes) else json.dumps(frame)
        await self.ends[-1].send(text)

    async def drops(self) -> None:
        """Loses the latest connection."""
        await self.ends[-1].close()

    def calls(self, action: str) -> list[Any]:
        """The payloads of the calls of this action that came."""
        return [frame[3] for frame in self.heard if frame[0] == 2 and frame[2] == action]

    def answer_to(self, unique_id: str) -> Frame:
        """The answer that came to a call of this id."""
        return next(frame for frame in self.heard if frame[0] in (3, 4) and frame[1] == unique_id)


def after(delay_s: float, script: Mapping[str, Any] | Script) -> Script:
    """Answers after a while; what comes meanwhile is still read."""

    async def answer(end: FarEnd, frame: Frame) -> None:
        async def later() -> None:
            await asyncio.sleep(delay_s)
            if callable(script):
                await script(end, frame)
            elif not end.outgoing.ended:
                await end.send(json.dumps([3, frame[1], script]))

        _KEPT.append(asyncio.ensure_future(later()))

    return answer


_KEPT: list[asyncio.Future[None]] = []


def text(*texts: str) -> Script:
    """Answers with these texts, in which ID is the id of the call."""

    async def answer(end: FarEnd, frame: Frame) -> None:
        for one in texts:
            await end.send(one.replace("ID", frame[1]))

    return answer


async def silent(end: FarEnd, frame: Frame) -> None:
    """Does not answer."""


async def hangs_up(end: FarEnd, frame: Frame) -> None:
    """Closes the connection instead of answering."""
    await end.close()


class Driver(CsmsOperator):
    """Acts as told when it is asked to clear the cache."""

    def __init__(self, act: Callable[[], Awaitable[object]], *, certain: bool = True, dictates: bool = False) -> None:
        self._act, self.certain, self._dictates = act, certain, dictates
        self.cancelled: tuple[object, ...] | None = None
        self.closed = False

    async def clear_cache(self, station: str) -> Reply:
        try:
            await self._act()
        except asyncio.CancelledError as cancelled:
            self.cancelled = cancelled.args
            raise
        return Reply()

    def dictates(self, action: str) -> bool:
        return self._dictates

    async def close(self) -> None:
        self.closed = True


async def nothing() -> None:
    """Does nothing."""


@dataclass
class Stage:
    """The surroundings of a case: everything that a test may want to change."""

    sut: Sut = field(default_factory=Sut)
    driver: CsmsOperator = field(default_factory=lambda: Driver(nothing))
    records: Any = None
    journal: Journal | None = None
    strict: bool = False
    sources: Sources = lambda case, step, message, path: None
    environment: Mapping[str, Any] = field(default_factory=dict)
    known_failures: tuple[KnownFailure, ...] = ()
    waited: list[bool] = field(default_factory=list)
    took_s: float = 0

    async def connect(self, station_id: str, approach: Approach) -> MemoryLink:
        """The dialer."""
        if self.sut.refuses:
            raise NotConnected("memory://csms: expected HTTP 101 (WebSocket), received HTTP 404", "refused", 404)
        near, far = pair(self._loop.clock())
        self.sut.ends.append(far)
        self._serving.append(asyncio.ensure_future(self.sut.serve(far)))
        return near

    def play(self, page: Page, *, connected: bool = True) -> CaseResult:
        """Runs a page as a case of its own."""
        self._loop = VirtualLoop()
        self._serving: list[asyncio.Future[None]] = []
        began_s = self._loop.time()
        try:
            return run(self._play(page, connected), self._loop)
        finally:
            self.took_s = self._loop.time() - began_s

    async def _play(self, page: Page, connected: bool) -> CaseResult:
        settings = Settings(
            replace(ENVIRONMENT, **{"listen_s": 0, **self.environment}), known_failures=self.known_failures
        )
        context = RunContext(
            settings,
            self,
            lambda: self.driver,
            lambda: self.records,
            self.sources,
            waiting=self.waited.append,
            clock=self._loop.clock,
            journal=self.journal,
            strict=self.strict,
        )
        scope = CaseScope(context, CASE)
        error: BaseException | None = None
        try:
            if connected:
                await scope.connect()
            scope.evidence.phase = "case"
            await page(scope)
            await scope.finish()
        except AssertionError:  # what a test says in its page is said to the test
            raise
        except Exception as caught:  # noqa: BLE001 - the boundary of a case, as in the plugin
            error = caught
        try:
            await scope.close()
        except Exception as caught:  # noqa: BLE001 - the boundary of a case, as in the plugin
            error = error or caught
        return scope.result(error)


def said(result: CaseResult, outcome: str = "fail") -> list[str]:
    """The checks with this outcome: rule or step, message and path, and what was received."""
    return [told(check) for check in result.checks if check.outcome == outcome]


def told(check: Check) -> str:
    """A check in short."""
    where = check.rule or " ".join(str(part) for part in (check.step, check.message, check.path) if part != "")
    return f"{where}: {check.received}"
