"""What a correct station refuses, replaces and forgets."""

from __future__ import annotations

import pytest

from harness.oracle.installed import install, refusal, without_transaction
from harness.oracle.profiles import profile
from tests.oracle.factory import on, payload

TX, STATION = {"chargingProfilePurpose": "TxProfile"}, {"chargingProfilePurpose": "ChargePointMaxProfile"}


@pytest.mark.parametrize(
    ("connector_id", "fields", "reason"),
    [
        (0, {}, None),
        (2, {}, None),
        (3, {}, "connectorId: expected 0 to 2, received 3"),
        (0, STATION, None),
        (1, STATION, "ChargePointMaxProfile: expected connectorId 0, received 1"),
        (1, TX, None),
        (1, {**TX, "transactionId": 7}, None),
        (1, {**TX, "transactionId": 8}, "transactionId: expected the running one 7, received 8"),
        (2, TX, "TxProfile: expected a running transaction on connector 2, there is none"),
        (0, TX, "TxProfile: expected a running transaction on connector 0, there is none"),
    ],
)
def test_what_is_refused_and_why(connector_id: int, fields: dict[str, object], reason: str | None) -> None:
    new = profile(payload({0: 6}, **fields))
    assert refusal(connector_id, new, connectors=(1, 2), running={1: 7}) == reason


@pytest.mark.parametrize("limits", [{1: 6.0}, {0: 6.0, 20: 7.0, 10: 8.0}])
def test_periods_that_do_not_begin_at_0_or_go_back_are_refused(limits: dict[int, float]) -> None:
    reason = refusal(1, profile(payload(limits)), connectors=(1, 2), running={})
    assert reason is not None
    assert reason.startswith("chargingSchedulePeriod: expected startPeriod 0 first")


def test_the_same_id_or_the_same_place_is_replaced() -> None:
    first, second = on(1, {0: 6}, chargingProfileId=1), on(1, {0: 7}, chargingProfileId=2, stackLevel=1)
    assert install((first,), second) == (first, second)
    same_id = on(0, {0: 8}, chargingProfileId=1, **STATION)
    assert install((first, second), same_id) == (second, same_id)
    same_place = on(1, {0: 9}, chargingProfileId=3, stackLevel=1)
    assert install((first, second), same_place) == (first, same_place)
    elsewhere = on(2, {0: 9}, chargingProfileId=3, stackLevel=1)
    assert install((first, second), elsewhere) == (first, second, elsewhere)


def test_a_transaction_takes_its_profiles_with_it() -> None:
    default, here, there = on(1, {0: 6}), on(1, {0: 7}, **TX), on(2, {0: 7}, **TX)
    assert without_transaction((default, here, there), 1) == (default, there)
