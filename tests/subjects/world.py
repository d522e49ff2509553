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
from harness.operators.csms.base import CsmsOperator, Reply
from harness.results import CaseResult
from reference_csms.app import Csms
from reference_csms.commands.transfers import Retries
from reference_csms.domain.cards import Card
from reference_csms.domain.clock import parse_utc
from reference_csms.settings import Settings as CsmsSettings
from reference_csms.store.database import inline_store
from testcases import csms as pages
from testcases import states
from tests.subjects import doors
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


class Hands(doors.SecurityHands, CsmsOperator):
    """A driver that speaks to the CSMS in this process."""

    def __init__(self, csms: Csms) -> None:
        self._csms = csms

    async def remote_start(
        self, station: str, *, connectorId: int | None, idTag: str, chargingProfile: Mapping[str, Any] | None = None
    ) -> Reply:
        who = {"connectorId": connectorId, "idTag": idTag}
        if chargingProfile is None:
            await self._csms.commands.remote_start(station, **who)
        else:
            await self._csms.charging.remote_start(station, **who, chargingProfile=dict(chargingProfile))
        return Reply()

    async def remote_stop(self, station: str, *, transactionId: int) -> Reply:
        await self._csms.commands.remote_stop(station, transactionId=transactionId)
        return Reply()

    async def reset(self, station: str, *, type: str) -> Reply:
        await self._csms.commands.reset(station, type=type)
        return Reply()

    async def unlock(self, station: str, *, connectorId: int) -> Reply:
        await self._csms.commands.unlock(station, connectorId=connectorId)
        return Reply()

    async def get_configuration(self, station: str, *, key: list[str]) -> Reply:
        await self._csms.commands.get_configuration(station, keys=key)
        return Reply()

    async def change_configuration(self, station: str, *, key: str, value: str) -> Reply:
        await self._csms.commands.change_configuration(station, key=key, value=value)
        return Reply()

    async def change_availability(self, station: str, *, connectorId: int, type: str) -> Reply:
        await self._csms.commands.change_availability(station, connectorId=connectorId, type=type)
        return Reply()

    async def reserve(
        self, station: str, *, connectorId: int, idTag: str, expiryDate: str, parentIdTag: str | None = None
    ) -> Reply:
        until, intent = parse_utc(expiryDate), {"connectorId": connectorId, "idTag": idTag, "parentIdTag": parentIdTag}
        await self._csms.reservations.reserve(station, expiryDate=until, insist=True, **intent)
        return Reply()

    async def send_local_list(self, station: str, *, updateType: str, cards: list[str]) -> Reply:
        update: Any = updateType
        await self._csms.local_lists.send(station, updateType=update, cards=cards, insist=True)
        return Reply()

    async def get_local_list_version(self, station: str) -> Reply:
        await self._csms.local_lists.get_version(station)
        return Reply()

    async def trigger(self, station: str, *, requestedMessage: str, connectorId: int | None = None) -> Reply:
        await self._csms.triggers.trigger(station, requestedMessage=requestedMessage, connectorId=connectorId)
        return Reply()

    async def cancel_reservation(self, station: str, *, reservationId: int) -> Reply:
        await self._csms.reservations.cancel(station, reservationId=reservationId, insist=True)
        return Reply()

    async def set_charging_profile(
        self, station: str, *, connectorId: int, profile: Mapping[str, Any], transactionId: int | None = None
    ) -> Reply:
        await self._csms.charging.set_profile(station, connectorId=connectorId, csChargingProfiles=dict(profile))
        return Reply()

    async def clear_charging_profile(self, station: str, **which: Any) -> Reply:
        await self._csms.charging.clear_profiles(station, **which)
        return Reply()

    async def get_composite_schedule(self, station: str, **question: Any) -> Reply:
        await self._csms.charging.get_composite_schedule(station, **question)
        return Reply()

    async def update_firmware(
        self,
        station: str,
        *,
        location: str,
        retrieveDate: str,
        retries: int | None = None,
        retryInterval: int | None = None,
    ) -> Reply:
        again = Retries(retries, retryInterval)
        await self._csms.transfers.update_firmware(
            station, location=location, retrieveDate=parse_utc(retrieveDate), retries=again
        )
        return Reply()

    async def get_diagnostics(
        self,
        station: str,
        *,
        location: str,
        startTime: str | None = None,
        stopTime: str | None = None,
        retries: int | None = None,
        retryInterval: int | None = None,
    ) -> Reply:
        again = Retries(retries, retryInterval)
        period = {"startTime": _moment(startTime), "stopTime": _moment(stopTime)}
        await self._csms.transfers.get_diagnostics(station, location=location, retries=again, **period)
        return Reply()

    async def signed_update_firmware(
        self,
        station: str,
        *,
        location: str,
        retrieveDateTime: str,
        signingCertificate: str,
        signature: str,
        installDateTime: str | None = None,
    ) -> Reply:
        when = {"retrieveDateTime": _moment(retrieveDateTime), "installDateTime": _moment(installDateTime)}
        await self._csms.transfers.signed_update_firmware(
            station, location=location, signingCertificate=signingCertificate, signature=signature, **when
        )
        return Reply()

    async def get_log(
        self,
        station: str,
        *,
        logType: str,
        remoteLocation: str,
        oldestTimestamp: str | None = None,
        latestTimestamp: str | None = None,
    ) -> Reply:
        period = {"oldestTimestamp": _moment(oldestTimestamp), "latestTimestamp": _moment(latestTimestamp)}
        await self._csms.transfers.get_log(station, logType=logType, remoteLocation=remoteLocation, **period)
        return Reply()

    async def clear_cache(self, station: str) -> Reply:
        await self._csms.commands.clear_cache(station)
        return Reply()


