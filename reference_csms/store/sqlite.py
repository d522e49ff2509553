"""The writes on SQLite: prepared statements on a raw connection, the caller owns the transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reference_csms.store import writes
from reference_csms.store.schema import sqlite_statements
from reference_csms.store.writes import Started, StopOutcome, Write

# A statement that changes nothing returns nothing; only then the row from the first time is looked up.
_START = """INSERT INTO transactions
 (station, start_timestamp, connector_id, id_tag, meter_start, reservation_id, id_tag_status, started_at)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_STARTED = """SELECT transaction_id, id_tag_status FROM transactions
 WHERE station = ? AND start_timestamp = ? AND connector_id = ? AND id_tag = ? AND meter_start = ?"""
_STOP = """UPDATE transactions SET meter_stop = ?, stop_timestamp = ?, reason = ?, stop_id_tag = ?, stopped_at = ?
 WHERE transaction_id = ? AND station = ? AND stop_timestamp IS NULL"""
_KNOWN = "SELECT 1 FROM transactions WHERE transaction_id = ? AND station = ?"
_ORPHAN = """INSERT INTO orphan_stops
 (station, transaction_id, meter_stop, stop_timestamp, reason, stop_id_tag, stopped_at)
 VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_METER_VALUES = """INSERT INTO meter_values
 (station, connector_id, transaction_id, source, meter_value, received_at) VALUES (?, ?, ?, ?, ?, ?)"""


def connect(path: Path | None) -> sqlite3.Connection:
    """A connection for writing, in which a commit is on disk when it returns; None is a database in memory."""
    target = ":memory:" if path is None else str(path)
    connection = sqlite3.connect(target, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def create(connection: sqlite3.Connection) -> None:
    """Make the whole schema in an empty database."""
    connection.executescript(f"BEGIN;\n{';'.join(sqlite_statements())};\nCOMMIT;")


def apply(connection: sqlite3.Connection, write: Write) -> Any:
    """Do one write inside the caller's transaction and give its outcome."""
    return _APPLY[type(write)](connection, write)


def _start(connection: sqlite3.Connection, write: writes.StartTransaction) -> Started:
    cursor = connection.execute(_START, write)
    if cursor.rowcount and cursor.lastrowid is not None:
        return Started(cursor.lastrowid, write.id_tag_status, repeated=False)
    transaction_id, id_tag_status = connection.execute(_STARTED, write[:5]).fetchone()
    return Started(transaction_id, id_tag_status, repeated=True)


def _stop(connection: sqlite3.Connection, write: writes.StopTransaction) -> StopOutcome:
    station, transaction_id, *stop, transaction_data, stopped_at = write
    outcome: StopOutcome = "ended"
    if not connection.execute(_STOP, (*stop, stopped_at, transaction_id, station)).rowcount:
        if connection.execute(_KNOWN, (transaction_id, station)).fetchone():
            return "repeated"
        outcome = "orphan"
        if not connection.execute(_ORPHAN, (station, transaction_id, *stop, stopped_at)).rowcount:
            return "repeated"
    if transaction_data is not None:
        row = (station, None, transaction_id, "StopTransaction", transaction_data, stopped_at)
        connection.execute(_METER_VALUES, row)
    return outcome


def _delete_station(connection: sqlite3.Connection, write: writes.DeleteStation) -> None:
    connection.execute("DELETE FROM connectors WHERE station = ?", write)
    connection.execute("DELETE FROM stations WHERE station = ?", write)


def _statement(sql: str) -> Callable[[sqlite3.Connection, Any], None]:
    def run(connection: sqlite3.Connection, write: Any) -> None:
        connection.execute(sql, write)

    return run


def _put(table: str, columns: tuple[str, ...], *, keys: int = 1) -> Callable[[sqlite3.Connection, Any], None]:
    """Insert a row or change the one that has the same first `keys` columns."""
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns[keys:])
    return _statement(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        f" ON CONFLICT ({', '.join(columns[:keys])}) DO UPDATE SET {changes}"
    )


_APPLY: dict[type, Callable[[sqlite3.Connection, Any], Any]] = {
    writes.StartTransaction: _start,
    writes.StopTransaction: _stop,
    writes.AddMeterValues: _statement(_METER_VALUES),
    writes.PutStation: _put("stations", writes.PutStation._fields),
    writes.DeleteStation: _delete_station,
    writes.PutConnector: _put("connectors", writes.PutConnector._fields, keys=2),
    writes.PutCard: _put("cards", writes.PutCard._fields),
    writes.DeleteCard: _statement("DELETE FROM cards WHERE tag_key = ?"),
    writes.PutCommand: _put("commands", writes.PutCommand._fields),
    writes.PutOption: _put("options", writes.PutOption._fields),
}
