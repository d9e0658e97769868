"""Conceptual rows to entities: what a poll of tables saw, in the words of the model.

Every row becomes an entity; rows of a table that augments another one complete the rows of the same index, and those
that find none there stand for themselves.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from collector.interpret.row import Fields, row_reader
from collector.model import Entity
from collector.tables import Table
from collector.wire.walk import Rows


class ReadTable(Protocol):
    """What a poll, or a recording, has of one table."""

    @property
    def table(self) -> Table:
        """The table."""

    @property
    def rows(self) -> Rows:
        """Its rows by index, columns by number, values as they were on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """Entities, and what could not be decoded on the way to them."""

    entities: tuple[Entity, ...]
    errors: Mapping[str, int]
    """How many values by the name of their column, and how many rows by the name of their table."""

    @property
    def decode_errors(self) -> int:
        """All of `errors`."""
        return sum(self.errors.values())


def interpret(reads: Iterable[ReadTable]) -> Interpretation:
    """Turn the rows of tables into entities, table by table in the order of `reads`."""
    errors: Counter[str] = Counter()
    return Interpretation(entities=tuple(_entities(list(reads), errors)), errors=errors)


def interpret_in_steps(reads: Iterable[ReadTable], rows: int) -> Iterator[Interpretation]:
    """Yield what `interpret` returns in steps of so many entities, so that something else can run in between."""
    errors: Counter[str] = Counter()
    entities = _entities(list(reads), errors)
    while step := tuple(islice(entities, rows)):
        yield Interpretation(entities=step, errors=errors.copy())
        errors.clear()
    if errors:
        yield Interpretation(entities=(), errors=errors)


def _entities(reads: list[ReadTable], errors: Counter[str]) -> Iterator[Entity]:
    groups: dict[str, list[ReadTable]] = {}
    for read in reads:
        groups.setdefault(read.table.augments or read.table.name, []).append(read)
    for group in groups.values():
        make = row_reader(group[0].table).make
        for fields in _merged(group, errors) if len(group) > 1 else _fields(group[0], errors):
            yield make(fields)


def _fields(read: ReadTable, errors: Counter[str]) -> Iterator[Fields]:
    reader = row_reader(read.table)
    for suffix, row in read.rows.items():
        if read.table.each is not None:
            yield from reader.read_each(suffix, row, errors)
        elif (fields := reader.read(suffix, row, errors)) is not None:
            yield fields


def _merged(group: list[ReadTable], errors: Counter[str]) -> Iterator[Fields]:
    """Merge rows of the same index; where two tables say a field, the one that is augmented is believed."""
    merged: dict[bytes, Fields] = {}
    for read in sorted(group, key=lambda read: read.table.augments is not None):
        reader = row_reader(read.table)
        for suffix, row in read.rows.items():
            fields = reader.read(suffix, row, errors)
            if fields is not None:
                merged[suffix] = {**fields, **merged.get(suffix, {})}
    yield from merged.values()
