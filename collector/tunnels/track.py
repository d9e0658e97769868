"""The tracking of tunnels: `(state, snapshot, now) → (state, changes)`, pure and total.

Whatever a poll says, the state that it leads to is whole, and what is to be put on record of the step goes with it: a
daemon that dies between two steps goes on from the last that is on record, and doubles and loses nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple, TypeVar

from collector.model import (
    Changes,
    ContextMemory,
    ContextRecord,
    Entity,
    Level,
    Sighting,
    Snapshot,
    System,
)
from collector.tunnels.device_clock import look_at
from collector.tunnels.join import Steps, run, sort_rows
from collector.tunnels.track_chores import age_context, forget_tunnel, is_due
from collector.tunnels.track_deferred import ask_for_clock, defer, read_deferred
from collector.tunnels.track_ends import ask_for_ends, end_with_restart
from collector.tunnels.track_late import late_rows
from collector.tunnels.track_level import follow_level
from collector.tunnels.track_live import settle
from collector.tunnels.track_memory import recalled
from collector.tunnels.track_rows import Poll
from collector.tunnels.track_sighting import can_be_taken_in, take_in_rows
from collector.tunnels.track_state import (
    LEVELS,
    LIVE,
    SYSTEM,
    TOLD_LATE,
    ContextState,
    Module,
    ModuleKey,
    Plan,
    Sight,
    Step,
    TargetState,
)
from collector.tunnels.track_work import Work

_EntityT = TypeVar("_EntityT", bound=Entity)
_LISTED = frozenset[type[Entity]](LIVE.values())
"""What is told of what lives, often."""


def begin(target: str, memories: Iterable[ContextMemory], plan: Plan, now: float) -> TargetState:
    """Begin to track a target from what is remembered of its contexts."""
    state = TargetState(target=target)
    for memory in memories:
        context, clock = recalled(memory, plan, now)
        state = replace(
            state,
            clock=max(state.clock, clock, key=lambda one: one.boot_at or 0.0),
            contexts={**state.contexts, memory.record.vrf: context},
        )
    return state


def observe(state: TargetState, snapshot: Snapshot, now: float, plan: Plan) -> Step:
    """Take in what a poll saw, or that it saw nothing."""
    return run(observing(state, snapshot, now, plan))


def observing(state: TargetState, snapshot: Snapshot, now: float, plan: Plan) -> Steps[Step]:
    """Take in what a poll saw, in steps of a few milliseconds."""
    vrf = snapshot.origin.vrf
    looked = restarted = False
    first = Step(state)
    if snapshot.error is None and (snapshot.origin.source, snapshot.origin.module) == SYSTEM:
        looked = True
        look = look_at(state.clock, _first(snapshot, System), snapshot.taken_at)
        if restarted := look.restarted:
            first = yield from _look_again(state, plan, now, before=look.clock.boot_at)
        state = replace(first.state, clock=look.clock)
    context = state.contexts.get(vrf) or _new_context(state, vrf, snapshot.taken_at, plan)
    work = Work(state.target, context, state.clock, plan, now)
    yield
    if snapshot.error is not None:
        _note_silence(work, snapshot)
    else:
        yield from _take_in(work, snapshot)
    steps = [first, _finished(state, work)]
    if looked:
        steps.append((yield from _look_again(steps[-1].state, plan, now)))
    changes = tuple(one for step in steps for one in step.changes)
    looks = frozenset[tuple[str, str, str]]().union(*(step.look_at for step in steps))
    return Step(steps[-1].state, changes, looks, restarted)


def observing_rows(state: TargetState, sighting: Sighting, now: float, plan: Plan) -> Steps[Step]:
    """Take in rows that were read by themselves; where they alone do not say enough, their module is asked for."""
    origin = sighting.origin
    context = state.contexts.get(origin.vrf)
    asking = Step(state, look_at=frozenset({(origin.vrf, origin.source, origin.module)}))
    if context is None:
        return asking
    work = Work(state.target, context, state.clock, plan, now)
    if (work.module((origin.source, origin.module)).answered_at or 0.0) >= sighting.taken_at:
        # A poll that began after it has been taken in, and knows better.
        return Step(state)
    if not can_be_taken_in(work, sighting):
        return asking
    yield from take_in_rows(work, sighting)
    return _finished(state, work)


def pass_time(state: TargetState, now: float, plan: Plan, *, everything: bool = False) -> Step:
    """Do what is due, as `passing_time` does."""
    return run(passing_time(state, now, plan, everything=everything))


def passing_time(state: TargetState, now: float, plan: Plan, *, everything: bool = False) -> Steps[Step]:
    """Do what is due, in steps: checkpoints, what is to be forgotten, ends whose history does not come.

    With `everything`, a checkpoint is made of all contexts, as before the daemon ends.
    """
    changes: list[Changes] = []
    looks: set[tuple[str, str, str]] = set()
    for context in state.contexts.values():
        if not (everything or is_due(context, plan, now)):
            continue
        work = Work(state.target, context, state.clock, plan, now)
        yield from age_context(work, everything=everything)
        step = _finished(state, work)
        state = step.state
        changes += step.changes
        looks |= step.look_at
    return Step(state, tuple(changes), frozenset(looks))


class Wanted(NamedTuple):
    """Which tunnels are meant."""

    vrf: str
    name: str
    peer: str | None = None
    """None for any."""
    level: Level | None = None
    """None for both."""


def forget(state: TargetState, wanted: Wanted, now: float, plan: Plan) -> Step:
    """Forget tunnels, live ones excepted; their sessions stay on record."""
    context = state.contexts.get(wanted.vrf)
    if context is None:
        return Step(state)
    work = Work(state.target, context, state.clock, plan, now)
    for level in LEVELS if wanted.level is None else (wanted.level,):
        forget_tunnel(work, level, wanted.name, wanted.peer)
    return _finished(state, work)


def _finished(state: TargetState, work: Work) -> Step:
    context, changes = work.finish()
    contexts = {**state.contexts, work.vrf: context}
    told = (changes,) if changes or changes.transitions else ()
    return Step(replace(state, contexts=contexts), told, frozenset(work.look_at))


def _first(snapshot: Snapshot, kind: type[_EntityT]) -> _EntityT | None:
    return next((entity for entity in snapshot.entities if isinstance(entity, kind)), None)


def _new_context(state: TargetState, vrf: str, now: float, plan: Plan) -> ContextState:
    """Begin to watch a context."""
    record = ContextRecord(
        target=state.target, vrf=vrf, watched_since=now, boot_at=state.clock.boot_at, boots=state.clock.boots
    )
    return recalled(ContextMemory(record=record), plan, now)[0]


def _note_silence(work: Work, snapshot: Snapshot) -> None:
    """Note that a module did not answer; that it is silent for long goes on record."""
    key = snapshot.origin.source, snapshot.origin.module
    before = work.module(key)
    failing_since = before.failing_since or snapshot.taken_at
    work.modules[key] = before._replace(answering=False, failing_since=failing_since)
    work.sight = Sight()
    if work.plan.tells_of_tunnels(key):
        silent_since = before.answered_at or failing_since
        if snapshot.taken_at - silent_since >= work.plan.silence_seconds:
            work.begin_gap("unanswered", key[1], silent_since)


def _take_in(work: Work, snapshot: Snapshot) -> Steps[None]:
    key = snapshot.origin.source, snapshot.origin.module
    before = work.module(key)
    _note_answer(work, key, snapshot)
    rows = yield from sort_rows(snapshot)
    told = work.plan.tells.get(key)
    kinds = frozenset(rows) if told is None else {kind for table, kind in told.items() if table not in snapshot.missing}
    work.sight = Sight()
    work.modules[key] = Module(
        answering=True,
        complete=not snapshot.incomplete,
        answered_at=snapshot.taken_at,
        duration_seconds=snapshot.duration_seconds,
        kinds=frozenset(kinds),
        rows=rows,
        late=late_rows(rows) - before.late,
    )
    if work.modules[key].late:
        work.look_now(key)
    slack = max(snapshot.duration_seconds, before.duration_seconds)
    complete, boot_at = not snapshot.incomplete, work.clock.boot_at
    poll = Poll(key, snapshot.taken_at, slack, complete, boot_at, work.answering())
    for level in LEVELS:
        if LIVE[level] in kinds or LIVE[level] in before.kinds:
            yield from follow_level(work, level, poll)
        elif told is not None and LIVE[level] in told.values():
            # Some agents say of a table without rows that they have no such object: nothing is up, then.
            settle(work, level, snapshot.taken_at)
    # A history that the target does not have tells so by not being there: what waits for it waits no longer.
    if not TOLD_LATE.isdisjoint(kinds if told is None else told.values()):
        defer(work, key, snapshot)
        ask_for_clock(work, key, rows)
    yield from read_deferred(work)
    if not _LISTED.isdisjoint(kinds if told is None else told.values()):
        _ask_again(work, key)


def _note_answer(work: Work, key: ModuleKey, snapshot: Snapshot) -> None:
    work.end_gap("unanswered", key[1], snapshot.taken_at)
    if work.asleep_since is not None:
        if snapshot.taken_at - work.asleep_since >= work.plan.silence_seconds:
            work.add_gap("stopped", "", work.asleep_since, snapshot.taken_at)
        work.asleep_since = None


def _ask_again(work: Work, listing: ModuleKey) -> None:
    """Ask once more for what is awaited, at most once for each poll that lists what lives: what was asked may fail."""
    ask_for_ends(work, listing)
    for key in work.deferred:
        ask_for_clock(work, key, work.modules[key].rows)


def _look_again(state: TargetState, plan: Plan, now: float, before: float | None = None) -> Steps[Step]:
    """Settle in every context what waited for a look at the clock.

    What was read `before` a restart of the device has time stamps of the clock that ended with it.
    """
    changes: list[Changes] = []
    looks: set[tuple[str, str, str]] = set()
    for context in state.contexts.values():
        if not (context.deferred or context.ending):
            continue
        work = Work(state.target, context, state.clock, plan, now)
        yield from read_deferred(work, before)
        if before is None:
            end_with_restart(work)
        step = _finished(state, work)
        state = step.state
        changes += step.changes
        looks |= step.look_at
    return Step(state, tuple(changes), frozenset(looks))
