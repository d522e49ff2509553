"""Every way to break one payload: a node dropped, added to, or changed to another value, valid, invalid or mistyped."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from harness.clock import rfc3339
from harness.matchers import parse_time, same
from ocppj.schemas import Kind, schema


class Broken(NamedTuple):
    """A broken payload: how it was broken, and where."""

    how: str
    path: str
    payload: Any


Tokens = tuple[str | int, ...]


def broken(action: str, kind: Kind, payload: dict[str, Any]) -> Iterator[Broken]:
    """All mutants of a payload."""
    root = schema(action, kind)
    for tokens, value, described in _nodes(payload, _inlined(root, root)):
        path = text(tokens)
        if tokens:
            yield Broken("dropped", path, _without(payload, tokens))
        for how, other in _others(value, described):
            if not same(value, other):
                yield Broken(how, path, _with(payload, tokens, other))
        if isinstance(value, dict):
            yield Broken("extra property", text((*tokens, "extra")), _with(payload, (*tokens, "extra"), 1))
            yield from _additions(payload, tokens, value, described)


def text(tokens: Tokens) -> str:
    """A path as checks write it."""
    return "".join(f"[{t}]" if isinstance(t, int) else f".{t}" for t in tokens).lstrip(".")


def _inlined(node: Any, root: dict[str, Any]) -> Any:
    """A schema without references."""
    if isinstance(node, list):
        return [_inlined(inner, root) for inner in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inlined(root["definitions"][node["$ref"].rpartition("/")[2]], root)
    return {name: _inlined(inner, root) for name, inner in node.items()}


def _nodes(value: Any, described: dict[str, Any], tokens: Tokens = ()) -> Iterator[tuple[Tokens, Any, dict[str, Any]]]:
    yield tokens, value, described
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _nodes(inner, described["properties"][key], (*tokens, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nodes(inner, described["items"], (*tokens, index))


def _others(value: Any, described: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, str):
        yield from _other_texts(value, described)
    elif isinstance(value, int):
        yield from (
            ("another value", value + 1),
            ("another value", -1),
            ("too large", 2**31),
            ("a fraction", value + 0.5),
        )
        yield from (("another type", str(value)), ("another type", True))
    elif isinstance(value, list):
        yield from (("emptied", []), ("longer", [*value, "Another"]), ("another type", "text"))
    else:
        yield from (("another type", "text"), ("another type", []))
        if value:
            yield "emptied", {}
    yield "null", None


def _other_texts(value: str, described: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    instant = parse_time(value)
    if "enum" in described:
        yield from (("another value", literal) for literal in described["enum"] if literal != value)
        yield from (("invalid", "Nonsense"), ("other case", value.swapcase()))
    elif described.get("format") == "date-time" and instant:
        yield from (("another value", rfc3339(instant + timedelta(hours=hours))) for hours in (1, -1))
        yield (
            "another zone",
            (instant + timedelta(hours=1)).isoformat(timespec="milliseconds").replace("+00:00", "+01:00"),
        )
        yield from (("invalid", "yesterday"), ("invalid", value.rstrip("Z")))
    else:
        yield from (("another value", "Another"), ("other case", value.swapcase()))
        yield "too long", "x" * (described.get("maxLength", 500) + 1)
    yield from (("another type", 42), ("another type", {"text": value}))


def _additions(payload: Any, tokens: Tokens, value: dict[str, Any], described: dict[str, Any]) -> Iterator[Broken]:
    """Optional fields that were not sent, each with values that the schema allows."""
    for name, inner in described.get("properties", {}).items():
        if name not in value:
            for sample in samples(inner):
                yield Broken("added", text((*tokens, name)), _with(payload, (*tokens, name), sample))


def samples(described: dict[str, Any]) -> Iterator[Any]:
    """Values that a schema allows, each of its literals at least once."""
    kind = described.get("type")
    if "enum" in described:
        yield from described["enum"]
    elif described.get("format") == "date-time":
        yield "2020-01-01T00:00:00.000Z"
    elif described.get("format") == "uri":
        yield "https://example.org/file"
    elif kind == "object":
        required = described.get("required", list(described["properties"]))
        made = {name: list(samples(described["properties"][name])) for name in required}
        most = max((len(values) for values in made.values()), default=1)
        for index in range(most):
            yield {name: values[index % len(values)] for name, values in made.items()}
    elif kind == "array":
        yield [next(samples(described["items"]))]
    else:
        yield {"string": "Another", "integer": 1, "number": 1.0, "boolean": True}[str(kind)]


def _with(payload: Any, tokens: Tokens, value: Any) -> Any:
    if not tokens:
        return value
    changed = copy.deepcopy(payload)
    _parent(changed, tokens)[tokens[-1]] = value
    return changed


def _without(payload: Any, tokens: Tokens) -> Any:
    changed = copy.deepcopy(payload)
    del _parent(changed, tokens)[tokens[-1]]
    return changed


def _parent(payload: Any, tokens: Tokens) -> Any:
    for token in tokens[:-1]:
        payload = payload[token]
    return payload
