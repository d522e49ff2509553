"""Chapter 3.12: transactions that began while the station was offline."""

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


@case("TC_037_1_CSMS")
async def test_tc_037_1_csms(station: Station, records: Records, cards: Cards, settings: Settings) -> None:
    """The CSMS accepts a transaction that began offline with a valid card, and keeps the time it really began."""
    connector = settings.connector_id
    await station.disconnects(1, "the connectivity is lost")
    # [EV driver starts a transaction with a valid card.]
    started = station.past(settings.offline_s)
    await station.reconnects(1)
    await station.sends(
        1, "StartTransaction.req", connectorId=connector, idTag=cards["Accepted"], meterStart=0, timestamp=started
    )
    await station.receives(
        2,
        "StartTransaction.conf",
        {"idTagInfo.status": "Accepted", **cards.details, "transactionId": positive},
    )
    transaction = {"idTag": ignoring_case(cards["Accepted"]), "connectorId": connector, "meterStart": 0}
    await records.transaction(
        2, station.transaction_id, {"status": "Active", **transaction, "startTimestamp": same_time(started)}
    )

    await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Charging")
    await station.receives(4, "StatusNotification.conf")
    await records.connector(4, connector, {"status": "Charging"})


@case("TC_037_3_CSMS")
async def test_tc_037_3_csms(station: Station, records: Records, cards: Cards, settings: Settings) -> None:
    """The CSMS refuses the card of a transaction that began offline, gives it an id all the same and takes its end."""
    connector = settings.connector_id
    await station.disconnects(1, "the connectivity is lost")
    # [EV driver starts a transaction with an invalid card.]
    started = station.past(settings.offline_s)
    await station.reconnects(1)
    await station.sends(
        1, "StartTransaction.req", connectorId=connector, idTag=cards["Invalid"], meterStart=0, timestamp=started
    )
    await station.receives(2, "StartTransaction.conf", {"idTagInfo.status": "Invalid", "transactionId": positive})
    await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Charging")
    await station.receives(4, "StatusNotification.conf")

    stopped = station.now()
    await station.sends(
        5,
        "StopTransaction.req",
        transactionId=station.transaction_id,
        meterStop=10,
        timestamp=stopped,
        reason="DeAuthorized",
    )
    await station.receives(6, "StopTransaction.conf", {"idTagInfo.status": absent_or("Invalid")})
    ended = {"status": "Ended", "reason": "DeAuthorized", "meterStop": 10, "stopTimestamp": same_time(stopped)}
    await records.transaction(6, station.transaction_id, ended)

    await station.sends(7, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Finishing")
    await station.receives(8, "StatusNotification.conf")
    await records.connector(8, connector, {"status": "Finishing"})


@case("TC_039_CSMS")
async def test_tc_039_csms(station: Station, records: Records, cards: Cards, settings: Settings) -> None:
    """The CSMS takes start and stop of a transaction that ran offline from its beginning to its end."""
    connector = settings.connector_id
    await station.disconnects(1, "the connectivity is lost")
    # [EV driver starts a transaction, stops it and unplugs the cable.]
    started, stopped = station.past(settings.offline_s), station.past(settings.offline_s / 2)
    await station.reconnects(1)
    await station.sends(
        1, "StartTransaction.req", connectorId=connector, idTag=cards["Accepted"], meterStart=0, timestamp=started
    )
    await station.receives(
        2,
        "StartTransaction.conf",
        {"idTagInfo.status": "Accepted", **cards.details, "transactionId": positive},
    )
    begun = {"idTag": ignoring_case(cards["Accepted"]), "connectorId": connector, "meterStart": 0}
    await records.transaction(2, station.transaction_id, {**begun, "startTimestamp": same_time(started)})

    await station.sends(
        3,
        "StopTransaction.req",
        transactionId=station.transaction_id,
        idTag=cards["Accepted"],
        meterStop=1200,
        timestamp=stopped,
        reason="Local",
    )
    await station.receives(
        4, "StopTransaction.conf", {"idTagInfo.status": absent_or("Accepted"), **cards.optional_details}
    )
    ended = {"status": "Ended", "reason": "Local", "meterStop": 1200, "stopTimestamp": same_time(stopped)}
    await records.transaction(4, station.transaction_id, ended)
