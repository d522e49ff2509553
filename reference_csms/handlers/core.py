"""The Core profile: boot, cards, transactions, meter values, status."""

# mypy: disallow-untyped-decorators=False

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import orjson
from ocpp.routing import on
from ocpp.v16 import call_result
from ocpp.v16.enums import Action, RegistrationStatus

from reference_csms.dispatch import Once
from reference_csms.domain.clock import utc_text
from reference_csms.keys import to_wire
from reference_csms.registry.cards import id_tag_info
from reference_csms.registry.stations import Connector, Station
from reference_csms.store.writer import Written
from reference_csms.store.writes import AddMeterValues, Started, StopOutcome, StopTransaction

if TYPE_CHECKING:
    from reference_csms.app import Csms

_BOOT = to_wire("BootNotification", "req")


class CoreHandlers:
    """Answers one station. What must not be lost is committed before the answer is returned."""

    def __init__(self, csms: Csms, station: Station) -> None:
        self.csms = csms
        self.station = station
        self._listeners = csms.events.listeners

    @on(Action.boot_notification)
    async def on_boot_notification(self, **boot: Any) -> call_result.BootNotification:
        """The registration decision for this station."""
        status = await self.csms.stations.booted(self.station, _BOOT(boot))
        self.csms.events.publish("booted", self.station.id, {"status": status})
        interval = self.station.heartbeat_interval or self.csms.settings.heartbeat_interval
        return call_result.BootNotification(self._now(), interval, RegistrationStatus(status))

    @on(Action.heartbeat)
    def on_heartbeat(self) -> call_result.Heartbeat:
        """The time."""
        return call_result.Heartbeat(self._now())

    @on(Action.authorize)
    def on_authorize(self, id_tag: str) -> call_result.Authorize:
        """What the card may do."""
        return call_result.Authorize(self.csms.cards.info(id_tag, self.csms.clock.now()))

    @on(Action.start_transaction)
    def on_start_transaction(
        self, connector_id: int, id_tag: str, meter_start: int, timestamp: str, reservation_id: int | None = None
    ) -> Once | Awaitable[Any]:
        """A transaction id, also for a card that is refused."""
        card = self.csms.cards.get(id_tag)

        def answer(started: Started) -> call_result.StartTransaction:
            if self._listeners and not started.repeated:
                event = {
                    "transactionId": started.transaction_id,
                    "connectorId": connector_id,
                    "idTag": id_tag,
                    "idTagStatus": started.id_tag_status,
                    "meterStart": meter_start,
                    "timestamp": timestamp,
                }
                self.csms.events.publish("transaction_started", self.station.id, event)
            return call_result.StartTransaction(started.transaction_id, id_tag_info(card, started.id_tag_status))

        place = (self.station.id, connector_id)
        written = self.csms.transactions.start(*place, id_tag, meter_start, timestamp, reservation_id)
        if reservation_id is None and not self.csms.reservations.kept and not self._profiles:
            return Once(written, answer)
        return self._begun(written, answer, connector_id, id_tag, reservation_id)

    async def _begun(
        self,
        written: Written,
        answer: Callable[[Started], Any],
        connector_id: int,
        id_tag: str,
        reservation: int | None,
    ) -> Any:
        """Before the answer, the reservation is used and the profiles of the connector follow the new transaction."""
        started: Started = await written
        await self.csms.reservations.started(self.station.id, connector_id, id_tag, reservation, started.transaction_id)
        if not started.repeated:
            await self.csms.charging.profiles.started(self.station.id, connector_id, id_tag, started.transaction_id)
        return answer(started)

    @property
    def _profiles(self) -> bool:
        return bool(self.csms.charging.profiles.of(self.station.id))

    async def _over(self, written: Written, answer: Callable[[StopOutcome], Any], transaction_id: int) -> Any:
        """Before the answer, the profiles of the transaction end with it."""
        outcome: StopOutcome = await written
        await self.csms.charging.profiles.stopped(self.station.id, transaction_id)
        return answer(outcome)

    @on(Action.stop_transaction)
    def on_stop_transaction(
        self,
        meter_stop: int,
        timestamp: str,
        transaction_id: int,
        reason: str | None = None,
        id_tag: str | None = None,
        transaction_data: list[dict[str, Any]] | None = None,
    ) -> Once | Awaitable[Any]:
        """What the card may do, if one was presented to stop."""
        now = self.csms.clock.now()
        data = None if transaction_data is None else _meter_value_json(transaction_data)
        stop = (transaction_id, meter_stop, timestamp, reason, id_tag, data, utc_text(now))

        def answer(outcome: StopOutcome) -> call_result.StopTransaction:
            if self._listeners:
                event = {
                    "transactionId": transaction_id,
                    "meterStop": meter_stop,
                    "timestamp": timestamp,
                    "reason": reason or "Local",
                    "outcome": outcome,
                }
                self.csms.events.publish("transaction_stopped", self.station.id, event)
            return call_result.StopTransaction(None if id_tag is None else self.csms.cards.info(id_tag, now))

        written = self.csms.transactions.stop(StopTransaction(self.station.id, *stop))
        return self._over(written, answer, transaction_id) if self._profiles else Once(written, answer)

    @on(Action.meter_values)
    def on_meter_values(
        self, connector_id: int, meter_value: list[dict[str, Any]], transaction_id: int | None = None
    ) -> Once | call_result.MeterValues:
        """Nothing; the values are kept as they were sent, those of a transaction are committed first."""
        values = _meter_value_json(meter_value)

        def answer(new: bool) -> call_result.MeterValues:
            if self._listeners and new:
                event = {
                    "connectorId": connector_id,
                    "transactionId": transaction_id,
                    "meterValue": orjson.loads(values),
                }
                self.csms.events.publish("meter_values", self.station.id, event)
            return call_result.MeterValues()

        row = AddMeterValues(self.station.id, connector_id, transaction_id, "MeterValues", values, self._now())
        committed = self.csms.transactions.add_meter_values(row)
        return answer(True) if committed is None else Once(committed, answer)

    @on(Action.status_notification)
    def on_status_notification(
        self,
        connector_id: int,
        error_code: str,
        status: str,
        timestamp: str | None = None,
        info: str | None = None,
        vendor_id: str | None = None,
        vendor_error_code: str | None = None,
    ) -> call_result.StatusNotification:
        """Nothing; without a timestamp the time of receipt counts (OCPP 1.6 §6.47)."""
        connector = Connector(
            connector_id, status, error_code, timestamp or self._now(), info, vendor_id, vendor_error_code
        )
        self.csms.stations.reported(self.station, connector)
        self.csms.reservations.reported(self.station.id, connector_id, status)
        if self._listeners:
            self.csms.events.publish("status", self.station.id, connector.fields())
        return call_result.StatusNotification()

    @on(Action.data_transfer)
    def on_data_transfer(
        self, vendor_id: str, message_id: str | None = None, data: str | None = None
    ) -> call_result.DataTransfer:
        """What the vendor's handler answers, if there is one."""
        return self.csms.vendors.answer(self.station.id, vendor_id, message_id, data)

    def _now(self) -> str:
        return utc_text(self.csms.clock.now())


def _meter_value_json(values: list[dict[str, Any]]) -> str:
    """A list of MeterValue as it came; the names inside a SampledValue are the same in both spellings."""
    wire = [{"timestamp": value["timestamp"], "sampledValue": value["sampled_value"]} for value in values]
    return orjson.dumps(wire).decode()
