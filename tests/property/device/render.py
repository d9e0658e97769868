"""What a poll of the device finds: snapshots as the daemon makes them of SNMP tables."""

from dataclasses import dataclass, field

from collector.model import (
    ChildSa,
    ClosedChildSa,
    ClosedEndpoint,
    ClosedIkeSa,
    IkeFailure,
    IkeSa,
    IpsecFailure,
    Origin,
    Sighting,
    Snapshot,
    System,
)
from tests.property.device.lives import Life, ring
from tests.property.device.world import COPY

UPTIME_WRAP = 1 << 32
ACTIVE_WRAP = 1 << 31
LIVE_TABLES = {"ipsec": "cipSecTunnelTable", "ike": "cikeTunnelTable"}
HISTORIES = ("cikeTunnelHistTable", "cipSecTunnelHistTable", "cipSecEndPtHistTable")


@dataclass(kw_only=True)
class Poll:
    """One poll: what it is asked, how it goes, and what it truly found."""

    vrf: str
    module: str
    taken_at: float
    duration: float = 0.0
    fails: bool = False
    lossy: bool = False
    """Whether a table is not read to its end."""
    ragged: bool = False
    late_rows: bool = False
    listed: list[tuple[Life, float, bool]] = field(default_factory=list)
    """Lives whose rows were read, when, and whether with their addresses."""
    amended_by: list["RowPoll"] = field(default_factory=list)
    """What was read by itself while it was under way."""

    @property
    def done_at(self):
        return self.taken_at + self.duration

    def later(self, part):
        return self.taken_at + (self.duration * part if self.late_rows else 0.0)


@dataclass(kw_only=True)
class RowPoll:
    """A row that is read by itself, and what truly was there."""

    life: Life
    """Whose index it had."""
    taken_at: float
    duration: float
    listed: list[tuple[Life, float, bool]] = field(default_factory=list)
    module = "rows"
    fails = lossy = ragged = False

    @property
    def done_at(self):
        return self.taken_at + self.duration

    @property
    def vrf(self):
        return self.life.line.vrf

    @property
    def lines(self):
        """Where the row was, and where it is."""
        return {one.line for one in (self.life, *(life for life, _, _ in self.listed))}


def read_row(world, told):
    """Answer as the device would; None if it does not answer, or has no such table."""
    line, profile = told.life.line, world.profile
    boot = world.boot(told.taken_at)
    if boot is None or world.boot(told.done_at) != boot or (line.level == "ike" and not profile.ike_rows):
        return None
    there = [
        life
        for life in world.of(line.vrf, line.level)
        if (life.boot, life.index) == (boot, told.life.index) and life.alive(told.taken_at)
    ]
    told.listed = [(life, told.taken_at, True) for life in there]
    entities = [_ROWS[line.level](profile, *row) for row in told.listed]
    if line.level == "child" and profile.endpoints:
        entities += [life.line.endpoint(life.index) for life in there]
    module = "ipsec" if line.level == "child" else "ike"
    return Sighting(
        origin=Origin(target="hub1", vrf=line.vrf, source="snmp", module=module),
        level=line.level,
        indexes=frozenset({told.life.index}),
        taken_at=told.taken_at,
        duration_seconds=told.duration,
        entities=tuple(entities),
    )


def read(world, poll):
    """Answer a poll as the device would."""
    origin = Origin(target="hub1", vrf=poll.vrf, source="snmp", module=poll.module)
    made = {"origin": origin, "taken_at": poll.taken_at, "duration_seconds": poll.duration}
    boot = world.boot(poll.taken_at)
    if poll.fails or boot is None or world.boot(poll.done_at) != boot:
        return Snapshot(**made, error="timed out after 3 tries")
    entities, incomplete = _READERS[poll.module](world, poll, boot)
    missing = _missing(world.profile).get(poll.module, ())
    return Snapshot(**made, entities=tuple(entities), missing=missing, incomplete=incomplete)


def _missing(profile):
    """Tables that the device does not have, by module."""
    histories = HISTORIES if not profile.history else HISTORIES[:1] if not profile.ike_rows else ()
    return {"history": histories, "ike": () if profile.ike_rows else ("cikeTunnelTable",)}


def _ticks(seconds, wrap):
    return int(seconds * 100) % wrap / 100


def _system(world, poll, boot):
    up = poll.taken_at - world.boots[boot].began
    engine = {"engine_boots": 4 + boot, "engine_seconds": int(up)} if world.profile.engine else {}
    return [System(index="0", description="a model", uptime_seconds=_ticks(up, UPTIME_WRAP), **engine)], ()


