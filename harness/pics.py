"""PICS answers: which cases a product has to pass, and which of them this set-up can run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from harness.config import Settings
from harness.results import Verdict


class Excluded(NamedTuple):
    """Why a case is left out: not applicable (not claimed) or not tested (claimed, but the set-up lacks something)."""

    verdict: Literal[Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED]
    reason: str


# The state that a configured card must have for a case to be run.
_CARDS: Mapping[str, str] = {
    "TC_023_1_CSMS": "Invalid",
    "TC_037_3_CSMS": "Invalid",
    "TC_023_2_CSMS": "Expired",
    "TC_023_3_CSMS": "Blocked",
}


def excluded(case: str, settings: Settings, profile: str = "Core") -> Excluded | None:
    """Why a case of a profile is left out, or None if it is to be run."""
    claimed = settings.supports["profiles"]
    if profile not in claimed:
        return Excluded(Verdict.NOT_APPLICABLE, f"profile {profile} is not claimed in [supports] profiles")
    card = _CARDS.get(case)
    if card is not None and card not in settings.environment.cards:
        return Excluded(Verdict.NOT_TESTED, f"[environment.cards] has no {card} card")
    if case == "TC_064_CSMS" and not settings.environment.vendor_id:
        return Excluded(Verdict.NOT_TESTED, "[environment] vendor_id names no vendor that the CSMS does not support")
    return None
