"""All that a test page needs; the only module of the harness that a page imports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from harness.certificates import (
    SigningRequest,
    already_valid,
    authorization_key,
    chain_facts,
    hash_data,
    names_host,
    same_certificate,
    signing_request,
    still_valid,
    strong_key,
)
from harness.config import Environment
from harness.door import Door
from harness.matchers import (
    MISSING,
    Judged,
    Matcher,
    about,
    about_now,
    absent,
    absent_or,
    any_of,
    asked,
    at_least,
    find,
    future_or_absent,
    ignoring_case,
    matcher,
    not_,
    past_or_absent,
    positive,
    present,
    same_bytes,
    same_time,
    warns_on,
)
from harness.profile_demands import profile_installed, profile_sent, profiles_cleared
from harness.station import Station
from harness.verbs import Operator, Records

Settings = Environment
"""What a page may know of the settings: the surroundings, never the way to the system under test."""


Upgradable = Callable[[int], Awaitable[None]]
"""Brings the station to where it can leave this security profile for the next."""


class Cards(dict[str, str]):
    """Cards by the status they have at the CSMS, and what an answer may tell of the accepted ones."""

    parent: str | None = None

    @property
    def details(self) -> dict[str, Any]:
        """What idTagInfo of an accepted card holds besides its status: the parent it has, no expiry in the past."""
        parent = {"idTagInfo.parentIdTag": asked(ignoring_case(self.parent))} if self.parent else {}
        return {"idTagInfo.expiryDate": future_or_absent, **parent}

    @property
    def optional_details(self) -> dict[str, Any]:
        """The same where idTagInfo itself may be left out."""
        parent = {"idTagInfo.parentIdTag": absent_or(ignoring_case(self.parent))} if self.parent else {}
        return {"idTagInfo.expiryDate": future_or_absent, **parent}

    def reserved(self, connector: int, until: str, tolerance_s: float, *, group: bool = False) -> dict[str, Any]:
        """What ReserveNow.req holds if the accepted card, or its group too, shall have a connector until then.

        A CSMS may name the group unasked, as long as it is that of the card.
        """
        parent = ignoring_case(self.parent) if self.parent else present
        unasked = absent_or(parent) if self.parent else warns_on(parent, absent)
        return {
            "connectorId": connector,
            "idTag": ignoring_case(self["Accepted"]),
            "expiryDate": same_time(until, tolerance_s),
            "parentIdTag": parent if group else unasked,
        }

    def listed(self, status: str) -> Matcher:
        """A whole local list: idTagInfo in every entry, this card as the CSMS knows it; cards nobody named warn."""
        tag, wanted = ignoring_case(self[status]), {"idTagInfo.status": "Accepted", **self.details}

        def judge(value: Any, at: datetime) -> Judged:
            entries = value if isinstance(value, list) else []
            found = [entry for entry in entries if tag.judge(find(entry, "idTag"), at) == "pass"]
            bare = any(find(entry, "idTagInfo") is MISSING for entry in entries)
            if bare or len(found) != 1:
                return "fail"
            told = [matcher(expected).judge(find(found[0], path), at) for path, expected in wanted.items()]
            return next((worse for worse in ("fail", "warn") if worse in told), "warn" if len(entries) > 1 else "pass")

        return Matcher(f"idTagInfo in each entry, {self[status]!r} Accepted; others warn", judge)


def case(id: str) -> pytest.MarkDecorator:
    """Marks a test function, or one of its parameters, as this official case."""
    return pytest.mark.case(id)


__all__ = [
    "Cards",
    "Door",
    "Operator",
    "Records",
    "Settings",
    "SigningRequest",
    "Station",
    "Upgradable",
    "about",
    "about_now",
    "absent",
    "absent_or",
    "already_valid",
    "any_of",
    "asked",
    "at_least",
    "authorization_key",
    "case",
    "chain_facts",
    "future_or_absent",
    "hash_data",
    "ignoring_case",
    "names_host",
    "not_",
    "past_or_absent",
    "positive",
    "present",
    "profile_installed",
    "profile_sent",
    "profiles_cleared",
    "same_bytes",
    "same_certificate",
    "same_time",
    "signing_request",
    "still_valid",
    "strong_key",
    "warns_on",
]
