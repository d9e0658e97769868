"""Rows of large answers, as the driver has them: making SQLAlchemy's rows of millions costs as much as reading them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Select

CHUNK = 1_000
"""Rows that are fetched at once."""


def streamed(connection: Connection, wanted: Select[Any]) -> Iterable[Sequence[Any]]:
    """Give the rows that a statement selects, tuples or alike, without having them all in memory.

    Columns come as the driver gives them: ask for texts, octets and numbers only.
    """
    return chain.from_iterable(_chunks(connection, wanted))


def _chunks(connection: Connection, wanted: Select[Any]) -> Iterator[Sequence[Sequence[Any]]]:
    if connection.dialect.name != "sqlite":
        # A server's cursor has given the first rows to SQLAlchemy by now.
        with connection.execute(wanted.execution_options(yield_per=CHUNK)) as found:
            yield from found.partitions()
        return
    with connection.execute(wanted) as found:
        cursor = found.cursor
        if cursor is None:
            raise AssertionError("it selects rows")
        while rows := cursor.fetchmany(CHUNK):
            yield rows
