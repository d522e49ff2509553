"""Charging profiles that stations have accepted, and the composite schedules they told: writes and reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Engine, Row, Select, func, select

from reference_csms.domain.charging.kept import End, Kept
from reference_csms.domain.clock import parse_utc, utc_text
from reference_csms.store.schema import charging_profiles, composite_schedules

_PUT = """INSERT OR REPLACE INTO charging_profiles
 (station, charging_profile_id, connector_id, id_tag, profile, received_at) VALUES (?, ?, ?, ?, ?, ?)"""
_END = """UPDATE charging_profiles SET ended = ?, ended_at = ? WHERE station = ? AND charging_profile_id = ?"""


class ChangeProfiles(NamedTuple):
    """What a station keeps has changed: the profiles with these ids are gone for a reason, and these have come."""

    station: str
    gone: tuple[int, ...]
    end: End
    at: str
    new: tuple[Kept, ...] = ()


class PutCompositeSchedule(NamedTuple):
    """A station has told a composite schedule of a connector; `told` is JSON."""

    station: str
    connector_id: int
    told: str


def change_profiles(connection: sqlite3.Connection, write: ChangeProfiles) -> None:
    """Do both halves of a change in the caller's transaction; an id that is used again means the new profile."""
    connection.executemany(_END, [(write.end, write.at, write.station, number) for number in write.gone])
    rows = [
        (write.station, e.id, e.connector_id, e.id_tag, orjson.dumps(e.profile).decode(), utc_text(e.received))
        for e in write.new
    ]
    connection.executemany(_PUT, rows)


class ChargingReads:
    """Queries on one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def kept(self) -> dict[str, list[Kept]]:
        """The profiles that each station keeps, oldest first."""
        c = charging_profiles.c
        query = select(charging_profiles).where(c.ended.is_(None)).order_by(c.received_at, c.charging_profile_id)
        found: dict[str, list[Kept]] = {}
        for row in self._rows(query):
            found.setdefault(row.station, []).append(_kept(row))
        return found

    def highest(self) -> dict[str, int]:
        """The highest chargingProfileId that each station ever had."""
        c = charging_profiles.c
        query = select(c.station, func.max(c.charging_profile_id).label("highest")).group_by(c.station)
        return {row.station: max(row.highest, 0) for row in self._rows(query)}

    def profiles(
        self, station: str, *, ended: bool = True, number: int | None = None, limit: int = 1000
    ) -> list[dict[str, Any]]:
        """The profiles of a station, newest first, with what became of them; one of them if its id is given."""
        c = charging_profiles.c
        query = (
            select(charging_profiles)
            .where(c.station == station)
            .order_by(c.received_at.desc(), c.charging_profile_id.desc())
            .limit(limit)
        )
        if not ended:
            query = query.where(c.ended.is_(None))
        if number is not None:
            query = query.where(c.charging_profile_id == number)
        return [_shown(row) for row in self._rows(query)]

    def composite_schedule(self, station: str, connector_id: int) -> dict[str, Any] | None:
        """What a station last told of a connector, and how it compares."""
        c = composite_schedules.c
        query = select(c.told).where(c.station == station, c.connector_id == connector_id)
        return next((orjson.loads(row.told) for row in self._rows(query)), None)

    def _rows(self, query: Select[Any]) -> Iterator[Row[Any]]:
        with self._engine.connect() as connection:
            yield from connection.execute(query)


def _kept(row: Row[Any]) -> Kept:
    return Kept(orjson.loads(row.profile), row.connector_id, parse_utc(row.received_at), row.id_tag)


def _shown(row: Row[Any]) -> dict[str, Any]:
    kept = _kept(row)
    return {
        "chargingProfileId": kept.id,
        "connectorId": kept.connector_id,
        "status": row.ended or ("Waiting" if kept.waiting else "Installed"),
        "receivedAt": row.received_at,
        "endedAt": row.ended_at,
        "chargingProfile": kept.profile,
    }
