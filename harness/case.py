"""All that a test page needs; the only module of the harness that a page imports."""

from __future__ import annotations

import pytest

from harness.config import Settings
from harness.matchers import (
    Matcher,
    about,
    about_now,
    absent,
    absent_or,
    any_of,
    asked,
    at_least,
    future_or_absent,
    ignoring_case,
    not_,
    past_or_absent,
    positive,
    present,
    same_time,
    warns_on,
)
from harness.station import Station
from harness.verbs import Operator, Records

Cards = dict[str, str]
"""Cards by the status they have at the CSMS."""


def card_details(settings: Settings) -> dict[str, Matcher]:
    """What idTagInfo may say of an accepted card besides its status: no expiry in the past, and the configured parent.

    Without a configured parent the cards are taken to have none, and one that the CSMS names warns.
    """
    parent = settings.parent_id_tag
    expected = absent_or(ignoring_case(parent)) if parent else warns_on(present, absent)
    return {"idTagInfo.expiryDate": future_or_absent, "idTagInfo.parentIdTag": expected}


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
    "card_details",
    "case",
    "future_or_absent",
    "ignoring_case",
    "not_",
    "past_or_absent",
    "positive",
    "present",
    "same_time",
    "warns_on",
]
