"""From what is on record back to a state: how tracking goes on after the daemon was not there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from collector.model import ContextMemory, Counts, KnownTunnel, Level, Reading, Session, State
from collector.tunnels.counting import RECEIVED, SENT, WRAP, plus
from collector.tunnels.device_clock import DeviceClock
from collector.tunnels.names import Identity
from collector.tunnels.rules import Named, Placeholder
from collector.tunnels.track_state import LEVELS, ContextState, Incarnation, Key, Plan, RowKey, Tracked


def recalled(memory: ContextMemory, plan: Plan, now: float) -> tuple[ContextState, DeviceClock]:
    """Return the state of a context as it was when it was last put on record, and what is known of the device's clock.

    Tunnels that the configuration names otherwise by now get their new names; those that it expects and nobody has seen
    are there too.
    """
    record = memory.record
    readings = {reading.number: reading for reading in memory.readings}
    tunnels, renamed = _tunnels(memory, plan)
    sessions = [_renamed(session, renamed) for session in memory.sessions]
    living = [_living(session, readings.get(session.number)) for session in sessions if session.gone_at is None]
    missed = [_missed(session) for session in sessions if session.gone_at is not None]
    for one in living:
        _give(tunnels, plan, one)
    for placeholder in plan.rules.expected(record.target, record.vrf):
        key = placeholder.named.name, placeholder.named.peer
        tunnels[placeholder.level].setdefault(key, expected_tunnel(placeholder, record.target, record.vrf, now))
    seen = [at for _, at in record.answered]
    state = ContextState(
        record=record,
        tunnels=tunnels,
        live={level: frozenset(key for key, each in tunnels[level].items() if each.live) for level in LEVELS},
        unsettled={level: frozenset(key for key, each in tunnels[level].items() if not each.live) for level in LEVELS},
        ending=_by_row(missed),
        given_up=_by_row([_missed(_renamed(session, renamed)) for session in memory.given_up]),
        renamed=tuple((known, key) for known, key in renamed.values()),
        gaps={(gap.kind, gap.module): gap for gap in memory.gaps},
        asleep_since=max(seen, default=None),
        used={key: _used(each) for key, each in tunnels["child"].items()},
        checkpoint_at=max((reading.seen_at for reading in memory.readings), default=max(seen, default=now)),
        swept_at=now,
    )
    return state, DeviceClock(boot_at=record.boot_at, boots=record.boots)


def _used(tracked: Tracked) -> tuple[int, int]:
    return octets(tracked.known.base, *(counts for one in tracked.live for counts in (one.reading, one.carried)))


def octets(*many: Counts) -> tuple[int, int]:
    """Return the octets that CHILD SAs have received and sent, by what each of them and what went before carried."""
    received = sent = 0
    for counts in many:
        if counts:
            received += counts[RECEIVED] or 0
            sent += counts[SENT] or 0
    return received, sent


def _living(session: Session, reading: Reading | None) -> Incarnation:
    """Return a session as of its latest checkpoint, else as of its beginning.

    One whose counters wrapped or began anew before the first checkpoint has no reading: what it carried is known, what
    its row said is not.
    """
    if reading is None:
        plain = session.exact and all((count or 0) < WRAP for count in session.counts)
        told, carried = (session.counts, ()) if plain else ((), session.counts)
        reading = Reading(number=session.number, seen_at=session.seen_at, values=told, carried=carried)
    module = session.source, session.module
    active = None if session.started_at is None else reading.seen_at - session.started_at
    arc = int(session.index or -1)
    return Incarnation(session, module, arc, reading.values, reading.carried, reading.seen_at, active)


def _missed(session: Session) -> Incarnation:
    module = session.source, session.module
    active = None if session.started_at is None else session.seen_at - session.started_at
    return Incarnation(session, module, int(session.index or -1), session.counts, (), session.seen_at, active)


def _by_row(missed: list[Incarnation]) -> dict[RowKey, tuple[Incarnation, ...]]:
    rows: dict[RowKey, tuple[Incarnation, ...]] = {}
    for one in missed:
        key = one.module, one.arc
        rows[key] = (*rows.get(key, ()), one)
    return rows


_Renamed: TypeAlias = dict[tuple[Level, Key], tuple[KnownTunnel, Key | None]]
"""By level and old key, tunnels to be put on record anew: as they are there, and what they are called now; None
for those that the configuration named, that nobody ever saw, and that it names no longer."""


def _tunnels(memory: ContextMemory, plan: Plan) -> tuple[dict[Level, dict[Key, Tracked]], _Renamed]:
    tunnels: dict[Level, dict[Key, Tracked]] = {level: {} for level in LEVELS}
    renamed: _Renamed = {}
    makers = _makers(memory.tunnels)
    for known in memory.tunnels:
        named = _named(known, plan, makers)
        old, key = (known.name, known.peer), (named.name, named.peer)
        if known.seen_at is None and not known.sessions and not named.configured:
            renamed[known.level, old] = known, None
            continue
        there = tunnels[known.level].get(key)
        together = _together(there.known, known) if there else known
        now = _as_expected(replace(together, name=key[0], peer=key[1]), named)
        tunnels[known.level][key] = Tracked(now, named)
        if now != known:
            renamed[known.level, old] = known, key
    return tunnels, renamed


def _together(one: KnownTunnel, other: KnownTunnel) -> KnownTunnel:
    """Make one tunnel of two that have one name now."""
    newer = max(one, other, key=lambda known: known.seen_at or 0.0)
    return replace(
        newer,
        known_since=min(one.known_since, other.known_since),
        ups=one.ups + other.ups,
        downs=one.downs + other.downs,
        idles=one.idles + other.idles,
        sessions=one.sessions + other.sessions,
        base=plus(one.base, other.base),
    )


def _renamed(session: Session, renamed: _Renamed) -> Session:
    found = renamed.get((session.level, (session.tunnel, session.peer)))
    return replace(session, tunnel=found[1][0], peer=found[1][1]) if found and found[1] else session


_Makers: TypeAlias = Mapping[tuple[str | None, str | None], Identity]
"""IKE SAs by their addresses."""


def _makers(tunnels: Sequence[KnownTunnel]) -> _Makers:
    ikes = (known for known in tunnels if known.level == "ike")
    return {(known.local_address, known.remote_address): _identity(known) for known in ikes}


def _identity(known: KnownTunnel) -> Identity:
    return Identity(known.target, known.vrf, known.level, known.local_address, known.remote_address, known.selectors)


def _named(known: KnownTunnel, plan: Plan, makers: _Makers) -> Named:
    """Return what the rules say of a tunnel, under the name that it has."""
    maker = makers.get((known.local_address, known.remote_address)) if known.level == "child" else None
    named = plan.rules.name(_identity(known), maker)
    if (named.name, named.peer) == (known.name, known.peer) or named.configured:
        return named
    for each in plan.rules.expected(known.target, known.vrf):
        if (each.level, each.named.name, each.named.peer) == (known.level, known.name, known.peer):
            return each.named
    return named if known.configured else named._replace(name=known.name, peer=known.peer)


def _as_expected(known: KnownTunnel, named: Named) -> KnownTunnel:
    """Say of a tunnel what is expected of it now: what is down is idle if that is by design, or the other way round."""
    if known.state in {"down", "idle"}:
        state: State = "idle" if named.expectation == "on-demand" else "down"
        known = known if known.state == state else replace(known, state=state)
    if (known.configured, known.expectation) == (named.configured, named.expectation):
        return known
    return replace(known, configured=named.configured, expectation=named.expectation)


def _give(tunnels: dict[Level, dict[Key, Tracked]], plan: Plan, one: Incarnation) -> None:
    """Give a live session to its tunnel."""
    session = one.session
    level, key = session.level, (session.tunnel, session.peer)
    if key not in tunnels[level]:
        known = KnownTunnel(
            target=session.target,
            vrf=session.vrf,
            level=level,
            name=session.tunnel,
            peer=session.peer,
            local_address=session.local_address,
            remote_address=session.remote_address,
            selectors=session.selectors,
            known_since=session.started_at or session.seen_at,
            sessions=1,
        )
        tunnels[level][key] = Tracked(known, _named(known, plan, {}))
    tracked = tunnels[level][key]
    tunnels[level][key] = tracked._replace(live=(*tracked.live, one))


def expected_tunnel(placeholder: Placeholder, target: str, vrf: str, now: float) -> Tracked:
    """Return a tunnel that the configuration expects and nobody has seen."""
    named = placeholder.named
    known = KnownTunnel(
        target=target,
        vrf=vrf,
        level=placeholder.level,
        name=named.name,
        peer=named.peer,
        local_address=placeholder.local,
        remote_address=placeholder.remote,
        selectors=placeholder.selectors,
        configured=True,
        expectation=named.expectation,
        known_since=now,
    )
    return Tracked(known, named)
