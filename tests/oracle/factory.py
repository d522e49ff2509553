"""Profiles and sites in a line or two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from harness.oracle.composite import Site, Span, composite
from harness.oracle.profiles import Installed, Unit, profile

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def payload(limits: dict[int, float], *, phases: int | None = None, unit: str = "A", **fields: Any) -> dict[str, Any]:
    """A csChargingProfiles payload: a limit per startPeriod, and whatever else is given; startSchedule may be None."""
    schedule: dict[str, Any] = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [
            {"startPeriod": start, "limit": limit} | ({"numberPhases": phases} if phases else {})
            for start, limit in limits.items()
        ],
    }
    for name in ("duration", "startSchedule"):
        if fields.get(name) is not None:
            schedule[name] = written(fields[name])
        fields.pop(name, None)
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        **{name: written(value) for name, value in fields.items()},
        "chargingSchedule": schedule,
    }


def written(value: Any) -> Any:
    """A time as text, a duration as seconds, the rest as it is."""
    if isinstance(value, datetime):
        return value.isoformat()
    return int(value.total_seconds()) if isinstance(value, timedelta) else value


def on(connector_id: int, limits: dict[int, float], *, received: datetime = NOON, **fields: Any) -> Installed:
    """A profile that is installed on a connector."""
    return Installed(connector_id, profile(payload(limits, **fields)), received)


def spans(
    site: Site, connector_id: int = 1, *, at: datetime = NOON, duration_s: int = 400, unit: Unit = "A"
) -> list[tuple[int, float | None]]:
    """The composite schedule as (startPeriod, limit)."""
    return [shown(span) for span in composite(site, connector_id, at=at, duration_s=duration_s, unit=unit)]


def shown(span: Span) -> tuple[int, float | None]:
    """The start and the limit of a span."""
    return span.start_s, None if span.limit is None else float(span.limit)
