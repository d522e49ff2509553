"""What the profiles beside Core keep."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of the other profiles."""
    _reservations()


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
