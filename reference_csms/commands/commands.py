"""Sending commands to stations and recording what became of them.

A command is recorded before it is sent and again when it ends. Each method returns as soon as the command is on its
way, or queued behind one that waits for its answer; `Command.ended` waits for the rest.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import orjson

from ocppj.frames import CallError, CallResult, Frame, Payload
from ocppj.schemas import violations
from reference_csms.commands import core
from reference_csms.commands.core import Request
from reference_csms.connection import Connection
from reference_csms.domain.clock import Clock, utc_text
from reference_csms.errors import NotAllowedNow, NotConnected, StoreFailed, UnknownStation
from reference_csms.events import Events
from reference_csms.hidden import shown
from reference_csms.registry.stations import Station, Stations
from reference_csms.store.writer import Writer
from reference_csms.store.writes import PutCommand

log = logging.getLogger(__name__)

State = Literal["queued", "sent", "answered", "invalid", "error", "timeout", "not_connected"]

# OCPP 1.6 §4.2 forbids these while the station's registration is pending.
NOT_WHILE_PENDING: Final = frozenset({"RemoteStartTransaction", "RemoteStopTransaction"})


@dataclass(eq=False)
class Command:
    """A command and what became of it.

    `id` is the unique id of its CALL. State `invalid` is an answer that OCPP does not allow, kept in `response` if it
    is a payload at all and explained in `error_description`; `error` is a CALLERROR.
    """

    id: str
    station: str
    action: str
    request: Payload
    created_at: str
    state: State = "queued"
    response: Payload | None = None
    error_code: str | None = None
    error_description: str | None = None
    ended_at: str | None = None
    _moved: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    async def ended(self) -> Command:
        """The command itself, once it is answered or given up and that is recorded."""
        await self._ended.wait()
        return self

    def fields(self) -> dict[str, Any]:
        """The command as operators see it."""
        return {
            "id": self.id,
            "station": self.station,
            "action": self.action,
            "state": self.state,
            "request": shown(self.action, self.request),
            "response": self.response,
            "errorCode": self.error_code,
            "errorDescription": self.error_description,
            "createdAt": self.created_at,
            "endedAt": self.ended_at,
        }


Follow = Callable[[Command], Awaitable[None]]
"""Gets a command once it is known what became of it."""

Precede = Callable[[str, Request], Awaitable[None]]
"""Gets station and request before it is recorded and sent; raises a CommandError if it must not be."""


class Commands:
    """One method per command; each raises a CommandError if it cannot be sent at all."""

    def __init__(
        self,
        stations: Stations,
        connection: Callable[[str], Connection | None],
        writer: Writer,
        clock: Clock,
        events: Events,
        timeout_s: float,
    ) -> None:
        self._stations = stations
        self._connection = connection
        self._writer = writer
        self._clock = clock
        self._events = events
        self._timeout_s = timeout_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._settling: defaultdict[str, set[Command]] = defaultdict(set)
        self._followers: defaultdict[str, list[Follow]] = defaultdict(list)
        self._error_followers: defaultdict[str, list[Follow]] = defaultdict(list)
        self._preceding: defaultdict[str, list[Precede]] = defaultdict(list)

    def precede(self, action: str, precede: Precede) -> None:
        """Have this called with every request of the action that is about to be sent."""
        self._preceding[action].append(precede)

    def follow(self, action: str, follow: Follow) -> None:
        """Have this called with every answered command of the action, before the command counts as ended."""
        self._followers[action].append(follow)

    def follow_errors(self, action: str, follow: Follow) -> None:
        """The same for commands that are answered by a CALLERROR."""
        self._error_followers[action].append(follow)

    async def change_availability(self, station: str, *, connectorId: int, type: str) -> Command:
        """Take a connector, or with 0 the whole station, into or out of operation."""
        return await self.send(station, core.change_availability(connectorId=connectorId, type=type))

    async def change_configuration(self, station: str, *, key: str, value: str | int | float | bool) -> Command:
        """Set a configuration key."""
        return await self.send(station, core.change_configuration(key=key, value=value))

    async def clear_cache(self, station: str) -> Command:
        """Empty the station's authorisation cache."""
        return await self.send(station, core.clear_cache())

    async def data_transfer(
        self, station: str, *, vendorId: str, messageId: str | None = None, data: str | None = None
    ) -> Command:
        """Send a vendor's own message."""
        return await self.send(station, core.data_transfer(vendorId=vendorId, messageId=messageId, data=data))

    async def get_configuration(self, station: str, *, keys: Sequence[str] | None = None) -> Command:
        """Read configuration keys, all of them if none is named."""
        return await self.send(station, core.get_configuration(keys=keys))

    async def remote_start(self, station: str, *, idTag: str, connectorId: int | None = None) -> Command:
        """Start a transaction for a card."""
        return await self.send(station, core.remote_start(idTag=idTag, connectorId=connectorId))

    async def remote_stop(self, station: str, *, transactionId: int) -> Command:
        """Stop a transaction."""
        return await self.send(station, core.remote_stop(transactionId=transactionId))

    async def reset(self, station: str, *, type: str) -> Command:
        """Restart the station, `Soft` or `Hard`."""
        return await self.send(station, core.reset(type=type))

    async def unlock(self, station: str, *, connectorId: int) -> Command:
        """Release the cable of a connector."""
        return await self.send(station, core.unlock(connectorId=connectorId))

    async def send(self, station_id: str, request: Request) -> Command:
        """Send a request that was made by `commands.core`."""
        connection = self.ready(station_id, request.action)
        for precede in self._preceding[request.action]:
            await precede(station_id, request)
        command = Command(str(uuid.uuid4()), station_id, request.action, request.payload, utc_text(self._clock.now()))
        await self._writer.write(_row(command))
        task = asyncio.create_task(self._run(connection, command))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if not connection.busy:
            await command._moved.wait()
        return command

    async def settled(self, station: str) -> None:
        """Wait until what the station has answered so far is recorded, and has led to what follows from it."""
        for command in tuple(self._settling.get(station, ())):
            await command.ended()

    async def close(self) -> None:
        """Wait until all commands are recorded; their connections have to be closed before."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def ready(self, station_id: str, action: str) -> Connection:
        """The connection on which a station can get this action now; raises a CommandError if there is none."""
        station = self._stations.get(station_id)
        if station is None:
            raise UnknownStation(f"{station_id}: expected a registered station, received an unknown identity")
        connection = self._connection(station_id)
        if connection is None:
            raise NotConnected(f"{station_id}: expected a connected station, it has no connection")
        _demand_registration(station, action)
        return connection

    async def _run(self, connection: Connection, command: Command) -> None:
        def sent() -> None:
            command.state = "sent"
            command._moved.set()

        try:
            frame = await connection.call(
                command.action, command.request, command.id, timeout_s=self._timeout_s, sent=sent
            )
            _record(command, frame)
        except NotConnected as gone:
            command.state, command.error_description = "not_connected", str(gone)
        except TimeoutError:
            command.state = "timeout"
            command.error_description = f"no answer within {self._timeout_s:g} s"
        self._settling[command.station].add(command)
        command.ended_at = utc_text(self._clock.now())
        try:
            await self._writer.write(_row(command))
        except StoreFailed as failed:
            log.error("%s: %s %s ended as %s: %s", command.station, command.action, command.id, command.state, failed)
        await self._follow(command)
        self._settling[command.station].discard(command)
        command._moved.set()
        command._ended.set()
        self._events.publish("command_ended", command.station, command.fields())

    async def _follow(self, command: Command) -> None:
        concerned = {"answered": self._followers, "error": self._error_followers}.get(command.state)
        for follow in concerned[command.action] if concerned is not None else ():
            try:
                await follow(command)
            except Exception:
                log.exception("%s: what follows %s failed", command.station, command.action)


def _demand_registration(station: Station, action: str) -> None:
    if station.accepted or (station.boot_status == "Pending" and action not in NOT_WHILE_PENDING):
        return
    told = station.boot_status or "never a BootNotification"
    raise NotAllowedNow(f"{station.id}: {action} expected a station told Accepted at its boot, received {told}")


def _record(command: Command, frame: Frame) -> None:
    if isinstance(frame, CallError):
        command.state = "error"
        command.error_code, command.error_description = frame.code, frame.description
        return
    if not isinstance(frame, CallResult):
        command.state = "invalid"
        command.error_description = getattr(frame, "reason", "no CALLRESULT")
        return
    command.response = frame.payload
    faults = violations(command.action, "conf", frame.payload)
    command.state = "invalid" if faults else "answered"
    command.error_description = "; ".join(map(str, faults)) or None


def _row(command: Command) -> PutCommand:
    response = None if command.response is None else orjson.dumps(command.response).decode()
    return PutCommand(
        command.id,
        command.station,
        command.action,
        command.state,
        orjson.dumps(shown(command.action, command.request)).decode(),
        response,
        command.error_code,
        command.error_description,
        command.created_at,
        command.ended_at,
    )
