"""Reads about transfers of files: what was asked for, what the stations said of it, and what came."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from sqlalchemy import Engine, Row, select

from reference_csms.store.pages import newest
from reference_csms.store.schema import commands, progress, transfers

MOST = 10_000


class Inbox(NamedTuple):
    """A transfer whose file a station may hand in."""

    transfer_id: int
    station: str
    requested_at: str


class TransferReads:
    """Queries on one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def transfers(
        self,
        *,
        station: str | None = None,
        action: str | None = None,
        transfer: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        """Transfers and what became of them, newest first; of a station, of an action, or with an id if it is given."""
        columns = (commands.c.state, commands.c.request, commands.c.response)
        query = newest(transfers, transfers.c.transfer_id, station, before, limit).add_columns(*columns)
        query = query.outerjoin(commands, commands.c.id == transfers.c.command)
        for column, value in ((transfers.c.action, action), (transfers.c.transfer_id, transfer)):
            if value is not None:
                query = query.where(column == value)
        with self._engine.connect() as connection:
            found = connection.execute(query).all()
            ids = [row.transfer_id for row in found]
            said = connection.execute(select(progress).where(progress.c.transfer_id.in_(ids)).order_by(progress.c.id))
            statuses: dict[int, list[dict[str, Any]]] = {number: [] for number in ids}
            for row in said:
                statuses[row.transfer_id].append({"status": row.status, "receivedAt": row.received_at})
        return [_transfer(row, statuses[row.transfer_id]) for row in found]

    def progress(
        self,
        *,
        station: str | None = None,
        notification: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        """What stations said of transfers, newest first, also what belongs to none."""
        query = newest(progress, progress.c.id, station, before, limit)
        if notification is not None:
            query = query.where(progress.c.notification == notification)
        with self._engine.connect() as connection:
            return [_progress(row) for row in connection.execute(query)]

    def inbox(self, upload: str) -> Inbox | None:
        """The transfer to which the file of an upload belongs, None if there is no such upload."""
        columns = (transfers.c.transfer_id, transfers.c.station, transfers.c.requested_at)
        with self._engine.connect() as connection:
            found = connection.execute(select(*columns).where(transfers.c.upload == upload)).first()
        return None if found is None else Inbox._make(found)


def _transfer(row: Row[Any], statuses: list[dict[str, Any]]) -> dict[str, Any]:
    request = {} if row.request is None else orjson.loads(row.request)
    response = {} if row.response is None else orjson.loads(row.response)
    file = {"name": row.received_name, "size": row.size, "sha256": row.sha256, "receivedAt": row.received_at}
    return {
        "transferId": row.transfer_id,
        "station": row.station,
        "action": row.action,
        "requestId": request.get("requestId"),
        "location": row.location,
        "requestedAt": row.requested_at,
        "command": row.command,
        "state": row.state,
        "answer": response.get("status"),
        "fileName": response.get("fileName", response.get("filename")),
        "status": statuses[-1]["status"] if statuses else None,
        "statuses": statuses,
        "file": None if row.received_at is None else file,
    }


def _progress(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "station": row.station,
        "notification": row.notification,
        "requestId": row.request_id,
        "status": row.status,
        "receivedAt": row.received_at,
        "transferId": row.transfer_id,
    }
