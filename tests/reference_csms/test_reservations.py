"""Reservations: which are made, what the station hears of them, and how operators reach them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from ocppj.schemas import violations
from reference_csms.app import Csms
from reference_csms.domain.cards import Card
from reference_csms.errors import InvalidIntent, NotAllowedNow, NotConnected, UnknownStation
from reference_csms.store.database import inline_store
from reference_csms.store.writes import AddReservation
from tests.reference_csms.conftest import FakeClock, Peer
from tests.reference_csms.reserving import ACCEPTED, cards, report, reserve, reserved, shown

__all__ = ["cards"]


@pytest.mark.usefixtures("cards")
class TestReserving:
    async def test_the_station_gets_what_the_operator_wants_under_an_id_of_ours(
        self, csms: Csms, peer: Peer, clock: FakeClock
    ) -> None:
        command = await reserve(csms, clock, parentIdTag="G")
        call = await peer.answers(ACCEPTED)
        assert call == [2, command.id, "ReserveNow", command.request]
        assert command.request == {
            "connectorId": 1,
            "expiryDate": "2024-05-01T12:05:00.000Z",
            "idTag": "A",
            "parentIdTag": "G",
            "reservationId": 1,
        }
        assert violations("ReserveNow", "req", command.request) == []
        await command.ended()
        assert shown(csms, 1, clock) == {
            "reservationId": 1,
            "station": "CP",
            "connectorId": 1,
            "idTag": "A",
            "parentIdTag": "G",
            "expiryDate": "2024-05-01T12:05:00.000Z",
            "status": "Active",
            "answer": "Accepted",
            "transactionId": None,
            "requestedAt": "2024-05-01T12:00:00.000Z",
            "endedAt": None,
        }

    async def test_no_id_is_given_twice(self, csms: Csms, peer: Peer, clock: FakeClock) -> None:
        ids = [await reserved(csms, peer, clock, connector=connector) for connector in (1, 2)]
        refused = await reserve(csms, clock, connector=3)
        ids.append((await peer.answers({"status": "Occupied"}))[3]["reservationId"])
        await refused.ended()
        ids.append(await reserved(csms, peer, clock, connector=3))
        assert ids == [1, 2, 3, 4]

    @pytest.mark.parametrize("status", ["Faulted", "Occupied", "Rejected", "Unavailable"])
    async def test_what_the_station_refuses_is_not_kept(
        self, csms: Csms, peer: Peer, clock: FakeClock, status: str
    ) -> None:
        command = await reserve(csms, clock)
        await peer.answers({"status": status})
        await command.ended()
        assert shown(csms, 1, clock)["status"] == "Refused"
        assert shown(csms, 1, clock)["answer"] == status
        assert csms.reservations.live("CP") == []

    async def test_an_error_is_a_refusal_too(self, csms: Csms, peer: Peer, clock: FakeClock) -> None:
        command = await reserve(csms, clock)
        call = await peer.receives()
        await peer.sends(4, call[1], "NotSupported", "", {})
        await command.ended()
        assert (shown(csms, 1, clock)["status"], shown(csms, 1, clock)["answer"]) == ("Refused", "NotSupported")

    async def test_without_an_answer_the_station_may_keep_it(self, csms: Csms, peer: Peer, clock: FakeClock) -> None:
        command = await reserve(csms, clock)
        assert (await command.ended()).state == "timeout"
        assert shown(csms, 1, clock)["status"] == "Requested"
        await csms.reservations.cancel("CP", reservationId=1)
        clock.move(minutes=5)
        assert shown(csms, 1, clock)["status"] == "Expired"

    @pytest.mark.parametrize(
        ("intent", "line"),
        [
            ({"connector": -1}, "ReserveNow connectorId: expected at least 0, received -1"),
            ({"tag": ""}, "ReserveNow idTag: expected a tag, received an empty text"),
            ({"tag": "A" * 21}, "ReserveNow idTag: "),
            ({"parentIdTag": "G" * 21}, "ReserveNow parentIdTag: "),
            (
                {"expiryDate": FakeClock().now()},
                "ReserveNow expiryDate: expected a time after 2024-05-01T12:00:00.000Z, received 2024-05-01T12:00:00",
            ),
        ],
    )
    async def test_what_ocpp_does_not_allow_is_refused_also_if_the_operator_insists(
        self, csms: Csms, peer: Peer, clock: FakeClock, intent: dict[str, Any], line: str
    ) -> None:
        with pytest.raises(InvalidIntent) as caught:
            await reserve(csms, clock, **intent, insist=True)
        assert str(caught.value).startswith(line)
        assert csms.store.reads.reservations() == []

    @pytest.mark.parametrize(
        ("statuses", "intent", "why"),
        [
            ({}, {"tag": "X"}, "expected a card that may charge, X is Blocked (OCPP 1.6 §4.1)"),
            ({}, {"tag": "nobody"}, "expected a card that may charge, nobody is Invalid (OCPP 1.6 §4.1)"),
            ({}, {"parentIdTag": "H"}, "expected the parentIdTag of A, which is G (OCPP 1.6 §3.10)"),
            ({}, {"tag": "C", "parentIdTag": "G"}, "expected the parentIdTag of C, which is none (OCPP 1.6 §3.10)"),
            (
                {1: "Preparing"},
                {},
                "expected connector 1 to be Available, its last status is Preparing (OCPP 1.6 §5.13)",
            ),
            (
                {0: "Unavailable"},
                {},
                "expected connector 0 to be Available, its last status is Unavailable (OCPP 1.6 §5.13)",
            ),
            (
                {0: "Faulted"},
                {"connector": 0},
                "expected the station to be Available, its last status is Faulted (OCPP 1.6 §5.13)",
            ),
            (
                {1: "Charging", 2: "Faulted"},
                {"connector": 0},
                "expected a connector left for it, 0 of 2 can be used and 0 are kept (OCPP 1.6 §5.13)",
            ),
        ],
    )
    async def test_what_the_station_would_refuse_is_sent_only_if_the_operator_insists(
        self, csms: Csms, peer: Peer, clock: FakeClock, statuses: dict[int, str], intent: dict[str, Any], why: str
    ) -> None:
        for connector, status in statuses.items():
            await report(peer, connector, status)
        with pytest.raises(NotAllowedNow) as caught:
            await reserve(csms, clock, **intent)
        assert str(caught.value) == f"CP: ReserveNow {why}; with insist it is sent all the same"
        command = await reserve(csms, clock, **intent, insist=True)
        assert (await peer.answers({"status": "Rejected"}))[1] == command.id

    async def test_a_connector_is_reserved_once_and_connector_0_leaves_one_for_each(
        self, csms: Csms, peer: Peer, clock: FakeClock
    ) -> None:
        for connector in (0, 1, 2):
            await report(peer, connector, "Available")
        await reserved(csms, peer, clock)
        with pytest.raises(NotAllowedNow, match="expected a connector without reservation, 1 is reserved"):
            await reserve(csms, clock, tag="C")
        await reserved(csms, peer, clock, tag="C", connector=0)
        with pytest.raises(NotAllowedNow, match="2 of 2 can be used and 2 are kept"):
            await reserve(csms, clock, tag="B", connector=0)
        clock.move(minutes=5)
        await reserved(csms, peer, clock, tag="B")

    async def test_a_station_that_cannot_be_asked_costs_no_id(self, csms: Csms, clock: FakeClock) -> None:
        with pytest.raises(NotConnected):
            await reserve(csms, clock)
        with pytest.raises(UnknownStation):
            await csms.reservations.reserve("?", connectorId=1, idTag="A", expiryDate=clock.now() + timedelta(1))
        assert csms.store.reads.reservations() == []


async def test_a_reservation_outlives_the_server(clock: FakeClock, tmp_path: Any) -> None:
    first = Csms(inline_store(tmp_path / "db"), clock)
    await first.cards.put(Card("A"))
    until = "2024-05-01T12:05:00.000Z"
    made = await first.store.writer.write(
        AddReservation("CP", 1, "A", None, until, until, "Accepted", None, None, None)
    )
    await first.close()
    second = Csms(inline_store(tmp_path / "db"), clock)
    assert [kept.id for kept in second.reservations.live("CP")] == [made]
    await second.reservations.started("CP", 1, "A", None, 5)
    await second.close()
    third = Csms(inline_store(tmp_path / "db"), clock)
    assert third.reservations.live("CP") == []
    assert shown(third, made, clock)["transactionId"] == 5
    await third.close()


@pytest.mark.usefixtures("cards")
async def test_the_api_reserves_cancels_and_shows(csms: Csms, peer: Peer, clock: FakeClock, api: AsyncClient) -> None:
    commands = "/api/stations/CP/commands"
    body = {"connectorId": 1, "idTag": "A", "expiryDate": "2024-05-01T14:05:00+02:00"}
    answer = await api.post(f"{commands}/reserve", json=body)
    assert answer.status_code == 202
    assert answer.json()["request"]["expiryDate"] == "2024-05-01T12:05:00.000Z"
    await peer.answers(ACCEPTED)
    await csms.commands.close()
    assert (await api.get("/api/reservations/1")).json()["status"] == "Active"
    assert (await api.post(f"{commands}/reserve", json=body)).status_code == 409
    assert (await api.post(f"{commands}/reserve", json={**body, "connectorId": -1})).status_code == 422
    assert (await api.post(f"{commands}/reserve", json={**body, "expiryDate": "soon"})).status_code == 422
    assert (await api.post(f"{commands}/cancel-reservation", json={"reservationId": 2})).status_code == 409
    assert (await api.post(f"{commands}/cancel-reservation", json={"reservationId": 1})).status_code == 202
    await peer.answers(ACCEPTED)
    await csms.commands.close()
    listed = (await api.get("/api/reservations", params={"station": "CP"})).json()
    assert [(found["reservationId"], found["status"]) for found in listed] == [(1, "Cancelled")]
    assert (await api.get("/api/reservations", params={"station": "?"})).json() == []
    missing = await api.get("/api/reservations/9")
    assert missing.status_code == 404
    assert missing.json() == {"detail": "9: expected the id of a reservation, received an unknown one"}
