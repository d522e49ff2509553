"""The charging profiles of the played station: what it keeps, forgets, and tells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from harness.charging import Charging
from harness.clock import Clock
from harness.config import Environment
from harness.errors import StepFailed
from harness.kept_profiles import KeptProfiles
from ocppj.schemas import violations

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AT = "2026-03-01T12:00:00.000Z"
ENVIRONMENT = Environment(url="ws://h", station_id="CP", cards={})
A = Charging()


class Time:
    """A clock of the harness that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.clock = Clock(lambda: round(self.seconds * 1e9), NOON)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def kept(time: Time) -> KeptProfiles:
    return KeptProfiles(ENVIRONMENT, time.clock)


def request(connector: int, purpose: str, number: int = 1, **fields: Any) -> dict[str, Any]:
    profile = {"chargingProfileId": number, **A.profile(purpose, AT), **fields}
    return {"connectorId": connector, "csChargingProfiles": profile}


def starts(kept: KeptProfiles, connector: int = 1, number: Any = 7) -> None:
    start = {"connectorId": connector, "idTag": "C", "meterStart": 0, "timestamp": AT}
    kept.sent("StartTransaction.req", start)
    kept.received("StartTransaction.conf", {"transactionId": number, "idTagInfo": {"status": "Accepted"}})


def limits(kept: KeptProfiles, connector: int = 1, duration: int = 600, unit: str = "A") -> list[tuple[int, float]]:
    told = kept.composite(connector, duration, unit)
    assert violations("GetCompositeSchedule", "conf", told) == []
    assert told["scheduleStart"] == AT
    assert told["chargingSchedule"]["duration"] == duration
    return [(each["startPeriod"], each["limit"]) for each in told["chargingSchedule"]["chargingSchedulePeriod"]]


def takes(kept: KeptProfiles, asked: dict[str, Any], status: str = "Accepted") -> None:
    """A page answers the request so."""
    kept.received("SetChargingProfile.req", asked)
    kept.sent("SetChargingProfile.conf", {"status": status})


def test_without_profiles_the_hardware_limits(kept: KeptProfiles) -> None:
    assert limits(kept) == [(0, 16.0)]
    assert limits(kept, 0) == [(0, 32.0)]
    assert limits(kept, unit="W") == [(0, 11040.0)]


@pytest.mark.parametrize(("connector", "duration"), [(3, 60), (-1, 60), (1, 0), (1, 31 * 86400 + 1)])
def test_what_it_cannot_tell_is_rejected(kept: KeptProfiles, connector: int, duration: int) -> None:
    assert kept.composite(connector, duration) == {"status": "Rejected"}


def test_what_a_page_accepts_is_kept_until_it_is_cleared(kept: KeptProfiles) -> None:
    takes(kept, request(1, "TxDefaultProfile"), "Rejected")
    assert limits(kept) == [(0, 16.0)]
    takes(kept, request(1, "TxDefaultProfile"))
    assert limits(kept) == [(0, 6.0), (300, 16.0)]
    assert limits(kept, 2) == [(0, 16.0)]
    assert (kept.id, kept.to_clear) == (1, [1])
    kept.received("ClearChargingProfile.req", {"id": 1})
    kept.sent("ClearChargingProfile.conf", {"status": "Unknown"})
    assert kept.to_clear == [1]
    kept.sent("ClearChargingProfile.conf", {"status": "Accepted"})
    assert (limits(kept), kept.to_clear) == ([(0, 16.0)], [])


def test_a_profile_of_a_transaction_ends_with_it(kept: KeptProfiles) -> None:
    starts(kept)
    takes(kept, request(1, "TxProfile", transactionId=7))
    assert limits(kept) == [(0, 6.0), (300, 16.0)]
    assert kept.to_clear == []
    kept.sent("StopTransaction.req", {"transactionId": 8})
    assert limits(kept) == [(0, 6.0), (300, 16.0)]
    kept.sent("StopTransaction.req", {"transactionId": 7})
    assert limits(kept) == [(0, 16.0)]


@pytest.mark.parametrize("connector", [{"connectorId": 1}, {}])
def test_a_profile_of_a_remote_start_waits_for_its_transaction(kept: KeptProfiles, connector: dict[str, int]) -> None:
    profile = {"chargingProfileId": 5, **A.profile("TxProfile", AT, "Relative")}
    kept.received("RemoteStartTransaction.req", {"idTag": "C", **connector, "chargingProfile": profile})
    kept.sent("RemoteStartTransaction.conf", {"status": "Accepted"})
    assert kept.id == 5
    assert limits(kept) == [(0, 16.0)]
    starts(kept)
    assert limits(kept) == [(0, 6.0)]
    starts(kept, number=8)
    assert limits(kept) == [(0, 16.0)]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (request(1, "TxDefaultProfile"), "Accepted"),
        (request(0, "ChargePointMaxProfile"), "Accepted"),
        (request(1, "ChargePointMaxProfile"), "Rejected"),
        (request(2, "TxProfile", transactionId=7), "Rejected"),
        (request(1, "TxProfile", transactionId=8), "Rejected"),
        (request(1, "TxProfile", transactionId=7), "Accepted"),
        (request(9, "TxDefaultProfile"), "Rejected"),
    ],
)
def test_what_nobody_expected_is_answered_as_a_correct_station_would(
    kept: KeptProfiles, asked: dict[str, Any], status: str
) -> None:
    starts(kept)
    assert kept.answer("SetChargingProfile", asked) == {"status": status}
    expected = "Accepted" if status == "Accepted" else "Unknown"
    assert kept.answer("ClearChargingProfile", {"id": 1}) == {"status": expected}
    assert kept.answer("GetCompositeSchedule", {"connectorId": 1, "duration": 9}) == kept.composite(1, 9)
    assert kept.answer("Reset", {"type": "Soft"}) is None


def test_a_profile_that_means_nothing_is_rejected(kept: KeptProfiles) -> None:
    asked = request(1, "TxDefaultProfile")
    asked["csChargingProfiles"]["validTo"] = "2026-06-30T23:59:60Z"
    assert kept.answer("SetChargingProfile", asked) == {"status": "Rejected"}
    takes(kept, asked)
    takes(kept, {"connectorId": 1})
    assert limits(kept) == [(0, 16.0)]


@pytest.mark.parametrize("number", [None, "7", True, {}, 2**31])
def test_an_id_that_cannot_be_used_ends_the_case(kept: KeptProfiles, number: Any) -> None:
    with pytest.raises(StepFailed, match="usable chargingProfileId"):
        _ = kept.id
    takes(kept, request(1, "TxDefaultProfile", number))
    with pytest.raises(StepFailed, match="usable chargingProfileId"):
        _ = kept.id


@pytest.mark.parametrize("number", ["7", None, True, 2**31])
def test_a_transaction_without_a_number_is_none(kept: KeptProfiles, number: Any) -> None:
    starts(kept, number=number)
    assert kept.answer("SetChargingProfile", request(1, "TxProfile")) == {"status": "Rejected"}


def test_time_goes_on(kept: KeptProfiles, time: Time) -> None:
    takes(kept, request(1, "TxDefaultProfile"))
    time.seconds += 100.4
    told = kept.composite(1, 300)
    assert told["scheduleStart"] == "2026-03-01T12:01:40.000Z"
    assert [each["startPeriod"] for each in told["chargingSchedule"]["chargingSchedulePeriod"]] == [0, 200]
