"""How sessions end: they are missed first, and the history tells the rest if there is one."""

from dataclasses import replace
from typing import Final

from collector.model import GapKind, Level, Session
from collector.tunnels.counting import plus
from collector.tunnels.track_state import CLOSED, LEVELS, Incarnation, Key, ModuleKey
from collector.tunnels.track_work import Work

RELOAD: Final = "reload"
"""The reason of ends that a restart of the device made."""


def miss(work: Work, level: Level, key: Key, one: Incarnation, at: float) -> None:
    """Note that a session is no longer listed; it awaits the history, if there is one that could tell of it."""
    one = take_out(work, level, key, one, at)
    history = history_of(work, one.module, level)
    if _restarted_since(work, one) or history is None:
        close_unexplained(work, one)
        return
    work.keep_session(one.session)
    row_key = one.module, one.arc
    work.ending[row_key] = (*work.ending.get(row_key, ()), one)
    work.look_now(history)


def take_out(work: Work, level: Level, key: Key, one: Incarnation, at: float) -> Incarnation:
    """Take a session that is over since some time out of those that live; what it carried stays in the account."""
    tracked = work.tunnels[level][key]
    counted = plus(one.reading, one.carried)
    live = tuple(other for other in tracked.live if other is not one)
    known = replace(tracked.known, base=plus(tracked.known.base, counted), seen_at=one.seen_at)
    work.put(level, key, tracked._replace(known=known, live=live))
    return one._replace(session=replace(one.session, gone_at=at, seen_at=one.seen_at, counts=counted))


def history_of(work: Work, module: ModuleKey, level: Level) -> ModuleKey | None:
    """Return the module that tells the ends of what another one lists; None if there is none, or it is not polled.

    That is on record as a gap for as long as it lasts.
    """
    history = work.plan.histories.get((module, level))
    if history is not None and not work.is_polled(history):
        note_missing_history(work, history, level)
        return None
    return history


def ask_for_ends(work: Work, listing: ModuleKey) -> None:
    """Ask again for a history that did not tell yet how what a module listed has ended.

    Its poll failed, ended early, or was before that; by itself it comes seldom, and what it tells falls out of it.
    """
    for level in LEVELS:
        missed = [one.session.gone_at or 0.0 for _, one in work.ending_of([listing], level)]
        history = history_of(work, listing, level) if missed else None
        if history is None or _gap_of(history, level) in work.gaps:
            continue
        said = work.module(history)
        if not (said.answering and said.complete) or (said.answered_at or 0.0) < max(missed):
            work.look_now(history)


def note_missing_history(work: Work, history: ModuleKey, level: Level) -> None:
    """Put on record that a history that should have told of an end cannot be read, since it last was."""
    mark = work.marks.get((history[1], CLOSED[level].__name__))
    begins_at = mark.read_at if mark else work.before.record.watched_since
    work.begin_gap(*_gap_of(history, level), begins_at)


def note_readable_history(work: Work, history: ModuleKey, level: Level, at: float) -> None:
    """Put on record that a history can be read again."""
    work.end_gap(*_gap_of(history, level), at)


def _gap_of(history: ModuleKey, level: Level) -> tuple[GapKind, str]:
    """Return kind and module of the gap that goes on while a history cannot be read."""
    return "history-unreadable", f"{history[1]}:{level}"


def _restarted_since(work: Work, one: Incarnation) -> bool:
    return work.clock.boot_at is not None and one.seen_at < work.clock.boot_at


def close_unexplained(work: Work, one: Incarnation) -> Session:
    """End a session of whose end nobody tells, except perhaps that the device has restarted."""
    session = replace(one.session, exact=False)
    gone_at = session.gone_at or work.now
    boot_at = work.clock.boot_at
    if boot_at is not None and one.seen_at < boot_at <= gone_at + _BOOT_SLACK:
        ended_at = min(boot_at, gone_at)
        return work.close(session, by=RELOAD, ended_at=ended_at, uncertainty=ended_at - one.seen_at, reason=RELOAD)
    # A wall clock that was set back may put the poll that missed it before the one that saw it.
    return work.close(session, by="poll", ended_at=gone_at, uncertainty=max(gone_at - one.seen_at, 0.0), reason=None)


_BOOT_SLACK = 30.0
"""Seconds by which a device's start may seem later than the poll that missed what it ended."""


def has_clock_since(work: Work, at: float) -> bool:
    """Whether the device's clock was looked at since some time, or is not looked at at all."""
    return not work.has_clock() or (work.clock.read_at is not None and work.clock.read_at >= at)


def end_with_restart(work: Work) -> None:
    """End the sessions that were missed because the device has restarted: its history does not tell of them."""
    for key, missed in list(work.ending.items()):
        for one in missed:
            if _restarted_since(work, one):
                work.no_longer_ending(key, one)
                close_unexplained(work, one)
