"""What ends a reservation: use, cancellation, a connector out of service, and time."""

from __future__ import annotations

from typing import Any

import pytest

from reference_csms.app import Csms
from reference_csms.errors import NotAllowedNow
from reference_csms.registry.stations import Station
from tests.reference_csms.conftest import T0, Connect, FakeClock, Peer
from tests.reference_csms.reserving import cards, report, reserved, shown

__all__ = ["cards"]


@pytest.mark.usefixtures("cards")
class TestEnding:
    async def test_a_transaction_that_names_it_uses_it(self, csms: Csms, peer: Peer, clock: FakeClock) -> None:
        id = await reserved(csms, peer, clock)
        start = {"connectorId": 1, "meterStart": 0, "timestamp": T0, "reservationId": id}
        started = await peer.calls("StartTransaction", idTag="a", **start)
        found = shown(csms, id, clock)
        assert (found["status"], found["transactionId"]) == ("Used", started["transactionId"])
        assert found["endedAt"] == "2024-05-01T12:00:00.000Z"
        assert csms.reservations.live("CP") == []

    async def test_also_when_it_comes_after_the_expiry(self, csms: Csms, peer: Peer, clock: FakeClock) -> None:
        id = await reserved(csms, peer, clock)
        clock.move(hours=1)
        assert shown(csms, id, clock)["status"] == "Expired"
        assert csms.reservations.live("CP") == []
        await peer.calls("StartTransaction", connectorId=1, idTag="A", meterStart=0, timestamp=T0, reservationId=id)
        assert shown(csms, id, clock)["status"] == "Used"

    @pytest.mark.parametrize(
        ("wanted", "tag", "connector", "used"),
        [
            ({}, "A", 1, True),
            ({}, "A", 2, False),
            ({}, "B", 1, False),
            ({"parentIdTag": "G"}, "B", 1, True),
            ({"parentIdTag": "G"}, "C", 1, False),
            ({"connector": 0}, "A", 2, True),
        ],
    )
    async def test_a_transaction_without_the_id_uses_it_if_it_fits(
        self, csms: Csms, peer: Peer, clock: FakeClock, wanted: dict[str, Any], tag: str, connector: int, used: bool
    ) -> None:
        id = await reserved(csms, peer, clock, **wanted)
        await peer.starts(connector, tag)
        assert shown(csms, id, clock)["status"] == ("Used" if used else "Active")

    async def test_another_station_cannot_use_it(
        self, csms: Csms, peer: Peer, clock: FakeClock, connect: Connect
    ) -> None:
        id = await reserved(csms, peer, clock)
        await csms.stations.put(Station("OTHER"))
        other = await connect("OTHER")
        await other.calls("StartTransaction", connectorId=1, idTag="A", meterStart=0, timestamp=T0, reservationId=id)
        assert shown(csms, id, clock)["status"] == "Active"

    @pytest.mark.parametrize(("answer", "status"), [("Accepted", "Cancelled"), ("Rejected", "Active")])
    async def test_the_station_decides_whether_it_is_cancelled(
        self, csms: Csms, peer: Peer, clock: FakeClock, answer: str, status: str
    ) -> None:
        id = await reserved(csms, peer, clock)
        command = await csms.reservations.cancel("CP", reservationId=id)
        assert (await peer.answers({"status": answer}))[2:] == ["CancelReservation", {"reservationId": id}]
        await command.ended()
        assert shown(csms, id, clock)["status"] == status

    async def test_what_the_station_does_not_keep_is_cancelled_only_if_the_operator_insists(
        self, csms: Csms, peer: Peer, clock: FakeClock
    ) -> None:
        id = await reserved(csms, peer, clock)
        clock.move(minutes=5)
        for number in (id, 99):
            with pytest.raises(
                NotAllowedNow, match=f"expected a reservation that the station keeps, received {number}"
            ):
                await csms.reservations.cancel("CP", reservationId=number)
            await csms.reservations.cancel("CP", reservationId=number, insist=True)
            assert (await peer.answers({"status": "Rejected"}))[3] == {"reservationId": number}

    @pytest.mark.parametrize("status", ["Faulted", "Unavailable"])
    @pytest.mark.parametrize(("connector", "ended"), [(1, [1]), (2, [2]), (0, [1, 2])])
    async def test_a_connector_out_of_service_ends_its_reservation(
        self, csms: Csms, peer: Peer, clock: FakeClock, status: str, connector: int, ended: list[int]
    ) -> None:
        ids = [await reserved(csms, peer, clock, connector=number) for number in (1, 2)]
        await report(peer, 1, "Reserved")
        await report(peer, connector, status)
        assert [id for id in ids if shown(csms, id, clock)["status"] == status] == ended

    async def test_events_tell_of_it(self, csms: Csms, peer: Peer, clock: FakeClock) -> None:
        listener = csms.events.listen()
        id = await reserved(csms, peer, clock)
        await peer.starts(1, "A")
        csms.events.close()
        told = [event async for event in listener if event["event"] == "reservation"]
        assert [(event["station"], event["reservationId"], event["status"]) for event in told] == [
            ("CP", id, "Active"),
            ("CP", id, "Used"),
        ]
