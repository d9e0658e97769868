"""Rows of one moment that name each other by row index.

A table's rows belong to the tunnels of the same module if that has any; otherwise (a module of its own, as the policy
maps may be) to those of the whole context.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from itertools import groupby, islice
from typing import Any, Generic, NamedTuple, TypeVar

from collector.model import Entity, Snapshot
from collector.tunnels.merge import coalesced, last_arc

ROWS_PER_STEP = 250
"""Rows between two steps: a few milliseconds at most."""

CHANGES_PER_STEP = 50
"""Rows between two steps where something has happened in each: that takes a tenth of a millisecond for one."""

EntityT = TypeVar("EntityT", bound=Entity)
Result = TypeVar("Result")
Rows = Mapping[type[Entity], Sequence[Any]]
"""The rows of one snapshot by their kind."""
Steps = Generator[None, None, Result]
"""Work that pauses every few milliseconds, for whoever has other things to do, and returns its result."""


class Joined(NamedTuple, Generic[EntityT]):
    """Rows of one kind by the row index that they name, for each of some tables."""

    tables: tuple[Mapping[int, Sequence[EntityT]], ...]
    orphans: int
    """Rows that name no row that is there."""

    def of(self, table: int, index: int) -> Sequence[EntityT]:
        """Return the rows that belong to a row of a table."""
        return self.tables[table].get(index, ())

    def one(self, table: int, index: int, default: EntityT) -> EntityT:
        """Return what belongs to a row of a table, as one row."""
        rows = self.tables[table].get(index)
        return coalesced(rows) if rows else default


def run(steps: Steps[Result]) -> Result:
    """Do stepwise work at once."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def sort_rows(snapshot: Snapshot) -> Steps[Rows]:
    """Sort a snapshot's entities by kind."""
    rows: dict[type[Entity], list[Entity]] = {}
    entities, at_once = snapshot.entities, ROWS_PER_STEP * 40
    for start in range(0, len(entities), at_once):
        for kind, some in groupby(islice(entities, start, start + at_once), type):
            rows.setdefault(kind, []).extend(some)
        yield
    return rows


def indexes(tables: Sequence[Rows], anchor: type[Entity]) -> tuple[frozenset[int], ...]:
    """Return the row indexes of one kind of row in each table."""
    return tuple(frozenset(last_arc(row.index) for row in table.get(anchor, ())) for table in tables)


def join(
    tables: Sequence[Rows], anchors: Sequence[frozenset[int]], entity: type[EntityT], key: str
) -> Steps[Joined[EntityT]]:
    """Join rows of `entity`, by their field `key`, to the rows whose indexes are `anchors`."""
    everywhere = frozenset[int]().union(*anchors)
    named: list[dict[int, list[EntityT]]] = []
    loose: dict[int, list[EntityT]] = {}
    orphans = 0
    for table, own in zip(tables, anchors, strict=True):
        by_index: dict[int, list[EntityT]] = {} if own else loose
        yield from _sort_by(table.get(entity, ()), key, by_index)
        named.append(by_index)
        if own:
            orphans += _count_strangers(by_index, own)
    orphans += _count_strangers(loose, everywhere)
    return Joined(tuple(by_index or loose for by_index in named), orphans)


def _sort_by(rows: Iterable[EntityT], key: str, into: dict[int, list[EntityT]]) -> Steps[None]:
    for number, row in enumerate(rows, 1):
        index = getattr(row, key)
        into.setdefault(-1 if index is None else index, []).append(row)
        if not number % (ROWS_PER_STEP * 8):
            yield


def _count_strangers(by_index: Mapping[int, Sequence[Entity]], known: frozenset[int]) -> int:
    return sum(len(rows) for index, rows in by_index.items() if index not in known)
