"""Stations, cards, transactions, meter values and commands of the Core profile."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, Integer, PrimaryKeyConstraint, Text, UniqueConstraint

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of the Core profile."""
    _stations()
    _transactions()
    _stops_and_values()
    _commands()


def _stations() -> None:
    op.create_table(
        "stations",
        Column("station", Text, primary_key=True),
        Column("password_hash", Text),
        Column("registration", Text, nullable=False),
        Column("heartbeat_interval", Integer),
        Column("boot_status", Text),
        Column("boot", Text),
        Column("booted_at", Text),
        Column("last_seen", Text),
    )
    op.create_table(
        "connectors",
        Column("station", Text, nullable=False),
        Column("connector_id", Integer, nullable=False),
        Column("status", Text, nullable=False),
        Column("error_code", Text, nullable=False),
        Column("timestamp", Text, nullable=False),
        Column("info", Text),
        Column("vendor_id", Text),
        Column("vendor_error_code", Text),
        PrimaryKeyConstraint("station", "connector_id"),
    )
    op.create_table(
        "cards",
        Column("tag_key", Text, primary_key=True),
        Column("id_tag", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("expiry_date", Text),
        Column("parent_id_tag", Text),
        Column("concurrent_tx", Boolean, nullable=False),
    )


def _transactions() -> None:
    start = ("start_timestamp", "station", "connector_id", "id_tag", "meter_start")
    op.create_table(
        "transactions",
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
        UniqueConstraint(*start, name="transactions_start"),
        sqlite_autoincrement=True,
    )


def _stops_and_values() -> None:
    op.create_table(
        "orphan_stops",
        Column("id", Integer, primary_key=True),
        Column("station", Text, nullable=False),
        Column("transaction_id", Integer, nullable=False),
        Column("meter_stop", Integer, nullable=False),
        Column("stop_timestamp", Text, nullable=False),
        Column("reason", Text),
        Column("stop_id_tag", Text),
        Column("stopped_at", Text, nullable=False),
        UniqueConstraint("station", "transaction_id", "stop_timestamp", "meter_stop", name="orphan_stops_stop"),
    )
    op.create_table(
        "meter_values",
        Column("id", Integer, primary_key=True),
        Column("station", Text, nullable=False),
        Column("connector_id", Integer),
        Column("transaction_id", Integer),
        Column("source", Text, nullable=False),
        Column("meter_value", Text, nullable=False),
        Column("received_at", Text, nullable=False),
    )
    op.create_index("meter_values_transaction", "meter_values", ["transaction_id"])


def _commands() -> None:
    op.create_table(
        "commands",
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
    )
    op.create_index("commands_station", "commands", ["station", "n"])
    op.create_table(
        "options",
        Column("name", Text, primary_key=True),
        Column("value", Text, nullable=False),
    )
