"""The event stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from reference_csms.api.deps import TheCsms
from reference_csms.events import Listener

router = APIRouter(tags=["events"])


@router.get(
    "/api/events",
    summary="What happens, as server-sent events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def events(
    csms: TheCsms,
    station: Annotated[str | None, Query(description="Only events of this station")] = None,
    kind: Annotated[list[str] | None, Query(description="Only events of these names, such as `status`")] = None,
) -> StreamingResponse:
    """Names: connected, disconnected, refused, booted, status, transaction_started, transaction_stopped, meter_values,
    command_ended, progress, file_received, reservation, local_list, charging_profiles, composite_schedule,
    station_certificate, security_event, frame; `lost` tells a slow listener how many it missed."""
    listener = csms.events.listen()

    async def stream() -> AsyncIterator[bytes]:
        try:
            yield b": listening\n\n"
            async for text in _chosen(listener, station, kind):
                yield text
        finally:
            csms.events.leave(listener)

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _chosen(listener: Listener, station: str | None, kinds: list[str] | None) -> AsyncIterator[bytes]:
    async for event in listener:
        lost = event["event"] == "lost"
        if lost or ((station is None or event["station"] == station) and (not kinds or event["event"] in kinds)):
            yield b"event: %b\ndata: %b\n\n" % (event["event"].encode(), orjson.dumps(event))
