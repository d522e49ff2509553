"""Opening a database: a new one is made, an older one migrated, a foreign or newer one refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Engine, StaticPool, create_engine

from reference_csms.errors import UsageError
from reference_csms.store import sqlite
from reference_csms.store.reads import Reads
from reference_csms.store.schema import REVISION
from reference_csms.store.writer import InlineWriter, ThreadWriter, Writer


class Store:
    """One open database: `writer` for what comes in, `reads` for operators."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self.writer = writer
        self.reads = Reads(engine)

    async def close(self) -> None:
        """Commit what is left and let go of the file."""
        await self.writer.close()
        self._engine.dispose()


def open_store(path: Path) -> Store:
    """The store on a SQLite file, with a writer thread; call it inside the event loop. Raises UsageError."""
    prepare(path)
    return Store(_engine(path), ThreadWriter(lambda: sqlite.connect(path)))


def inline_store(path: Path | None = None) -> Store:
    """A store without threads that commits at once, in memory or on a SQLite file."""
    if path is not None:
        prepare(path)
        return Store(_engine(path), InlineWriter(sqlite.connect(path)))
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
