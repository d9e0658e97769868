"""Routing sessions inside and beside the tunnels."""

from dataclasses import dataclass

from collector.model.base import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingSpeaker(Entity):
    """The BGP speaker itself: bgpVersion, bgpLocalAs, bgpIdentifier, cbgpLocalAs."""

    versions: str | None = None
    local_as: int | None = None
    router_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingSession(Entity):
    """One BGP peering: bgpPeerEntry (with cbgpPeerEntry), cbgpPeer2Entry, cbgpPeer3Entry."""

    vrf: str | None = None
    """The VRF where the row itself tells it (cbgpPeer3VrfName); otherwise the origin's."""
    remote_address: str | None = None
    remote_as: int | None = None
    remote_port: int | None = None
    remote_id: str | None = None
    local_address: str | None = None
    local_as: int | None = None
    local_port: int | None = None
    local_id: str | None = None
    state: str | None = None
    previous_state: str | None = None
    admin_status: str | None = None
    version: int | None = None
    receive_updates: int | None = None
    transmit_updates: int | None = None
    receive_messages: int | None = None
    transmit_messages: int | None = None
    last_error: str | None = None
    """Code and subcode of the last NOTIFICATION as four hex digits."""
    last_error_text: str | None = None
    established_transitions: int | None = None
    established_seconds: float | None = None
    """How long it has been established, or not been since it last was."""
    since_update_seconds: float | None = None
    connect_retry_seconds: float | None = None
    hold_seconds: float | None = None
    keepalive_seconds: float | None = None
    configured_hold_seconds: float | None = None
    configured_keepalive_seconds: float | None = None
    min_origination_seconds: float | None = None
    min_advertisement_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingChannel(Entity):
    """One address family of a BGP peering: cbgpPeerAddrFamilyPrefixEntry, cbgpPeer2AddrFamilyPrefixEntry."""

    remote_address: str | None = None
    afi: str | None = None
    safi: str | None = None
    name: str | None = None
    accepted_prefixes: int | None = None
    denied_prefixes: int | None = None
    prefix_limit: int | None = None
    threshold_ratio: float | None = None
    clear_threshold_ratio: float | None = None
    advertised_prefixes: int | None = None
    suppressed_prefixes: int | None = None
    withdrawn_prefixes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingCapability(Entity):
    """One capability that a BGP peering negotiated: cbgpPeerCapsEntry, cbgpPeer2CapsEntry."""

    remote_address: str | None = None
    code: str | None = None
    sequence: int | None = None
    value: str | None = None
    """Hex octets."""
