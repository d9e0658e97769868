"""From a state to what scrapes see of it."""

from collections.abc import Iterable
from itertools import islice

from collector.model import COUNTED, Level, State
from collector.tunnels.counting import REFRESHES, plus
from collector.tunnels.join import ROWS_PER_STEP, Steps
from collector.tunnels.names import Identity
from collector.tunnels.track_state import ContextState, Plan, TargetState, Tracked, is_certain
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
        children_over_limit=len(context.tunnels["child"]) - len(children) + context.over_limit.get("child", 0),
        ikes_over_limit=len(context.tunnels["ike"]) - len(ikes) + context.over_limit.get("ike", 0),
        seen=context.seen,
        ends=tuple((_level_of(kind), reason, count) for (what, kind, reason), count in tally if what == "end"),
        failures=tuple((_level_of(kind), reason, count) for (what, kind, reason), count in tally if what == "failure"),
        gaps=tuple((kind, count) for (what, kind, _), count in tally if what == "gap"),
        unidentified_rows=sum(context.unidentified.values()),
    )


def _level_of(kind: str) -> Level:
    return "ike" if kind == "ike" else "child"


def _level(
    target: str, context: ContextState, plan: Plan, level: Level, limit: int | None
) -> Steps[list[TrackedTunnel]]:
    certain = is_certain(target, context, plan, level)
    fresh = frozenset(key for key, module in context.modules.items() if module.answering)
    tunnels: list[TrackedTunnel] = []
    for number, tracked in enumerate(islice(_in_order(context, level), limit), 1):
        tunnels.append(_exposed(context, level, tracked, _state(context, tracked, fresh, certain=certain)))
        if not number % ROWS_PER_STEP:
            yield
    return tunnels


def _in_order(context: ContextState, level: Level) -> Iterable[Tracked]:
    """Return live tunnels first, then those that the configuration names, then all others."""
    tunnels = context.tunnels[level]
    live = context.live[level]
    yield from (each for key, each in tunnels.items() if key in live)
    yield from (each for key, each in tunnels.items() if key not in live and each.named.configured)
    yield from (each for key, each in tunnels.items() if key not in live and not each.named.configured)


def _state(context: ContextState, tracked: Tracked, fresh: frozenset[tuple[str, str]], *, certain: bool) -> State:
    """Tell what is known now: what its module did not list in its latest answer, or did not answer, is not."""
    for one in tracked.live:
        if one.module in fresh and one.seen_at >= (context.modules[one.module].answered_at or 0.0):
            return "up"
    if tracked.live or not certain or tracked.known.state == "up":
        return "unknown"
    return tracked.known.state


def _exposed(context: ContextState, level: Level, tracked: Tracked, state: State) -> TrackedTunnel:
    known, named = tracked.known, tracked.named
    seen = tracked.seen if state == "up" and tracked.seen else None
    account = plus(known.base, *(plus(one.reading, one.carried) for one in tracked.live))
    told = ACCOUNTS[level]._make(account) if account and state != "unknown" else _NOTHING[level]
    began = (one.session.started_at for one in tracked.live if one.session.started_at is not None)
    return TrackedTunnel(
        level,
        known.name,
        known.peer,
        seen.identity if seen else _identity(context, level, tracked),
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


def _identity(context: ContextState, level: Level, tracked: Tracked) -> Identity:
    known, record = tracked.known, context.record
    return Identity(record.target, record.vrf, level, known.local_address, known.remote_address, known.selectors)
