"""What the profiles beside Core keep."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, Integer, PrimaryKeyConstraint, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of the other profiles."""
    _reservations()
    _local_lists()
    _transfers()
    _station_access()
    _certificates()
    _charging()


def _reservations() -> None:
    op.create_table(
        "reservations",
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
        sqlite_autoincrement=True,
    )


def _local_lists() -> None:
    op.create_table(
        "local_lists",
        Column("station", Text, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("entries", Text, nullable=False),
        Column("known", Boolean, nullable=False),
        Column("sent", Integer, nullable=False),
        Column("reported", Integer),
    )


def _transfers() -> None:
    op.create_table(
        "transfers",
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
        sqlite_autoincrement=True,
    )
    op.create_index("transfers_station", "transfers", ["station", "action"])
    op.create_table(
        "progress",
        Column("id", Integer, primary_key=True),
        Column("station", Text, nullable=False),
        Column("notification", Text, nullable=False),
        Column("request_id", Integer),
        Column("status", Text, nullable=False),
        Column("received_at", Text, nullable=False),
        Column("transfer_id", Integer),
    )
    op.create_index("progress_station", "progress", ["station"])
    op.create_index("progress_transfer", "progress", ["transfer_id"])


def _station_access() -> None:
    for column in (
        Column("security_profile", Integer),
        Column("pending_profile", Integer),
        Column("pending_password_hash", Text),
        Column("serial_number", Text),
    ):
        op.add_column("stations", column)


def _certificates() -> None:
    op.create_table(
        "station_certificates",
        Column("serial_number", Text, primary_key=True),
        Column("station", Text, nullable=False),
        Column("certificate", Text, nullable=False),
        Column("valid_until", Text, nullable=False),
        Column("signed_at", Text, nullable=False),
        Column("state", Text, nullable=False),
    )
    op.create_index("station_certificates_station", "station_certificates", ["station"])
    op.create_table(
        "certificates",
        Column("fingerprint", Text, primary_key=True),
        Column("certificate", Text, nullable=False),
    )
    op.create_table(
        "installed_certificates",
        Column("station", Text, primary_key=True),
        Column("certificate_type", Text, primary_key=True),
        Column("hash_data", Text, nullable=False),
        Column("told_at", Text, nullable=False),
    )
    op.create_table(
        "security_events",
        Column("id", Integer, primary_key=True),
        Column("station", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("timestamp", Text, nullable=False),
        Column("tech_info", Text),
        Column("received_at", Text, nullable=False),
    )
    op.create_index("security_events_station", "security_events", ["station"])


def _charging() -> None:
    op.create_table(
        "charging_profiles",
        Column("station", Text, nullable=False),
        Column("charging_profile_id", Integer, nullable=False),
        Column("connector_id", Integer),
        Column("id_tag", Text),
        Column("profile", Text, nullable=False),
        Column("received_at", Text, nullable=False),
        Column("ended", Text),
        Column("ended_at", Text),
        PrimaryKeyConstraint("station", "charging_profile_id"),
    )
    op.create_table(
        "composite_schedules",
        Column("station", Text, nullable=False),
        Column("connector_id", Integer, nullable=False),
        Column("told", Text, nullable=False),
        PrimaryKeyConstraint("station", "connector_id"),
    )
