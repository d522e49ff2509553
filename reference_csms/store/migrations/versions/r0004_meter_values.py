"""A meter value that comes again is recognised; of those that came twice before, the first one is."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, LargeBinary, text

from reference_csms.store.meter_values import rows
from reference_csms.store.writes import AddMeterValues

revision = "0004"
down_revision = "0003"

_ROWS = "SELECT id, station, connector_id, transaction_id, source, meter_value, received_at FROM meter_values"
_MANY = 1000


def upgrade() -> None:
    """Give each row of one MeterValue its digest, unless an earlier row has it."""
    op.add_column("meter_values", Column("digest", LargeBinary))
    op.create_index("meter_values_digest", "meter_values", ["digest"], unique=True)
    connection, last = op.get_bind(), 0
    while found := connection.execute(text(f"{_ROWS} WHERE id > {last} ORDER BY id LIMIT {_MANY}")).all():
        last = found[-1].id
        for row in found:
            values = list(rows(AddMeterValues(*row[1:])))
            if len(values) == 1:
                change = text("UPDATE OR IGNORE meter_values SET digest = :digest WHERE id = :id")
                connection.execute(change, {"digest": values[0][-1], "id": row.id})
