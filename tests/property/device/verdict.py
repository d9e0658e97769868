"""What must be true of sessions in the end: each life is on record exactly once, and truly, or a gap is admitted."""

from itertools import pairwise

from collector.model import COUNTED
from tests.property.device.findings import CLOCKS, Findings, show
from tests.property.device.lives import RELOAD
from tests.property.device.verdict_accounts import check_accounts, check_transitions
from tests.property.device.verdict_gaps import check_failures, check_gaps

HALF = 1 << 31


def check(watch):
    """Check all that a watch put on record; returns how many lives and failures were compared with the truth."""
    findings = Findings(watch)
    lives = len(findings.cases) + _check_missing(findings)
    for case in findings.cases:
        _check_facts(findings, case)
        _check_end(findings, case)
        _check_counts(findings, case)
    check_accounts(findings, {case for case in findings.cases if _is_exact(findings, case)})
    check_gaps(findings)
    check_transitions(findings)
    return lives + check_failures(findings)


def _check_missing(findings):
    told = {case.life for case in findings.cases}
    killed = any(was_killed for *_, was_killed in findings.watch.stops)
    missing = 0
    for life in findings.world.lives:
        vrf = life.line.vrf
        if life in told or life.died <= findings.watched_since(vrf) + CLOCKS or not _can_be_seen(findings, life):
            continue
        missing += 1
        whole = [at for at, known_at, whole in findings.readings[life] if whole and known_at < life.died]
        # Where nothing tells when rows began, one after a restart passes for the one that had its index before.
        mistaken = life.boot and not findings.profile.active_time
        assert killed or mistaken or not whole, f"listed and not on record: {show(life)}"
        admitted = findings.is_admitted(vrf, life.died, not_of="failures") or _may_have_history(findings, life)
        assert admitted, f"not on record, and no gap says so: {show(life)}\n{findings.gaps(vrf)}"
    return missing


def _may_have_history(findings, life):
    """Whether a history that the device does not have may just be empty: only an end that is awaited tells which."""
    if findings.profile.history:
        return False
    awaited = (
        case.session.closed_by == "poll" and case.life.line.level == life.line.level
        for case in findings.cases
        if case.life.line.vrf == life.line.vrf
    )
    # Nor does one that a restart of the device cut short.
    return bool(findings.world.boots[1:]) or not any(awaited)


def _can_be_seen(findings, life):
    return life.line.level == "child" or findings.profile.ike_rows


def _check_facts(findings, case):
    session, line = case.session, case.life.line
    # What falls out of the history between two of its tables has no selectors any more.
    fell_out = session.learned == "history" and findings.watch.watching.late_rows and not session.selectors
    if fell_out and not session.accounted and session.tunnel == line.bare_key[2]:
        return
    told = (session.vrf, session.level, session.tunnel, session.peer)
    never_told = told == line.bare_key and _never_told_selectors(findings, case.life)
    assert never_told or told == findings.world.key(line), f"of another tunnel: {case}"
    assert (session.local_address, session.remote_address) == (line.local, line.remote), f"addresses: {case}"
    if line.level == "child":
        selectors = (
            ("{}/24-{}/24".format(*line.nets),) if findings.profile.endpoints and not (fell_out or never_told) else ()
        )
        assert session.selectors == selectors, f"selectors: {case}"
    since = findings.watched_since(line.vrf)
    if session.ended_at is None or case.life.died > since + CLOCKS:
        assert session.accounted, f"it was watched: {case}"
    elif case.life.died < since - CLOCKS and not findings.readings[case.life]:
        assert not session.accounted, f"it ended before anybody watched: {case}"


def _never_told_selectors(findings, life):
    """Whether it was gone whenever selectors were read after its row."""
    return findings.watch.watching.late_rows and all(life.died <= done_at for _, done_at, _ in findings.readings[life])


def _check_end(findings, case):
    session, life = case.session, case.life
    if life.died > findings.watch.now:
        assert session.live, f"it lives: {case}"
        return
    assert session.ended_at is not None, f"it ended: {case}"
    assert session.end_uncertainty_seconds >= 0, f"uncertainty: {case}"
    if not session.accounted and findings.profile.old:
        return  # How long it had lived may have wrapped any number of times.
    earliest = session.ended_at - session.end_uncertainty_seconds - CLOCKS
    assert earliest <= life.died <= session.ended_at + CLOCKS, f"it ended at {life.died}: {case}"
    if session.closed_by == "history":
        assert session.reason == life.reason, f"reason: {case}"
    elif session.closed_by == "reload":
        assert session.reason == RELOAD, f"reason: {case}"
        assert len(findings.world.boots) > life.boot + 1, f"the device did not restart: {case}"
    else:
        assert session.closed_by == "poll", f"closed by whom: {case}"
        assert session.reason is None, f"reason: {case}"
    if findings.clean and findings.end_was_read(life):
        assert session.closed_by == "history", f"its end was read in the history: {case}"


def _check_counts(findings, case):
    session, life = case.session, case.life
    counts = dict(zip(COUNTED[life.line.level], session.counts, strict=True))
    at = findings.watch.now if session.ended_at is None else life.died
    truth = {**life.carried(at), "refreshes": life.refreshes(at)}
    for name, true in truth.items():
        assert (counts[name] or 0) <= true, f"{name} is more than {true}: {case}"
    if session.ended_at is not None and _is_exact(findings, case):
        told = {name: counts[name] or 0 for name in truth}
        assert told == truth, f"it is said to be exact: {case}"
    profile = findings.profile
    plain = profile.live_bits == profile.closed_bits == 64 and not (profile.resets or profile.zero_at_rekey)
    if plain and session.closed_by == "history":
        assert session.exact, f"the history told all: {case}"
    wraps_alike = profile.live_bits == profile.closed_bits and not life.resets and findings.clean
    if wraps_alike and session.closed_by == "history" and _shows_enough(findings, life):
        assert session.exact, f"wraps of 32 bits can be told: {case}"
    if session.closed_by in {"poll", "reload"}:
        assert not session.exact, f"nobody told its last counts: {case}"


def _is_exact(findings, case):
    """Whether it is said to be exact, and the device shows enough for that to be known.

    New beginnings of counters, or two wraps, between two looks leave no trace.
    """
    life, profile = case.life, findings.profile
    if not case.session.exact or life.resets:
        return False
    return profile.live_bits == profile.closed_bits == 64 or _shows_enough(findings, life)


def _shows_enough(findings, life):
    """Whether counters of 32 bits were read often enough."""
    steps = [life.born, *_readings_that_last(findings, life), min(life.died, findings.watch.now)]
    return all(
        later - earlier < HALF
        for before, after in pairwise(steps)
        for earlier, later in zip(life.carried(before).values(), life.carried(after).values(), strict=True)
    )


def _readings_that_last(findings, life):
    """When it was read, leaving out what a restart of the daemon may have forgotten."""
    forgotten = [(begin - 400, begin) for begin, *_ in findings.watch.stops]
    return sorted(
        at
        for at, known_at, _ in findings.readings[life]
        if not any(begin < known_at <= end for begin, end in forgotten)
    )
