"""What is told after it happened waits for a look at the device's clock, which alone tells whether it has restarted.

Its time stamps are of the life of the device in which they were written.
"""

from itertools import takewhile

from collector.model import Snapshot
from collector.tunnels.join import Rows, Steps
from collector.tunnels.merge import last_arc
from collector.tunnels.track_ends import has_clock_since
from collector.tunnels.track_failures import read_failures
from collector.tunnels.track_history import read_history
from collector.tunnels.track_late import without
from collector.tunnels.track_live import settle_by_history
from collector.tunnels.track_state import LEVELS, TOLD_LATE, History, ModuleKey
from collector.tunnels.track_work import Work

DEFERRED = 8
"""Reads of one module that await a look at the clock: of more, the latest one takes the place of the one before."""


def ask_for_clock(work: Work, key: ModuleKey, rows: Rows) -> None:
    """Ask for a look at the clock if something waits for it: an end, or rows that are new."""
    if work.ending or _has_new_rows(work, key, rows):
        work.look_at_clock()


def _has_new_rows(work: Work, key: ModuleKey, rows: Rows) -> bool:
    marks = {mark.table: mark.last_index for mark in work.marks.values() if mark.module == key[1]}
    newest = {
        kind.__name__: max((last_arc(row.index) for row in rows.get(kind, ())), default=None) for kind in TOLD_LATE
    }
    return any(index is not None and index != marks.get(table) for table, index in newest.items())


def defer(work: Work, key: ModuleKey, snapshot: Snapshot) -> None:
    """Keep a read until the clock was looked at, and those before it, which have what fell out since."""
    said = work.modules[key]
    rows = without(said.rows, said.late) if said.late else said.rows
    complete = said.complete and not said.late
    read = History(key, said.kinds, rows, complete=complete, taken_at=snapshot.taken_at)
    work.deferred[key] = (*work.deferred.get(key, ())[: DEFERRED - 1], read)


def read_deferred(work: Work, before: float | None = None) -> Steps[None]:
    """Read the histories and failures since whose polls the clock was looked at, or those of polls `before` a time."""
    for key, waiting in sorted(work.deferred.items()):
        ready = list(takewhile(lambda read: _is_ready(work, read, before), waiting))
        if not ready:
            continue
        work.deferred[key] = waiting[len(ready) :]
        if not work.deferred[key]:
            del work.deferred[key]
        for read in ready:
            yield from read_history(work, read)
            yield from read_failures(work, read)
        for level in LEVELS:
            settle_by_history(work, level, ready[-1].taken_at)


def _is_ready(work: Work, read: History, before: float | None) -> bool:
    patient = work.now - read.taken_at < work.plan.history_patience_seconds
    readable = has_clock_since(work, read.taken_at) if before is None else read.taken_at < before
    return readable or not patient or _is_empty_at_first(work, read)


def _is_empty_at_first(work: Work, read: History) -> bool:
    """Whether a history that was never read before has nothing whose time matters."""
    marked = any(mark.module == read.module[1] for mark in work.marks.values())
    return not marked and TOLD_LATE.isdisjoint(read.rows)
