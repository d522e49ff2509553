"""Routes about reservations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from pydantic import Field

from reference_csms.api.commands import Wait, post, sent
from reference_csms.api.deps import TheCsms
from reference_csms.api.models import Body
from reference_csms.api.pages import Before, Limit, Number
from reference_csms.domain.reservations import Status

router = APIRouter(tags=["reservations"])


class ReserveIn(Body):
    """Keep a connector, or with 0 any one, for a card and perhaps its group."""

    connector_id: int
    id_tag: str
    expiry_date: datetime
    parent_id_tag: str | None = None
    insist: bool = Field(False, description="Send it also if the station is known to refuse it")


class CancelReservationIn(Body):
    """End a reservation before its time."""

    reservation_id: int
    insist: bool = Field(False, description="Send it also if the station is not known to keep that reservation")


class ReservationOut(Body):
    """A reservation; Requested until the station has answered, Refused if it did not accept."""

    reservation_id: int
    station: str
    connector_id: int
    id_tag: str
    parent_id_tag: str | None
    expiry_date: str
    status: Status
    answer: str | None = Field(description="What the station answered: a status or the code of a CALLERROR")
    transaction_id: int | None = Field(description="The transaction that used it")
    requested_at: str
    ended_at: str | None


@post(router, "reserve", "Send ReserveNow; the CSMS chooses the reservationId")
async def reserve(station: str, body: ReserveIn, csms: TheCsms, response: Response, wait: Wait = 0) -> dict[str, Any]:
    expiry = body.expiry_date
    sending = csms.reservations.reserve(
        station,
        connectorId=body.connector_id,
        idTag=body.id_tag,
        expiryDate=expiry if expiry.tzinfo is not None else expiry.replace(tzinfo=UTC),
        parentIdTag=body.parent_id_tag,
        insist=body.insist,
    )
    return await sent(sending, response, wait)


@post(router, "cancel-reservation", "Send CancelReservation")
async def cancel_reservation(
    station: str, body: CancelReservationIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    sending = csms.reservations.cancel(station, reservationId=body.reservation_id, insist=body.insist)
    return await sent(sending, response, wait)


@router.get("/api/reservations", response_model=list[ReservationOut], summary="Reservations, newest first")
def reservations(
    csms: TheCsms, station: str | None = None, before: Before = None, limit: Limit = 1000
) -> list[dict[str, Any]]:
    now, rows = csms.clock.now(), csms.store.reads.reservations(station=station, before=before, limit=limit)
    return [found.fields(now) for found in rows]


@router.get("/api/reservations/{reservationId}", response_model=ReservationOut, summary="One reservation")
def reservation(reservationId: Number, csms: TheCsms) -> dict[str, Any]:
    found = csms.store.reads.reservation(reservationId)
    if found is None:
        raise HTTPException(404, f"{reservationId}: expected the id of a reservation, received an unknown one")
    return found.fields(csms.clock.now())
