"""One table in one poll: which columns and rows to ask for, and what to remember of the answers."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from collector.interpret.memory import TableMemory
from collector.tables import Column, Table
from collector.wire.walk import Cell, Fault, Rows, TableWalk
from collector.wire.walk_order import in_order

SCALAR = b"\x00"
"""The instance of a scalar."""
_ZERO = b"\x00"
_Mark: TypeAlias = tuple[bytes | None, ...]
_Cells: TypeAlias = dict[bytes, dict[int, Cell]]


class TablePoll:
    """One table in one poll; only `finish` changes the memory, so that a failed poll leaves it as it was."""

    __slots__ = ("_changed", "_marks", "_max_rows", "_rest", "_walks", "full", "memory", "rows", "table")

    def __init__(self, table: Table, memory: TableMemory, *, full: bool, max_rows: int) -> None:
        self.table = table
        self.memory = memory
        self.full = full or memory.known is None
        self.rows: Rows = {}
        self._max_rows = max_rows
        self._walks: list[TableWalk] = []
        self._rest: TableWalk | None = None
        self._marks: dict[bytes, _Mark] = {}
        self._changed: set[bytes] = set()

    def first(self) -> list[TableWalk]:
        """Return what to walk to see which rows there are, and what moves in them.

        Columns that the agent did not have are walked apart, as empty ones: that costs next to nothing.
        """
        answered = self.memory.answered
        columns = _in_oid_order(self.table.columns if self.full else hot_columns(self.table, self.memory))
        there = [column for column in columns if answered is None or column.number in answered]
        runs = [(there, self.memory.known), *((run, ()) for run in _runs_without(columns, there))]
        self._walks = [self._walk(run, known) for run, known in runs]
        return self._walks

    def _walk(self, columns: Sequence[Column], known: Sequence[bytes] | None) -> TableWalk:
        only_instance = (SCALAR,) if self.table.scalars and known != () else None
        return self._table_walk(columns, only_instance or known, only_instance, self.rows)

    def second(self) -> TableWalk | None:
        """Return what to walk of rows that are new, or are others than before; None if there are none."""
        self._look_at_marks()
        columns = kept_columns(self.table, self.memory)
        if self._changed and columns and not self.full:
            self._rest = self._table_walk(_in_oid_order(columns), in_order(self.rows), self._changed, {})
        return self._rest

    def _table_walk(
        self, columns: Iterable[Column], known: Sequence[bytes] | None, wanted: Collection[bytes] | None, rows: Rows
    ) -> TableWalk:
        return TableWalk(
            name=self.table.name,
            columns=[(column.number, column.oid) for column in columns],
            known=known,
            wanted=wanted,
            max_rows=self._max_rows,
            rows=rows,
            octets_per_varbind=self.memory.octets_per_varbind,
        )

    def _look_at_marks(self) -> None:
        """Find the rows that are new, or are others than before under the same index."""
        marking = [(column.number, column.renews == "backwards") for column in self.table.columns if column.renews]
        remembered, marks = self.memory.remembered, self.memory.marks
        for index, row in self.rows.items():
            mark = tuple(row[number][1] if number in row else None for number, _ in marking)
            self._marks[index] = mark
            if index not in remembered or _tells_another(marking, marks.get(index, mark), mark):
                self._changed.add(index)

    # --- what came of it ----------------------------------------------------------------------------------------------

    @property
    def complete(self) -> bool:
        """Whether every column was read to its end."""
        return all(walk.complete for walk in self._all_walks)

    @property
    def _all_walks(self) -> list[TableWalk]:
        return [*self._walks, self._rest] if self._rest else self._walks

    def finish(self) -> Counter[str]:
        """Complete the rows from memory, remember what the next poll needs, and return the faults."""
        faults = sum((walk.faults for walk in self._all_walks), Counter[str]())
        if ragged := _ragged_rows(self.rows):
            faults[Fault.RAGGED_ROWS] += ragged
        remembered = self._remember_all() if self.full else self._complete_rows()
        self._replace_memory(remembered)
        return faults

    def _remember_all(self) -> _Cells:
        memory, rows = self.memory, self.rows
        memory.answered = _numbers(rows) or None
        memory.needless = _needless(self.table, rows)
        kept = [column.number for column in kept_columns(self.table, memory)]
        shared: dict[Cell, Cell] = {}
        return {
            index: {number: shared.setdefault(row[number], row[number]) for number in kept if number in row}
            for index, row in rows.items()
        }

    def _complete_rows(self) -> _Cells:
        """Complete rows by what is remembered of them; what could not be read is not remembered, to be tried again."""
        memory, rows = self.memory, self.rows
        fresh = self._rest.rows if self._rest else {index: {} for index in self._changed}
        remembered: _Cells = {}
        for index, row in rows.items():
            cells = fresh.get(index) if index in self._changed else memory.remembered[index]
            if cells is not None:
                remembered[index] = cells
                rows[index] = cells | row
        if memory.answered is None and self.complete:
            memory.answered = _numbers(rows) or None
        memory.needless |= _needless(self.table, rows)
        return remembered

    def _replace_memory(self, remembered: _Cells) -> None:
        """Forget rows that vanished, unless they may only not have been read."""
        memory = self.memory
        known: Collection[bytes] = self.rows
        if not self.complete:
            left = [index for index in memory.known or () if index not in self.rows]
            left = left[: max(self._max_rows - len(self.rows), 0)]
            known = (*self.rows, *left)
            remembered |= {index: memory.remembered[index] for index in left if index in memory.remembered}
            self._marks |= {index: memory.marks[index] for index in left if index in memory.marks}
        memory.known = tuple(in_order(known))
        memory.octets_per_varbind = self._walks[0].octets_per_varbind
        memory.remembered = remembered
        memory.marks = self._marks
        if self.rows:
            memory.missing = False
            memory.missing_since = None


# --- columns ----------------------------------------------------------------------------------------------------------


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


def _in_oid_order(columns: Iterable[Column]) -> list[Column]:
    return sorted(columns, key=lambda column: column.oid)


def _runs_without(columns: Iterable[Column], there: Collection[Column]) -> list[list[Column]]:
    """Return the runs of neighbouring columns between those that are there."""
    runs: list[list[Column]] = [[]]
    for column in columns:
        if column in there:
            runs.append([])
        else:
            runs[-1].append(column)
    return [run for run in runs if run]


# --- rows -------------------------------------------------------------------------------------------------------------


def _tells_another(marking: Sequence[tuple[int, bool]], before: _Mark, now: _Mark) -> bool:
    """Whether a mark says that the row is another one; what is absent says nothing."""
    return before != now and any(
        old is not None and new is not None and (_went_back(old, new) if backwards else old != new)
        for (_, backwards), old, new in zip(marking, before, now, strict=True)
    )


def _went_back(old: bytes, new: bytes) -> bool:
    return int.from_bytes(new, "big", signed=True) < int.from_bytes(old, "big", signed=True)


def _numbers(rows: Rows) -> frozenset[int]:
    return frozenset().union(*rows.values())


def _ragged_rows(rows: Rows) -> int:
    most = max(map(len, rows.values()), default=0)
    return sum(len(row) < most for row in rows.values())


def _needless(table: Table, rows: Rows) -> frozenset[int]:
    """Return the numbers of the columns whose better ones count: those that are 0 in every row may not work."""
    better = {column.superseded_by for column in table.columns if column.superseded_by}
    counting = {
        column.name
        for column in table.columns
        if column.name in better
        and any(row[column.number][1].strip(_ZERO) for row in rows.values() if column.number in row)
    }
    return frozenset(column.number for column in table.columns if column.superseded_by in counting)
