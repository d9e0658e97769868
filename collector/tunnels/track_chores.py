"""What is due as time passes: checkpoints, ends whose history does not come, what is to be forgotten."""

from collections import Counter
from dataclasses import replace

from collector.model import Level
from collector.tunnels.join import ROWS_PER_STEP, Steps
from collector.tunnels.track_checkpoint import checkpoint
from collector.tunnels.track_ends import close_unexplained
from collector.tunnels.track_memory import expected_tunnel
from collector.tunnels.track_state import LEVELS, ContextState, Key, ModuleKey, Plan
from collector.tunnels.track_work import Work

SWEEP_SECONDS = 600.0
"""How often it is looked for what is to be forgotten."""


def is_due(context: ContextState, plan: Plan, now: float) -> bool:
    """Whether there is anything to do in a context."""
    return (
        _has_passed(context.checkpoint_at, plan.checkpoint_seconds, now)
        or _has_passed(context.swept_at, SWEEP_SECONDS, now)
        or any(
            _has_passed(one.session.gone_at or one.seen_at, plan.history_patience_seconds, now)
            for missed in context.ending.values()
            for one in missed
        )
    )


def _has_passed(since: float, seconds: float, now: float) -> bool:
    """Whether so much time has passed; a clock that was set back by so much counts as if it had."""
    return abs(now - since) >= seconds


def age_context(work: Work, *, everything: bool) -> Steps[None]:
    """Do what is due in a context, in steps."""
    _lose_patience(work)
    yield
    if everything or _has_passed(work.checkpoint_at, work.plan.checkpoint_seconds, work.now):
        yield from checkpoint(work)
    if _has_passed(work.swept_at, SWEEP_SECONDS, work.now):
        yield from _sweep(work)


def _lose_patience(work: Work) -> None:
    """End sessions whose history does not come."""
    lost: Counter[ModuleKey] = Counter()
    for key, missed in list(work.ending.items()):
        for one in missed:
            gone_at = one.session.gone_at or one.seen_at
            if not _has_passed(gone_at, work.plan.history_patience_seconds, work.now):
                continue
            history = work.plan.histories.get((one.module, one.session.level))
            work.no_longer_ending(key, one)
            closed = close_unexplained(work, one)
            if history:
                work.given_up[key] = (
                    *work.given_up.get(key, ()),
                    one._replace(session=replace(closed, exact=one.session.exact)),
                )
                lost[history] += 1
    for history, number in lost.items():
        read_at = (mark.read_at for mark in work.marks.values() if mark.module == history[1])
        since = max(read_at, default=work.before.record.watched_since)
        work.add_gap("history-unreadable", history[1], since, work.now, number)


def _sweep(work: Work) -> Steps[None]:
    """Forget learned tunnels that have been down for long."""
    work.swept_at = work.now
    keep = work.plan.rules.learning_of(work.target).forget_after_seconds
    for level in LEVELS:
        for number, (key, each) in enumerate(list(work.tunnels[level].items()), 1):
            last_at = each.known.seen_at or each.known.known_since
            old = not each.live and not each.named.configured and work.now - last_at > keep
            if old and not _is_ending(work, level, key):
                work.forget(level, key)
            if not number % (ROWS_PER_STEP * 10):
                yield


def forget_tunnel(work: Work, level: Level, name: str, peer: str | None) -> None:
    """Forget the tunnels of a name; live ones, and those whose last values are awaited, stay.

    Those that the configuration expects are known as if they had never been seen.
    """
    expected = {
        (each.level, each.named.name, each.named.peer): each for each in work.plan.rules.expected(work.target, work.vrf)
    }
    for key, each in list(work.tunnels[level].items()):
        if key[0] == name and peer in {None, key[1]} and not each.live and not _is_ending(work, level, key):
            work.forget(level, key)
            if placeholder := expected.get((level, *key)):
                work.put(level, key, expected_tunnel(placeholder, work.target, work.vrf, work.now))
                work.unsettled[level].add(key)


def _is_ending(work: Work, level: Level, key: Key) -> bool:
    return any(
        one.session.level == level and (one.session.tunnel, one.session.peer) == key
        for missed in work.ending.values()
        for one in missed
    )
