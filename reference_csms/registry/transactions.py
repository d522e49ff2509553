"""The transactions that run: who may start one, and what a start or stop that comes again means.

All transactions are in the store; memory holds the open ones, to know which cards are in use. When a connector starts
a transaction while an older one is still open there, the station has lost the older one: both are kept, a late stop
still ends the older one, but its card counts as free.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from reference_csms.domain.cards import authorize_start, tag_key
from reference_csms.domain.clock import Clock, utc_text
from reference_csms.errors import StoreFailed
from reference_csms.registry.cards import Cards
from reference_csms.store.writer import Writer, Written
from reference_csms.store.writes import AddMeterValues, Started, StartTransaction, StopOutcome, StopTransaction

log = logging.getLogger(__name__)

Place = tuple[str, int]


class OpenTransaction(NamedTuple):
    """A transaction without a stop, as it is found in the store at the start."""

    transaction_id: int
    station: str
    connector_id: int
    id_tag: str
    id_tag_status: str


class _Open(NamedTuple):
    place: Place
    card: str | None


class Transactions:
    """Starts and stops transactions."""

    def __init__(self, writer: Writer, cards: Cards, clock: Clock, found: Iterable[OpenTransaction] = ()) -> None:
        self._writer = writer
        self._cards = cards
        self._clock = clock
        self._open: dict[int, _Open] = {}
        self._running: defaultdict[str, set[int]] = defaultdict(set)
        self._latest: dict[Place, int] = {}
        self._in_use: defaultdict[str, list[Place]] = defaultdict(list)
        for transaction in sorted(found):
            place = (transaction.station, transaction.connector_id)
            accepted = transaction.id_tag_status == "Accepted"
            self._opened(transaction.transaction_id, place, tag_key(transaction.id_tag) if accepted else None)

    def start(
        self,
        station: str,
        connector_id: int,
        id_tag: str,
        meter_start: int,
        timestamp: str,
        reservation_id: int | None = None,
    ) -> Written:
        """Begin the transaction of a StartTransaction; Started tells the same again if the station repeats itself."""
        now = self._clock.now()
        place, key = (station, connector_id), tag_key(id_tag)
        places = self._in_use[key]
        elsewhere = any(other != place for other in places)
        decision = authorize_start(self._cards.get(id_tag), now, in_use=elsewhere)
        # Claimed before the commit, so that the same card cannot slip in at another station meanwhile.
        places.append(place)
        written = self._writer.write(
            StartTransaction(
                station, timestamp, connector_id, id_tag, meter_start, reservation_id, decision, utc_text(now)
            )
        )
        written.then(partial(self._started, place, key))
        return written

    def stop(self, stop: StopTransaction) -> Written:
        """Store a StopTransaction, whatever it refers to; the StopOutcome tells what it was."""
        written = self._writer.write(stop)
        written.then(partial(self._stopped, stop))
        return written

    def add_meter_values(self, values: AddMeterValues) -> Written | None:
        """Store meter values; those of a transaction are worth waiting for."""
        if values.transaction_id is not None:
            return self._writer.write(values)
        self._writer.later(values)
        return None

    def running(self, station: str) -> list[int]:
        """Ids of the open transactions of a station, oldest first."""
        return sorted(self._running.get(station, ()))

    def _started(self, place: Place, card: str, started: Started | StoreFailed) -> None:
        self._free(card, place)
        if isinstance(started, Started) and not started.repeated:
            self._opened(started.transaction_id, place, card if started.id_tag_status == "Accepted" else None)

    def _stopped(self, stop: StopTransaction, outcome: StopOutcome | StoreFailed) -> None:
        running = self._open.get(stop.transaction_id)
        if not isinstance(outcome, StoreFailed) and running is not None and running.place[0] == stop.station:
            self._closed(stop.transaction_id, running)

    def _opened(self, transaction_id: int, place: Place, card: str | None) -> None:
        older = self._latest.get(place)
        if older is not None and older in self._open:
            log.info("%s: connector %d lost transaction %d", *place, older)
            lost = self._open[older]
            if lost.card is not None:
                self._free(lost.card, place)
            self._open[older] = lost._replace(card=None)
        self._latest[place] = transaction_id
        self._open[transaction_id] = _Open(place, card)
        self._running[place[0]].add(transaction_id)
        if card is not None:
            self._in_use[card].append(place)

    def _closed(self, transaction_id: int, running: _Open) -> None:
        del self._open[transaction_id]
        self._running[running.place[0]].discard(transaction_id)
        if self._latest.get(running.place) == transaction_id:
            del self._latest[running.place]
        if running.card is not None:
            self._free(running.card, running.place)

    def _free(self, card: str, place: Place) -> None:
        places = self._in_use[card]
        places.remove(place)
        if not places:
            del self._in_use[card]
