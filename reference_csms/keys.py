"""Key names of payloads: as on the wire for the protocol, in snake case for handlers, by maps made from the schemas.

A name that a schema does not have is passed on as it is. Values are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any

from ocppj.schemas import Kind, schema

Convert = Callable[[Any], Any]

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")


def snake_name(name: str) -> str:
    """The name in snake case, as in the dataclasses of the `ocpp` package."""
    return _HUMP.sub("_", name).lower()


@cache
def to_snake(action: str, kind: Kind) -> Convert:
    """A function that gives a wire payload with snake case names."""
    root = schema(action, kind)
    return _snake_reader(root, root) or dict


@cache
def to_wire(action: str, kind: Kind) -> Convert:
    """A function that gives the wire payload of a dataclass or dict with snake case names; None means absent."""
    root = schema(action, kind)
    return _wire_writer(root, root) or dict


def _snake_reader(node: Mapping[str, Any], root: Mapping[str, Any]) -> Convert | None:
    """None where no name inside differs, so that the value can be passed as it is."""
    node = _resolved(node, root)
    if "items" in node:
        inner = _snake_reader(node["items"], root)
        return None if inner is None else lambda values: [inner(value) for value in values]
    if "properties" not in node:
        return None
    names = {name: snake_name(name) for name in node["properties"]}
    readers = {name: reader for name, sub in node["properties"].items() if (reader := _snake_reader(sub, root))}
    if not readers and all(name == snake for name, snake in names.items()):
        return None
    if not readers:
        return lambda value: {names.get(name, name): item for name, item in value.items()}
    return lambda value: {
        names.get(name, name): readers[name](item) if name in readers else item for name, item in value.items()
    }


def _wire_writer(node: Mapping[str, Any], root: Mapping[str, Any]) -> Convert | None:
    node = _resolved(node, root)
    if "items" in node:
        inner = _wire_writer(node["items"], root) or _plain
        return lambda values: [inner(value) for value in values]
    if node.get("type") != "object":
        return None
    properties = node.get("properties", {})
    names = {snake_name(name): name for name in properties}
    writers = {snake_name(name): writer for name, sub in properties.items() if (writer := _wire_writer(sub, root))}

    def write(value: Any) -> dict[str, Any]:
        fields = value if isinstance(value, dict) else value.__dict__
        wire: dict[str, Any] = {}
        for name, item in fields.items():
            if item is not None:
                wire[names.get(name, str(name))] = writers[name](item) if name in writers else _plain(item)
        return wire

    return write


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _resolved(node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("$ref")
    if reference is None:
        return node
    for part in reference.removeprefix("#/").split("/"):
        root = root[part]
    return root
