"""The commands of the Reservation profile: what an operator wants, as the request that says so."""

from __future__ import annotations

from datetime import datetime

from reference_csms.commands.core import Request, demand, request
from reference_csms.domain.clock import utc_text
from reference_csms.domain.reservations import Reservation
from reference_csms.errors import InvalidIntent


def reserve_now(reservation: Reservation, now: datetime) -> Request:
    """Keep a connector, or with 0 any one, for a card until the reservation expires."""
    demand("ReserveNow", "connectorId", reservation.connector_id, at_least=0)
    if not reservation.id_tag:
        raise InvalidIntent("ReserveNow idTag: expected a tag, received an empty text")
    expiry = utc_text(reservation.expiry_date)
    if reservation.expiry_date <= now:
        raise InvalidIntent(f"ReserveNow expiryDate: expected a time after {utc_text(now)}, received {expiry}")
    return request(
        "ReserveNow",
        connectorId=reservation.connector_id,
        expiryDate=expiry,
        idTag=reservation.id_tag,
        parentIdTag=reservation.parent_id_tag,
        reservationId=reservation.id,
    )


def cancel_reservation(reservation_id: int) -> Request:
    """End a reservation before its time."""
    return request("CancelReservation", reservationId=reservation_id)
