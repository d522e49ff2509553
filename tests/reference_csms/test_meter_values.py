"""Meter values are stored once, however often and in whatever messages a station sends them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from reference_csms.app import Csms
from reference_csms.domain.cards import Card
from reference_csms.registry.stations import Station
from reference_csms.store.database import open_store
from tests.reference_csms.conftest import T0, Connect, FakeClock, Peer

T1 = "2024-05-01T08:15:00Z"


@pytest.fixture
async def csms(clock: FakeClock, tmp_path: Path) -> AsyncIterator[Csms]:
    """A Central System on a file."""
    made = await opened(clock, tmp_path)
    yield made
    await made.close()


async def opened(clock: FakeClock, folder: Path) -> Csms:
    """The Central System on the file in a folder."""
    made = Csms(open_store(folder / "csms.db"), clock)
    await made.cards.put(Card("CARD"))
    await made.stations.put(Station("CP"))
    return made


def value(text: str = "1", at: str = T0, **more: str) -> dict[str, Any]:
    return {"timestamp": at, "sampledValue": [{"value": text, **more}]}


def message(*values: dict[str, Any], transaction: int | None = 7, connector: int = 1) -> dict[str, Any]:
    found = {"connectorId": connector, "meterValue": list(values)}
    return found if transaction is None else {**found, "transactionId": transaction}


def stored(csms: Csms, transaction: int | None = 7) -> list[str]:
    """The values that are kept of a transaction, or of none."""
    return [row["value"] for row in csms.store.reads.meter_values(transaction)]  # type: ignore[arg-type]


@pytest.mark.parametrize("transaction", [7, None])
@pytest.mark.parametrize("ids", [("m1", "m1"), ("m1", "m2")])
async def test_a_message_that_comes_again_is_answered_and_not_kept_again(
    csms: Csms, peer: Peer, ids: tuple[str, str], transaction: int | None
) -> None:
    for unique_id in ids:
        await peer.sends(2, unique_id, "MeterValues", message(value("1"), value("2", T1), transaction=transaction))
        assert await peer.receives() == [3, unique_id, {}]
    # What belongs to no transaction is committed with the next write.
    await csms.cards.put(Card("CARD"))
    engine = csms.store.reads._engine
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT meter_value FROM meter_values ORDER BY id").scalars().all()
    assert [orjson.loads(text) for text in found] == [[value("1")], [value("2", T1)]]


async def test_many_at_once_and_some_of_them_again(csms: Csms, peer: Peer) -> None:
    numbers = [*range(200), *range(100), *range(150, 300)]
    for at, number in enumerate(numbers):
        await peer.sends(2, f"m{at}", "MeterValues", message(value(f"{number}")))
    assert [(await peer.receives())[:2] for _ in numbers] == [[3, f"m{at}"] for at in range(len(numbers))]
    assert sorted(map(int, stored(csms))) == list(range(300))


async def test_after_a_restart_too(csms: Csms, peer: Peer, connect: Connect, clock: FakeClock, tmp_path: Path) -> None:
    await peer.calls("MeterValues", **message(value()))
    await csms.close()
    again = await opened(clock, tmp_path)
    other = await connect(to=again)
    await other.calls("MeterValues", **message(value()))
    await other.calls("MeterValues", **message(value("2")))
    assert stored(again) == ["1", "2"]
    await again.close()


async def test_values_that_are_packed_otherwise_the_second_time(csms: Csms, peer: Peer) -> None:
    await peer.calls("MeterValues", **message(value("1")))
    await peer.calls("MeterValues", **message(value("1"), value("2", T1), value("1")))
    turned = [{"sampledValue": [{"unit": "Wh", "value": "3"}], "timestamp": T1}]
    for sent in (value("3", T1, unit="Wh"), *turned):
        await peer.calls("MeterValues", **message(sent))
    assert stored(csms) == ["1", "2", "3"]


async def test_a_value_that_differs_in_anything_is_another_one(csms: Csms, peer: Peer) -> None:
    different: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (value(), {}),
        (value(), {"connector": 2}),
        (value(), {"transaction": 8}),
        (value("2"), {}),
        (value("1.0"), {}),
        (value(at=T1), {}),
        (value(context="Sample.Clock"), {}),
        (value(measurand="Voltage"), {}),
        (value(phase="L1"), {}),
        ({"timestamp": T0, "sampledValue": [{"value": "1"}, {"value": "1"}]}, {}),
    ]
    for sent, where in different * 2:
        await peer.calls("MeterValues", **message(sent, **where))
    assert (len(stored(csms)), len(stored(csms, 8))) == (10, 1)


async def test_two_stations_may_measure_the_same(csms: Csms, peer: Peer, connect: Connect) -> None:
    await csms.stations.put(Station("CP2"))
    other = await connect("CP2")
    for one in (peer, other):
        await one.calls("MeterValues", **message(value(), transaction=-1))
    assert stored(csms, -1) == ["1", "1"]


async def stops(peer: Peer, transaction: int, *values: dict[str, Any], at: str = T1) -> None:
    fields = {"transactionId": transaction, "meterStop": 9, "timestamp": at, "transactionData": list(values)}
    assert await peer.calls("StopTransaction", **fields) == {}


@pytest.mark.parametrize("known", [True, False])
async def test_transaction_data_is_kept_once_and_what_is_new_in_it_with_it(csms: Csms, peer: Peer, known: bool) -> None:
    transaction = (await peer.starts())["transactionId"] if known else 4711
    await peer.calls("MeterValues", **message(value("1"), transaction=transaction))
    await stops(peer, transaction, value("1"), value("2", T1))
    await stops(peer, transaction, value("1"), value("2", T1))
    await stops(peer, transaction, value("1"), value("3", T1))
    await stops(peer, transaction, value("1"), value("2", T1), at="2024-05-01T09:00:00Z")
    found = csms.store.reads.meter_values(transaction)
    assert [(row["source"], row["value"]) for row in found] == [
        ("MeterValues", "1"),
        ("StopTransaction", "1"),
        ("StopTransaction", "2"),
        ("StopTransaction", "3"),
    ]


async def test_listeners_hear_of_it_once(csms: Csms, peer: Peer) -> None:
    told = csms.events.listen()
    for _ in range(2):
        await peer.calls("MeterValues", **message(value()))
    await asyncio.sleep(0)
    csms.events.close()
    assert [event["event"] async for event in told if event["event"] == "meter_values"] == ["meter_values"]
