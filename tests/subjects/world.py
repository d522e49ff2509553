"""The whole instrument and a whole CSMS in one process: cases over links in memory, in virtual time.

The CSMS is the reference CSMS itself on a store in memory; `tamper` may change what it sends on the wire and what its
records say.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from harness import catalogue
from harness.approach import Approach
from harness.config import Environment, Settings
from harness.execution import CaseScope, RunContext
from harness.hello import Flight
from harness.results import CaseResult
from reference_csms.app import Csms
from reference_csms.domain.cards import Card
from reference_csms.settings import Settings as CsmsSettings
from reference_csms.store.database import inline_store
from testcases import csms as pages
from testcases import states
from tests.subjects import doors
from tests.subjects.hands import Hands
from tests.subjects.memories import Memories
from tests.subjects.memory import FarEnd, MemoryLink, pair
from tests.subjects.virtual import VirtualLoop, run

CARDS = {
    "Accepted": "CARD-ACCEPTED",
    "Accepted2": "CARD-ACCEPTED-2",
    "Invalid": "CARD-UNKNOWN",
    "Expired": "CARD-EXPIRED",
    "Blocked": "CARD-BLOCKED",
}
PARENT = "GROUP-1"
CLAIMS = {"profiles": ["Core", "Security"], "security_profiles": [1, 2, 3]}
ENVIRONMENT = Environment(
    url="memory://csms",
    station_id="CP1",
    cards=CARDS,
    parent_id_tag=PARENT,
    message_timeout_s=30,
    operator_timeout_s=60,
    access=doors.ways(),
    security=doors.material(),
)


SETTINGS = Settings(ENVIRONMENT, supports=CLAIMS)


class Tamper(doors.DoorTamper):
    """Leaves everything as it is; mutants override what they change."""

    subprotocol: str | None = ""
    """What the CSMS chooses on every connection; empty leaves the choice to it."""

    def connected(self) -> None:
        """Called for each connection before it opens; may raise NotConnected."""

    def frame(self, number: int, text: str) -> Iterator[tuple[float, str | bytes | None]]:
        """What becomes of the nth frame of the CSMS in a case: (delay in s, text or None for a lost connection)."""
        yield 0, text

    def record(self, number: int, kind: str, record: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """What the nth look at the records shows."""
        return record


@dataclass(frozen=True)
class Page:
    """A page as pytest would call it."""

    function: Callable[..., Any]
    parameters: Mapping[str, Any]
    fixtures: tuple[str, ...]


@functools.cache
def all_pages() -> Mapping[str, Page]:
    """Every page by its case id."""
    found: dict[str, Page] = {}
    for module in pkgutil.iter_modules(pages.__path__, f"{pages.__name__}."):
        for function in filter(inspect.iscoroutinefunction, vars(importlib.import_module(module.name)).values()):
            for id, parameters in _cases(function):
                marks = getattr(function, "pytestmark", [])
                used = [name for mark in marks if mark.name == "usefixtures" for name in mark.args]
                names = [name for name in inspect.signature(function).parameters if name not in parameters]
                found[id] = Page(function, parameters, (*used, *names))
    return found


def _cases(function: Callable[..., Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for mark in getattr(function, "pytestmark", []):
        if mark.name == "case":
            yield mark.args[0], {}
        elif mark.name == "parametrize":
            names = (
                [name.strip() for name in mark.args[0].split(",")] if isinstance(mark.args[0], str) else mark.args[0]
            )
            for variant in mark.args[1]:
                for inner in getattr(variant, "marks", ()):
                    if inner.name == "case":
                        yield inner.args[0], dict(zip(names, variant.values, strict=True))


class _Clock:
    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        """The virtual time of day."""
        return self._loop.utc()


class World:
    """A CSMS with our station and cards, and the harness in front of it."""

    def __init__(
        self,
        loop: VirtualLoop,
        tamper: Tamper | None = None,
        *,
        strict: bool = False,
        settings: Settings = SETTINGS,
    ) -> None:
        self.loop, self.tamper = loop, tamper or Tamper()
        own = CsmsSettings(30, organization=ENVIRONMENT.security.organization, certificate_days=36500)
        parts = {"passwords": doors.passwords(), "authority": doors.authority}
        self.csms = Csms(inline_store(), _Clock(loop), own, **parts)
        self.doors = doors.Doors(self.csms, self.tamper)
        self.context = RunContext(
            settings,
            self,
            lambda: Hands(self.csms),
            lambda: Memories(self),
            catalogue.load().row,
            clock=loop.clock,
            strict=strict,
        )
        self.frames = 0
        self.looks = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def provision(self) -> None:
        """Has the CSMS know the station and the cards."""
        for way in ENVIRONMENT.ways.values():
            await doors.provision(self.csms, way)
        past = self.loop.utc() - timedelta(days=1)
        for status, tag in CARDS.items():
            if status != "Invalid":
                expiry = past if status == "Expired" else None
                stored = "Blocked" if status == "Blocked" else "Accepted"
                await self.csms.cards.put(Card(tag, stored, expiry, PARENT))

    async def connect(self, station_id: str, approach: Approach) -> MemoryLink:
        """The dialer: a new connection to the CSMS."""
        self.tamper.connected()
        chosen = await self.doors.enter(station_id, approach)
        near, far = pair(self.context.clock())
        near.subprotocol = chosen if self.tamper.subprotocol == "" else self.tamper.subprotocol
        if chosen is None:
            await far.close()
        else:
            self._start(self.csms.serve_link(station_id, _Tampered(far, self)))
        return near

    async def shake_hands(self, approach: Approach) -> None:
        """The dialer: a TLS handshake and nothing more."""
        await self.doors.shake_hands(approach)

    async def greet(self, approach: Approach, hello: bytes) -> Flight:
        """The dialer: what the server says to a ClientHello."""
        return await self.doors.greet(approach, hello)

    def later(self, delay_s: float, act: Callable[[], None]) -> None:
        """Does something at once, or after a while."""
        if delay_s <= 0:
            act()
        else:
            self.loop.call_later(delay_s, act)

    def _start(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self, id: str) -> CaseResult:
        """Runs a case; the CSMS stays as the case leaves it."""
        self.frames = self.looks = self.doors.attempts = 0
        scope = CaseScope(self.context, catalogue.load().cases[id])
        error: BaseException | None = None
        try:
            await self._page(scope, all_pages()[id])
        except Exception as caught:  # the boundary of a case, as under pytest
            error = caught
        try:
            await scope.close()
        except Exception as caught:
            error = error or caught
        return scope.result(error)

    async def _page(self, scope: CaseScope, page: Page) -> None:
        settings, station = scope.environment, scope.station
        cards = states.cards(settings)
        values = {"cold_station": station, "station": station, "operator": scope.operator, "records": scope.records}
        values |= {"cards": cards, "settings": settings, "authorized": None, "charging": None}
        upgradable = functools.partial(states.upgradable, station, scope.operator, scope.door, settings)
        values |= {"door": scope.door, "upgradable": upgradable}
        values["away_station"] = station
        if "away_station" in page.fixtures:
            await scope.begin()
        else:
            await scope.connect()
        if not {"cold_station", "away_station"} & set(page.fixtures):
            await states.booted(station)
        if {"authorized", "charging"} & set(page.fixtures):
            await states.authorized(station, cards)
        if "charging" in page.fixtures:
            await states.charging(station, cards, settings)
        if "local_list_initial" in page.fixtures:
            await states.local_list_initial(station, scope.operator, cards)
        scope.evidence.phase = "case"
        wanted = inspect.signature(page.function).parameters
        await page.function(**page.parameters, **{name: value for name, value in values.items() if name in wanted})
        await scope.finish()

    async def close(self) -> None:
        """Ends the CSMS."""
        for way in ENVIRONMENT.ways.values():
            await self.csms.disconnect(way.station_id)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.csms.close()


class _Tampered:
    """The CSMS's end of a connection, with the tamper between it and the harness."""

    def __init__(self, far: FarEnd, world: World) -> None:
        self._far, self._world = far, world

    async def recv(self) -> str | bytes:
        """A frame of the harness."""
        return await self._far.recv()

    async def send(self, message: str) -> None:
        """A frame of the CSMS, or what the tamper makes of it."""
        if self._far.outgoing.ended:
            raise ConnectionError("closed")
        world = self._world
        world.frames += 1
        for delay_s, text in world.tamper.frame(world.frames, message):
            if text is None:
                world.later(delay_s, self._cut)
            else:
                world.later(delay_s, lambda text=text: self._far.outgoing.put(text))

    async def close(self) -> None:
        """Closes the connection."""
        await self._far.close()

    def _cut(self) -> None:
        self._far.incoming.end()
        self._far.outgoing.end()


def run_case(
    id: str, tamper: Tamper | None = None, *, strict: bool = False, settings: Settings = SETTINGS
) -> CaseResult:
    """One case on a CSMS of its own, which knows ENVIRONMENT whatever the settings of the harness say."""
    return run_cases([id], tamper, strict=strict, settings=settings)[0]


def run_cases(
    ids: list[str], tamper: Tamper | None = None, *, strict: bool = False, settings: Settings = SETTINGS
) -> list[CaseResult]:
    """Several cases in this order on one CSMS."""
    loop = VirtualLoop()

    async def main() -> list[CaseResult]:
        world = World(loop, tamper, strict=strict, settings=settings)
        await world.provision()
        try:
            return [await world.run(id) for id in ids]
        finally:
            await world.close()

    return run(main(), loop)
