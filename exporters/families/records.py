"""What a target records of its peers and past, and says of itself: `ipsec_gateway_` counts by reason, settings."""

from collector.model import (
    Certificate,
    ClosedChildSa,
    ClosedIkeSa,
    IkeFailure,
    IkePeer,
    IpsecFailure,
    MonitorSettings,
    NotificationSwitch,
    Spi,
)
from collector.model.ike import IkeSaFacts
from collector.model.ipsec import ChildSaFacts, EndpointFacts
from exporters.families.declare import Family, Label, Subject, gauge, info, labels

SAS = Subject(name="sas", labels=labels("direction", "protocol", "status"), entities={"": (Spi,)})
PEER = Subject(name="peer", labels=(Label("peer", "peer", ("IkePeer.remote_address",)),), entities={"": (IkePeer,)})
ASSOCIATION = Subject(
    name="association",
    labels=(
        Label("peer", "peer", ("IkePeer.remote_address",)),
        *labels(
            "local_identity_type",
            "local_identity",
            "remote_identity_type",
            "remote_identity",
            "internal_index",
            root="row",
        ),
    ),
    entities={"row": (IkePeer,)},
)
FAILURES = Subject(
    name="failures",
    labels=labels("phase", "protocol", "reason"),
    entities={"": (IkeFailure, IpsecFailure)},
)
HISTORY = Subject(name="history", labels=labels("phase", "reason"), entities={"": (ClosedIkeSa, ClosedChildSa)})
ORPHANS = Subject(name="orphans", labels=labels("entity"))
CERTIFICATE = Subject(name="certificate", entities={"": (Certificate,)})
MONITOR = Subject(name="monitor", labels=labels("mib"), entities={"": (MonitorSettings,)})
SWITCH = Subject(name="switch", labels=labels("notification"), entities={"": (NotificationSwitch,)})

_PEERS = (
    gauge(
        PEER,
        "ipsec_gateway_peer_associations",
        "associations",
        "Associations with the peer: pairs of local and remote identities",
        "cikePeerTable",
    ),
    gauge(
        PEER,
        "ipsec_gateway_peer_active_seconds",
        "active_seconds",
        "How long the oldest association with the peer has been active",
        "cikePeerActiveTime",
    ),
    gauge(
        PEER,
        "ipsec_gateway_peer_tunnels",
        "tunnels",
        "Phase-2 tunnels that belong to associations with the peer",
        "cikePeerCorrTable",
    ),
    info(
        ASSOCIATION,
        "ipsec_gateway_peer",
        (Label("local_address", "row.local_address"), Label("ike_index", "row.active_ike_index")),
        "An association with a peer, and the index of its IKE SA in use",
        "cikePeerTable",
    ),
)

_RECORDS = (
    gauge(
        SAS,
        "ipsec_gateway_sas",
        "sas",
        "SAs (SPIs) of all tunnels by direction, protocol and status",
        "cipSecSpiTable ceipSecSaTable ceipSecTunnelSaTable",
    ),
    gauge(
        HISTORY,
        "ipsec_gateway_history_rows",
        "rows",
        "Rows in the target's history of ended tunnels by phase and reason; checkPoint… are copies of live tunnels",
        "cikeTunHistTermReason cipSecTunHistTermReason cisgIpsSgTunHistTermReason ceipSecTunHistTermReason",
    ),
    gauge(
        HISTORY,
        "ipsec_gateway_history_last_end_uptime_seconds",
        "last_end_uptime_seconds",
        "Uptime of the target when the last such tunnel of its history ended",
        "cikeTunHistStartTime cikeTunHistActiveTime cipSecTunHistStartTime cipSecTunHistActiveTime "
        "cisgIpsSgTunHistStartTime cisgIpsSgTunHistActiveTime ceipSecTunHistStartTime ceipSecTunHistActiveTime",
        covers="ClosedIkeSa.start_uptime_seconds ClosedIkeSa.active_seconds "
        "ClosedChildSa.start_uptime_seconds ClosedChildSa.active_seconds",
    ),
    gauge(
        FAILURES,
        "ipsec_gateway_failure_rows",
        "rows",
        "Rows in the target's table of failures, by phase and reason",
        "cikeFailReason cipSecFailReason cisgIpsSgFailReason ceipSecFailReason",
    ),
    gauge(
        FAILURES,
        "ipsec_gateway_failure_last_uptime_seconds",
        "uptime_seconds",
        "Uptime of the target at the last such failure of its table",
        "cikeFailTime cipSecFailTime cisgIpsSgFailTime ceipSecFailTime",
    ),
    gauge(
        ORPHANS,
        "ipsec_gateway_orphan_rows",
        "rows",
        "Rows that name a tunnel by an index which no tunnel of the target has, by kind of row",
        "cipSecEndPtTable ceipSecEndPtTable cipSecSpiTable ceipSecSaTable ceipSecIfTunnelTable ikePolMapTable "
        "ipSecPolMapTable cikePeerCorrTable cifeTunnelExtTable",
    ),
)

