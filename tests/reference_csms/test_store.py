"""The store: group commit, what a failing write does to the others, opening old, new and foreign databases."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from reference_csms.errors import StoreFailed, UsageError
from reference_csms.store import sqlite, writer
from reference_csms.store.database import Store, inline_store, migrate, open_store, prepare
from reference_csms.store.schema import REVISION, metadata
from reference_csms.store.writes import (
    AddMeterValues,
    DeleteCard,
    PutCard,
    PutOption,
    Started,
    StartTransaction,
    StopTransaction,
    Write,
)
from tests.reference_csms.conftest import until

T0 = "2024-05-01T08:00:00Z"
VALUES = '[{"timestamp":"t","sampledValue":[{"value":"1"}]}]'


def start(station: str = "CP", at: str = T0) -> StartTransaction:
    return StartTransaction(station, at, 1, "CARD", 0, None, "Accepted", T0)


def stop(transaction: int, station: str = "CP", at: str = T0, data: str | None = None) -> StopTransaction:
    return StopTransaction(station, transaction, 5, at, None, None, data, T0)


def meter(transaction: int | None) -> AddMeterValues:
    return AddMeterValues("CP", 1, transaction, "MeterValues", VALUES, T0)


async def together(store: Store, *batch: Write) -> list[Any]:
    """The outcomes of writes that are handed over at once."""
    outcomes = []
    for written in [store.writer.write(write) for write in batch]:
        try:
            outcomes.append(await written)
        except StoreFailed as failed:
            outcomes.append(failed)
    return outcomes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "csms.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    opened = open_store(path)
    yield opened
    await opened.close()


async def test_writes_that_arrive_together_share_a_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    commit = writer.commit

    def counted(connection: sqlite3.Connection, orders: Sequence[writer.Order]) -> list[writer.Outcome]:
        batches.append(len(orders))
        return commit(connection, orders)

    monkeypatch.setattr(writer, "commit", counted)
    stations = [f"CP{n}" for n in range(150)]
    started = await together(store, *map(start, stations))
    assert sorted(row.transaction_id for row in started) == list(range(1, 151))
    assert batches == [150]
    kept = {row["transactionId"]: row["station"] for row in store.reads.transactions()}
    assert [kept[row.transaction_id] for row in started] == stations


async def test_a_batch_with_repeats_and_orphans_has_the_outcomes_of_one_by_one(store: Store) -> None:
    batch: list[Write] = [
        start(),
        meter(1),
        start(),
        stop(1),
        stop(1, at="later"),
        stop(7, data=VALUES),
        start("CP2"),
        PutOption("a", "1"),
    ]
    outcomes = await together(store, *batch)
    assert outcomes == [
        Started(1, "Accepted", False),
        True,
        Started(1, "Accepted", True),
        "ended",
        "repeated",
        "orphan",
        Started(outcomes[6].transaction_id, "Accepted", False),
        None,
    ]
    assert outcomes[6].transaction_id > 1
    assert [row["stopTimestamp"] for row in store.reads.transactions()] == [None, T0]
    assert [row["source"] for row in store.reads.meter_values(7)] == ["StopTransaction"]
    assert len(store.reads.meter_values(1)) == 1


async def test_a_stop_cannot_end_the_transaction_that_begins_after_it(store: Store) -> None:
    outcomes = await together(store, stop(1), start())
    assert outcomes == ["orphan", Started(1, "Accepted", False)]


async def test_writes_keep_their_order(store: Store) -> None:
    card = PutCard("a", "A", "Accepted", None, None, False)
    await together(store, card, DeleteCard("a"), card, DeleteCard("a"))
    assert store.reads.cards() == []


async def test_a_write_that_fails_does_not_harm_the_others(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    huge = start("CP2")._replace(meter_start=2**70)
    null = PutOption("name", None)  # type: ignore[arg-type]
    outcomes = await together(store, start(), huge, null, meter(1))
    assert outcomes[0] == Started(1, "Accepted", False)
    assert isinstance(outcomes[1], StoreFailed)
    assert str(outcomes[2]) == "PutOption was not stored: NOT NULL constraint failed: options.value"
    assert outcomes[3] is True
    assert len(store.reads.transactions()) == 1
    assert len(caplog.messages) == 2


async def test_a_commit_that_fails_is_not_confirmed(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(path)
    connection = sqlite.connect(path)
    connection.execute("PRAGMA max_page_count = 30")
    full = writer.ThreadWriter(connection)
    outcome = None
    for number in range(200):
        write = meter(number)._replace(meter_value=VALUES.replace("1", "1" * 4000))
        try:
            await full.write(write)
        except StoreFailed as failed:
            outcome = str(failed)
            break
    assert outcome == "AddMeterValues was not stored: database or disk is full"
    connection.execute("PRAGMA max_page_count = 10000")
    assert await full.write(meter(1)) is True
    await full.close()
    assert caplog.records[0].levelno == logging.ERROR


async def test_later_goes_along_with_the_next_commit_or_soon(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "LATER_S", 0.001)
    store = open_store(path)
    store.writer.later(PutOption("a", "1"))
    await store.writer.write(PutOption("b", "1"))
    assert store.reads.option("a") == "1"
    store.writer.later(PutOption("c", "1"))
    await until(lambda: store.reads.option("c"))
    store.writer.later(PutOption("d", "1"))
    await store.close()
    store = inline_store(path)
    assert store.reads.option("d") == "1"
    await store.close()


async def test_a_closed_store_refuses(path: Path) -> None:
    store = open_store(path)
    await store.close()
    with pytest.raises(StoreFailed, match="PutOption was not stored: the store is closed"):
        await store.writer.write(PutOption("a", "1"))


async def test_a_transaction_id_is_not_given_again_after_a_restart(path: Path) -> None:
    store = inline_store(path)
    first = await store.writer.write(start())
    await store.close()
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM transactions")
    connection.commit()
    connection.close()
    store = inline_store(path)
    assert (await store.writer.write(start())).transaction_id == first.transaction_id + 1
    await store.close()


def test_a_commit_is_on_disk_when_it_returns(path: Path) -> None:
    connection = sqlite.connect(path)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_migrations_make_the_same_schema(path: Path) -> None:
    migrate(path, "nothing")
    prepare(path)
    made = path.with_name("made.db")
    prepare(made)
    shapes = []
    for file in (path, made):
        engine = create_engine(f"sqlite:///{file}")
        with engine.connect() as connection:
            context = MigrationContext.configure(connection)
            assert context.get_current_revision() == REVISION
            assert compare_metadata(context, metadata) == []
            look = inspect(connection)
            shapes.append(
                {name: (look.get_columns(name), look.get_pk_constraint(name)) for name in look.get_table_names()}
            )
        engine.dispose()
    assert str(shapes[0]) == str(shapes[1])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"this is no database at all, whatever it may be called" * 9, "received an error: file is not a database"),
        ("CREATE TABLE other (a)", "received an error: it has other tables"),
        (
            "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('9999')",
            f"expected a database of revision {REVISION} or older, received '9999'",
        ),
    ],
)
def test_a_foreign_database_is_refused(path: Path, content: bytes | str, line: str) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        connection = sqlite3.connect(path)
        connection.executescript(content)
        connection.close()
    with pytest.raises(UsageError) as refused:
        prepare(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert line in str(refused.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a place for a database, received: No such file or directory"):
        inline_store(tmp_path / "no" / "csms.db")


async def test_a_database_in_use_is_refused(store: Store, path: Path) -> None:
    with pytest.raises(UsageError, match="expected a free database, received one in use"):
        inline_store(path)
