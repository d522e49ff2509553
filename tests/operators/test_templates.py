"""Placeholders and places."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import OperatorError
from harness.operators.templates import fill, fill_text, fill_url, pick, uses_payload

VALUES: dict[str, Any] = {
    "n": 7,
    "text": "a b/ü",
    "none": None,
    "keys": ["A", "B"],
    "payload": {"x": 1},
    "odd": "{n}",
}

FILLED = [
    ("{n}", 7),
    ("no {n}", "no 7"),
    ("{n}{n}", "77"),
    ("{keys}", ["A", "B"]),
    ("k={keys}", "k=A,B"),
    ("{payload}", {"x": 1}),
    ("{none}", None),
    ("{odd} {n}", "{n} 7"),
    ('{"a": 1} {} { n }', '{"a": 1} {} { n }'),
    ({"a": "{n}", "b": "{none}", "c": {"d": "{none}"}}, {"a": 7, "c": {}}),
    (["{n}", "{none}", ["{text}"]], [7, ["a b/ü"]]),
    ({"a": 1, "b": True, "c": 1.5}, {"a": 1, "b": True, "c": 1.5}),
]


@pytest.mark.parametrize(("template", "expected"), FILLED)
def test_a_template_is_filled(template: Any, expected: Any) -> None:
    assert fill(template, VALUES) == expected


def test_a_url_is_percent_encoded() -> None:
    assert fill_url("/a/{text}?k={keys}&n={n}", VALUES) == "/a/a%20b%2F%C3%BC?k=A%2CB&n=7"


@pytest.mark.parametrize("fill_in", [fill, fill_text, fill_url])
def test_text_cannot_hold_what_has_no_value(fill_in: Any) -> None:
    with pytest.raises(OperatorError, match=r"^template: expected a value for \{none\}, received none; "):
        fill_in("a {none}", VALUES)


USES = [
    ("{payload}", True),
    ({"a": ["{payload}"]}, True),
    ({"a": "x {payload}"}, False),
    (None, False),
    (["{n}"], False),
]


@pytest.mark.parametrize(("template", "expected"), USES)
def test_the_use_of_the_payload_is_seen(template: Any, expected: bool) -> None:
    assert uses_payload(template) is expected


PLACES = [
    ("", {"a": [1]}),
    ("a", [1]),
    ("a[0]", 1),
    ("a[1]", None),
    ("a.b", None),
    ("b", None),
    ("[0]", None),
    ("a[0].c", None),
]


@pytest.mark.parametrize(("place", "expected"), PLACES)
def test_a_place_is_looked_up(place: str, expected: Any) -> None:
    assert pick({"a": [1]}, place) == expected
    assert pick([[{"x y": {"z": 0}}]], "[0][0].x y.z") == 0
