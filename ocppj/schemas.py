"""The messages of OCPP 1.6 and its security whitepaper, and whether a payload is one.

The schemas are the official ones that the `ocpp` package ships, read from its folder without importing it and
compiled when first used, each by the draft it names. One rule is added: integers have 32 bits, as `int` in the class
diagrams of OCPP 1.6 says. Ranges such as connectorId > 0, and duties that span several messages, are not schema
matters and are left to others.
"""

from __future__ import annotations

import copy
import functools
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import jsonschema_rs
import orjson

from ocppj._text import json_path, shown
from ocppj.actions import ACTIONS, Action
from ocppj.frames import ErrorCode

__all__ = ["ACTIONS", "ERROR_CODE", "Action", "Kind", "Violation", "non_ascii", "schema", "valid", "violations"]

Kind = Literal["req", "conf"]
INT32_MIN: Final = -(2**31)
INT32_MAX: Final = 2**31 - 1

# Table 7 of OCPP-J 1.6 against the schema keywords; the codes overlap (AMB-25), these name the fault most narrowly.
ERROR_CODE: Final[Mapping[str, ErrorCode]] = {
    "required": "OccurenceConstraintViolation",  # OCPPJ-4.2.3-14: cardinality 1..1
    "minItems": "OccurenceConstraintViolation",  # OCPPJ-4.2.3-14: cardinality 1..*
    "additionalProperties": "FormationViolation",  # OCPPJ-4.2.3-12, ERRJ-3.1: not in the PDU structure
    "json": "FormationViolation",  # OCPPJ-4.2.3-12: nothing a payload can be
    "type": "TypeConstraintViolation",  # OCPPJ-4.2.3-15
    "enum": "PropertyConstraintViolation",  # OCPPJ-4.2.3-13, ERR4-3.24, ERR4-3.38
    "maxLength": "PropertyConstraintViolation",  # OCPPJ-4.2.3-13
    "format": "PropertyConstraintViolation",  # OCPPJ-4.2.3-13
    "multipleOf": "PropertyConstraintViolation",  # OCPPJ-4.2.3-13
    "int32": "PropertyConstraintViolation",  # OCPPJ-4.2.3-13
    "ascii": "PropertyConstraintViolation",  # OCPPJ-4.2.3-13
}
"""The error code of a CALLERROR by the rule that a payload breaks."""

# Natural language, where OCPP-J 1.6 section 4.1.2 tolerates what the string types of OCPP 1.6 do not.
_FREE_TEXT: Final = frozenset({"data", "info", "techInfo"})
_PEM: Final = frozenset({"certificate", "certificateChain", "csr", "signingCertificate"})
_TYPES: Final = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
_FORMATS: Final = {"date-time": "a date-time as in RFC 3339", "uri": "an absolute URI"}


class Violation(NamedTuple):
    """One thing wrong with a payload: where, which schema keyword or added rule, why, and the error code for it."""

    path: str
    rule: str
    message: str
    error_code: ErrorCode

    def __str__(self) -> str:
        return f"{self.path or 'payload'}: {self.message}"


def violations(action: str, kind: Kind, payload: Any) -> list[Violation]:
    """What is wrong with a payload, one entry per fault; empty if nothing is. An unknown action raises KeyError."""
    validator = _validator(action, kind)
    try:
        found = [violation for error in validator.iter_errors(payload) for violation in _named(error)]
    except ValueError as error:
        return [_violation([], "json", f"expected plain JSON of at most 255 levels, received none; {error}")]
    # A value of the wrong type breaks the other rules of its place as well: that is one fault, not several.
    typed = {violation.path: violation for violation in reversed(found) if violation.rule in ("type", "int32")}
    return [violation for violation in found if typed.get(violation.path, violation) is violation]


def valid(action: str, kind: Kind, payload: Any) -> bool:
    """Whether `violations` finds nothing: the fast path. An unknown action raises KeyError."""
    try:
        return _validator(action, kind).is_valid(payload)
    except ValueError:
        return False


def non_ascii(action: str, kind: Kind, payload: Any) -> list[Violation]:
    """The strings of a payload that are not printable ASCII although their type asks for it (OCPP 1.6 section 2.2).

    Apart from `violations` because OCPP-J words it as a SHOULD. Line breaks of PEM files are fine, and free text is.
    """
    root = _schema(action, kind)
    return [
        _violation(path, "ascii", f"expected printable ASCII, received {shown(text)}")
        for path, text in _strings(root, root, payload, ())
        if not (text.isascii() and text.isprintable())
    ]


