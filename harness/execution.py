"""A run and one case of it: everything a case needs is made here, used by its page, and taken down again.

The pytest plugin and the harness's own tests both go through these two classes, so that a case behaves the same under
either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from harness.catalogue import Case, Rounds
from harness.checks import Sources
from harness.clock import Clock
from harness.config import Environment, Settings
from harness.door import Door
from harness.errors import CaseFailed, Inconclusive, OperatorError, StepFailed
from harness.evidence import Evidence, sentence
from harness.journal import Journal
from harness.operators.csms.base import CsmsOperator
from harness.operators.records import RecordsPort
from harness.refusal import NotConnected
from harness.restoring import Left, Restoring
from harness.results import CaseResult
from harness.rules.observed import Memory
from harness.station import Station
from harness.verbs import Operator, Records
from harness.wire import Dialer


@dataclass
class RunContext:
    """What the cases of a run share: the way to the system under test, and what is remembered across cases."""

    settings: Settings
    dialer: Dialer
    operator: Callable[[], CsmsOperator]
    records: Callable[[], RecordsPort | None]
    sources: Sources
    waiting: Callable[[bool], None] = lambda waits: None
    clock: Callable[[], Clock] = Clock
    journal: Journal | None = None
    strict: bool = False
    secrets: Iterable[str] = ()
    memory: Memory = field(default_factory=Memory)
    left: Left = field(default_factory=Left)


class CaseScope:
    """One case while it runs."""

    def __init__(self, run: RunContext, case: Case) -> None:
        self.run, self.case = run, case
        self.evidence = Evidence(
            case.id,
            case.title,
            case.profile,
            clock=run.clock(),
            journal=run.journal,
            secrets=run.secrets,
            strict=run.strict,
        )
        rounds = case.rounds(run.settings.environment.ways, run.settings.supports["security_profiles"])
        self.environment = environment = suited(run.settings.environment, rounds)
        self._driver, self._port = run.operator(), run.records()
        self.station = Station(self.evidence, environment, run.dialer, sources=run.sources, memory=run.memory)
        self.operator = Operator(self._driver, self.station, environment.station_id, run.waiting)
        self.records = Records(self._port, self.station, environment.station_id)
        self.door = Door(self.station, rounds)
        self.restoring = Restoring(self.station, self.operator, self._driver, run.left)

    async def begin(self) -> None:
        """Sees that the station comes in as configured, if an earlier case has left it otherwise."""
        if self.restoring.owes:
            await self.restoring.restore()
        if left := self.run.left.reasons.get(self.station.id):
            raise Inconclusive(left)

    async def connect(self) -> None:
        """Connects the station; a connection that is refused means that the case was not reached."""
        await self.begin()
        if self.station.connected:
            return
        try:
            await self.station.connects()
        except NotConnected as error:
            raise Inconclusive(str(error)) from None

    async def finish(self) -> None:
        """Reads what is still on its way; raises CaseFailed if a check has failed."""
        await self.station.listens()
        for check in self.evidence.checks:
            if check.outcome == "fail":
                raise CaseFailed(sentence(check))

    async def close(self) -> None:
        """Leaves the system under test as it was found and lets go of everything."""
        async with AsyncExitStack() as stack:
            if self._port is not None:
                stack.push_async_callback(self._port.close)
            stack.push_async_callback(self._driver.close)
            stack.push_async_callback(self.station.leaves)
            stack.push_async_callback(self._restore)
            await self.operator.leaves()

    async def _restore(self) -> None:
        """Has the operator take back what the case changed, if that is owed; what cannot be is noted."""
        self.evidence.phase = "cleanup"
        for number in self.station.profiles.to_clear:
            self.operator.restores("ClearChargingProfile", id=number)
        if self.operator.owes:
            try:
                if not self.station.connected:
                    await self.station.connects()
                await self.operator.cleans_up()
            except (StepFailed, NotConnected, Inconclusive, OperatorError) as error:
                self.station.left_behind("the CSMS changed back", str(error))
        if self.restoring.owes:
            await self.restoring.restore()

    def result(self, error: BaseException | None) -> CaseResult:
        """The case with its verdict; a known failure is named with it."""
        reasons = [known.reason for known in self.run.settings.known_failures if known.case == self.case.id]
        return self.evidence.result(error, known_failure=reasons[0] if reasons else "")


def suited(environment: Environment, rounds: Rounds) -> Environment:
    """The surroundings with the station on the first of these security profiles, if there is any."""
    return environment.on(rounds.profiles[0]) if rounds.profiles else environment
