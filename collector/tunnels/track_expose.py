"""From a state to what scrapes see of it."""

from collections.abc import Iterable, Sequence
from itertools import islice

from collector.model import COUNTED, Level, State
from collector.tunnels.counting import REFRESHES, plus, read
from collector.tunnels.identify import identifying_children, identifying_ikes
from collector.tunnels.join import ROWS_PER_STEP, Steps
from collector.tunnels.track_rows import identity_of, is_nobody, recall_rows
from collector.tunnels.track_state import (
    LEVELS,
    LIVE,
    ContextState,
    Key,
    Module,
    ModuleKey,
    Plan,
    RowKey,
    TargetState,
    Tracked,
    is_certain,
    up_to_date,
)
from collector.tunnels.tracked import ACCOUNTS, TrackedTunnel, TrackedTunnels
from collector.tunnels.tunnel import NO_CHILD, NO_IKE, ChildTunnel, IkeTunnel, Tunnels

_NOTHING = {level: ACCOUNTS[level]._make((None,) * len(COUNTED[level])) for level in COUNTED}
_NOT_SEEN: dict[Level, ChildTunnel | IkeTunnel] = {"child": NO_CHILD, "ike": NO_IKE}


def exposing(state: TargetState, vrf: str, plan: Plan, *, limit: int | None = None) -> Steps[TrackedTunnels]:
    """Return what is known of the tunnels of a context, in steps; at most `limit` on either level, live ones first."""
    context = state.contexts.get(vrf)
    if context is None:
        return TrackedTunnels()
    seen = yield from _look(state.target, context, plan)
    children = yield from _level(state.target, context, plan, "child", limit)
    ikes = yield from _level(state.target, context, plan, "ike", limit)
    tally = context.tally.items()
    return TrackedTunnels(
        children=tuple(children),
        ikes=tuple(ikes),
        children_over_limit=_left_out(context, "child", len(children)),
        ikes_over_limit=_left_out(context, "ike", len(ikes)),
        seen=seen,
        ends=tuple((_level_of(kind), reason, count) for (what, kind, reason), count in tally if what == "end"),
        failures=tuple((_level_of(kind), reason, count) for (what, kind, reason), count in tally if what == "failure"),
        gaps=tuple((kind, count) for (what, kind, _), count in tally if what == "gap"),
        unidentified_rows=sum(context.unidentified.values()),
    )


def _look(target: str, context: ContextState, plan: Plan) -> Steps[Tunnels]:
    """Find what the target lists, unless it was found before."""
    if context.sight.found is None:
        modules = sorted(key for key, one in context.modules.items() if one.answering or _lists(one))
        tables = [context.modules[key].rows for key in modules]
        recalls = (recall_rows(context.tunnels[level], context.live[level], modules, None) for level in LEVELS)
        vrf, naming = context.record.vrf, plan.rules.name
        ikes = yield from identifying_ikes(target, vrf, tables, naming=naming, recall=next(recalls))
        children = yield from identifying_children(target, vrf, tables, naming=naming, recall=next(recalls))
        context.sight.found = children._replace(ikes=ikes.ikes, orphans=(*ikes.orphans, *children.orphans))
    return context.sight.found


def _lists(module: Module) -> bool:
    return not module.rows.keys().isdisjoint(LIVE.values())


def _level_of(kind: str) -> Level:
    return "ike" if kind == "ike" else "child"


def _left_out(context: ContextState, level: Level, shown: int) -> int:
    there = len(context.tunnels[level]) + sum(1 for _ in _untracked(context, level))
    return there - shown + context.over_limit.get(level, 0)


def _level(
    target: str, context: ContextState, plan: Plan, level: Level, limit: int | None
) -> Steps[list[TrackedTunnel]]:
    certain = is_certain(target, context, plan, level)
    fresh = frozenset(key for key, module in context.modules.items() if module.answering)
    followed, listed = context.followed.get(level), _Listed(context, level)
    tunnels: list[TrackedTunnel] = []
    for number, (key, was) in enumerate(islice(_in_order(context, level), limit), 1):
        tracked = up_to_date(level, was, followed, key) if followed and key in followed.indexes else was
        state = _state(context, tracked, fresh, certain=certain)
        seen = listed.of(key, tracked) if state == "up" else None
        tunnels.append(_exposed(level, tracked, state, seen))
        if not number % ROWS_PER_STEP:
            yield
    if limit is None or len(tunnels) < limit:
        read_at = _read_at(context, level, fresh)
        more = islice(_untracked(context, level), None if limit is None else limit - len(tunnels))
        tunnels += (_exposed_as_seen(level, tunnel, read_at.get(id(tunnel.members[0].row))) for tunnel in more)
    return tunnels


