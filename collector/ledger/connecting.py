"""Engines for both databases: how a connection is made, how long it waits, and what a commit means.

SQLite keeps a write-ahead log, so that the command line reads while the daemon writes. A commit is flushed to the disk
(`synchronous=FULL`): after kill -9 the page cache would keep it anyway, but after a power loss accounts that were
already exported would fall back, which Prometheus takes for a counter that began anew. It is one flush for each batch,
in the writer's thread.
"""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from collector.errors import LedgerError
from collector.ledger.place import Place

_PRIVATE = 0o600
_WAL_BYTES = 64 * 2**20
"""What the write-ahead log is cut back to after a burst."""
_SERVER_PATIENCE = {
    "connect_timeout": "10",  # seconds
    "tcp_user_timeout": "30000",  # milliseconds
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
"""A server that fell silent must not hold the writer for hours; what the URL says goes before."""


def sqlite_engine(place: Place, *, read_only: bool, busy_seconds: float) -> Engine:
    """Return an engine for an SQLite file that exists."""
    if place.path is None:
        raise AssertionError("only a file has a path")
    uri = f"{place.path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: _sqlite(uri, busy_seconds),
        hide_parameters=True,
        # Without a path in its URL SQLAlchemy takes it for a database in memory, whose pool closes connections that
        # other threads are using.
        poolclass=QueuePool,
        pool_size=2,
        max_overflow=-1,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _sqlite(uri: str, busy_seconds: float) -> Any:  # noqa: ANN401 - a connection as SQLAlchemy's pool wants it
    import sqlite3  # noqa: PLC0415

    connection = sqlite3.connect(
        uri, uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=64
    )
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA journal_size_limit={_WAL_BYTES}")
    return connection


def _begin(connection: Connection) -> None:
    """Begin as a writer at once where that is meant: a reader that turns writer may find that another was faster."""
    writes = connection.get_execution_options().get("ledger_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def create_file(path: Path) -> None:
    """Create the SQLite file, for its owner only, unless there is one.

    Raises:
        OSError: that is not possible.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, _PRIVATE))


def prepare_file(engine: Engine) -> None:
    """Make a new SQLite file shrink when told to, and any one keep a write-ahead log."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        cursor.execute("PRAGMA journal_mode=WAL")
        mode = cursor.fetchone()
    finally:
        raw.close()
    if mode is None or mode[0] != "wal":
        raise LedgerError("the file system does not allow a write-ahead log; put the ledger on a local disk")


def postgresql_engine(place: Place) -> Engine:
    """Return an engine for a PostgreSQL server."""
    patience = {name: value for name, value in _SERVER_PATIENCE.items() if name not in place.url.query}
    return create_engine(place.url, connect_args=patience, hide_parameters=True, pool_pre_ping=True, pool_size=2)
