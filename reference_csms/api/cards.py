"""Routes about cards."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from reference_csms.api.deps import TheCsms
from reference_csms.api.models import CardIn, CardOut, Tag
from reference_csms.api.pages import Limit
from reference_csms.domain.cards import Card

router = APIRouter(prefix="/api/cards", tags=["cards"])


@router.get("", response_model=list[CardOut], summary="Cards, sorted by tag")
async def cards(
    csms: TheCsms,
    after: Annotated[str | None, Query(description="The last idTag of the piece before")] = None,
    limit: Limit = 1000,
) -> list[dict[str, Any]]:
    return [_shown(card) for card in csms.cards.piece(after, limit=limit)]


@router.get("/{idTag:path}", response_model=CardOut, summary="One card, in any letter case")
async def card(idTag: str, csms: TheCsms) -> dict[str, Any]:
    found = csms.cards.get(idTag)
    if found is None:
        raise HTTPException(404, f"{idTag}: expected a known card, received an unknown idTag")
    return _shown(found)


@router.put("/{idTag:path}", response_model=CardOut, summary="Add or replace a card")
async def put_card(idTag: Tag, body: CardIn, csms: TheCsms) -> dict[str, Any]:
    expiry = body.expiry_date
    if expiry is not None and expiry.tzinfo is None:
        expiry = expiry.replace(tzinfo=UTC)
    made = Card(idTag, body.status, expiry, body.parent_id_tag, body.concurrent_tx)
    await csms.cards.put(made)
    return _shown(made)


@router.delete("/{idTag:path}", status_code=204, summary="Forget a card")
async def delete_card(idTag: str, csms: TheCsms) -> None:
    if not await csms.cards.delete(idTag):
        raise HTTPException(404, f"{idTag}: expected a known card, received an unknown idTag")


def _shown(card: Card) -> dict[str, Any]:
    return {
        "idTag": card.id_tag,
        "status": card.status,
        "expiryDate": card.expiry_date,
        "parentIdTag": card.parent_id_tag,
        "concurrentTx": card.concurrent_tx,
    }
