"""Routes about transactions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query

from reference_csms.api.deps import TheCsms
from reference_csms.api.models import OrphanStopOut, TransactionOut

router = APIRouter(tags=["transactions"])
Limit = Annotated[int, Query(ge=1, le=100_000)]
TransactionId = Annotated[int, Path(ge=-(2**31), lt=2**31)]


@router.get("/api/transactions", response_model=list[TransactionOut], summary="Transactions, newest first")
def transactions(
    csms: TheCsms, station: str | None = None, active: bool | None = None, limit: Limit = 1000
) -> list[dict[str, Any]]:
    return csms.store.reads.transactions(station=station, active=active, limit=limit)


@router.get("/api/transactions/{transactionId}", response_model=TransactionOut, summary="One transaction")
def transaction(transactionId: TransactionId, csms: TheCsms) -> dict[str, Any]:
    found = csms.store.reads.transaction(transactionId)
    if found is None:
        raise HTTPException(404, f"{transactionId}: expected the id of a transaction, received an unknown one")
    return found


@router.get(
    "/api/transactions/{transactionId}/meter-values",
    response_model=list[dict[str, Any]],
    summary="Sampled values in the order of arrival, OCPP's defaults filled in",
)
def meter_values(transactionId: TransactionId, csms: TheCsms) -> list[dict[str, Any]]:
    return csms.store.reads.meter_values(transactionId)


@router.get(
    "/api/orphan-stops", response_model=list[OrphanStopOut], summary="Stops that belong to no transaction, newest first"
)
def orphan_stops(csms: TheCsms, station: str | None = None, limit: Limit = 1000) -> list[dict[str, Any]]:
    return csms.store.reads.orphan_stops(station=station, limit=limit)
