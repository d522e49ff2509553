"""What a page may expect of a value: every matcher against values that it must and must not let through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.matchers import (
    MISSING,
    Judged,
    about,
    about_now,
    absent,
    absent_or,
    any_of,
    asked,
    at_least,
    find,
    future_or_absent,
    ignoring_case,
    matcher,
    not_,
    parse_time,
    past_or_absent,
    positive,
    present,
    same_bytes,
    same_time,
    warns_on,
)

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOON = "2026-03-01T12:00:00Z"

JUDGED: list[tuple[Any, Any, Judged]] = [
    ("Accepted", "Accepted", "pass"),
    ("Accepted", "accepted", "fail"),
    ("Accepted", MISSING, "fail"),
    ("Accepted", None, "fail"),
    (1, 1, "pass"),
    (1, 1.0, "pass"),
    (1, True, "fail"),
    (1, "1", "fail"),
    (0, False, "fail"),
    (0, None, "fail"),
    (0, MISSING, "fail"),
    (True, True, "pass"),
    (True, 1, "fail"),
    (False, 0, "fail"),
    (None, None, "pass"),
    (None, MISSING, "fail"),
    (MISSING, MISSING, "pass"),
    (MISSING, None, "fail"),
    ([1, [2]], [1, [2]], "pass"),
    ([1, [2]], [1, [True]], "fail"),
    ([1], [True], "fail"),
    ([1], [1, 2], "fail"),
    ([1, 2], [1], "fail"),
    ([], {}, "fail"),
    ({}, [], "fail"),
    ([], None, "fail"),
    ({"a": 1}, {"a": 1.0}, "pass"),
    ({"a": 1}, {"a": True}, "fail"),
    ({"a": 1}, {"a": 1, "b": 2}, "fail"),
    ({"a": 1, "b": 2}, {"a": 1}, "fail"),
    ({"a": {"b": [1]}}, {"a": {"b": [True]}}, "fail"),
    (absent, MISSING, "pass"),
    (absent, None, "fail"),
    (absent, "", "fail"),
    (present, None, "pass"),
    (present, "", "pass"),
    (present, MISSING, "fail"),
    (any_of("A", "B"), "B", "pass"),
    (any_of("A", "B"), "C", "fail"),
    (any_of("A", absent), MISSING, "pass"),
    (any_of(asked("A"), "B"), MISSING, "warn"),
    (any_of(asked("A"), absent), MISSING, "pass"),
    (not_("A"), "B", "pass"),
    (not_("A"), "A", "fail"),
    (not_("A"), MISSING, "fail"),
    (not_(1), True, "pass"),
    (not_(any_of("A", "B")), "B", "fail"),
    (not_(any_of("A", "B")), "C", "pass"),
    (at_least(2), 2, "pass"),
    (at_least(2), 1.999, "fail"),
    (at_least(0), True, "fail"),
    (at_least(2), "3", "fail"),
    (at_least(2), None, "fail"),
    (at_least(2), MISSING, "fail"),
    (about(10, 2), 8, "pass"),
    (about(10, 2), 12, "pass"),
    (about(10, 2), 7.9, "fail"),
    (about(10, 2), 12.1, "fail"),
    (about(1, 1), True, "fail"),
    (about(10, 2), "10", "fail"),
    (positive, 1, "pass"),
    (positive, 0, "fail"),
    (positive, -1, "fail"),
    (positive, True, "fail"),
    (positive, "1", "fail"),
    (positive, MISSING, "fail"),
    (asked(1), 1, "pass"),
    (asked(1), MISSING, "warn"),
    (asked(1), 2, "fail"),
    (asked(1), None, "fail"),
    (absent_or("A"), MISSING, "pass"),
    (absent_or("A"), "A", "pass"),
    (absent_or("A"), "B", "fail"),
    (absent_or("A"), None, "fail"),
    (ignoring_case("Card-ß"), "CARD-SS", "pass"),
    (ignoring_case("Card"), "cARD", "pass"),
    (ignoring_case("Card"), "Card ", "fail"),
    (ignoring_case("Card"), MISSING, "fail"),
    (ignoring_case("1"), 1, "fail"),
    (same_bytes("AAEC"), "AAEC", "pass"),
    (same_bytes("AAEC"), "AA\nEC", "warn"),
    (same_bytes("AAEC"), "aaec", "fail"),
    (same_bytes("AAEC"), "AAE", "fail"),
    (same_bytes("AAEC"), 1, "fail"),
    (same_bytes("AAEC"), MISSING, "fail"),
    (warns_on(0, at_least(1)), 1, "pass"),
    (warns_on(0, at_least(1)), 0, "warn"),
    (warns_on(0, at_least(1)), -1, "fail"),
    (warns_on(0, at_least(1)), False, "fail"),
    (warns_on(0, asked(5)), MISSING, "warn"),
    (warns_on(asked(5), 6), MISSING, "warn"),
]


@pytest.mark.parametrize(("expected", "value", "judged"), JUDGED)
def test_a_value_is_judged(expected: Any, value: Any, judged: Judged) -> None:
    assert matcher(expected).judge(value, AT) == judged


TIMES: list[tuple[Any, Any, Judged]] = [
    (about_now(5), NOON, "pass"),
    (about_now(5), "2026-03-01T12:00:05Z", "pass"),
    (about_now(5), "2026-03-01T11:59:55.000Z", "pass"),
    (about_now(5), "2026-03-01T12:00:05.001Z", "fail"),
    (about_now(5), "2026-03-01T11:59:54.999Z", "fail"),
    (about_now(5), "2026-03-01T14:00:00+02:00", "pass"),
    (about_now(5), "2026-03-01T12:00:00+02:00", "fail"),
    (about_now(5), "2026-03-01T12:00:00", "fail"),
    (about_now(5), 1772366400, "fail"),
    (about_now(5), MISSING, "fail"),
    (same_time(NOON), "2026-03-01T13:00:00+01:00", "pass"),
    (same_time(NOON), "2026-03-01T12:00:00.999Z", "pass"),
    (same_time(NOON), "2026-03-01T11:59:59.001Z", "pass"),
    (same_time(NOON), "2026-03-01T12:00:01Z", "fail"),
    (same_time(NOON), "2026-03-01T11:59:59Z", "fail"),
    (same_time(NOON, 0.5), "2026-03-01T12:00:00.500Z", "fail"),
    (same_time(NOON), "noon", "fail"),
    (same_time(NOON), MISSING, "fail"),
    (same_time("noon"), "noon", "fail"),
    (future_or_absent, MISSING, "pass"),
    (future_or_absent, "2026-03-01T12:00:00.001Z", "pass"),
    (future_or_absent, NOON, "fail"),
    (future_or_absent, None, "fail"),
    (future_or_absent, "tomorrow", "fail"),
    (past_or_absent, MISSING, "pass"),
    (past_or_absent, NOON, "pass"),
    (past_or_absent, "2026-03-01T12:00:00.001Z", "fail"),
    (past_or_absent, None, "fail"),
]


@pytest.mark.parametrize(("expected", "value", "judged"), TIMES)
def test_a_time_is_judged(expected: Any, value: Any, judged: Judged) -> None:
    assert matcher(expected).judge(value, AT) == judged


INSTANTS = [
    ("2026-03-01T12:00:00Z", AT),
    ("2026-03-01t12:00:00z", AT),
    ("2026-03-01T12:00:00.5Z", AT + timedelta(milliseconds=500)),
    ("2026-03-01T12:00:00.123456789Z", AT + timedelta(microseconds=123456)),
    ("2026-03-01T12:00:00-00:00", AT),
    ("2026-03-01T06:30:00-05:30", AT),
    ("2026-03-02T11:59:00+23:59", AT),
    ("2026-02-28T23:59:60Z", AT.replace(month=2, day=28, hour=23, minute=59, second=59)),
    ("2024-02-29T12:00:00Z", AT.replace(year=2024, month=2, day=29)),
]


@pytest.mark.parametrize(("text", "instant"), INSTANTS)
def test_a_date_time_is_read(text: str, instant: datetime) -> None:
    assert parse_time(text) == instant


NO_TIMES = [
    "",
    "2026-03-01",
    "2026-03-01T12:00:00",
    "2026-03-01 12:00:00Z",
    "2026-03-01T12:00Z",
    "2026-03-01T12:00:00.Z",
    "2026-03-01T12:00:00,5Z",
    "2026-03-01T12:00:00+0100",
    "2026-03-01T12:00:00+01",
    "2026-03-01T12:00:00+24:00",
    "2026-03-01T12:00:00+01:60",
    "2026-03-01T12:00:61Z",
    "2026-03-01T12:60:00Z",
    "2026-03-01T24:00:00Z",
    "2026-02-29T12:00:00Z",
    "2026-13-01T12:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59-01:00",
    "0001-01-01T00:00:00+01:00",
    "٢٠٢٦-03-01T12:00:00Z",
    "2026-03-01T12:00:00Z\n",
    " 2026-03-01T12:00:00Z",
    "20260301T120000Z",
]


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_rfc_3339_does_not_allow_is_no_date_time(text: str) -> None:
    assert parse_time(text) is None


@pytest.mark.parametrize("value", [None, MISSING, 0, True, ["2026-03-01T12:00:00Z"], {}])
def test_what_is_no_text_is_no_date_time(value: Any) -> None:
    assert parse_time(value) is None


PAYLOAD = {
    "a": {"b": None, "0": "zero", "c d": 1},
    "list": [{"x": 1}, [5, 6]],
    "": "empty",
    "it's": 2,
    'both\' "quotes"': 3,
    "dot.ted": 4,
}
FOUND = [
    ("", PAYLOAD),
    ("a.b", None),
    ("a.0", "zero"),
    ("a['c d']", 1),
    ("list[0].x", 1),
    ("list[1][1]", 6),
    ("['']", "empty"),
    ('["it\'s"]', 2),
    (f'[{chr(39)}both\\\' "quotes"{chr(39)}]', 3),
    ("['dot.ted']", 4),
    ("a.x", MISSING),
    ("a.b.c", MISSING),
    ("a[0]", MISSING),
    ("list[2]", MISSING),
    ("list.x", MISSING),
    ("list[0][0]", MISSING),
    ("x.y.z", MISSING),
    ("dot.ted", MISSING),
]


@pytest.mark.parametrize(("path", "value"), FOUND)
def test_a_path_leads_to_a_value(path: str, value: Any) -> None:
    assert find(PAYLOAD, path) is value or find(PAYLOAD, path) == value


@pytest.mark.parametrize("payload", [None, "text", 5, []])
def test_a_path_leads_nowhere_in_what_is_no_object(payload: Any) -> None:
    assert find(payload, "a") is MISSING
    assert find(payload, "") is payload


TEXTS = [
    ("A", "'A'"),
    (True, "True"),
    (any_of("A", 1, absent), "'A' or 1 or no such field"),
    (asked("A"), "'A' or no such field (warns)"),
    (not_("A"), "a value other than 'A'"),
    (at_least(1), "at least 1"),
    (about(10, 0.5), "10 ± 0.5"),
    (about_now(5), "the current time ± 5 s"),
    (warns_on(0, at_least(1)), "at least 1; 0 with a warning"),
    (ignoring_case("A"), "'A' in any letter case"),
    (same_time(NOON), f"the instant {NOON}"),
    (future_or_absent, "no such field or a date-time in the future"),
    (same_bytes("AAEC"), "the 3 bytes that were given, in base64"),
]


@pytest.mark.parametrize(("expected", "text"), TEXTS)
def test_an_expectation_says_all_that_it_lets_through(expected: Any, text: str) -> None:
    assert matcher(expected).text == text
