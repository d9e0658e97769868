"""From the entities and tunnels of a context to the rows that series are made of, by subject.

Most subjects' rows are entities as they are; some count entities by what they have in common, because a series for each
would have no bound; none has two rows with the same labels.
"""

from collections import Counter
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from collector.model import (
    Certificate,
    ClosedChildSa,
    ClosedIkeSa,
    CryptoMap,
    CryptoMapInterface,
    CryptoMapSet,
    CryptoSettings,
    Entity,
    IkeFailure,
    IkeGateway,
    IkePeer,
    IkePeerTunnel,
    IpsecFailure,
    IpsecGateway,
    IsakmpPolicy,
    MonitorSettings,
    NotificationSwitch,
    RoutingSpeaker,
    Spi,
    System,
)
from collector.store import PollRecord
from collector.tunnels import ChildTunnel, Rows, Steps, TrackedTunnels, Tunnels, address_text, coalesced
from exporters.families import daemon, gateway, policy, records, routing, tunnel
from exporters.families.declare import Subject
from exporters.labels import reader
from exporters.tally_rows import tally_rows

UNKNOWN = "unknown"
ROWS_PER_STEP = 500
"""Rows between two pauses: a few milliseconds at most."""

EntityT = TypeVar("EntityT", bound=Entity)
Item = TypeVar("Item")
Told = tuple[Subject, Sequence[Any]]
"""A subject and its rows."""
ToldInSteps = Iterator[Told | None]
"""Subjects and their rows, with pauses (`None`) in between, for whoever has other things to do."""


class SaTally(NamedTuple):
    """SAs that have direction, protocol and status in common."""

    direction: str | None
    protocol: str | None
    status: str | None
    sas: int


class PeerTally(NamedTuple):
    """Associations with one peer."""

    peer: str
    associations: int
    active_seconds: float | None
    tunnels: int | None
    """Absent where the target lists no tunnel of any peer: that may be for want of the table."""


class Association(NamedTuple):
    """One association with a peer."""

    peer: str
    row: IkePeer


class FailureTally(NamedTuple):
    """Failures of one reason."""

    phase: int
    protocol: str | None
    reason: str | None
    rows: int
    uptime_seconds: float | None


class HistoryTally(NamedTuple):
    """Ended tunnels of one reason."""

    phase: int
    reason: str | None
    rows: int
    last_end_uptime_seconds: float | None


class OrphanTally(NamedTuple):
    """Rows of one kind that name a tunnel which is not there."""

    entity: str
    rows: int


class FaultTally(NamedTuple):
    """Faults of one kind."""

    source: str
    module: str
    kind: str
    times: int


_PLAIN: tuple[tuple[Subject, type[Entity]], ...] = (
    (gateway.SYSTEM, System),
    (records.CERTIFICATE, Certificate),
    (records.MONITOR, MonitorSettings),
    (records.SWITCH, NotificationSwitch),
    (policy.SETTINGS, CryptoSettings),
    (policy.ISAKMP_POLICY, IsakmpPolicy),
    (policy.MAP_SET, CryptoMapSet),
    (policy.MAP, CryptoMap),
    (policy.MAP_INTERFACE, CryptoMapInterface),
    (routing.SPEAKER, RoutingSpeaker),
)
"""Subjects whose rows are entities as they are."""


def context_rows(tables: Sequence[Rows], tunnels: TrackedTunnels | None, polls: Iterable[PollRecord]) -> ToldInSteps:
    """Yield the rows of a context, routing sessions excepted: those are the business of the whole target."""
    seen = tunnels.seen if tunnels else Tunnels()
    if tunnels:
        yield tunnel.TUNNEL, tunnels.children
        yield tunnel.IKE, tunnels.ikes
        yield from tally_rows(tunnels)
    for subject, entity in _PLAIN:
        yield subject, (yield from told_apart(subject, all_rows(tables, entity)))
    for whole, media, kind in (
        (gateway.IKE_GATEWAY, gateway.IKE_MEDIA, IkeGateway),
        (gateway.IPSEC_GATEWAY, gateway.IPSEC_MEDIA, IpsecGateway),
    ):
        rows: list[Any] = all_rows(tables, kind)
        yield whole, (yield from told_apart(whole, [row for row in rows if row.gateway is None]))
        yield media, (yield from told_apart(media, [row for row in rows if row.gateway is not None]))
    listed = {entity.__name__ for table in tables for entity in table}
    if Spi.__name__ in listed:
        yield records.SAS, _sas(seen.children)
    yield from _peers(tables)
    yield records.FAILURES, (yield from _failures(tables))
    yield records.HISTORY, (yield from _history(tables))
    yield records.ORPHANS, _orphans(seen, listed)
    polled = list(polls)
    yield daemon.POLL, polled
    yield daemon.POLL_FAULT, [fault for record in polled for fault in _faults(record)]


def _orphans(seen: Tunnels, listed: Container[str]) -> list[OrphanTally]:
    """Count rows whose tunnel is not there, of tables that the latest polls told."""
    return [OrphanTally(entity, rows) for entity, rows in seen.orphans if rows and entity in listed]


