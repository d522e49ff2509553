"""The writes on SQLite: prepared statements on a raw connection, the caller owns the transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from reference_csms.store import charging, local_lists, meter_values, writes
from reference_csms.store.schema import sqlite_statements
from reference_csms.store.writes import Started, StopOutcome, Write

MOST_ROWS = 64

_START = """INSERT INTO transactions
 (station, start_timestamp, connector_id, id_tag, meter_start, reservation_id, id_tag_status, started_at)
 VALUES {} ON CONFLICT DO NOTHING"""
_STARTED = """SELECT transaction_id, id_tag_status FROM transactions
 WHERE station = ? AND start_timestamp = ? AND connector_id = ? AND id_tag = ? AND meter_start = ?"""
_STOP = """UPDATE transactions SET
 meter_stop = stop.column3, stop_timestamp = stop.column4, reason = stop.column5, stop_id_tag = stop.column6,
 stopped_at = stop.column8
 FROM (VALUES {}) AS stop
 WHERE transaction_id = stop.column2 AND station = stop.column1 AND transactions.stop_timestamp IS NULL"""
_KNOWN = "SELECT 1 FROM transactions WHERE transaction_id = ? AND station = ?"
_ORPHAN = """INSERT INTO orphan_stops
 (station, transaction_id, meter_stop, stop_timestamp, reason, stop_id_tag, stopped_at)
 VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_METER_VALUES = """INSERT INTO meter_values
 (station, connector_id, transaction_id, source, meter_value, received_at, digest) VALUES {} ON CONFLICT DO NOTHING"""
_USE = """UPDATE reservations SET ended = 'Used', transaction_id = ?, ended_at = ?
 WHERE reservation_id = ? AND station = ? AND ended IS NULL"""
_SEND = "UPDATE transfers SET command = ? WHERE transfer_id = ?"
_RECEIVE = """UPDATE transfers SET received_name = ?, size = ?, sha256 = ?, received_at = ?
 WHERE transfer_id = ?"""
_LATEST = "SELECT max(transfer_id) FROM transfers WHERE station = ? AND action = ? AND coalesce(transfer_id = ?, 1)"
_ABANDON = """UPDATE commands SET state = 'not_connected', ended_at = ?,
 error_description = 'the server stopped before the station answered' WHERE ended_at IS NULL"""


def connect(path: Path | None) -> sqlite3.Connection:
    """A connection for writing, in which a commit is on disk when it returns; None is a database in memory."""
    target = ":memory:" if path is None else str(path)
    if path is not None:
        # It holds hashes of passwords; SQLite gives its other files the mode of this one.
        path.touch(mode=0o600)
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


def apply_together(connection: sqlite3.Connection, batch: Sequence[Write]) -> list[Any] | None:
    """Do many writes with few statements; gives the outcomes if nothing in them has come before.

    Otherwise gives None, and the caller has to undo what was done.
    """
    kinds: dict[type, list[int]] = {}
    for number, write in enumerate(batch):
        kinds.setdefault(type(write), []).append(number)
    outcomes: list[Any] = [None] * len(batch)
    for kind, together in _TOGETHER.items():
        numbers = kinds.pop(kind, [])
        while numbers:
            size = _size(len(numbers))
            done = together(connection, [batch[number] for number in numbers[:size]])
            if done is None:
                return None
            for number, outcome in zip(numbers[:size], done, strict=True):
                outcomes[number] = outcome
            numbers = numbers[size:]
    for number in sorted(chain.from_iterable(kinds.values())):
        outcomes[number] = apply(connection, batch[number])
    return outcomes


def _size(count: int) -> int:
    """How many of so many rows go into one statement; the sizes are few, so that statements are prepared once."""
    return min(1 << (count.bit_length() - 1), MOST_ROWS)


