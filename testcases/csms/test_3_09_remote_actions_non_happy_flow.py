"""Chapter 3.9: the station refuses a remote start and a remote stop."""

import pytest

from harness.case import (
    Cards,
    Operator,
    Records,
    Settings,
    Station,
    absent,
    asked,
    case,
    ignoring_case,
    present,
    warns_on,
)


@case("TC_026_CSMS")
async def test_tc_026_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS takes that the station refuses a remote start."""
    await operator.asks("RemoteStartTransaction", connectorId=settings.connector_id, idTag=cards["Accepted"])
    await station.receives(
        1,
        "RemoteStartTransaction.req",
        {
            "idTag": ignoring_case(cards["Accepted"]),
            "connectorId": asked(settings.connector_id),
            "chargingProfile": absent,
        },
    )
    await station.sends(2, "RemoteStartTransaction.conf", status="Rejected")
    await records.command(2, "RemoteStartTransaction", {"status": "Rejected"})


@case("TC_028_CSMS")
@pytest.mark.usefixtures("charging")
async def test_tc_028_csms(station: Station, operator: Operator, records: Records) -> None:
    """The CSMS takes that the station refuses to stop a transaction it does not know; the running one goes on."""
    unknown = 2**31 - 1 - station.transaction_id % 2
    await operator.asks("RemoteStopTransaction", transactionId=unknown)
    await station.receives(1, "RemoteStopTransaction.req", {"transactionId": warns_on(present, unknown)})
    await station.sends(2, "RemoteStopTransaction.conf", status="Rejected")
    await records.command(2, "RemoteStopTransaction", {"status": "Rejected"})
    await records.transaction(2, station.transaction_id, {"status": "Active"})
