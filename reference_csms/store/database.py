"""Opening a database: a new one is made, an older one migrated, a foreign or newer one refused."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import TextIO

from sqlalchemy import URL, Engine, StaticPool, create_engine

from reference_csms.errors import UsageError
from reference_csms.store import sqlite
from reference_csms.store.charging import ChargingReads
from reference_csms.store.local_lists import LocalListReads
from reference_csms.store.reads import Reads
from reference_csms.store.schema import REVISION
from reference_csms.store.transfers import TransferReads
from reference_csms.store.writer import InlineWriter, ThreadWriter, Writer


class Store:
    """One open database: `writer` for what comes in, `reads`, `transfers` and `charging` for operators."""

    def __init__(self, engine: Engine, writer: Writer, lock: TextIO | None = None) -> None:
        self._engine = engine
        self._lock = lock
        self.writer = writer
        self.reads = Reads(engine)
        self.transfers = TransferReads(engine)
        self.charging = ChargingReads(engine)
        self.local_lists = LocalListReads(engine)

    async def close(self) -> None:
        """Commit what is left and let go of the file."""
        await self.writer.close()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.close()


def open_store(path: Path) -> Store:
    """The store on a SQLite file, with a writer thread; call it inside the event loop. Raises UsageError."""
    lock = _lock(path)
    prepare(path)
    return Store(_engine(path), ThreadWriter(sqlite.connect(path)), lock)


def inline_store(path: Path | None = None) -> Store:
    """A store without threads that commits at once, in memory or on a SQLite file."""
    if path is not None:
        lock = _lock(path)
        prepare(path)
        return Store(_engine(path), InlineWriter(sqlite.connect(path)), lock)
    connection = sqlite.connect(None)
    sqlite.create(connection)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    return Store(engine, InlineWriter(connection))


def prepare(path: Path) -> None:
    """Make the schema of a SQLite file what this version needs. Raises UsageError."""
    try:
        connection = sqlite.connect(path)
        try:
            revision = _revision(connection)
            if revision is None:
                sqlite.create(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise UsageError(f"{path}: expected a database of reference-csms, received an error: {error}") from None
    if revision not in (None, REVISION):
        migrate(path, revision)


def migrate(path: Path, revision: str) -> None:
    """Run the steps from that revision to the newest. Raises UsageError if the revision is unknown."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = _engine(path)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError:
        raise UsageError(
            f"{path}: expected a database of revision {REVISION} or older, received {revision!r};"
            " a newer reference-csms wrote it"
        ) from None
    finally:
        engine.dispose()


def _lock(path: Path) -> TextIO | None:
    """A file beside the database that is locked until it is closed, so that two processes never share one."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        file = path.with_name(f"{path.name}.lock").open("w")
    except OSError as error:
        raise UsageError(f"{path}: expected a place for a database, received: {error.strerror}") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise UsageError(f"{path}: expected a free database, received one in use; ask the server that runs") from None
    return file


def _revision(connection: sqlite3.Connection) -> str | None:
    """None for an empty database."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise sqlite3.DatabaseError("it has other tables")
    (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
    return str(revision)


def _engine(path: Path) -> Engine:
    return create_engine(URL.create("sqlite", database=str(path)))
