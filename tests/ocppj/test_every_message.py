"""Every message, every place in it, every way to get it wrong: one fault in, that one violation out."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from ocppj._text import json_path
from ocppj.names import Message
from ocppj.schemas import Kind, schema, valid, violations

MESSAGES = get_args(Message)
Place = tuple[str | int, ...]
WRONG_TYPES: list[Any] = [None, True, 7, 1.5, 1e300, "a", [], [1], {}, {"x": {"y": [1]}}]
SAMPLES = {"date-time": "2013-02-01T20:53:32.486Z", "uri": "ftp://example.org/x"}
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


class Known:
    """A message by name: its schema, a payload with every field, and every place in that payload with its schema."""

    def __init__(self, message: str) -> None:
        action, _, kind = message.partition(".")
        self.action = action
        self.kind: Kind = "req" if kind == "req" else "conf"
        self.root = schema(self.action, self.kind)
        self.payload: dict[str, Any] = self.full(self.root)
        self.places = dict(self.walk(self.root, ()))

    def node(self, node: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.root["definitions"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
        return found

    def full(self, node: dict[str, Any]) -> Any:
        node = self.node(node)
        if "enum" in node:
            return node["enum"][0]
        if node["type"] == "object":
            return {name: self.full(child) for name, child in node.get("properties", {}).items()}
        if node["type"] == "array":
            return [self.full(node["items"])]
        return {"string": SAMPLES.get(node.get("format", ""), "a"), "integer": 1, "number": 0.5, "boolean": True}[
            node["type"]
        ]

    def walk(self, node: dict[str, Any], place: Place) -> Iterator[tuple[Place, dict[str, Any]]]:
        node = self.node(node)
        yield place, node
        for name, child in node.get("properties", {}).items():
            yield from self.walk(child, (*place, name))
        if node["type"] == "array":
            yield from self.walk(node["items"], (*place, 0))

    def judged(self, place: Place, value: Any) -> list[tuple[str, str]]:
        """The violations once the value stands at the place; Ellipsis takes away what is there."""
        payload = copy.deepcopy(self.payload)
        if not place:
            payload = value
        else:
            holder: Any = payload
            for step in place[:-1]:
                holder = holder[step]
            if value is ...:
                del holder[place[-1]]
            else:
                holder[place[-1]] = value
        found = [(violation.path, violation.rule) for violation in violations(self.action, self.kind, payload)]
        assert valid(self.action, self.kind, payload) == (not found)
        return found


@pytest.mark.parametrize("message", MESSAGES)
def test_full_payload_is_valid(message: str) -> None:
    known = Known(message)
    assert violations(known.action, known.kind, known.payload) == []


@pytest.mark.parametrize("message", MESSAGES)
def test_wrong_type(message: str) -> None:
    known = Known(message)
    for place, node in known.places.items():
        for value in WRONG_TYPES:
            if type(value) in PYTHON_TYPES[node["type"]]:
                continue
            # 1e300 is an integer beyond 32 bits: what the JSON parser makes of a very long one.
            rule = "int32" if value == 1e300 and node["type"] == "integer" else "type"
            assert known.judged(place, value) == [(json_path(place), rule)]


@pytest.mark.parametrize("message", MESSAGES)
def test_missing_and_unknown_fields(message: str) -> None:
    known = Known(message)
    for place, node in known.places.items():
        for name in node.get("properties", {}):
            missing = [(json_path((*place, name)), "required")] if name in node.get("required", ()) else []
            assert known.judged((*place, name), ...) == missing
        if node["type"] == "object":
            unknown = (*place, "noSuchField")
            assert known.judged(unknown, 1) == [(json_path(unknown), "additionalProperties")]


def wrong_values(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The keyword and a value of the right type that breaks it, for every limit that the schema sets."""
    if "enum" in node:
        yield from (("enum", value.swapcase()) for value in node["enum"])
        yield "enum", ""
    if "maxLength" in node:
        yield "maxLength", "x" * (node["maxLength"] + 1)
    if "format" in node:
        yield "format", ""
    if "multipleOf" in node:
        yield "multipleOf", 0.55
    if "minItems" in node:
        yield "minItems", []
    if node["type"] == "integer":
        yield from (("int32", value) for value in (2**31, -(2**31) - 1, 2**63, 2**64 - 1))


@pytest.mark.parametrize("message", MESSAGES)
def test_wrong_value(message: str) -> None:
    known = Known(message)
    for place, node in known.places.items():
        for rule, value in wrong_values(node):
            assert known.judged(place, value) == [(json_path(place), rule)]


@pytest.mark.parametrize("message", MESSAGES)
def test_limits_are_still_valid(message: str) -> None:
    known = Known(message)
    for place, node in known.places.items():
        if "maxLength" in node:
            assert known.judged(place, "\N{GRINNING FACE}" * node["maxLength"]) == []
        if node["type"] == "integer":
            assert known.judged(place, 2**31 - 1) == known.judged(place, -(2**31)) == []
        for value in node.get("enum", ()):
            assert known.judged(place, value) == []
