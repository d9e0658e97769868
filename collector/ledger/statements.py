"""Statements that both databases understand, rendered once: thousands of rows go to the driver as they are."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Table, bindparam, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import UpdateBase

from collector.ledger.rows import Row

_INSERT: dict[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
_DIALECTS: dict[str, Dialect] = {"sqlite": pysqlite.dialect(), "postgresql": psycopg.dialect()}  # type: ignore[no-untyped-call]


class _Rendered(NamedTuple):
    text: str
    parameters: Callable[[Row], Any]
    """What the driver wants of a row: a tuple in order, or the row itself."""


def _rendered(statement: UpdateBase, dialect: str) -> _Rendered:
    compiled = statement.compile(dialect=_DIALECTS[dialect])
    order = compiled.positiontup if compiled.positional else None
    return _Rendered(str(compiled), _in_order(tuple(order)) if order else _as_it_is)


def _in_order(names: tuple[str, ...]) -> Callable[[Row], Any]:
    """Return what makes tuples of rows."""
    # `itemgetter`, which is faster, makes no tuple of one name.
    return itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)


def _as_it_is(row: Row) -> Row:
    return row


@cache
def _upsert(table: Table, dialect: str) -> _Rendered:
    statement = _INSERT[dialect](table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in table.columns.keys() if name not in keys}  # noqa: SIM118 - a collection of columns
    return _rendered(statement.on_conflict_do_update(index_elements=keys, set_=values), dialect)


@cache
def _insert(table: Table, dialect: str) -> _Rendered:
    # Numbers that the database gives are left to it.
    given: dict[str, BindParameter[Any]] = {
        column.name: bindparam(column.name) for column in table.columns if column is not table.autoincrement_column
    }
    return _rendered(_INSERT[dialect](table).inline().values(given).on_conflict_do_nothing(), dialect)


@cache
def _delete(table: Table, dialect: str) -> _Rendered:
    keys = [column == bindparam(column.name) for column in table.primary_key]
    return _rendered(delete(table).where(*keys), dialect)


def put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, or let them replace those that have the same primary key."""
    _execute(connection, _upsert(table, connection.dialect.name), rows)


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, except where there is one that has the same primary key, or another value that is given once."""
    _execute(connection, _insert(table, connection.dialect.name), rows)


def empty(connection: Connection, table: Table, column: str, rows: Iterable[Row]) -> None:
    """Have no value in a column of the rows that have these primary keys."""
    for row in rows:
        here = [key == row[key.name] for key in table.primary_key]
        connection.execute(update(table).where(*here).values({column: None}))


def remove(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Delete the rows that have these primary keys."""
    names = [column.name for column in table.primary_key]
    _execute(connection, _delete(table, connection.dialect.name), [{name: row[name] for name in names} for row in rows])


def _execute(connection: Connection, statement: _Rendered, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.exec_driver_sql(statement.text, list(map(statement.parameters, rows)))  # type: ignore[arg-type]
