"""The vocabulary: what a target was seen to be, in field terms and base units.

Every class is frozen, slotted and keyword-only. Absent is `None`, never 0. Times are seconds or Unix time, sizes are
octets ("bytes"), enumerations are the labels of their MIB (`"preSharedKey"`), values outside the MIB's list are kept
as `"unknown(14)"`. "Receive" and "transmit" are from the target's point of view. Counters are as the target counts
them: they start again with a new incarnation, wrap where the target's column wraps, and are made monotonic later
(`tunnels`), never here.
"""

from collector.model.base import (
    GLOBAL_VRF,
    Context,
    Entity,
    Origin,
    PollCosts,
    Snapshot,
    System,
)
from collector.model.ike import (
    ClosedIkeSa,
    IkeExchangeCounters,
    IkeFailure,
    IkeGateway,
    IkeIdentity,
    IkePeer,
    IkePeerTunnel,
    IkeSa,
    IkeSaFacts,
)
from collector.model.ipsec import (
    Certificate,
    ChildSa,
    ChildSaFacts,
    ClosedChildSa,
    ClosedEndpoint,
    Endpoint,
    EndpointFacts,
    InterfaceTunnel,
    IpsecFailure,
    IpsecGateway,
    IpsecTraffic,
    Spi,
)
from collector.model.policy import (
    CryptoMap,
    CryptoMapInterface,
    CryptoMapSet,
    CryptoSettings,
    IkePolicyMap,
    IpsecPolicyMap,
    IsakmpPolicy,
    MonitorSettings,
    NotificationSwitch,
)
from collector.model.routing import (
    RoutingCapability,
    RoutingChannel,
    RoutingSession,
    RoutingSpeaker,
)

__all__ = [
    "ENTITIES",
    "GLOBAL_VRF",
    "Certificate",
    "ChildSa",
    "ChildSaFacts",
    "ClosedChildSa",
    "ClosedEndpoint",
    "ClosedIkeSa",
    "Context",
    "CryptoMap",
    "CryptoMapInterface",
    "CryptoMapSet",
    "CryptoSettings",
    "Endpoint",
    "EndpointFacts",
    "Entity",
    "IkeExchangeCounters",
    "IkeFailure",
    "IkeGateway",
    "IkeIdentity",
    "IkePeer",
    "IkePeerTunnel",
    "IkePolicyMap",
    "IkeSa",
    "IkeSaFacts",
    "InterfaceTunnel",
    "IpsecFailure",
    "IpsecGateway",
    "IpsecPolicyMap",
    "IpsecTraffic",
    "IsakmpPolicy",
    "MonitorSettings",
    "NotificationSwitch",
    "Origin",
    "PollCosts",
    "RoutingCapability",
    "RoutingChannel",
    "RoutingSession",
    "RoutingSpeaker",
    "Snapshot",
    "Spi",
    "System",
]

ENTITIES: dict[str, type[Entity]] = {
    entity.__name__: entity
    for entity in (
        System,
        Context,
        IkeGateway,
        IkePeer,
        IkePeerTunnel,
        IkeSa,
        ClosedIkeSa,
        IkeFailure,
        IkeIdentity,
        IpsecGateway,
        ChildSa,
        ClosedChildSa,
        Endpoint,
        ClosedEndpoint,
        Spi,
        IpsecFailure,
        InterfaceTunnel,
        Certificate,
        MonitorSettings,
        NotificationSwitch,
        CryptoSettings,
        IsakmpPolicy,
        CryptoMapSet,
        CryptoMap,
        CryptoMapInterface,
        IkePolicyMap,
        IpsecPolicyMap,
        RoutingSpeaker,
        RoutingSession,
        RoutingChannel,
        RoutingCapability,
    )
}
"""Every kind of entity by its name, as `mibs/*.yaml` and `families.py` name them."""
