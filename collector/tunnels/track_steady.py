"""What merely goes on: tunnels whose only session is listed as it was, which are most of them at most polls.

This is what tracking costs per poll, so it does no more than it must.
"""

from collections.abc import Sequence

from collector.model import Level
from collector.tunnels.counting import read, went_on
from collector.tunnels.join import ROWS_PER_STEP, Steps
from collector.tunnels.track_rows import TOLERANCE, Poll, is_nobody, is_same
from collector.tunnels.track_state import Incarnation, Key, ModuleKey, Tracked
from collector.tunnels.track_work import Work
from collector.tunnels.tunnel import ChildTunnel, IkeTunnel


def going_on(
    work: Work,
    level: Level,
    tunnels: Sequence[ChildTunnel | IkeTunnel],
    tables: Sequence[ModuleKey],
    poll: Poll,
    *,
    listed: set[Key],
) -> Steps[list[ChildTunnel | IkeTunnel]]:
    """Follow the tunnels whose only session goes on, and note that they are `listed`; return the others."""
    known = work.own(level)
    others: list[ChildTunnel | IkeTunnel] = []
    for start in range(0, len(tunnels), ROWS_PER_STEP):
        for tunnel in tunnels[start : start + ROWS_PER_STEP]:
            key = tunnel.name, tunnel.peer
            tracked = known.get(key)
            gone_on = _gone_on(level, tracked, tunnel, tables, poll) if tracked else None
            if gone_on:
                known[key] = gone_on
                listed.add(key)
            else:
                others.append(tunnel)
        yield
    return others


def _gone_on(
    level: Level, tracked: Tracked, tunnel: ChildTunnel | IkeTunnel, tables: Sequence[ModuleKey], poll: Poll
) -> Tracked | None:
    """Return a tunnel as it is now if nothing has happened in it; None if something may have."""
    known, _, live, _ = tracked
    if len(live) != 1 or len(tunnel.members) != 1 or known.state != "up" or is_nobody(tunnel.identity):
        return None
    (one,) = live
    session, module, arc, before, carried, seen_at, was_active = one
    ((table, listed_arc, row),) = tunnel.members
    if arc != listed_arc or module != tables[table]:
        return None
    if module != poll.module:
        return Tracked(known, tracked.named, live, tunnel)
    reading, active, taken_at = read(level, row), row.active_seconds, poll.taken_at
    if not went_on(before, reading):
        return None
    # Most clocks agree to the second; whatever does not is looked at closely.
    agree = active is not None and was_active is not None and abs(was_active + taken_at - seen_at - active) <= TOLERANCE
    if not agree and not is_same(one, active, poll):
        return None
    now = Incarnation(session, module, arc, reading, carried, taken_at, active)
    return Tracked(known, tunnel.named, (now,), tunnel)
