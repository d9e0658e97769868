"""One place in one column that a walk moves forward, and what it makes of the varbinds that answer it.

An answer counts only as far as it moves forward, and indexes are compared exactly: no agent can make a walk go in
circles.
"""

from collections.abc import Sequence

from collector.wire.snmp import END_OF_MIB_VIEW, NO_SUCH_OBJECT, Varbind
from collector.wire.walk_order import precedes, surely_increasing
from collector.wire.walk_table import TableWalk

_ANY = 1 << 30
_MOST_GIVEN_UP = 3
VALUE_OCTETS = 12
"""What a varbind is likely to have beside its OID."""


class ColumnWalk:
    """One column of a table under way."""

    started = False
    """Whether it is asked for from its very beginning."""
    first: bytes | None = None
    """The first index of one that is."""
    given_up = 0

    def __init__(self, table: TableWalk, number: int, oid: bytes) -> None:
        self.table = table
        self.number = number
        self.oid = oid

    @property
    def hopeless(self) -> bool:
        """Whether so many of its ranges were given up that the others are not worth a question."""
        return self.given_up >= _MOST_GIVEN_UP


class Cursor:
    """A range of a column: from behind the index `last` up to the index `stop`, or to the column's end.

    Most cursors live for one request: what is as it was at first stays with the class.
    """

    seen = 0
    most_rows = _ANY
    """The most repetitions to ask for, after errors."""
    most_columns = _ANY
    """The most cursors in one request with this one, after errors."""
    ended = False
    over: bytes | None = None
    """The OID behind the column's end, where the agent named it."""
    end_of_view = False
    """Whether the agent has nothing at all behind it."""
    misnamed = False
    """Whether an exception that ended it bears another name than the one asked for."""
    went_back = False
    """Whether an answer did not lie behind its question."""
    looked_again = False
    last_chance = False
    """Whether it was asked for alone, a single row, in vain already."""

    def __init__(
        self, column: ColumnWalk, last: bytes = b"", stop: bytes | None = None, expected: int | None = None
    ) -> None:
        self.column = column
        self.last = last
        self.stop = stop
        self.expected = expected
        """How many varbinds to ask for, with the one that shows the column's end; None: nobody knows."""

    @property
    def oid(self) -> bytes:
        """What to ask for the successor of."""
        return self.column.oid + self.last

    @property
    def hopeless(self) -> bool:
        """Whether nothing more is to be asked of its column or table."""
        return self.column.hopeless or self.column.table.closed

    @property
    def octets_per_varbind(self) -> float:
        """How large each varbind of an answer is likely to be."""
        return self.column.table.octets_per_varbind or len(self.oid) + VALUE_OCTETS

    def rows_to_ask(self, guess: int) -> int:
        """Return how many repetitions suit what is left; `guess` where nothing was seen and nothing is known."""
        if self.expected is None:
            return min(max(guess, 4 * self.seen), self.most_rows)
        return min(max(self.expected - self.seen, 1), self.most_rows)

    def take(self, varbinds: Sequence[Varbind], *, alone: bool) -> None:
        """Move forward by what answers this cursor: its varbinds, in the order of repetitions.

        If it is not alone in its request, what lies behind its end must be in order too.
        """
        column = self.column
        oid = column.oid
        size = len(oid)
        column.table.touched = True
        suffixes = [name[size:] for name, _, _ in varbinds if name.startswith(oid)]
        inside = len(varbinds)
        if len(suffixes) < inside:
            inside = next(place for place, (name, _, _) in enumerate(varbinds) if not name.startswith(oid))
            del suffixes[inside:]
        if suffixes:
            self._take_inside(suffixes, varbinds[:inside])
        if inside < len(varbinds) and not self.ended:
            self._end_at(varbinds[inside : inside + 1] if alone else varbinds[inside:])

    def _take_inside(self, suffixes: list[bytes], varbinds: Sequence[Varbind]) -> None:
        """Take varbinds of this column, whose indexes these are."""
        if not surely_increasing(self.last, suffixes):
            suffixes = self._take_carefully(varbinds)
        stored = self.column.table.store(self.column.number, suffixes, varbinds)
        if stored:
            self.advance(suffixes[:stored])
        if stored < len(suffixes):
            self.ended = self.misnamed = True
            self.end_of_view = varbinds[stored][1] == END_OF_MIB_VIEW

    def advance(self, suffixes: Sequence[bytes]) -> None:
        """Move forward over indexes whose values are kept."""
        column = self.column
        if column.first is None and not self.last:
            column.first = suffixes[0]
        self.last = suffixes[-1]
        self.seen += len(suffixes)
        if self.last_chance or self.most_rows < _ANY or self.most_columns < _ANY:
            self._dare_more()
        if self.last == self.stop or (self.stop is not None and precedes(self.stop, self.last)):
            self.ended = True

    def _dare_more(self) -> None:
        self.most_rows *= 2
        self.most_columns *= 2
        self.last_chance = False

    def _take_carefully(self, varbinds: Sequence[Varbind]) -> list[bytes]:
        """Return the indexes that are sound; end where they are not."""
        size = len(self.column.oid)
        last = self.last
        suffixes: list[bytes] = []
        for varbind in varbinds:
            suffix = varbind[0][size:]
            if NO_SUCH_OBJECT <= varbind[1] <= END_OF_MIB_VIEW:
                self._end_with_exception(varbind, last)
                break
            if not precedes(last, suffix):
                self.ended = self.went_back = True
                break
            suffixes.append(suffix)
            last = suffix
        return suffixes

    def _end_with_exception(self, varbind: Varbind, last: bytes) -> None:
        name, tag, _ = varbind
        self.ended = True
        self.end_of_view = tag == END_OF_MIB_VIEW
        self.misnamed = name != self.column.oid + last

    def _end_at(self, beyond: Sequence[Varbind]) -> None:
        """End at what lies behind the column, unless that is out of order."""
        if NO_SUCH_OBJECT <= beyond[0][1] <= END_OF_MIB_VIEW:
            self._end_with_exception(beyond[0], self.last)
            return
        self.ended = True
        names = [name for name, tag, _ in beyond if tag != END_OF_MIB_VIEW]
        if all(map(precedes, (self.oid, *names), names)):
            self.over = names[0]
        else:
            self.went_back = True

    @property
    def out_of_order(self) -> bool:
        """Whether its varbinds make sense only as the answers to others, if at all."""
        return self.went_back or self.misnamed

    def look_again(self, start: bytes) -> None:
        """Go on from `start`, alone in a request: there, its varbinds can be nobody else's."""
        self.last = start
        if not start:
            self.column.first = None
        self.ended = self.went_back = self.misnamed = self.end_of_view = False
        self.over = None
        self.most_columns = 1
        self.looked_again = True

    def give_up(self, fault: str) -> None:
        """End before the end, and count why."""
        self.ended = True
        if not self.hopeless:
            self.column.given_up += 1
            self.column.table.give_up(fault)
