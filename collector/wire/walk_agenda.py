"""What is still to be asked for in a walk, and how it is put into requests."""

from collections import deque
from collections.abc import Iterable

from collector.wire.walk_cursor import Cursor
from collector.wire.walk_lane import Lane
from collector.wire.walk_limits import Limits
from collector.wire.walk_request import Batch, Request
from collector.wire.walk_table import TableWalk

_FIRST_ROWS = 4


class Agenda:
    """Ranges of all tables of a walk that nothing is in flight for: begun ones first, then new tiles."""

    __slots__ = ("_bulk", "_limits", "_loose", "lanes")

    def __init__(self, tables: Iterable[TableWalk], limits: Limits, *, bulk: bool) -> None:
        self.lanes = {table: Lane(table) for table in tables}
        self._limits = limits
        self._bulk = bulk
        self._loose: deque[Cursor] = deque()
        """Ranges that are begun and not at their end."""

    @property
    def empty(self) -> bool:
        """Whether nothing is left to be asked for, but for what is in flight."""
        return not self._loose and all(lane.exhausted for lane in self.lanes.values())

    def put_back(self, cursors: Iterable[Cursor]) -> None:
        """Have cursors asked for again that are not at their end."""
        self._loose.extend([cursor for cursor in cursors if not cursor.ended])

    def drop_hopeless(self) -> None:
        """Ask no more for columns and tables that are given up."""
        self._loose = deque(cursor for cursor in self._loose if not cursor.hopeless)

    def next_request(self) -> Request | None:
        """Return a request for as much as the agent can answer; None if answers must come first, or nothing is left."""
        batch = Batch(self._limits)
        self._fill_from_loose(batch)
        self._fill_from_lanes(batch)
        return batch.request(bulk=self._bulk) if batch.cursors else None

    def _fill_from_loose(self, batch: Batch) -> None:
        most_rows = self._most_rows
        wishes = [min(cursor.rows_to_ask(_FIRST_ROWS), most_rows) for cursor in self._loose]
        if not wishes:
            return
        most = wishes[0]
        shared = _share_out(wishes, batch.most_varbinds(self._loose[0].octets_per_varbind))
        for rows in wishes:
            cursor = self._loose.popleft()
            if not batch.take(cursor, min(rows, shared) if rows <= most else rows):
                self._loose.append(cursor)

    def _fill_from_lanes(self, batch: Batch) -> None:
        for lane in self.lanes.values():
            while not (lane.exhausted or lane.blocked) and self._fill_from_lane(batch, lane):
                pass

    def _fill_from_lane(self, batch: Batch, lane: Lane) -> bool:
        """Put the next tile of a lane into the batch; return whether there was room for it.

        A tile begun with more columns than fit by now goes on as loose cursors.
        """
        octets_per_varbind, oid_octets = lane.octets_per_varbind, lane.oid_octets
        most_columns = batch.most_columns(oid_octets)
        if batch.cursors:
            rows = lane.rows_to_ask(min(self._most_rows, batch.rows))
            room = batch.room(rows, octets_per_varbind, oid_octets)
            columns = min(lane.columns_at_once, room) if lane.is_unknown else lane.columns_at_once
            if not 0 < columns <= room:
                return False
        else:
            columns, rows = lane.shape(self._most_rows, most_columns, batch.most_varbinds(octets_per_varbind))
        cursors = lane.cut(columns, rows)
        room = max(batch.room(rows, octets_per_varbind, oid_octets), 1)
        batch.add(cursors[:room], rows, octets_per_varbind, oid_octets)
        self._loose.extend(cursors[room:])
        return True

    @property
    def _most_rows(self) -> int:
        return self._limits.repetitions if self._bulk and self._limits.proven else 1


def _share_out(wishes: list[int], most_varbinds: int) -> int:
    """Return how many rows to ask for, such that all cursors with like wishes fit if that is not half of the wish."""
    most = wishes[0]
    alike = sum(most // 2 < rows <= most for rows in wishes)
    return max(most_varbinds // alike, 1) if most // 2 < most_varbinds // alike < most else most
