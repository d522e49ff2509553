"""What the tests of reservations share: some cards, and a reservation that a station keeps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reference_csms.app import Csms
from reference_csms.commands.commands import Command
from reference_csms.domain.cards import Card
from tests.reference_csms.conftest import FakeClock, Peer

ACCEPTED = {"status": "Accepted"}


@pytest.fixture
async def cards(csms: Csms) -> None:
    """Two cards of a group, one of another, and one that may not charge."""
    for card in (Card("A", parent_id_tag="G"), Card("B", parent_id_tag="g"), Card("C"), Card("X", "Blocked")):
        await csms.cards.put(card)


async def reserve(csms: Csms, clock: FakeClock, tag: str = "A", connector: int = 1, **more: Any) -> Command:
    intent = {"connectorId": connector, "idTag": tag, "expiryDate": clock.now() + timedelta(minutes=5)}
    return await csms.reservations.reserve("CP", **{**intent, **more})


async def reserved(csms: Csms, peer: Peer, clock: FakeClock, **more: Any) -> int:
    """The id of a reservation that the station keeps."""
    command = await reserve(csms, clock, **more)
    id: int = (await peer.answers(ACCEPTED))[3]["reservationId"]
    await command.ended()
    return id


async def report(peer: Peer, connector: int, status: str) -> None:
    await peer.calls("StatusNotification", connectorId=connector, errorCode="NoError", status=status)


def shown(csms: Csms, id: int, clock: FakeClock) -> dict[str, Any]:
    found = csms.store.reads.reservation(id)
    assert found is not None
    return found.fields(clock.now())
