"""What holds for every input: text in gives a frame, and what we write comes back."""

from __future__ import annotations

import json
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from ocppj._text import json_path, shown
from ocppj.frames import (
    Call,
    CallError,
    CallResult,
    Frame,
    Malformed,
    call_text,
    duplicate_keys,
    error_text,
    null_payload,
    parse,
    result_text,
)

QUICK = settings(deadline=None, database=None, max_examples=80)

ANY_TEXT = st.text(st.characters(exclude_categories=()))
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(
    SCALARS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=8), JSON, max_size=4)
IDS = st.text(max_size=36)
# Values that Python's json writes and OCPP-J does not allow: NaN, Infinity, lone surrogates, any size of number.
LOOSE_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=12,
)
FRAME_LIKE = st.tuples(
    st.sampled_from([2, 3, 4, 2.0, "2", True, None, 5]), LOOSE_JSON, LOOSE_JSON, LOOSE_JSON, LOOSE_JSON
)


def is_sound(frame: Frame, text: str) -> bool:
    """What every frame guarantees."""
    if isinstance(frame, Malformed):
        return frame.raw == text and "expected" in frame.reason and "received" in frame.reason
    payload = frame.details if isinstance(frame, CallError) else frame.payload
    return frame.raw == text and isinstance(payload, dict) and len(frame.unique_id) <= 36


@QUICK
@given(ANY_TEXT)
def test_any_text_is_a_frame(text: str) -> None:
    assert is_sound(parse(text), text)


@QUICK
@given(st.binary())
def test_any_bytes_are_malformed(data: bytes) -> None:
    frame = parse(data)
    assert isinstance(frame, Malformed)
    assert frame.raw == data.decode(errors="backslashreplace")


@QUICK
@given(LOOSE_JSON, st.booleans())
def test_any_json_is_a_frame(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert is_sound(parse(text), text)
    assert duplicate_keys(text) == []


@QUICK
@given(FRAME_LIKE, st.integers(0, 5))
def test_what_looks_like_a_frame_is_one_or_says_why(elements: tuple[Any, ...], count: int) -> None:
    text = json.dumps(elements[:count])
    frame = parse(text)
    assert is_sound(frame, text)
    is_kind = count > 0 and type(elements[0]) is int and elements[0] in (2, 3, 4)
    assert isinstance(frame, Malformed) or (is_kind and len(elements[:count]) == {2: 4, 3: 3, 4: 5}[elements[0]])


@QUICK
@given(st.data())
def test_damaged_text_is_a_frame(data: st.DataObject) -> None:
    text = call_text("1", "MeterValues", {"connectorId": 1, "meterValue": [{"sampledValue": [{"value": "1"}]}]})
    at = data.draw(st.integers(0, len(text)))
    damaged = text[:at] + data.draw(ANY_TEXT) + text[at + data.draw(st.integers(0, 5)) :]
    assert is_sound(parse(damaged), damaged)


@QUICK
@given(IDS, st.text(), OBJECTS)
def test_call_comes_back(unique_id: str, action: str, payload: dict[str, Any]) -> None:
    text = call_text(unique_id, action, payload)
    assert parse(text) == Call(unique_id, action, payload, text)


@QUICK
@given(IDS, OBJECTS)
def test_result_comes_back(unique_id: str, payload: dict[str, Any]) -> None:
    text = result_text(unique_id, payload)
    frame = parse(text)
    assert frame == CallResult(unique_id, payload, text)
    assert isinstance(frame, CallResult)
    assert not null_payload(frame)


@QUICK
@given(IDS, st.text(), st.text(), OBJECTS | st.none())
def test_error_comes_back(unique_id: str, code: str, description: str, details: dict[str, Any] | None) -> None:
    text = error_text(unique_id, code, description, details)
    assert parse(text) == CallError(unique_id, code, description, details or {}, text)


@QUICK
@given(st.text(min_size=37, max_size=80), st.sampled_from([call_text("{}", "A", {}), result_text("{}", {})]))
def test_long_id_is_malformed(unique_id: str, text: str) -> None:
    frame = parse(text.replace('"{}"', json.dumps(unique_id)))
    assert isinstance(frame, Malformed)
    assert (frame.rule, frame.unique_id) == ("OCPPJ-4.1.4-03", unique_id)


KEYS = st.sampled_from(["a", "b", "c d", "\u00e9", ""])
# ("value", text), ("array", nodes) or ("object", pairs of key and node): JSON that may repeat its keys
NODES: st.SearchStrategy[tuple[str, Any]] = st.recursive(
    st.sampled_from(["1", '"a"', '"{,\\"b\\":"', "null"]).map(lambda text: ("value", text)),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda nodes: ("array", nodes))
        | st.lists(st.tuples(KEYS, inner), max_size=4).map(lambda pairs: ("object", pairs))
    ),
)


def written(node: tuple[str, Any], path: tuple[str | int, ...] = ()) -> tuple[str, list[str]]:
    """The text of a node and the paths of its repeated keys, in the order of the text."""
    kind, content = node
    if kind == "value":
        return content, []
    if kind == "array":
        parts = [written(child, (*path, index)) for index, child in enumerate(content)]
        return f"[{', '.join(text for text, _ in parts)}]", [found for _, some in parts for found in some]
    texts, repeated, seen = [], [], set()
    for key, child in content:
        repeated += [json_path((*path, key))] if key in seen else []
        seen.add(key)
        text, inner = written(child, (*path, key))
        texts.append(f"{json.dumps(key)} : {text}")
        repeated += inner
    return f"{{{', '.join(texts)}}}", repeated


@QUICK
@given(NODES)
def test_every_repeated_key_is_found(node: tuple[str, Any]) -> None:
    text, repeated = written(node)
    assert duplicate_keys(text) == repeated


@QUICK
@given(LOOSE_JSON)
def test_what_is_shown_is_short(value: Any) -> None:
    assert len(shown(value)) <= 60 * len("\\U0010ffff") + 60 or isinstance(value, int)


def test_shown() -> None:
    values: list[object] = [None, True, False, 0, 1, 2.5, "a", "it's", [], (), {}]
    expected = ["null", "true", "false", "0", "1", "2.5", "'a'", '"it\'s"', "an array", "an array", "an object"]
    assert [shown(value) for value in values] == expected
    assert shown("x" * 60) == f"'{'x' * 60}'"
    assert shown("x" * 61) == f"'{'x' * 60}'... (61 characters)"


def test_every_kind_of_frame_is_tested_here() -> None:
    assert set(get_args(Frame)) == {Call, CallResult, CallError, Malformed}
