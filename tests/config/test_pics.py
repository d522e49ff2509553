"""Which cases are left out, and what that means for the verdict."""

from __future__ import annotations

from typing import Any

import pytest

from harness import catalogue, config, pics
from harness.pics import Excluded
from harness.results import Verdict

CARDS = {"Accepted": "A", "Invalid": "B", "Expired": "C", "Blocked": "D"}


def settings(cards: dict[str, str] = CARDS, **environment: Any) -> config.Settings:
    """Settings with these cards."""
    return config.from_tables({"environment": {"url": "ws://h", "station_id": "S", "cards": cards, **environment}})


CORE = [case for case in catalogue.load().cases.values() if case.profile == "Core"]


def test_with_everything_configured_all_core_cases_run() -> None:
    assert len(CORE) == 34
    assert [case.id for case in CORE if pics.excluded(case.id, settings(), case.profile)] == []


MISSING = [
    ({"cards": {"Accepted": "A", "Blocked": "D"}}, "TC_023_2_CSMS", "[environment.cards] has no Expired card"),
    ({"cards": {"Accepted": "A", "Expired": "C"}}, "TC_023_3_CSMS", "[environment.cards] has no Blocked card"),
    ({"vendor_id": ""}, "TC_064_CSMS", "[environment] vendor_id names no vendor that the CSMS does not support"),
]


@pytest.mark.parametrize(("lacking", "case", "reason"), MISSING)
def test_what_the_set_up_lacks_leaves_one_case_untested(lacking: dict[str, Any], case: str, reason: str) -> None:
    left_out = {one.id: excluded for one in CORE if (excluded := pics.excluded(one.id, settings(**lacking)))}
    assert left_out == {case: Excluded(Verdict.NOT_TESTED, reason)}


def test_the_cards_that_cases_need_are_those_of_the_catalogue() -> None:
    bare = settings({"Accepted": "A"})
    lacking = {case.id for case in CORE if set(case.cards) - set(bare.environment.cards)}
    assert lacking == {case.id for case in CORE if pics.excluded(case.id, bare)} == {"TC_023_2_CSMS", "TC_023_3_CSMS"}


BOTH = {**CARDS, "Accepted2": "E"}


@pytest.mark.parametrize(
    ("case", "cards", "parent", "reason"),
    [
        ("TC_043_5_CSMS", CARDS, {}, "[environment.cards] has no Accepted2 card"),
        ("TC_053_CSMS", CARDS, {"parent_id_tag": "G"}, "[environment.cards] has no Accepted2 card"),
        ("TC_053_CSMS", BOTH, {}, "[environment] parent_id_tag names no parent of the accepted cards"),
    ],
)
def test_other_profiles_need_a_second_card_and_a_parent(
    case: str, cards: dict[str, str], parent: dict[str, str], reason: str
) -> None:
    assert pics.excluded(case, settings(cards, **parent)) == Excluded(Verdict.NOT_TESTED, reason)
    assert pics.excluded(case, settings(BOTH, parent_id_tag="G")) is None


def test_a_profile_that_is_not_claimed_is_not_applicable() -> None:
    reason = "profile Reservation is not claimed in [supports] profiles"
    assert pics.excluded("TC_046_CSMS", settings(), "Reservation") == Excluded(Verdict.NOT_APPLICABLE, reason)
    tables = {
        "supports": {"profiles": ["Reservation"]},
        "environment": {"url": "ws://h", "station_id": "S", "cards": CARDS},
    }
    assert pics.excluded("TC_046_CSMS", config.from_tables(tables), "Reservation") is None
    excluded = pics.excluded("TC_001_CSMS", config.from_tables(tables))
    assert excluded is not None
    assert excluded.verdict is Verdict.NOT_APPLICABLE
