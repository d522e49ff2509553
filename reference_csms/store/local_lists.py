"""The local authorization lists of stations: the write and the read."""

from __future__ import annotations

from typing import NamedTuple

import orjson
from sqlalchemy import Engine, select

from reference_csms.domain.cards import tag_key
from reference_csms.domain.local_list import LocalList
from reference_csms.store.schema import local_lists


class PutLocalList(NamedTuple):
    """What a station is taken to hold has changed; `entries` is JSON."""

    station: str
    version: int
    entries: str
    known: bool
    sent: int
    reported: int | None


def put_local_list(held: LocalList) -> PutLocalList:
    """The write that keeps a list."""
    entries = orjson.dumps(list(held.entries.values())).decode()
    return PutLocalList(held.station, held.version, entries, held.known, held.sent, held.reported)


class LocalListReads:
    """The query on one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[str, LocalList]:
        """The list of each station that ever was sent one."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(local_lists)).all()
        return {
            row.station: LocalList(
                row.station,
                row.version,
                {tag_key(entry["idTag"]): entry for entry in orjson.loads(row.entries)},
                row.known,
                row.sent,
                row.reported,
            )
            for row in rows
        }
