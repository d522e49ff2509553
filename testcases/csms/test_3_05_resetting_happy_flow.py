"""Chapter 3.5: the CSMS resets the station."""

import pytest

from harness.case import Operator, Records, Settings, Station, about_now, at_least, case, warns_on


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("Hard", marks=case("TC_013_CSMS"), id="TC_013_CSMS"),
        pytest.param("Soft", marks=case("TC_014_CSMS"), id="TC_014_CSMS"),
    ],
)
async def test_tc_013_014_csms(
    station: Station, operator: Operator, records: Records, settings: Settings, kind: str
) -> None:
    """The CSMS asks for the kind of reset the operator wants and registers the station again after its reboot."""
    await operator.asks("Reset", type=kind)
    await station.receives(1, "Reset.req", {"type": kind})
    await station.sends(2, "Reset.conf", status="Accepted")
    await records.command(2, "Reset", {"status": "Accepted"})

    await station.reboots(3)
    await station.sends(3, "BootNotification.req", **station.boot())
    await station.receives(
        4,
        "BootNotification.conf",
        {
            "status": "Accepted",
            "currentTime": about_now(settings.max_time_deviation_s),
            "interval": warns_on(0, at_least(1)),
        },
    )
    for connector in (0, *settings.connectors):
        await station.sends(5, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Available")
        await station.receives(6, "StatusNotification.conf")
    for connector in settings.connectors:
        await records.connector(6, connector, {"status": "Available"})
