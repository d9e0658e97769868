"""From what a poll lists to what lives: sessions go on, begin and are missed, and tunnels are up or down.

A row index names a session only together with a start that does not move: indexes are given again, all of them after
the device has restarted. What a poll does not list although its module answered, and to the end, is over.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from collector.model import ChildSa, Counts, IkeSa, KnownTunnel, Level, State
from collector.tunnels.counting import RECEIVED, SENT, advance, plus, read
from collector.tunnels.join import CHANGES_PER_STEP, Steps, run
from collector.tunnels.track_ends import miss
from collector.tunnels.track_facts import known_of, session_of
from collector.tunnels.track_rows import TOLERANCE, Keeper, Poll, is_nobody, is_same
from collector.tunnels.track_state import Incarnation, Key, ModuleKey, RowKey, Tracked
from collector.tunnels.track_work import Work
from collector.tunnels.tunnel import ChildTunnel, IkeTunnel, Member


class _Lister(NamedTuple):
    """What following tunnels of one level takes."""

    work: Work
    level: Level
    tables: Sequence[ModuleKey]
    """Which module each table is of."""
    poll: Poll
    slack: float
    """Seconds by which two estimates of one start may differ."""
    owners: dict[RowKey, tuple[Key, Incarnation]]
    """Which tunnel's each live row was, once somebody has asked."""
    listed: set[Key]
    partly: set[Key]
    """Tunnels of which not all sessions are listed, or not where they were."""
    room: "_Room"
    were_live: frozenset[Key]
    """Tunnels that had a live session, those left out whose row merely goes on."""

    def read_at(self, member: Member[Any]) -> float:
        """Return when a row was read."""
        module = self.tables[member.table]
        if self.poll.has_read(module, member.arc):
            return self.poll.taken_at
        return self.work.modules[module].answered_at or self.poll.taken_at

    def has_missed(self, one: Incarnation) -> bool:
        """Whether the latest answer of a session's module does not list it, although it was read to its end."""
        if self.poll.has_read(one.module, one.arc):
            return self.poll.complete and one.seen_at != self.poll.taken_at
        module = self.work.modules.get(one.module)
        if module is None or not (module.answering and module.complete):
            return False
        return one.seen_at < (module.answered_at or 0.0)


class _Room:
    """The tunnels that are forgotten where there are too many: learned ones that do not live."""

    def __init__(self, work: Work, level: Level) -> None:
        self._work, self._level = work, level
        self._spare: list[tuple[float, Key]] | None = None

    def make(self) -> bool:
        """Forget the one that was seen longest ago; return whether there was one."""
        tunnels = self._work.tunnels[self._level]
        if self._spare is None:
            spare = ((each.known.seen_at or 0.0, key) for key, each in tunnels.items() if _is_spare(each))
            self._spare = sorted(spare, reverse=True)
        while self._spare:
            _, key = self._spare.pop()
            if key in tunnels and _is_spare(tunnels[key]):
                self._work.forget(self._level, key)
                return True
        return False


def _is_spare(tracked: Tracked) -> bool:
    return not tracked.live and not tracked.known.configured


def follow(
    work: Work,
    level: Level,
    tunnels: Sequence[ChildTunnel | IkeTunnel],
    poll: Poll,
    were_live: frozenset[Key],
) -> Steps[None]:
    """Follow what a poll lists of one level: the tunnels in which something may have happened.

    Args:
        work: the step.
        level: which SAs.
        tunnels: what the modules list.
        poll: the poll.
        were_live: tunnels that had a live session and are listed in `tunnels`, or nowhere.
    """
    slack = TOLERANCE + poll.reading_seconds
    lister = _Lister(work, level, poll.answering, poll, slack, {}, set(), set(), _Room(work, level), were_live)
    keeper = Keeper(work, level, poll, tunnels)
    unidentified = 0
    for number, tunnel in enumerate(tunnels, 1):
        if is_nobody(tunnel.identity):
            unidentified += len(tunnel.members)
        elif _is_tracked(lister, tunnel) and not keeper.keeps_back(tunnel):
            _follow_one(lister, tunnel)
        if not number % CHANGES_PER_STEP:
            yield
    work.unidentified[level] = unidentified
    work.vague[level] = keeper.vague
    for number, key in enumerate((were_live - lister.listed) | lister.partly, 1):
        _miss_unlisted(lister, key, work.tunnels[level].get(key))
        if not number % CHANGES_PER_STEP:
            yield
    yield from settling(work, level, poll.taken_at)


