"""What must be true of gaps and failures in the end: gaps have causes, failures are on record exactly once."""

from collections import defaultdict
from itertools import pairwise

from tests.property.device.findings import CLOCKS


def check_gaps(findings):
    """Look for the cause of each gap."""
    for gap in findings.record.gaps.values():
        begin, end = gap.begins_at - CLOCKS, (gap.ends_at or findings.watch.now) + CLOCKS
        assert gap.ends_at is None or gap.begins_at <= gap.ends_at, f"a gap that ends before it begins: {gap}"
        assert _CAUSES[gap.kind](findings, gap, begin, end), f"a gap without a cause: {gap}"
        assert gap.ends_at is not None or gap.kind == "history-unreadable", f"a gap that does not end: {gap}"


def _silence(findings, gap, begin, end):
    return any(
        snapshot.error and poll.vrf == gap.vrf and begin - 60 <= poll.taken_at <= end + 60
        for poll, snapshot in findings.watch.polls
    )


def _stop(findings, _, begin, end):
    return any(stop <= end and back >= begin for stop, back, _ in findings.watch.stops)


def _reload(findings, _, begin, end):
    boots = findings.world.boots
    return any(before.ends <= end and begin <= after.began for before, after in pairwise(boots))


def _overrun(findings, gap, begin, end):
    world = findings.world
    if gap.module == "failures":
        tables, was_read = world.mishaps, findings.mishaps_read
    else:
        tables, was_read = world.closed, findings.entries_read
    unread = [
        row
        for place, rows in tables.items()
        for row in rows
        if place[1] == gap.vrf and _since(findings, begin) <= row.at <= end and (*place, row.index) not in was_read
    ]
    if gap.lost is None and any(
        snapshot.error or snapshot.incomplete for poll, snapshot in findings.watch.polls if poll.taken_at <= end + 60
    ):
        return True  # It, or the clock, could not be read at first: what fell out of it till then, nobody can know.
    if gap.lost is None and _was_empty(findings, gap):
        return True
    return len(unread) >= (gap.lost or 1)


def _was_empty(findings, gap):
    """Whether a table of the module had no row at first: it may go on with any index, and nobody knows why."""
    tables = findings.world.mishaps if gap.module == "failures" else findings.world.closed
    boot = findings.world.boot(gap.ends_at)
    return any(
        not any(row.at <= gap.begins_at for row in rows)
        for (of_boot, vrf, _), rows in tables.items()
        if (of_boot, vrf) == (boot, gap.vrf)
    )


def _since(findings, begin):
    """When a row that is missing may have been written: a table that was not read to its end held older ones too."""
    return findings.world.boots[0].began if findings.watch.watching.incomplete else begin


def _unreadable(findings, gap, begin, end):
    return not findings.profile.history or any(
        (snapshot.error or snapshot.incomplete) and poll.vrf == gap.vrf and begin <= poll.taken_at <= end
        for poll, snapshot in findings.watch.polls
        if poll.module == gap.module
    )


_CAUSES = {
    "unanswered": _silence,
    "stopped": _stop,
    "reload": _reload,
    "history-overrun": _overrun,
    "history-unreadable": _unreadable,
}


def check_failures(findings):
    """Compare failures on record with those that happened; returns how many there are."""
    rows = defaultdict(list)
    for (_, vrf, level), mishaps in findings.world.mishaps.items():
        for mishap in mishaps:
            rows[vrf, level, str(mishap.index)].append(mishap)
    taken = {}
    for failure in findings.record.failures.values():
        fitting = [row for row in rows[failure.vrf, failure.level, failure.index] if _is_of(findings, failure, row)]
        assert fitting, f"no such failure ever was: {failure}"
        (mishap,) = fitting
        assert mishap not in taken, f"twice on record: {failure}\n{taken[mishap]}"
        taken[mishap] = failure
        assert failure.reason == mishap.reason, f"{failure} is {mishap}"
        assert failure.peer in {None, mishap.line.remote}, f"{failure} is of {mishap}"
        assert failure.tunnel in {None, *_names_between(findings, mishap.line)}, f"{failure} is of {mishap}"
    _check_missing(findings, taken)
    return len(taken)


def _names_between(findings, line):
    """Names of the tunnels between two endpoints: by addresses alone, nobody can tell one from the other."""
    return {
        findings.world.key(life.line)[2]
        for life in findings.world.of(line.vrf, line.level)
        if life.line.remote == line.remote
    }


def _is_of(findings, failure, mishap):
    if findings.world.boot(failure.seen_at) not in {mishap.boot, None} or failure.seen_at < mishap.at - CLOCKS:
        return False
    return failure.at is None or abs(failure.at - mishap.at) <= CLOCKS


def _check_missing(findings, taken):
    for place, mishaps in findings.world.mishaps.items():
        for mishap in mishaps:
            if mishap in taken or mishap.at <= findings.watched_since(mishap.vrf) + CLOCKS:
                continue
            was_read = (*place, mishap.index) in findings.mishaps_read
            excused = findings.watch.stops or _has_restarted_unseen(findings, mishap)
            assert excused or not was_read, f"read and not on record: {mishap}"
            admitted = findings.is_admitted(mishap.vrf, mishap.at, not_of="history")
            assert admitted, f"not on record, and no gap says so: {mishap}\n{findings.gaps(mishap.vrf)}"


def _has_restarted_unseen(findings, mishap):
    """Whether the device restarted before its clock was looked at again: then no later look tells what times meant."""
    ends = findings.world.boots[mishap.boot].ends
    return (
        any(
            poll.module == "system" and snapshot.error and mishap.at <= poll.taken_at <= ends
            for poll, snapshot in findings.watch.polls
        )
        and ends < findings.watch.now
    )
