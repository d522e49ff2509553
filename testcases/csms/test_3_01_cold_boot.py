"""Chapter 3.1: a station starts up."""

from harness.case import Records, Settings, Station, about_now, at_least, case, warns_on


@case("TC_001_CSMS")
async def test_tc_001_csms(cold_station: Station, records: Records, settings: Settings) -> None:
    """The CSMS registers a station that was just switched on, takes its first reports and answers its heartbeats."""
    station = cold_station
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
        await station.sends(3, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Available")
        await station.receives(4, "StatusNotification.conf")
    for connector in settings.connectors:
        await records.connector(4, connector, {"status": "Available"})

    for _ in range(2):
        await station.waits(station.interval_s(5), "the heartbeat interval")
        await station.sends(5, "Heartbeat.req")
        await station.receives(6, "Heartbeat.conf", {"currentTime": about_now(settings.max_time_deviation_s)})
