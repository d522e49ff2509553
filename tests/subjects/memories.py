"""What a CSMS in this process believes, told as its records would tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.subjects import doors

if TYPE_CHECKING:
    from tests.subjects.world import World


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
