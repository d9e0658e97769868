"""Which rows are one tunnel, and which other rows belong to it.

A row index joins rows of one moment, never of two. Rows that name a tunnel which is not there are counted, not hidden.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from collector.model import (
    ChildSa,
    Endpoint,
    Entity,
    IkeIdentity,
    IkePeerTunnel,
    IkePolicyMap,
    IkeSa,
    InterfaceTunnel,
    IpsecPolicyMap,
    Snapshot,
    Spi,
)
from collector.tunnels.join import ROWS_PER_STEP, Joined, Rows, Steps, indexes, join, run, sort_rows
from collector.tunnels.merge import age, coalesced, last_arc, merged
from collector.tunnels.names import Identity, child_identity, ike_identity, name_of, peer_of
from collector.tunnels.tunnel import RECEIVE, TRANSMIT, ChildTunnel, IkeTunnel, SaCounts, Tunnels

SaT = TypeVar("SaT", bound=ChildSa | IkeSa)
TunnelT = TypeVar("TunnelT", ChildTunnel, IkeTunnel)
Joins = dict[type[Entity], Joined[Any]]

_NO_POLICY = IpsecPolicyMap()
_NO_INTERFACE = InterfaceTunnel()
_NO_ASSOCIATION = IkePeerTunnel()
_NO_IKE_POLICY = IkePolicyMap()
_NO_IDENTIFICATION = IkeIdentity()

_NO_SAS = SaCounts()
_COUNTED_AS: dict[tuple[str | None, str | None], int] = {
    **{(direction, "active"): 0 for direction in RECEIVE},
    **{(direction, "expiring"): 1 for direction in RECEIVE},
    **{(direction, "active"): 2 for direction in TRANSMIT},
    **{(direction, "expiring"): 3 for direction in TRANSMIT},
}
"""Direction and status of an SA, and the place of its count in `SaCounts`."""

_OF_IKE = (IkePolicyMap, IkeIdentity)
_OF_CHILDREN = (Endpoint, Spi, IpsecPolicyMap, InterfaceTunnel, IkePeerTunnel)


class _Member(NamedTuple, Generic[SaT]):
    """A row among those that share an identity."""

    table: int
    arc: int
    """The row's index."""
    row: SaT


Groups: TypeAlias = dict[Identity, list[_Member[SaT]]]


def identify(snapshots: Iterable[Snapshot], *, limit: int | None = None) -> Tunnels:
    """Find the tunnels in the snapshots of one context, at most `limit` on either level."""
    ordered = sorted(snapshots, key=lambda snapshot: (snapshot.origin.source, snapshot.origin.module))
    if not ordered:
        return Tunnels()
    origin = ordered[0].origin
    tables = [run(sort_rows(snapshot)) for snapshot in ordered]
    return run(identifying(origin.target, origin.vrf, tables, limit=limit))


def identifying(target: str, vrf: str, tables: Sequence[Rows], *, limit: int | None = None) -> Steps[Tunnels]:
    """Find the tunnels in the rows of one context, in steps.

    `tables` are in order of precedence: where two modules tell of one tunnel (a device with both flow MIBs), the first
    one's counters count, and the others fill in what it does not say. Beyond `limit` the last tunnels are left out.
    """
    joins: Joins = {}
    yield from _join_all(joins, tables, IkeSa, _OF_IKE, "ike_index")
    yield from _join_all(joins, tables, ChildSa, _OF_CHILDREN, "child_index")
    ikes = yield from _group_ikes(target, vrf, tables)
    children = yield from _group_children(target, vrf, tables, joins[Endpoint])
    makers = _Makers(ikes, tables)
    yield
    ike_tunnels = yield from _build(ikes, limit, lambda identity, rows: _ike_tunnel(identity, rows, joins))
    child_tunnels = yield from _build(
        children, limit, lambda identity, rows: _child_tunnel(identity, rows, joins, makers)
    )
    return Tunnels(
        children=tuple(child_tunnels),
        ikes=tuple(ike_tunnels),
        children_over_limit=len(children) - len(child_tunnels),
        ikes_over_limit=len(ikes) - len(ike_tunnels),
        orphans=tuple((entity.__name__, joined.orphans) for entity, joined in joins.items()),
    )


def _join_all(
    joins: Joins, tables: Sequence[Rows], anchor: type[Entity], kinds: Iterable[type[Entity]], key: str
) -> Steps[None]:
    anchors = indexes(tables, anchor)
    yield
    for entity in kinds:
        joins[entity] = yield from join(tables, anchors, entity, key)


def _group_ikes(target: str, vrf: str, tables: Sequence[Rows]) -> Steps[Groups[IkeSa]]:
    groups: Groups[IkeSa] = {}
    for table, rows in enumerate(tables):
        for number, row in enumerate(rows.get(IkeSa, ()), 1):
            member = _Member(table, last_arc(row.index), row)
            groups.setdefault(ike_identity(target, vrf, row), []).append(member)
            if not number % ROWS_PER_STEP:
                yield
    return groups