def _living(level):
    def rows(world, poll, boot):
        lives = [life for life in world.of(poll.vrf, level) if life.boot == boot]
        lives = [life for life in lives if life.born <= poll.done_at and life.died > poll.taken_at]
        lives.sort(key=lambda life: life.index)
        found = []
        for place, life in enumerate(lives):
            at = poll.later(0.6 * place / len(lives))
            if life.alive(at):
                found.append((life, at))
        incomplete = ()
        if poll.lossy:
            found = found[: len(found) // 2]
            incomplete = (LIVE_TABLES[poll.module],)
        # Columns that end at different rows: the last ones lack some.
        whole = len(found) - 1 if poll.ragged else len(found)
        poll.listed = [(life, at, place < whole) for place, (life, at) in enumerate(found)]
        profile = world.profile
        if level == "ike" and not profile.ike_rows:
            poll.listed = []
            return [], incomplete
        entities = [_ROWS[level](profile, *row) for row in poll.listed]
        if profile.empty_rows:
            entities.insert(0, ChildSa(index="0") if level == "child" else IkeSa(index="0"))
        if level == "child" and profile.endpoints:
            at = poll.later(1.0)
            entities += [life.line.endpoint(life.index) for life in lives if life.alive(at)]
        return entities, incomplete

    return rows


def _address(profile, text):
    return ".".join(f"{int(octet):03}" for octet in text.split(".")) if profile.padded else text


def _facts(profile, life, at, bits, *, addressed=True):
    facts = {**life.shown(at, bits), "refreshes": life.refreshes(at)}
    if addressed:
        line = life.line
        facts |= {"local_address": _address(profile, line.local), "remote_address": _address(profile, line.remote)}
    if profile.active_time:
        facts["active_seconds"] = _ticks(min(at, life.died) - life.born, ACTIVE_WRAP)
    return facts


def _child_row(profile, life, at, addressed):
    maker, facts = life.maker, _facts(profile, life, at, profile.live_bits, addressed=addressed)
    strange = life.index * 7919 % 1000 < profile.strange_ike_index * 1000
    return ChildSa(
        index=str(life.index),
        ike_index=maker.index if maker and not strange else 99_999_999,
        ike_alive=bool(maker and maker.alive(at)) and not profile.ike_never_alive,
        receive_encryption="esp3des",
        status="active",
        current_sas=2,
        expired_sas=2 * life.refreshes(at),
        **facts,
    )


def _ike_row(profile, life, at, addressed):
    facts = _facts(profile, life, at, profile.live_bits, addressed=addressed)
    if addressed:
        facts |= {"local_identity": facts["local_address"], "remote_identity": facts["remote_address"]}
    return IkeSa(index=str(life.index), encryption="des3", status="active", **facts)


def _history(world, poll, boot):
    if not world.profile.history:
        return [], ()
    size = world.profile.history_rows
    entities = []
    tables = [(0.0, "ike", ClosedIkeSa), (0.4, "child", ClosedChildSa)]
    for part, level, closed in tables if world.profile.ike_rows else tables[1:]:
        rows = ring(world.closed[boot, poll.vrf, level], poll.later(part), size)
        entities += [_closed(world, entry, closed) for entry in rows]
    if world.profile.closed_endpoints:
        rows = ring(world.closed[boot, poll.vrf, "child"], poll.later(1.0), size)
        entities += [_closed_endpoint(entry) for entry in rows]
    if poll.lossy:
        dropped = [entity for entity in entities if isinstance(entity, ClosedChildSa)]
        lost = {id(entity) for entity in dropped[len(dropped) // 2 :]}
        return [entity for entity in entities if id(entity) not in lost], (HISTORIES[1],)
    return entities, ()


def _closed(world, entry, closed):
    profile, life = world.profile, entry.life
    facts = _facts(profile, life, entry.at, profile.closed_bits)
    facts["active_seconds"] = _ticks(entry.at - life.born, ACTIVE_WRAP)
    if closed is ClosedChildSa:
        facts["ike_index"] = life.maker.index if life.maker else 99_999_999
    else:
        facts |= {"local_identity": facts["local_address"], "remote_identity": facts["remote_address"]}
    return closed(
        index=str(entry.index),
        reason=COPY[life.line.level] if entry.copy else life.reason,
        active_index=life.index,
        start_uptime_seconds=_ticks(life.born - world.boots[life.boot].began, UPTIME_WRAP),
        total_sas=2 + 2 * life.refreshes(entry.at),
        **facts,
    )


def _closed_endpoint(entry):
    live = entry.life.line.endpoint(entry.life.index)
    sides = {name: getattr(live, name) for name in _SIDES}
    return ClosedEndpoint(
        index=str(entry.index), closed_child_index=entry.index, active_index=entry.life.index, **sides
    )


_SIDES = tuple(
    f"{side}_{name}"
    for side in ("local", "remote")
    for name in ("type", "first_address", "second_address", "protocol", "port")
)


def _failures(world, poll, boot):
    size, entities = world.profile.failure_rows, []
    for part, level, make in ((0.0, "ike", _ike_failure), (0.5, "child", _ipsec_failure)):
        rows = ring(world.mishaps.get((boot, poll.vrf, level), []), poll.later(part), size)
        entities += [make(world, mishap) for mishap in rows]
    return entities, ()


def _failed(world, mishap):
    profile, facts = world.profile, {"index": str(mishap.index), "reason": mishap.reason}
    if profile.failure_times:
        facts["uptime_seconds"] = _ticks(mishap.at - world.boots[mishap.boot].began, UPTIME_WRAP)
    return facts


def _ike_failure(world, mishap):
    facts = {**_failed(world, mishap), "local_identity": mishap.line.local, "remote_identity": mishap.line.remote}
    if world.profile.failure_addresses:
        facts |= {"local_address": mishap.line.local, "remote_address": mishap.line.remote}
    return IkeFailure(**facts)


def _ipsec_failure(world, mishap):
    facts = {**_failed(world, mishap), "child_index": mishap.child_index, "spi": 4096 + mishap.index}
    if world.profile.failure_addresses:
        facts |= {"source_address": mishap.line.remote, "destination_address": mishap.line.local}
    return IpsecFailure(**facts)


_ROWS = {"child": _child_row, "ike": _ike_row}
_READERS = {
    "system": _system,
    "ipsec": _living("child"),
    "ike": _living("ike"),
    "history": _history,
    "failures": _failures,
}
