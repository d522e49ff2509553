"""How deep a frame may nest, and what is read of one that goes deeper."""

from __future__ import annotations

import pytest

from ocppj.frames import Call, Malformed, call_text, parse

JSON = "OCPPJ-4.1.2-01"


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize(("depth", "kind"), [(98, Call), (99, Malformed), (1000, Malformed), (100_000, Malformed)])
def test_depth(opening: str, depth: int, kind: type) -> None:
    closing = {"[": "]", "{": "}"}[opening[0]]
    text = f'[2,"1","A",{{"b":{opening * depth}7{closing * depth}}}]'
    assert type(parse(text)) is kind


@pytest.mark.parametrize("depth", [1000, 100_000])
@pytest.mark.parametrize(
    ("front", "unique_id", "message_type"),
    [('[2,"1"', "1", 2), (' [ 3 , "\\u0031" ', "1", 3), ('[5,"1"', None, None), ("[2,1", None, None)],
)
def test_what_is_too_deep_to_be_read_has_an_id_all_the_same(
    front: str, unique_id: str | None, message_type: int | None, depth: int
) -> None:
    frame = parse(f'{front},"A",{"[" * (depth + 1000)}{"]" * (depth + 1000)}]')
    assert isinstance(frame, Malformed)
    assert (frame.unique_id, frame.message_type, frame.rule) == (unique_id, message_type, JSON)


def test_depth_keeps_what_is_readable() -> None:
    text = f'[2,"1","A",{{"b":{"[" * 99}{"]" * 99}}}]'
    reason = "message: expected at most 100 levels of nesting, received more"
    assert parse(text) == Malformed(text, reason, JSON, "1", 2, "FormationViolation")


def test_wide_is_not_deep() -> None:
    text = call_text("1", "GetConfiguration", {"key": [[{}]] * 1000})
    assert type(parse(text)) is Call
