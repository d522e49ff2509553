"""Which cases are left out, and what that means for the verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import catalogue, config, pics
from harness.material import Access
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


def ways(*profiles: int) -> config.Settings:
    """Settings that claim every security profile, with stations on these."""
    claimed = config.from_tables(
        {
            "supports": {"security_profiles": [1, 2, 3]},
            "environment": {"url": "ws://h", "station_id": "S", "cards": CARDS},
        }
    )
    first, *others = profiles
    access = tuple(Access(profile, "", f"S{profile}") for profile in others)
    return replace(claimed, environment=replace(claimed.environment, security_profile=first, access=access))


NO_WAY = "[environment] and [[environment.access]] have no station on security profile"


@pytest.mark.parametrize(
    ("case", "profiles", "lacks"),
    [
        ("TC_073_CSMS", (3,), "2, or on 1"),
        ("TC_074_CSMS", (1, 2), "3"),
        ("TC_083_CSMS", (1, 3), "1 and 2, or on 2 and 3"),
        ("TC_085_CSMS", (0, 3), "1, or on 2"),
        ("TC_086_CSMS", (1,), "2, or on 3"),
        ("TC_087_CSMS", (2,), "3"),
    ],
)
def test_a_security_case_needs_a_station_on_one_of_its_profiles(
    case: str, profiles: tuple[int, ...], lacks: str
) -> None:
    lacking = Excluded(Verdict.NOT_TESTED, f"{NO_WAY} {lacks}")
    assert pics.excluded(case, ways(*profiles), "Security") == lacking
    assert pics.excluded(case, ways(0, 1, 2, 3), "Security") is None


@pytest.mark.parametrize(
    ("case", "profiles", "claimed", "rounds"),
    [
        ("TC_083_CSMS", (1, 2), (1, 2, 3), ((1,), (2,))),
        ("TC_083_CSMS", (3, 2), (1, 2, 3), ((2,), (1,))),
        ("TC_083_CSMS", (0, 1, 2, 3), (1, 2, 3), ((1, 2), ())),
        ("TC_083_CSMS", (0, 1, 2, 3), (1, 2), ((1,), ())),
        ("TC_083_CSMS", (1, 3), (1, 2, 3), ((), (1, 2))),
        ("TC_085_CSMS", (1, 2, 3), (1, 2, 3), ((1, 2), ())),
        ("TC_085_CSMS", (1, 2, 3), (2, 3), ((2,), ())),
        ("TC_085_CSMS", (1, 3), (1, 2, 3), ((1,), (2,))),
        ("TC_086_CSMS", (1, 2, 3), (1, 2, 3), ((2,), ())),
        ("TC_086_CSMS", (1, 2, 3), (1, 3), ((3,), ())),
        ("TC_088_CSMS", (2,), (0,), ((2,), ())),
        ("TC_001_CSMS", (1,), (1,), ((), ())),
    ],
)
def test_a_case_is_gone_through_on_what_is_claimed_and_configured(
    case: str, profiles: tuple[int, ...], claimed: tuple[int, ...], rounds: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    found = catalogue.load().case(case).rounds(ways(*profiles).environment.ways, claimed)
    assert found == (*rounds, claimed)


def test_on_another_profile_the_way_of_before_stays_known() -> None:
    before = ways(1, 2, 3).environment
    after = before.on(2)
    assert (after.profile, after.station_id) == (2, "S2")
    assert {number: way.station_id for number, way in after.ways.items()} == {1: "S", 2: "S2", 3: "S3"}
    assert after.on(1).ways == before.ways


def test_a_case_on_no_particular_profile_needs_no_station_of_its_own() -> None:
    assert pics.excluded("TC_001_CSMS", ways(3)) is None