def all_rows(tables: Sequence[Rows], entity: type[EntityT]) -> list[EntityT]:
    """Return the rows of one kind, of all tables."""
    return [row for table in tables for row in table.get(entity, ())]


def told_apart(subject: Subject, rows: list[EntityT]) -> Steps[list[EntityT]]:
    """Make one row of those that the subject's labels do not tell apart: several MIBs tell of the same thing."""
    groups = yield from grouped(rows, reader([label.path for label in subject.labels]))
    return (yield from collected(coalesced(same) for same in groups.values()))


def grouped(rows: Iterable[Item], key: Callable[[Item], Hashable]) -> Steps[dict[Any, list[Item]]]:
    """Sort rows by a key, in the order in which their keys appear."""
    groups: dict[Any, list[Item]] = {}
    for number, row in enumerate(rows, 1):
        groups.setdefault(key(row), []).append(row)
        if not number % ROWS_PER_STEP:
            yield
    return groups


def collected(items: Iterable[Item]) -> Steps[list[Item]]:
    """Make a list of what takes a while to make."""
    remaining = iter(items)
    made: list[Item] = []
    while more := list(islice(remaining, ROWS_PER_STEP)):
        made += more
        if len(more) == ROWS_PER_STEP:
            yield
    return made


def _greatest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _faults(record: PollRecord) -> Iterator[FaultTally]:
    origin = record.snapshot.origin
    return (FaultTally(origin.source, origin.module, kind, times) for kind, times in record.faults)


_DIRECTIONS = {"in": "receive", "saDirectionIn": "receive", "out": "transmit", "saDirectionOut": "transmit"}


def _sas(tunnels: Iterable[ChildTunnel]) -> list[SaTally]:
    spis = chain.from_iterable(tunnel.spis for tunnel in tunnels)
    counts: Counter[tuple[str | None, str | None, str | None]] = Counter()
    for (direction, protocol, status), sas in Counter(map(_SA_KIND, spis)).items():
        counts[_DIRECTIONS.get(direction, direction), protocol, status] += sas
    return [SaTally(direction, protocol, status, sas) for (direction, protocol, status), sas in counts.items()]


_SA_KIND = attrgetter("direction", "protocol", "status")
_ASSOCIATION = attrgetter(
    "local_identity_type", "local_identity", "remote_identity_type", "remote_identity", "internal_index"
)


def _peers(tables: Sequence[Rows]) -> ToldInSteps:
    rows = yield from grouped(all_rows(tables, IkePeer), _ASSOCIATION)
    associations = {key: coalesced(same) for key, same in rows.items()}
    yield None
    peers = {
        key: address_text(row.remote_address) or row.remote_identity or UNKNOWN for key, row in associations.items()
    }
    yield None
    tunnels = yield from grouped(
        all_rows(tables, IkePeerTunnel), lambda row: peers.get(_ASSOCIATION(row)) or row.remote_identity or UNKNOWN
    )
    ages: dict[str, list[float | None]] = {peer: [] for peer in (*peers.values(), *tunnels)}
    for key, row in associations.items():
        ages[peers[key]].append(row.active_seconds)
    yield None
    tallies = (
        PeerTally(peer, len(each), _greatest(each), len(tunnels.get(peer, ())) if tunnels else None)
        for peer, each in ages.items()
    )
    yield records.PEER, (yield from collected(tallies))
    yield records.ASSOCIATION, [Association(peers[key], row) for key, row in associations.items()]


def _failures(tables: Sequence[Rows]) -> Steps[list[FailureTally]]:
    ike = yield from grouped(all_rows(tables, IkeFailure), lambda row: (row.protocol, row.reason))
    ipsec = yield from grouped(all_rows(tables, IpsecFailure), lambda row: row.reason)
    return [
        *(
            FailureTally(1, protocol, reason, len(rows), _greatest(row.uptime_seconds for row in rows))
            for (protocol, reason), rows in ike.items()
        ),
        *(
            FailureTally(2, None, reason, len(rows), _greatest(row.uptime_seconds for row in rows))
            for reason, rows in ipsec.items()
        ),
    ]


def _history(tables: Sequence[Rows]) -> Steps[list[HistoryTally]]:
    phases: dict[int, Mapping[Any, Sequence[ClosedIkeSa | ClosedChildSa]]] = {
        1: (yield from grouped(all_rows(tables, ClosedIkeSa), lambda row: row.reason)),
        2: (yield from grouped(all_rows(tables, ClosedChildSa), lambda row: row.reason)),
    }
    return [
        HistoryTally(phase, reason, len(rows), _greatest(map(_end, rows)))
        for phase, reasons in phases.items()
        for reason, rows in reasons.items()
    ]


def _end(row: ClosedIkeSa | ClosedChildSa) -> float | None:
    return None if row.start_uptime_seconds is None else row.start_uptime_seconds + (row.active_seconds or 0.0)
