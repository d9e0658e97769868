"""A few rows of a module by themselves, and the rows of other tables that belong to them.

That takes a handful of requests however large the table is. What belongs to a row has its index as the first part of
its own (a tunnel's endpoints and SPIs), so these are walked as if they were tables of their own, rooted at that index.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from collector.errors import SourceError
from collector.interpret.memory import PollMemory
from collector.interpret.plan import TableRead
from collector.model import ChildSa, IkeSa, Level
from collector.tables import Module, Table
from collector.wire import ber
from collector.wire.fetch import Fetch
from collector.wire.walk import Limits, Rows, TableWalk, Walk

_LISTED = {"child": ChildSa, "ike": IkeSa}
_NAMED_BY = {"child": "child_index", "ike": "ike_index"}
"""The field that the first part of an index fills, of tables whose rows belong to those of a level."""
_MOST_BELONGING = 1_000
"""Rows of one table that belong to one row."""

_Step: TypeAlias = Fetch | Walk


class RowRead:
    """Rows of one level under way: drive its steps to their ends one after the other, then take `tables`."""

    def __init__(self, module: Module, memory: PollMemory, level: Level, indexes: Sequence[int]) -> None:
        there = [table for table in module.tables if memory.table(table.name).missing_since is None]
        listing = [table for table in there if table.entity is _LISTED[level]]
        names = {table.name for table in listing}
        belonging = [table for table in there if table.index and table.index[0].field == _NAMED_BY[level]]
        self._memory = memory
        self._listing = [table for table in there if table in listing or table.augments in names]
        self._beside = [table for table in belonging if len(table.index) == 1]
        self._below = [table for table in belonging if len(table.index) > 1]
        self._indexes = tuple(dict.fromkeys(indexes))
        self._rows: dict[str, Rows] = {table.name: {} for table in (*self._listing, *self._beside, *self._below)}

    def steps(self, limits: Limits, *, bulk: bool) -> Iterator[_Step]:
        """Yield what to drive to its end before the next one; `bulk` is False for SNMPv1.

        Raises: SourceError if a row cannot be read, so that nobody takes it for one that is not there.
        """
        if not self._listing or any(len(table.index) > 1 for table in self._listing):
            raise SourceError("no table has such rows by one number each")
        if bulk:
            yield from self._get_rows()
        else:
            yield from self._walk_to_rows(limits)
        there = {suffix for table in self._listing for suffix in self._rows[table.name]}
        below = [(table, suffix, self._walk_below(table, suffix)) for table in self._below for suffix in there]
        if below:
            yield from _whole(Walk([walk for *_, walk in below], limits, bulk=bulk))
        for table, suffix, walk in below:
            self._rows[table.name] |= {suffix + rest: row for rest, row in walk.rows.items()}

    @property
    def tables(self) -> list[TableRead]:
        """What was read."""
        tables = (*self._listing, *self._beside, *self._below)
        return [TableRead(table=table, rows=self._rows[table.name], complete=True) for table in tables]

    def _get_rows(self) -> Iterator[Fetch]:
        asked = {
            (table.name, suffix): [(number, oid + suffix) for number, oid in self._columns(table)]
            for table in (*self._listing, *self._beside)
            for suffix in map(_suffix, self._indexes)
        }
        fetch = Fetch([oid for columns in asked.values() for _, oid in columns])
        yield fetch
        if fetch.errors:
            oid, error = next(iter(fetch.errors.items()))
            raise SourceError(f"reading {ber.oid_text(oid)}: {error}")
        for (name, suffix), columns in asked.items():
            cells = {number: fetch.value(oid) for number, oid in columns}
            if row := {number: cell for number, cell in cells.items() if cell is not None}:
                self._rows[name][suffix] = row

    def _walk_to_rows(self, limits: Limits) -> Iterator[Walk]:
        """Read what comes behind the places before the rows: a GET of SNMPv1 fails at each instance that is not there.

        Source: RFC 1157 §4.1.2.
        """
        walks = [
            (table, _suffix(index), self._walk_to(table, index))
            for table in (*self._listing, *self._beside)
            for index in self._indexes
        ]
        yield from _whole(Walk([walk for *_, walk in walks], limits, bulk=False))
        for table, suffix, walk in walks:
            if row := walk.rows.get(suffix):
                self._rows[table.name][suffix] = row

    def _columns(self, table: Table) -> list[tuple[int, bytes]]:
        """Return the columns that the agent has: number and OID, in the order of their OIDs."""
        answered = self._memory.table(table.name).answered
        columns = [column for column in table.columns if answered is None or column.number in answered]
        return [(column.number, column.oid) for column in sorted(columns, key=lambda column: column.oid)]

    def _walk_to(self, table: Table, index: int) -> TableWalk:
        suffix = _suffix(index)
        known = (_suffix(index - 1), suffix) if index else (suffix,)
        columns = self._columns(table)
        return TableWalk(name=table.name, columns=columns, known=known, wanted={suffix}, max_rows=_MOST_BELONGING)

    def _walk_below(self, table: Table, suffix: bytes) -> TableWalk:
        columns = [(number, oid + suffix) for number, oid in self._columns(table)]
        return TableWalk(name=table.name, columns=columns, max_rows=_MOST_BELONGING)


def _suffix(index: int) -> bytes:
    return ber.encode_arcs((index,))


def _whole(walk: Walk) -> Iterator[Walk]:
    """Yield a walk; raise SourceError if it does not read everything."""
    yield walk
    for table in walk.tables:
        if not table.complete:
            raise SourceError(f"walking {table.name}: {', '.join(sorted(table.faults))}")
