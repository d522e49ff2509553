"""Where keys stand in a TOML text."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.sut_toml.lines import Parts, key_lines

TEXT = '''\
# a comment with [brackets] and "quotes"
title = "x = 1 # not a comment"  # a = 2
[a.b]
"quoted key" = """
[not.a.table]
c = 1"""
'lit.eral' = \'\'\'
d = 2\'\'\'
when = 1979-05-27 07:32:00
e.f = [
  1, # one
  { g = 2, h = [ 3,
    4 ] },
]
[[list]]
i = 1

[list.inner]
j = 2

  [[ list ]]
  i = "it's ]"
'''


def test_every_key_has_its_line() -> None:
    assert key_lines(TEXT) == {
        ("title",): 2,
        ("a",): 3,
        ("a", "b"): 3,
        ("a", "b", "quoted key"): 4,
        ("a", "b", "lit.eral"): 7,
        ("a", "b", "when"): 9,
        ("a", "b", "e"): 10,
        ("a", "b", "e", "f"): 10,
        ("a", "b", "e", "f", 0): 11,
        ("a", "b", "e", "f", 1): 12,
        ("a", "b", "e", "f", 1, "g"): 12,
        ("a", "b", "e", "f", 1, "h"): 12,
        ("a", "b", "e", "f", 1, "h", 0): 12,
        ("a", "b", "e", "f", 1, "h", 1): 13,
        ("list",): 15,
        ("list", 0): 15,
        ("list", 0, "i"): 16,
        ("list", 0, "inner"): 18,
        ("list", 0, "inner", "j"): 19,
        ("list", 1): 21,
        ("list", 1, "i"): 22,
    }


def test_windows_line_ends_count_once() -> None:
    assert key_lines("a = 1\r\n\r\n[b]\r\nc = 2\r\n") == {("a",): 1, ("b",): 3, ("b", "c"): 4}


def paths(value: Any, path: Parts = ()) -> set[Parts]:
    """Every path in tables as tomllib reads them."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path} - {()} | {inner for part, element in items for inner in paths(element, (*path, part))}


KEYS = st.sampled_from(["a", "b-1", '"c d"', "'e.f'", '"q\\"]"'])
SCALARS = st.sampled_from(
    ["1", "-1.5e3", "true", '"[x]"', '"\\"#"', "'a = {'", "1979-05-27 07:32:00", '"""\n]\n"q""""', "'''\n}'''"]
)
SPACE = st.sampled_from(["", " ", " # note ]\n", "\n  "])


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Arrays over several lines and inline tables."""
    items = st.lists(st.tuples(SPACE, inner, SPACE), max_size=3)
    array = st.builds(lambda xs, end: "[" + ",".join("".join(x) for x in xs) + end + "]", items, SPACE)
    pairs = st.lists(st.tuples(KEYS, inner), max_size=2, unique_by=lambda pair: pair[0])
    return array | st.builds(lambda xs: "{" + ", ".join(f"{k} = {v}" for k, v in xs) + " }", pairs)


VALUES = st.recursive(SCALARS, arrays, max_leaves=6)
LINES = st.lists(
    st.builds("{} = {}".format, KEYS, VALUES)
    | st.builds("{}.{} = {}  # x".format, KEYS, KEYS, SCALARS)
    | st.builds("[{}]".format, KEYS)
    | st.builds("[[{}.{}]]".format, KEYS, KEYS)
    | st.builds("[ {} . {}.{} ]".format, KEYS, KEYS, KEYS)
    | st.sampled_from(["", "# [a]"]),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(LINES)
def test_it_finds_exactly_what_tomllib_reads(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        expected = paths(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return
    assert set(key_lines(text)) == expected