def _is_tracked(lister: _Lister, tunnel: ChildTunnel | IkeTunnel) -> bool:
    """Whether a tunnel is remembered; one that was learned still is when its target learns no more."""
    return tunnel.named.tracked or (tunnel.name, tunnel.peer) in lister.work.tunnels[lister.level]


def _follow_one(lister: _Lister, tunnel: ChildTunnel | IkeTunnel) -> None:
    """Follow a tunnel in which something happened."""
    work, level, key = lister.work, lister.level, (tunnel.name, tunnel.peer)
    tracked = work.tunnels[level].get(key)
    left = list(tracked.live) if tracked else []
    live: list[Incarnation] = []
    begun: list[Member[Any]] = []
    for member in tunnel.members:
        if one := _take(lister, left, member):
            live.append(_read_on(lister, one, member))
        elif (owner := _owner(lister, member)) is not None and owner != key:
            live += _take_over(lister, owner, tunnel, member)
        elif not _is_over(lister, member):
            begun.append(member)
    if not (live or begun or left):
        return
    tracked = work.tunnels[level].get(key) or _learn(lister, tunnel)
    if tracked is None:
        return
    _update(lister, key, tracked, tunnel, (*live, *left))
    if left:
        # A row may have moved to another tunnel: what is missing is known when all of them were looked at.
        lister.partly.add(key)
    for member in begun:
        _oust(lister, member)
        _begin(lister, key, tunnel, member)
    lister.listed.add(key)
    if live or begun:
        _note_up(lister, key)


def _take(lister: _Lister, left: list[Incarnation], member: Member[Any]) -> Incarnation | None:
    """Take the session that a row goes on with out of those that are left."""
    module = lister.tables[member.table]
    for at, one in enumerate(left):
        if one.module == module and one.arc == member.arc and _row_is(lister, one, member.row):
            return left.pop(at)
    for at, one in enumerate(left):
        if one.module != module and _starts_alike(lister, one, member):
            return left.pop(at)
    return None


def _row_is(lister: _Lister, one: Incarnation, row: ChildSa | IkeSa) -> bool:
    """Whether a row that has a session's index is that session; what no poll has read anew is what it was."""
    return not lister.poll.has_read(one.module, one.arc) or is_same(one, row.active_seconds, lister.poll)


def _starts_alike(lister: _Lister, one: Incarnation, member: Member[Any]) -> bool:
    """Whether a row of another module tells of the same SA, as devices with two MIBs do."""
    started_at, was = _start(lister, member), one.session.started_at
    return started_at is None or was is None or abs(started_at - was) <= lister.slack + TOLERANCE


def _start(lister: _Lister, member: Member[Any]) -> float | None:
    active: float | None = member.row.active_seconds
    return None if active is None else lister.read_at(member) - active


def _read_on(lister: _Lister, one: Incarnation, member: Member[Any]) -> Incarnation:
    """Go on with a session by what its row says now."""
    module, poll = lister.tables[member.table], lister.poll
    row = member.row
    if not poll.has_read(module, member.arc):
        # What was read before says nothing new, in a row of another module neither.
        return one
    reading = read(lister.level, row)
    if module != one.module:
        return _change_module(lister, one, module, member, reading)
    advanced = advance(lister.level, one.reading, reading, one.carried)
    session = one.session
    if advanced.carried != one.carried:
        counts = plus(advanced.reading, advanced.carried)
        exact = session.exact and not advanced.began_anew
        session = lister.work.keep_session(replace(session, exact=exact, counts=counts, seen_at=poll.taken_at))
    active = one.active if row.active_seconds is None else row.active_seconds
    return Incarnation(session, module, member.arc, advanced.reading, advanced.carried, poll.taken_at, active)


def _change_module(
    lister: _Lister, one: Incarnation, module: ModuleKey, member: Member[Any], reading: tuple[int | None, ...]
) -> Incarnation:
    """Go on with a session by another module's row: what was counted stays counted."""
    counted = plus(one.reading, one.carried)
    carried = tuple(max((c or 0) - (r or 0), 0) for c, r in zip(counted, reading, strict=True))
    source, name = module
    session = replace(
        one.session, source=source, module=name, index=str(member.arc), exact=False, counts=plus(reading, carried)
    )
    active = member.row.active_seconds
    return Incarnation(
        lister.work.keep_session(session), module, member.arc, reading, carried, lister.poll.taken_at, active
    )


