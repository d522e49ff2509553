"""Routes about local authorization lists."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field

from reference_csms.api.commands import Wait, post, sent
from reference_csms.api.deps import TheCsms, TheStation
from reference_csms.api.models import Body
from reference_csms.api.paths import STATION
from reference_csms.domain.local_list import UpdateType

router = APIRouter(tags=["local authorization lists"])


class SendLocalListIn(Body):
    """Which cards a station shall know; status, expiry and parent are those of the card store."""

    update_type: UpdateType
    cards: list[str] | None = Field(None, description="Their idTags; null: all cards of the store")
    recover: bool = Field(True, description="Send the whole list if the station refuses the differences")
    insist: bool = Field(False, description="Send it also if the station is known to refuse it")


class GetLocalListVersionIn(Body):
    """Ask for the version of a station's list."""


class LocalListOut(Body):
    """What a station is taken to hold."""

    station: str
    list_version: int = Field(description="The version it accepted last")
    known: bool = Field(description="False while an update is on its way or after one was lost")
    reported_version: int | None = Field(description="What it answered to GetLocalListVersion last")
    local_authorization_list: list[dict[str, Any]]


@post(router, "send-local-list", "Send SendLocalList; the CSMS computes entries and version")
async def send_local_list(
    station: str, body: SendLocalListIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    sending = csms.local_lists.send(
        station, updateType=body.update_type, cards=body.cards, recover=body.recover, insist=body.insist
    )
    return await sent(sending, response, wait)


@post(router, "get-local-list-version", "Send GetLocalListVersion")
async def get_local_list_version(
    station: str, csms: TheCsms, response: Response, wait: Wait = 0, _body: GetLocalListVersionIn | None = None
) -> dict[str, Any]:
    return await sent(csms.local_lists.get_version(station), response, wait)


@router.get(f"{STATION}/local-list", response_model=LocalListOut, summary="What the station holds")
async def local_list(found: TheStation, csms: TheCsms) -> dict[str, Any]:
    return csms.local_lists.held(found.id).fields()
