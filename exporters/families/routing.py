"""Routing sessions: `bgp_session_`, the same for whatever speaks BGP."""

from collector.model import RoutingCapability, RoutingChannel, RoutingSession, RoutingSpeaker
from exporters.families.declare import Family, Label, Subject, counter, gauge, info, labels

SPEAKER = Subject(name="speaker", entities={"": (RoutingSpeaker,)})
SESSION = Subject(
    name="session",
    labels=(Label("peer", "peer", ("RoutingSession.remote_address", "RoutingSession.vrf")),),
    entities={"row": (RoutingSession,)},
)
SESSION_STATE = Subject(
    name="session_state",
    labels=(Label("peer", "peer"), Label("state", "state", ("RoutingSession.state",))),
)
CHANNEL = Subject(
    name="channel",
    labels=(Label("peer", "peer", ("RoutingChannel.remote_address",)), *labels("afi", "safi", root="row")),
    entities={"row": (RoutingChannel,)},
)
CAPABILITY = Subject(
    name="capability",
    labels=(Label("peer", "peer", ("RoutingCapability.remote_address",)), *labels("code", "sequence", root="row")),
    entities={"row": (RoutingCapability,)},
)


def _peer_objects(*stems: str) -> str:
    """Name the columns of all three peer tables."""
    return " ".join(f"{table}{stem}" for stem in stems for table in ("bgpPeer", "cbgpPeer2", "cbgpPeer3"))


_STATE = (
    gauge(SESSION, "bgp_session_up", "up", "Whether the session is established", _peer_objects("State")),
    gauge(
        SESSION_STATE,
        "bgp_session_state",
        "current",
        "1 for the state that the session is in, 0 for all others",
        _peer_objects("State"),
    ),
    gauge(
        SESSION,
        "bgp_session_enabled",
        "enabled",
        "Whether the session is to be established",
        _peer_objects("AdminStatus"),
    ),
    info(
        SESSION,
        "bgp_session",
        labels(
            "remote_as",
            "remote_id",
            "remote_port",
            "local_address",
            "local_as",
            "local_id",
            "local_port",
            "version",
            "previous_state",
            "admin_status",
            "last_error",
            "last_error_text",
            root="row",
        ),
        "What describes the session; last_error is code and subcode of the last NOTIFICATION",
        "bgpPeerTable cbgpPeerTable cbgpPeer2Table cbgpPeer3Table",
    ),
)

_COUNTERS = tuple(
    counter(SESSION, f"bgp_session_{field}", f"row.{field}", text, _peer_objects(stem))
    for field, text, stem in (
        ("established_transitions", "Transitions of the session to established", "FsmEstablishedTransitions"),
        ("receive_updates", "UPDATE messages received", "InUpdates"),
        ("transmit_updates", "UPDATE messages sent", "OutUpdates"),
        ("receive_messages", "Messages of all kinds received", "InTotalMessages"),
        ("transmit_messages", "Messages of all kinds sent", "OutTotalMessages"),
    )
)

_TIMES = tuple(
    gauge(SESSION, f"bgp_session_{field}", f"row.{field}", text, _peer_objects(stem))
    for field, text, stem in (
        (
            "established_seconds",
            "How long the session has been established, or not been since it last was",
            "FsmEstablishedTime",
        ),
        ("since_update_seconds", "Time since the last UPDATE message was received", "InUpdateElapsedTime"),
        ("hold_seconds", "Hold time that was negotiated", "HoldTime"),
        ("keepalive_seconds", "Interval of KEEPALIVE messages that was negotiated", "KeepAlive"),
        ("configured_hold_seconds", "Hold time that is configured", "HoldTimeConfigured"),
        ("configured_keepalive_seconds", "Interval of KEEPALIVE messages that is configured", "KeepAliveConfigured"),
        ("connect_retry_seconds", "Interval between attempts to connect", "ConnectRetryInterval"),
        (
            "min_origination_seconds",
            "Least interval between UPDATE messages about the target's own autonomous system",
            "MinASOriginationInterval",
        ),
        (
            "min_advertisement_seconds",
            "Least interval between advertisements of one destination",
            "MinRouteAdvertisementInterval",
        ),
    )
)


def _channel_objects(stem: str) -> str:
    return f"cbgpPeer{stem} cbgpPeer2{stem}"


_CHANNELS = (
    gauge(
        CHANNEL,
        "bgp_session_accepted_prefixes",
        "row.accepted_prefixes",
        "Prefixes received in the session that are accepted now",
        _channel_objects("AcceptedPrefixes"),
    ),
    *(
        counter(CHANNEL, f"bgp_session_{field}", f"row.{field}", text, _channel_objects(stem))
        for field, text, stem in (
            ("denied_prefixes", "Prefixes received in the session and denied", "DeniedPrefixes"),
            ("advertised_prefixes", "Prefixes advertised in the session", "AdvertisedPrefixes"),
            ("suppressed_prefixes", "Prefixes not advertised in the session", "SuppressedPrefixes"),
            ("withdrawn_prefixes", "Prefixes withdrawn in the session", "WithdrawnPrefixes"),
        )
    ),
    gauge(
        CHANNEL,
        "bgp_session_prefix_limit",
        "row.prefix_limit",
        "Prefixes that may be received in the session before it is closed",
        _channel_objects("PrefixAdminLimit"),
    ),
    gauge(
        CHANNEL,
        "bgp_session_prefix_threshold_ratio",
        "row.threshold_ratio",
        "The target warns when the session is this near to its limit of prefixes",
        _channel_objects("PrefixThreshold"),
    ),
    gauge(
        CHANNEL,
        "bgp_session_prefix_clear_threshold_ratio",
        "row.clear_threshold_ratio",
        "The target takes its warning back when the session is no nearer than this to its limit of prefixes",
        _channel_objects("PrefixClearThreshold"),
    ),
    info(
        CHANNEL,
        "bgp_session_channel",
        (Label("name", "row.name"),),
        "An address family of the session",
        _channel_objects("AddrFamilyName"),
    ),
)

FAMILIES: tuple[Family, ...] = (
    *_STATE,
    *_COUNTERS,
    *_TIMES,
    *_CHANNELS,
    info(
        CAPABILITY,
        "bgp_session_capability",
        (Label("value", "row.value"),),
        "A capability that the session negotiated; the value in hex",
        "cbgpPeerCapsTable cbgpPeer2CapsTable",
    ),
    info(
        SPEAKER,
        "ipsec_gateway_bgp",
        labels("versions", "local_as", "router_id"),
        "The target's BGP speaker",
        "bgpVersion bgpLocalAs bgpIdentifier cbgpLocalAs",
    ),
)

LEFT_OUT: dict[str, str] = {
    "RoutingSpeaker.index": "there is one row",
    "RoutingSession.index": "made of the peer's address",
    "RoutingChannel.index": "made of the peer's address and the address family",
    "RoutingCapability.index": "made of the peer's address, code and sequence",
}
"""Fields (`Entity.field`) that no series tells, and why."""
