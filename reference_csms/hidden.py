"""What must not be shown or stored: the password of a station on its way there (A01.FR.08, A01.FR.09)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ocppj.frames import Payload

HIDDEN = "(hidden)"
AUTHORIZATION_KEY = "AuthorizationKey"
_VALUE = re.compile(r'("value"\s*:\s*)"(?:\\.|[^"\\])*"')


def hides(action: str, payload: Mapping[str, Any]) -> bool:
    """Whether a request holds a secret."""
    return action == "ChangeConfiguration" and str(payload.get("key")).casefold() == AUTHORIZATION_KEY.casefold()


def shown(action: str, payload: Payload) -> Payload:
    """The request as it may be shown."""
    return {**payload, "value": HIDDEN} if hides(action, payload) else payload


def shown_text(action: str, payload: Payload, text: str) -> str:
    """The frame of a request as it may be shown."""
    return _VALUE.sub(rf'\1"{HIDDEN}"', text) if hides(action, payload) else text
