"""What holds for every station, whatever was set on it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.oracle.composite import SECOND, Site, Span, composite
from harness.oracle.installed import clear, install, without_transaction
from harness.oracle.profiles import RECURRENCE
from tests.oracle.strategies import Question, questions

QUICK = settings(max_examples=40, deadline=None)


def at(spans: tuple[Span, ...], second: int) -> Fraction | None:
    """The limit at a second."""
    return next(span for span in reversed(spans) if span.start_s <= second).limit


def some_seconds(question: Question) -> list[int]:
    """A few seconds of the window, edges included."""
    edges = {edge for span in question.answer() for edge in (span.start_s - 1, span.start_s, span.start_s + 1)}
    spread = {question.duration_s * part // 7 for part in range(7)}
    inside = sorted(second for second in edges | spread if 0 <= second < question.duration_s)
    return inside[:: 1 + len(inside) // 12]


@QUICK
@given(questions())
def test_the_spans_cover_the_window_in_order_and_neighbours_differ(question: Question) -> None:
    spans = question.answer()
    assert spans[0].start_s == 0
    assert all(0 <= span.start_s < question.duration_s for span in spans)
    for earlier, later in pairwise(spans):
        assert earlier.start_s < later.start_s
        assert earlier[1:] != later[1:]


@QUICK
@given(questions())
def test_between_two_critical_seconds_nothing_changes(question: Question) -> None:
    """The limit at any second is the same when the schedule is asked for at that second alone."""
    site = replace(question.site, running={1: question.at, 2: question.at, **question.running})
    spans = composite(site, question.connector_id, at=question.at, duration_s=question.duration_s, unit=question.unit)
    for second in some_seconds(question):
        instant = question.at + second * SECOND
        [alone] = composite(site, question.connector_id, at=instant, duration_s=1, unit=question.unit)
        assert at(spans, second) == alone.limit


@QUICK
@given(questions(), st.randoms(use_true_random=False))
def test_the_order_of_the_profiles_does_not_matter(question: Question, shuffler: random.Random) -> None:
    profiles = list(question.site.profiles)
    shuffler.shuffle(profiles)
    site = replace(question.site, profiles=tuple(profiles))
    shuffled = composite(
        site, question.connector_id, at=question.at, duration_s=question.duration_s, unit=question.unit
    )
    assert shuffled == question.answer()


@QUICK
@given(questions())
def test_the_limit_of_the_station_is_never_exceeded(question: Question) -> None:
    at_most = tuple(e for e in question.site.profiles if e.profile.purpose == "ChargePointMaxProfile")
    alone = composite(
        Site(at_most, connectors=(1, 2)), 1, at=question.at, duration_s=question.duration_s, unit=question.unit
    )
    spans = question.answer()
    for second in some_seconds(question):
        ceiling, limit = at(alone, second), at(spans, second)
        assert ceiling is None or (limit is not None and limit <= ceiling)


@QUICK
@given(questions())
def test_the_hardware_is_never_exceeded(question: Question) -> None:
    connectors = 2 if question.connector_id == 0 else 1
    spans = question._replace(own=16, unit="A").answer()
    assert all(span.limit is not None and span.limit <= 16 * connectors for span in spans)


@QUICK
@given(questions())
def test_a_transaction_profile_counts_on_its_connector_while_the_transaction_runs(question: Question) -> None:
    site, asked = question.site, question.connector_id
    idle = replace(site, running={})
    for connector in (1, 2):
        idle = replace(idle, profiles=without_transaction(idle.profiles, connector))
    assert not any(each.profile.purpose == "TxProfile" for each in idle.profiles)
    ignored = replace(site, running={})
    ask = {"at": question.at, "duration_s": question.duration_s, "unit": question.unit}
    assert composite(ignored, asked, **ask) == composite(idle, asked, **ask)


@QUICK
@given(questions())
def test_recurring_limits_recur(question: Question) -> None:
    """OCPP 1.6 errata v4.0 §3.78: the same limit 24 hours or 7 days later, on days on which clocks change too."""
    for each in question.site.profiles:
        profile = each.profile._replace(valid_from=None, valid_to=None, purpose="TxDefaultProfile")
        if profile.recurrence is None or profile.start is None:
            continue
        site = Site((each._replace(profile=profile, connector_id=0),))
        begin = max(profile.start, question.at)
        begin += timedelta(microseconds=-begin.microsecond % 1_000_000)
        one = composite(site, 1, at=begin, duration_s=question.duration_s, unit="A")
        assert composite(site, 1, at=begin + profile.recurrence, duration_s=question.duration_s, unit="A") == one


def test_there_are_two_recurrences() -> None:
    assert {name: length.total_seconds() for name, length in RECURRENCE.items()} == {"Daily": 86400, "Weekly": 604800}


@QUICK
@given(questions())
def test_no_two_profiles_share_an_id_or_a_place(question: Question) -> None:
    profiles = question.site.profiles
    ids = [each.profile.id for each in profiles]
    places = [(each.connector_id, each.profile.purpose, each.profile.stack_level) for each in profiles]
    assert len(set(ids)) == len(ids)
    assert len(set(places)) == len(places)
    for each in profiles:
        assert set(install(profiles, each)) == set(profiles)


@QUICK
@given(questions())
def test_what_matches_is_cleared_and_nothing_else(question: Question) -> None:
    profiles = question.site.profiles
    assert clear(profiles, {}) == ()
    for each in profiles:
        exactly = {
            "connectorId": each.connector_id,
            "chargingProfilePurpose": each.profile.purpose,
            "stackLevel": each.profile.stack_level,
        }
        others = tuple(other for other in profiles if other != each)
        assert clear(profiles, exactly) == others
        assert clear(profiles, {"id": each.profile.id, "stackLevel": each.profile.stack_level + 1}) == others
        assert each in clear(profiles, exactly | {"stackLevel": each.profile.stack_level + 1})
