"""The stations, what they last reported, and their latest frames."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

import orjson

from reference_csms.domain.clock import Clock, utc_text
from reference_csms.domain.identities import identity_objection
from reference_csms.errors import InvalidIntent
from reference_csms.registry.pages import piece
from reference_csms.store.writer import Writer
from reference_csms.store.writes import AddStation, ChangeStation, DeleteStation, PutConnector

Registration = Literal["Accepted", "Pending", "Rejected"]
Direction = Literal["received", "sent"]


RECEIVED: Final = "received"
SENT: Final = "sent"
StationFrame = tuple[datetime, Direction, "str | bytes"]
"""When, which way, and the text as it was on the wire (bytes if the station sent a binary message)."""


def frame_fields(at: datetime, direction: Direction, text: str | bytes) -> dict[str, str]:
    """A frame as operators see it."""
    shown = text if isinstance(text, str) else text.decode(errors="backslashreplace")
    return {"at": utc_text(at), "direction": direction, "text": shown}


class Connector(NamedTuple):
    """The last StatusNotification of a connector; 0 is the station itself."""

    connector_id: int
    status: str
    error_code: str
    timestamp: str
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None

    def fields(self) -> dict[str, Any]:
        """The status as operators see it."""
        return {
            "connectorId": self.connector_id,
            "status": self.status,
            "errorCode": self.error_code,
            "timestamp": self.timestamp,
            "info": self.info,
            "vendorId": self.vendor_id,
            "vendorErrorCode": self.vendor_error_code,
        }


@dataclass(slots=True)
class Station:
    """A station: `registration` is what the next boot will be answered, `boot_status` what the last one was.

    `security_profile` None takes whoever has the password, if there is one. What is `pending` was sent to the station,
    in this order, and counts from its first use on. `serial_number` is what its certificates name, None for the
    identity.
    """

    id: str
    password_hash: str | None = None
    registration: Registration = "Accepted"
    heartbeat_interval: int | None = None
    boot_status: str | None = None
    boot: Mapping[str, Any] | None = None
    booted_at: str | None = None
    last_seen: str | None = None
    security_profile: int | None = None
    serial_number: str | None = None
    pending_profiles: tuple[int, ...] = ()
    pending_passwords: tuple[str, ...] = ()
    connectors: dict[int, Connector] = field(default_factory=dict)
    frames: deque[StationFrame] = field(default_factory=deque)
    connected_since: datetime | None = None
    certificate_until: datetime | None = None
    triggered: set[str] = field(default_factory=set)

    @property
    def accepted(self) -> bool:
        """Whether its calls are served: it was accepted at its last boot."""
        return self.boot_status == "Accepted"

    def may_send(self, action: str) -> bool:
        """Whether a call is served now: before it is accepted a station sends what it was asked for (§4.2)."""
        triggered = self.boot_status == "Pending" and action in self.triggered
        return self.accepted or action == "BootNotification" or triggered


class Stations:
    """All stations in memory. What operators change is on disk before it counts; what stations report follows."""

    def __init__(self, writer: Writer, clock: Clock, found: Iterable[Station] = ()) -> None:
        self._writer = writer
        self._clock = clock
        self._stations = {station.id: station for station in found}
        self._turn = asyncio.Lock()

    def get(self, station_id: str) -> Station | None:
        """The station with this identity."""
        return self._stations.get(station_id)

    def all(self) -> list[Station]:
        """All stations, sorted by identity."""
        return [station for _, station in sorted(self._stations.items())]

    def piece(self, after: str | None = None, *, limit: int) -> list[Station]:
        """So many stations, sorted by identity, from the first one on or from the one that follows an identity."""
        return piece(self._stations, after, limit)

    async def put(self, station: Station, **changes: Any) -> Station:
        """Add a station, or change the known one of this identity; gives the one that is kept.

        Raises InvalidIntent for an identity that no station can have.
        """
        known = self._stations.get(station.id)
        if known is not None:
            await self.change(known, lambda _: changes)
            return known
        objection = identity_objection(station.id)
        if objection is not None:
            raise InvalidIntent(objection)
        await self._writer.write(AddStation(*_change(station.id, _given(station) | changes)))
        kept = self._stations.setdefault(station.id, station)
        _set(kept, changes)
        return kept

    async def change(self, station: Station, how: Callable[[Station], Mapping[str, Any]]) -> bool:
        """Change a station by what it is when its turn comes; False if there is nothing to change then."""
        async with self._turn:
            changes = how(station)
            if changes:
                await self._writer.write(_change(station.id, changes))
                _set(station, changes)
        return bool(changes)

    async def delete(self, station_id: str) -> bool:
        """Forget a station; False if there was none."""
        if station_id not in self._stations:
            return False
        await self._writer.write(DeleteStation(station_id))
        return self._stations.pop(station_id, None) is not None

    async def booted(self, station: Station, boot: Mapping[str, Any]) -> Registration:
        """Store a BootNotification and give the answer to it, which is on disk when this returns."""
        status = station.registration
        station.boot, station.booted_at = boot, utc_text(self._clock.now())
        changes = {"boot": boot, "booted_at": station.booted_at, "boot_status": status}
        await self._writer.write(_change(station.id, changes))
        station.boot_status = status
        station.triggered.clear()
        return status

    def reported(self, station: Station, connector: Connector) -> None:
        """Keep the status of a connector."""
        station.connectors[connector.connector_id] = connector
        self._writer.later(PutConnector(station.id, *connector))

    def seen(self, station: Station) -> None:
        """Keep when the station was last seen."""
        station.last_seen = utc_text(self._clock.now())
        self._writer.later(_change(station.id, {"last_seen": station.last_seen}))


_KEPT = (
    "password_hash",
    "registration",
    "heartbeat_interval",
    "boot_status",
    "boot",
    "booted_at",
    "last_seen",
    "security_profile",
    "serial_number",
    "pending_profiles",
    "pending_passwords",
)


def _given(station: Station) -> dict[str, Any]:
    """What of a new station is not as usual; the rest may have been set meanwhile by somebody who adds it too."""
    usual = Station(station.id)
    fields = {name: getattr(station, name) for name in _KEPT}
    return {name: value for name, value in fields.items() if value != getattr(usual, name)}


def _change(station: str, changes: Mapping[str, Any]) -> ChangeStation:
    """The write of these fields, as the columns of the same names hold them."""
    return ChangeStation(station, {name: _stored(value) for name, value in changes.items()})


def _stored(value: Any) -> Any:
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or None
    return orjson.dumps(value).decode() if isinstance(value, Mapping) else value


def _set(station: Station, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(station, name, value)
