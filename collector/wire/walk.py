"""Walking conceptual tables: what to ask next, and what to make of each answer, error and silence.

A Walk is driven from outside: take requests from it while there is room for more in flight, and give it back what
became of each. Whatever an agent does, each of its answers moves some column forward, makes a question smaller, or
ends it: every walk ends.
Source: RFC 3416 §4.2, RFC 1157 §4.1.
"""

from collections import deque
from collections.abc import Iterable

from collector.wire.ber import oid
from collector.wire.snmp import ErrorStatus, PduType
from collector.wire.walk_cursor import ColumnWalk, Cursor
from collector.wire.walk_lane import Lane
from collector.wire.walk_limits import LEAST_OCTETS, SMALLEST, Limits
from collector.wire.walk_order import precedes
from collector.wire.walk_request import Answer, Batch, Request, error_name
from collector.wire.walk_table import Cell, Fault, Rows, SubtreeWalk, TableWalk
from collector.wire.walk_tile import take_rows

__all__ = ["Answer", "Cell", "Fault", "Limits", "Request", "Rows", "SubtreeWalk", "TableWalk", "Walk", "error_name"]

_ANYTHING = oid("1.3.6.1")
"""An agent that lives names something behind this, or says that there is nothing."""

_FIRST_ROWS = 4
_REFUSALS = (ErrorStatus.authorizationError, ErrorStatus.noAccess)
TIMED_OUT = "timed out"


