"""How the cells of one table are cut into ranges that can be asked for independently.

Where the rows of the last time are known, the table is cut into tiles of some columns and some of these rows. The
first tile starts before the first row, each other one where the one before it stops, and the last one is open: rows
that came since are found wherever they are. Where nothing is known, a few columns are asked for a few rows first, and
the other columns follow when it is clear how large the table is, or that it is large.
"""

from collections import deque
from collections.abc import Collection, Sequence

from collector.wire.walk_cursor import VALUE_OCTETS, ColumnWalk, Cursor
from collector.wire.walk_order import in_order, precedes
from collector.wire.walk_table import TableWalk

_FIRST_COLUMNS = 4
_FIRST_ROWS = 4
_LARGE_ROWS = 64
"""From so many rows on, other columns do not wait until the first ones have shown all of them."""

_Span = tuple[int, int, bool]
"""From this place in the known rows to that one; whether it is open at its end."""


class Lane:
    """What is still to be handed out of one table."""

    __slots__ = (
        "_by_oid",
        "_first",
        "_group",
        "_known",
        "_oid_sizes",
        "_place",
        "_span",
        "_spans",
        "_waiting",
        "columns",
        "table",
    )

    def __init__(self, table: TableWalk) -> None:
        self.table = table
        self.columns = [ColumnWalk(table, number, oid) for number, oid in table.columns]
        self._by_oid = {column.oid: column for column in self.columns}
        self._oid_sizes = {len(column.oid) for column in self.columns}
        self._waiting = deque(self.columns)
        self._first: list[Cursor] = []
        """The ranges that show how large the table is, if that is not known."""
        self._group: list[ColumnWalk] = []
        """The columns whose tiles are being handed out."""
        self._learn(table.known or (), table.wanted)
        self._rewind()

    def _learn(self, known: Sequence[bytes], wanted: Collection[bytes] | None) -> None:
        self._known = known
        self._spans: Sequence[_Span] = ((0, len(known), True),) if wanted is None else _runs(known, wanted)

    def learn_rows(self) -> None:
        """Cut the columns that are still waiting by the rows that one column has by now been seen to have."""
        if not self._known and self._waiting and self.table.wanted is None:
            self._learn(in_order(self.table.rows), None)
            self._rewind()

    def column_of(self, instance: bytes) -> ColumnWalk | None:
        """Return the column that an instance belongs to."""
        for size in self._oid_sizes:
            if column := self._by_oid.get(instance[:size]):
                return column
        return None

    @property
    def exhausted(self) -> bool:
        """Whether everything is handed out."""
        return self.table.closed or not self._spans or not (self._group or self._waiting)

    @property
    def blocked(self) -> bool:
        """Whether the other columns are to wait until the first ones have shown how large the table is."""
        if self._known or len(self.table.rows) >= _LARGE_ROWS:
            return False
        return any(not cursor.ended for cursor in self._first)

    @property
    def is_unknown(self) -> bool:
        """Whether any number of the waiting columns may begin, since nothing tells how far they go."""
        return not self._known and self.table.touched

    @property
    def columns_at_once(self) -> int:
        """How many columns the next tile has if all of them fit into a request."""
        if self._group:
            return len(self._group)
        if self._known or self.table.touched:
            return len(self._waiting)
        return 1 if self.table.known is not None else min(_FIRST_COLUMNS, len(self._waiting))

    @property
    def oid_octets(self) -> int:
        """How large each OID is likely to be."""
        return len(self.columns[0].oid) + (len(self._known[self._place - 1]) if self._known else 1)

    @property
    def octets_per_varbind(self) -> float:
        """How large each varbind of an answer is likely to be."""
        return self.table.octets_per_varbind or self.oid_octets + VALUE_OCTETS

    def rows_to_ask(self, most: int) -> int:
        """Return how many repetitions suit the next tile: tiles are to be of about one size."""
        if not self._known:
            if self.table.touched:
                return min(max(_FIRST_ROWS, 4 * len(self.table.rows)), most)
            return 1 if self.table.known is not None else min(_FIRST_ROWS, most)
        start, stop, is_open = self._spans[self._span]
        left = stop - (self._place if self._group else start) + is_open
        return _even_share(left, most)

    def shape(self, most_rows: int, most_columns: int, most_varbinds: int) -> tuple[int, int]:
        """Return how many columns and rows the next tile is to have in a request of its own.

        Of the fewest groups of columns that are possible, and one less with fewer rows each, the better fit is chosen.
        """
        count = self.columns_at_once
        if self._group:
            return count, self.rows_to_ask(max(min(most_rows, most_varbinds // count), 1))
        rows = self.rows_to_ask(min(most_rows, most_varbinds))
        columns = _even_share(count, min(most_columns, most_varbinds // rows))
        wider = _even_share(count, -(-count // max(-(-count // columns) - 1, 1)))
        if wider > min(most_columns, most_varbinds):
            return columns, rows
        wider_rows = self.rows_to_ask(min(most_rows, most_varbinds // wider))
        return max((columns, rows), (wider, wider_rows), key=lambda tile: tile[0] * tile[1])

    def cut(self, columns: int, rows: int) -> list[Cursor]:
        """Hand out the next tile, of so many columns unless a group of columns is begun already."""
        if not self._group:
            self._rewind()
            self._group = [self._waiting.popleft() for _ in range(columns)]
        _, stop, is_open = self._spans[self._span]
        start, end = self._place, min(self._place + rows, stop)
        to_the_end = is_open and start + rows > stop
        last = self._known[start - 1] if start else b""
        tile_stop = None if to_the_end else self._known[end - 1]
        expected = end - start + to_the_end if self._known else None
        group = self._group
        self._advance(end, ended=to_the_end or (end == stop and not is_open))
        if not start:
            for column in group:
                column.started = True
        cursors = [Cursor(column, last, tile_stop, expected) for column in group]
        if not (self._known or self.table.touched):
            self._first = cursors
        return cursors

    def _advance(self, place: int, *, ended: bool) -> None:
        self._place = place
        if not ended:
            return
        self._span += 1
        if self._span < len(self._spans):
            self._place = self._spans[self._span][0]
        else:
            self._rewind()

    def leave_out_hopeless(self) -> None:
        """Hand out no more of columns that were given up too often."""
        if self._group:
            self._group = [column for column in self._group if not column.hopeless]
            if not self._group:
                self._rewind()

    def _rewind(self) -> None:
        self._group = []
        self._span = 0
        self._place = self._spans[0][0] if self._spans else 0

    def skip_gap(self, start: bytes, over: bytes | None) -> None:
        """Leave out waiting columns that lie between two OIDs between which there is nothing; None: up to the end."""
        kept = deque(column for column in self._waiting if not _lies_between(start, column.oid, over))
        for column in self._waiting:
            column.started = column.started or column not in kept
        self._waiting = kept


def _even_share(count: int, most: int) -> int:
    """Return the size of the parts, if there are as few of at most that size as possible."""
    parts = -(-count // max(most, 1))
    return -(-count // parts)


def _lies_between(start: bytes, oid: bytes, over: bytes | None) -> bool:
    if not precedes(start, oid):
        return False
    return over is None or (precedes(oid, over) and not over.startswith(oid))


def _runs(known: Sequence[bytes], wanted: Collection[bytes]) -> list[_Span]:
    """Return the places of neighbouring rows that are wanted."""
    runs: list[_Span] = []
    start: int | None = None
    for place, index in enumerate(known):
        if index in wanted:
            start = place if start is None else start
        elif start is not None:
            runs.append((start, place, False))
            start = None
    if start is not None:
        runs.append((start, len(known), False))
    return runs
