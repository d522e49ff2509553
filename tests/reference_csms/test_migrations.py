"""Databases of earlier versions keep what they hold."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from reference_csms.store import database
from reference_csms.store.database import inline_store
from reference_csms.store.writes import AddMeterValues

T0 = "2024-05-01T08:00:00Z"
ONE = '[{"timestamp":"t","sampledValue":[{"value":"1"}]}]'
TWO = '[{"timestamp":"t","sampledValue":[{"value":"2"}]},{"timestamp":"u","sampledValue":[{"value":"3"}]}]'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of revision 0002."""
    path = tmp_path / "csms.db"
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    engine.dispose()
    return path


def fill(path: Path, sql: str, rows: list[tuple[object, ...]]) -> None:
    connection = sqlite3.connect(path)
    connection.executemany(sql, rows)
    connection.commit()
    connection.close()


async def test_what_is_on_its_way_to_a_station_stays_so(path: Path) -> None:
    columns = "station, registration, pending_profile, pending_password_hash"
    rows = [("A", "Accepted", 2, "scrypt$2$aa$bb"), ("B", "Pending", None, None)]
    fill(path, f"INSERT INTO stations ({columns}) VALUES (?, ?, ?, ?)", list(rows))
    store = inline_store(path)
    first, second = store.reads.stations()
    assert (first.pending_profiles, first.pending_passwords) == ((2,), ("scrypt$2$aa$bb",))
    assert (second.registration, second.pending_profiles, second.pending_passwords) == ("Pending", (), ())
    await store.close()


async def test_meter_values_of_before_are_recognised_and_none_is_lost(path: Path) -> None:
    columns = "station, connector_id, transaction_id, source, meter_value, received_at"
    rows = [("A", 1, 7, "MeterValues", text, T0) for text in (ONE, ONE, TWO)]
    fill(path, f"INSERT INTO meter_values ({columns}) VALUES (?, ?, ?, ?, ?, ?)", list(rows))
    store = inline_store(path)
    assert [row["value"] for row in store.reads.meter_values(7)] == ["1", "1", "2", "3"]
    assert await store.writer.write(AddMeterValues("A", 1, 7, "MeterValues", ONE, T0)) is False
    assert len(store.reads.meter_values(7)) == 4
    await store.close()
