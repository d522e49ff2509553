"""Chapter 3.10: a connector cannot be unlocked."""

from harness.case import Operator, Records, Settings, Station, at_least, case, warns_on

UNKNOWN_CONNECTOR = 99


@case("TC_030_CSMS")
async def test_tc_030_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS takes that unlocking failed."""
    await operator.asks("UnlockConnector", connectorId=settings.connector_id)
    await station.receives(1, "UnlockConnector.req", {"connectorId": settings.connector_id})
    await station.sends(2, "UnlockConnector.conf", status="UnlockFailed")
    await records.command(2, "UnlockConnector", {"status": "UnlockFailed"})


@case("TC_031_CSMS")
async def test_tc_031_csms(station: Station, operator: Operator, records: Records) -> None:
    """The CSMS takes that the station has no such connector to unlock; one that exists serves too, with a warning."""
    await operator.asks("UnlockConnector", connectorId=UNKNOWN_CONNECTOR)
    await station.receives(1, "UnlockConnector.req", {"connectorId": warns_on(at_least(1), UNKNOWN_CONNECTOR)})
    await station.sends(2, "UnlockConnector.conf", status="NotSupported")
    await records.command(2, "UnlockConnector", {"status": "NotSupported"})
