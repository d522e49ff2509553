"""The reservations: asking for them, and what ends them.

Memory holds those that a station may keep, the store all of them. A reservation gets its id from the store before the
station hears of it, so that no id is ever given twice.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from reference_csms.commands.commands import Command, Commands
from reference_csms.commands.reservation import cancel_reservation, reserve_now
from reference_csms.domain.clock import Clock, utc_text
from reference_csms.domain.reservations import Ended, Reservation, objection
from reference_csms.errors import NotAllowedNow
from reference_csms.events import Events
from reference_csms.registry.cards import Cards
from reference_csms.registry.stations import Stations
from reference_csms.store.database import Store
from reference_csms.store.writes import AddReservation, PutReservation, UseReservation

log = logging.getLogger(__name__)


class Reservations:
    """All reservations that a station may keep."""

    def __init__(
        self,
        commands: Commands,
        stations: Stations,
        cards: Cards,
        store: Store,
        clock: Clock,
        events: Events,
    ) -> None:
        self._commands, self._stations, self._cards = commands, stations, cards
        self._writer, self._clock, self._events = store.writer, clock, events
        self._kept = {reservation.id: reservation for reservation in store.reads.reservations(not_ended=True)}
        commands.follow("ReserveNow", self._answered)
        commands.follow_errors("ReserveNow", self._answered)
        commands.follow("CancelReservation", self._cancelled)

    async def reserve(
        self,
        station: str,
        *,
        connectorId: int,
        idTag: str,
        expiryDate: datetime,
        parentIdTag: str | None = None,
        insist: bool = False,
    ) -> Command:
        """Reserve a connector, or with 0 any one, for a card and perhaps its group.

        What the station would refuse as far as is known raises NotAllowedNow, unless the operator insists.
        """
        now = self._clock.now()
        wanted = Reservation(0, station, connectorId, idTag, parentIdTag, expiryDate, utc_text(now))
        reserve_now(wanted, now)
        self._commands.ready(station, "ReserveNow")
        known = self._stations.get(station)
        statuses = {number: connector.status for number, connector in (known.connectors if known else {}).items()}
        why = objection(wanted, self._cards.get(idTag), statuses, self.live(station), now)
        if why is not None and not insist:
            raise NotAllowedNow(f"{station}: ReserveNow {why}; with insist it is sent all the same")
        number: int = await self._writer.write(AddReservation(*_row(wanted)[1:]))
        kept = self._kept[number] = replace(wanted, id=number)
        return await self._commands.send(station, reserve_now(kept, now))

    async def cancel(self, station: str, *, reservationId: int, insist: bool = False) -> Command:
        """Cancel a reservation of this station; one that the station no longer keeps, only if the operator insists."""
        kept = self._kept.get(reservationId)
        if not insist and (kept is None or kept.station != station or not kept.live(self._clock.now())):
            raise NotAllowedNow(
                f"{station}: CancelReservation reservationId: expected a reservation that the station keeps,"
                f" received {reservationId} (OCPP 1.6 §5.1); with insist it is sent all the same"
            )
        return await self._commands.send(station, cancel_reservation(reservationId))

    @property
    def kept(self) -> bool:
        """Whether any station keeps a reservation."""
        return bool(self._kept)

    def live(self, station: str) -> list[Reservation]:
        """The reservations that a station keeps, as far as is known."""
        now = self._clock.now()
        self._kept = {number: kept for number, kept in self._kept.items() if kept.live(now)}
        return [kept for kept in self._kept.values() if kept.station == station]

    async def started(
        self, station: str, connector_id: int, id_tag: str, reservation_id: int | None, transaction_id: int
    ) -> None:
        """A transaction has begun: the reservation that it names is used, even if late, else the one for its card."""
        if reservation_id is None and self._kept:
            card = self._cards.get(id_tag)
            parent = card.parent_id_tag if card else None
            fitting = (kept.id for kept in self.live(station) if kept.is_for(connector_id, id_tag, parent))
            reservation_id = next(fitting, None)
        if reservation_id is None:
            return
        await self._writer.write(UseReservation(transaction_id, utc_text(self._clock.now()), reservation_id, station))
        kept = self._kept.get(reservation_id)
        if kept is not None and kept.station == station:
            self._ended(kept, "Used", transaction_id)

    def reported(self, station: str, connector_id: int, status: str) -> None:
        """A connector has a new status: Faulted and Unavailable end its reservation, on connector 0 all of them."""
        if not self._kept or status not in ("Faulted", "Unavailable"):
            return
        for kept in self.live(station):
            if connector_id in (0, kept.connector_id):
                ended: Ended = "Faulted" if status == "Faulted" else "Unavailable"
                self._writer.later(_row(self._ended(kept, ended)))

    async def _answered(self, command: Command) -> None:
        kept = self._kept.get(command.request["reservationId"])
        if kept is None:
            return
        answer = command.response["status"] if command.response is not None else str(command.error_code)
        answered = self._kept[kept.id] = replace(kept, answer=answer)
        if answer != "Accepted":
            del self._kept[kept.id]
        await self._writer.write(_row(answered))
        self._publish(answered)

    async def _cancelled(self, command: Command) -> None:
        kept = self._kept.get(command.request["reservationId"])
        if kept is not None and command.response is not None and command.response["status"] == "Accepted":
            await self._writer.write(_row(self._ended(kept, "Cancelled")))

    def _ended(self, kept: Reservation, ended: Ended, transaction_id: int | None = None) -> Reservation:
        log.info("%s: reservation %d ended: %s", kept.station, kept.id, ended)
        over = replace(kept, ended=ended, ended_at=utc_text(self._clock.now()), transaction_id=transaction_id)
        self._kept.pop(kept.id, None)
        self._publish(over)
        return over

    def _publish(self, reservation: Reservation) -> None:
        if self._events.wanted:
            fields: dict[str, Any] = reservation.fields(self._clock.now())
            self._events.publish("reservation", reservation.station, fields)


def _row(reservation: Reservation) -> PutReservation:
    return PutReservation(
        reservation.id,
        reservation.station,
        reservation.connector_id,
        reservation.id_tag,
        reservation.parent_id_tag,
        utc_text(reservation.expiry_date),
        reservation.requested_at,
        reservation.answer,
        reservation.ended,
        reservation.ended_at,
        reservation.transaction_id,
    )
