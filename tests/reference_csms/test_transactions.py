"""Transactions: who may start one, and what starts and stops that come again mean."""

from __future__ import annotations

from typing import Any

import pytest

from reference_csms.app import Csms
from reference_csms.domain.cards import Card, CardStatus
from reference_csms.store.database import inline_store
from tests.reference_csms.conftest import T0, Connect, FakeClock, Peer

T1 = "2024-05-01T09:00:00.000Z"
T2 = "2024-05-01T10:00:00.000Z"


async def stop(peer: Peer, transaction: int, **more: Any) -> Any:
    return await peer.calls(
        "StopTransaction", **{"transactionId": transaction, "meterStop": 9, "timestamp": T1, **more}
    )


async def test_a_transaction_is_kept_as_sent(csms: Csms, peer: Peer) -> None:
    transaction = (await peer.starts(2, "card", 5, "2019-01-01T00:00:00+01:00"))["transactionId"]
    answer = await stop(peer, transaction, reason="PowerLoss", idTag="CARD", meterStop=7)
    assert answer == {"idTagInfo": {"status": "Accepted"}}
    kept = csms.store.reads.transaction(transaction)
    assert kept == {
        "transactionId": transaction,
        "station": "CP",
        "connectorId": 2,
        "idTag": "card",
        "idTagStatus": "Accepted",
        "meterStart": 5,
        "startTimestamp": "2019-01-01T00:00:00+01:00",
        "startedAt": "2024-05-01T12:00:00.000Z",
        "reservationId": None,
        "status": "Ended",
        "meterStop": 7,
        "stopTimestamp": T1,
        "stoppedAt": "2024-05-01T12:00:00.000Z",
        "reason": "PowerLoss",
        "stopIdTag": "CARD",
    }


async def test_a_stop_without_reason_is_local_and_without_card_gets_no_info(csms: Csms, peer: Peer) -> None:
    transaction = (await peer.starts())["transactionId"]
    assert csms.store.reads.transaction(transaction)["reason"] is None  # type: ignore[index]
    assert await stop(peer, transaction) == {}
    assert csms.store.reads.transaction(transaction)["reason"] == "Local"  # type: ignore[index]


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid"])
async def test_a_refused_start_has_an_id_too(csms: Csms, peer: Peer, status: CardStatus) -> None:
    await csms.cards.put(Card("BAD", status))
    answer = await peer.starts(tag="BAD")
    assert answer["idTagInfo"] == {"status": status}
    kept = csms.store.reads.transaction(answer["transactionId"])
    assert kept is not None
    assert kept["idTagStatus"] == status


async def test_ids_are_positive_and_never_used_again(connect: Connect, peer: Peer) -> None:
    other = await connect("CP2")
    ids = [
        (await who.starts(at=f"2024-05-01T08:00:{n:02d}Z"))["transactionId"] for n in range(5) for who in (peer, other)
    ]
    assert len(set(ids)) == 10
    assert min(ids) > 0


async def test_a_repeated_start_is_the_same_transaction(csms: Csms, connect: Connect, peer: Peer) -> None:
    first = await peer.starts()
    assert await peer.starts() == first
    await peer.leaves()
    assert await (await connect(boot=False)).starts() == first
    assert len(csms.store.reads.transactions()) == 1


async def test_a_repeated_start_with_the_same_unique_id_is_the_same_transaction(csms: Csms, peer: Peer) -> None:
    payload = {"connectorId": 1, "idTag": "CARD", "meterStart": 0, "timestamp": T0}
    first = await peer.asks("StartTransaction", "77", **payload)
    assert await peer.asks("StartTransaction", "77", **payload) == first
    assert len(csms.store.reads.transactions()) == 1


async def test_a_repeated_start_is_answered_as_the_first_time(csms: Csms, peer: Peer) -> None:
    first = await peer.starts()
    await stop(peer, first["transactionId"])
    await csms.cards.put(Card("CARD", "Blocked"))
    assert await peer.starts() == first
    assert csms.transactions.running("CP") == []


@pytest.mark.parametrize(
    "change", [{"connector": 2}, {"tag": "card"}, {"meter": 1}, {"at": T1}], ids=lambda change: str(*change)
)
async def test_a_start_that_differs_is_another_transaction(peer: Peer, change: dict[str, Any]) -> None:
    first = await peer.starts()
    assert (await peer.starts(**change))["transactionId"] != first["transactionId"]


