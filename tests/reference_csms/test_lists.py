"""Lists come in pieces, and reading one station's looks at no other's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import event

from reference_csms.app import Csms
from reference_csms.domain.cards import Card
from reference_csms.registry.stations import RECEIVED, SENT, Station
from reference_csms.store.database import Store
from reference_csms.store.writes import (
    AddMeterValues,
    AddReservation,
    AddSecurityEvent,
    PutCommand,
    StartTransaction,
    StopTransaction,
)
from tests.reference_csms.conftest import T0, Peer

COUNT = 7


@pytest.fixture
async def api(csms: Csms, api: AsyncClient) -> AsyncClient:
    """A client of a Central System in which there are a few of everything."""
    for number in range(COUNT):
        await fill(csms, number)
    return api


async def fill(csms: Csms, number: int) -> None:
    """One more of everything, for station CP and for another one."""
    await csms.stations.put(Station(f"S{number}"))
    await csms.cards.put(Card(f"C{number}"))
    values = f'[{{"timestamp":"t","sampledValue":[{{"value":"{number}"}}]}}]'
    write = csms.store.writer.write
    for station in ("CP", "OTHER"):
        await write(StartTransaction(station, f"t{number}", 1, "CARD", number, None, "Accepted", T0))
        await write(StopTransaction(station, -1, number, T0, None, None, None, T0))
        await write(PutCommand(f"{station}{number}", station, "Reset", "sent", "{}", None, None, None, T0, None))
        await write(AddReservation(station, 1, "CARD", None, T0, T0, None, None, None, None))
        await write(AddSecurityEvent(station, "StartupOfTheDevice", T0, None, T0))
        await write(AddMeterValues(station, 1, 1, "MeterValues", values, T0))
        await csms.transfers.progressed(station, "LogStatusNotification", "Idle")


LISTS = [
    ("/api/stations", "after", "station"),
    ("/api/cards", "after", "idTag"),
    ("/api/transactions", "before", "transactionId"),
    ("/api/transactions?station=CP", "before", "transactionId"),
    ("/api/transactions?station=CP&active=true", "before", "transactionId"),
    ("/api/transactions/1/meter-values", "after", "id"),
    ("/api/orphan-stops?station=CP", "before", "id"),
    ("/api/stations/CP/commands", "before", "id"),
    ("/api/stations/CP/progress", "before", "id"),
    ("/api/reservations?station=CP", "before", "reservationId"),
    ("/api/security-events?station=CP", "before", "id"),
]


@pytest.mark.parametrize("limit", [1, 3, COUNT])
async def test_a_list_can_be_read_piece_by_piece(api: AsyncClient, limit: int) -> None:
    for path, cursor, key in LISTS:
        whole = (await api.get(path)).json()
        assert len(whole) >= COUNT, path
        assert await in_pieces(api, path, cursor, key, limit) == whole, path


async def in_pieces(api: AsyncClient, path: str, cursor: str, key: str, limit: int) -> list[dict[str, Any]]:
    """All of a list, read so many at a time."""
    found: list[dict[str, Any]] = []
    more: dict[str, Any] = {"limit": limit}
    while piece := (await api.get(path.partition("?")[0], params={**_query(path), **more})).json():
        assert len(piece) <= limit
        found += piece
        more[cursor] = piece[-1][key]
    return found


def _query(path: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in path.partition("?")[2].split("&") if pair)


@pytest.mark.parametrize("limit", ["0", "-1", "10001", "x", "9" * 30])
async def test_no_piece_is_longer_than_the_most(api: AsyncClient, limit: str) -> None:
    for path in (*(path for path, *_ in LISTS), "/api/stations/CP/messages"):
        answer = await api.get(path.partition("?")[0], params={**_query(path), "limit": limit})
        assert answer.status_code == 422, path


@pytest.mark.parametrize(
    "path",
    [
        "/api/transfers/{}",
        "/api/transfers/{}/file",
        "/api/reservations/{}",
        "/api/transactions/{}/meter-values",
        "/api/stations/CP/charging-profiles/{}",
        "/api/stations/CP/composite-schedules/{}",
        "/api/transactions?before={}",
        "/api/stations/CP/transfers?requestId={}",
    ],
)
async def test_a_number_that_no_store_can_hold_is_refused(api: AsyncClient, path: str) -> None:
    assert (await api.get(path.format(9**30))).status_code == 422


class Counted(deque[Any]):
    """Counts how many of its items are looked at."""

    looked = 0

    def __iter__(self) -> Iterator[Any]:
        return self._counted(super().__iter__)

    def __reversed__(self) -> Iterator[Any]:
        return self._counted(super().__reversed__)

    def _counted(self, items: Callable[[], Iterator[Any]]) -> Iterator[Any]:
        for item in items():
            self.looked += 1
            yield item


async def test_of_a_hundred_thousand_messages_only_those_wanted_are_looked_at(csms: Csms, api: AsyncClient) -> None:
    station = csms.stations.all()[0]
    at = csms.clock.now()
    frames = station.frames = Counted((at, (RECEIVED, SENT)[n % 2], f"{n}") for n in range(100_000))
    found = (await api.get("/api/stations/CP/messages", params={"limit": 3})).json()
    assert [frame["text"] for frame in found] == ["99997", "99998", "99999"]
    found = (await api.get("/api/stations/CP/messages", params={"limit": 2, "skip": 3})).json()
    assert [frame["text"] for frame in found] == ["99995", "99996"]
    assert (await api.get("/api/stations/CP")).status_code == 200
    assert frames.looked <= 3 + 5 + 2
    assert (await api.get("/api/stations/CP/messages", params={"skip": 100_000})).json() == []


async def test_a_station_shows_its_own_running_transactions(csms: Csms, peer: Peer, api: AsyncClient) -> None:
    started = [(await peer.starts(connector=n, at=f"2024-05-01T1{n}:00:00Z"))["transactionId"] for n in (1, 2)]
    assert (await api.get("/api/stations/CP")).json()["running"] == started
    await peer.calls("StopTransaction", transactionId=started[0], meterStop=1, timestamp=T0)
    assert (await api.get("/api/stations/CP")).json()["running"] == started[1:]
    assert (await api.get("/api/stations/S1")).json()["running"] == []


READS: list[Callable[[Store], object]] = [
    lambda store: store.reads.transactions(station="CP", before=5),
    lambda store: store.reads.transactions(station="CP", active=True),
    lambda store: store.reads.transactions(station="CP", active=False),
    lambda store: store.reads.orphan_stops(station="CP"),
    lambda store: store.reads.meter_values(1),
    lambda store: store.reads.commands(station="CP", action="Reset", before="x"),
    lambda store: store.reads.answered("CP", ["Reset"]),
    lambda store: store.reads.reservations(station="CP", not_ended=True),
    lambda store: store.reads.security_events(station="CP"),
    lambda store: store.transfers.transfers(station="CP", action="GetLog"),
    lambda store: store.transfers.progress(station="CP"),
    lambda store: store.transfers.inbox("upload"),
]


def plan(csms: Csms, read: Callable[[Store], object]) -> list[str]:
    """How SQLite does the first query of a read."""
    plans: list[list[str]] = []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        plans.append([row[3] for row in rows])

    event.listen(csms.store.reads._engine, "before_cursor_execute", explain)
    read(csms.store)
    return plans[0]


@pytest.mark.parametrize("read", READS)
def test_what_is_read_of_one_station_is_found_and_in_order_by_an_index(
    csms: Csms, read: Callable[[Store], object]
) -> None:
    assert [step for step in plan(csms, read) if not step.startswith(("SEARCH ", "SCALAR SUBQUERY "))] == []


@pytest.mark.parametrize(
    "read", [lambda store: store.reads.transactions(active=True), lambda store: store.reads.open_transactions()]
)
def test_the_open_transactions_are_found_without_a_look_at_the_others(
    csms: Csms, read: Callable[[Store], object]
) -> None:
    assert plan(csms, read) == ["SCAN transactions USING INDEX transactions_open"]