def _take_over(lister: _Lister, owner: Key, tunnel: ChildTunnel | IkeTunnel, member: Member[Any]) -> list[Incarnation]:
    """Settle a row that was another tunnel's: selectors may come a poll later than the tunnel that has them.

    A tunnel that was learned for this one session moves to its better name. Any other one keeps the session until that
    ends, because what its account has cannot be taken back.
    """
    work, level = lister.work, lister.level
    tracked = work.tunnels[level][owner]
    at = next(at for at, one in enumerate(tracked.live) if _is_row(lister, one, member))
    one = _read_on(lister, tracked.live[at], member)
    if len(tracked.live) > 1 or tracked.known.sessions > 1 or tracked.known.configured:
        work.put(level, owner, tracked._replace(live=(*tracked.live[:at], one, *tracked.live[at + 1 :])))
        lister.listed.add(owner)
        lister.partly.add(owner)
        return []
    work.forget(level, owner)
    name, peer = tunnel.name, tunnel.peer
    selectors = tunnel.identity.selectors
    session = work.keep_session(replace(one.session, tunnel=name, peer=peer, selectors=selectors))
    known = _known(lister, tunnel, known_since=tracked.known.known_since)
    there = work.tunnels[level].get((name, peer)) or Tracked(known, tunnel.named)
    begun = replace(there.known, sessions=there.known.sessions + 1)
    work.put(level, (name, peer), there._replace(known=begun))
    return [one._replace(session=session)]


def _is_row(lister: _Lister, one: Incarnation, member: Member[Any]) -> bool:
    return one.module == lister.tables[member.table] and one.arc == member.arc


def _holder(lister: _Lister, member: Member[Any]) -> tuple[Key, Incarnation] | None:
    """Return the live session that has a row's index, as of before this poll, and its tunnel."""
    tunnels = lister.work.tunnels[lister.level]
    if not lister.owners:
        lister.owners.update(
            {
                (one.module, one.arc): (key, one)
                for key in lister.work.live[lister.level] & lister.were_live
                for one in tunnels[key].live
            }
        )
    key, one = lister.owners.get((lister.tables[member.table], member.arc), (None, None))
    if key is None or one is None or key not in tunnels:
        return None
    return (key, one) if any(_is_row(lister, each, member) for each in tunnels[key].live) else None


def _owner(lister: _Lister, member: Member[Any]) -> Key | None:
    """Return the tunnel whose live session a row is."""
    key, one = _holder(lister, member) or (None, None)
    return key if one is not None and _row_is(lister, one, member.row) else None


def _oust(lister: _Lister, member: Member[Any]) -> None:
    """Miss the session that had the index of a row which begins one: an index is one SA's at a time."""
    key, one = _holder(lister, member) or (None, None)
    if key is not None and one is not None and one in lister.work.tunnels[lister.level][key].live:
        miss(lister.work, lister.level, key, one, lister.poll.taken_at)
        if not lister.work.tunnels[lister.level][key].live:
            lister.work.unsettled[lister.level].add(key)


def _is_over(lister: _Lister, member: Member[Any]) -> bool:
    """Whether the history has ended what a poll that began before still lists."""
    module = lister.tables[member.table]
    ended = lister.work.ended.get((module, member.arc))
    if ended is None or lister.read_at(member) > ended.read_at:
        return False
    started_at, was = _start(lister, member), ended.session.started_at
    return started_at is None or was is None or abs(started_at - was) <= lister.slack + TOLERANCE


def _known(lister: _Lister, tunnel: ChildTunnel | IkeTunnel, *, known_since: float) -> KnownTunnel:
    key = tunnel.name, tunnel.peer
    return known_of(lister.level, key, tunnel.identity, tunnel.named, known_since=known_since)


def _learn(lister: _Lister, tunnel: ChildTunnel | IkeTunnel) -> Tracked | None:
    """Begin to remember a tunnel, in the place of another one if there are too many; None if there is no place."""
    work, level = lister.work, lister.level
    if len(work.tunnels[level]) >= work.plan.max_tunnels and not lister.room.make():
        work.over_limit[level] = work.over_limit.get(level, 0) + 1
        return None
    tracked = Tracked(_known(lister, tunnel, known_since=lister.poll.taken_at), tunnel.named)
    work.put(level, (tunnel.name, tunnel.peer), tracked)
    return tracked


