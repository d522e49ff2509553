"""The tables. Time stamps of stations are kept as text, exactly as they were sent; ours are UTC texts."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

REVISION = "0005"

metadata = MetaData()

stations = Table(
    "stations",
    metadata,
    Column("station", Text, primary_key=True),
    Column("password_hash", Text),
    Column("registration", Text, nullable=False),
    Column("heartbeat_interval", Integer),
    Column("boot_status", Text),
    Column("boot", Text),
    Column("booted_at", Text),
    Column("last_seen", Text),
    Column("security_profile", Integer),
    Column("serial_number", Text),
    Column("pending_profiles", Text),
    Column("pending_passwords", Text),
)

connectors = Table(
    "connectors",
    metadata,
    Column("station", Text, primary_key=True),
    Column("connector_id", Integer, primary_key=True),
    Column("status", Text, nullable=False),
    Column("error_code", Text, nullable=False),
    Column("timestamp", Text, nullable=False),
    Column("info", Text),
    Column("vendor_id", Text),
    Column("vendor_error_code", Text),
)

cards = Table(
    "cards",
    metadata,
    Column("tag_key", Text, primary_key=True),
    Column("id_tag", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("expiry_date", Text),
    Column("parent_id_tag", Text),
    Column("concurrent_tx", Boolean(create_constraint=False), nullable=False),
)

transactions = Table(
    "transactions",
    metadata,
    Column("transaction_id", Integer, primary_key=True, autoincrement=True),
    Column("station", Text, nullable=False),
    Column("connector_id", Integer, nullable=False),
    Column("id_tag", Text, nullable=False),
    Column("meter_start", Integer, nullable=False),
    Column("start_timestamp", Text, nullable=False),
    Column("reservation_id", Integer),
    Column("id_tag_status", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("meter_stop", Integer),
    Column("stop_timestamp", Text),
    Column("reason", Text),
    Column("stop_id_tag", Text),
    Column("stopped_at", Text),
    UniqueConstraint("start_timestamp", "station", "connector_id", "id_tag", "meter_start", name="transactions_start"),
    Index("transactions_station", "station"),
    Index("transactions_station_open", "station", sqlite_where=text("stop_timestamp IS NULL")),
    Index("transactions_open", "transaction_id", sqlite_where=text("stop_timestamp IS NULL")),
    sqlite_autoincrement=True,
)

# Stops whose transaction is unknown or belongs to another station, with whatever id the station sent (-1 too).
orphan_stops = Table(
    "orphan_stops",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("station", Text, nullable=False),
    Column("transaction_id", Integer, nullable=False),
    Column("meter_stop", Integer, nullable=False),
    Column("stop_timestamp", Text, nullable=False),
    Column("reason", Text),
    Column("stop_id_tag", Text),
    Column("stopped_at", Text, nullable=False),
    UniqueConstraint("station", "transaction_id", "stop_timestamp", "meter_stop", name="orphan_stops_stop"),
    Index("orphan_stops_station", "station"),
)

# One row per MeterValue, as a list of one in JSON; `digest` tells one that comes again.
meter_values = Table(
    "meter_values",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("station", Text, nullable=False),
    Column("connector_id", Integer),
    Column("transaction_id", Integer),
    Column("source", Text, nullable=False),
    Column("meter_value", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("digest", LargeBinary),
    Index("meter_values_transaction", "transaction_id"),
    Index("meter_values_digest", "digest", unique=True),
)

commands = Table(
    "commands",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("station", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("response", Text),
    Column("error_code", Text),
    Column("error_description", Text),
    Column("created_at", Text, nullable=False),
    Column("ended_at", Text),
    Index("commands_station", "station", "n"),
)

reservations = Table(
    "reservations",
    metadata,
    Column("reservation_id", Integer, primary_key=True, autoincrement=True),
    Column("station", Text, nullable=False),
    Column("connector_id", Integer, nullable=False),
    Column("id_tag", Text, nullable=False),
    Column("parent_id_tag", Text),
    Column("expiry_date", Text, nullable=False),
    Column("requested_at", Text, nullable=False),
    Column("answer", Text),
    Column("ended", Text),
    Column("ended_at", Text),
    Column("transaction_id", Integer),
    Index("reservations_station", "station"),
    sqlite_autoincrement=True,
)

# Firmware on its way to a station, diagnostics and logs on theirs from it; the id is the requestId where OCPP has one.
# `upload` is the name under which the station may hand in its file, and the last four columns are what came.
transfers = Table(
    "transfers",
    metadata,
    Column("transfer_id", Integer, primary_key=True, autoincrement=True),
    Column("station", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("upload", Text, unique=True),
    Column("requested_at", Text, nullable=False),
    Column("command", Text),
    Column("received_name", Text),
    Column("size", Integer),
    Column("sha256", Text),
    Column("received_at", Text),
    Index("transfers_station", "station", "action"),
    sqlite_autoincrement=True,
)

# What stations said of their transfers, in the order in which they said it.
progress = Table(
    "progress",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("station", Text, nullable=False),
    Column("notification", Text, nullable=False),
    Column("request_id", Integer),
    Column("status", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("transfer_id", Integer),
    Index("progress_station", "station"),
    Index("progress_transfer", "transfer_id"),
)

# Certificates that our CA made for stations; `state` is what became of them: Signed, Accepted, Rejected or Revoked.
station_certificates = Table(
    "station_certificates",
    metadata,
    Column("serial_number", Text, primary_key=True),
    Column("station", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("valid_until", Text, nullable=False),
    Column("signed_at", Text, nullable=False),
    Column("state", Text, nullable=False),
    Index("station_certificates_station", "station"),
)

# Certificates that operators had installed at stations, to recognise them by what stations say of them.
certificates = Table(
    "certificates",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("certificate", Text, nullable=False),
)

# The roots that a station last said it holds, as hash data in JSON, by certificateType.
installed_certificates = Table(
    "installed_certificates",
    metadata,
    Column("station", Text, primary_key=True),
    Column("certificate_type", Text, primary_key=True),
    Column("hash_data", Text, nullable=False),
    Column("told_at", Text, nullable=False),
)

security_events = Table(
    "security_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("station", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("timestamp", Text, nullable=False),
    Column("tech_info", Text),
    Column("received_at", Text, nullable=False),
    Index("security_events_station", "station"),
)

# The profiles that stations have accepted; `ended` tells why one is gone: Replaced, Cleared, Ended with a transaction.
# One with an id_tag came with a remote start and waits for that card's transaction.
charging_profiles = Table(
    "charging_profiles",
    metadata,
    Column("station", Text, primary_key=True),
    Column("charging_profile_id", Integer, primary_key=True),
    Column("connector_id", Integer),
    Column("id_tag", Text),
    Column("profile", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("ended", Text),
    Column("ended_at", Text),
)

composite_schedules = Table(
    "composite_schedules",
    metadata,
    Column("station", Text, primary_key=True),
    Column("connector_id", Integer, primary_key=True),
    Column("told", Text, nullable=False),
)

# What a station is taken to hold; `entries` is a localAuthorizationList as JSON.
local_lists = Table(
    "local_lists",
    metadata,
    Column("station", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("entries", Text, nullable=False),
    Column("known", Boolean(create_constraint=False), nullable=False),
    Column("sent", Integer, nullable=False),
    Column("reported", Integer),
)

options = Table(
    "options",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)


@cache
def sqlite_statements() -> tuple[str, ...]:
    """The statements that make the whole schema in an empty SQLite database, marked with the newest revision."""
    dialect = sqlite.dialect()
    made = [str(CreateTable(table).compile(dialect=dialect)).strip() for table in metadata.sorted_tables]
    indexes = sorted((index for table in metadata.sorted_tables for index in table.indexes), key=lambda i: str(i.name))
    made += [str(CreateIndex(index).compile(dialect=dialect)).strip() for index in indexes]
    version = (
        "CREATE TABLE alembic_version"
        " (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    return (*made, version, f"INSERT INTO alembic_version VALUES ('{REVISION}')")
