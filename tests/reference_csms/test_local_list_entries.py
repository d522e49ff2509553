"""Entries and versions of a local list, as pure functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reference_csms.domain.cards import Card
from reference_csms.domain.local_list import LocalList, applied, differences, entry, parts

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def of(tag: str, status: str = "Accepted", **info: str) -> dict[str, Any]:
    return {"idTag": tag, "idTagInfo": {"status": status, **info}}


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (Card("A"), of("A")),
        (Card("A", parent_id_tag="G"), of("A", parentIdTag="G")),
        (Card("A", "Blocked"), of("A", "Blocked")),
        (Card("A", "Invalid"), of("A", "Invalid")),
        (Card("A", expiry_date=NOW + timedelta(1)), of("A", expiryDate="2024-05-02T12:00:00.000Z")),
        (Card("A", expiry_date=NOW), of("A", "Expired", expiryDate="2024-05-01T12:00:00.000Z")),
    ],
)
def test_an_entry_tells_what_authorize_would(card: Card, expected: dict[str, Any]) -> None:
    assert entry(card, NOW) == expected


def test_differences_are_the_fewest_and_make_the_lists_equal() -> None:
    held = {"a": of("A"), "b": of("B"), "c": of("C")}
    wanted = {"a": of("a"), "b": of("B", "Blocked"), "c": None, "d": of("D"), "e": None}
    found = differences(held, wanted)
    assert found == [of("B", "Blocked"), {"idTag": "C"}, of("D")]
    assert applied(held, found) == {"a": of("A"), "b": of("B", "Blocked"), "d": of("D")}
    assert differences(applied(held, found), wanted) == []


def test_a_list_goes_in_as_few_parts_as_the_station_takes() -> None:
    entries = [of(tag) for tag in "ABCDE"]
    assert parts(entries, None) == [entries]
    assert [len(part) for part in parts(entries, 2)] == [2, 2, 1]
    assert parts([], 2) == parts([], None) == [[]]


@pytest.mark.parametrize(
    ("told", "version", "known", "after"), [(4, 4, True, 8), (3, 4, False, 8), (9, 4, False, 10), (-1, 0, False, 8)]
)
def test_the_station_says_which_list_it_has(told: int, version: int, known: bool, after: int) -> None:
    found = LocalList("CP", 4, {"a": of("A")}, known=False, sent=7).told(told)
    assert (found.version, found.known, found.reported, found.next_version()) == (version, known, told, after)


def test_version_0_is_an_empty_list() -> None:
    found = LocalList("CP", 4, {"a": of("A")}, known=False, sent=7).told(0)
    assert (found.entries, found.known, found.next_version()) == ({}, True, 8)