def schema(action: str, kind: Kind) -> dict[str, Any]:
    """The official JSON schema of a message, in a copy of its own. An unknown action raises KeyError."""
    return copy.deepcopy(_schema(action, kind))


@functools.cache
def schema_folder() -> Path:
    """Where the `ocpp` package keeps the schemas of OCPP 1.6."""
    # find_spec does not run the package; importing it would take longer than all of ocppj.
    found = importlib.util.find_spec("ocpp")
    if found is None or not found.submodule_search_locations:
        raise ImportError("ocppj: expected the package ocpp with its schemas, received none; pip install ocpp")
    return Path(found.submodule_search_locations[0]) / "v16" / "schemas"


@functools.cache
def _schema(action: str, kind: Kind) -> dict[str, Any]:
    ending = {"req": ".json", "conf": "Response.json"}[kind]
    loaded: dict[str, Any] = orjson.loads((schema_folder() / f"{ACTIONS[action].name}{ending}").read_bytes())
    return loaded


@functools.cache
def _validator(action: str, kind: Kind) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(_compilable(_schema(action, kind)), validate_formats=True)


def _compilable(node: Any) -> Any:
    """The schema with the range of a 32 bit integer at every integer.

    additionalProperties stays where it says something, which is beside properties: elsewhere (the official files have
    it in enumerations, too) the validator would report an error that names neither a field nor a type.
    """
    if isinstance(node, list):
        return [_compilable(item) for item in node]
    if not isinstance(node, dict):
        return node
    compilable = {key: _compilable(value) for key, value in node.items()}
    match node.get("type"):
        case "integer":
            compilable |= {"minimum": INT32_MIN, "maximum": INT32_MAX}
        case "object":
            compilable.setdefault("properties", {})
        case "string":
            compilable.pop("additionalProperties", None)
    return compilable


def _violation(path: Iterable[str | int], rule: str, message: str) -> Violation:
    return Violation(json_path(path), rule, message, ERROR_CODE[rule])


def _named(error: jsonschema_rs.ValidationError) -> Iterator[Violation]:
    """The violations in one error of the validator, which lists all unknown fields of an object in one."""
    keyword, detail, path = error.kind.name, error.kind.as_dict(), error.instance_path
    value: Any = error.instance
    if keyword == "required":
        yield _violation([*path, detail["property"]], keyword, "expected a value, received none")
    elif keyword == "additionalProperties":
        for name in detail["unexpected"]:
            yield _violation([*path, name], keyword, f"expected no field of this name, received {shown(value[name])}")
    elif keyword in ("minimum", "maximum") or (keyword == "type" and _beyond_int32(detail["types"], value)):
        expected = f"expected an integer from {INT32_MIN} to {INT32_MAX}"
        yield _violation(path, "int32", f"{expected}, received {shown(value)}")
    else:
        yield _violation(path, keyword, _expected(keyword, detail, value))


def _beyond_int32(types: list[str], value: Any) -> bool:
    """Whether this may be an integer that the JSON parser made a float because it has more than 64 bits."""
    return (
        types == ["integer"] and isinstance(value, float) and value.is_integer() and not INT32_MIN <= value <= INT32_MAX
    )


def _expected(keyword: str, detail: Mapping[str, Any], value: Any) -> str:
    match keyword:
        case "maxLength":
            return f"expected at most {detail['limit']} characters, received {len(value)}: {shown(value)}"
        case "minItems":
            return f"expected at least {detail['limit']} item, received {len(value)}"
        case "enum":
            expected = f"one of {', '.join(detail['options'])}"
        case "format":
            expected = _FORMATS[detail["format"]]
        case "multipleOf":
            expected = f"a multiple of {detail['multiple_of']}"
        case _:
            expected = _TYPES[detail["types"][0]]
    return f"expected {expected}, received {shown(value)}"


def _strings(
    node: Mapping[str, Any], root: Mapping[str, Any], value: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every string whose type asks for printable ASCII, with its place; what the schema does not know is left out."""
    if "$ref" in node:
        node = root["definitions"][node["$ref"].removeprefix("#/definitions/")]
    if isinstance(value, dict):
        for name, child in node.get("properties", {}).items():
            if name in value and name not in _FREE_TEXT:
                text = value[name]
                if name in _PEM and isinstance(text, str):
                    text = text.replace("\r", "").replace("\n", "")
                yield from _strings(child, root, text, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(node.get("items", {}), root, item, (*path, index))
    elif isinstance(value, str) and node.get("type") == "string" and not {"enum", "format"} & node.keys():
        yield path, value
