"""The OCPP payload of an intent, for an interface of a CSMS that takes nothing else.

What a CSMS would decide by itself, the ids above all, is then decided here, which is why such checks are dictated.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

_NUMBERS = itertools.count(int(time.time()))


def payload(operation: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The payload that the CSMS shall send for an intent."""
    given = {name: value for name, value in fields.items() if value is not None}
    if operation in _NESTED:
        return {"requestId": next(_NUMBERS), **_nested(given, *_NESTED[operation])}
    return {**given, **_DECIDED.get(operation, _nothing)(given)}


def _nested(given: Mapping[str, Any], name: str, beside: tuple[str, ...]) -> dict[str, Any]:
    """The fields inside an object of this name, but for those that stand beside it."""
    inside = {field: value for field, value in given.items() if field not in beside}
    return {field: given[field] for field in beside} | {name: inside}


def _nothing(given: Mapping[str, Any]) -> dict[str, Any]:
    return {}


# What is one object in the payload, and which fields stand beside it; both requests have an id.
_NESTED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "get_log": ("log", ("logType",)),
    "signed_update_firmware": ("firmware", ()),
}

_DECIDED: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "reserve": lambda given: {"reservationId": next(_NUMBERS)},
}
