"""Decisions about cards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reference_csms.domain.cards import Card, authorize, authorize_start, tag_key

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("card", "decision"),
    [
        (None, "Invalid"),
        (Card("A"), "Accepted"),
        (Card("A", "Blocked"), "Blocked"),
        (Card("A", "Expired"), "Expired"),
        (Card("A", "Invalid"), "Invalid"),
        (Card("A", expiry_date=NOW + SECOND), "Accepted"),
        (Card("A", expiry_date=NOW), "Expired"),
        (Card("A", "Blocked", expiry_date=NOW), "Blocked"),
    ],
)
def test_authorize(card: Card | None, decision: str) -> None:
    assert authorize(card, NOW) == decision


@pytest.mark.parametrize(
    ("card", "in_use", "decision"),
    [
        (None, False, "Invalid"),
        (None, True, "Invalid"),
        (Card("A"), False, "Accepted"),
        (Card("A"), True, "ConcurrentTx"),
        (Card("A", concurrent_tx=True), True, "Accepted"),
        (Card("A", "Blocked"), True, "Blocked"),
        (Card("A", expiry_date=NOW), True, "Expired"),
    ],
)
def test_authorize_start(card: Card | None, in_use: bool, decision: str) -> None:
    assert authorize_start(card, NOW, in_use=in_use) == decision


def test_tags_are_compared_without_case() -> None:
    assert tag_key("AbC") == tag_key("aBc") != tag_key("AbD")
