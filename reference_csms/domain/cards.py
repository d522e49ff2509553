"""Cards and the decisions about them, as pure functions of card and time (OCPP 1.6 §7.2, §7.8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

CardStatus = Literal["Accepted", "Blocked", "Expired", "Invalid"]
Decision = Literal["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"]


@dataclass(frozen=True, slots=True)
class Card:
    """An identifier that the Central System knows.

    `concurrent_tx` allows it to be used in several transactions at once.
    """

    id_tag: str
    status: CardStatus = "Accepted"
    expiry_date: datetime | None = None
    parent_id_tag: str | None = None
    concurrent_tx: bool = False


def tag_key(id_tag: str) -> str:
    """The form in which tags are compared: they are case-insensitive strings."""
    return id_tag.casefold()


def authorize(card: Card | None, now: datetime) -> Decision:
    """The answer to Authorize, which never is ConcurrentTx; None is a tag nobody knows."""
    if card is None:
        return "Invalid"
    if card.status == "Accepted" and card.expiry_date is not None and card.expiry_date <= now:
        return "Expired"
    return card.status


def authorize_start(card: Card | None, now: datetime, *, in_use: bool) -> Decision:
    """The answer to StartTransaction; `in_use` tells that another transaction of the card is running."""
    decision = authorize(card, now)
    if decision == "Accepted" and in_use and card is not None and not card.concurrent_tx:
        return "ConcurrentTx"
    return decision
