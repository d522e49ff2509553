"""Chapter 3.16: the CSMS has the station hand in its diagnostics."""

from harness.case import Operator, Records, Settings, Station, absent, asked, case, present, same_time, warns_on

FILE = "diagnostics.log"
PERIOD_S = 3600
MINUTE_S = 60


@case("TC_045_1_CSMS")
async def test_tc_045_1_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS asks for the diagnostics of a period, for the place that the operator names, and follows the upload."""
    where, first, last = settings.files.diagnostics_url, station.past(PERIOD_S), station.now()
    await operator.asks("GetDiagnostics", location=where, startTime=first, stopTime=last)
    period = {"startTime": asked(same_time(first, MINUTE_S)), "stopTime": asked(same_time(last, MINUTE_S))}
    wanted = {"location": warns_on(present, where), **period, "retries": absent, "retryInterval": absent}
    await station.receives(1, "GetDiagnostics.req", wanted)
    await station.sends(2, "GetDiagnostics.conf", fileName=FILE)
    await records.command(2, "GetDiagnostics", {"status": "Answered"})

    await station.sends(3, "DiagnosticsStatusNotification.req", status="Uploading")
    await station.receives(4, "DiagnosticsStatusNotification.conf")
    await records.diagnostics(4, {"status": "Uploading", "fileName": FILE})
    await station.sends(5, "DiagnosticsStatusNotification.req", status="Uploaded")
    await station.receives(6, "DiagnosticsStatusNotification.conf")
    await records.diagnostics(6, {"status": "Uploaded"})


@case("TC_045_2_CSMS")
async def test_tc_045_2_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS asks for all diagnostics and takes that they could not be uploaded."""
    where = settings.files.diagnostics_url
    await operator.asks("GetDiagnostics", location=where)
    period = {"startTime": absent, "stopTime": absent}
    wanted = {"location": warns_on(present, where), **period, "retries": absent, "retryInterval": absent}
    await station.receives(1, "GetDiagnostics.req", wanted)
    await station.sends(2, "GetDiagnostics.conf", fileName=FILE)
    await records.command(2, "GetDiagnostics", {"status": "Answered"})

    await station.sends(3, "DiagnosticsStatusNotification.req", status="Uploading")
    await station.receives(4, "DiagnosticsStatusNotification.conf")
    await records.diagnostics(4, {"status": "Uploading", "fileName": FILE})
    await station.sends(5, "DiagnosticsStatusNotification.req", status="UploadFailed")
    await station.receives(6, "DiagnosticsStatusNotification.conf")
    await records.diagnostics(6, {"status": "UploadFailed"})
