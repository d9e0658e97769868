"""What the end of one column says about the beginning of another, and what to do where the two disagree.

What a column ended at must be the first thing in the column that it stands in: if it is not, varbinds were at wrong
places, and one of the two has missed something.
"""

from collector.wire.walk_cursor import ColumnWalk, Cursor
from collector.wire.walk_lane import Lane
from collector.wire.walk_order import precedes
from collector.wire.walk_request import Request
from collector.wire.walk_table import Fault


class Claims:
    """Ends of columns, to be compared with the beginnings of others when all is read."""

    __slots__ = ("_claims",)

    def __init__(self) -> None:
        self._claims: list[tuple[Cursor, ColumnWalk, bytes]] = []

    def note(self, cursor: Cursor, over: bytes, lane: Lane, request: Request) -> None:
        """Keep that a column ended at what stands in another column of its table, or of its request."""
        column = lane.column_of(over)
        if column is None:
            columns = (other.column for other in request.cursors)
            column = next((column for column in columns if over.startswith(column.oid)), None)
        if column is not None:
            self._claims.append((cursor, column, over[len(column.oid) :]))

    def settle(self) -> list[Cursor]:
        """Return what is to be asked for again, each alone, and forget all claims."""
        claims, self._claims = self._claims, []
        wrong = [claim for claim in claims if _is_contradicted(*claim)]
        for cursor, _, _ in wrong:
            cursor.column.table.faults[Fault.MISPLACED] += 1
            cursor.look_again(cursor.last)
        missed = {column: first for _, column, first in wrong if _has_missed(column, first)}
        return [*(cursor for cursor, _, _ in wrong), *map(_beginning_of, missed)]


def _is_contradicted(cursor: Cursor, column: ColumnWalk, first: bytes) -> bool:
    """Whether a column that was read from its beginning did not begin where another one had ended."""
    return column.started and not column.given_up and column.first != first and not cursor.hopeless


def _has_missed(column: ColumnWalk, first: bytes) -> bool:
    """Whether a column seems to have missed its first rows."""
    return column.first is None or precedes(first, column.first)


def _beginning_of(column: ColumnWalk) -> Cursor:
    beginning = Cursor(column, b"", column.first)
    beginning.look_again(b"")
    return beginning
