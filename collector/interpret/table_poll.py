"""One table in one poll: what to ask of it, and what to remember of the answers."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeAlias, TypeVar

from collector.interpret.column_choice import hot_columns, in_oid_order, kept_columns, needless_columns, runs_without
from collector.interpret.memory import TableMemory
from collector.tables import Column, Table
from collector.wire.fetch import Fetch
from collector.wire.walk import Cell, Fault, Rows, TableWalk
from collector.wire.walk_order import in_order

SCALAR = b"\x00"
"""The instance of a scalar."""

_ROWS_AT_ONCE = 300
_Item = TypeVar("_Item")
_Mark: TypeAlias = tuple[bytes | None, ...]
_Cells: TypeAlias = dict[bytes, dict[int, Cell]]


class TablePoll(ABC):
    """One table in one poll; only `finish` changes the memory, so that a failed poll leaves it as it was."""

    def __init__(self, table: Table, memory: TableMemory, *, full: bool, max_rows: int) -> None:
        self.table = table
        self.memory = memory
        self.full = full or memory.known is None
        self.rows: Rows = {}
        self._max_rows = max_rows
        self.faults: Counter[str] = Counter()
        self._marks: dict[bytes, _Mark] = {}
        self._changed: set[bytes] = set()
        """Rows that are new, or are others than before under the same index."""

    def _columns_now(self) -> Sequence[Column]:
        return self.table.columns if self.full else hot_columns(self.table, self.memory)

    def look_at_marks(self) -> Iterator[None]:
        """Find the rows that are new, or are others than before under the same index."""
        marking = [(column.number, column.renews == "backwards") for column in self.table.columns if column.renews]
        remembered, marks = self.memory.remembered, self.memory.marks
        for part in _parts(self.rows.items()):
            for index, row in part:
                mark = tuple(row[number][1] if number in row else None for number, _ in marking)
                self._marks[index] = mark
                if index not in remembered or _tells_another(marking, marks.get(index, mark), mark):
                    self._changed.add(index)
            yield

    def _columns_of_changed(self) -> list[Column]:
        """Return the columns to read of changed rows; none if there are no such rows, or everything is read already."""
        return kept_columns(self.table, self.memory) if self._changed and not self.full else []

    @property
    @abstractmethod
    def complete(self) -> bool:
        """Whether everything was read that was asked for."""

    @abstractmethod
    def _count_faults(self) -> Counter[str]:
        """Return what the agent did against its protocol, before rows are completed."""

    @abstractmethod
    def _read_of_changed(self) -> Mapping[bytes, dict[int, Cell]] | None:
        """Return what was read of changed rows beside the columns that move; None if nothing was asked for."""

    def finish(self) -> Iterator[None]:
        """Complete the rows from memory, and remember what the next poll needs; other work may come in between.

        The memory is changed at the end, all at once.
        """
        self.faults = self._count_faults()
        outlook = replace(self.memory)
        remembered: _Cells = {}
        if self.full:
            outlook.answered = _numbers(self.rows) or None
            outlook.needless = needless_columns(self.table, self.rows)
            yield from self._remember_all(kept_columns(self.table, outlook), remembered)
        else:
            yield from self._complete_rows(remembered)
            if outlook.answered is None and self.complete:
                outlook.answered = _numbers(self.rows) or None
            outlook.needless |= needless_columns(self.table, self.rows)
        for index in self._unfinished_rows():
            remembered.pop(index, None)
        known = self._known_from_now_on(remembered)
        yield
        left_behind = self.memory.remembered
        memory = self.memory
        memory.known, memory.remembered, memory.marks = known, remembered, self._marks
        memory.answered, memory.needless = outlook.answered, outlook.needless
        if self.rows:
            memory.missing = False
            memory.missing_since = None
        yield from _let_go(left_behind)

    def _remember_all(self, columns: Iterable[Column], remembered: _Cells) -> Iterator[None]:
        kept = {column.number for column in columns}
        shared: dict[Cell, Cell] = {}
        share = shared.setdefault
        for part in _parts(self.rows.items()):
            for index, row in part:
                remembered[index] = {number: share(cell, cell) for number, cell in row.items() if number in kept}
            yield

    def _complete_rows(self, remembered: _Cells) -> Iterator[None]:
        """Complete rows by what is remembered of them; what could not be read is not remembered, to be tried again."""
        rows = self.rows
        fresh = self._read_of_changed()
        nothing: dict[int, Cell] | None = {} if fresh is None else None
        for part in _parts(list(rows.items())):
            for index, row in part:
                changed = index in self._changed
                cells = (fresh or {}).get(index, nothing) if changed else self.memory.remembered[index]
                if cells is not None:
                    remembered[index] = cells
                    rows[index] = cells | row
            yield

    def _unfinished_rows(self) -> list[bytes]:
        """Return the rows that came while the table was read: they are new, and lack what was read before of others.

        They are read again at the next poll, but only once: some agents have rows that lack columns for ever.
        """
        most = max(map(len, self.rows.values()), default=0)
        before = frozenset(self.memory.known or ())
        return [index for index, row in self.rows.items() if len(row) < most and index not in before]

    def _known_from_now_on(self, remembered: _Cells) -> tuple[bytes, ...]:
        """Return the rows to count on; those that may only not have been read are not forgotten."""
        if self.complete:
            return tuple(in_order(self.rows))
        memory = self.memory
        left = [index for index in memory.known or () if index not in self.rows]
        left = left[: max(self._max_rows - len(self.rows), 0)]
        remembered |= {index: memory.remembered[index] for index in left if index in memory.remembered}
        self._marks |= {index: memory.marks[index] for index in left if index in memory.marks}
        return tuple(in_order((*self.rows, *left)))


class WalkedTable(TablePoll):
    """A conceptual table: its columns are walked."""

    def __init__(self, table: Table, memory: TableMemory, *, full: bool, max_rows: int) -> None:
        super().__init__(table, memory, full=full, max_rows=max_rows)
        self._walks: list[TableWalk] = []
        self._rest: TableWalk | None = None

    def first(self) -> list[TableWalk]:
        """Return what to walk to see which rows there are, and what moves in them.

        Columns that the agent did not have are walked apart, as empty ones: that costs next to nothing.
        """
        answered = self.memory.answered
        columns = in_oid_order(self._columns_now())
        there = [column for column in columns if answered is None or column.number in answered]
        runs = [(there, self.memory.known), *((run, ()) for run in runs_without(columns, there))]
        self._walks = [self._walk(run, known, self.rows) for run, known in runs]
        return self._walks

    def second(self) -> TableWalk | None:
        """Return what to walk of rows that are new, or are others than before; None if there are none."""
        columns = self._columns_of_changed()
        if columns:
            self._rest = self._walk(in_oid_order(columns), in_order(self.rows), {}, self._changed)
        return self._rest

    def _walk(
        self,
        columns: Iterable[Column],
        known: Sequence[bytes] | None,
        rows: Rows,
        wanted: Collection[bytes] | None = None,
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

    @property
    def _all_walks(self) -> list[TableWalk]:
        return [*self._walks, self._rest] if self._rest else self._walks

    @property
    def complete(self) -> bool:
        """Whether every column was read to its end."""
        return all(walk.complete for walk in self._all_walks)

    @property
    def instance(self) -> bytes:
        """What to GET to learn whether the agent has such objects at all: noSuchObject says that it has not.

        Source: RFC 3416 §4.2.1.
        """
        return self.table.columns[0].oid + SCALAR

    def _count_faults(self) -> Counter[str]:
        faults = sum((walk.faults for walk in self._all_walks), Counter[str]())
        if ragged := _ragged_rows(self.rows):
            faults[Fault.RAGGED_ROWS] += ragged
        return faults

    def _read_of_changed(self) -> Rows | None:
        return self._rest.rows if self._rest else None

    def finish(self) -> Iterator[None]:
        """As every table; remember how large varbinds are, too."""
        yield from super().finish()
        self.memory.octets_per_varbind = self._walks[0].octets_per_varbind


class ScalarGroup(TablePoll):
    """Scalars: one row, read with GETs, because behind a scalar there may be the table of all routes."""

    def __init__(self, table: Table, memory: TableMemory, *, full: bool) -> None:
        super().__init__(table, memory, full=full, max_rows=1)
        self._faults: Counter[str] = Counter()
        self._asked: list[Column] = []
        self._rest: dict[int, Cell] | None = None
        self.missing = False
        """Whether the agent says of each that it has no such object."""

    def first(self) -> list[bytes]:
        """Return which instances to GET to see what moves."""
        self._asked = list(self._columns_now())
        return _instances(self._asked)

    def take_first(self, fetch: Fetch) -> None:
        """Take the values that answer `first`."""
        row = self._values(fetch)
        if row:
            self.rows[SCALAR] = row
        self.missing = all(fetch.is_unknown(oid) for oid in _instances(self._asked))

    def second(self) -> list[bytes]:
        """Return which other instances to GET, because the agent has restarted or the scalars are new."""
        self._asked = self._columns_of_changed()
        return _instances(self._asked)

    def take_second(self, fetch: Fetch) -> None:
        """Take the values that answer `second`."""
        if self._asked:
            self._rest = self._values(fetch)

    def _values(self, fetch: Fetch) -> dict[int, Cell]:
        self._faults.update(fetch.errors[oid] for oid in _instances(self._asked) if oid in fetch.errors)
        cells = {column.number: fetch.value(column.oid + SCALAR) for column in self._asked}
        return {number: cell for number, cell in cells.items() if cell is not None}

    @property
    def complete(self) -> bool:
        """Whether every scalar was answered, be it with an exception."""
        return not self._faults

    def _count_faults(self) -> Counter[str]:
        return self._faults

    def _read_of_changed(self) -> Rows | None:
        return None if self._rest is None else {SCALAR: self._rest}


def _parts(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Yield items by some hundreds: so much work that others need not wait for long."""
    left = iter(items)
    while part := list(islice(left, _ROWS_AT_ONCE)):
        yield part


def _let_go(cells: _Cells) -> Iterator[None]:
    """Free what is no longer remembered, little by little."""
    while cells:
        for _ in range(min(_ROWS_AT_ONCE, len(cells))):
            cells.popitem()
        yield


def _instances(columns: Iterable[Column]) -> list[bytes]:
    return [column.oid + SCALAR for column in columns]


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
