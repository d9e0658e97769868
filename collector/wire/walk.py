"""Walking conceptual tables: what to ask next, and what to make of each answer, error and silence.

A Walk is driven from outside: take requests from it while there is room for more in flight, and give it back what
became of each. Whatever an agent does, each of its answers moves some column forward, makes a question smaller, or
ends it: every walk ends.
Source: RFC 3416 §4.2, RFC 1157 §4.1.
"""

from collections.abc import Iterable

from collector.wire.ber import oid
from collector.wire.snmp import ErrorStatus, PduType
from collector.wire.walk_agenda import Agenda
from collector.wire.walk_claims import Claims
from collector.wire.walk_cursor import Cursor
from collector.wire.walk_lane import Lane
from collector.wire.walk_limits import SMALLEST, Limits
from collector.wire.walk_order import precedes
from collector.wire.walk_request import Answer, Request, error_name, is_cut_for_no_reason
from collector.wire.walk_table import Cell, Fault, Rows, SubtreeWalk, TableWalk
from collector.wire.walk_tile import take_rows

__all__ = ["Answer", "Cell", "Fault", "Limits", "Request", "Rows", "SubtreeWalk", "TableWalk", "Walk", "error_name"]

_ANYTHING = oid("1.3.6.1")
"""An agent that lives names something behind this, or says that there is nothing."""

_REFUSALS = (ErrorStatus.authorizationError, ErrorStatus.noAccess)
TIMED_OUT = "timed out"


class Walk:
    """Tables of one context of one agent under way."""

    __slots__ = (
        "_agenda",
        "_answers",
        "_claims",
        "_doubted",
        "_in_flight",
        "_limits",
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
        self._agenda = Agenda(self.tables, limits, bulk=bulk)
        self._in_flight = 0
        self._answers = 0
        self._useful = False
        self._doubted: list[Request] = []
        """Requests that were not answered; whether the target lives is to be found out before they are asked again."""
        self._probing = False
        self._claims = Claims()

    @property
    def done(self) -> bool:
        """Whether there is nothing left to ask or to wait for."""
        if self.failure is not None:
            return True
        return not (self._in_flight or self._doubted) and self._agenda.empty

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
        request = self._agenda.next_request()
        return None if request is None else self._hand_out(request)

    def _hand_out(self, request: Request) -> Request:
        request.answers_before = self._answers
        self._in_flight += 1
        return request

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
        elif is_cut_for_no_reason(request, answer):
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
        self._agenda.put_back(cursors)

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
        lane = self._agenda.lanes[cursor.column.table]
        over = cursor.over
        if cursor.went_back:
            self._give_up(cursor, Fault.NON_INCREASING)
        elif over is not None or cursor.end_of_view:
            if over is not None and not cursor.looked_again:
                self._claims.note(cursor, over, lane, request)
            if not cursor.last:
                self._skip_gap(lane, cursor.column.oid, over)
            elif cursor.stop is None:
                lane.learn_rows()

    def _skip_gap(self, lane: Lane, start: bytes, over: bytes | None) -> None:
        """Leave out what lies between two OIDs where the agent has nothing; after an empty table other tables, too."""
        lane.skip_gap(start, over)
        if lane.exhausted and not lane.table.rows:
            for other in self._agenda.lanes.values():
                other.skip_gap(start, over)

    def _settle(self) -> None:
        """Drop what is closed; when all is read, look again at ends that another column contradicts.

        What a column ended at must be the first thing in the column that it stands in.
        """
        if any(table.faults for table in self.tables):
            self._agenda.drop_hopeless()
        if self.failure is None and self.done:
            self._agenda.put_back(self._claims.settle())

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
            self._agenda.put_back(request.cursors)
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
        self._agenda.put_back(request.cursors)

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
        self._agenda.put_back(cursors)
        if culprit.stop is None and culprit.last:
            self._agenda.lanes[table].learn_rows()
        self._agenda.lanes[table].skip_gap(culprit.oid, None)

    def _give_up(self, cursor: Cursor, fault: str) -> None:
        cursor.give_up(fault)
        self._agenda.lanes[cursor.column.table].leave_out_hopeless()

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
        self._agenda.put_back(cursors)
