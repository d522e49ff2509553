"""Smart charging: profiles are checked before they are sent, and what stations keep and tell is compared.

What OCPP does not allow raises InvalidIntent, what the station cannot take or must not get now NotAllowedNow; both say
which rule and why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

import orjson

from ocppj.frames import Payload
from reference_csms.commands.commands import Command, Commands
from reference_csms.commands.core import Request, demand, remote_start, request
from reference_csms.domain.charging.difference import comparison
from reference_csms.domain.charging.expected import Unit, Window, expected
from reference_csms.domain.charging.kept import Kept, cleared_by, replaced_by
from reference_csms.domain.charging.rules import Capabilities, Place, faults, limits
from reference_csms.domain.charging.segments import Segments
from reference_csms.domain.clock import Clock, parse_utc, utc_text
from reference_csms.errors import InvalidIntent, NotAllowedNow
from reference_csms.events import Events
from reference_csms.registry.configuration import Configurations
from reference_csms.registry.profiles import Profiles
from reference_csms.registry.stations import Stations
from reference_csms.store.charging import PutCompositeSchedule
from reference_csms.store.database import Store

LONGEST_S: Final = 366 * 24 * 3600
"""A schedule for longer than this is not computed."""


class Charging:
    """The commands of the SmartCharging profile, and what we know of each station's profiles."""

    def __init__(
        self,
        commands: Commands,
        stations: Stations,
        configurations: Configurations,
        store: Store,
        clock: Clock,
        events: Events,
    ) -> None:
        self._commands, self._stations, self._configurations = commands, stations, configurations
        self._store, self._clock, self._events = store, clock, events
        self.profiles = Profiles(store, clock, events)
        commands.follow("SetChargingProfile", self._was_set)
        commands.follow("ClearChargingProfile", self._was_cleared)
        commands.follow("GetCompositeSchedule", self._was_told)
        commands.follow("RemoteStartTransaction", self._was_started)

    async def set_profile(self, station: str, *, connectorId: int, csChargingProfiles: Payload) -> Command:
        """Send a profile; without chargingProfileId it gets a new one, a TxProfile the running transaction's id."""
        running = self._transactions(station).get(connectorId)
        profile = self._numbered(station, csChargingProfiles)
        if profile.get("chargingProfilePurpose") == "TxProfile" and running is not None:
            profile = {"transactionId": running[0], **profile}
        made = request("SetChargingProfile", connectorId=connectorId, csChargingProfiles=profile)
        return await self._send(station, made, profile, Place(connectorId, running and running[0]))

    async def remote_start(
        self, station: str, *, idTag: str, chargingProfile: Payload, connectorId: int | None = None
    ) -> Command:
        """Start a transaction for a card under a profile of its own."""
        profile = self._numbered(station, chargingProfile)
        plain = remote_start(idTag=idTag, connectorId=connectorId)
        made = request(plain.action, **plain.payload, chargingProfile=profile)
        return await self._send(station, made, profile, Place(connectorId, remote_start=True))

    async def clear_profiles(
        self,
        station: str,
        *,
        id: int | None = None,
        connectorId: int | None = None,
        chargingProfilePurpose: str | None = None,
        stackLevel: int | None = None,
    ) -> Command:
        """Clear one profile by its id, those that match all criteria, or without any of them all profiles."""
        for name, value in (("connectorId", connectorId), ("stackLevel", stackLevel)):
            demand("ClearChargingProfile", name, value or 0, at_least=0)
        criteria = {
            "connectorId": connectorId,
            "chargingProfilePurpose": chargingProfilePurpose,
            "stackLevel": stackLevel,
        }
        beside = [name for name, value in criteria.items() if value is not None]
        if id is not None and beside:
            rule = "a station ignores criteria beside an id (OCPP 1.6 errata v4.0 §3.26)"
            raise InvalidIntent(
                f"ClearChargingProfile id: expected it alone, received also {', '.join(beside)}; {rule}"
            )
        return await self._commands.send(station, request("ClearChargingProfile", id=id, **criteria))

    async def get_composite_schedule(
        self, station: str, *, connectorId: int, duration: int, chargingRateUnit: str | None = None
    ) -> Command:
        """Ask what limits a connector, or with 0 the whole station, will have."""
        demand("GetCompositeSchedule", "connectorId", connectorId, at_least=0)
        demand("GetCompositeSchedule", "duration", duration, at_least=1)
        fields = {"connectorId": connectorId, "duration": duration, "chargingRateUnit": chargingRateUnit}
        return await self._commands.send(station, request("GetCompositeSchedule", **fields))

    def expected(self, station: str, connector_id: int, duration: int, unit: Unit, at: datetime) -> Segments:
        """The schedule that we expect of a station, its own limits aside."""
        transactions = self._transactions(station)
        running = {connector: started for connector, (_, started) in transactions.items()}
        window = Window(at, duration, unit, running, self._connectors(station, [connector_id, *transactions]))
        return expected(self.profiles.of(station), connector_id, window)

    async def _send(self, station: str, made: Request, profile: Payload, place: Place) -> Command:
        kept = self.profiles.of(station)
        new = Kept(profile, place.connector_id, self._clock.now(), "" if place.remote_start else None)
        place = replace(
            place,
            installed={each.id: (each.purpose, each.connector_id) for each in kept},
            replaces=len(replaced_by(new, kept)),
        )
        for fault in faults(profile, place):
            raise InvalidIntent(f"{made.action} {fault}")
        self._commands.ready(station, made.action)
        for fault in limits(profile, place, self._capabilities(station)):
            raise NotAllowedNow(f"{station}: {made.action} {fault}")
        self.profiles.used(station, profile["chargingProfileId"])
        return await self._commands.send(station, made)

    def _numbered(self, station: str, profile: Payload) -> Payload:
        if "chargingProfileId" in profile:
            return profile
        return {"chargingProfileId": self.profiles.next_id(station), **profile}

    def _transactions(self, station: str) -> dict[int, tuple[int, datetime]]:
        """The latest running transaction of each connector, with its start."""
        found: dict[int, tuple[int, datetime]] = {}
        for row in self._store.reads.transactions(station=station, active=True):
            found.setdefault(row["connectorId"], (row["transactionId"], self._moment(row["startTimestamp"])))
        return found

    def _moment(self, text: str | None) -> datetime:
        """What a text of a station means; a time that no calendar holds, or none, is now."""
        try:
            return parse_utc(text or "")
        except ValueError:
            return self._clock.now()

    def _connectors(self, station: str, named: Iterable[int]) -> list[int]:
        known = self._stations.get(station)
        count = self._configurations.integer(station, "NumberOfConnectors") or 1
        numbers = {*named, *(known.connectors if known else ()), *range(1, count + 1)}
        return sorted(number for number in numbers if number > 0)

    def _capabilities(self, station: str) -> Capabilities:
        known = self._configurations
        return Capabilities(
            max_stack_level=known.integer(station, "ChargeProfileMaxStackLevel"),
            max_periods=known.integer(station, "ChargingScheduleMaxPeriods"),
            max_installed=known.integer(station, "MaxChargingProfilesInstalled"),
            quantities=known.items(station, "ChargingScheduleAllowedChargingRateUnit"),
            feature_profiles=known.items(station, "SupportedFeatureProfiles"),
        )

    async def _was_set(self, command: Command) -> None:
        if not _accepted(command):
            return
        connector_id, profile = command.request["connectorId"], command.request["csChargingProfiles"]
        transaction = profile.get("transactionId")
        running = self._transactions(command.station).get(connector_id)
        if transaction is None or (running is not None and running[0] == transaction):
            await self.profiles.keep(command.station, Kept(profile, connector_id, self._clock.now()))

    async def _was_started(self, command: Command) -> None:
        profile = command.request.get("chargingProfile")
        if profile is not None and _accepted(command):
            connector_id, card = command.request.get("connectorId"), command.request["idTag"]
            await self.profiles.keep(command.station, Kept(profile, connector_id, self._clock.now(), card))

    async def _was_cleared(self, command: Command) -> None:
        """Unknown tells that nothing matches there, so that we were wrong if something does here."""
        await self.profiles.cleared(command.station, cleared_by(command.request, self.profiles.of(command.station)))

    async def _was_told(self, command: Command) -> None:
        response = command.response or {}
        connector_id, duration = command.request["connectorId"], command.request["duration"]
        schedule = response.get("chargingSchedule")
        at = self._moment(response.get("scheduleStart"))
        wanted: Segments | None = None
        if schedule is not None and duration <= LONGEST_S:
            wanted = self.expected(command.station, connector_id, duration, schedule["chargingRateUnit"], at)
        record = {"answeredAt": utc_text(self._clock.now()), **comparison(command.request, response, wanted)}
        await self._store.writer.write(
            PutCompositeSchedule(command.station, connector_id, orjson.dumps(record).decode())
        )
        self._events.publish("composite_schedule", command.station, record)


def _accepted(command: Command) -> bool:
    return command.response is not None and command.response["status"] == "Accepted"
