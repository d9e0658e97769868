"""A history is a window: it has the latest rows only, and its index counts them.

What is above the mark is new; if nothing below the mark is left, rows may have fallen out before they were read.
Source: CISCO-IPSEC-FLOW-MONITOR-MIB cikeTunHistIndex, cipSecTunHistIndex ("will wrap at 2,147,483,647").
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from collector.model import Entity, HistoryMark, IkeFailure, IpsecFailure
from collector.tunnels.merge import last_arc
from collector.tunnels.track_state import History, ModuleKey
from collector.tunnels.track_work import Work

MAX_INDEX = (1 << 31) - 1
"""Where indexes begin anew."""
SLACK = 10.0
"""Seconds by which two accounts of one moment may differ."""


def repeats(work: Work, kind: type[Entity], modules: Collection[ModuleKey]) -> bool:
    """Whether other modules are the first to tell of a kind: devices with two MIBs tell all things twice."""
    telling = [key for key, module in work.modules.items() if module.rows.get(kind)]
    return bool(telling) and min(telling) not in modules


def new_rows(work: Work, mark: HistoryMark | None, rows: Sequence[Any], read: History) -> list[Any]:
    """Return the rows that were not read before, in the order of their indexes; what may be missing becomes a gap."""
    module = read.module
    _note_restart(work, mark, rows, read)
    if mark is None or not rows or _has_begun_anew(work, mark):
        _note_late_start(work, mark, rows, read)
        return sorted(rows, key=_index)
    if mark.last_index is None:
        return _first_rows(work, mark, rows, read)
    ahead = {id(row): (_index(row) - mark.last_index) % MAX_INDEX for row in rows}
    fresh = sorted((row for row in rows if 0 < ahead[id(row)] < MAX_INDEX // 2), key=lambda row: ahead[id(row)])
    if fresh and len(fresh) == len(rows) and (lost := ahead[id(fresh[0])] - 1):
        countable = _is_dense(ahead.values())
        work.add_gap("history-overrun", module[1], mark.read_at, read.taken_at, lost if countable else None)
    if not fresh and read.complete and all(ahead[id(row)] for row in rows):
        # All indexes are below the mark and none is it: they begin anew, whatever the clock says.
        work.add_gap("history-overrun", module[1], mark.read_at, read.taken_at)
        return sorted(rows, key=_index)
    return fresh


def _first_rows(work: Work, mark: HistoryMark, rows: Sequence[Any], read: History) -> list[Any]:
    """Return the rows of a history that was empty: it may go on with any index, and nobody knows what is missing."""
    newest = _newest(rows)
    fresh = sorted(rows, key=lambda row: (newest - _index(row)) % MAX_INDEX, reverse=True)
    if _index(fresh[0]) > 1:
        work.add_gap("history-overrun", read.module[1], mark.read_at, read.taken_at)
    return fresh


def _is_dense(distances: Iterable[int]) -> bool:
    """Whether indexes follow each other, so that those which are missing can be counted."""
    sorted_distances = sorted(distances)
    return sorted_distances[-1] - sorted_distances[0] == len(sorted_distances) - 1


def _index(row: Any) -> int:  # noqa: ANN401 - a row of any history
    return last_arc(row.index)


def _restarted(work: Work, mark: HistoryMark | None) -> bool:
    """Whether the device has restarted since the start that was known when a history was read last."""
    return mark is not None and work.clock.boot_at is not None and mark.boot_at not in {None, work.clock.boot_at}


def _has_begun_anew(work: Work, mark: HistoryMark | None) -> bool:
    """Whether a restart has emptied a history after it was read last: one may be read before a restart is known."""
    return mark is not None and _restarted(work, mark) and mark.read_at < (work.clock.boot_at or 0.0)


def _note_late_start(work: Work, mark: HistoryMark | None, rows: Sequence[Any], read: History) -> None:
    """Put on record what may have fallen out of a history that could not be read when the context began to be watched.

    Nothing has, if it still tells of something before that; where it tells no times, nobody knows.
    """
    if mark is not None or not rows or min(map(_index, rows)) <= 1:
        return
    since = max(work.before.record.watched_since, work.clock.boot_at or 0.0)
    times = [_told_at(work, row) for row in rows]
    oldest = min((at for at in times if at is not None), default=read.taken_at)
    if oldest > since + SLACK:
        work.add_gap("history-overrun", read.module[1], since, oldest)


def _told_at(work: Work, row: Any) -> float | None:  # noqa: ANN401 - a row of a history or a failure table
    """Return when a row was written."""
    if isinstance(row, IkeFailure | IpsecFailure):
        return work.clock.unix_time(row.uptime_seconds)
    started_at = work.clock.unix_time(row.start_uptime_seconds)
    return None if started_at is None or row.active_seconds is None else started_at + row.active_seconds


def _note_restart(work: Work, mark: HistoryMark | None, rows: Sequence[Any], read: History) -> None:
    """Put on record that a restart has emptied a history, and what has fallen out of it since.

    Ends between its last read and the restart are not told; the first one after that has index 1.
    """
    boot_at = work.clock.boot_at
    since = mark.read_at if mark else work.before.record.watched_since
    if boot_at is None or not (_restarted(work, mark) if mark else boot_at > since + SLACK):
        return
    if mark and not _has_begun_anew(work, mark):
        # It was read after the restart; what there was since the start before, nobody has read.
        since = min(max(mark.boot_at or 0.0, work.before.record.watched_since), boot_at)
        work.add_gap("reload", read.module[1], since, boot_at)
        return
    work.add_gap("reload", read.module[1], since, boot_at)
    if rows and (lost := min(map(_index, rows)) - 1) > 0:
        work.add_gap("history-overrun", read.module[1], boot_at, read.taken_at, lost)


def note_mark(work: Work, mark: HistoryMark | None, table: str, rows: Sequence[Any], read: History) -> None:
    """Note how far a table has been read, and when it last was to its end."""
    before = work.before.record.watched_since if mark is None else mark.read_at
    read_at = read.taken_at if read.complete else before
    work.mark(read.module, table, _highest_index(work, mark, rows, read), read_at)


def _highest_index(work: Work, mark: HistoryMark | None, rows: Sequence[Any], read: History) -> int | None:
    """Return the highest index that was read; the one before if none is higher and indexes have not begun anew."""
    before = None if mark is None or _has_begun_anew(work, mark) else mark.last_index
    if not rows:
        return before
    if before is None:
        return _newest(rows)
    ahead = {(_index(row) - before) % MAX_INDEX: _index(row) for row in rows}
    highest = max((distance for distance in ahead if distance < MAX_INDEX // 2), default=None)
    if highest is None:
        return _newest(rows) if read.complete else before
    return ahead[highest]


def _newest(rows: Sequence[Any]) -> int:
    """Return the highest index, or the highest of those that have begun anew already."""
    indexes = sorted(map(_index, rows))
    if indexes[-1] - indexes[0] < MAX_INDEX // 2:
        return indexes[-1]
    return max((index for index in indexes if index < MAX_INDEX // 2), default=indexes[-1])
