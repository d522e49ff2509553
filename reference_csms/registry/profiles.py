"""The charging profiles that stations keep: in memory and in the store, as far as their answers told us."""

from __future__ import annotations

from collections.abc import Sequence

from reference_csms.domain.cards import tag_key
from reference_csms.domain.charging.kept import End, Kept, ended_by, replaced_by
from reference_csms.domain.clock import Clock, utc_text
from reference_csms.events import Events
from reference_csms.store.charging import ChangeProfiles
from reference_csms.store.database import Store


class Profiles:
    """What each station keeps; a change is on disk before it counts."""

    def __init__(self, store: Store, clock: Clock, events: Events) -> None:
        self._writer, self._clock, self._events = store.writer, clock, events
        self._kept = store.charging.kept()
        self._highest = store.charging.highest()

    def of(self, station: str) -> list[Kept]:
        """The profiles of a station, oldest first."""
        return list(self._kept.get(station, ()))

    def next_id(self, station: str) -> int:
        """A chargingProfileId that no profile of the station has or had."""
        self._highest[station] = self._highest.get(station, 0) + 1
        return self._highest[station]

    def used(self, station: str, number: int) -> None:
        """An operator has chosen this id."""
        self._highest[station] = max(self._highest.get(station, 0), number)

    async def keep(self, station: str, new: Kept) -> None:
        """The station has accepted a profile."""
        await self._change(station, replaced_by(new, self.of(station)), "Replaced", [new])

    async def cleared(self, station: str, gone: list[Kept]) -> None:
        """The station has cleared these."""
        await self._change(station, gone, "Cleared")

    async def started(self, station: str, connector_id: int, id_tag: str, transaction_id: int) -> None:
        """A transaction has begun: older profiles of its connector end, and one that waited for it is now its own."""
        kept = self.of(station)
        places = [each for each in kept if each.connector_id in (connector_id, None) and each.purpose == "TxProfile"]
        ready = [each for each in places if each.waiting and tag_key(each.id_tag or "") == tag_key(id_tag)]
        gone = [
            each
            for each in places
            if each in ready
            or (each.connector_id == connector_id and each.profile.get("transactionId") != transaction_id)
        ]
        own = [
            each._replace(
                profile={**each.profile, "transactionId": transaction_id}, connector_id=connector_id, id_tag=None
            )
            for each in ready[-1:]
        ]
        await self._change(station, gone, "Ended", own)

    async def stopped(self, station: str, transaction_id: int) -> None:
        """A transaction has ended, and its profiles with it."""
        await self._change(station, ended_by(transaction_id, self.of(station)), "Ended")

    def forget(self, station: str) -> None:
        """The station is no longer ours; the store has forgotten its profiles with it."""
        self._kept.pop(station, None)

    async def _change(self, station: str, gone: list[Kept], end: End, new: Sequence[Kept] = ()) -> None:
        if not gone and not new:
            return
        ids, now = tuple(each.id for each in gone), utc_text(self._clock.now())
        await self._writer.write(ChangeProfiles(station, ids, end, now, tuple(new)))
        self._kept[station] = [*(each for each in self.of(station) if each not in gone), *new]
        change = {"gone": list(ids), "why": end if gone else None, "new": [each.id for each in new]}
        self._events.publish("charging_profiles", station, change)
