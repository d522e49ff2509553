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
    return {**given, **_DECIDED.get(operation, _nothing)(given)}


def _nothing(given: Mapping[str, Any]) -> dict[str, Any]:
    return {}


_DECIDED: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "reserve": lambda given: {"reservationId": next(_NUMBERS)},
}
