"""Chapter 3.18: the CSMS has the station send a message now."""

from harness.case import Operator, Records, Settings, Station, about_now, absent, asked, case, present, warns_on


@case("TC_054_CSMS")
async def test_tc_054_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS triggers five messages, one after the other, and takes each of them."""
    connector, accepted = settings.connector_id, {"status": "Accepted"}
    no_connector = {"connectorId": warns_on(present, absent)}
    await operator.asks("TriggerMessage", requestedMessage="MeterValues", connectorId=connector)
    of_connector = {"requestedMessage": "MeterValues", "connectorId": connector}
    await station.receives(1, "TriggerMessage.req", of_connector)
    await station.sends(2, "TriggerMessage.conf", status="Accepted")
    await records.command(2, "TriggerMessage", accepted)
    meter_value = {"timestamp": station.now(), "sampledValue": [{"value": "0", "context": "Trigger"}]}
    await station.sends(3, "MeterValues.req", connectorId=connector, meterValue=[meter_value])
    await station.receives(4, "MeterValues.conf")

    await operator.asks("TriggerMessage", requestedMessage="Heartbeat")
    await station.receives(5, "TriggerMessage.req", {"requestedMessage": "Heartbeat", **no_connector})
    await station.sends(6, "TriggerMessage.conf", status="Accepted")
    await records.command(6, "TriggerMessage", accepted)
    await station.sends(7, "Heartbeat.req")
    await station.receives(8, "Heartbeat.conf", {"currentTime": about_now(settings.max_time_deviation_s)})

    await operator.asks("TriggerMessage", requestedMessage="StatusNotification", connectorId=connector)
    of_connector = {"requestedMessage": "StatusNotification", "connectorId": connector}
    await station.receives(9, "TriggerMessage.req", of_connector)
    await station.sends(10, "TriggerMessage.conf", status="Accepted")
    await records.command(10, "TriggerMessage", accepted)
    await station.sends(11, "StatusNotification.req", connectorId=connector, errorCode="NoError", status="Available")
    await station.receives(12, "StatusNotification.conf")

    await operator.asks("TriggerMessage", requestedMessage="DiagnosticsStatusNotification")
    await station.receives(
        13, "TriggerMessage.req", {"requestedMessage": "DiagnosticsStatusNotification", **no_connector}
    )
    await station.sends(14, "TriggerMessage.conf", status="Accepted")
    await records.command(14, "TriggerMessage", accepted)
    await station.sends(15, "DiagnosticsStatusNotification.req", status="Idle")
    await station.receives(16, "DiagnosticsStatusNotification.conf")

    await operator.asks("TriggerMessage", requestedMessage="FirmwareStatusNotification")
    await station.receives(17, "TriggerMessage.req", {"requestedMessage": "FirmwareStatusNotification", **no_connector})
    await station.sends(18, "TriggerMessage.conf", status="Accepted")
    await records.command(18, "TriggerMessage", accepted)
    await station.sends(19, "FirmwareStatusNotification.req", status="Idle")
    await station.receives(20, "FirmwareStatusNotification.conf")


@case("TC_055_CSMS")
async def test_tc_055_csms(station: Station, operator: Operator, records: Records, settings: Settings) -> None:
    """The CSMS takes that the station does not send what was triggered."""
    await operator.asks("TriggerMessage", requestedMessage="MeterValues", connectorId=settings.connector_id)
    of_connector = {"requestedMessage": "MeterValues", "connectorId": asked(settings.connector_id)}
    await station.receives(1, "TriggerMessage.req", of_connector)
    await station.sends(2, "TriggerMessage.conf", status="Rejected")
    await records.command(2, "TriggerMessage", {"status": "Rejected"})
