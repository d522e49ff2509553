"""Frames of OCPP-J 1.6: text in, Call, CallResult, CallError or Malformed out, and back.

Rules of this module: whatever comes in gives a frame, never an exception; what was on the wire is kept as `raw`; it
does not know which role we play, nor which actions exist. The legal shapes are a table; a shape that is not in it is
malformed. Sections are those of OCPP-J 1.6, rules its requirement ids.
"""

from __future__ import annotations

import itertools
import re
from types import NoneType
from typing import Any, Final, Literal, NamedTuple, get_args

import orjson

from ocppj._loose import is_whole, read_loosely
from ocppj._text import json_path, shown

Payload = dict[str, Any]
ErrorCode = Literal[
    "NotImplemented",
    "NotSupported",
    "InternalError",
    "ProtocolError",
    "SecurityError",
    "FormationViolation",
    "PropertyConstraintViolation",
    "OccurenceConstraintViolation",
    "TypeConstraintViolation",
    "GenericError",
]
ERROR_CODES: Final[frozenset[str]] = frozenset(get_args(ErrorCode))
"""The error codes of section 4.2.3, in the spelling of OCPP 1.6."""

CALL: Final = 2
CALLRESULT: Final = 3
CALLERROR: Final = 4
MAX_ID_LENGTH: Final = 36
"""Longest unique id in code points. Section 4.1.4 sets no minimum, so an empty id is legal."""
MAX_DEPTH: Final = 100
"""Deepest nesting of a frame. OCPP needs eight levels; some hundreds break whoever copies or prints a payload."""


class Call(NamedTuple):
    """A request."""

    unique_id: str
    action: str
    payload: Payload
    raw: str


class CallResult(NamedTuple):
    """The answer to a request that could be handled."""

    unique_id: str
    payload: Payload
    raw: str


class CallError(NamedTuple):
    """The answer to a request that could not be handled; `code` may be any string, ERROR_CODES are the legal ones."""

    unique_id: str
    code: str
    description: str
    details: Payload
    raw: str


class Malformed(NamedTuple):
    """A message that is no frame: why, which requirement it breaks, and its id and message type if readable.

    `error_code` is what to answer if it is `answerable`.
    """

    raw: str
    reason: str
    rule: str
    unique_id: str | None
    message_type: int | None
    error_code: ErrorCode

    @property
    def answerable(self) -> bool:
        """True for a request whose id can be repeated in an answer; anything else is to be ignored (4.1.3)."""
        return self.message_type == CALL and self.unique_id is not None


Frame = Call | CallResult | CallError | Malformed


class _Element(NamedTuple):
    name: str
    types: tuple[type, ...]
    expected: str
    rule: str


class _Layout(NamedTuple):
    name: str
    rule: str
    elements: tuple[_Element, ...]


_ID = _Element("unique id", (str,), "a string", "OCPPJ-4.1.4-04")
# null may stand for an empty payload (4.2.1, 4.2.2); errorDetails must be an object (4.2.3).
_LAYOUTS: Final[dict[int, _Layout]] = {
    CALL: _Layout(
        "CALL",
        "OCPPJ-4.2.1-01",
        (
            _ID,
            _Element("action", (str,), "a string", "OCPPJ-4.2.1-02"),
            _Element("payload", (dict, NoneType), "an object", "OCPPJ-4.2.1-03"),
        ),
    ),
    CALLRESULT: _Layout(
        "CALLRESULT",
        "OCPPJ-4.2.2-01",
        (_ID, _Element("payload", (dict, NoneType), "an object", "OCPPJ-4.2.2-04")),
    ),
    CALLERROR: _Layout(
        "CALLERROR",
        "OCPPJ-4.2.3-02",
        (
            _ID,
            _Element("errorCode", (str,), "a string", "OCPPJ-4.2.3-03"),
            _Element("errorDescription", (str,), "a string", "OCPPJ-4.2.3-04"),
            _Element("errorDetails", (dict,), "an object", "OCPPJ-4.2.3-05"),
        ),
    ),
}
_SHAPES: Final[dict[tuple[type, ...], int]] = {
    (int, *types): kind
    for kind, layout in _LAYOUTS.items()
    for types in itertools.product(*(element.types for element in layout.elements))
}


def parse(text: str | bytes) -> Frame:
    """The frame in a WebSocket message; bytes are a binary message, which is malformed whatever it holds.

    A null payload becomes an empty one; `null_payload` tells them apart.
    """
    if not isinstance(text, str):
        return _binary(text)
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _unreadable(text, str(error))
    if len(text) > MAX_DEPTH and text.count("[") + text.count("{") > MAX_DEPTH and _too_deep(message):
        reason = f"message: expected at most {MAX_DEPTH} levels of nesting, received more"
        return Malformed(text, reason, "OCPPJ-4.1.2-01", *_readable(message), "FormationViolation")
    if type(message) is list:
        kind = _SHAPES.get(tuple(map(type, message)))
        if kind is not None and kind == message[0] and len(message[1]) <= MAX_ID_LENGTH:
            if kind == CALL:
                return Call(message[1], message[2], message[3] or {}, text)
            if kind == CALLRESULT:
                return CallResult(message[1], message[2] or {}, text)
            return CallError(message[1], message[2], message[3], message[4], text)
    return _malformed(text, message)


