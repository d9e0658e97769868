"""From the entities and tunnels of a context to the rows that series are made of, by subject.

Most subjects' rows are entities as they are; some count entities by what they have in common, because a series for each
would have no bound; none has two rows with the same labels.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
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
    System,
)
from collector.store import PollRecord
from collector.tunnels import ChildTunnel, Rows, Tunnels, address_text, coalesced
from exporters.families import daemon, gateway, policy, records, routing, tunnel
from exporters.families.declare import Subject
from exporters.labels import reader

UNKNOWN = "unknown"
EntityT = TypeVar("EntityT", bound=Entity)
BySubject = Iterator[tuple[Subject, Sequence[Any]]]


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


def context_rows(tables: Sequence[Rows], tunnels: Tunnels, polls: Iterable[PollRecord]) -> BySubject:
    """Yield the rows of a context, routing sessions excepted: those are the business of the whole target."""
    yield tunnel.TUNNEL, tunnels.children
    yield tunnel.IKE, tunnels.ikes
    for subject, entity in _PLAIN:
        yield subject, _told_apart(subject, all_rows(tables, entity))
    for whole, media, kind in (
        (gateway.IKE_GATEWAY, gateway.IKE_MEDIA, IkeGateway),
        (gateway.IPSEC_GATEWAY, gateway.IPSEC_MEDIA, IpsecGateway),
    ):
        rows: list[Any] = all_rows(tables, kind)
        yield whole, _told_apart(whole, [row for row in rows if row.gateway is None])
        yield media, _told_apart(media, [row for row in rows if row.gateway is not None])
    yield records.SAS, _sas(tunnels.children)
    yield from _peers(tables)
    yield records.FAILURES, _failures(tables)
    yield records.HISTORY, _history(tables)
    yield records.ORPHANS, [OrphanTally(entity, rows) for entity, rows in tunnels.orphans if rows]
    polled = list(polls)
    yield daemon.POLL, polled
    yield (
        daemon.POLL_FAULT,
        [
            FaultTally(record.snapshot.origin.source, record.snapshot.origin.module, kind, times)
            for record in polled
            for kind, times in record.faults
        ],
    )


def all_rows(tables: Sequence[Rows], entity: type[EntityT]) -> list[EntityT]:
    """Return the rows of one kind, of all tables."""
    return [row for table in tables for row in table.get(entity, ())]


def _told_apart(subject: Subject, rows: list[EntityT]) -> list[EntityT]:
    """Make one row of those that the subject's labels do not tell apart: several MIBs tell of the same thing."""
    read = reader([label.path for label in subject.labels])
    return [coalesced(same) for same in grouped(rows, read).values()]


def grouped(rows: Iterable[EntityT], key: Callable[[EntityT], Hashable]) -> dict[Any, list[EntityT]]:
    """Sort rows by a key, in the order in which their keys appear."""
    groups: dict[Any, list[EntityT]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _greatest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


_DIRECTIONS = {"in": "receive", "saDirectionIn": "receive", "out": "transmit", "saDirectionOut": "transmit"}


def _sas(tunnels: Iterable[ChildTunnel]) -> list[SaTally]:
    counts = Counter(
        (_DIRECTIONS.get(spi.direction or "", spi.direction), spi.protocol, spi.status)
        for tunnel in tunnels
        for spi in tunnel.spis
    )
    return [SaTally(direction, protocol, status, sas) for (direction, protocol, status), sas in counts.items()]


def _association_of(row: IkePeer | IkePeerTunnel) -> Hashable:
    return (
        row.local_identity_type,
        row.local_identity,
        row.remote_identity_type,
        row.remote_identity,
        row.internal_index,
    )


def _peers(tables: Sequence[Rows]) -> BySubject:
    associations = {key: coalesced(same) for key, same in grouped(all_rows(tables, IkePeer), _association_of).items()}
    peers = {
        key: address_text(row.remote_address) or row.remote_identity or UNKNOWN for key, row in associations.items()
    }
    tunnels = Counter(
        peers.get(_association_of(row)) or row.remote_identity or UNKNOWN for row in all_rows(tables, IkePeerTunnel)
    )
    seconds: dict[str, list[float | None]] = {peer: [] for peer in (*peers.values(), *tunnels)}
    for key, row in associations.items():
        seconds[peers[key]].append(row.active_seconds)
    yield (
        records.PEER,
        [
            PeerTally(peer, len(ages), _greatest(ages), tunnels[peer] if tunnels else None)
            for peer, ages in seconds.items()
        ],
    )
    yield records.ASSOCIATION, [Association(peers[key], row) for key, row in associations.items()]


def _failures(tables: Sequence[Rows]) -> list[FailureTally]:
    ike = grouped(all_rows(tables, IkeFailure), lambda row: (row.protocol, row.reason))
    ipsec = grouped(all_rows(tables, IpsecFailure), lambda row: row.reason)
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


def _history(tables: Sequence[Rows]) -> list[HistoryTally]:
    phases: dict[int, Mapping[Any, Sequence[ClosedIkeSa | ClosedChildSa]]] = {
        1: grouped(all_rows(tables, ClosedIkeSa), lambda row: row.reason),
        2: grouped(all_rows(tables, ClosedChildSa), lambda row: row.reason),
    }
    return [
        HistoryTally(phase, reason, len(rows), _greatest(map(_end, rows)))
        for phase, reasons in phases.items()
        for reason, rows in reasons.items()
    ]


def _end(row: ClosedIkeSa | ClosedChildSa) -> float | None:
    return None if row.start_uptime_seconds is None else row.start_uptime_seconds + (row.active_seconds or 0.0)
