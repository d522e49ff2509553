"""The records port: what the CSMS stored, asked over HTTP and told in our names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from harness.config import Settings, secrets
from harness.intents import RECORD_FIELDS
from harness.operators.templates import pick

if TYPE_CHECKING:
    from harness.operators.endpoint import Endpoint

Record = Mapping[str, Any]
NOT_FOUND = (404,)


class RecordsPort(Protocol):
    """What a CSMS believes.

    Each method gives the record with our field names: one that the CSMS shows empty is None, one that it does not tell
    is left out. Without such a record it gives None. It raises OperatorError if the CSMS cannot be asked and
    NotImplementedError if the settings do not say how. `status` of a command is what the station answered, else
    Answered (no status in the answer), CALLERROR or Timeout; `status` of a transaction is Active or Ended, that of a
    reservation Active, Used, Cancelled, Expired or, if the station did not accept it, Refused; that of a transfer of a
    file is what the station said last; that of a charging profile Installed, Replaced, Cleared or Ended, of a composite
    schedule what the station answered.
    """

    async def transaction(self, station: str, transactionId: int) -> Record | None:
        """transactionId, idTag, connectorId, meterStart, meterStop, status, reason, startTimestamp, stopTimestamp."""

    async def connector(self, station: str, connectorId: int) -> Record | None:
        """connectorId, status and errorCode as last reported."""

    async def command(self, station: str, action: str) -> Record | None:
        """action and status of the latest command of this action."""

    async def reservation(self, station: str, reservationId: int) -> Record | None:
        """reservationId, idTag, parentIdTag, connectorId, expiryDate, status, transactionId if one used it."""

    async def firmware(self, station: str) -> Record | None:
        """status of the latest firmware update."""

    async def diagnostics(self, station: str) -> Record | None:
        """status and fileName of the latest diagnostics that were asked for."""

    async def signed_firmware(self, station: str, requestId: int) -> Record | None:
        """requestId and status of a signed firmware update."""

    async def log(self, station: str, requestId: int) -> Record | None:
        """requestId, status and fileName of a log."""

    async def charging_profile(self, station: str, chargingProfileId: int) -> Record | None:
        """chargingProfileId, connectorId, chargingProfilePurpose, stackLevel, transactionId, status."""

    async def composite_schedule(self, station: str, connectorId: int) -> Record | None:
        """connectorId, status, scheduleStart, chargingRateUnit, chargingSchedulePeriod as last told of a connector."""

    async def security_event(self, station: str) -> Record | None:
        """type, timestamp and techInfo of the latest security event."""

    async def close(self) -> None:
        """Closes the connections."""


class HttpRecords:
    """Reads records through the templates of `[records]`."""

    def __init__(self, table: Mapping[str, Any], endpoint: Endpoint) -> None:
        self._table, self._endpoint = table, endpoint

    async def transaction(self, station: str, transactionId: int) -> Record | None:
        """A transaction."""
        return await self._record("transaction", {"station": station, "transactionId": transactionId})

    async def connector(self, station: str, connectorId: int) -> Record | None:
        """The state of a connector."""
        return await self._record("connector", {"station": station, "connectorId": connectorId})

    async def command(self, station: str, action: str) -> Record | None:
        """The latest command of an action."""
        return await self._record("command", {"station": station, "action": action})

    async def reservation(self, station: str, reservationId: int) -> Record | None:
        """A reservation."""
        return await self._record("reservation", {"station": station, "reservationId": reservationId})

    async def firmware(self, station: str) -> Record | None:
        """The latest firmware update."""
        return await self._record("firmware", {"station": station})

    async def diagnostics(self, station: str) -> Record | None:
        """The latest diagnostics that were asked for."""
        return await self._record("diagnostics", {"station": station})

    async def signed_firmware(self, station: str, requestId: int) -> Record | None:
        """A signed firmware update."""
        return await self._record("signed_firmware", {"station": station, "requestId": requestId})

    async def log(self, station: str, requestId: int) -> Record | None:
        """A log."""
        return await self._record("log", {"station": station, "requestId": requestId})

    async def charging_profile(self, station: str, chargingProfileId: int) -> Record | None:
        """A charging profile."""
        return await self._record("charging_profile", {"station": station, "chargingProfileId": chargingProfileId})

    async def composite_schedule(self, station: str, connectorId: int) -> Record | None:
        """The composite schedule of a connector."""
        return await self._record("composite_schedule", {"station": station, "connectorId": connectorId})

    async def security_event(self, station: str) -> Record | None:
        """The latest security event."""
        return await self._record("security_event", {"station": station})

    async def close(self) -> None:
        """Closes the connections."""
        await self._endpoint.close()

    async def _record(self, kind: str, values: Mapping[str, Any]) -> Record | None:
        template = self._table[kind]
        if template is None:
            raise NotImplementedError
        status, answer = await self._endpoint.json(f"records.{kind}", template, values, also=NOT_FOUND)
        found = pick(answer, template["root"])
        return None if status in NOT_FOUND or found is None else translated(kind, template, found)


def translated(kind: str, template: Mapping[str, Any], found: Any) -> Record:
    """A record in our names and values; a field without a place is told if it is there under our own name."""
    record = {}
    for field in RECORD_FIELDS[kind]:
        places, names = template["fields"][field], template["values"][field] or {}
        if places or (isinstance(found, Mapping) and field in found):
            value = next((value for place in places or [field] if (value := pick(found, place)) is not None), None)
            record[field] = names.get(value, value) if isinstance(value, str) else value
    return record


def port(settings: Settings) -> RecordsPort | None:
    """The records port of the settings, or None if they have no `[records]`; it belongs to one event loop."""
    if settings.records is None:
        return None
    from harness.operators.endpoint import Endpoint

    return HttpRecords(settings.records, Endpoint(settings.records, secrets(settings)))
