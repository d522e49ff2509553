"""Chapter 3.8: cards that may not charge, and a connector that cannot be locked."""

from typing import Any

import pytest

from harness.case import Cards, Records, Settings, Station, case, past_or_absent


@pytest.mark.parametrize(
    ("status", "details"),
    [
        pytest.param("Invalid", {}, marks=case("TC_023_1_CSMS"), id="TC_023_1_CSMS"),
        pytest.param(
            "Expired",
            {"idTagInfo.expiryDate": past_or_absent},
            marks=case("TC_023_2_CSMS"),
            id="TC_023_2_CSMS",
        ),
        pytest.param("Blocked", {}, marks=case("TC_023_3_CSMS"), id="TC_023_3_CSMS"),
    ],
)
async def test_tc_023_csms(station: Station, cards: Cards, status: str, details: dict[str, Any]) -> None:
    """The CSMS says why it refuses a card: unknown, expired or blocked."""
    # [EV driver presents the identification.]
    await station.sends(1, "Authorize.req", idTag=cards[status])
    await station.receives(2, "Authorize.conf", {"idTagInfo.status": status, **details})


@case("TC_024_CSMS")
@pytest.mark.usefixtures("authorized")
async def test_tc_024_csms(station: Station, records: Records, settings: Settings) -> None:
    """The lock of the connector fails after the card was accepted: the CSMS takes the fault."""
    connector = settings.connector_id
    await station.sends(1, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing")
    await station.receives(2, "StatusNotification.conf")
    await records.connector(2, connector, {"status": "Preparing"})

    # [EV driver plugs in the cable, and the lock fails.]
    await station.sends(
        3, "StatusNotification.req", connectorId=connector, errorCode="ConnectorLockFailure", status="Faulted"
    )
    await station.receives(4, "StatusNotification.conf")
    await records.connector(4, connector, {"status": "Faulted", "errorCode": "ConnectorLockFailure"})
