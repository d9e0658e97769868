"""Which rows are one tunnel, and which other rows belong to it.

A row index joins rows of one moment, never of two. Rows that name a tunnel which is not there are counted, not hidden.
"""

from collections.abc import Callable, Iterable, Sequence
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
    Spi,
)
from collector.tunnels.join import ROWS_PER_STEP, Joined, Rows, Steps, indexes, join
from collector.tunnels.merge import age, coalesced, last_arc, merged
from collector.tunnels.names import Identity, child_identity, ike_identity, lacks_a_side, name_of, peer_of
from collector.tunnels.rules import Named
from collector.tunnels.tunnel import RECEIVE, TRANSMIT, ChildTunnel, IkeTunnel, Member, SaCounts, Tunnels

SaT = TypeVar("SaT", bound=ChildSa | IkeSa)
TunnelT = TypeVar("TunnelT", ChildTunnel, IkeTunnel)
Joins = dict[type[Entity], Joined[Any]]
Naming: TypeAlias = Callable[[Identity, Identity | None], Named]
"""What a tunnel is called: by its identity, and that of the IKE SA which made it as far as that is known."""
Recall: TypeAlias = Callable[[Member[Any]], Identity | None]
"""What a row was the last time: some devices list rows without their addresses now and then, and a row whose SA ends
while tables are read has no selectors any more."""

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

Groups: TypeAlias = dict[Identity, list[Member[SaT]]]


class _Group(NamedTuple, Generic[SaT]):
    """The rows of one tunnel."""

    identity: Identity
    named: Named
    members: list[Member[SaT]]


def learned(identity: Identity, _: Identity | None = None) -> Named:
    """Name a tunnel as one that no configuration names."""
    return Named(name_of(identity), peer_of(identity))


def never_seen(_: Member[Any]) -> Identity | None:
    """Recall nothing."""
    return None


def identifying_ikes(
    target: str,
    vrf: str,
    tables: Sequence[Rows],
    *,
    naming: Naming = learned,
    recall: Recall = never_seen,
) -> Steps[Tunnels]:
    """Find the tunnels on the level of IKE SAs in the rows of one context, in steps.

    `tables` are in order of precedence: where two modules tell of one tunnel (a device with both flow MIBs), the first
    one's counters count, and the others fill in what it does not say.
    """
    joins: Joins = {}
    yield from _join_all(joins, tables, IkeSa, _OF_IKE, "ike_index")
    groups = yield from _group_ikes(target, vrf, tables, recall)
    named = yield from _name(groups, lambda identity, _: naming(identity, None))
    tunnels = yield from _build(named, lambda group: _ike_tunnel(group, joins))
    return Tunnels(ikes=tuple(tunnels), orphans=_orphans(joins))


def identifying_children(
    target: str,
    vrf: str,
    tables: Sequence[Rows],
    *,
    naming: Naming = learned,
    recall: Recall = never_seen,
) -> Steps[Tunnels]:
    """Find the tunnels on the level of CHILD SAs, as `identifying_ikes` does those of IKE SAs."""
    joins: Joins = {}
    yield from _join_all(joins, tables, ChildSa, _OF_CHILDREN, "child_index")
    ikes = yield from _group_ikes(target, vrf, tables, never_seen)
    groups = yield from _group_children(target, vrf, tables, joins[Endpoint], recall)
    makers = _Makers(ikes, tables, naming)
    yield
    named = yield from _name(groups, lambda identity, newest: naming(identity, makers.find(identity, newest)))
    tunnels = yield from _build(named, lambda group: _child_tunnel(group, joins, makers))
    return Tunnels(children=tuple(tunnels), orphans=_orphans(joins))


def _orphans(joins: Joins) -> tuple[tuple[str, int], ...]:
    return tuple((entity.__name__, joined.orphans) for entity, joined in joins.items())


def _join_all(
    joins: Joins, tables: Sequence[Rows], anchor: type[Entity], kinds: Iterable[type[Entity]], key: str
) -> Steps[None]:
    anchors = indexes(tables, anchor)
    yield
    for entity in kinds:
        joins[entity] = yield from join(tables, anchors, entity, key)


def _group_ikes(target: str, vrf: str, tables: Sequence[Rows], recall: Recall) -> Steps[Groups[IkeSa]]:
    groups: Groups[IkeSa] = {}
    for table, rows in enumerate(tables):
        for number, row in enumerate(rows.get(IkeSa, ()), 1):
            member = Member(table, last_arc(row.index), row)
            identity = _completed(ike_identity(target, vrf, row), member, recall)
            groups.setdefault(identity, []).append(member)
            if not number % ROWS_PER_STEP:
                yield
    return groups


def _group_children(
    target: str, vrf: str, tables: Sequence[Rows], endpoints: Joined[Endpoint], recall: Recall
) -> Steps[Groups[ChildSa]]:
    groups: Groups[ChildSa] = {}
    for table, rows in enumerate(tables):
        endpoints_of = endpoints.tables[table]
        for number, row in enumerate(rows.get(ChildSa, ()), 1):
            index = last_arc(row.index)
            member = Member(table, index, row)
            identity = _completed(child_identity(target, vrf, row, endpoints_of.get(index, ())), member, recall)
            groups.setdefault(identity, []).append(member)
            if not number % ROWS_PER_STEP:
                yield
    return groups


