"""Routes about triggers."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Response

from reference_csms.api.commands import Wait, post, sent
from reference_csms.api.deps import TheCsms
from reference_csms.api.models import Body

router = APIRouter(tags=["triggers"])


class TriggerIn(Body):
    """Have the station send a message, about one connector or all."""

    requested_message: Literal[
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StatusNotification",
    ]
    connector_id: int | None = None


class ExtendedTriggerIn(Body):
    """Have the station send a message of the security whitepaper, about one connector or all."""

    requested_message: Literal[
        "BootNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "SignChargePointCertificate",
        "StatusNotification",
    ]
    connector_id: int | None = None


@post(router, "trigger", "Send TriggerMessage")
async def trigger(station: str, body: TriggerIn, csms: TheCsms, response: Response, wait: Wait = 0) -> dict[str, Any]:
    sending = csms.triggers.trigger(station, requestedMessage=body.requested_message, connectorId=body.connector_id)
    return await sent(sending, response, wait)


@post(router, "extended-trigger", "Send ExtendedTriggerMessage")
async def extended_trigger(
    station: str, body: ExtendedTriggerIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    sending = csms.triggers.extended_trigger(
        station, requestedMessage=body.requested_message, connectorId=body.connector_id
    )
    return await sent(sending, response, wait)
