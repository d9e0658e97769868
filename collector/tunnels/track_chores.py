"""What is due as time passes: checkpoints, ends whose history does not come, what is to be forgotten."""

from collector.model import Level, Reading, Usage
from collector.tunnels.track_ends import close_unexplained
from collector.tunnels.track_memory import octets
from collector.tunnels.track_state import LEVELS, ContextState, Key, Plan
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
    """Whether so much time has passed; a clock that was set back counts as if it had."""
    return not 0 <= now - since < seconds


def age_context(work: Work, *, everything: bool) -> None:
    """Do what is due in a context."""
    _lose_patience(work)
    if everything or _has_passed(work.checkpoint_at, work.plan.checkpoint_seconds, work.now):
        checkpoint(work)
    if _has_passed(work.swept_at, SWEEP_SECONDS, work.now):
        _sweep(work)


def _lose_patience(work: Work) -> None:
    """End sessions whose history does not come."""
    for key, missed in list(work.ending.items()):
        for one in missed:
            gone_at = one.session.gone_at or one.seen_at
            if not _has_passed(gone_at, work.plan.history_patience_seconds, work.now):
                continue
            history = work.plan.histories.get((one.module, one.session.level))
            work.no_longer_ending(key, one)
            close_unexplained(work, one)
            if history:
                mark = max((m.read_at for m in work.marks.values() if m.module == history[1]), default=one.seen_at)
                work.add_gap("history-unreadable", history[1], mark, work.now, 1)


def checkpoint(work: Work) -> None:
    """Note how far live sessions have come, and what tunnels carried since the last checkpoint."""
    work.readings = tuple(
        Reading(number=one.session.number, seen_at=one.seen_at, values=one.reading, carried=one.carried)
        for level in LEVELS
        for key in work.live[level]
        for one in work.tunnels[level][key].live
    )
    seconds = work.now - work.checkpoint_at
    used: dict[Key, tuple[int, int]] = {}
    for key, tracked in work.tunnels["child"].items():
        now = used[key] = octets(tracked)
        before = work.used.get(key, (0, 0))
        if seconds > 0 and (tracked.live or now != before):
            work.usages.append(
                Usage(
                    target=work.target,
                    vrf=work.vrf,
                    tunnel=key[0],
                    peer=key[1],
                    begins_at=work.checkpoint_at,
                    seconds=seconds,
                    receive_bytes=now[0] - before[0],
                    transmit_bytes=now[1] - before[1],
                )
            )
    work.used, work.checkpoint_at = used, work.now


def _sweep(work: Work) -> None:
    """Forget learned tunnels that have been down for long."""
    work.swept_at = work.now
    keep = work.plan.rules.learning_of(work.target).forget_after_seconds
    for level in LEVELS:
        for key, each in list(work.tunnels[level].items()):
            last_at = each.known.seen_at or each.known.known_since
            old = not each.live and not each.named.configured and work.now - last_at > keep
            if old and not _is_ending(work, level, key):
                work.forget(level, key)


def forget_tunnel(work: Work, level: Level, name: str, peer: str | None) -> None:
    """Forget the tunnels of a name; live ones, and those whose last values are awaited, stay."""
    for key, each in list(work.tunnels[level].items()):
        if key[0] == name and peer in {None, key[1]} and not each.live and not _is_ending(work, level, key):
            work.forget(level, key)


def _is_ending(work: Work, level: Level, key: Key) -> bool:
    return any(
        one.session.level == level and (one.session.tunnel, one.session.peer) == key
        for missed in work.ending.values()
        for one in missed
    )