def _untracked(context: ContextState, level: Level) -> Iterable[ChildTunnel | IkeTunnel]:
    """Return the tunnels that are shown while they live and not remembered."""
    seen = _tunnels(context, level)
    known = context.tunnels[level]
    untracked = (tunnel for tunnel in seen if not tunnel.named.tracked)
    return (one for one in untracked if (one.name, one.peer) not in known and not is_nobody(one.identity))


def _tunnels(context: ContextState, level: Level) -> Sequence[ChildTunnel | IkeTunnel]:
    found = context.sight.found or Tunnels()
    return found.children if level == "child" else found.ikes


class _Listed:
    """What the target lists of tunnels that are known."""

    def __init__(self, context: ContextState, level: Level) -> None:
        self._tunnels = _tunnels(context, level)
        self._modules = sorted(key for key, one in context.modules.items() if one.answering or _lists(one))
        self._by_key = {(tunnel.name, tunnel.peer): tunnel for tunnel in self._tunnels}
        self._by_row: dict[RowKey, ChildTunnel | IkeTunnel] = {}

    def of(self, key: Key, tracked: Tracked) -> ChildTunnel | IkeTunnel | None:
        """Return a tunnel as it is listed, be it under another name: a session stays with the tunnel that has it."""
        if found := self._by_key.get(key):
            return found
        if not self._by_row:
            self._by_row.update(
                ((self._modules[member.table], member.arc), tunnel)
                for tunnel in self._tunnels
                for member in tunnel.members
            )
        rows = (self._by_row.get((one.module, one.arc)) for one in tracked.live)
        return next((row for row in rows if row), None)


def _read_at(context: ContextState, level: Level, fresh: frozenset[ModuleKey]) -> dict[int, float]:
    """Return when the rows were read that the latest answers list, if there is anything to be shown of those alone."""
    if not any(_untracked(context, level)):
        return {}
    modules = (context.modules[key] for key in fresh)
    return {id(row): module.answered_at or 0.0 for module in modules for row in module.rows.get(LIVE[level], ())}


def _exposed_as_seen(level: Level, tunnel: ChildTunnel | IkeTunnel, read_at: float | None) -> TrackedTunnel:
    """Show a tunnel that is not remembered: all that is known of it is what is listed, as of `read_at`."""
    account = ACCOUNTS[level]._make(read(level, tunnel.sa))
    active = tunnel.sa.active_seconds
    up = read_at is not None
    return TrackedTunnel(
        level=level,
        name=tunnel.name,
        peer=tunnel.peer,
        identity=tunnel.identity,
        state="up" if up else "unknown",
        state_since=None,
        expectation=tunnel.named.expectation,
        configured=tunnel.named.configured,
        description=tunnel.named.description,
        labels=tunnel.named.labels,
        seen=tunnel if up else _NOT_SEEN[level],
        account=account if up else _NOTHING[level],
        established_at=None if read_at is None or active is None else read_at - active,
        sessions=1,
        rekeys=account[REFRESHES[level]],
        ups=0,
        downs=0,
        idles=0,
        last_end_at=None,
        last_end_reason=None,
    )


def _in_order(context: ContextState, level: Level) -> Iterable[tuple[Key, Tracked]]:
    """Return live tunnels first, then those that the configuration names, then all others."""
    tunnels = context.tunnels[level]
    live = context.live[level]
    yield from (one for one in tunnels.items() if one[0] in live)
    yield from (one for one in tunnels.items() if one[0] not in live and one[1].named.configured)
    yield from (one for one in tunnels.items() if one[0] not in live and not one[1].named.configured)


def _state(context: ContextState, tracked: Tracked, fresh: frozenset[ModuleKey], *, certain: bool) -> State:
    """Tell what is known now: what its module did not list in its latest answer, or did not answer, is not."""
    for one in tracked.live:
        if one.module in fresh and one.seen_at >= (context.modules[one.module].answered_at or 0.0):
            return "up"
    if tracked.live or not certain or tracked.known.state == "up":
        return "unknown"
    return tracked.known.state


def _exposed(level: Level, tracked: Tracked, state: State, seen: ChildTunnel | IkeTunnel | None) -> TrackedTunnel:
    known, named = tracked.known, tracked.named
    account = plus(known.base, *(plus(one.reading, one.carried) for one in tracked.live))
    told = ACCOUNTS[level]._make(account) if account and state != "unknown" else _NOTHING[level]
    began = (one.session.started_at for one in tracked.live if one.session.started_at is not None)
    return TrackedTunnel(
        level,
        known.name,
        known.peer,
        identity_of(known),
        state,
        known.state_since,
        named.expectation,
        named.configured,
        named.description,
        named.labels,
        seen or _NOT_SEEN[level],
        told,
        max(began, default=None) if state == "up" else None,
        known.sessions,
        account[REFRESHES[level]] if account else None,
        known.ups,
        known.downs,
        known.idles,
        known.last_end_at,
        known.last_end_reason,
    )
