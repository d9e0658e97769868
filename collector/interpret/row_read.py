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
        there = [table for table in module.tables if not memory.table(table.name).missing]
        listing = [table for table in there if table.entity is _LISTED[level]]
        names = {table.name for table in listing}
        self._memory = memory
        self._listing = [table for table in there if table in listing or table.augments in names]
        self._belonging = [table for table in there if table.index and table.index[0].field == _NAMED_BY[level]]
        self._suffixes = [ber.encode_arcs((index,)) for index in indexes]
        self._rows: dict[str, Rows] = {table.name: {} for table in (*self._listing, *self._belonging)}

    def steps(self, limits: Limits, *, bulk: bool) -> Iterator[_Step]:
        """Yield what to drive to its end before the next one; `bulk` is False for SNMPv1.

        Raises: SourceError if a row cannot be read, so that nobody takes it for one that is not there.
        """
        asked = {
            (table.name, suffix): [(number, oid + suffix) for number, oid in self._columns(table)]
            for table in self._listing
            for suffix in self._suffixes
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
        there = {suffix for table in self._listing for suffix in self._rows[table.name]}
        walks = [(table, suffix, self._walk(table, suffix)) for table in self._belonging for suffix in there]
        if walks:
            yield Walk([walk for *_, walk in walks], limits, bulk=bulk)
        for table, suffix, walk in walks:
            self._rows[table.name] |= {suffix + rest: row for rest, row in walk.rows.items()}

    @property
    def tables(self) -> list[TableRead]:
        """What was read."""
        tables = (*self._listing, *self._belonging)
        return [TableRead(table=table, rows=self._rows[table.name], complete=True) for table in tables]

    def _columns(self, table: Table) -> list[tuple[int, bytes]]:
        """Return the columns that the agent has: number and OID, in the order of their OIDs."""
        answered = self._memory.table(table.name).answered
        columns = [column for column in table.columns if answered is None or column.number in answered]
        return [(column.number, column.oid) for column in sorted(columns, key=lambda column: column.oid)]

    def _walk(self, table: Table, suffix: bytes) -> TableWalk:
        columns = [(number, oid + suffix) for number, oid in self._columns(table)]
        return TableWalk(name=table.name, columns=columns, max_rows=_MOST_BELONGING)
