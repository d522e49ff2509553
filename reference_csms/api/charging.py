"""Routes about smart charging."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import Field

from reference_csms.api.commands import Wait, post, sent
from reference_csms.api.deps import TheCsms, TheStation
from reference_csms.api.models import Body
from reference_csms.api.pages import Limit, Number
from reference_csms.api.paths import STATION
from reference_csms.commands.charging import LONGEST_S
from reference_csms.domain.charging.difference import periods
from reference_csms.domain.charging.expected import Unit

router = APIRouter(tags=["smart charging"])

Purpose = Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]


class SetChargingProfileIn(Body):
    """Limit a connector, a transaction, or with connectorId 0 the whole station."""

    connector_id: int
    cs_charging_profiles: dict[str, Any] = Field(
        description="A ChargingProfile of OCPP. Without chargingProfileId the CSMS chooses one; a TxProfile without"
        " transactionId gets that of the transaction that runs on the connector"
    )


class ClearChargingProfileIn(Body):
    """Clear the profile with this id, those that match all criteria given, or without any field all profiles."""

    id: int | None = None
    connector_id: int | None = None
    charging_profile_purpose: Purpose | None = None
    stack_level: int | None = None


class GetCompositeScheduleIn(Body):
    """Ask what limits a connector, or with 0 the whole station, will have."""

    connector_id: int
    duration: int = Field(description="Seconds")
    charging_rate_unit: Unit | None = None


class ProfileOut(Body):
    """A profile that the station has accepted, and what became of it."""

    charging_profile_id: int
    connector_id: int | None
    status: Literal["Waiting", "Installed", "Replaced", "Cleared", "Ended"] = Field(
        description="Waiting: it came with a remote start whose transaction has not begun; Ended: with its transaction"
    )
    received_at: str
    ended_at: str | None
    charging_profile: dict[str, Any]


class PeriodOut(Body):
    """From startPeriod on this limit, null where nothing limits."""

    start_period: int
    limit: float | None
    number_phases: int | None = None


class DifferenceOut(Body):
    """Where the station reported more than expected (above), less (below), or nothing (missing)."""

    start_period: int
    end_period: int
    kind: Literal["above", "below", "missing"]
    expected: float
    reported: float | None


class CompositeOut(Body):
    """What a station told of a connector, beside what we expected."""

    connector_id: int
    answered_at: str
    duration: int
    charging_rate_unit: str | None
    status: str
    schedule_start: str | None
    charging_schedule: dict[str, Any] | None
    expected: list[PeriodOut] | None
    differences: list[DifferenceOut]
    remarks: list[str]


@post(router, "set-charging-profile", "Send SetChargingProfile; what OCPP or the station does not allow is refused")
async def set_charging_profile(
    station: str, body: SetChargingProfileIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    profile = body.cs_charging_profiles
    sending = csms.charging.set_profile(station, connectorId=body.connector_id, csChargingProfiles=profile)
    return await sent(sending, response, wait)


@post(router, "clear-charging-profile", "Send ClearChargingProfile")
async def clear_charging_profile(
    station: str, body: ClearChargingProfileIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    return await sent(csms.charging.clear_profiles(station, **body.model_dump(by_alias=True)), response, wait)


@post(router, "get-composite-schedule", "Send GetCompositeSchedule; the answer is compared with what is expected")
async def get_composite_schedule(
    station: str, body: GetCompositeScheduleIn, csms: TheCsms, response: Response, wait: Wait = 0
) -> dict[str, Any]:
    return await sent(csms.charging.get_composite_schedule(station, **body.model_dump(by_alias=True)), response, wait)


@router.get(
    f"{STATION}/charging-profiles",
    response_model=list[ProfileOut],
    summary="The charging profiles of a station, newest first",
)
def charging_profiles(
    found: TheStation,
    csms: TheCsms,
    ended: Annotated[bool, Query(description="Also those that it keeps no longer")] = False,
    limit: Limit = 1000,
) -> list[dict[str, Any]]:
    return csms.store.charging.profiles(found.id, ended=ended, limit=limit)


@router.get(
    f"{STATION}/charging-profiles/{{chargingProfileId}}",
    response_model=ProfileOut,
    summary="One charging profile of a station",
)
def charging_profile(found: TheStation, csms: TheCsms, chargingProfileId: Number) -> dict[str, Any]:
    for profile in csms.store.charging.profiles(found.id, number=chargingProfileId):
        return profile
    raise HTTPException(404, f"{found.id}: expected the id of a charging profile, received {chargingProfileId}")


@router.get(
    f"{STATION}/composite-schedules/{{connectorId}}",
    response_model=CompositeOut,
    summary="The composite schedule that a station last told of a connector, and how it differs from ours",
)
def composite_schedule(found: TheStation, connectorId: Number, csms: TheCsms) -> dict[str, Any]:
    told = csms.store.charging.composite_schedule(found.id, connectorId)
    if told is None:
        raise HTTPException(404, f"{found.id}: expected a connector whose schedule was told, received {connectorId}")
    return told


@router.get(
    f"{STATION}/composite-schedules/{{connectorId}}/expected",
    response_model=list[PeriodOut],
    summary="The composite schedule that we expect from now on, without asking the station",
)
def expected_schedule(
    found: TheStation,
    connectorId: Number,
    csms: TheCsms,
    duration: Annotated[int, Query(ge=1, le=LONGEST_S, description="Seconds")] = 24 * 3600,
    chargingRateUnit: Unit = "A",
) -> list[dict[str, Any]]:
    now = csms.clock.now().replace(microsecond=0)
    return periods(csms.charging.expected(found.id, connectorId, duration, chargingRateUnit, now), duration)
