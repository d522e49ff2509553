"""Chapter 3.2: a driver starts a charging session at the station, or does not, and pulls the cable at the car."""

import pytest

from harness.case import (
    Cards,
    Records,
    Settings,
    Station,
    absent_or,
    case,
    ignoring_case,
    positive,
    same_time,
)


@case("TC_003_CSMS")
async def test_tc_003_csms(station: Station, records: Records, cards: Cards, settings: Settings) -> None:
    """Cable first, then the card: the CSMS accepts both the card and the transaction."""
    connector = settings.connector_id
    # [EV driver plugs in the cable.]
    await station.sends(1, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing")
    await station.receives(2, "StatusNotification.conf")

    # [EV driver presents identification.]
    await station.sends(3, "Authorize.req", idTag=cards["Accepted"])
    await station.receives(4, "Authorize.conf", {"idTagInfo.status": "Accepted", **cards.details})

    started = station.now()
    await station.sends(
        5, "StartTransaction.req", connectorId=connector, idTag=cards["Accepted"], meterStart=0, timestamp=started
    )
    await station.receives(
        6,
        "StartTransaction.conf",
        {"idTagInfo.status": "Accepted", **cards.details, "transactionId": positive},
    )
    transaction = {"idTag": ignoring_case(cards["Accepted"]), "connectorId": connector, "meterStart": 0}
    await records.transaction(
        6, station.transaction_id, {"status": "Active", **transaction, "startTimestamp": same_time(started)}
    )

    await station.sends(7, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Charging")
    await station.receives(8, "StatusNotification.conf")
    await records.connector(8, connector, {"status": "Charging"})


@case("TC_004_1_CSMS")
async def test_tc_004_1_csms(station: Station, records: Records, cards: Cards, settings: Settings) -> None:
    """Card first, then the cable: the one official step is the reusable state Charging, which includes Authorized."""
    connector = settings.connector_id
    await station.sends("Authorized 1", "Authorize.req", idTag=cards["Accepted"])
    await station.receives("Authorized 2", "Authorize.conf", {"idTagInfo.status": "Accepted", **cards.details})

    await station.sends(
        "Charging 1", "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing"
    )
    await station.receives("Charging 2", "StatusNotification.conf")

    await station.sends(
        "Charging 3",
        "StartTransaction.req",
        connectorId=connector,
        idTag=cards["Accepted"],
        meterStart=0,
        timestamp=station.now(),
    )
    await station.receives(
        "Charging 4",
        "StartTransaction.conf",
        {"idTagInfo.status": "Accepted", **cards.details, "transactionId": positive},
    )
    await records.transaction(
        "Charging 4",
        station.transaction_id,
        {"status": "Active", "idTag": ignoring_case(cards["Accepted"]), "connectorId": connector, "meterStart": 0},
    )

    await station.sends(
        "Charging 5", "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Charging"
    )
    await station.receives("Charging 6", "StatusNotification.conf")
    await records.connector("Charging 6", connector, {"status": "Charging"})


@case("TC_004_2_CSMS")
@pytest.mark.usefixtures("authorized")
async def test_tc_004_2_csms(station: Station, records: Records, settings: Settings) -> None:
    """Nobody plugs in after the card: the CSMS takes the way back to Available when the connection time-out is over."""
    connector = settings.connector_id
    await station.sends(1, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing")
    await station.receives(2, "StatusNotification.conf")
    await records.connector(2, connector, {"status": "Preparing"})

    await station.waits(settings.connection_timeout_s, "the connection time-out")
    await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Available")
    await station.receives(4, "StatusNotification.conf")
    await records.connector(4, connector, {"status": "Available"})


@case("TC_005_1_CSMS")
@pytest.mark.usefixtures("charging")
async def test_tc_005_1_csms(station: Station, records: Records, cards: Cards, settings: Settings) -> None:
    """The cable is pulled at the car: the CSMS takes the pause, the end of the transaction and the free connector."""
    connector = settings.connector_id
    # [EV driver disconnects the cable on the EV side.]
    await station.sends(1, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="SuspendedEV")
    await station.receives(2, "StatusNotification.conf")
    await records.connector(2, connector, {"status": "SuspendedEV"})

    stopped = station.now()
    await station.sends(
        3,
        "StopTransaction.req",
        transactionId=station.transaction_id,
        meterStop=1200,
        timestamp=stopped,
        reason="EVDisconnected",
    )
    await station.receives(
        4, "StopTransaction.conf", {"idTagInfo.status": absent_or("Accepted"), **cards.optional_details}
    )
    ended = {"status": "Ended", "reason": "EVDisconnected", "meterStop": 1200, "stopTimestamp": same_time(stopped)}
    await records.transaction(4, station.transaction_id, ended)

    await station.sends(5, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Finishing")
    await station.receives(6, "StatusNotification.conf")
    # [The cable is removed on the station's side.]
    await station.sends(7, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Available")
    await station.receives(8, "StatusNotification.conf")
    await records.connector(8, connector, {"status": "Available"})
