"""What a history tells: how sessions ended that were missed, and of those that nobody saw."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from collector.model import (
    ChildSa,
    ClosedEndpoint,
    Counts,
    Endpoint,
    HistoryMark,
    IkeSa,
    Level,
    Session,
)
from collector.tunnels.counting import final, minus, plus, read_closed
from collector.tunnels.join import CHANGES_PER_STEP, ROWS_PER_STEP, Rows, Steps
from collector.tunnels.merge import last_arc
from collector.tunnels.names import Identity, child_identity, ike_identity
from collector.tunnels.rules import Named
from collector.tunnels.track_ends import close_unexplained, note_missing_history, note_readable_history, take_out
from collector.tunnels.track_facts import known_of, session_of
from collector.tunnels.track_rows import ACTIVE_WRAP
from collector.tunnels.track_state import CLOSED, LEVELS, LIVE, Ended, History, Incarnation, Key, RowKey, Tracked
from collector.tunnels.track_window import SLACK, new_rows, note_mark, repeats
from collector.tunnels.track_work import Work

CHECKPOINTS = frozenset({"checkPointReq", "checkPointReg"})
"""Reasons of rows that are copies of live tunnels, made when cipSecHistCheckPoint is set: no ends."""
LATELY = 300.0
"""Seconds before a read of a history in which a poll that is still under way may have begun."""

_SELECTOR_FIELDS = tuple(Endpoint.__dataclass_fields__.keys() & ClosedEndpoint.__dataclass_fields__.keys())
_IDENTIFYING = ("local_address", "remote_address", "local_identity", "remote_identity")


class _End(NamedTuple):
    """An end that a history tells."""

    row: Any
    identity: Identity
    started_at: float | None
    ended_at: float
    uncertainty: float


class _Reader:
    """What reading the ends of one level takes."""

    def __init__(
        self, work: Work, level: Level, history: History, mark: HistoryMark | None, *, selectors_told: bool
    ) -> None:
        self.work, self.level, self.history, self.mark = work, level, history, mark
        self.selectors_told = selectors_told
        told = work.plan.histories.items()
        self.listing = [live for (live, at), module in told if at == level and module == history.module]
        """The modules that list what this history tells the ends of."""
        self.repeats = repeats(work, LIVE[level], self.listing)
        """Whether it only tells again what another history tells: of sessions that it does not know it says nothing."""
        self.living: dict[RowKey, tuple[Key, Incarnation]] = {}
        self.by_identity: dict[tuple[object, ...], list[Key]] = {}

    def look_through(self) -> Steps[None]:
        """Sort what is known by what ends tell, in steps: that is all tunnels of the level."""
        for number, (key, each) in enumerate(self.work.tunnels[self.level].items(), 1):
            known = each.known
            addresses = known.local_address, known.remote_address
            self.by_identity.setdefault((*addresses, known.selectors), []).append(key)
            self.by_identity.setdefault(addresses, []).append(key)
            self.living.update({(one.module, one.arc): (key, one) for one in each.live})
            if not number % (ROWS_PER_STEP * 4):
                yield


def read_history(work: Work, history: History) -> Steps[None]:
    """Put on record what is new in a history, and end what it should have told of and does not."""
    for level in LEVELS:
        if CLOSED[level] in history.kinds:
            note_readable_history(work, history.module, level, history.taken_at)
            yield from _read_level(work, level, history)
        elif (yield from _end_unexplained(work, level, history)):
            # Some agents say of a table without rows that they have no such object: only an end tells which it is.
            note_missing_history(work, history.module, level)


def _read_level(work: Work, level: Level, history: History) -> Steps[None]:
    rows: Sequence[Any] = history.rows.get(CLOSED[level], ())
    table = CLOSED[level].__name__
    mark = work.marks.get((history.module[1], table))
    fresh = new_rows(work, mark, rows, history)
    ends = [row for row in fresh if row.reason not in CHECKPOINTS]
    yield
    if ends:
        selectors = yield from _selectors(history.rows if level == "child" else {})
        yield from work.refreshing(level)
        reader = _Reader(work, level, history, mark, selectors_told=bool(selectors))
        yield from reader.look_through()
        for number, row in enumerate(ends, 1):
            _put_on_record(reader, _end_of(reader, row, selectors.get(last_arc(row.index), ())))
            if not number % CHANGES_PER_STEP:
                yield
    note_mark(work, mark, table, rows, history)
    if history.complete:
        yield from _end_unexplained(work, level, history)


def _end_unexplained(work: Work, level: Level, history: History) -> Steps[bool]:
    """End the sessions that were missed before the history was read and that it does not tell of; was there any?"""
    found = False
    listing = [live for (live, at), told in work.plan.histories.items() if at == level and told == history.module]
    for number, (key, one) in enumerate(work.ending_of(listing, level), 1):
        if (one.session.gone_at or 0.0) <= history.taken_at:
            work.no_longer_ending(key, one)
            close_unexplained(work, one)
            found = True
        if not number % ROWS_PER_STEP:
            yield
    for key, late in list(work.given_up.items()):
        for one in late:
            told = key[0] in listing and one.session.level == level and (one.session.gone_at or 0.0) <= history.taken_at
            if told:
                work.no_longer_ending(key, one)
    return found


def _selectors(rows: Rows) -> Steps[dict[int | None, list[Endpoint]]]:
    """Sort selectors of closed tunnels by the history index of those."""
    selectors: dict[int | None, list[Endpoint]] = {}
    for number, row in enumerate(rows.get(ClosedEndpoint, ()), 1):
        live = Endpoint(**{name: getattr(row, name) for name in _SELECTOR_FIELDS})
        selectors.setdefault(row.closed_child_index, []).append(live)
        if not number % ROWS_PER_STEP:
            yield
    return selectors


def _end_of(reader: _Reader, row: Any, selectors: Sequence[Endpoint]) -> _End:  # noqa: ANN401 - a closed SA
    """Find out when an SA ended, and whose it was."""
    work, history = reader.work, reader.history
    started_at = work.clock.unix_time(row.start_uptime_seconds)
    if reader.level == "child":
        identity = child_identity(work.target, work.vrf, _as_live(ChildSa, row), selectors)
    else:
        identity = ike_identity(work.target, work.vrf, _as_live(IkeSa, row))
    if started_at is not None and row.active_seconds is not None:
        ended_at = started_at + max(row.active_seconds, 0.0)
        while reader.mark and ended_at + ACTIVE_WRAP <= history.taken_at and ended_at < reader.mark.read_at - SLACK:
            ended_at += ACTIVE_WRAP
        return _End(row, identity, started_at, min(ended_at, history.taken_at + SLACK), 0.0)
    since = reader.mark.read_at if reader.mark else None
    earliest = max(one for one in (since, started_at, work.before.record.watched_since) if one is not None)
    return _End(row, identity, started_at, history.taken_at, max(history.taken_at - earliest, 0.0))


def _as_live(kind: type[Any], row: Any) -> Any:  # noqa: ANN401 - of a level's closed SA, its live form
    """Return what identifies an SA in the form of a live one."""
    told = (name for name in _IDENTIFYING if name in kind.__dataclass_fields__ and hasattr(row, name))
    return kind(**{name: getattr(row, name) for name in told})


def _put_on_record(reader: _Reader, end: _End) -> None:
    work = reader.work
    for module in reader.listing:
        row_key = module, end.row.active_index
        for one in (*work.ending.get(row_key, ()), *work.given_up.get(row_key, ())):
            told = _unwrapped(end, one, reader.history)
            if one.session.level == reader.level and _may_be(one, told):
                work.no_longer_ending(row_key, one)
                _close(reader, one, told)
                return
        key, living = reader.living.get(row_key, (None, None))
        if key is not None and living is not None:
            told = _unwrapped(end, living, reader.history)
            if _may_be(living, told):
                del reader.living[row_key]
                _end_now(reader, key, living, told)
                return
    if not reader.repeats:
        _add_unseen(reader, end)


def _unwrapped(end: _End, one: Incarnation, history: History) -> _End:
    """Return an end as it is if it is that of a session: how long that lived may have wrapped before it was seen."""
    ended_at = end.ended_at
    while ended_at < one.seen_at - SLACK and ended_at + ACTIVE_WRAP <= history.taken_at + SLACK:
        ended_at += ACTIVE_WRAP
    return end._replace(ended_at=ended_at)


def _may_be(one: Incarnation, end: _End) -> bool:
    """Whether a session and an end agree in start, end and peer as far as they tell."""
    session = one.session
    slack = SLACK + 0.002 * abs(one.seen_at - (session.started_at or one.seen_at))
    if end.ended_at < one.seen_at - slack or (end.started_at is not None and end.started_at > one.seen_at + slack):
        return False
    if session.started_at is not None and end.started_at is not None:
        later = session.started_at - end.started_at
        if abs(later) > slack and abs(later - ACTIVE_WRAP) > slack:
            return False
    elif end.row.active_seconds is not None and one.active is not None and end.row.active_seconds + slack < one.active:
        return False
    remote = end.identity.remote
    return remote is None or session.remote_address is None or remote == session.remote_address


def _close(reader: _Reader, one: Incarnation, end: _End) -> Session:
    """End a session that was missed by what the history says of it."""
    session = one.session
    last = final(reader.level, one.reading, one.carried, read_closed(reader.level, end.row))
    key = session.tunnel, session.peer
    reader.work.add_to_base(reader.level, key, minus(last.counts, session.counts))
    ended_at, uncertainty = _bounded(session, end, one.seen_at)
    settled = replace(session, counts=last.counts, exact=session.exact and last.exact)
    return reader.work.close(settled, by="history", ended_at=ended_at, uncertainty=uncertainty, reason=end.row.reason)


def _bounded(session: Session, end: _End, seen_at: float) -> tuple[float, float]:
    """Return the end and its uncertainty within what polls have seen."""
    if not end.uncertainty:
        return max(end.ended_at, min(seen_at, session.gone_at or end.ended_at)), 0.0
    ended_at = min(end.ended_at, session.gone_at or end.ended_at)
    return ended_at, max(ended_at - seen_at, 0.0)


def _end_now(reader: _Reader, key: Key, one: Incarnation, end: _End) -> None:
    """End a session that no poll has missed yet."""
    work, level, read_at = reader.work, reader.level, reader.history.taken_at
    missed = take_out(work, level, key, one, read_at)
    work.ended[one.module, one.arc] = Ended(_close(reader, missed, end), read_at)
    if not work.tunnels[level][key].live:
        work.unsettled[level].add(key)
    work.look_now(one.module)


def _add_unseen(reader: _Reader, end: _End) -> None:
    """Put a session on record that no poll has seen."""
    work, level, row = reader.work, reader.level, end.row
    named = work.plan.rules.name(end.identity)
    key = _key_of(reader, end.identity, (named.name, named.peer))
    watched = reader.mark is not None if end.uncertainty else end.ended_at > work.before.record.watched_since
    # A row that falls out of the history while that is read has no selectors any more: nobody can tell its tunnel.
    vague = reader.selectors_told and not end.identity.selectors and key not in work.tunnels[level]
    module = next(iter(reader.listing), reader.history.module)
    session = work.keep_session(
        replace(
            session_of(
                level,
                key,
                end.identity,
                row,
                number=work.number(),
                module=module,
                index="" if row.active_index is None else str(row.active_index),
                started_at=end.started_at,
                seen_at=end.ended_at,
                counts=read_closed(level, row),
            ),
            gone_at=end.ended_at,
            learned="history",
            accounted=watched and not vague and _has_place(work, level, key, named),
        )
    )
    if session.accounted:
        _account(work, level, key, end, session.counts)
    closed = work.close(session, by="history", ended_at=end.ended_at, uncertainty=end.uncertainty, reason=row.reason)
    read_at = reader.history.taken_at
    if row.active_index is not None and not end.uncertainty and end.ended_at > read_at - LATELY:
        # A poll that is under way may have read its row before.
        work.ended.update({(listing, row.active_index): Ended(closed, read_at) for listing in reader.listing})


def _key_of(reader: _Reader, identity: Identity, key: Key) -> Key:
    """Find the tunnel of an end: by name, by what is known of it, or the only one between those addresses."""
    if key in reader.work.tunnels[reader.level]:
        return key
    addresses = identity.local, identity.remote
    same = reader.by_identity.get((*addresses, identity.selectors), ())
    # Where the others tell selectors, it had some, too.
    bare = reader.level == "child" and not identity.selectors and not reader.selectors_told
    between = reader.by_identity.get(addresses, ()) if bare else ()
    return same[0] if same else between[0] if len(between) == 1 else key


def _has_place(work: Work, level: Level, key: Key, named: Named) -> bool:
    known = work.tunnels[level]
    return key in known or (named.tracked and len(known) < work.plan.max_tunnels)


def _account(work: Work, level: Level, key: Key, end: _End, counts: Counts) -> None:
    """Add a session that nobody saw to its tunnel, which may be unknown so far."""
    tracked = work.tunnels[level].get(key)
    if tracked is None:
        named = work.plan.rules.name(end.identity)
        since = end.started_at or end.ended_at
        tracked = Tracked(known_of(level, key, end.identity, named, known_since=since), named)
        work.unsettled[level].add(key)
    known = replace(
        tracked.known,
        sessions=tracked.known.sessions + 1,
        base=plus(tracked.known.base, counts),
        seen_at=max(tracked.known.seen_at or 0.0, end.ended_at),
    )
    work.put(level, key, tracked._replace(known=known))
