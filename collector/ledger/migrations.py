"""Brings the tables of an older release to the version of this one, step by step, in one transaction."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from sqlalchemy import Connection, inspect, select, text, update

from collector.errors import LedgerError
from collector.ledger.schema import META, METADATA, VERSION

Migrations: TypeAlias = Mapping[int, Callable[[Connection], None]]
_LOCK = 0x74756E6E656C
"""Number of the advisory lock by which daemons that share a server migrate one after the other ("tunnel")."""
_VERSION_ROW = "schema_version"


def _second(connection: Connection) -> None:
    """Have sessions in an index, and histograms of usage as octets; what is on record stays JSON, as octets or text."""
    if connection.dialect.name == "sqlite":
        # It keeps octets in a column of texts as they are.
        connection.execute(text("DROP INDEX IF EXISTS sessions_by_tunnel"))
        connection.execute(text(f"CREATE INDEX sessions_by_tunnel ON sessions ({_SESSIONS_BY_TUNNEL})"))
        return
    columns = (f"ALTER COLUMN {name} TYPE BYTEA USING convert_to({name}, 'UTF8')" for name in _RATES)
    connection.execute(text(f"ALTER TABLE usage {', '.join(columns)}"))


_RATES = ("receive_rates", "transmit_rates")
_SESSIONS_BY_TUNNEL = (
    "target, vrf, tunnel, peer, started_at, seen_at, level, gone_at, ended_at, accounted, module, reason"
)


def _third(connection: Connection) -> None:
    """Have a log of events."""
    counting = "INTEGER" if connection.dialect.name == "sqlite" else "BIGSERIAL"
    end = " AUTOINCREMENT" if connection.dialect.name == "sqlite" else ""
    connection.execute(text(f"CREATE TABLE events (number {counting} NOT NULL PRIMARY KEY{end}, {_EVENT})"))
    connection.execute(text("CREATE UNIQUE INDEX events_by_id ON events (id)"))
    connection.execute(text("CREATE INDEX events_by_time ON events (at)"))


_EVENT = (
    "id TEXT NOT NULL, at FLOAT(53) NOT NULL, target TEXT NOT NULL, vrf TEXT NOT NULL, source TEXT NOT NULL, "
    "name TEXT NOT NULL, happening TEXT NOT NULL, level TEXT, tunnel TEXT, peer TEXT, row_index TEXT, up BOOLEAN, "
    "reason TEXT, description TEXT, sender TEXT, announced BOOLEAN, pairs TEXT NOT NULL"
)
MIGRATIONS: Migrations = MappingProxyType({2: _second, 3: _third})
"""What leads to each version from the one before; it writes its tables out, since `METADATA` goes on."""


def migrate(connection: Connection, migrations: Migrations = MIGRATIONS, version: int = VERSION) -> None:
    """Create the tables where there are none, and bring older ones to a version; within the caller's transaction.

    Raises:
        LedgerError: the database is of a newer release, or is something else.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    found = version_of(connection)
    if found is None:
        METADATA.create_all(connection, checkfirst=False)
        connection.execute(META.insert().values(name=_VERSION_ROW, value=str(VERSION)))
        found = VERSION
    if found > version:
        raise LedgerError(f"it is of a newer release (version {found}, this one knows {version})")
    for step in range(found + 1, version + 1):
        migrations[step](connection)
        connection.execute(update(META).where(META.c.name == _VERSION_ROW).values(value=str(step)))


def check_version(connection: Connection) -> None:
    """See that the tables are of this version.

    Raises:
        LedgerError: they are not, or there are none.
    """
    found = version_of(connection)
    if found is None:
        raise LedgerError("there is no ledger yet; the daemon makes it")
    if found != VERSION:
        older_or_newer = "an older" if found < VERSION else "a newer"
        raise LedgerError(f"it is of {older_or_newer} release (version {found}, this one knows {VERSION})")


def version_of(connection: Connection) -> int | None:
    """Return the version of the tables; None if the database is empty.

    Raises:
        LedgerError: the database is something else.
    """
    names = inspect(connection).get_table_names()
    if META.name not in names:
        if connection.dialect.name == "sqlite" and names:
            raise LedgerError(f"it is a database of something else: it has a table {names[0]!r}")
        return None
    columns = {column["name"] for column in inspect(connection).get_columns(META.name)}
    if not columns >= set(META.c.keys()):
        raise LedgerError(f"it is a database of something else: its table {META.name!r} is not a ledger's")
    value = connection.execute(select(META.c.value).where(META.c.name == _VERSION_ROW)).scalar()
    if value is None or not (value.isascii() and value.isdecimal() and int(value) > 0):
        raise LedgerError("it does not tell its version")
    return int(value)