def _rows(connection: sqlite3.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> sqlite3.Cursor:
    """Run a statement whose `{}` stands for its rows."""
    return connection.execute(_with_rows(sql, len(rows[0]), len(rows)), [value for row in rows for value in row])


@cache
def _with_rows(sql: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return sql.format(", ".join([row] * rows))


def _starts(connection: sqlite3.Connection, batch: Sequence[writes.StartTransaction]) -> list[Started] | None:
    cursor = _rows(connection, _START, batch)
    if cursor.rowcount != len(batch) or cursor.lastrowid is None:
        return None
    first = cursor.lastrowid - len(batch) + 1
    return [Started(first + n, write.id_tag_status, repeated=False) for n, write in enumerate(batch)]


def _stops(connection: sqlite3.Connection, batch: Sequence[writes.StopTransaction]) -> list[StopOutcome] | None:
    if _rows(connection, _STOP, batch).rowcount != len(batch):
        return None
    for write in batch:
        _add_transaction_data(connection, write)
    return ["ended"] * len(batch)


def _meter_values(connection: sqlite3.Connection, batch: Sequence[writes.AddMeterValues]) -> list[bool] | None:
    rows = [row for write in batch for row in meter_values.rows(write)]
    return [True] * len(batch) if _add_meter_values(connection, rows) == len(rows) else None


def _meter_value(connection: sqlite3.Connection, write: writes.AddMeterValues) -> bool:
    """False if all of it is known already."""
    return _add_meter_values(connection, list(meter_values.rows(write))) > 0


def _add_meter_values(connection: sqlite3.Connection, rows: Sequence[meter_values.Row]) -> int:
    """How many of these rows are new."""
    new = 0
    while rows:
        size = _size(len(rows))
        new += _rows(connection, _METER_VALUES, rows[:size]).rowcount
        rows = rows[size:]
    return new


def _start(connection: sqlite3.Connection, write: writes.StartTransaction) -> Started:
    started = _starts(connection, [write])
    if started is not None:
        return started[0]
    transaction_id, id_tag_status = connection.execute(_STARTED, write[:5]).fetchone()
    return Started(transaction_id, id_tag_status, repeated=True)


def _stop(connection: sqlite3.Connection, write: writes.StopTransaction) -> StopOutcome:
    if _stops(connection, [write]) is not None:
        return "ended"
    _add_transaction_data(connection, write)
    if connection.execute(_KNOWN, (write.transaction_id, write.station)).fetchone():
        return "repeated"
    orphan = (*write[:6], write.stopped_at)
    return "orphan" if connection.execute(_ORPHAN, orphan).rowcount else "repeated"


def _progress(connection: sqlite3.Connection, write: writes.AddProgress) -> int | None:
    row = (write.station, write.action, write.request_id)
    transfer: int | None = connection.execute(_LATEST, row).fetchone()[0]
    _add_progress(connection, (*write[:5], transfer))
    return transfer


def _add_transaction_data(connection: sqlite3.Connection, stop: writes.StopTransaction) -> None:
    if stop.transaction_data is not None:
        where = (stop.station, None, stop.transaction_id, "StopTransaction")
        _meter_value(connection, writes.AddMeterValues(*where, stop.transaction_data, stop.stopped_at))


def _add_station(connection: sqlite3.Connection, write: writes.AddStation) -> None:
    sql = "INSERT INTO stations (station, registration) VALUES (?, 'Accepted') ON CONFLICT DO NOTHING"
    connection.execute(sql, (write.station,))
    _change_station(connection, write)


def _change_station(connection: sqlite3.Connection, write: writes.AddStation | writes.ChangeStation) -> None:
    if write.changes:
        columns = ", ".join(f"{column} = ?" for column in write.changes)
        connection.execute(f"UPDATE stations SET {columns} WHERE station = ?", (*write.changes.values(), write.station))


def _delete_station(connection: sqlite3.Connection, write: writes.DeleteStation) -> None:
    for table in ("connectors", "local_lists", "charging_profiles", "composite_schedules"):
        connection.execute(f"DELETE FROM {table} WHERE station = ?", write)
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


def _add(table: str, columns: tuple[str, ...]) -> Callable[[sqlite3.Connection, Any], int | None]:
    """Insert a row and give the id that the database chose."""
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    return lambda connection, write: connection.execute(sql, write).lastrowid


_add_progress = _add("progress", ("station", "notification", "request_id", "status", "received_at", "transfer_id"))

_APPLY: dict[type, Callable[[sqlite3.Connection, Any], Any]] = {
    writes.StartTransaction: _start,
    writes.StopTransaction: _stop,
    writes.AddMeterValues: _meter_value,
    writes.AddStation: _add_station,
    writes.ChangeStation: _change_station,
    writes.DeleteStation: _delete_station,
    writes.PutConnector: _put("connectors", writes.PutConnector._fields, keys=2),
    writes.PutCard: _put("cards", writes.PutCard._fields),
    writes.DeleteCard: _statement("DELETE FROM cards WHERE tag_key = ?"),
    writes.PutCommand: _put("commands", writes.PutCommand._fields),
    writes.AbandonCommands: _statement(_ABANDON),
    writes.AddReservation: _add("reservations", writes.AddReservation._fields),
    writes.PutReservation: _put("reservations", writes.PutReservation._fields),
    writes.UseReservation: _statement(_USE),
    writes.AddTransfer: _add("transfers", writes.AddTransfer._fields),
    writes.SendTransfer: _statement(_SEND),
    writes.ReceiveTransfer: _statement(_RECEIVE),
    writes.AddProgress: _progress,
    writes.PutStationCertificate: _put("station_certificates", writes.PutStationCertificate._fields),
    writes.PutCertificate: _put("certificates", writes.PutCertificate._fields),
    writes.PutInstalledCertificates: _put("installed_certificates", writes.PutInstalledCertificates._fields, keys=2),
    writes.AddSecurityEvent: _add("security_events", writes.AddSecurityEvent._fields),
    local_lists.PutLocalList: _put("local_lists", local_lists.PutLocalList._fields),
    charging.ChangeProfiles: charging.change_profiles,
    charging.PutCompositeSchedule: _put("composite_schedules", charging.PutCompositeSchedule._fields, keys=2),
    writes.PutOption: _put("options", writes.PutOption._fields),
}

# Stops first: one that arrived before the start whose id it has cannot mean that start.
_TOGETHER: dict[type, Callable[[sqlite3.Connection, Any], list[Any] | None]] = {
    writes.StopTransaction: _stops,
    writes.StartTransaction: _starts,
    writes.AddMeterValues: _meter_values,
}
