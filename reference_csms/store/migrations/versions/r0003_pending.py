"""Several passwords and security profiles may be on their way to a station."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Keep what is on its way as texts with a space between."""
    op.add_column("stations", Column("pending_profiles", Text))
    op.add_column("stations", Column("pending_passwords", Text))
    op.execute("UPDATE stations SET pending_profiles = pending_profile, pending_passwords = pending_password_hash")
    op.drop_column("stations", "pending_profile")
    op.drop_column("stations", "pending_password_hash")
