"""What is to be walked of one table, and what came of it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, TypeAlias

from collector.wire.snmp import END_OF_MIB_VIEW, NO_SUCH_OBJECT, Varbind

Cell: TypeAlias = tuple[int, bytes]
"""Value tag, value content octets."""

Rows: TypeAlias = dict[bytes, dict[int, Cell]]
"""Index (OID content octets after the column) -> column number -> (value tag, value content octets)."""


class Fault(StrEnum):
    """What an agent did against its protocol, or what kept a table from being read whole.

    Beside these, a fault may be the error-status (`genErr`) that ended a column.
    """

    NON_INCREASING = "non-increasing"
    """An answer that does not lie behind its question: the column ends there."""
    MISPLACED = "misplaced-varbinds"
    """Answers that contradict each other unless varbinds stand at wrong places: columns are asked again, alone."""
    SURPLUS = "surplus-varbinds"
    """More varbinds than asked for: the surplus is ignored."""
    EMPTY = "empty-response"
    """No varbind in a response without error, down to a single column and row: the column ends there."""
    TIMED_OUT = "timed-out"
    """No answer to a single column and row though the agent answers other questions: the column ends there."""
    TOO_MANY_ROWS = "too-many-rows"
    """More rows than the bound: the table ends there."""
    RAGGED_ROWS = "ragged-rows"
    """Rows that lack columns which other rows have; they are kept as they are."""


_MOST_IN_VAIN = 9
_COSTS: dict[str, int] = {Fault.TIMED_OUT: 3}
"""Waiting in vain costs more than being refused."""


@dataclass(slots=True, kw_only=True, eq=False)
class TableWalk:
    """One table, or some of its columns or rows: first the question, in the end the answer."""

    name: str = ""
    """What to call it in errors."""
    takes_rows: ClassVar[bool] = True
    columns: Sequence[tuple[int, bytes]]
    """(number, OID content octets), in the order of their OIDs."""
    known: Sequence[bytes] | None = None
    """Indexes of the last time, in the order of their arcs; empty if there was no row; None if nothing is known."""
    wanted: Collection[bytes] | None = None
    """Those of the known rows that are asked for, and no others; None: every row, known or not."""
    max_rows: int
    rows: Rows = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    complete: bool = True
    """Whether every column was read to its end."""
    closed: bool = False
    """Whether nothing more is to be asked because the bound is reached."""
    touched: bool = False
    """Whether anything was answered, or given up, yet."""
    octets_per_varbind: float = 0.0
    """As seen in responses; 0 before the first."""
    in_vain: int = 0
    """What asking has cost since anything of it was last answered with a value."""

    def give_up(self, fault: str) -> None:
        """Count what keeps the table from being read whole; give up the table, too, if nothing else comes from it."""
        self.faults[fault] += 1
        self.complete = False
        self.touched = True
        self.in_vain += _COSTS.get(fault, 1)
        self.closed = self.closed or self.in_vain >= _MOST_IN_VAIN

    def close(self) -> None:
        """End the table at its bound."""
        if not self.closed:
            self.closed = True
            self.give_up(Fault.TOO_MANY_ROWS)

    def store_rows(self, numbers: Sequence[int], suffixes: Sequence[bytes], cells: Iterator[Cell]) -> bool:
        """Keep whole rows of these columns, cell by cell; do nothing and return False if they might be too many."""
        rows = self.rows
        if len(rows) + len(suffixes) > self.max_rows:
            return False
        self.touched = True
        self.in_vain = 0
        for suffix in suffixes:
            # In this order, zip takes no cell in vain when a row is full.
            if suffix in rows:
                rows[suffix].update(zip(numbers, cells, strict=False))
            else:
                rows[suffix] = dict(zip(numbers, cells, strict=False))
        return True

    def store(self, number: int, suffixes: Sequence[bytes], varbinds: Sequence[Varbind]) -> int:
        """Keep values of one column; return how many, which is less than all at an exception or at the bound."""
        rows = self.rows
        stored = 0
        for suffix, (_, tag, value) in zip(suffixes, varbinds, strict=False):
            if NO_SUCH_OBJECT <= tag <= END_OF_MIB_VIEW:
                return stored
            row = rows.get(suffix)
            if row is not None:
                row[number] = (tag, value)
            elif len(rows) < self.max_rows:
                rows[suffix] = {number: (tag, value)}
            else:
                self.close()
                return stored
            stored += 1
            self.in_vain = 0
        return stored


@dataclass(slots=True, kw_only=True, eq=False)
class SubtreeWalk(TableWalk):
    """A subtree, as a table of one column whose varbinds are handed over instead of kept; max_rows bounds them."""

    takes_rows = False
    on_varbinds: Callable[[list[Varbind]], object]
    handed_over: int = 0

    def store(self, number: int, suffixes: Sequence[bytes], varbinds: Sequence[Varbind]) -> int:  # noqa: ARG002
        """Hand varbinds over; return how many, as a table does."""
        values: list[Varbind] = []
        for _, varbind in zip(suffixes, varbinds, strict=False):
            if NO_SUCH_OBJECT <= varbind[1] <= END_OF_MIB_VIEW:
                break
            if self.handed_over + len(values) == self.max_rows:
                self.close()
                break
            values.append(varbind)
        self.handed_over += len(values)
        self.in_vain = 0
        self.on_varbinds(values)
        return len(values)
