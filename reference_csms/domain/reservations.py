"""Reservations and the decisions about them, as pure functions of what is known and of time (OCPP 1.6 §5.1, §5.13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from reference_csms.domain.cards import Card, authorize, tag_key
from reference_csms.domain.clock import utc_text

Ended = Literal["Used", "Cancelled", "Faulted", "Unavailable"]
Status = Literal["Requested", "Active", "Refused", "Used", "Cancelled", "Faulted", "Unavailable", "Expired"]


@dataclass(frozen=True, slots=True)
class Reservation:
    """A connector kept for a card, or with connector 0 any one of the station.

    `answer` is what the station said to it, None until it has; `ended` is why it ended before its time.
    """

    id: int
    station: str
    connector_id: int
    id_tag: str
    parent_id_tag: str | None
    expiry_date: datetime
    requested_at: str
    answer: str | None = None
    ended: Ended | None = None
    ended_at: str | None = None
    transaction_id: int | None = None

    def status(self, now: datetime) -> Status:
        """Where the reservation stands. One that the station never answered may stand at the station all the same."""
        if self.ended is not None:
            return self.ended
        if self.answer not in (None, "Accepted"):
            return "Refused"
        if self.expiry_date <= now:
            return "Expired"
        return "Requested" if self.answer is None else "Active"

    def live(self, now: datetime) -> bool:
        """Whether the station keeps it, as far as is known."""
        return self.status(now) in ("Active", "Requested")

    def is_for(self, connector_id: int, id_tag: str, parent_id_tag: str | None) -> bool:
        """Whether a transaction of this card on this connector uses the reservation."""
        same_card = tag_key(id_tag) == tag_key(self.id_tag)
        return (same_card or _same(self.parent_id_tag, parent_id_tag)) and self.connector_id in (0, connector_id)

    def fields(self, now: datetime) -> dict[str, Any]:
        """The reservation as operators see it."""
        return {
            "reservationId": self.id,
            "station": self.station,
            "connectorId": self.connector_id,
            "idTag": self.id_tag,
            "parentIdTag": self.parent_id_tag,
            "expiryDate": utc_text(self.expiry_date),
            "status": self.status(now),
            "answer": self.answer,
            "transactionId": self.transaction_id,
            "requestedAt": self.requested_at,
            "endedAt": self.ended_at,
        }


def objection(
    wanted: Reservation, card: Card | None, statuses: Mapping[int, str], live: Sequence[Reservation], now: datetime
) -> str | None:
    """Why the station would refuse the reservation or could not use it, as far as is known; None if nothing is.

    `statuses` are the last ones of its connectors, `live` the reservations that it keeps.
    """
    decision = authorize(card, now)
    if decision != "Accepted":
        return f"expected a card that may charge, {wanted.id_tag} is {decision} (OCPP 1.6 §4.1)"
    parent = card.parent_id_tag if card else None
    if wanted.parent_id_tag is not None and not _same(wanted.parent_id_tag, parent):
        return f"expected the parentIdTag of {wanted.id_tag}, which is {parent or 'none'} (OCPP 1.6 §3.10)"
    if wanted.connector_id == 0:
        return _no_room(statuses, len(live))
    if any(reservation.connector_id == wanted.connector_id for reservation in live):
        return f"expected a connector without reservation, {wanted.connector_id} is reserved (OCPP 1.6 §5.13)"
    for connector in (0, wanted.connector_id):
        status = statuses.get(connector, "Available")
        if status != "Available":
            return f"expected connector {connector} to be Available, its last status is {status} (OCPP 1.6 §5.13)"
    return None


def _same(group: str | None, other: str | None) -> bool:
    return group is not None and other is not None and tag_key(group) == tag_key(other)


def _no_room(statuses: Mapping[int, str], kept: int) -> str | None:
    """Connector 0: one connector has to remain for each reservation."""
    station = statuses.get(0, "Available")
    if station != "Available":
        return f"expected the station to be Available, its last status is {station} (OCPP 1.6 §5.13)"
    own = [status for connector, status in statuses.items() if connector > 0]
    free = sum(status in ("Available", "Reserved") for status in own)
    if own and free <= kept:
        return (
            f"expected a connector left for it, {free} of {len(own)} can be used and {kept} are kept (OCPP 1.6 §5.13)"
        )
    return None
