"""What is said about a spoke: its addresses, its proposals, and the script of what happens to it."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from collector.demo.counters import Flow


class Act(Enum):
    """What can happen to a spoke."""

    UP = auto()
    """It negotiates the IKE SA, if there is none, and the phase-2 tunnels."""
    IKE_UP = auto()
    """It negotiates the IKE SA only."""
    REKEY = auto()
    """Its phase-2 tunnels get new SAs; the old ones live on for a few seconds."""
    IKE_REKEY = auto()
    """A new IKE SA takes over; the phase-2 tunnels stay."""
    DOWN = auto()
    """All of it ends, for a reason."""
    IKE_REFUSED = auto()
    """A phase-1 negotiation fails, for a reason."""
    CHILD_REFUSED = auto()
    """A phase-2 negotiation fails, for a reason."""


class End(Enum):
    """Why a tunnel ends; the numbers of cikeTunHistTermReason, which cipSecTunHistTermReason shares."""

    NORMAL = 2
    PEER_DELETED = 4
    PEER_LOST = 5


IKE_PEER_LOST, IKE_AUTH_FAILURE, IKE_HASH_VALIDATION, IKE_PROPOSAL_FAILURE = 3, 5, 6, 10
"""Of cikeFailReason."""
CHILD_PROPOSAL_FAILURE, CHILD_PEER_LOST = 4, 14
"""Of cipSecFailReason."""


class Step(NamedTuple):
    """One line of a script: so many seconds after the one before, this happens."""

    seconds: float
    act: Act
    reason: int = End.NORMAL.value


class IkeProposal(NamedTuple):
    """What an IKE SA was negotiated with, in the MIB's numbers and order."""

    mode: int
    dh_group: int
    encryption: int
    hash: int
    authentication: int
    life_seconds: int


class ChildProposal(NamedTuple):
    """How long the SAs of a phase-2 tunnel may live, in the MIB's numbers and order."""

    key_type: int
    encapsulation: int
    life_kilobytes: int
    life_seconds: int


class Transform(NamedTuple):
    """What the SAs of a phase-2 tunnel are made with, in the MIB's numbers and order."""

    dh_group: int
    encryption: int
    ah: int
    esp: int
    compression: int


class Selector(NamedTuple):
    """Traffic that a phase-2 tunnel protects: cipSecEndPtType, and two addresses of either side."""

    kind: int
    local_first: bytes
    local_second: bytes
    remote_first: bytes
    remote_second: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke:
    """A branch office at the other end of a tunnel, and its script."""

    name: str
    note: str
    """What there is to see of it."""
    address: bytes
    selectors: tuple[Selector, ...]
    sequence: int
    """Its entry in the crypto map of the VRF."""
    inbound: Flow
    outbound: Flow
    ike: IkeProposal
    child: ChildProposal
    transform: Transform
    domain_name: str | None = None
    """Its IKE identity, where that is a name."""
    initiated_here: bool = False
    replay_every: int = 0
    """One in so many packets is dropped as a replay; 0 is none."""
    up_for: float | None = None
    """Seconds that it has been up when the simulation starts; absent: it is down then."""
    intro: tuple[Step, ...] = ()
    loop: tuple[Step, ...] = ()
    bgp: tuple[bytes, int] | None = None
    """The BGP neighbour inside the tunnel, and its AS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VrfPlan:
    """A VRF, its SNMP context and community, and who is in it."""

    name: str
    context: str
    community: str
    local_address: bytes
    crypto_map: str
    interface: int
    spokes: tuple[Spoke, ...]