_DEVICE = (
    info(
        CERTIFICATE,
        "ipsec_gateway_certificate",
        labels("subject", "serial_number", "issuer", "expiry", "renewal_status", "expiry_status"),
        "The certificate that the target renewed last or that expires",
        "ceipSecCertSubjectName ceipSecCertSerialNumber ceipSecCertIssuerName ceipSecCertExpiryTime "
        "ceipSecCertRenewalStatus ceipSecCertExpiryStatus",
    ),
    info(
        MONITOR,
        "ipsec_gateway_monitor",
        labels("mib_level", "checkpoint"),
        "How the target keeps its records of IPsec",
        "cipSecMibLevel cipSecHistCheckPoint",
    ),
    gauge(
        MONITOR,
        "ipsec_gateway_history_limit_rows",
        "history_rows",
        "Rows that the target's history of tunnels keeps; what overruns them between two polls is lost",
        "cipSecHistTableSize ceipSecHistTableSize cisgIpsSgHistTableSize",
    ),
    gauge(
        MONITOR,
        "ipsec_gateway_failure_limit_rows",
        "failure_rows",
        "Rows that the target's table of failures keeps",
        "cipSecFailTableSize ceipSecFailTableSize cisgIpsSgFailTableSize",
    ),
    gauge(
        SWITCH,
        "ipsec_gateway_notification_enabled",
        "enabled",
        "Whether the target sends this notification",
        "cipSecTrapCntl cipsCntl ceipSecNotifCntl cisgIpsSgNotifCntl cifIkeNotifCntl",
    ),
)

FAMILIES: tuple[Family, ...] = (*_PEERS, *_RECORDS, *_DEVICE)

_ENDED = "a series per ended tunnel has no bound; ended tunnels are counted by reason"
_FAILED = "a series per failure has no bound; failures are counted by reason"

LEFT_OUT: dict[str, str] = {
    "IkePeer.index": "made of its identities, which are labels of ipsec_gateway_peer_info",
    **{f"{name}.index": "there is one row" for name in ("Certificate", "MonitorSettings")},
    "NotificationSwitch.index": "told apart by `notification`",
    **{f"ClosedIkeSa.{field}": _ENDED for field in IkeSaFacts.__dataclass_fields__ if field != "active_seconds"},
    **{f"ClosedIkeSa.{field}": _ENDED for field in ("active_index", "peer_internal_index", "total_sas")},
    **{f"ClosedChildSa.{field}": _ENDED for field in ChildSaFacts.__dataclass_fields__ if field != "active_seconds"},
    **{f"ClosedChildSa.{field}": _ENDED for field in ("active_index", "total_sas")},
    **{f"ClosedEndpoint.{field}": _ENDED for field in EndpointFacts.__dataclass_fields__},
    **{f"ClosedEndpoint.{field}": _ENDED for field in ("closed_child_index", "active_index")},
    **{
        f"IkeFailure.{field}": _FAILED
        for field in (
            "index",
            "local_identity_type",
            "local_identity",
            "local_address",
            "remote_identity_type",
            "remote_identity",
            "remote_address",
        )
    },
    **{
        f"IpsecFailure.{field}": _FAILED
        for field in ("index", "child_index", "spi", "source_address", "destination_address")
    },
}
"""Fields (`Entity.field`) that no series tells, and why."""
