"""Routes about stations."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from reference_csms.api.deps import TheCsms, TheStation
from reference_csms.api.models import ConnectorOut, FrameOut, StationIn, StationOut
from reference_csms.api.pages import Limit
from reference_csms.api.paths import STATION
from reference_csms.app import Csms
from reference_csms.domain.clock import utc_text
from reference_csms.domain.identities import password_objection
from reference_csms.passwords import password_octets
from reference_csms.registry.stations import Station, frame_fields

router = APIRouter(tags=["stations"])


@router.get("/api/stations", response_model=list[StationOut], summary="Stations, sorted by identity")
async def stations(
    csms: TheCsms,
    after: Annotated[str | None, Query(description="The last identity of the piece before")] = None,
    limit: Limit = 1000,
) -> list[dict[str, Any]]:
    return [_shown(csms, station) for station in csms.stations.piece(after, limit=limit)]


@router.get(STATION, response_model=StationOut, summary="One station")
async def station(found: TheStation, csms: TheCsms) -> dict[str, Any]:
    return _shown(csms, found)


@router.put(STATION, response_model=StationOut, summary="Register a station or change what is decided about it")
async def put_station(station: str, body: StationIn, csms: TheCsms) -> dict[str, Any]:
    known = csms.stations.get(station) or Station(station)
    changes = {name: getattr(body, name) for name in body.model_fields_set if name != "password"}
    if "security_profile" in changes:
        changes["pending_profiles"] = ()
    if "password" in body.model_fields_set:
        changes |= {"pending_passwords": (), "password_hash": None}
        if body.password is not None:
            changes["password_hash"] = await csms.security.passwords.hash(password_octets(body.password))
    _demand_password(known, changes)
    return _shown(csms, await csms.stations.put(known, **changes))


def _demand_password(known: Station, changes: dict[str, Any]) -> None:
    profile = changes.get("security_profile", known.security_profile)
    if profile in (1, 2) and changes.get("password_hash", known.password_hash) is None:
        raise HTTPException(422, f"securityProfile: expected a password with profile {profile}, received none")
    objection = password_objection(known.id)
    if objection is not None and changes.get("password_hash") is not None:
        raise HTTPException(422, objection)


@router.delete(STATION, status_code=204, summary="Forget a station and end its connection; its transactions stay")
async def delete_station(found: TheStation, csms: TheCsms) -> None:
    await csms.stations.delete(found.id)
    csms.charging.profiles.forget(found.id)
    csms.local_lists.forget(found.id)
    await csms.disconnect(found.id)


@router.get(f"{STATION}/connectors", response_model=list[ConnectorOut], summary="The last status of each connector")
async def connectors(found: TheStation) -> list[dict[str, Any]]:
    return [status.fields() for _, status in sorted(found.connectors.items())]


@router.get(f"{STATION}/connectors/{{connectorId}}", response_model=ConnectorOut, summary="The last status of one")
async def connector(found: TheStation, connectorId: int) -> dict[str, Any]:
    status = found.connectors.get(connectorId)
    if status is None:
        raise HTTPException(404, f"{found.id}: expected a connector that has sent a status, received {connectorId}")
    return status.fields()


@router.get(f"{STATION}/configuration", response_model=dict[str, str], summary="The last known configuration keys")
def configuration(found: TheStation, csms: TheCsms) -> Mapping[str, str]:
    return csms.configurations.all(found.id)


@router.get(f"{STATION}/messages", response_model=list[FrameOut], summary="The latest frames, newest last")
async def messages(
    found: TheStation,
    skip: Annotated[int, Query(ge=0, description="How many of the latest to leave out")] = 0,
    limit: Limit = 100,
) -> list[dict[str, Any]]:
    latest = [*islice(reversed(found.frames), skip, skip + limit)]
    return [frame_fields(*frame) for frame in reversed(latest)]


def _shown(csms: Csms, station: Station) -> dict[str, Any]:
    since = station.connected_since
    return {
        "station": station.id,
        "connected": csms.connected(station.id),
        "connectedSince": None if since is None else utc_text(since),
        "lastSeen": _last_seen(station),
        "registration": station.registration,
        "bootStatus": station.boot_status,
        "bootedAt": station.booted_at,
        "boot": station.boot,
        "heartbeatInterval": station.heartbeat_interval or csms.settings.heartbeat_interval,
        "hasPassword": station.password_hash is not None,
        "securityProfile": station.security_profile,
        "pendingProfile": max(station.pending_profiles, default=None),
        "serialNumber": station.serial_number,
        "running": csms.transactions.running(station.id),
    }


def _last_seen(station: Station) -> str | None:
    heard = (at for at, direction, _ in reversed(station.frames) if direction == "received")
    return next((utc_text(at) for at in heard), station.last_seen)
