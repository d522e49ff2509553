"""Routes that send commands, one per operator action, and that show what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Query, Response

from reference_csms.api import models
from reference_csms.api.deps import TheCsms, TheStation
from reference_csms.api.models import CommandOut
from reference_csms.api.pages import Limit
from reference_csms.api.paths import STATION
from reference_csms.commands.commands import Command

router = APIRouter(tags=["commands"])
_SENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "Answered or given up"},
    202: {"description": "On its way", "model": CommandOut},
    409: {"description": "The station is not connected, or must not get this now"},
}
F = TypeVar("F", bound=Callable[..., Any])
Wait = Annotated[float, Query(ge=0, le=3600, description="Seconds to wait for the station's answer")]


def post(router: APIRouter, name: str, summary: str) -> Callable[[F], F]:
    """The route of a command, which is looked at when the answers to earlier ones are recorded."""
    path = f"{STATION}/commands/{name}"
    first = [Depends(_settled)]
    return router.post(path, response_model=CommandOut, responses=_SENT, summary=summary, dependencies=first)


async def _settled(station: str, csms: TheCsms) -> None:
    await csms.commands.settled(station)


@post(router, "remote-start", "Send RemoteStartTransaction")
async def remote_start(
    station: str, body: models.RemoteStartIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    card, connector, profile = body.id_tag, body.connector_id, body.charging_profile
    if profile is None:
        return await sent(csms.commands.remote_start(station, idTag=card, connectorId=connector), response, wait)
    sending = csms.charging.remote_start(station, idTag=card, connectorId=connector, chargingProfile=profile)
    return await sent(sending, response, wait)


@post(router, "remote-stop", "Send RemoteStopTransaction")
async def remote_stop(
    station: str, body: models.RemoteStopIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    return await sent(csms.commands.remote_stop(station, transactionId=body.transaction_id), response, wait)


@post(router, "reset", "Send Reset")
async def reset(
    station: str, body: models.ResetIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    return await sent(csms.commands.reset(station, type=body.type), response, wait)


@post(router, "unlock", "Send UnlockConnector")
async def unlock(
    station: str, body: models.UnlockIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    return await sent(csms.commands.unlock(station, connectorId=body.connector_id), response, wait)


@post(router, "get-configuration", "Send GetConfiguration")
async def get_configuration(
    station: str, body: models.GetConfigurationIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    return await sent(csms.commands.get_configuration(station, keys=body.keys), response, wait)


@post(router, "change-configuration", "Send ChangeConfiguration")
async def change_configuration(
    station: str, body: models.ChangeConfigurationIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    return await sent(csms.commands.change_configuration(station, key=body.key, value=body.value), response, wait)


@post(router, "change-availability", "Send ChangeAvailability")
async def change_availability(
    station: str, body: models.ChangeAvailabilityIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    sending = csms.commands.change_availability(station, connectorId=body.connector_id, type=body.type)
    return await sent(sending, response, wait)


@post(router, "clear-cache", "Send ClearCache")
async def clear_cache(
    station: str, csms: TheCsms, response: Response, wait: Wait = 0, _body: models.ClearCacheIn | None = None
) -> dict[str, Any]:
    return await sent(csms.commands.clear_cache(station), response, wait)


@post(router, "data-transfer", "Send DataTransfer")
async def data_transfer(
    station: str, body: models.DataTransferIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    sending = csms.commands.data_transfer(station, vendorId=body.vendor_id, messageId=body.message_id, data=body.data)
    return await sent(sending, response, wait)


@router.get(f"{STATION}/commands", response_model=list[CommandOut], summary="Commands, newest first")
def commands(
    found: TheStation,
    csms: TheCsms,
    action: str | None = None,
    before: Annotated[str | None, Query(description="Only older ones: the last id of the piece before")] = None,
    limit: Limit = 100,
) -> list[dict[str, Any]]:
    return csms.store.reads.commands(station=found.id, action=action, before=before, limit=limit)


@router.get("/api/commands/{command}", response_model=CommandOut, summary="One command")
def command(command: str, csms: TheCsms) -> dict[str, Any]:
    found = csms.store.reads.command(command)
    if found is None:
        raise HTTPException(404, f"{command}: expected the id of a command, received an unknown one")
    return found


async def sent(sending: Awaitable[Command], response: Response, wait: float) -> dict[str, Any]:
    """What an operator is answered: the command, once it is sent or, if that is waited for, once it has ended."""
    command = await sending
    if wait:
        try:
            async with asyncio.timeout(wait):
                return (await command.ended()).fields()
        except TimeoutError:
            pass
    response.status_code = 202
    return command.fields()
