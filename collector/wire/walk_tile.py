"""Whole rows at once: what most responses are, taken without looking at each varbind by itself.

Nothing is believed here that `Cursor.take` would not: what is not as regular as can be is left to it.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from operator import itemgetter

from collector.wire.snmp import END_OF_MIB_VIEW, NO_SUCH_INSTANCE, NO_SUCH_OBJECT, Varbind
from collector.wire.walk_cursor import Cursor
from collector.wire.walk_order import surely_increasing
from collector.wire.walk_table import Cell

_NAME = itemgetter(0)
_TAG = itemgetter(1)
_CELL = itemgetter(1, 2)
_EXCEPTIONS = frozenset({NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW})


def take_rows(cursors: Sequence[Cursor], varbinds: Sequence[Varbind]) -> list[int]:
    """Move cursors forward by the whole rows that answer all or most of them; return by how many each."""
    taken = [0] * len(cursors)
    first = cursors[0]
    table = first.column.table
    if not table.takes_rows or any(c.column.table is not table or c.last != first.last for c in cursors):
        return taken
    suffixes = _rows_of_first(first, varbinds, len(cursors))
    if not suffixes or not surely_increasing(first.last, suffixes):
        return taken
    end = len(suffixes) * len(cursors)
    places = [
        place for place, cursor in enumerate(cursors) if _fits(cursor, suffixes, varbinds[place : end : len(cursors)])
    ]
    cells: Iterator[Cell]
    if len(places) == len(cursors):
        cells = map(_CELL, varbinds)
    else:
        chosen = (map(_CELL, varbinds[place : end : len(cursors)]) for place in places)
        cells = chain.from_iterable(zip(*chosen, strict=True))
    numbers = [cursors[place].column.number for place in places]
    if places and table.store_rows(numbers, suffixes, cells):
        for place in places:
            cursors[place].advance(suffixes)
            taken[place] = len(suffixes)
    return taken


def _rows_of_first(cursor: Cursor, varbinds: Sequence[Varbind], count: int) -> list[bytes]:
    """Return the indexes of the first column, as far as they stand in whole rows."""
    oid = cursor.column.oid
    size = len(oid)
    names = map(_NAME, varbinds[: len(varbinds) // count * count : count])
    return [name[size:] for name in names if name.startswith(oid)]


def _fits(cursor: Cursor, suffixes: Sequence[bytes], varbinds: Sequence[Varbind]) -> bool:
    """Whether these are values of the cursor's column in exactly these rows."""
    oid = cursor.column.oid
    names = [oid + suffix for suffix in suffixes]
    return list(map(_NAME, varbinds)) == names and _EXCEPTIONS.isdisjoint(map(_TAG, varbinds))
