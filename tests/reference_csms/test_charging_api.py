"""Smart charging through the REST API: as a person would do it, in OCPP's own field names."""

from __future__ import annotations

from typing import Any

from httpx import AsyncClient

from reference_csms.app import Csms
from tests.reference_csms.charging import TX, a_profile, is_set

STATION = "/api/stations/CP"
UNKNOWN = "expected the id of a charging profile, received"


async def test_a_profile_is_set_shown_and_cleared(api: AsyncClient, peer: Any) -> None:
    body = {"connectorId": 1, "csChargingProfiles": a_profile()}
    answer = await api.post(f"{STATION}/commands/set-charging-profile", json=body)
    assert answer.status_code == 202
    sent = (await peer.answers({"status": "Accepted"}))[3]
    assert sent == {"connectorId": 1, "csChargingProfiles": a_profile(chargingProfileId=1)}
    await _ended(api, answer.json()["id"])
    [shown] = (await api.get(f"{STATION}/charging-profiles")).json()
    assert shown == (await api.get(f"{STATION}/charging-profiles/1")).json()
    assert shown["status"] == "Installed"
    assert (shown["chargingProfileId"], shown["connectorId"]) == (1, 1)
    assert shown["chargingProfile"] == a_profile(chargingProfileId=1)

    clearing = await api.post(f"{STATION}/commands/clear-charging-profile", json={"id": 1})
    assert (await peer.answers({"status": "Accepted"}))[3] == {"id": 1}
    await _ended(api, clearing.json()["id"])
    assert (await api.get(f"{STATION}/charging-profiles")).json() == []
    [cleared] = (await api.get(f"{STATION}/charging-profiles?ended=true")).json()
    assert cleared == {**shown, "status": "Cleared", "endedAt": "2024-05-01T12:00:00.000Z"}
    missing = await api.get(f"{STATION}/charging-profiles/2")
    assert (missing.status_code, missing.json()) == (404, {"detail": f"CP: {UNKNOWN} 2"})


async def test_a_refusal_is_one_line_with_the_rule(api: AsyncClient, peer: Any) -> None:
    body = {"connectorId": 0, "csChargingProfiles": a_profile(**TX)}
    answer = await api.post(f"{STATION}/commands/set-charging-profile", json=body)
    rule = "connectorId: expected above 0 for a TxProfile, received 0 (OCPP 1.6 §3.13.1)"
    assert (answer.status_code, answer.json()) == (422, {"detail": f"SetChargingProfile {rule}"})
    body = {"connectorId": 1, "csChargingProfiles": a_profile(**TX)}
    answer = await api.post(f"{STATION}/commands/set-charging-profile", json=body)
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("CP: SetChargingProfile connectorId: expected a connector with a running")


async def test_what_is_expected_and_what_was_told(api: AsyncClient, csms: Csms, peer: Any) -> None:
    await is_set(csms, peer, duration=60)
    expected = await api.get(f"{STATION}/composite-schedules/1/expected?duration=90&chargingRateUnit=W")
    assert expected.json() == [
        {"startPeriod": 0, "limit": 4140.0, "numberPhases": 3},
        {"startPeriod": 60, "limit": None, "numberPhases": None},
    ]
    unknown = await api.get(f"{STATION}/composite-schedules/1")
    assert unknown.json() == {"detail": "CP: expected a connector whose schedule was told, received 1"}

    body = {"connectorId": 1, "duration": 90, "chargingRateUnit": "A"}
    asking = await api.post(f"{STATION}/commands/get-composite-schedule", json=body)
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}]}
    answer = {"status": "Accepted", "connectorId": 1, "scheduleStart": "2024-05-01T12:00:00Z"}
    assert (await peer.answers({**answer, "chargingSchedule": schedule}))[3] == body
    await _ended(api, asking.json()["id"])
    told = (await api.get(f"{STATION}/composite-schedules/1")).json()
    assert told["differences"] == [
        {"startPeriod": 0, "endPeriod": 60, "kind": "above", "expected": 6.0, "reported": 8.0}
    ]
    assert told["chargingSchedule"] == schedule
    assert [period["limit"] for period in told["expected"]] == [6.0, None]


async def test_a_remote_start_may_carry_a_profile(api: AsyncClient, peer: Any) -> None:
    body = {"idTag": "CARD", "connectorId": 1, "chargingProfile": a_profile(**TX)}
    starting = await api.post(f"{STATION}/commands/remote-start", json=body)
    sent = (await peer.answers({"status": "Accepted"}))[3]
    assert sent["chargingProfile"] == a_profile(**TX, chargingProfileId=1)
    await _ended(api, starting.json()["id"])
    [waiting] = (await api.get(f"{STATION}/charging-profiles")).json()
    assert waiting["status"] == "Waiting"


async def test_a_station_that_is_forgotten_keeps_nothing(api: AsyncClient, csms: Csms, peer: Any) -> None:
    await is_set(csms, peer)
    await api.delete(STATION)
    await api.put(STATION, json={})
    assert (await api.get(f"{STATION}/charging-profiles")).json() == []
    assert csms.store.charging.kept() == {}


async def _ended(api: AsyncClient, command: str) -> None:
    while (await api.get(f"/api/commands/{command}")).json()["endedAt"] is None:
        pass
