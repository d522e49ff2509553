"""Local authorization lists: entries and versions, what is known of a station, and when a list is sent again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from ocppj.schemas import violations
from reference_csms.app import Csms
from reference_csms.commands.commands import Command
from reference_csms.domain.cards import Card
from reference_csms.domain.local_list import LocalList
from reference_csms.errors import InvalidIntent, NotAllowedNow, NotConnected
from reference_csms.store.database import inline_store
from reference_csms.store.local_lists import put_local_list
from tests.reference_csms.conftest import FakeClock, Peer, until

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
ACCEPTED = {"status": "Accepted"}


def of(tag: str, status: str = "Accepted", **info: str) -> dict[str, Any]:
    return {"idTag": tag, "idTagInfo": {"status": status, **info}}


@pytest.fixture
async def cards(csms: Csms) -> None:
    """A, B and C; the card that the Central System has anyway is gone."""
    await csms.cards.delete("CARD")
    for card in (Card("A", parent_id_tag="G"), Card("B"), Card("C", "Blocked")):
        await csms.cards.put(card)


async def send(csms: Csms, *cards: str, full: bool = False, **more: Any) -> Command:
    update: Any = "Full" if full else "Differential"
    return await csms.local_lists.send("CP", updateType=update, cards=cards or None, **more)


async def sent(peer: Peer, status: str = "Accepted") -> dict[str, Any]:
    """The next SendLocalList.req, which gets this answer."""
    call = await peer.answers({"status": status})
    assert call[2] == "SendLocalList"
    assert violations("SendLocalList", "req", call[3]) == []
    payload: dict[str, Any] = call[3]
    return payload


async def settled(csms: Csms, peer: Peer, status: str = "Accepted", *cards: str, **how: Any) -> dict[str, Any]:
    """An update with its answer, once that is dealt with."""
    command = await send(csms, *cards, **how)
    payload = await sent(peer, status)
    await command.ended()
    return payload


async def configured(csms: Csms, peer: Peer, **keys: int) -> None:
    """The station has told these configuration keys."""
    command = await csms.commands.get_configuration("CP")
    told = [{"key": key, "readonly": True, "value": str(value)} for key, value in keys.items()]
    await peer.answers({"configurationKey": told})
    await command.ended()


@pytest.mark.usefixtures("cards")
class TestSending:
    async def test_a_full_list_holds_the_named_cards_as_they_are(self, csms: Csms, peer: Peer) -> None:
        payload = await settled(csms, peer, "Accepted", "a", "C", full=True)
        assert payload == {
            "listVersion": 1,
            "updateType": "Full",
            "localAuthorizationList": [of("A", parentIdTag="G"), of("C", "Blocked")],
        }
        assert csms.local_lists.held("CP").fields() == {
            "station": "CP",
            "listVersion": 1,
            "known": True,
            "reportedVersion": None,
            "localAuthorizationList": payload["localAuthorizationList"],
        }

    async def test_without_names_it_holds_all_cards(self, csms: Csms, peer: Peer) -> None:
        payload = await settled(csms, peer, full=True)
        assert [each["idTag"] for each in payload["localAuthorizationList"]] == ["A", "B", "C"]

    async def test_differences_follow_the_card_store(self, csms: Csms, peer: Peer) -> None:
        await settled(csms, peer, "Accepted", "A", "B", full=True)
        assert (await settled(csms, peer, "Accepted", "A", "C"))["localAuthorizationList"] == [of("C", "Blocked")]
        await csms.cards.put(Card("C"))
        await csms.cards.delete("A")
        await csms.cards.put(Card("D"))
        payload = await settled(csms, peer)
        assert payload == {
            "listVersion": 3,
            "updateType": "Differential",
            "localAuthorizationList": [{"idTag": "A"}, of("C"), of("D")],
        }
        assert sorted(csms.local_lists.held("CP").entries) == ["b", "c", "d"]

    async def test_a_card_that_is_gone_is_removed_by_name(self, csms: Csms, peer: Peer) -> None:
        await settled(csms, peer, "Accepted", "A", "B", full=True)
        await csms.cards.delete("A")
        assert (await settled(csms, peer, "Accepted", "a"))["localAuthorizationList"] == [{"idTag": "A"}]

    @pytest.mark.parametrize(
        ("names", "full", "line"),
        [
            (("A", "a"), True, "SendLocalList cards: expected each card once, received a again (§6.41)"),
            (("?",), True, "SendLocalList cards: expected a known card, received ?"),
            (("?",), False, "SendLocalList cards: expected a known card, received ?"),
        ],
    )
    async def test_what_cannot_be_meant_is_refused(
        self, csms: Csms, peer: Peer, names: tuple[str, ...], full: bool, line: str
    ) -> None:
        with pytest.raises(InvalidIntent) as caught:
            await send(csms, *names, full=full, insist=True)
        assert str(caught.value) == line

    async def test_differences_to_what_is_not_known_are_sent_only_if_the_operator_insists(
        self, csms: Csms, peer: Peer
    ) -> None:
        with pytest.raises(NotAllowedNow, match=r"expected a station whose list is known.*; with insist it is sent"):
            await send(csms, "A")
        await send(csms, "A", insist=True)
        assert (await sent(peer))["updateType"] == "Differential"

    async def test_nothing_to_change_is_sent_only_if_the_operator_insists(self, csms: Csms, peer: Peer) -> None:
        await settled(csms, peer, full=True)
        with pytest.raises(NotAllowedNow, match="expected a difference to the station's list, received none"):
            await send(csms)
        assert (await settled(csms, peer, insist=True))["localAuthorizationList"] == []
        assert csms.local_lists.held("CP").version == 2

    async def test_the_station_tells_how_many_cards_it_takes(self, csms: Csms, peer: Peer) -> None:
        await configured(csms, peer, LocalAuthListMaxLength=2)
        with pytest.raises(NotAllowedNow, match=r"at most LocalAuthListMaxLength = 2 cards, received 3 \(OCPP 1.6 §9"):
            await send(csms, full=True)
        await settled(csms, peer, "Accepted", "A", "B", full=True)
        with pytest.raises(NotAllowedNow, match="received 3"):
            await send(csms, "C")

    async def test_a_long_list_goes_in_parts(self, csms: Csms, peer: Peer) -> None:
        await configured(csms, peer, SendLocalListMaxLength=1)
        await send(csms, full=True)
        told = [await sent(peer) for _ in range(3)]
        assert [each["updateType"] for each in told] == ["Full", "Differential", "Differential"]
        assert [each["listVersion"] for each in told] == [1, 2, 3]
        assert [[e["idTag"] for e in each["localAuthorizationList"]] for each in told] == [["A"], ["B"], ["C"]]
        await until(lambda: csms.local_lists.held("CP").known)
        assert csms.local_lists.held("CP").version == 3
        assert len(csms.local_lists.held("CP").entries) == 3

    async def test_a_station_that_cannot_be_asked_gets_no_version(self, csms: Csms) -> None:
        with pytest.raises(NotConnected):
            await send(csms, full=True)
        assert csms.local_lists.held("CP").next_version() == 1


@pytest.mark.usefixtures("cards")
class TestAnswers:
    @pytest.mark.parametrize("status", ["Failed", "VersionMismatch"])
    async def test_refused_differences_are_followed_by_the_whole_list(
        self, csms: Csms, peer: Peer, status: str
    ) -> None:
        await settled(csms, peer, "Accepted", "A", full=True)
        await settled(csms, peer, status, "B")
        payload = await sent(peer)
        assert payload == {
            "listVersion": 3,
            "updateType": "Full",
            "localAuthorizationList": [of("A", parentIdTag="G"), of("B")],
        }
        await until(lambda: csms.local_lists.held("CP").known)

    @pytest.mark.parametrize(
        ("status", "known"), [("Failed", True), ("NotSupported", True), ("VersionMismatch", False)]
    )
    async def test_unless_the_operator_does_not_want_that(
        self, csms: Csms, peer: Peer, status: str, known: bool
    ) -> None:
        await settled(csms, peer, "Accepted", "A", full=True)
        await settled(csms, peer, status, "B", recover=False)
        held = csms.local_lists.held("CP")
        assert (held.version, sorted(held.entries), held.known, held.next_version()) == (1, ["a"], known, 3)

    @pytest.mark.parametrize("status", ["Failed", "NotSupported", "VersionMismatch"])
    async def test_a_refused_full_list_is_not_sent_again(self, csms: Csms, peer: Peer, status: str) -> None:
        await settled(csms, peer, status, "A", full=True)
        assert csms.local_lists.held("CP").known is False
        assert (await settled(csms, peer, "Accepted", "B", full=True))["listVersion"] == 2

    async def test_an_error_changes_nothing(self, csms: Csms, peer: Peer) -> None:
        await settled(csms, peer, "Accepted", "A", full=True)
        command = await send(csms, "B")
        call = await peer.receives()
        await peer.sends(4, call[1], "InternalError", "", {})
        await command.ended()
        held = csms.local_lists.held("CP")
        assert (held.version, held.known) == (1, True)

    async def test_a_lost_update_leaves_doubt_until_the_station_tells_its_version(self, csms: Csms, peer: Peer) -> None:
        await settled(csms, peer, "Accepted", "A", full=True)
        await (await send(csms, "B")).ended()
        await peer.receives()
        with pytest.raises(NotAllowedNow):
            await send(csms, "B")
        asked = await csms.local_lists.get_version("CP")
        assert (await peer.answers({"listVersion": 1}))[2:] == ["GetLocalListVersion", {}]
        await asked.ended()
        assert (await settled(csms, peer, "Accepted", "B"))["listVersion"] == 3

    async def test_what_was_to_follow_is_dropped_with_the_connection(
        self, csms: Csms, peer: Peer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        caplog.set_level("INFO", "reference_csms.commands.local_list")
        await configured(csms, peer, SendLocalListMaxLength=2)
        command = await send(csms, full=True)
        call = await peer.receives()
        monkeypatch.setattr(csms.commands, "_connection", lambda station: None)
        await peer.sends(3, call[1], ACCEPTED)
        await command.ended()
        assert "what should follow was not sent: CP: expected a connected station" in caplog.text
        assert sorted(csms.local_lists.held("CP").entries) == ["a", "b"]


async def test_a_list_outlives_the_server(clock: FakeClock, tmp_path: Path) -> None:
    kept = LocalList("CP", 4, {"a": of("A")}, known=True, sent=5, reported=4)
    first = Csms(inline_store(tmp_path / "db"), clock)
    await first.store.writer.write(put_local_list(kept))
    await first.close()
    second = Csms(inline_store(tmp_path / "db"), clock)
    assert second.local_lists.held("CP") == kept
    await second.close()


@pytest.mark.usefixtures("cards")
async def test_the_api_sends_asks_shows_and_forgets(csms: Csms, peer: Peer, api: AsyncClient) -> None:
    commands, shown = "/api/stations/CP/commands", "/api/stations/CP/local-list"
    assert (await api.get(shown)).json()["known"] is False
    answer = await api.post(f"{commands}/send-local-list", json={"updateType": "Full", "cards": ["A"]})
    assert answer.status_code == 202
    assert (await sent(peer))["listVersion"] == answer.json()["request"]["listVersion"]
    await csms.commands.close()
    assert (await api.get(shown)).json()["localAuthorizationList"] == [of("A", parentIdTag="G")]
    assert (await api.post(f"{commands}/send-local-list", json={"updateType": "Half"})).status_code == 422
    unchanged = {"updateType": "Differential", "cards": ["A"]}
    assert (await api.post(f"{commands}/send-local-list", json=unchanged)).status_code == 409
    assert (await api.post(f"{commands}/get-local-list-version", json={})).status_code == 202
    await peer.answers({"listVersion": 7})
    await csms.commands.close()
    assert (await api.get(shown)).json()["reportedVersion"] == 7
    assert (await api.delete("/api/stations/CP")).status_code == 204
    assert csms.local_lists.held("CP") == LocalList("CP")
