"""Routes about transactions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from reference_csms.api.deps import TheCsms
from reference_csms.api.models import OrphanStopOut, TransactionOut
from reference_csms.api.pages import MOST, Before, Limit, Number

router = APIRouter(tags=["transactions"])


@router.get("/api/transactions", response_model=list[TransactionOut], summary="Transactions, newest first")
def transactions(
    csms: TheCsms,
    station: str | None = None,
    active: bool | None = None,
    before: Before = None,
    limit: Limit = 1000,
) -> list[dict[str, Any]]:
    return csms.store.reads.transactions(station=station, active=active, before=before, limit=limit)


@router.get("/api/transactions/{transactionId}", response_model=TransactionOut, summary="One transaction")
def transaction(transactionId: Number, csms: TheCsms) -> dict[str, Any]:
    found = csms.store.reads.transaction(transactionId)
    if found is None:
        raise HTTPException(404, f"{transactionId}: expected the id of a transaction, received an unknown one")
    return found


@router.get(
    "/api/transactions/{transactionId}/meter-values",
    response_model=list[dict[str, Any]],
    summary="Sampled values in the order of arrival, OCPP's defaults filled in",
)
def meter_values(
    transactionId: Number,
    csms: TheCsms,
    after: Annotated[int, Query(ge=0, lt=2**63, description="The last id of the piece before")] = 0,
    limit: Limit = MOST,
) -> list[dict[str, Any]]:
    return csms.store.reads.meter_values(transactionId, after=after, limit=limit)


@router.get(
    "/api/orphan-stops", response_model=list[OrphanStopOut], summary="Stops that belong to no transaction, newest first"
)
def orphan_stops(
    csms: TheCsms, station: str | None = None, before: Before = None, limit: Limit = 1000
) -> list[dict[str, Any]]:
    return csms.store.reads.orphan_stops(station=station, before=before, limit=limit)
