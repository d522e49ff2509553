"""Lists of one station are read without looking at the others."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the indexes."""
    for table in ("transactions", "orphan_stops", "reservations"):
        op.create_index(f"{table}_station", table, ["station"])
    for name, column in (("transactions_open", "transaction_id"), ("transactions_station_open", "station")):
        op.create_index(name, "transactions", [column], sqlite_where=text("stop_timestamp IS NULL"))
