"""One step of one context under way: the state as it becomes, and what is to be put on record of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from collector.model import (
    GLOBAL_VRF,
    UNTOLD_FOR_SECONDS,
    Changes,
    ContextRecord,
    Failure,
    Gap,
    GapKind,
    HistoryMark,
    KnownTunnel,
    Learned,
    Level,
    Reading,
    Session,
    State,
    Transition,
    Usage,
)
from collector.tunnels.counting import plus
from collector.tunnels.device_clock import DeviceClock
from collector.tunnels.join import ROWS_PER_STEP, Steps
from collector.tunnels.track_state import (
    LEVELS,
    SYSTEM,
    ContextState,
    Ended,
    Followed,
    Incarnation,
    Key,
    Maker,
    Module,
    ModuleKey,
    Plan,
    RowKey,
    Tracked,
    lists_all,
    up_to_date,
)

ENDED_FOR_SECONDS = 600.0
"""How long it is remembered that the history has ended a session."""


class Work:
    """What a step changes; nothing of it is seen before `finish`."""

    def __init__(self, target: str, state: ContextState, clock: DeviceClock, plan: Plan, now: float) -> None:
        self.target, self.vrf = target, state.record.vrf
        self.before, self.clock, self.plan, self.now = state, clock, plan, now
        self.tunnels: dict[Level, Mapping[Key, Tracked]] = dict(state.tunnels)
        self._own: dict[Level, dict[Key, Tracked]] = {}
        self.live: dict[Level, set[Key]] = {level: set(keys) for level, keys in state.live.items()}
        self.unsettled: dict[Level, set[Key]] = {level: set(keys) for level, keys in state.unsettled.items()}
        self.ending: dict[RowKey, tuple[Incarnation, ...]] = dict(state.ending)
        self.given_up: dict[RowKey, tuple[Incarnation, ...]] = dict(state.given_up)
        self.ended: dict[RowKey, Ended] = dict(state.ended)
        self.modules = dict(state.modules)
        self.deferred = dict(state.deferred)
        self.followed: dict[Level, Followed] = dict(state.followed)
        self._unfollowed: dict[Level, set[Key]] = {level: set() for level in LEVELS}
        self.remade: set[Maker] = set(state.remade)
        self.sight = state.sight
        self.unidentified = dict(state.unidentified)
        self.vague = dict(state.vague)
        self.over_limit = dict(state.over_limit)
        self.gaps = dict(state.gaps)
        self.tally = dict(state.tally)
        self.asleep_since = state.asleep_since
        self.used: dict[Key, tuple[int, int]] = state.used
        self.touched = set(state.touched)
        self.checkpoint_at, self.swept_at = state.checkpoint_at, state.swept_at
        self.marks = {(mark.module, mark.table): mark for mark in state.record.marks}
        self.next_number = state.record.next_number
        self.look_at: set[tuple[str, str, str]] = set()
        self.usages: list[Usage] = []
        self.readings: tuple[Reading, ...] | None = None
        self._sessions: dict[int, Session] = {}
        self._known: dict[tuple[Level, Key], KnownTunnel] = {}
        self._forgotten: dict[tuple[Level, Key], KnownTunnel] = {}
        self._failures: list[Failure] = []
        self._gaps: dict[int, Gap] = {}
        self._transitions: list[Transition] = []
        for known, key in state.renamed:
            self._rename(known, key)

    def _rename(self, known: KnownTunnel, key: Key | None) -> None:
        """Put on record what a tunnel is called now, and its sessions that live; or that there is no such tunnel."""
        level, old = known.level, (known.name, known.peer)
        if old not in self.tunnels[level]:
            self._forgotten[level, old] = known
        if key is None:
            return
        tracked = self.tunnels[level][key]
        self._known[level, key] = tracked.known
        ending = (one for missed in self.ending.values() for one in missed)
        for one in (*tracked.live, *ending):
            if (one.session.level, one.session.tunnel, one.session.peer) == (level, *key):
                self.keep_session(one.session)

    def is_certain(self, level: Level) -> bool:
        """Whether what is not listed of a level is not there."""
        return lists_all(self.target, self.vrf, self.modules, self.plan, level)

    def is_polled(self, module: ModuleKey) -> bool:
        """Whether a module is polled, as far as the plan tells; else whether it ever was."""
        polled = self.plan.polled.get((self.target, self.vrf))
        return module in (self.modules if polled is None else polled)

    def has_clock(self) -> bool:
        """Whether the device's clock is looked at, and can be read."""
        polled = self.plan.polled.get((self.target, GLOBAL_VRF))
        looked_at = self.clock.read_at is not None if polled is None else SYSTEM in polled
        return looked_at and self.clock.readable

    def look_at_clock(self) -> None:
        """Ask for a look at the clock, which tells what time stamps mean."""
        if self.has_clock():
            self.look_at.add((GLOBAL_VRF, *SYSTEM))

    def look_now(self, module: ModuleKey) -> None:
        """Ask for a poll of a module, and for a look at the clock."""
        self.look_at.add((self.vrf, *module))
        self.look_at_clock()

    def answering(self) -> tuple[ModuleKey, ...]:
        """Return the modules that answer, in the order in which their tables are looked at."""
        return tuple(sorted(key for key, module in self.modules.items() if module.answering))

    def module(self, key: ModuleKey) -> Module:
        """Return what a module last said."""
        return self.modules.get(key) or Module(answering=False)

    def number(self) -> int:
        """Give a number that no other record of the context has."""
        self.next_number += 1
        return self.next_number - 1

    def own(self, level: Level) -> dict[Key, Tracked]:
        """Return the tunnels of a level to be changed: all are copied once, and only if any of them changes."""
        if level not in self._own:
            self.tunnels[level] = self._own[level] = dict(self.tunnels[level])
        return self._own[level]

    def put(self, level: Level, key: Key, tracked: Tracked) -> None:
        """Remember a tunnel as it is now, and put on record what is known of it if that has changed."""
        before = self.tunnels[level].get(key)
        if before and tracked.live is before.live:
            # What happened is not about its sessions: these may merely go on, and are no longer followed.
            tracked = self._up_to_date(level, key, tracked)
        self.own(level)[key] = tracked
        self._unfollowed[level].add(key)
        if tracked.live:
            self.live[level].add(key)
        else:
            self.live[level].discard(key)
        if before is None or before.known is not tracked.known:
            self._known[level, key] = tracked.known
            self._forgotten.pop((level, key), None)
            if level == "child":
                self.touched.add(key)

    def followed_of(self, level: Level) -> Followed | None:
        """Return the rows of a level that merely go on, without those of tunnels that have changed in this step."""
        followed = self.followed.get(level)
        return followed.without(self._unfollowed[level]) if followed else None

    def follow(self, level: Level, followed: Followed | None) -> None:
        """Go by these rows from now on; by none if there is no telling."""
        self._unfollowed[level] = set()
        if followed is None:
            self.followed.pop(level, None)
        else:
            self.followed[level] = followed

    def _up_to_date(self, level: Level, key: Key, tracked: Tracked) -> Tracked:
        followed = self.followed.get(level)
        if followed is None or key not in followed.indexes or key in self._unfollowed[level]:
            return tracked
        return up_to_date(level, tracked, followed, key)

    def refreshing(self, level: Level, keys: Iterable[Key] | None = None) -> Steps[None]:
        """Bring tunnels up to date whose rows merely went on, in steps, before anything is done to them.

        Args:
            level: which SAs.
            keys: which of those that are followed; None for all.
        """
        followed = self.followed_of(level)
        wanted = (followed.indexes if keys is None else tuple(keys)) if followed else ()
        if not followed or not wanted:
            return
        own = self.own(level)
        for number, key in enumerate(wanted, 1):
            own[key] = up_to_date(level, own[key], followed, key)
            if not number % ROWS_PER_STEP:
                yield

    def use(self, key: Key, octets: tuple[int, int]) -> None:
        """Note what a tunnel has received and sent by now."""
        self.own_used()[key] = octets

    def own_used(self) -> dict[Key, tuple[int, int]]:
        """Return what tunnels had received and sent, to be changed."""
        if self.used is self.before.used:
            self.used = dict(self.used)
        return self.used

    def forget(self, level: Level, key: Key) -> None:
        """Forget a tunnel; its sessions stay on record."""
        tracked = self.own(level).pop(key)
        self._unfollowed[level].add(key)
        self.live[level].discard(key)
        self.unsettled[level].discard(key)
        self._known.pop((level, key), None)
        self._forgotten[level, key] = tracked.known
        if level == "child" and key in self.used:
            self.use(key, (0, 0))

    def keep_session(self, session: Session) -> Session:
        """Put a session on record as it is now."""
        self._sessions[session.number] = session
        return session

    def keep_failure(self, failure: Failure) -> None:
        """Put a failure on record."""
        self._failures.append(failure)
        self.count("failure", failure.level, failure.reason)

    def count(self, what: str, kind: str, reason: str | None) -> None:
        """Count something that metrics tell."""
        self.tally[what, kind, reason] = self.tally.get((what, kind, reason), 0) + 1

    def close(
        self,
        session: Session,
        *,
        by: Learned | Literal["reload"],
        ended_at: float,
        uncertainty: float = 0.0,
        reason: str | None,
    ) -> Session:
        """Put the end of a session on record, on its tunnel too; its counts are settled already."""
        closed = self.keep_session(
            replace(session, ended_at=ended_at, end_uncertainty_seconds=uncertainty, reason=reason, closed_by=by)
        )
        if session.ended_at is None:
            self.count("end", session.level, reason)
        key = session.tunnel, session.peer
        tracked = self.tunnels[session.level].get(key)
        if tracked and (tracked.known.last_end_at or 0.0) <= ended_at:
            known = replace(tracked.known, last_end_at=ended_at, last_end_reason=reason)
            if known.state in {"down", "idle"} and known.state_since == session.gone_at:
                known = replace(known, state_since=ended_at)
            self.put(session.level, key, tracked._replace(known=known))
        return closed

    def add_to_base(self, level: Level, key: Key, amount: tuple[int | None, ...]) -> None:
        """Add to what the ended sessions of a tunnel carried."""
        if tracked := self.tunnels[level].get(key):
            known = replace(tracked.known, base=plus(tracked.known.base, amount))
            self.put(level, key, tracked._replace(known=known))

    def change_state(self, level: Level, key: Key, state: State, since: float, reason: str | None = None) -> None:
        """Note a state that is certain; from one certain state to another it is a transition."""
        tracked = self.tunnels[level][key]
        known = tracked.known
        if known.state == state:
            return
        if known.state != "unknown":
            self._transitions.append(
                Transition(
                    target=self.target,
                    vrf=self.vrf,
                    level=level,
                    tunnel=key[0],
                    peer=key[1],
                    before=known.state,
                    after=state,
                    at=since,
                    reason=reason,
                )
            )
            counter = _COUNTERS[state]
            known = replace(known, **{counter: getattr(known, counter) + 1})
        self.put(level, key, tracked._replace(known=replace(known, state=state, state_since=since)))

    def begin_gap(self, kind: GapKind, module: str, begins_at: float) -> None:
        """Begin a gap, unless it goes on already."""
        if (kind, module) not in self.gaps:
            self.gaps[kind, module] = self._keep_gap(kind, module, begins_at, None, None)

    def end_gap(self, kind: GapKind, module: str, ends_at: float) -> None:
        """End a gap, if one goes on."""
        if gap := self.gaps.pop((kind, module), None):
            self._gaps[gap.number] = replace(gap, ends_at=max(ends_at, gap.begins_at))

    def add_gap(self, kind: GapKind, module: str, begins_at: float, ends_at: float, lost: int | None = None) -> None:
        """Put a gap on record that is over; the same one of two tables of a module is one."""
        told = kind, module, min(begins_at, ends_at), ends_at, lost
        if lost is not None or told not in {
            (gap.kind, gap.module, gap.begins_at, gap.ends_at, gap.lost) for gap in self._gaps.values()
        }:
            self._keep_gap(*told)

    def _keep_gap(self, kind: GapKind, module: str, begins_at: float, ends_at: float | None, lost: int | None) -> Gap:
        gap = Gap(
            target=self.target,
            vrf=self.vrf,
            number=self.number(),
            kind=kind,
            module=module,
            begins_at=begins_at,
            ends_at=ends_at,
            lost=lost,
        )
        self._gaps[gap.number] = gap
        self.count("gap", kind, None)
        return gap

    def mark(self, module: ModuleKey, table: str, last_index: int | None, read_at: float) -> None:
        """Note how far a history has been read."""
        self.marks[module[1], table] = HistoryMark(
            module=module[1], table=table, boot_at=self.clock.boot_at, last_index=last_index, read_at=read_at
        )

    def ending_of(self, modules: Iterable[ModuleKey], level: Level) -> list[tuple[RowKey, Incarnation]]:
        """List the sessions of a level that await their history, of modules that list them."""
        wanted = frozenset(modules)
        return [
            (key, one)
            for key, each in self.ending.items()
            if key[0] in wanted
            for one in each
            if one.session.level == level
        ]

    def _is_late(self, one: Incarnation) -> bool:
        """Whether a history that does not come may still tell of an end."""
        return self.now - (one.session.gone_at or one.seen_at) < UNTOLD_FOR_SECONDS

    def no_longer_ending(self, key: RowKey, one: Incarnation) -> None:
        """Let a session await its history no more."""
        for waiting in (self.ending, self.given_up):
            left = tuple(other for other in waiting.get(key, ()) if other is not one)
            if left:
                waiting[key] = left
            else:
                waiting.pop(key, None)

    def finish(self) -> tuple[ContextState, Changes]:
        """Return the state as it has become, and what is to be put on record."""
        record = self._record()
        state = ContextState(
            record=record,
            tunnels=self.tunnels,
            live={level: frozenset(keys) for level, keys in self.live.items()},
            unsettled={level: frozenset(keys) for level, keys in self.unsettled.items()},
            ending=self.ending,
            given_up={key: late for key, each in self.given_up.items() if (late := tuple(filter(self._is_late, each)))},
            ended={key: one for key, one in self.ended.items() if one.read_at > self.now - ENDED_FOR_SECONDS},
            modules=self.modules,
            deferred=self.deferred,
            followed={level: each for level in self.followed if (each := self.followed_of(level))},
            remade=frozenset(self.remade),
            sight=self.sight,
            unidentified=self.unidentified,
            vague=self.vague,
            over_limit=self.over_limit,
            gaps=self.gaps,
            tally=self.tally,
            asleep_since=self.asleep_since,
            used=self.used,
            touched=frozenset(self.touched),
            checkpoint_at=self.checkpoint_at,
            swept_at=self.swept_at,
        )
        return state, self._changes(record)

    def _record(self) -> ContextRecord:
        """Return the context's record; the same one while nothing that matters after a restart has changed."""
        before = self.before.record
        moved = (
            self.next_number != before.next_number
            or tuple(self.marks.values()) != before.marks
            or self.clock.boot_at != before.boot_at
            or self.clock.boots != before.boots
            or self.readings is not None
        )
        if not moved:
            return before
        answered = ((module, one.answered_at) for (_, module), one in self.modules.items() if one.answered_at)
        return replace(
            before,
            next_number=self.next_number,
            marks=tuple(self.marks.values()),
            answered=tuple({**dict(before.answered), **dict(answered)}.items()),
            boot_at=self.clock.boot_at,
            boots=self.clock.boots,
        )

    def _changes(self, record: ContextRecord) -> Changes:
        return Changes(
            target=self.target,
            vrf=self.vrf,
            at=self.now,
            record=None if record is self.before.record and not self._touched() else record,
            tunnels=tuple(self._known.values()),
            forgotten=tuple(self._forgotten.values()),
            sessions=tuple(self._sessions.values()),
            failures=tuple(self._failures),
            gaps=tuple(self._gaps.values()),
            usages=tuple(self.usages),
            transitions=tuple(self._transitions),
            readings=self.readings,
        )

    def _touched(self) -> bool:
        return bool(self._known or self._forgotten or self._sessions or self._failures or self._gaps)


_COUNTERS: dict[State, str] = {"up": "ups", "down": "downs", "idle": "idles"}
