"""All that a test page needs; the only module of the harness that a page imports."""

from __future__ import annotations

import pytest

from harness.config import Settings
from harness.matchers import (
    about,
    about_now,
    absent,
    absent_or,
    any_of,
    asked,
    at_least,
    future_or_absent,
    not_,
    positive,
    present,
    warns_on,
)
from harness.station import Station
from harness.verbs import Operator, Records

Cards = dict[str, str]
"""Cards by the status they have at the CSMS."""


def case(id: str) -> pytest.MarkDecorator:
    """Marks a test function, or one of its parameters, as this official case."""
    return pytest.mark.case(id)


__all__ = [
    "Cards",
    "Operator",
    "Records",
    "Settings",
    "Station",
    "about",
    "about_now",
    "absent",
    "absent_or",
    "any_of",
    "asked",
    "at_least",
    "case",
    "future_or_absent",
    "not_",
    "positive",
    "present",
    "warns_on",
]