def _completed(identity: Identity, member: Member[Any], recall: Recall) -> Identity:
    """Let a row without all of its identity be what it was, if what it still tells does not contradict that."""
    half = lacks_a_side(identity)
    told = (identity.selectors and not half) or identity.kind == "ike"
    if identity.local is not None and identity.remote is not None and told:
        return identity
    before = recall(member)
    if before is None or not _agree(identity, before):
        return identity
    contradicts = identity.selectors and not half and identity.selectors != before.selectors
    return identity if contradicts else before


def _name(
    groups: Groups[SaT], naming: Callable[[Identity, Member[SaT]], Named]
) -> Steps[dict[tuple[str, str], _Group[SaT]]]:
    """Give tunnels their names; identities that have one name and peer are one tunnel."""
    named: dict[tuple[str, str], _Group[SaT]] = {}
    for number, (identity, members) in enumerate(groups.items(), 1):
        given = naming(identity, members[0])
        key = given.name, given.peer
        if (group := named.get(key)) is None:
            named[key] = _Group(identity, given, members)
        else:
            named[key] = _Group(group.identity, group.named, [*group.members, *members])
        if not number % ROWS_PER_STEP:
            yield
    return named


def _build(
    groups: dict[tuple[str, str], _Group[SaT]], tunnel_of: Callable[[_Group[SaT]], TunnelT]
) -> Steps[list[TunnelT]]:
    tunnels: list[TunnelT] = []
    for group in groups.values():
        tunnels.append(tunnel_of(group))
        if not len(tunnels) % ROWS_PER_STEP:
            yield
    return tunnels


class _Makers:
    """Which IKE SA made a CHILD SA: the one whose index it names, unless addresses contradict; else by addresses."""

    def __init__(self, ikes: Groups[IkeSa], tables: Sequence[Rows], naming: Naming) -> None:
        self._naming = naming
        own: list[dict[int, Identity]] = [{} for _ in tables]
        everywhere: dict[int, Identity] = {}
        self._by_addresses: dict[tuple[str | None, str | None], Identity] = {}
        for identity, members in ikes.items():
            self._by_addresses.setdefault((identity.local, identity.remote), identity)
            for member in members:
                own[member.table].setdefault(member.arc, identity)
                everywhere.setdefault(member.arc, identity)
        self._by_index = [indexes or everywhere for indexes in own]

    def find(self, child: Identity, newest: Member[ChildSa]) -> Identity | None:
        index = newest.row.ike_index
        indexed = None if index is None else self._by_index[newest.table].get(index)
        if indexed is not None and _agree(indexed, child):
            return indexed
        addressed = self._by_addresses.get((child.local, child.remote)) if child.local or child.remote else None
        return addressed or indexed

    def name(self, child: Identity, newest: Member[ChildSa]) -> str | None:
        maker = self.find(child, newest)
        return self._naming(maker, None).name if maker else None


def _agree(ike: Identity, child: Identity) -> bool:
    """Whether addresses allow that one made the other; unknown ones do."""
    local = ike.local == child.local or ike.local is None or child.local is None
    return local and (ike.remote == child.remote or ike.remote is None or child.remote is None)


def _one_sa(members: Sequence[Member[SaT]]) -> tuple[tuple[Member[SaT], ...], SaT]:
    """Make one SA of members; return those of the first table too, newest first."""
    if len(members) == 1:
        return tuple(members), members[0].row
    ordered = sorted(members, key=lambda member: (member.table, age(member.row)))
    own = tuple(member for member in ordered if member.table == ordered[0].table)
    others = [member.row for member in ordered[len(own) :]]
    return own, coalesced([merged([member.row for member in own]), *others])


def _ike_tunnel(group: _Group[IkeSa], joins: Joins) -> IkeTunnel:
    own, sa = _one_sa(group.members)
    table, index, _ = own[0]
    return IkeTunnel(
        group.identity,
        group.named.name,
        group.named.peer,
        own,
        sa,
        joins[IkePolicyMap].one(table, index, _NO_IKE_POLICY),
        joins[IkeIdentity].one(table, index, _NO_IDENTIFICATION),
        group.named,
    )


def _child_tunnel(group: _Group[ChildSa], joins: Joins, makers: _Makers) -> ChildTunnel:
    own, sa = _one_sa(group.members)
    table, index, _ = own[0]
    spis = joins[Spi].of(table, index)
    if len(own) > 1:
        spis = [spi for member in own for spi in joins[Spi].of(table, member.arc)]
    return ChildTunnel(
        group.identity,
        group.named.name,
        group.named.peer,
        own,
        sa,
        tuple(joins[Endpoint].of(table, index)),
        *_count(spis),
        joins[IpsecPolicyMap].one(table, index, _NO_POLICY),
        joins[InterfaceTunnel].one(table, index, _NO_INTERFACE),
        joins[IkePeerTunnel].one(table, index, _NO_ASSOCIATION),
        makers.name(group.identity, own[0]),
        group.named,
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
