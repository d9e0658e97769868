"""Which columns of a table a poll reads: those that move, those that are remembered, and those that nobody needs."""

from collections.abc import Collection, Iterable

from collector.interpret.memory import TableMemory
from collector.tables import Column, Table
from collector.wire.walk import Rows

_ZERO = b"\x00"


def hot_columns(table: Table, memory: TableMemory) -> list[Column]:
    """Return the columns that steady polls read; at least one, which shows the rows."""
    there = [column for column in table.columns if memory.answered is None or column.number in memory.answered]
    by_name = {column.name: column for column in table.columns}
    hot = [column for column in there if column.number not in memory.needless and _moves(column, by_name)]
    return hot or there[:1]


def _moves(column: Column, by_name: dict[str, Column]) -> bool:
    """Whether a column is to be read at every poll; one that a slow column supersedes is as slow."""
    better = by_name.get(column.superseded_by or "")
    return column.kind != "static" and not column.slow and not (better and better.slow)


def kept_columns(table: Table, memory: TableMemory) -> list[Column]:
    """Return the columns that are read once per row and remembered."""
    hot = {column.number for column in hot_columns(table, memory)}
    return [
        column
        for column in table.columns
        if column.number not in hot
        and column.number not in memory.needless
        and (memory.answered is None or column.number in memory.answered)
    ]


def in_oid_order(columns: Iterable[Column]) -> list[Column]:
    """Sort columns as a walk meets them."""
    return sorted(columns, key=lambda column: column.oid)


def runs_without(columns: Iterable[Column], there: Collection[Column]) -> list[list[Column]]:
    """Return the runs of neighbouring columns between those that are there."""
    runs: list[list[Column]] = [[]]
    for column in columns:
        if column in there:
            runs.append([])
        else:
            runs[-1].append(column)
    return [run for run in runs if run]


def needless_columns(table: Table, rows: Rows) -> frozenset[int]:
    """Return the numbers of the columns whose better ones count: those that are 0 in every row may not work."""
    better = {column.superseded_by for column in table.columns if column.superseded_by}
    counting = {
        column.name
        for column in table.columns
        if column.name in better
        and any(row[column.number][1].strip(_ZERO) for row in rows.values() if column.number in row)
    }
    return frozenset(column.number for column in table.columns if column.superseded_by in counting)