async def test_unique_ids_that_begin_again_after_a_reboot_are_no_duplicates(connect: Connect, peer: Peer) -> None:
    first = await peer.asks("StartTransaction", "1", connectorId=1, idTag="CARD", meterStart=0, timestamp=T0)
    await peer.leaves()
    again = await connect()
    second = await again.asks("StartTransaction", "1", connectorId=1, idTag="CARD", meterStart=0, timestamp=T1)
    assert second[2]["transactionId"] != first[2]["transactionId"]


async def test_a_card_in_use_elsewhere_is_refused_until_it_is_free(connect: Connect, peer: Peer) -> None:
    other = await connect("CP2")
    first = (await peer.starts())["transactionId"]
    assert (await peer.starts(2))["idTagInfo"] == {"status": "ConcurrentTx"}
    assert (await other.starts(tag="card"))["idTagInfo"] == {"status": "ConcurrentTx"}
    await stop(peer, first)
    assert (await other.starts(at=T2))["idTagInfo"] == {"status": "Accepted"}


async def test_a_card_may_be_allowed_to_be_used_twice(csms: Csms, peer: Peer) -> None:
    await csms.cards.put(Card("FLEET", concurrent_tx=True))
    for connector in (1, 2):
        assert (await peer.starts(connector, "FLEET"))["idTagInfo"] == {"status": "Accepted"}


async def test_a_connector_that_lost_a_transaction_frees_its_card(csms: Csms, peer: Peer) -> None:
    lost = (await peer.starts())["transactionId"]
    await csms.cards.put(Card("OTHER"))
    later = (await peer.starts(tag="OTHER", at=T1))["transactionId"]
    assert csms.transactions.running("CP") == [lost, later]
    assert (await peer.starts(2, at=T2))["idTagInfo"] == {"status": "Accepted"}
    await stop(peer, lost)
    assert csms.store.reads.transaction(lost)["status"] == "Ended"  # type: ignore[index]
    assert csms.store.reads.transaction(later)["status"] == "Active"  # type: ignore[index]
    assert (await peer.starts(3, at=T2))["idTagInfo"] == {"status": "ConcurrentTx"}


async def test_a_repeated_stop_changes_nothing(csms: Csms, peer: Peer) -> None:
    data = [{"timestamp": T0, "sampledValue": [{"value": "3", "context": "Transaction.End"}]}]
    transaction = (await peer.starts())["transactionId"]
    await stop(peer, transaction, meterStop=7, transactionData=data)
    kept = csms.store.reads.transaction(transaction)
    await stop(peer, transaction, meterStop=8, timestamp=T2, reason="Remote", transactionData=data)
    assert csms.store.reads.transaction(transaction) == kept
    (value,) = csms.store.reads.meter_values(transaction)
    assert (value["value"], value["context"], value["source"]) == ("3", "Transaction.End", "StopTransaction")


@pytest.mark.parametrize("transaction", [-1, 0, 4711])
async def test_an_unknown_stop_is_accepted_and_kept_once(csms: Csms, peer: Peer, transaction: int) -> None:
    for _ in range(2):
        assert await stop(peer, transaction, idTag="CARD") == {"idTagInfo": {"status": "Accepted"}}
    (orphan,) = csms.store.reads.orphan_stops()
    assert (orphan["station"], orphan["transactionId"], orphan["meterStop"]) == ("CP", transaction, 9)


async def test_a_stop_of_another_stations_transaction_is_an_orphan(csms: Csms, connect: Connect, peer: Peer) -> None:
    transaction = (await peer.starts())["transactionId"]
    await stop(await connect("CP2"), transaction)
    assert csms.store.reads.transaction(transaction)["status"] == "Active"  # type: ignore[index]
    assert csms.transactions.running("CP") == [transaction]
    assert [orphan["station"] for orphan in csms.store.reads.orphan_stops()] == ["CP2"]


async def test_open_transactions_survive_a_restart(connect: Connect, clock: FakeClock, tmp_path: Any) -> None:
    path = tmp_path / "csms.db"
    before = Csms(inline_store(path), clock)
    await before.cards.put(Card("CARD"))
    peer = await connect(to=before)
    first = await peer.starts()
    await before.close()

    after = Csms(inline_store(path), clock)
    peer = await connect(boot=False, to=after)
    assert await peer.starts() == first
    assert (await peer.starts(2))["idTagInfo"] == {"status": "ConcurrentTx"}
    await stop(peer, first["transactionId"])
    assert (await peer.starts(3))["idTagInfo"] == {"status": "Accepted"}
    await after.close()
