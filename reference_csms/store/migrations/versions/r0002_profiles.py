"""What the profiles beside Core keep."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of the other profiles."""
    _reservations()
    _transfers()


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
