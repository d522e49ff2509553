"""The schemas that the ocpp package ships say what the documents say, but for the differences listed here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from ocppj.actions import Profile
from ocppj.names import ActionName, Message
from ocppj.schemas import ACTIONS, ERROR_CODE, Kind, schema, schema_folder

HERE = Path(__file__).parent
MESSAGES: dict[str, Any] = tomllib.loads((HERE / "specification.toml").read_text())["messages"]
TYPES: dict[str, dict[str, str]] = tomllib.loads((HERE / "types.toml").read_text())
ALL: list[tuple[str, Kind]] = [(action, kind) for action in MESSAGES for kind in ("req", "conf")]

# Where schema and document differ we go by the schema, which is what every other tool checks.
_UNITS = TYPES["enumerations"]["UnitOfMeasure"].split()
_UNIT = {"required": False, "type": "string"}
_MAY_BE_EMPTY = {"required": True, "type": "array"}
DIFFERENCES: dict[str, dict[str, dict[str, Any]]] = {
    "GetCompositeSchedule.conf": {"chargingSchedule.chargingSchedulePeriod": _MAY_BE_EMPTY},
    "GetInstalledCertificateIds.conf": {"certificateHashData": {"required": False, "type": "array", "minItems": 1}},
    "MeterValues.req": {
        # The misspelt Celcius is kept (errata of OCPP-J 2.1), Hertz is the unit of Frequency (errata 3.84).
        "meterValue[].sampledValue[].unit": {**_UNIT, "enum": sorted([*_UNITS, "Celcius", "Hertz"])}
    },
    "RemoteStartTransaction.req": {"chargingProfile.chargingSchedule.chargingSchedulePeriod": _MAY_BE_EMPTY},
    "SetChargingProfile.req": {"csChargingProfiles.chargingSchedule.chargingSchedulePeriod": _MAY_BE_EMPTY},
    "StopTransaction.req": {
        "transactionData[].sampledValue": _MAY_BE_EMPTY,
        "transactionData[].sampledValue[].unit": {**_UNIT, "enum": sorted([*_UNITS, "Celcius"])},
    },
}


def documented(fields: str, prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of a message or class by path, as the schema keywords that the document implies."""
    for field in filter(None, fields.replace("\n", " ").split(",")):
        name, type_, cardinality = (*field.split(), "1..1")[:3]
        path, expected = prefix + name, {"required": cardinality.startswith("1")}
        if cardinality.endswith("*"):
            yield path, {**expected, "type": "array", **({"minItems": 1} if cardinality == "1..*" else {})}
            path, expected = path + "[]", {}
        yield path, {**expected, **as_keywords(type_)}
        yield from documented(TYPES["classes"].get(type_, ""), path + ".")


def as_keywords(type_: str) -> dict[str, Any]:
    """What a schema says of a value of a documented type."""
    if type_ in TYPES["classes"]:
        return {"type": "object", "additionalProperties": False}
    if type_ in TYPES["enumerations"]:
        return {"type": "string", "enum": sorted(TYPES["enumerations"][type_].split())}
    name, _, length = type_.removesuffix("]").partition("[")
    named: dict[str, dict[str, Any]] = {
        "IdToken": {"type": "string", "maxLength": 20},
        "dateTime": {"type": "string", "format": "date-time"},
        "anyURI": {"type": "string", "format": "uri"},
        "decimal": {"type": "number", "multipleOf": 0.1},
        "integer": {"type": "integer"},
        "boolean": {"type": "boolean"},
        "Text": {"type": "string"},
        "String": {"type": "string"},
        "CiString": {"type": "string"},
    }
    return {**named[name], "maxLength": int(length)} if length else named[name]


def shipped(node: Mapping[str, Any], root: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of a schema by path, as its keywords."""
    for name, child in node.get("properties", {}).items():
        path, expected = prefix + name, {"required": name in node.get("required", ())}
        child = resolved(child, root)
        if child["type"] == "array":
            yield path, {**expected, **keywords(child)}
            path, expected, child = path + "[]", {}, resolved(child["items"], root)
        yield path, {**expected, **keywords(child)}
        yield from shipped(child, root, path + ".")


def resolved(node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node itself or what it refers to."""
    return root["definitions"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node


def keywords(node: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that limit a value; enumerations in alphabetical order."""
    structure = {"properties", "required", "items", "additionalItems", "javaType"}
    found = {key: value for key, value in node.items() if key not in structure}
    if "enum" in found:
        found["enum"] = sorted(found["enum"])
        del found["additionalProperties"]
    return found


@pytest.mark.parametrize(("action", "kind"), ALL)
def test_schema_says_what_the_document_says(action: str, kind: Kind) -> None:
    root = schema(action, kind)
    document, differences = dict(documented(MESSAGES[action][kind])), DIFFERENCES.get(f"{action}.{kind}", {})
    assert dict(shipped(root, root)) == document | differences
    assert all(document[path] != shipped_there for path, shipped_there in differences.items())
    assert (root["type"], root["additionalProperties"]) == ("object", False)


def test_no_schema_uses_a_keyword_without_an_error_code() -> None:
    limits: set[str] = set()
    for action, kind in ALL:
        root = schema(action, kind)
        limits.update(key for _, found in shipped(root, root) for key in found)
    assert limits == set(ERROR_CODE) - {"json", "int32", "ascii"}


def test_actions_are_those_of_the_documents() -> None:
    found = {
        name: (
            action.profile,
            [side for side, may in (("station", action.from_station), ("csms", action.from_csms)) if may],
        )
        for name, action in ACTIONS.items()
    }
    assert found == {name: (message["profile"], message["from"]) for name, message in MESSAGES.items()}
    assert list(ACTIONS) == sorted(ACTIONS)
    assert all(action.name == name for name, action in ACTIONS.items())
    assert {action.profile for action in ACTIONS.values()} == set(get_args(Profile))


def test_names_are_those_of_the_schema_files() -> None:
    files = {path.stem for path in schema_folder().glob("*.json")}
    assert files == {f"{name}{ending}" for name in MESSAGES for ending in ("", "Response")}
    assert list(get_args(ActionName)) == sorted(MESSAGES)
    assert list(get_args(Message)) == [f"{name}.{kind}" for name in sorted(MESSAGES) for kind in ("req", "conf")]
