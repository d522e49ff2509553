"""Chapter 3.3: the authorization cache of the station."""

from harness.case import Cards, Operator, Records, Settings, Station, case, ignoring_case, positive


@case("TC_007_CSMS")
async def test_tc_007_csms(station: Station, records: Records, cards: Cards, settings: Settings) -> None:
    """The station knows the card from its cache: the CSMS accepts a transaction that no Authorize came before."""
    connector = settings.connector_id
    # [EV driver plugs in the cable.]
    await station.sends(1, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing")
    await station.receives(2, "StatusNotification.conf")

    # [EV driver presents identification, which is in the cache.]
    await station.sends(
        3, "StartTransaction.req", connectorId=connector, idTag=cards["Accepted"], meterStart=0, timestamp=station.now()
    )
    await station.receives(
        4,
        "StartTransaction.conf",
        {"idTagInfo.status": "Accepted", **cards.details, "transactionId": positive},
    )
    await records.transaction(
        4,
        station.transaction_id,
        {"status": "Active", "idTag": ignoring_case(cards["Accepted"]), "connectorId": connector, "meterStart": 0},
    )

    await station.sends(5, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Charging")
    await station.receives(6, "StatusNotification.conf")
    await records.connector(6, connector, {"status": "Charging"})


@case("TC_061_CSMS")
async def test_tc_061_csms(station: Station, operator: Operator, records: Records) -> None:
    """The CSMS has the station clear its authorization cache."""
    await operator.asks("ClearCache")
    await station.receives(1, "ClearCache.req")
    await station.sends(2, "ClearCache.conf", status="Accepted")
    await records.command(2, "ClearCache", {"status": "Accepted"})
