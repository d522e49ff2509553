"""Templates of HTTP requests: placeholders in, a request out; and places in an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from harness.errors import OperatorError
from harness.intents import PLACEHOLDER

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """A template with its placeholders replaced.

    Text that is nothing but a placeholder becomes the value with its type; a key or element without a value (None) is
    left out; elsewhere in text the value is written out.
    """
    if isinstance(template, str):
        whole = PLACEHOLDER.fullmatch(template)
        return values[whole[1]] if whole else fill_text(template, values)
    if isinstance(template, Mapping):
        filled = {name: fill(element, values) for name, element in template.items()}
        return {name: element for name, element in filled.items() if element is not None}
    if isinstance(template, list):
        return [element for element in (fill(element, values) for element in template) if element is not None]
    return template


def fill_text(template: str, values: Mapping[str, Any]) -> str:
    """A text with its placeholders written out."""
    return PLACEHOLDER.sub(lambda match: _written(match[1], values), template)


def fill_url(template: str, values: Mapping[str, Any]) -> str:
    """A URL or path with its placeholders written out and percent-encoded."""
    return PLACEHOLDER.sub(lambda match: quote(_written(match[1], values), safe=""), template)


def uses_payload(template: Any) -> bool:
    """Whether the whole OCPP payload goes into this template."""
    if isinstance(template, Mapping):
        return any(uses_payload(element) for element in template.values())
    if isinstance(template, list):
        return any(uses_payload(element) for element in template)
    return bool(template == "{payload}")


def pick(answer: Any, place: str) -> Any:
    """What stands at a place such as `items[0].name` in a JSON value; None if there is nothing."""
    for index, name in _STEP.findall(place):
        if index and isinstance(answer, list) and int(index) < len(answer):
            answer = answer[int(index)]
        elif name and isinstance(answer, Mapping) and name in answer:
            answer = answer[name]
        else:
            return None
    return answer


def _written(name: str, values: Mapping[str, Any]) -> str:
    value = values[name]
    if value is None:
        raise OperatorError(
            f"template: expected a value for {{{name}}}, received none; it can only stand alone in a body"
        )
    return ",".join(str(element) for element in value) if isinstance(value, list) else str(value)
