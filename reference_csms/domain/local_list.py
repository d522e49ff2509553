"""Local authorization lists as pure functions of cards and time (OCPP 1.6 §3.5.2, §5.15, §7.1).

An entry is an AuthorizationData as on the wire: with idTagInfo it is added or changed, without it is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from reference_csms.domain.cards import Card, authorize, tag_key
from reference_csms.domain.clock import utc_text

UpdateType = Literal["Full", "Differential"]
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LocalList:
    """What a station is taken to hold.

    `version` and `entries` (by the form in which tags are compared) are those it accepted last; `known` tells that
    nothing speaks against them. `sent` is the highest version ever sent, `reported` what the station said last.
    """

    station: str
    version: int = 0
    entries: Mapping[str, Entry] = field(default_factory=dict)
    known: bool = False
    sent: int = 0
    reported: int | None = None

    def next_version(self) -> int:
        """A version above all that the station can have; 0 and below have a meaning of their own."""
        return max(self.sent, self.version, self.reported or 0, 0) + 1

    def told(self, version: int) -> LocalList:
        """The list once its station has told its version: 0 is an empty list, -1 none at all."""
        if version <= 0:
            return replace(self, version=0, entries={}, known=version == 0, reported=version)
        return replace(self, known=version == self.version, reported=version)

    def fields(self) -> dict[str, Any]:
        """The list as operators see it."""
        return {
            "station": self.station,
            "listVersion": self.version,
            "known": self.known,
            "reportedVersion": self.reported,
            "localAuthorizationList": [entry for _, entry in sorted(self.entries.items())],
        }


def entry(card: Card, now: datetime) -> Entry:
    """What a list says of a card at this time."""
    expiry = None if card.expiry_date is None else utc_text(card.expiry_date)
    info = {"status": authorize(card, now), "expiryDate": expiry, "parentIdTag": card.parent_id_tag}
    return {"idTag": card.id_tag, "idTagInfo": {name: value for name, value in info.items() if value is not None}}


def applied(held: Mapping[str, Entry], entries: Iterable[Entry]) -> dict[str, Entry]:
    """The entries of a list after a differential update."""
    changed = dict(held)
    for each in entries:
        if "idTagInfo" in each:
            changed[tag_key(each["idTag"])] = each
        else:
            changed.pop(tag_key(each["idTag"]), None)
    return changed


def differences(held: Mapping[str, Entry], wanted: Mapping[str, Entry | None]) -> list[Entry]:
    """The fewest entries that make `held` agree with `wanted`, in which None stands for a card to be removed."""
    found = []
    for key, new in sorted(wanted.items()):
        old = held.get(key)
        if new is None:
            if old is not None:
                found.append({"idTag": old["idTag"]})
        elif old is None or old["idTagInfo"] != new["idTagInfo"]:
            found.append(new)
    return found


def parts(entries: Sequence[Entry], most: int | None) -> list[Sequence[Entry]]:
    """The entries in as few messages as the station takes."""
    size = most or max(len(entries), 1)
    return [entries[start : start + size] for start in range(0, len(entries), size)] or [[]]
