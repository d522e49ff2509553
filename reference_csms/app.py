"""The Central System: everything but sockets, so that it runs as well on links inside one process."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from reference_csms.commands.charging import Charging
from reference_csms.commands.commands import Commands
from reference_csms.commands.local_list import LocalLists
from reference_csms.commands.transfers import Transfers
from reference_csms.commands.trigger import Triggers
from reference_csms.connection import Connection
from reference_csms.dispatch import routes
from reference_csms.domain.clock import Clock, SystemClock, utc_text
from reference_csms.events import Events
from reference_csms.files.files import Files
from reference_csms.handlers.core import CoreHandlers
from reference_csms.handlers.firmware import FirmwareHandlers
from reference_csms.handlers.security import SecurityHandlers
from reference_csms.handlers.vendors import Vendors
from reference_csms.link import Link
from reference_csms.passwords import Passwords
from reference_csms.registry.cards import Cards
from reference_csms.registry.configuration import LEARNT_FROM, Configurations
from reference_csms.registry.reservations import Reservations
from reference_csms.registry.stations import Station, Stations
from reference_csms.registry.transactions import Transactions
from reference_csms.security.authority import Authority
from reference_csms.security.security import Security
from reference_csms.settings import Settings
from reference_csms.store.database import Store
from reference_csms.store.writes import AbandonCommands

log = logging.getLogger(__name__)


class Handlers(CoreHandlers, FirmwareHandlers, SecurityHandlers):
    """All handlers; a profile more is a base class more."""


class Csms:
    """A Central System on a store. Make it inside the event loop; `close` ends it and the store.

    `handlers` is the class that answers stations, made as `handlers(csms, station)` for each connection.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock | None = None,
        settings: Settings | None = None,
        handlers: Callable[[Csms, Station], object] = Handlers,
        *,
        passwords: Passwords | None = None,
        authority: Callable[[], Authority] | None = None,
    ) -> None:
        self.store = store
        self.clock = clock or SystemClock()
        self.settings = settings or Settings()
        self.handlers = handlers
        self.events = Events()
        self.vendors = Vendors(self.settings.vendors)
        writer, reads = store.writer, store.reads
        writer.later(AbandonCommands(utc_text(self.clock.now())))
        self.cards = Cards(writer, reads.cards())
        self.stations = Stations(writer, self.clock, reads.stations())
        self.transactions = Transactions(writer, self.cards, self.clock, reads.open_transactions())
        self._connections: dict[str, Connection] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._serving: set[asyncio.Future[None]] = set()
        self.commands = Commands(
            self.stations, self._connections.get, writer, self.clock, self.events, self.settings.call_timeout_s
        )
        self.configurations = Configurations(lambda station: reads.answered(station, LEARNT_FROM))
        for action in LEARNT_FROM:
            self.commands.follow(action, self.configurations.answered)
        self.reservations = Reservations(self.commands, self.stations, self.cards, store, self.clock, self.events)
        self.files = Files(self.settings.files, self.settings.max_file)
        self.local_lists = LocalLists(self.commands, self.cards, self.configurations, store, self.clock, self.events)
        self.triggers = Triggers(self.commands, self.stations)
        self.charging = Charging(self.commands, self.stations, self.configurations, store, self.clock, self.events)
        self.transfers = Transfers(
            self.commands, self.stations, self.configurations, self.files, store, self.clock, self.events
        )
        self.security = Security(self, passwords, authority)

    async def serve_link(self, station_id: str, link: Link) -> None:
        """Serve a station until its link ends; a link that the same station has already is closed.

        An unknown station is registered on the way: whoever opens links decides whom to let in.
        """
        station = self.stations.get(station_id) or await self.stations.put(Station(station_id))
        handlers = self.handlers(self, station)
        connection = Connection(station, link, handlers, routes(type(handlers)), self.clock, self.events)
        replaced = self._connections.get(station_id)
        self._connections[station_id] = connection
        station.connected_since = self.clock.now()
        if station.frames.maxlen is None:
            station.frames = deque(maxlen=self.settings.frames)
        log.info("%s: connected%s", station_id, " again, the old connection is closed" if replaced else "")
        self.events.publish("connected", station_id, {})
        if replaced is not None:
            # Not waited for: a half-open connection takes its time, and the station is waiting on the new one.
            closing = asyncio.create_task(replaced.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        served = asyncio.get_running_loop().create_future()
        self._serving.add(served)
        try:
            await connection.serve()
        finally:
            self._left(station, connection)
            self._serving.discard(served)
            served.set_result(None)

    @property
    def connected_count(self) -> int:
        """How many stations have a connection."""
        return len(self._connections)

    def connected(self, station_id: str) -> bool:
        """Whether the station has a connection."""
        return station_id in self._connections

    async def disconnect(self, station_id: str) -> None:
        """Close the station's connection if it has one."""
        connection = self._connections.get(station_id)
        if connection is not None:
            await connection.close()

    async def close(self) -> None:
        """Close all connections, record what became of open commands, and close the store."""
        for connection in list(self._connections.values()):
            await connection.close()
        if waited := [*self._closing, *self._serving]:
            await asyncio.wait(waited)
        await self.commands.close()
        await self.store.close()

    def _left(self, station: Station, connection: Connection) -> None:
        if self._connections.get(station.id) is connection:
            del self._connections[station.id]
            station.connected_since = None
            if self.stations.get(station.id) is station:
                self.stations.seen(station)
            log.info("%s: disconnected", station.id)
            self.events.publish("disconnected", station.id, {})
