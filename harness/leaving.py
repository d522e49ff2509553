"""Taking back what a case has told the CSMS, so that it takes the station to be idle: in the station's own messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.station import Station
    from harness.traces import Traces


async def take_back(station: Station, traces: Traces) -> None:
    """Stops transactions, ends reservations, reports connectors as Available; raises what the verbs raise.

    A start whose answer is not known is sent again, as any station would: its transaction has to be stopped too.
    """
    reserved = traces.reserved(station.clock.utc())
    busy = [connector for connector, status in traces.statuses.items() if status != "Available"]
    if not (traces.running or traces.starting or busy or reserved):
        return
    if not station.connected:
        await station.connects()
    await _stop(station, traces)
    if traces.starting is not None:
        await station.sends("", "StartTransaction.req", **traces.starting)
        await station.receives("", "StartTransaction.conf")
        await _stop(station, traces)
    reports = [(connector, "Unavailable") for connector in reserved]
    reports += [(connector, "Available") for connector in dict.fromkeys([*busy, *reserved])]
    for connector, status in reports:
        await station.sends("", "StatusNotification.req", connectorId=connector, status=status, errorCode="NoError")
        await station.receives("", "StatusNotification.conf")


async def _stop(station: Station, traces: Traces) -> None:
    for id in list(traces.running):
        await station.sends(
            "", "StopTransaction.req", transactionId=id, meterStop=0, timestamp=station.now(), reason="Other"
        )
        await station.receives("", "StopTransaction.conf")