def _update(
    lister: _Lister, key: Key, tracked: Tracked, tunnel: ChildTunnel | IkeTunnel, live: tuple[Incarnation, ...]
) -> None:
    """Note what is told of a tunnel now."""
    known, identity, named = tracked.known, tunnel.identity, tunnel.named
    told = (identity.local, identity.remote, identity.selectors, named.configured, named.expectation)
    was = (known.local_address, known.remote_address, known.selectors, known.configured, known.expectation)
    if told != was:
        known = replace(
            known,
            local_address=identity.local,
            remote_address=identity.remote,
            selectors=identity.selectors,
            configured=named.configured,
            expectation=named.expectation,
        )
    lister.work.put(lister.level, key, Tracked(known, tunnel.named, live))


def _begin(lister: _Lister, key: Key, tunnel: ChildTunnel | IkeTunnel, member: Member[Any]) -> None:
    """Begin a session."""
    work, level = lister.work, lister.level
    module = lister.tables[member.table]
    row, seen_at = member.row, lister.read_at(member)
    reading = read(level, row)
    session = session_of(
        level,
        key,
        tunnel.identity,
        row,
        number=work.number(),
        module=module,
        index=str(member.arc),
        started_at=_start(lister, member),
        seen_at=seen_at,
        counts=reading,
    )
    if lister.poll.only is not None:
        session = replace(session, learned="notification")
    work.keep_session(session)
    watched_since = work.checkpoint_at - work.plan.silence_seconds
    if level == "child" and (session.started_at is None or session.started_at < watched_since):
        _leave_out(work, key, reading)
    one = Incarnation(session, module, member.arc, reading, (), seen_at, row.active_seconds)
    tracked = work.tunnels[level][key]
    known = replace(tracked.known, sessions=tracked.known.sessions + 1)
    work.put(level, key, Tracked(known, tracked.named, (one, *tracked.live)))


def _leave_out(work: Work, key: Key, reading: Counts) -> None:
    """Leave what a session carried before it was watched out of what is used from now on."""
    received, sent = work.used.get(key, (0, 0))
    work.use(key, (received + (reading[RECEIVED] or 0), sent + (reading[SENT] or 0)))


def _note_up(lister: _Lister, key: Key) -> None:
    work, level = lister.work, lister.level
    work.unsettled[level].discard(key)
    began = max(one.session.started_at or 0.0 for one in work.tunnels[level][key].live)
    before = work.tunnels[level][key].known.state_since or 0.0
    work.change_state(level, key, "up", began if began >= before and began else lister.poll.taken_at)


def _miss_unlisted(lister: _Lister, key: Key, tracked: Tracked | None) -> None:
    """Miss the sessions of a tunnel that are listed no more."""
    if tracked is None:
        return
    work, level = lister.work, lister.level
    for one in tracked.live:
        if lister.has_missed(one):
            miss(work, level, key, one, lister.poll.taken_at)
    if not work.tunnels[level][key].live:
        work.unsettled[level].add(key)


def settle(work: Work, level: Level, at: float, undecided: Collection[Key] = ()) -> None:
    """Let tunnels without a session be down, or idle by design, if that is certain and they are not `undecided`."""
    run(settling(work, level, at, undecided))


def settling(work: Work, level: Level, at: float, undecided: Collection[Key] = ()) -> Steps[None]:
    """Settle tunnels, as `settle` does, in steps."""
    if not work.is_certain(level):
        return
    for number, key in enumerate(work.unsettled[level].difference(undecided), 1):
        tracked = work.tunnels[level][key]
        state: State = "idle" if tracked.named.expectation == "on-demand" else "down"
        if _has_ended_by(tracked.known, at):
            work.change_state(level, key, state, tracked.known.last_end_at or at, tracked.known.last_end_reason)
        else:
            work.change_state(level, key, state, at)
        work.unsettled[level].discard(key)
        if not number % CHANGES_PER_STEP:
            yield


def _has_ended_by(known: KnownTunnel, at: float) -> bool:
    """Whether the end of what was seen last is known already."""
    return known.last_end_at is not None and (known.seen_at or 0.0) <= known.last_end_at <= at


def settle_by_history(work: Work, level: Level, at: float) -> None:
    """Let tunnels that only the history has told of be down.

    One that was up when last listed may have been established anew since; only the next listing tells.
    """
    tunnels = work.tunnels[level]
    settle(work, level, at, [key for key in work.unsettled[level] if tunnels[key].known.state == "up"])
