"""Chapter 3.21, security log and signed firmware: the CSMS asks for a log, and for firmware that proves its origin."""

from harness.case import (
    Operator,
    Records,
    Settings,
    Station,
    absent,
    asked,
    case,
    same_bytes,
    same_certificate,
    same_time,
)

FILE = "security.log"
PERIOD_S = 3600
MINUTE_S = 60


@case("TC_079_CSMS")
async def test_tc_079_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS asks for the security log of a period, for the place that the operator names, and follows the upload."""
    where, first, last = settings.files.log_url, station.past(PERIOD_S), station.now()
    intent = {"logType": "SecurityLog", "remoteLocation": where, "oldestTimestamp": first, "latestTimestamp": last}
    await operator.asks("GetLog", **intent)
    period = {
        "log.oldestTimestamp": asked(same_time(first, MINUTE_S)),
        "log.latestTimestamp": asked(same_time(last, MINUTE_S)),
    }
    wanted = {"logType": "SecurityLog", "log.remoteLocation": where, **period}
    await station.receives(1, "GetLog.req", {**wanted, "retries": absent, "retryInterval": absent})
    await station.sends(2, "GetLog.conf", status="Accepted", filename=FILE)
    await records.command(2, "GetLog", {"status": "Accepted"})

    request = station.request_id
    await station.sends(3, "LogStatusNotification.req", status="Uploading", requestId=request)
    await station.receives(4, "LogStatusNotification.conf")
    await records.log(4, request, {"status": "Uploading", "requestId": request, "fileName": FILE})
    await station.sends(5, "LogStatusNotification.req", status="Uploaded", requestId=request)
    await station.receives(6, "LogStatusNotification.conf")
    await records.log(6, request, {"status": "Uploaded"})


@case("TC_080_CSMS")
async def test_tc_080_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS hands on firmware, signature and signing certificate and follows the update to its end."""
    files, now = settings.files, station.now()
    proof = {"signature": files.signature, "signingCertificate": files.signing_certificate}
    await operator.asks("SignedUpdateFirmware", location=files.firmware_url, retrieveDateTime=now, **proof)
    wanted = {
        "firmware.location": files.firmware_url,
        "firmware.retrieveDateTime": same_time(now, settings.operator_timeout_s),
        "firmware.installDateTime": absent,
        "firmware.signature": same_bytes(files.signature),
        "firmware.signingCertificate": same_certificate(files.signing_certificate),
    }
    await station.receives(1, "SignedUpdateFirmware.req", {**wanted, "retries": absent, "retryInterval": absent})
    await station.sends(2, "SignedUpdateFirmware.conf", status="Accepted")
    await records.command(2, "SignedUpdateFirmware", {"status": "Accepted"})
    request = station.request_id
    await station.sends(3, "SignedFirmwareStatusNotification.req", status="Downloading", requestId=request)
    await station.receives(4, "SignedFirmwareStatusNotification.conf")
    await records.signed_firmware(4, request, {"status": "Downloading", "requestId": request})
    await station.sends(5, "SignedFirmwareStatusNotification.req", status="Downloaded", requestId=request)
    await station.receives(6, "SignedFirmwareStatusNotification.conf")
    await station.sends(7, "SignedFirmwareStatusNotification.req", status="SignatureVerified", requestId=request)
    await station.receives(8, "SignedFirmwareStatusNotification.conf")
    await records.signed_firmware(8, request, {"status": "SignatureVerified"})
    for each in (0, *settings.connectors):
        await station.sends("8a", "StatusNotification.req", connectorId=each, errorCode="NoError", status="Unavailable")
        await station.receives("8b", "StatusNotification.conf")
    await station.sends(9, "SignedFirmwareStatusNotification.req", status="Installing", requestId=request)
    await station.receives(10, "SignedFirmwareStatusNotification.conf")
    await station.sends(11, "SignedFirmwareStatusNotification.req", status="InstallRebooting", requestId=request)
    await station.receives(12, "SignedFirmwareStatusNotification.conf")

    await station.reboots(13)
    await station.sends(13, "BootNotification.req", **station.boot())
    await station.receives(14, "BootNotification.conf", station.accepted())
    await station.sends(15, "SecurityEventNotification.req", type="FirmwareUpdated", timestamp=station.now())
    await station.receives(16, "SecurityEventNotification.conf")
    for each in (0, *settings.connectors):
        await station.sends(17, "StatusNotification.req", connectorId=each, errorCode="NoError", status="Available")
        await station.receives(18, "StatusNotification.conf")
    await station.sends(19, "SignedFirmwareStatusNotification.req", status="Installed", requestId=request)
    await station.receives(20, "SignedFirmwareStatusNotification.conf")
    await records.signed_firmware(20, request, {"status": "Installed"})


@case("TC_081_CSMS")
async def test_tc_081_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS hands on an invalid signature as it is and takes that the station refuses the firmware."""
    files, now = settings.files, station.now()
    proof = {"signature": files.invalid_signature, "signingCertificate": files.signing_certificate}
    await operator.asks("SignedUpdateFirmware", location=files.firmware_url, retrieveDateTime=now, **proof)
    wanted = {
        "firmware.location": files.firmware_url,
        "firmware.retrieveDateTime": same_time(now, settings.operator_timeout_s),
        "firmware.installDateTime": absent,
        "firmware.signature": same_bytes(files.invalid_signature),
        "firmware.signingCertificate": same_certificate(files.signing_certificate),
    }
    await station.receives(1, "SignedUpdateFirmware.req", {**wanted, "retries": absent, "retryInterval": absent})
    await station.sends(2, "SignedUpdateFirmware.conf", status="Accepted")
    await records.command(2, "SignedUpdateFirmware", {"status": "Accepted"})

    request = station.request_id
    await station.sends(3, "SignedFirmwareStatusNotification.req", status="Downloading", requestId=request)
    await station.receives(4, "SignedFirmwareStatusNotification.conf")
    await records.signed_firmware(4, request, {"status": "Downloading", "requestId": request})
    await station.sends(5, "SignedFirmwareStatusNotification.req", status="Downloaded", requestId=request)
    await station.receives(6, "SignedFirmwareStatusNotification.conf")
    await station.sends(7, "SignedFirmwareStatusNotification.req", status="InvalidSignature", requestId=request)
    await station.receives(8, "SignedFirmwareStatusNotification.conf")
    await records.signed_firmware(8, request, {"status": "InvalidSignature"})
