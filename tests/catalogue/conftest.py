"""Pages acted out without a wire: what each would send, demand and look up, in order."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import catalogue, configuration
from harness.case import Cards
from harness.catalogue import Key
from harness.clock import Clock
from harness.config import Environment
from harness.execution import suited
from harness.kept_profiles import KeptProfiles
from harness.matchers import matcher, present
from harness.results import Step
from ocppj.schemas import violations
from tests.catalogue.rehearsed_door import DoorSide, RehearsedDoor
from tests.subjects.world import CLAIMS, ENVIRONMENT

PAGES = Path(__file__).parents[2] / "testcases" / "csms"


@dataclass
class Rehearsal(DoorSide):
    """Plays the station, the operator and the records at once, and notes what a page does with them."""

    case: str
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    transaction_id: int = 7
    reservation_id: int = 11
    list_version: int = 12
    request_id: int = 13
    profiles: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(id=17, composite=_composite))
    scenario: list[tuple[str, Step, str]] = field(default_factory=list)
    checks: dict[Key, str] = field(default_factory=dict)
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    expected: set[str] = field(default_factory=set)
    cards: set[str] = field(default_factory=set)
    environment: Environment = ENVIRONMENT

    def __post_init__(self) -> None:
        self.approach = self.environment.approach

    async def sends(self, step: Step, message: str, **payload: Any) -> None:
        action, kind = message.split(".")
        assert not violations(action, "req" if kind == "req" else "conf", payload), (self.case, step, message, payload)
        self._acts("sends", step, message)

    async def receives(
        self, step: Step, message: str, checks: Mapping[str, Any] | None = None, *, within_s: float | None = None
    ) -> SimpleNamespace:
        self._acts("receives", step, message)
        self._notes(step, message, {"": matcher("there"), **(checks or {})})
        return SimpleNamespace(payload=self.answers.get(message, {}), n=len(self.scenario))

    def check(self, step: Step, what: str, received: Any, expected: Any) -> None:
        self._notes(step, "", {what: expected})

    async def waits(self, seconds: float, why: str) -> None:
        assert seconds > 0
        assert why

    async def disconnects(self, step: Step, why: str) -> None:
        self._acts("disconnects", step, "connection")

    async def reconnects(self, step: Step) -> None:
        self._acts("reconnects", step, "connection")
        self._notes(step, "connection", {"": matcher("there")})

    async def reboots(self, step: Step) -> None:
        await self.disconnects(step, "reboot")
        await self.reconnects(step)

    async def asks(self, action: str, **intent: Any) -> None:
        self.asked[action] = intent

    async def asks_for_any(self, action: str, **intent: Any) -> None:
        self.asked[action] = intent

    async def sets_password(self, password: str) -> None:
        assert 16 <= len(password) <= 20
        self.asked["ChangeConfiguration"] = {"password": password}

    async def sets_security_profile(self, profile: int) -> None:
        self.asked["ChangeConfiguration"] = {"profile": profile}

    def expects(self, action: str) -> None:
        self.expected.add(action)

    def allows(self, action: str, **answer: Any) -> None:
        assert not violations(action, "conf", answer)

    def restores(self, action: str, **intent: Any) -> None:
        assert action in self.asked

    async def transaction(self, step: Step, transactionId: int, expected: Mapping[str, Any]) -> None:
        assert transactionId == self.transaction_id
        self._notes(step, "records.transaction", expected)

    async def connector(self, step: Step, connectorId: int, expected: Mapping[str, Any]) -> None:
        assert connectorId in ENVIRONMENT.connectors
        self._notes(step, "records.connector", expected)

    async def reservation(self, step: Step, reservationId: int, expected: Mapping[str, Any]) -> None:
        assert reservationId == self.reservation_id
        self._notes(step, "records.reservation", expected)

    async def firmware(self, step: Step, expected: Mapping[str, Any]) -> None:
        self._notes(step, "records.firmware", expected)

    async def diagnostics(self, step: Step, expected: Mapping[str, Any]) -> None:
        self._notes(step, "records.diagnostics", expected)

    async def signed_firmware(self, step: Step, requestId: int, expected: Mapping[str, Any]) -> None:
        assert requestId == self.request_id
        self._notes(step, "records.signed_firmware", expected)

    async def log(self, step: Step, requestId: int, expected: Mapping[str, Any]) -> None:
        assert requestId == self.request_id
        self._notes(step, "records.log", expected)

    async def charging_profile(self, step: Step, chargingProfileId: int, expected: Mapping[str, Any]) -> None:
        assert chargingProfileId == self.profiles.id
        self._notes(step, "records.charging_profile", expected)

    async def composite_schedule(self, step: Step, connectorId: int, expected: Mapping[str, Any]) -> None:
        assert connectorId in ENVIRONMENT.connectors
        self._notes(step, "records.composite_schedule", expected)

    async def command(self, step: Step, action: str, expected: Mapping[str, Any]) -> None:
        assert action in {*self.asked, *self.expected}
        self._notes(step, "records.command", expected)

    async def security_event(self, step: Step, expected: Mapping[str, Any]) -> None:
        self._notes(step, "records.security_event", expected)

    def now(self) -> str:
        return "2026-01-02T03:04:05.678Z"

    def this_minute(self) -> str:
        return "2026-01-02T03:04:00.000Z"

    def past(self, seconds: float) -> str:
        return f"2026-01-01T{23 - int(seconds) // 3600:02}:04:05.678Z"

    def future(self, seconds: float) -> str:
        return "2026-01-02T04:04:05.678Z"

    def seconds_until(self, time: str) -> float:
        return 1

    def accepted(self) -> dict[str, Any]:
        return {"status": "Accepted", "currentTime": present, "interval": present}

    def boot(self) -> dict[str, str]:
        return {"chargePointVendor": "V", "chargePointModel": "M"}

    def configuration(self, *keys: str) -> dict[str, Any]:
        return configuration.answer(ENVIRONMENT, keys)

    def interval_s(self, step: Step) -> float:
        return 1

    def _acts(self, verb: str, step: Step, message: str) -> None:
        self.scenario.append((verb, step, message))

    def _notes(self, step: Step, message: str, expected: Mapping[str, Any]) -> None:
        for path, value in expected.items():
            self.checks[step, message, path] = matcher(value).text


async def _prepared(profile: int) -> None:
    """The profile after this one can be taken."""


def _composite(**question: Any) -> dict[str, Any]:
    return KeptProfiles(ENVIRONMENT, Clock()).composite(**question)


class NotedCards(Cards):
    """The cards, which note which of them a page uses."""

    used: set[str]

    def __getitem__(self, status: str) -> str:
        self.used.add(status)
        return super().__getitem__(status)


@dataclass(frozen=True)
class Page:
    """One case as a page implements it."""

    case: str
    function: Callable[..., Any]
    parameters: Mapping[str, Any]
    states: tuple[str, ...]

    def rehearse(self, answers: Mapping[str, Mapping[str, Any]] | None = None) -> Rehearsal:
        """What this page does."""
        rounds = catalogue.load().cases[self.case].rounds(ENVIRONMENT.ways, CLAIMS["security_profiles"])
        environment = suited(ENVIRONMENT, rounds)
        heard = answers or {"DataTransfer.conf": {"status": "UnknownVendorId"}}
        station = Rehearsal(self.case, heard, environment=environment)
        cards = NotedCards(
            {status: status.upper() for status in ("Accepted", "Accepted2", "Invalid", "Expired", "Blocked")}
        )
        cards.used, cards.parent = station.cards, ENVIRONMENT.parent_id_tag
        door = RehearsedDoor(station, rounds)  # type: ignore[arg-type]
        known = {"settings": environment, "cards": cards, "door": door, "upgradable": _prepared, **self.parameters}
        wanted = inspect.signature(self.function).parameters
        asyncio.run(self.function(**{name: known.get(name, station) for name in wanted}))
        return station


def pages() -> Iterator[Page]:
    """Every case that a page implements, in the order of the files."""
    for path in sorted(PAGES.glob("test_*.py")):
        module = importlib.import_module(f"testcases.csms.{path.stem}")
        for function in vars(module).values():
            if inspect.iscoroutinefunction(function) and function.__name__.startswith("test_"):
                yield from _cases(function)


def _cases(function: Callable[..., Any]) -> Iterator[Page]:
    marks: list[pytest.Mark] = getattr(function, "pytestmark", [])
    fixtures = [name for mark in marks if mark.name == "usefixtures" for name in mark.args]
    named = inspect.signature(function).parameters
    booted = "Booted" if "station" in named else ""
    states = tuple(name.title().replace("_", "") for name in (booted, *fixtures) if name)
    for mark in marks:
        if mark.name == "case":
            yield Page(mark.args[0], function, {}, states)
        elif mark.name == "parametrize":
            for each in mark.args[1]:
                names = [mark.args[0]] if isinstance(mark.args[0], str) else list(mark.args[0])
                [id_] = [inner.args[0] for inner in each.marks if inner.name == "case"]
                yield Page(id_, function, dict(zip(names, each.values, strict=True)), states)


@pytest.fixture(scope="session")
def page() -> Mapping[str, Page]:
    """The pages by case id, in the order of the files."""
    found = list(pages())
    assert len({each.case for each in found}) == len(found)
    return {each.case: each for each in found}


@pytest.fixture(scope="session")
def rehearsal(page: Mapping[str, Page]) -> Mapping[str, Rehearsal]:
    """What each page does, by case id."""
    return {case: each.rehearse() for case, each in page.items()}