class Walk:
    """Tables of one context of one agent under way."""

    __slots__ = (
        "_answers",
        "_bulk",
        "_claims",
        "_doubted",
        "_in_flight",
        "_lanes",
        "_limits",
        "_loose",
        "_probing",
        "_useful",
        "failure",
        "tables",
    )

    def __init__(self, tables: Iterable[TableWalk], limits: Limits, *, bulk: bool = True) -> None:
        self.tables = tuple(tables)
        self.failure: str | None = None
        """Why the walk as a whole is over before its end: the target is silent, or refuses everything."""
        self._limits = limits
        self._bulk = bulk
        self._lanes = {table: Lane(table) for table in self.tables}
        self._loose: deque[Cursor] = deque()
        """Ranges that are begun and not at their end."""
        self._in_flight = 0
        self._answers = 0
        self._useful = False
        self._doubted: list[Request] = []
        """Requests that were not answered; whether the target lives is to be found out before they are asked again."""
        self._probing = False
        self._claims: list[tuple[Cursor, ColumnWalk, bytes]] = []

    @property
    def done(self) -> bool:
        """Whether there is nothing left to ask or to wait for."""
        if self.failure is not None:
            return True
        return not (self._in_flight or self._loose or self._doubted) and all(
            lane.exhausted for lane in self._lanes.values()
        )

    # --- asking -------------------------------------------------------------------------------------------------------

    def next_request(self) -> Request | None:
        """Return what to ask now; None if answers must come first, or all is done."""
        if self.failure is not None or (self._in_flight and not (self._limits.proven or self._doubted)):
            return None
        if self._doubted:
            if self._probing:
                return None
            self._probing = True
            return self._hand_out(Request(PduType.GET_NEXT, [_ANYTHING], small=True))
        batch = Batch(self._limits)
        self._fill_from_loose(batch)
        self._fill_from_lanes(batch)
        return self._hand_out(batch.request(bulk=self._bulk)) if batch.cursors else None

    def _hand_out(self, request: Request) -> Request:
        request.answers_before = self._answers
        self._in_flight += 1
        return request

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
        for lane in self._lanes.values():
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

    # --- taking what comes --------------------------------------------------------------------------------------------

    def answer(self, request: Request, answer: Answer) -> None:
        """Take the response to a request."""
        self._in_flight -= 1
        self._answers += 1
        self._limits.proven = max(self._limits.proven, 1)
        doubted, self._doubted = self._doubted, []
        for earlier in doubted:
            self._shrink_unanswered(earlier)
        if not request.cursors:
            self._probing = False
        elif answer.error_status:
            self._take_error(request, answer.error_status, answer.error_index)
        elif not answer.varbinds:
            self._shrink(request, Fault.EMPTY)
        elif _is_cut_for_no_reason(request, answer):
            self._ask_for_less(request, len(answer.varbinds))
        else:
            self._take_varbinds(request, answer)
        self._settle()

    def time_out(self, request: Request) -> None:
        """Take it that a request, sent as often as it may be, was not answered."""
        self._in_flight -= 1
        alive = self._answers > request.answers_before
        if not request.cursors:
            self._probing = False
            if not alive:
                self._die()
        elif alive:
            self._shrink_unanswered(request)
        elif request.small and not self._answers:
            self._die()
        else:
            self._doubted.append(request)
        self._settle()

    def _die(self) -> None:
        self.failure = TIMED_OUT
        self._limits.dead()

    def _take_varbinds(self, request: Request, answer: Answer) -> None:
        self._useful = True
        cursors, varbinds = request.cursors, answer.varbinds
        count = len(cursors)
        if len(varbinds) > request.varbinds:
            varbinds = varbinds[: request.varbinds]
            cursors[0].column.table.faults[Fault.SURPLUS] += 1
        starts = [cursor.last for cursor in cursors]
        taken = take_rows(cursors, varbinds)
        alone = count == 1
        irregular = []
        for place, cursor in enumerate(cursors):
            rest = varbinds[place + taken[place] * count :: count]
            if rest and not cursor.ended:
                cursor.take(rest, alone=alone)
                irregular.append(cursor)
        if not alone and any(cursor.out_of_order for cursor in irregular):
            for cursor, start in zip(cursors, starts, strict=True):
                cursor.look_again(start)
        else:
            self._measure(request, answer)
            for cursor in irregular:
                if cursor.ended:
                    self._after_end(cursor, request)
        self._loose.extend([cursor for cursor in cursors if not cursor.ended])

    def _measure(self, request: Request, answer: Answer) -> None:
        got = len(answer.varbinds)
        cut_off = got < request.varbinds and not all(cursor.ended for cursor in request.cursors)
        self._limits.answered(
            request.varbinds,
            request.rows,
            got,
            answer.octets,
            cut_off=cut_off,
            slow=answer.slow,
            retried=answer.retried,
        )
        table = request.cursors[0].column.table
        if got >= SMALLEST and table is request.cursors[-1].column.table:
            table.octets_per_varbind = answer.octets / got

    # --- ends ---------------------------------------------------------------------------------------------------------

    def _after_end(self, cursor: Cursor, request: Request) -> None:
        """Use what the end of one range says about others."""
        lane = self._lanes[cursor.column.table]
        over = cursor.over
        if cursor.went_back:
            self._give_up(cursor, Fault.NON_INCREASING)
        elif over is not None or cursor.end_of_view:
            if over is not None and not cursor.looked_again:
                self._note_claim(cursor, over, request)
            if not cursor.last:
                self._skip_gap(lane, cursor.column.oid, over)
            elif cursor.stop is None:
                lane.learn_rows()

    def _note_claim(self, cursor: Cursor, over: bytes, request: Request) -> None:
        """Keep for later that a column ended at what stands in another column of its table, or of its request."""
        column = self._lanes[cursor.column.table].column_of(over)
        if column is None:
            columns = (other.column for other in request.cursors)
            column = next((column for column in columns if over.startswith(column.oid)), None)
        if column is not None:
            self._claims.append((cursor, column, over[len(column.oid) :]))

    def _skip_gap(self, lane: Lane, start: bytes, over: bytes | None) -> None:
        """Leave out what lies between two OIDs where the agent has nothing; after an empty table other tables, too."""
        lane.skip_gap(start, over)
        if lane.exhausted and not lane.table.rows:
            for other in self._lanes.values():
                other.skip_gap(start, over)

    def _settle(self) -> None:
        """Drop what is closed; when all is read, look again at ends that another column contradicts.

        What a column ended at must be the first thing in the column that it stands in.
        """
        if any(table.faults for table in self.tables):
            self._loose = deque(cursor for cursor in self._loose if not cursor.hopeless)
        if self._claims and self.failure is None and self.done:
            claims, self._claims = self._claims, []
            wrong = [claim for claim in claims if _is_contradicted(*claim)]
            for cursor, _, _ in wrong:
                cursor.column.table.faults[Fault.MISPLACED] += 1
                cursor.look_again(cursor.last)
                self._loose.append(cursor)
            for column, first in {column: first for _, column, first in wrong}.items():
                self._look_at_beginning(column, first)

    def _look_at_beginning(self, column: ColumnWalk, first: bytes) -> None:
        """Ask alone for the beginning of a column that seems to have missed its first rows."""
        if column.first is None or precedes(first, column.first):
            beginning = Cursor(column, b"", column.first)
            beginning.look_again(b"")
            self._loose.append(beginning)

    # --- errors -------------------------------------------------------------------------------------------------------

    def _take_error(self, request: Request, status: int, index: int) -> None:
        name = error_name(status)
        if status == ErrorStatus.tooBig:
            self._limits.too_big(request.varbinds, request.repetitions)
            self._shrink(request, name)
        elif status == ErrorStatus.noSuchName:
            self._end_at_no_such_name(request, index)
        elif status in _REFUSALS and not self._useful:
            self.failure = name
        elif 1 <= index <= len(request.cursors) > 1:
            request.cursors[index - 1].most_columns = 1
            self._loose.extend(request.cursors)
        else:
            self._shrink(request, name)

    def _ask_for_less(self, request: Request, got: int) -> None:
        """Ask again for as many columns, or whole rows, as were answered.

        What was answered is not used, for nothing tells whether it is the first varbinds or others that are there.
        """
        self._limits.too_big(request.varbinds, request.repetitions)
        count = len(request.cursors)
        for cursor in request.cursors:
            if got < count:
                cursor.most_columns = got
            else:
                cursor.most_rows = got // count
        self._loose.extend(request.cursors)

    def _end_at_no_such_name(self, request: Request, index: int) -> None:
        """SNMPv1: nothing lies behind the OID at error-index, hence nothing behind its table's later columns."""
        cursors = request.cursors
        if len(cursors) > 1 and not 1 <= index <= len(cursors):
            self._shrink(request, ErrorStatus.noSuchName.name)
            return
        self._useful = True
        culprit = cursors[index - 1] if len(cursors) > 1 else cursors[0]
        table = culprit.column.table
        table.touched = True
        for cursor in cursors:
            if cursor is culprit or (cursor.column.table is table and precedes(culprit.oid, cursor.oid)):
                cursor.ended = True
            else:
                self._loose.append(cursor)
        if culprit.stop is None and culprit.last:
            self._lanes[table].learn_rows()
        self._lanes[table].skip_gap(culprit.oid, None)

    def _give_up(self, cursor: Cursor, fault: str) -> None:
        cursor.give_up(fault)
        self._lanes[cursor.column.table].leave_out_hopeless()

    def _shrink_unanswered(self, request: Request) -> None:
        self._limits.failed(request.varbinds, request.repetitions)
        self._shrink(request, Fault.TIMED_OUT)

    def _shrink(self, request: Request, fault: str) -> None:
        """Ask for half the rows, then half the columns; a single varbind once more before it is given up."""
        cursors = request.cursors
        for cursor in cursors:
            if request.rows > 1:
                cursor.most_rows = request.rows // 2
            elif len(cursors) > 1:
                cursor.most_columns = (len(cursors) + 1) // 2
            elif cursor.last_chance:
                self._give_up(cursor, fault)
            cursor.last_chance = request.rows == len(cursors) == 1
        self._loose.extend(cursor for cursor in cursors if not cursor.ended)


def _is_contradicted(cursor: Cursor, column: ColumnWalk, first: bytes) -> bool:
    """Whether a column that was read from its beginning did not begin where another one had ended."""
    return column.started and not column.given_up and column.first != first and not cursor.hopeless


def _is_cut_for_no_reason(request: Request, answer: Answer) -> bool:
    """Whether a response lacks varbinds of its first row, or ends within a row although it is not large."""
    got, count = len(answer.varbinds), len(request.cursors)
    return got < count or (got % count > 0 and got < request.varbinds and answer.octets < LEAST_OCTETS)


def _share_out(wishes: list[int], most_varbinds: int) -> int:
    """Return how many rows to ask for, such that all cursors with like wishes fit if that is not half of the wish."""
    most = wishes[0]
    alike = sum(most // 2 < rows <= most for rows in wishes)
    return max(most_varbinds // alike, 1) if most // 2 < most_varbinds // alike < most else most
