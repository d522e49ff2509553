"""Chapter 3.4: the CSMS starts and stops a session remotely."""

import pytest

from harness.case import (
    Cards,
    Operator,
    Records,
    Settings,
    Station,
    absent,
    absent_or,
    asked,
    case,
    ignoring_case,
    positive,
    same_time,
)


@case("TC_010_CSMS")
async def test_tc_010_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS starts a session remotely on a station whose cable is already plugged in."""
    connector = settings.connector_id
    # [EV driver plugs in the cable.]
    await station.sends(1, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing")
    await station.receives(2, "StatusNotification.conf")

    await operator.asks("RemoteStartTransaction", connectorId=connector, idTag=cards["Accepted"])
    remote_start = {
        "idTag": ignoring_case(cards["Accepted"]),
        "connectorId": asked(connector),
        "chargingProfile": absent,
    }
    await station.receives(3, "RemoteStartTransaction.req", remote_start)
    await station.sends(4, "RemoteStartTransaction.conf", status="Accepted")
    await records.command(4, "RemoteStartTransaction", {"status": "Accepted"})

    await station.sends(5, "Authorize.req", idTag=cards["Accepted"])
    await station.receives(6, "Authorize.conf", {"idTagInfo.status": "Accepted", **cards.details})

    await station.sends(
        7, "StartTransaction.req", connectorId=connector, idTag=cards["Accepted"], meterStart=0, timestamp=station.now()
    )
    await station.receives(
        8,
        "StartTransaction.conf",
        {"idTagInfo.status": "Accepted", **cards.details, "transactionId": positive},
    )
    await records.transaction(
        8,
        station.transaction_id,
        {"status": "Active", "idTag": ignoring_case(cards["Accepted"]), "connectorId": connector, "meterStart": 0},
    )

    await station.sends(9, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Charging")
    await station.receives(10, "StatusNotification.conf")
    await records.connector(10, connector, {"status": "Charging"})


@case("TC_011_1_CSMS")
async def test_tc_011_1_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS starts a session remotely before the cable is plugged in."""
    connector = settings.connector_id
    await operator.asks("RemoteStartTransaction", connectorId=connector, idTag=cards["Accepted"])
    remote_start = {
        "idTag": ignoring_case(cards["Accepted"]),
        "connectorId": asked(connector),
        "chargingProfile": absent,
    }
    await station.receives(1, "RemoteStartTransaction.req", remote_start)
    await station.sends(2, "RemoteStartTransaction.conf", status="Accepted")
    await records.command(2, "RemoteStartTransaction", {"status": "Accepted"})

    await station.sends(3, "Authorize.req", idTag=cards["Accepted"])
    await station.receives(4, "Authorize.conf", {"idTagInfo.status": "Accepted", **cards.details})
    await station.sends(5, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing")
    await station.receives(6, "StatusNotification.conf")

    # [EV driver plugs in the cable.]
    await station.sends(
        7, "StartTransaction.req", connectorId=connector, idTag=cards["Accepted"], meterStart=0, timestamp=station.now()
    )
    await station.receives(
        8,
        "StartTransaction.conf",
        {"idTagInfo.status": "Accepted", **cards.details, "transactionId": positive},
    )
    await records.transaction(
        8,
        station.transaction_id,
        {"status": "Active", "idTag": ignoring_case(cards["Accepted"]), "connectorId": connector, "meterStart": 0},
    )

    await station.sends(9, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Charging")
    await station.receives(10, "StatusNotification.conf")
    await records.connector(10, connector, {"status": "Charging"})


@case("TC_011_2_CSMS")
async def test_tc_011_2_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """Nobody plugs in after a remote start: the CSMS takes the way back to Available after the connection time-out."""
    connector = settings.connector_id
    await operator.asks("RemoteStartTransaction", connectorId=connector, idTag=cards["Accepted"])
    remote_start = {
        "idTag": ignoring_case(cards["Accepted"]),
        "connectorId": asked(connector),
        "chargingProfile": absent,
    }
    await station.receives(1, "RemoteStartTransaction.req", remote_start)
    await station.sends(2, "RemoteStartTransaction.conf", status="Accepted")
    await records.command(2, "RemoteStartTransaction", {"status": "Accepted"})

    await station.sends(3, "Authorize.req", idTag=cards["Accepted"])
    await station.receives(4, "Authorize.conf", {"idTagInfo.status": "Accepted", **cards.details})
    await station.sends(5, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing")
    await station.receives(6, "StatusNotification.conf")
    await records.connector(6, connector, {"status": "Preparing"})

    await station.waits(settings.connection_timeout_s, "the connection time-out")
    await station.sends(7, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Available")
    await station.receives(8, "StatusNotification.conf")
    await records.connector(8, connector, {"status": "Available"})


@case("TC_012_CSMS")
@pytest.mark.usefixtures("charging")
async def test_tc_012_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS stops the running transaction remotely and takes the reports that follow."""
    connector = settings.connector_id
    await operator.asks("RemoteStopTransaction", transactionId=station.transaction_id)
    await station.receives(1, "RemoteStopTransaction.req", {"transactionId": station.transaction_id})
    await station.sends(2, "RemoteStopTransaction.conf", status="Accepted")
    await records.command(2, "RemoteStopTransaction", {"status": "Accepted"})

    stopped = station.now()
    await station.sends(
        3,
        "StopTransaction.req",
        transactionId=station.transaction_id,
        meterStop=1200,
        timestamp=stopped,
        reason="Remote",
    )
    await station.receives(
        4, "StopTransaction.conf", {"idTagInfo.status": absent_or("Accepted"), **cards.optional_details}
    )
    ended = {"status": "Ended", "reason": "Remote", "meterStop": 1200, "stopTimestamp": same_time(stopped)}
    await records.transaction(4, station.transaction_id, ended)

    await station.sends(5, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Finishing")
    await station.receives(6, "StatusNotification.conf")
    # [EV driver unplugs the cable.]
    await station.sends(7, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Available")
    await station.receives(8, "StatusNotification.conf")
    await records.connector(8, connector, {"status": "Available"})
