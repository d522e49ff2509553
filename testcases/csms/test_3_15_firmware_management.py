"""Chapter 3.15: the CSMS has the station install firmware."""

import pytest

from harness.case import Operator, Records, Settings, Station, absent, case, same_time

RETRIES = 3
RETRY_S = 60


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("Installed", marks=case("TC_044_1_CSMS"), id="TC_044_1_CSMS"),
        pytest.param("InstallationFailed", marks=case("TC_044_3_CSMS"), id="TC_044_3_CSMS"),
    ],
)
async def test_tc_044_csms(
    station: Station, operator: Operator, records: Records, settings: Settings, end: str
) -> None:
    """The CSMS orders firmware as the operator says and follows it, over a reboot, to its end or to its failure."""
    where, now, again = settings.files.firmware_url, station.now(), {"retries": RETRIES, "retryInterval": RETRY_S}
    await operator.asks("UpdateFirmware", location=where, retrieveDate=now, **again)
    when = same_time(now, settings.operator_timeout_s)
    await station.receives(1, "UpdateFirmware.req", {"location": where, "retrieveDate": when, **again})
    await station.sends(2, "UpdateFirmware.conf")
    await records.command(2, "UpdateFirmware", {"status": "Answered"})

    await station.sends(3, "FirmwareStatusNotification.req", status="Downloading")
    await station.receives(4, "FirmwareStatusNotification.conf")
    await records.firmware(4, {"status": "Downloading"})
    await station.sends(5, "FirmwareStatusNotification.req", status="Downloaded")
    await station.receives(6, "FirmwareStatusNotification.conf")
    await records.firmware(6, {"status": "Downloaded"})
    for each in (0, *settings.connectors):
        await station.sends(7, "StatusNotification.req", connectorId=each, errorCode="NoError", status="Unavailable")
        await station.receives(8, "StatusNotification.conf")
    await station.sends(9, "FirmwareStatusNotification.req", status="Installing")
    await station.receives(10, "FirmwareStatusNotification.conf")
    await records.firmware(10, {"status": "Installing"})

    await station.reboots(11)
    await station.sends(11, "BootNotification.req", **station.boot())
    await station.receives(12, "BootNotification.conf", station.accepted())
    for each in (0, *settings.connectors):
        await station.sends(13, "StatusNotification.req", connectorId=each, errorCode="NoError", status="Available")
        await station.receives(14, "StatusNotification.conf")
    await station.sends(15, "FirmwareStatusNotification.req", status=end)
    await station.receives(16, "FirmwareStatusNotification.conf")
    await records.firmware(16, {"status": end})


@case("TC_044_2_CSMS")
async def test_tc_044_2_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS orders firmware as the operator says and takes that it could not be downloaded."""
    where, now = settings.files.firmware_url, station.now()
    await operator.asks("UpdateFirmware", location=where, retrieveDate=now)
    when = same_time(now, settings.operator_timeout_s)
    wanted = {"location": where, "retrieveDate": when, "retries": absent, "retryInterval": absent}
    await station.receives(1, "UpdateFirmware.req", wanted)
    await station.sends(2, "UpdateFirmware.conf")
    await records.command(2, "UpdateFirmware", {"status": "Answered"})

    await station.sends(3, "FirmwareStatusNotification.req", status="Downloading")
    await station.receives(4, "FirmwareStatusNotification.conf")
    await records.firmware(4, {"status": "Downloading"})
    await station.sends(5, "FirmwareStatusNotification.req", status="DownloadFailed")
    await station.receives(6, "FirmwareStatusNotification.conf")
    await records.firmware(6, {"status": "DownloadFailed"})
