"""The charging profiles that a station keeps, as we know it: what is replaced, cleared and ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from ocppj.frames import Payload

End = Literal["Replaced", "Cleared", "Ended"]
"""Why a station keeps a profile no longer: another one took its place, it was cleared, its transaction is over."""

CRITERIA = ("connectorId", "chargingProfilePurpose", "stackLevel")


class Kept(NamedTuple):
    """A profile that a station has accepted.

    One that came with a remote start waits for the transaction of its card (`id_tag`), perhaps on any connector.
    """

    profile: Payload
    connector_id: int | None
    received: datetime
    id_tag: str | None = None

    @property
    def id(self) -> int:
        """The chargingProfileId."""
        number: int = self.profile["chargingProfileId"]
        return number

    @property
    def purpose(self) -> str:
        """The chargingProfilePurpose."""
        return str(self.profile["chargingProfilePurpose"])

    @property
    def stack_level(self) -> int:
        """The stackLevel."""
        level: int = self.profile["stackLevel"]
        return level

    @property
    def waiting(self) -> bool:
        """Whether its transaction has not begun yet."""
        return self.id_tag is not None


def replaced_by(new: Kept, kept: Iterable[Kept]) -> list[Kept]:
    """The profiles that make way: that of the same id, and that of the same purpose and stackLevel on its connector.

    OCPP 1.6 §5.16.3, §5.16.4. A profile that waits for its transaction makes way only for another one that waits, or
    when it has the same id.
    """
    place = (new.purpose, new.stack_level, new.connector_id, new.waiting)
    return [
        old
        for old in kept
        if old.id == new.id or (old.purpose, old.stack_level, old.connector_id, old.waiting) == place
    ]


def cleared_by(request: Mapping[str, Any], kept: Iterable[Kept]) -> list[Kept]:
    """The profiles that a ClearChargingProfile.req removes: by its id alone, else by all criteria it has, else all.

    OCPP 1.6 errata v4.0 §3.25 and §3.26.
    """
    if "id" in request:
        return [each for each in kept if each.id == request["id"]]
    wanted = {name: request[name] for name in CRITERIA if name in request}
    return [each for each in kept if wanted.items() <= _facts(each).items()]


def ended_by(transaction_id: int, kept: Iterable[Kept]) -> list[Kept]:
    """The profiles that end with a transaction (OCPP 1.6 §7.10)."""
    return [each for each in kept if each.profile.get("transactionId") == transaction_id]


def _facts(each: Kept) -> dict[str, Any]:
    return {
        "connectorId": each.connector_id,
        "chargingProfilePurpose": each.purpose,
        "stackLevel": each.stack_level,
    }