def _group_children(
    target: str, vrf: str, tables: Sequence[Rows], endpoints: Joined[Endpoint]
) -> Steps[Groups[ChildSa]]:
    groups: Groups[ChildSa] = {}
    for table, rows in enumerate(tables):
        endpoints_of = endpoints.tables[table]
        for number, row in enumerate(rows.get(ChildSa, ()), 1):
            index = last_arc(row.index)
            identity = child_identity(target, vrf, row, endpoints_of.get(index, ()))
            groups.setdefault(identity, []).append(_Member(table, index, row))
            if not number % ROWS_PER_STEP:
                yield
    return groups


def _build(
    groups: Groups[SaT],
    limit: int | None,
    tunnel_of: Callable[[Identity, Sequence[_Member[SaT]]], TunnelT],
) -> Steps[list[TunnelT]]:
    tunnels: list[TunnelT] = []
    for identity, members in islice(groups.items(), limit):
        tunnels.append(tunnel_of(identity, members))
        if not len(tunnels) % ROWS_PER_STEP:
            yield
    return tunnels


class _Makers:
    """Which IKE SA made a CHILD SA: the one whose index it names, unless addresses contradict; else by addresses."""

    def __init__(self, ikes: Groups[IkeSa], tables: Sequence[Rows]) -> None:
        own: list[dict[int, Identity]] = [{} for _ in tables]
        everywhere: dict[int, Identity] = {}
        self._by_addresses: dict[tuple[str | None, str | None], Identity] = {}
        for identity, members in ikes.items():
            self._by_addresses.setdefault((identity.local, identity.remote), identity)
            for member in members:
                own[member.table].setdefault(member.arc, identity)
                everywhere.setdefault(member.arc, identity)
        self._by_index = [indexes or everywhere for indexes in own]

    def name(self, child: Identity, table: int, ike_index: int | None) -> str | None:
        indexed = None if ike_index is None else self._by_index[table].get(ike_index)
        if indexed is not None and _agree(indexed, child):
            return name_of(indexed)
        addressed = self._by_addresses.get((child.local, child.remote)) if child.local or child.remote else None
        maker = addressed or indexed
        return name_of(maker) if maker else None


def _agree(ike: Identity, child: Identity) -> bool:
    """Whether addresses allow that one made the other; unknown ones do."""
    local = ike.local == child.local or ike.local is None or child.local is None
    return local and (ike.remote == child.remote or ike.remote is None or child.remote is None)


def _one_sa(members: Sequence[_Member[SaT]]) -> tuple[Sequence[_Member[SaT]], SaT]:
    """Make one SA of members; return those of the first table too, newest first."""
    if len(members) == 1:
        return members, members[0].row
    ordered = sorted(members, key=lambda member: (member.table, age(member.row)))
    own = [member for member in ordered if member.table == ordered[0].table]
    others = [member.row for member in ordered[len(own) :]]
    return own, coalesced([merged([member.row for member in own]), *others])


def _ike_tunnel(identity: Identity, members: Sequence[_Member[IkeSa]], joins: Joins) -> IkeTunnel:
    own, sa = _one_sa(members)
    table, index, _ = own[0]
    return IkeTunnel(
        identity,
        name_of(identity),
        peer_of(identity),
        len(own),
        sa,
        joins[IkePolicyMap].one(table, index, _NO_IKE_POLICY),
        joins[IkeIdentity].one(table, index, _NO_IDENTIFICATION),
    )


def _child_tunnel(
    identity: Identity, members: Sequence[_Member[ChildSa]], joins: Joins, makers: _Makers
) -> ChildTunnel:
    own, sa = _one_sa(members)
    table, index, newest = own[0]
    spis = joins[Spi].of(table, index)
    if len(own) > 1:
        spis = [spi for member in own for spi in joins[Spi].of(table, member.arc)]
    return ChildTunnel(
        identity,
        name_of(identity),
        peer_of(identity),
        len(own),
        sa,
        tuple(joins[Endpoint].of(table, index)),
        *_count(spis),
        joins[IpsecPolicyMap].one(table, index, _NO_POLICY),
        joins[InterfaceTunnel].one(table, index, _NO_INTERFACE),
        joins[IkePeerTunnel].one(table, index, _NO_ASSOCIATION),
        makers.name(identity, table, newest.ike_index),
    )


def _count(rows: Sequence[Spi]) -> tuple[tuple[Spi, ...], SaCounts]:
    """Count SAs; one that is listed in both tables of CISCO-ENHANCED-IPSEC-FLOW-MIB is one."""
    if not rows:
        return (), _NO_SAS
    distinct = {(row.direction, row.protocol, row.spi or row.index): row for row in rows}.values()
    counts = [0, 0, 0, 0, 0]
    for row in distinct:
        counts[_COUNTED_AS.get((row.direction, row.status), -1)] += 1
    return tuple(distinct), SaCounts(*counts[:-1])
