"""Tunnels, as they are at one moment: the SAs of one identity, and what else the target tells of them."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from collector.model import (
    ChildSa,
    Endpoint,
    IkeIdentity,
    IkePeerTunnel,
    IkePolicyMap,
    IkeSa,
    InterfaceTunnel,
    IpsecPolicyMap,
    Spi,
)
from collector.tunnels.names import Identity
from collector.tunnels.rules import Named

RECEIVE = frozenset({"in", "saDirectionIn"})
"""Directions of SAs on which the target receives."""
TRANSMIT = frozenset({"out", "saDirectionOut"})
"""Directions of SAs on which it transmits."""


SaT = TypeVar("SaT", bound=ChildSa | IkeSa)


class Member(NamedTuple, Generic[SaT]):
    """A row among those that are one tunnel."""

    table: int
    """Which of the tables (modules) that were looked at has it."""
    arc: int
    """The row's index; -1 if it has none."""
    row: SaT


class SaCounts(NamedTuple):
    """How many SAs a tunnel has; `None` where the target has no table of SPIs, or no row of this tunnel in it."""

    receive_active: int | None = None
    receive_expiring: int | None = None
    transmit_active: int | None = None
    transmit_expiring: int | None = None


class ChildTunnel(NamedTuple):
    """A tunnel on the level of CHILD SAs."""

    identity: Identity
    name: str
    peer: str
    members: tuple[Member[ChildSa], ...]
    """Rows that are this tunnel, newest first: two while a new SA overlaps an old one."""
    sa: ChildSa
    """Counters are those of all rows together, everything else is the newest row's."""
    endpoints: tuple[Endpoint, ...]
    spis: tuple[Spi, ...]
    sas: SaCounts
    policy: IpsecPolicyMap
    interface: InterfaceTunnel
    association: IkePeerTunnel
    ike_tunnel: str | None
    """Name of the IKE tunnel that made it: by row index, else by addresses (Cisco bug CSCvb16714)."""
    named: Named

    @property
    def rows(self) -> int:
        """How many rows are this tunnel."""
        return len(self.members)

    @property
    def selectors(self) -> str | None:
        """All pairs of traffic selectors."""
        return ",".join(self.identity.selectors) or None

    @property
    def selector_pairs(self) -> int | None:
        """How many pairs of traffic selectors the target told."""
        return len(self.endpoints) or None

    @property
    def local_endpoint_names(self) -> str | None:
        """Names of the local traffic selectors."""
        return _joined([endpoint.local_name for endpoint in self.endpoints if endpoint.local_name])

    @property
    def remote_endpoint_names(self) -> str | None:
        """Names of the remote traffic selectors."""
        return _joined([endpoint.remote_name for endpoint in self.endpoints if endpoint.remote_name])

    @property
    def receive_spis(self) -> str | None:
        """SPIs of what the target receives: `esp:0xe7fb3f32`."""
        return _listed(self.spis, RECEIVE) if self.spis else None

    @property
    def transmit_spis(self) -> str | None:
        """SPIs of what the target transmits."""
        return _listed(self.spis, TRANSMIT) if self.spis else None


class IkeTunnel(NamedTuple):
    """A tunnel on the level of IKE SAs."""

    identity: Identity
    name: str
    peer: str
    members: tuple[Member[IkeSa], ...]
    sa: IkeSa
    policy: IkePolicyMap
    identification: IkeIdentity
    named: Named

    @property
    def rows(self) -> int:
        """How many rows are this tunnel."""
        return len(self.members)


NO_CHILD = ChildTunnel(
    Identity("", "", "child", None, None, ()),
    "",
    "",
    (),
    ChildSa(),
    (),
    (),
    SaCounts(),
    IpsecPolicyMap(),
    InterfaceTunnel(),
    IkePeerTunnel(),
    None,
    Named("", ""),
)
"""What is told of a tunnel that has no CHILD SA."""
NO_IKE = IkeTunnel(
    Identity("", "", "ike", None, None, ()), "", "", (), IkeSa(), IkePolicyMap(), IkeIdentity(), Named("", "")
)
"""What is told of a tunnel that has no IKE SA."""


class Tunnels(NamedTuple):
    """The tunnels of one context."""

    children: tuple[ChildTunnel, ...] = ()
    ikes: tuple[IkeTunnel, ...] = ()
    orphans: tuple[tuple[str, int], ...] = ()
    """Rows that name a tunnel which is not there, by kind of entity."""


def _joined(texts: Sequence[str]) -> str | None:
    return ",".join(sorted(set(texts))) if texts else None


def _listed(spis: Sequence[Spi], directions: frozenset[str]) -> str | None:
    return _joined([f"{row.protocol or 'sa'}:{row.spi:#x}" for row in spis if row.direction in directions and row.spi])
