"""From a state to what scrapes see of it."""

from collections.abc import Iterable
from itertools import islice

from collector.model import COUNTED, Level, State
from collector.tunnels.counting import REFRESHES, plus, read
from collector.tunnels.join import ROWS_PER_STEP, Steps
from collector.tunnels.track_rows import identity_of, is_nobody
from collector.tunnels.track_state import LIVE, ContextState, ModuleKey, Plan, TargetState, Tracked, is_certain
from collector.tunnels.tracked import ACCOUNTS, TrackedTunnel, TrackedTunnels
from collector.tunnels.tunnel import NO_CHILD, NO_IKE, ChildTunnel, IkeTunnel

_NOTHING = {level: ACCOUNTS[level]._make((None,) * len(COUNTED[level])) for level in COUNTED}
_NOT_SEEN: dict[Level, ChildTunnel | IkeTunnel] = {"child": NO_CHILD, "ike": NO_IKE}


def exposing(state: TargetState, vrf: str, plan: Plan, *, limit: int | None = None) -> Steps[TrackedTunnels]:
    """Return what is known of the tunnels of a context, in steps; at most `limit` on either level, live ones first."""
    context = state.contexts.get(vrf)
    if context is None:
        return TrackedTunnels()
    children = yield from _level(state.target, context, plan, "child", limit)
    ikes = yield from _level(state.target, context, plan, "ike", limit)
    tally = context.tally.items()
    return TrackedTunnels(
        children=tuple(children),
        ikes=tuple(ikes),
        children_over_limit=_left_out(context, "child", len(children)),
        ikes_over_limit=_left_out(context, "ike", len(ikes)),
        seen=context.seen,
        ends=tuple((_level_of(kind), reason, count) for (what, kind, reason), count in tally if what == "end"),
        failures=tuple((_level_of(kind), reason, count) for (what, kind, reason), count in tally if what == "failure"),
        gaps=tuple((kind, count) for (what, kind, _), count in tally if what == "gap"),
        unidentified_rows=sum(context.unidentified.values()),
    )


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
    tunnels: list[TrackedTunnel] = []
    for number, tracked in enumerate(islice(_in_order(context, level), limit), 1):
        tunnels.append(_exposed(level, tracked, _state(context, tracked, fresh, certain=certain)))
        if not number % ROWS_PER_STEP:
            yield
    if limit is None or len(tunnels) < limit:
        read_at = _read_at(context, level, fresh)
        more = islice(_untracked(context, level), None if limit is None else limit - len(tunnels))
        tunnels += (_exposed_as_seen(level, tunnel, read_at.get(id(tunnel.members[0].row))) for tunnel in more)
    return tunnels


def _untracked(context: ContextState, level: Level) -> Iterable[ChildTunnel | IkeTunnel]:
    """Return the tunnels that are shown while they live and not remembered."""
    seen = context.seen.children if level == "child" else context.seen.ikes
    known = context.tunnels[level]
    untracked = (tunnel for tunnel in seen if not tunnel.named.tracked)
    return (one for one in untracked if (one.name, one.peer) not in known and not is_nobody(one.identity))


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


def _in_order(context: ContextState, level: Level) -> Iterable[Tracked]:
    """Return live tunnels first, then those that the configuration names, then all others."""
    tunnels = context.tunnels[level]
    live = context.live[level]
    yield from (each for key, each in tunnels.items() if key in live)
    yield from (each for key, each in tunnels.items() if key not in live and each.named.configured)
    yield from (each for key, each in tunnels.items() if key not in live and not each.named.configured)


def _state(context: ContextState, tracked: Tracked, fresh: frozenset[ModuleKey], *, certain: bool) -> State:
    """Tell what is known now: what its module did not list in its latest answer, or did not answer, is not."""
    for one in tracked.live:
        if one.module in fresh and one.seen_at >= (context.modules[one.module].answered_at or 0.0):
            return "up"
    if tracked.live or not certain or tracked.known.state == "up":
        return "unknown"
    return tracked.known.state


def _exposed(level: Level, tracked: Tracked, state: State) -> TrackedTunnel:
    known, named = tracked.known, tracked.named
    seen = tracked.seen if state == "up" and tracked.seen else None
    account = plus(known.base, *(plus(one.reading, one.carried) for one in tracked.live))
    told = ACCOUNTS[level]._make(account) if account and state != "unknown" else _NOTHING[level]
    began = (one.session.started_at for one in tracked.live if one.session.started_at is not None)
    return TrackedTunnel(
        level,
        known.name,
        known.peer,
        identity_of(tracked),
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
