"""The cards, by tag."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus

from reference_csms.domain.cards import Card, Decision, authorize, tag_key
from reference_csms.domain.clock import utc_text
from reference_csms.registry.pages import piece
from reference_csms.store.writer import Writer
from reference_csms.store.writes import DeleteCard, PutCard


class Cards:
    """All cards in memory; a change is on disk before it counts."""

    def __init__(self, writer: Writer, cards: Iterable[Card] = ()) -> None:
        self._writer = writer
        self._cards = {tag_key(card.id_tag): card for card in cards}

    def get(self, id_tag: str) -> Card | None:
        """The card with this tag, in any case."""
        return self._cards.get(tag_key(id_tag))

    def all(self) -> list[Card]:
        """All cards, sorted by tag."""
        return [card for _, card in sorted(self._cards.items())]

    def piece(self, after: str | None = None, *, limit: int) -> list[Card]:
        """So many cards, sorted by tag, from the first one on or from the one that follows a tag."""
        return piece(self._cards, None if after is None else tag_key(after), limit)

    async def put(self, card: Card) -> None:
        """Add or change a card."""
        key = tag_key(card.id_tag)
        expiry = None if card.expiry_date is None else utc_text(card.expiry_date)
        await self._writer.write(PutCard(key, card.id_tag, card.status, expiry, card.parent_id_tag, card.concurrent_tx))
        self._cards[key] = card

    async def delete(self, id_tag: str) -> bool:
        """Forget a card; False if there was none."""
        key = tag_key(id_tag)
        if key not in self._cards:
            return False
        await self._writer.write(DeleteCard(key))
        return self._cards.pop(key, None) is not None

    def info(self, id_tag: str, now: datetime) -> IdTagInfo:
        """The idTagInfo that answers Authorize."""
        card = self.get(id_tag)
        return id_tag_info(card, authorize(card, now))


def id_tag_info(card: Card | None, decision: Decision) -> IdTagInfo:
    """The idTagInfo for a card and what was decided about it."""
    if card is None:
        return IdTagInfo(_STATUS[decision])
    expiry = None if card.expiry_date is None else utc_text(card.expiry_date)
    return IdTagInfo(_STATUS[decision], card.parent_id_tag, expiry)


_STATUS = {status.value: status for status in AuthorizationStatus}