class Memories:
    """The records of the CSMS in this process."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def transaction(self, station: str, transactionId: int) -> Mapping[str, Any] | None:
        """A transaction."""
        return self._shown("transaction", self._world.csms.store.reads.transaction(transactionId))

    async def connector(self, station: str, connectorId: int) -> Mapping[str, Any] | None:
        """A connector."""
        known = self._world.csms.stations.get(station)
        connector = known.connectors.get(connectorId) if known else None
        return self._shown("connector", connector.fields() if connector else None)

    async def reservation(self, station: str, reservationId: int) -> Mapping[str, Any] | None:
        """A reservation."""
        found = self._world.csms.store.reads.reservation(reservationId)
        return self._shown("reservation", found.fields(self._world.loop.utc()) if found else None)

    async def charging_profile(self, station: str, chargingProfileId: int) -> Mapping[str, Any] | None:
        """A charging profile."""
        found = self._world.csms.store.charging.profiles(station, number=chargingProfileId)
        record = {**found[0], **found[0]["chargingProfile"]} if found else None
        return self._shown("charging_profile", record)

    async def composite_schedule(self, station: str, connectorId: int) -> Mapping[str, Any] | None:
        """What was last told of a connector."""
        told = self._world.csms.store.charging.composite_schedule(station, connectorId)
        return self._shown("composite_schedule", {**told, **(told["chargingSchedule"] or {})} if told else None)

    async def security_event(self, station: str) -> Mapping[str, Any] | None:
        """The latest security event."""
        return self._shown("security_event", doors.latest_event(self._world.csms, station))

    async def firmware(self, station: str) -> Mapping[str, Any] | None:
        """The latest firmware update."""
        return self._transfer("firmware", action="UpdateFirmware")

    async def diagnostics(self, station: str) -> Mapping[str, Any] | None:
        """The latest diagnostics."""
        return self._transfer("diagnostics", action="GetDiagnostics")

    async def signed_firmware(self, station: str, requestId: int) -> Mapping[str, Any] | None:
        """A signed firmware update."""
        return self._transfer("signed_firmware", action="SignedUpdateFirmware", transfer=requestId)

    async def log(self, station: str, requestId: int) -> Mapping[str, Any] | None:
        """A log."""
        return self._transfer("log", action="GetLog", transfer=requestId)

    def _transfer(self, kind: str, **which: Any) -> Mapping[str, Any] | None:
        return self._shown(kind, next(iter(self._world.csms.store.transfers.transfers(**which)), None))

    async def command(self, station: str, action: str) -> Mapping[str, Any] | None:
        """The latest command of an action."""
        found = self._world.csms.store.reads.commands(station=station, action=action, limit=1)
        if not found or found[0]["response"] is None:
            return self._shown("command", None)
        return self._shown("command", {"action": action, "status": found[0]["response"].get("status", "Answered")})

    def _shown(self, kind: str, record: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        self._world.looks += 1
        return self._world.tamper.record(self._world.looks, kind, record)

    async def close(self) -> None:
        """Nothing to close."""


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_utc(text)


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