def call_text(unique_id: str, action: str, payload: Payload) -> str:
    """The text of a CALL; raises TypeError for a payload that JSON cannot carry."""
    return orjson.dumps((CALL, unique_id, action, payload)).decode()


def result_text(unique_id: str, payload: Payload) -> str:
    """The text of a CALLRESULT; raises TypeError for a payload that JSON cannot carry."""
    return orjson.dumps((CALLRESULT, unique_id, payload)).decode()


def error_text(unique_id: str, code: str, description: str = "", details: Payload | None = None) -> str:
    """The text of a CALLERROR; raises TypeError for details that JSON cannot carry."""
    return orjson.dumps((CALLERROR, unique_id, code, description, details or {})).decode()


def null_payload(frame: Call | CallResult) -> bool:
    """Whether the payload was written null instead of {}, which 4.2.1 and 4.2.2 advise against."""
    return not frame.payload and frame.raw.rstrip(" \t\r\n]").endswith("null")


_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"(?P<key>\s*:)?|[{}\[\],]')


def duplicate_keys(raw: str) -> list[str]:
    """The paths, from the whole message, of keys that an object repeats: `[3].idTag`; none if the text is not JSON."""
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return []
    found: list[str] = []
    path: list[str | int] = []
    keys: list[set[str]] = []
    for token in _TOKEN.finditer(raw):
        text = token[0]
        if text in "{[":
            path.append("" if text == "{" else 0)
            keys.append(set())
        elif text in "}]":
            path.pop()
            keys.pop()
        elif text == ",":
            here = path[-1]
            path[-1] = here + 1 if isinstance(here, int) else here
        elif token["key"] is not None:
            key = path[-1] = orjson.loads(text.removesuffix(token["key"]))
            if key in keys[-1]:
                found.append(json_path(path))
            keys[-1].add(key)
    return found


def _too_deep(message: Any) -> bool:
    level = [message]
    for _ in range(MAX_DEPTH):
        inner = (
            value.values() if isinstance(value, dict) else value for value in level if isinstance(value, dict | list)
        )
        level = list(itertools.chain.from_iterable(inner))
    return any(isinstance(value, dict | list) for value in level)


def _readable(message: Any) -> tuple[str | None, int | None]:
    """Unique id and message type of a message that is no frame, each None if it is not what it should be."""
    elements = [*message, None, None] if type(message) is list else [None, None]
    unique_id = elements[1] if isinstance(elements[1], str) and is_whole(elements[1]) else None
    return unique_id, elements[0] if type(elements[0]) is int else None


def _unreadable(text: str, why: str) -> Malformed:
    """A text that is no JSON, or JSON that no program can be expected to hold."""
    reason = f"message: expected JSON, received {shown(text)}; {why}"
    try:
        message = read_loosely(text)
    except ValueError:
        message = None
    else:
        reason = f"message: expected numbers, strings and a depth that can be held, received {shown(text)}; {why}"
    return Malformed(text, reason, "OCPPJ-4.1.2-01", *_readable(message), "FormationViolation")


def _binary(data: bytes) -> Malformed:
    try:
        message = orjson.loads(data)
    except orjson.JSONDecodeError:
        message = None
    raw = data.decode(errors="backslashreplace")
    received = "a binary frame" if raw.encode() == data else "bytes that are not UTF-8"
    reason = f"message: expected a text frame, received {received}"
    return Malformed(raw, reason, "OCPPJ-4.1.2-01", *_readable(message), "FormationViolation")


def _malformed(raw: str, message: Any) -> Malformed:
    """What is wrong with JSON that has none of the legal shapes, outermost fault first."""
    unique_id, kind = _readable(message)
    code: ErrorCode = "FormationViolation"
    layout = _LAYOUTS.get(kind) if kind is not None else None
    if type(message) is not list:
        rule, reason = "OCPPJ-4.1.3-01", f"message: expected an array, received {shown(message)}"
    elif layout is None:
        received = shown(message[0]) if message else "an empty array"
        rule, reason = "OCPPJ-4.1.3-01", f"message type: expected 2, 3 or 4, received {received}"
    elif len(message) != len(layout.elements) + 1:
        expected = f"{layout.name}: expected {len(layout.elements) + 1} elements"
        rule, reason = layout.rule, f"{expected}, received {len(message)}"
        # Too short means that the payload is incomplete, which is what ProtocolError stands for.
        code = "ProtocolError" if len(message) <= len(layout.elements) else code
    else:
        rule, reason = _wrong_element(layout, message[1:])
    return Malformed(raw, reason, rule, unique_id, kind, code)


def _wrong_element(layout: _Layout, values: list[Any]) -> tuple[str, str]:
    for element, value in zip(layout.elements, values, strict=True):
        if type(value) not in element.types:
            return element.rule, f"{element.name}: expected {element.expected}, received {shown(value)}"
    return "OCPPJ-4.1.4-03", f"unique id: expected at most {MAX_ID_LENGTH} characters, received {len(values[0])}"
