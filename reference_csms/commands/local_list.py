"""The commands of the Local Authorization List profile: from the cards that an operator names to what a station gets.

What a station holds is known from what it accepted. While an update is on its way, or was lost, that is in doubt, and
differences make no sense until a Full list or the station's version settles it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from reference_csms.commands.commands import Command, Commands
from reference_csms.commands.core import Request, request
from reference_csms.domain.cards import tag_key
from reference_csms.domain.clock import Clock
from reference_csms.domain.local_list import Entry, LocalList, UpdateType, applied, differences, entry, parts
from reference_csms.errors import CommandError, InvalidIntent, NotAllowedNow
from reference_csms.events import Events
from reference_csms.registry.cards import Cards
from reference_csms.registry.configuration import Configurations
from reference_csms.store.database import Store
from reference_csms.store.local_lists import put_local_list

log = logging.getLogger(__name__)


def send_local_list(updateType: UpdateType, listVersion: int, entries: Sequence[Entry]) -> Request:
    """Replace a list by these entries, or change it by them."""
    named = list(entries)
    return request("SendLocalList", updateType=updateType, listVersion=listVersion, localAuthorizationList=named)


@dataclass(frozen=True, slots=True)
class _Sent:
    """An update on its way: whether the list was known before it, what is still to follow, what to send if refused."""

    known: bool
    rest: Sequence[Sequence[Entry]] = ()
    instead: Sequence[Entry] | None = None


class LocalLists:
    """What the stations hold, and the commands that change it."""

    def __init__(
        self,
        commands: Commands,
        cards: Cards,
        configurations: Configurations,
        store: Store,
        clock: Clock,
        events: Events,
    ) -> None:
        self._commands, self._cards, self._configurations = commands, cards, configurations
        self._writer, self._clock, self._events = store.writer, clock, events
        self._held = store.local_lists.all()
        self._sent: dict[tuple[str, int], _Sent] = {}
        commands.follow("SendLocalList", self._answered)
        commands.follow_errors("SendLocalList", self._answered)
        commands.follow("GetLocalListVersion", self._told)

    def held(self, station: str) -> LocalList:
        """What a station is taken to hold."""
        return self._held.get(station) or LocalList(station)

    def forget(self, station: str) -> None:
        """A station is no longer registered."""
        self._held.pop(station, None)

    async def get_version(self, station: str) -> Command:
        """Ask for the version of a station's list."""
        return await self._commands.send(station, request("GetLocalListVersion"))

    async def send(
        self,
        station: str,
        *,
        updateType: UpdateType,
        cards: Sequence[str] | None = None,
        recover: bool = True,
        insist: bool = False,
    ) -> Command:
        """Send a station these cards as they are now, or all cards: the whole list, or the fewest differences.

        Differences that the station refuses are followed by the whole list if `recover` (OCPP 1.6 §5.15).
        """
        self._commands.ready(station, "SendLocalList")
        held = self.held(station)
        wanted = self._wanted(cards, held, full=updateType == "Full")
        found = [new for new in wanted.values() if new] if updateType == "Full" else differences(held.entries, wanted)
        after = applied({} if updateType == "Full" else held.entries, found)
        why = self._objection(held, updateType, found, after)
        if why is not None and not insist:
            raise NotAllowedNow(f"{station}: SendLocalList {why}; with insist it is sent all the same")
        instead = list(after.values()) if updateType == "Differential" and recover else None
        return await self._send(station, updateType, found, instead)

    def _wanted(self, cards: Sequence[str] | None, held: LocalList, *, full: bool) -> dict[str, Entry | None]:
        """The named cards as they are, by key, None for one that is to be removed; without names those of the store."""
        tags = cards if cards is not None else [card.id_tag for card in self._cards.all()]
        wanted: dict[str, Entry | None] = {} if cards is not None or full else dict.fromkeys(held.entries)
        named = set()
        for tag in tags:
            key, card = tag_key(tag), self._cards.get(tag)
            if key in named:
                raise InvalidIntent(f"SendLocalList cards: expected each card once, received {tag} again (§6.41)")
            if card is None and (full or key not in held.entries):
                raise InvalidIntent(f"SendLocalList cards: expected a known card, received {tag}")
            named.add(key)
            wanted[key] = None if card is None else entry(card, self._clock.now())
        return wanted

    def _objection(
        self, held: LocalList, updateType: UpdateType, found: Sequence[Entry], after: Mapping[str, Entry]
    ) -> str | None:
        """Why the station would refuse the update, or make nothing of it, as far as is known."""
        if updateType == "Differential" and not held.known:
            return "expected a station whose list is known, received a Differential update; a Full list settles it"
        if updateType == "Differential" and not found:
            return "expected a difference to the station's list, received none (OCPP 1.6 §6.41)"
        most = self._configurations.integer(held.station, "LocalAuthListMaxLength")
        if most is not None and len(after) > most:
            return f"expected at most LocalAuthListMaxLength = {most} cards, received {len(after)} (OCPP 1.6 §9.2.2)"
        return None

    async def _send(
        self, station: str, updateType: UpdateType, entries: Sequence[Entry], instead: Sequence[Entry] | None = None
    ) -> Command:
        """Send an update in as many messages as the station needs; gives the first."""
        held = self.held(station)
        most = self._configurations.integer(station, "SendLocalListMaxLength")
        first, *rest = parts(entries, most)
        version = held.next_version()
        made = send_local_list(updateType, version, first)
        await self._keep(replace(held, sent=version, known=False))
        self._sent[station, version] = _Sent(held.known, rest, instead)
        return await self._commands.send(station, made)

    async def _answered(self, command: Command) -> None:
        version, update = command.request["listVersion"], command.request["updateType"]
        entries = command.request["localAuthorizationList"]
        held, sent = self.held(command.station), self._sent.pop((command.station, version), _Sent(known=False))
        answer = command.response["status"] if command.response is not None else "error"
        latest = held.sent == version
        if answer == "Accepted":
            after = applied({} if update == "Full" else held.entries, entries)
            known = latest and (update == "Full" or sent.known)
            await self._keep(replace(held, version=version, entries=after, known=known))
            if sent.rest and latest:
                await self._follow(command.station, "Differential", list(chain(*sent.rest)), sent.instead)
            return
        known = latest and sent.known and answer != "VersionMismatch"
        await self._keep(replace(held, known=known))
        if sent.instead is not None and latest and answer in ("Failed", "VersionMismatch"):
            log.info("%s: SendLocalList was answered %s, the whole list follows", command.station, answer)
            await self._follow(command.station, "Full", sent.instead)

    async def _follow(
        self, station: str, updateType: UpdateType, entries: Sequence[Entry], instead: Sequence[Entry] | None = None
    ) -> None:
        try:
            await self._send(station, updateType, entries, instead)
        except CommandError as error:
            log.info("%s: what should follow was not sent: %s", station, error)

    async def _told(self, command: Command) -> None:
        if command.response is not None:
            await self._keep(self.held(command.station).told(command.response["listVersion"]))

    async def _keep(self, held: LocalList) -> None:
        self._held[held.station] = held
        await self._writer.write(put_local_list(held))
        self._events.publish("local_list", held.station, held.fields())
