"""Chapter 3.6: the CSMS unlocks a connector."""

import pytest

from harness.case import Cards, Operator, Records, Settings, Station, absent_or, case, same_time


@pytest.mark.parametrize(
    "status",
    [
        pytest.param("Unlocked", marks=case("TC_017_1_CSMS"), id="TC_017_1_CSMS"),
        pytest.param("NotSupported", marks=case("TC_017_2_CSMS"), id="TC_017_2_CSMS"),
    ],
)
async def test_tc_017_csms(
    station: Station, operator: Operator, records: Records, settings: Settings, status: str
) -> None:
    """The CSMS unlocks the idle connector the operator names, and takes that a fixed cable cannot be unlocked."""
    await operator.asks("UnlockConnector", connectorId=settings.connector_id)
    await station.receives(1, "UnlockConnector.req", {"connectorId": settings.connector_id})
    await station.sends(2, "UnlockConnector.conf", status=status)
    await records.command(2, "UnlockConnector", {"status": status})


@case("TC_018_1_CSMS")
@pytest.mark.usefixtures("charging")
async def test_tc_018_1_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS unlocks a connector in use and takes the end of its transaction."""
    connector = settings.connector_id
    await operator.asks("UnlockConnector", connectorId=connector)
    await station.receives(1, "UnlockConnector.req", {"connectorId": connector})
    await station.sends(2, "UnlockConnector.conf", status="Unlocked")
    await records.command(2, "UnlockConnector", {"status": "Unlocked"})

    await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Finishing")
    await station.receives(4, "StatusNotification.conf")
    await records.connector(4, connector, {"status": "Finishing"})

    stopped = station.now()
    await station.sends(
        5,
        "StopTransaction.req",
        transactionId=station.transaction_id,
        meterStop=1200,
        timestamp=stopped,
        reason="UnlockCommand",
    )
    await station.receives(
        6, "StopTransaction.conf", {"idTagInfo.status": absent_or("Accepted"), **cards.optional_details}
    )
    ended = {"status": "Ended", "reason": "UnlockCommand", "meterStop": 1200, "stopTimestamp": same_time(stopped)}
    await records.transaction(6, station.transaction_id, ended)

    # [EV driver unplugs the cable.]
    await station.sends(7, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Available")
    await station.receives(8, "StatusNotification.conf")
    await records.connector(8, connector, {"status": "Available"})
