"""Charging profiles that stations keep, and the composite schedules they told: writes and reads."""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Engine, select

from reference_csms.domain.charging.kept import Kept
from reference_csms.domain.clock import parse_utc, utc_text
from reference_csms.store.schema import charging_profiles, composite_schedules

_ADD = """INSERT INTO charging_profiles (station, charging_profile_id, connector_id, id_tag, profile, received_at)
 VALUES (?, ?, ?, ?, ?, ?)"""
_DROP = "DELETE FROM charging_profiles WHERE station = ? AND charging_profile_id = ?"


class ChangeProfiles(NamedTuple):
    """What a station keeps has changed: the profiles with these ids are gone, and these have come."""

    station: str
    gone: tuple[int, ...]
    new: tuple[Kept, ...] = ()


class PutCompositeSchedule(NamedTuple):
    """A station has told a composite schedule of a connector; `told` is JSON."""

    station: str
    connector_id: int
    told: str


def change_profiles(connection: sqlite3.Connection, write: ChangeProfiles) -> None:
    """Do both halves of a change in the caller's transaction."""
    connection.executemany(_DROP, [(write.station, number) for number in write.gone])
    rows = [
        (write.station, e.id, e.connector_id, e.id_tag, orjson.dumps(e.profile).decode(), utc_text(e.received))
        for e in write.new
    ]
    connection.executemany(_ADD, rows)


class ChargingReads:
    """Queries on one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def kept(self) -> dict[str, list[Kept]]:
        """The profiles that each station keeps, oldest first."""
        c = charging_profiles.c
        found: dict[str, list[Kept]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(select(charging_profiles).order_by(c.received_at, c.charging_profile_id)):
                kept = Kept(orjson.loads(row.profile), row.connector_id, parse_utc(row.received_at), row.id_tag)
                found.setdefault(row.station, []).append(kept)
        return found

    def composite_schedule(self, station: str, connector_id: int) -> dict[str, Any] | None:
        """What a station last told of a connector, and how it compares."""
        c = composite_schedules.c
        query = select(c.told).where(c.station == station, c.connector_id == connector_id)
        with self._engine.connect() as connection:
            told = connection.execute(query).scalar()
        return None if told is None else orjson.loads(told)
