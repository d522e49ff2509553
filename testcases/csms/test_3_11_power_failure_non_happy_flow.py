"""Chapter 3.11: the station loses power during a transaction."""

import pytest

from harness.case import Cards, Records, Settings, Station, about_now, absent_or, at_least, case, same_time, warns_on


@case("TC_032_1_CSMS")
@pytest.mark.usefixtures("charging")
async def test_tc_032_1_csms(station: Station, records: Records, cards: Cards, settings: Settings) -> None:
    """The CSMS registers the station after a power failure and takes the end of the transaction that it cut off."""
    # [The power of the station is removed and restored.]
    stopped = station.now()
    await station.reboots(1)
    await station.sends(1, "BootNotification.req", **station.boot())
    await station.receives(
        2,
        "BootNotification.conf",
        {
            "status": "Accepted",
            "currentTime": about_now(settings.max_time_deviation_s),
            "interval": warns_on(0, at_least(1)),
        },
    )
    for connector in (0, *settings.connectors):
        status = "Finishing" if connector == settings.connector_id else "Available"
        await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status=status)
        await station.receives(4, "StatusNotification.conf")
    await records.connector(4, settings.connector_id, {"status": "Finishing"})

    await station.sends(
        5,
        "StopTransaction.req",
        transactionId=station.transaction_id,
        meterStop=1200,
        timestamp=stopped,
        reason="PowerLoss",
    )
    await station.receives(
        6, "StopTransaction.conf", {"idTagInfo.status": absent_or("Accepted"), **cards.optional_details}
    )
    ended = {"status": "Ended", "reason": "PowerLoss", "meterStop": 1200, "stopTimestamp": same_time(stopped)}
    await records.transaction(6, station.transaction_id, ended)
