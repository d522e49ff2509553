"""Chapter 3.17: the CSMS reserves a connector or a whole station, and cancels the reservation."""

from harness.case import (
    Cards,
    Operator,
    Records,
    Settings,
    Station,
    any_of,
    case,
    ignoring_case,
    positive,
    present,
    warns_on,
)

RESERVED_S = 3600
WHOLE_STATION = 0


@case("TC_046_CSMS")
async def test_tc_046_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS reserves a connector for a card, which then charges there: the reservation is used."""
    connector, until = settings.connector_id, station.future(RESERVED_S)
    await operator.asks("ReserveNow", connectorId=connector, idTag=cards["Accepted"], expiryDate=until)
    wanted = cards.reserved(connector, until, settings.max_time_deviation_s)
    await station.receives(1, "ReserveNow.req", wanted)
    await station.sends(2, "ReserveNow.conf", status="Accepted")
    await records.command(2, "ReserveNow", {"status": "Accepted"})
    await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Reserved")
    await station.receives(4, "StatusNotification.conf")
    await records.connector(4, connector, {"status": "Reserved"})
    reservation = {"idTag": ignoring_case(cards["Accepted"]), "connectorId": connector}
    await records.reservation(4, station.reservation_id, {"status": "Active", **reservation})

    await station.sends("Authorized 1", "Authorize.req", idTag=cards["Accepted"])
    await station.receives("Authorized 2", "Authorize.conf", {"idTagInfo.status": "Accepted", **cards.details})
    await station.sends(
        "Charging 1", "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing"
    )
    await station.receives("Charging 2", "StatusNotification.conf")
    start = {"connectorId": connector, "idTag": cards["Accepted"], "reservationId": station.reservation_id}
    await station.sends("Charging 3", "StartTransaction.req", **start, meterStart=0, timestamp=station.now())
    accepted = {"idTagInfo.status": "Accepted", **cards.details, "transactionId": positive}
    await station.receives("Charging 4", "StartTransaction.conf", accepted)
    used = {"status": "Used", "transactionId": station.transaction_id}
    await records.reservation("Charging 4", station.reservation_id, used)
    await station.sends(
        "Charging 5", "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Charging"
    )
    await station.receives("Charging 6", "StatusNotification.conf")


@case("TC_047_CSMS")
async def test_tc_047_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS reserves a connector for as long as the operator says; nobody comes, and it takes the end of it."""
    connector, until = settings.connector_id, station.future(settings.reservation_s)
    await operator.asks("ReserveNow", connectorId=connector, idTag=cards["Accepted"], expiryDate=until)
    wanted = cards.reserved(connector, until, settings.max_time_deviation_s)
    await station.receives(1, "ReserveNow.req", wanted)
    await station.sends(2, "ReserveNow.conf", status="Accepted")
    await records.command(2, "ReserveNow", {"status": "Accepted"})
    await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Reserved")
    await station.receives(4, "StatusNotification.conf")
    await records.connector(4, connector, {"status": "Reserved"})

    # [EV driver does not arrive before the expiry date.]
    await station.waits(station.seconds_until(until), "the end of the reservation")
    await station.sends(5, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Available")
    await station.receives(6, "StatusNotification.conf")
    await records.connector(6, connector, {"status": "Available"})
    await records.reservation(6, station.reservation_id, {"status": "Expired", "connectorId": connector})


@case("TC_048_1_CSMS")
async def test_tc_048_1_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS takes that the connector cannot be reserved because it is faulted."""
    connector, until = settings.connector_id, station.future(RESERVED_S)
    await operator.asks("ReserveNow", connectorId=connector, idTag=cards["Accepted"], expiryDate=until)
    wanted = cards.reserved(connector, until, settings.max_time_deviation_s)
    await station.receives(1, "ReserveNow.req", wanted)
    await station.sends(2, "ReserveNow.conf", status="Faulted")
    await records.command(2, "ReserveNow", {"status": "Faulted"})
    await records.reservation(2, station.reservation_id, {"status": "Refused"})


@case("TC_048_2_CSMS")
async def test_tc_048_2_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS reserves a connector although a cable is plugged in, and takes that it is occupied."""
    connector, until = settings.connector_id, station.future(RESERVED_S)
    # [EV driver plugs in the cable.]
    await station.sends(1, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing")
    await station.receives(2, "StatusNotification.conf")

    await operator.asks("ReserveNow", connectorId=connector, idTag=cards["Accepted"], expiryDate=until)
    wanted = cards.reserved(connector, until, settings.max_time_deviation_s)
    await station.receives(3, "ReserveNow.req", wanted)
    await station.sends(4, "ReserveNow.conf", status="Occupied")
    await records.command(4, "ReserveNow", {"status": "Occupied"})
    await records.reservation(4, station.reservation_id, {"status": "Refused"})


@case("TC_048_3_CSMS")
async def test_tc_048_3_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS puts a connector out of service, reserves it all the same, and takes that it is unavailable."""
    connector, until = settings.connector_id, station.future(RESERVED_S)
    await operator.asks("ChangeAvailability", connectorId=connector, type="Inoperative")
    await station.receives(1, "ChangeAvailability.req", {"connectorId": connector, "type": "Inoperative"})
    await station.sends(2, "ChangeAvailability.conf", status="Accepted")
    operator.restores("ChangeAvailability", connectorId=connector, type="Operative")
    await records.command(2, "ChangeAvailability", {"status": "Accepted"})
    await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Unavailable")
    await station.receives(4, "StatusNotification.conf")
    await records.connector(4, connector, {"status": "Unavailable"})

    await operator.asks("ReserveNow", connectorId=connector, idTag=cards["Accepted"], expiryDate=until)
    wanted = cards.reserved(connector, until, settings.max_time_deviation_s)
    await station.receives(5, "ReserveNow.req", wanted)
    await station.sends(6, "ReserveNow.conf", status="Unavailable")
    await records.command(6, "ReserveNow", {"status": "Unavailable"})
    await records.reservation(6, station.reservation_id, {"status": "Refused"})


@case("TC_048_4_CSMS")
async def test_tc_048_4_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS takes that the station rejects the reservation."""
    connector, until = settings.connector_id, station.future(RESERVED_S)
    await operator.asks("ReserveNow", connectorId=connector, idTag=cards["Accepted"], expiryDate=until)
    wanted = cards.reserved(connector, until, settings.max_time_deviation_s)
    await station.receives(1, "ReserveNow.req", wanted)
    await station.sends(2, "ReserveNow.conf", status="Rejected")
    await records.command(2, "ReserveNow", {"status": "Rejected"})
    await records.reservation(2, station.reservation_id, {"status": "Refused"})


@case("TC_049_CSMS")
async def test_tc_049_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS reserves the station as a whole, which is connector 0."""
    connector, until = settings.connector_id, station.future(RESERVED_S)
    await operator.asks("ReserveNow", connectorId=WHOLE_STATION, idTag=cards["Accepted"], expiryDate=until)
    wanted = cards.reserved(WHOLE_STATION, until, settings.max_time_deviation_s)
    await station.receives(1, "ReserveNow.req", wanted)
    await station.sends(2, "ReserveNow.conf", status="Accepted")
    await records.command(2, "ReserveNow", {"status": "Accepted"})
    await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Reserved")
    await station.receives(4, "StatusNotification.conf")
    await records.connector(4, connector, {"status": "Reserved"})
    reservation = {"idTag": ignoring_case(cards["Accepted"]), "connectorId": WHOLE_STATION}
    await records.reservation(4, station.reservation_id, {"status": "Active", **reservation})


@case("TC_051_CSMS")
async def test_tc_051_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS cancels the reservation that it made, and takes that the connector is free again."""
    connector, until = settings.connector_id, station.future(RESERVED_S)
    await operator.asks("ReserveNow", connectorId=connector, idTag=cards["Accepted"], expiryDate=until)
    wanted = cards.reserved(connector, until, settings.max_time_deviation_s)
    await station.receives(1, "ReserveNow.req", wanted)
    await station.sends(2, "ReserveNow.conf", status="Accepted")
    await records.command(2, "ReserveNow", {"status": "Accepted"})
    await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Reserved")
    await station.receives(4, "StatusNotification.conf")
    await records.connector(4, connector, {"status": "Reserved"})

    await operator.asks("CancelReservation", reservationId=station.reservation_id)
    await station.receives(5, "CancelReservation.req", {"reservationId": station.reservation_id})
    await station.sends(6, "CancelReservation.conf", status="Accepted")
    await records.command(6, "CancelReservation", {"status": "Accepted"})
    await records.reservation(6, station.reservation_id, {"status": "Cancelled"})
    await station.sends(7, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Available")
    await station.receives(8, "StatusNotification.conf")
    await records.connector(8, connector, {"status": "Available"})


@case("TC_052_CSMS")
async def test_tc_052_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS takes that the station does not cancel the reservation."""
    connector, until = settings.connector_id, station.future(RESERVED_S)
    await operator.asks("ReserveNow", connectorId=connector, idTag=cards["Accepted"], expiryDate=until)
    wanted = cards.reserved(connector, until, settings.max_time_deviation_s)
    await station.receives(1, "ReserveNow.req", wanted)
    await station.sends(2, "ReserveNow.conf", status="Accepted")
    await records.command(2, "ReserveNow", {"status": "Accepted"})
    await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Reserved")
    await station.receives(4, "StatusNotification.conf")
    await records.connector(4, connector, {"status": "Reserved"})

    await operator.asks("CancelReservation", reservationId=station.reservation_id)
    reservation_id = warns_on(present, station.reservation_id)
    await station.receives(5, "CancelReservation.req", {"reservationId": reservation_id})
    await station.sends(6, "CancelReservation.conf", status="Rejected")
    kept = warns_on(any_of("Refused", "Expired"), "Active")
    await records.command(6, "CancelReservation", {"status": "Rejected"})
    await records.reservation(6, station.reservation_id, {"status": kept})


@case("TC_053_CSMS")
async def test_tc_053_csms(
    station: Station, operator: Operator, records: Records, cards: Cards, settings: Settings
) -> None:
    """The CSMS reserves a connector for a card and its group; another card of the group charges there."""
    connector, until = settings.connector_id, station.future(RESERVED_S)
    card, group = cards["Accepted"], cards.parent
    await operator.asks("ReserveNow", connectorId=connector, idTag=card, expiryDate=until, parentIdTag=group)
    wanted = cards.reserved(connector, until, settings.max_time_deviation_s, group=True)
    await station.receives(1, "ReserveNow.req", wanted)
    await station.sends(2, "ReserveNow.conf", status="Accepted")
    await records.command(2, "ReserveNow", {"status": "Accepted"})
    await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Reserved")
    await station.receives(4, "StatusNotification.conf")
    await records.connector(4, connector, {"status": "Reserved"})
    await records.reservation(4, station.reservation_id, {"status": "Active", "connectorId": connector})

    # [EV driver presents another card of the group.]
    await station.sends("Authorized 1", "Authorize.req", idTag=cards["Accepted2"])
    await station.receives("Authorized 2", "Authorize.conf", {"idTagInfo.status": "Accepted", **cards.details})
    await station.sends(
        "Charging 1", "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Preparing"
    )
    await station.receives("Charging 2", "StatusNotification.conf")
    start = {"connectorId": connector, "idTag": cards["Accepted2"], "reservationId": station.reservation_id}
    await station.sends("Charging 3", "StartTransaction.req", **start, meterStart=0, timestamp=station.now())
    accepted = {"idTagInfo.status": "Accepted", **cards.details, "transactionId": positive}
    await station.receives("Charging 4", "StartTransaction.conf", accepted)
    used = {"status": "Used", "transactionId": station.transaction_id}
    await records.reservation("Charging 4", station.reservation_id, used)
    await station.sends(
        "Charging 5", "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Charging"
    )
    await station.receives("Charging 6", "StatusNotification.conf")
