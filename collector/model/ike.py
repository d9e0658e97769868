"""Phase 1: gateways, peers, IKE SAs and their ends."""

from dataclasses import dataclass

from collector.model.base import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeExchangeCounters(Entity):
    """Traffic and phase-2 exchanges of IKE, as gateway totals, live IKE SAs and closed ones all count them."""

    receive_bytes: int | None = None
    receive_packets: int | None = None
    receive_dropped_packets: int | None = None
    receive_notifies: int | None = None
    receive_exchanges: int | None = None
    """Phase-2 exchanges (SA payloads) received."""
    receive_invalid_exchanges: int | None = None
    receive_rejected_exchanges: int | None = None
    receive_delete_requests: int | None = None
    """Phase-2 SA delete requests received."""
    transmit_bytes: int | None = None
    transmit_packets: int | None = None
    transmit_dropped_packets: int | None = None
    transmit_notifies: int | None = None
    transmit_exchanges: int | None = None
    transmit_invalid_exchanges: int | None = None
    transmit_rejected_exchanges: int | None = None
    transmit_delete_requests: int | None = None
    receive_new_group_requests: int | None = None
    transmit_new_group_requests: int | None = None
    receive_new_group_rejects: int | None = None
    transmit_new_group_rejects: int | None = None
    receive_configs: int | None = None
    """Mode configuration payloads received."""
    transmit_configs: int | None = None
    receive_config_rejects: int | None = None
    transmit_config_rejects: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeGateway(IkeExchangeCounters):
    """IKE totals: cikeGlobalStats of a context, cikePhase1GWStatsEntry of a gateway, cisgIpsSgGlobalStatsEntry."""

    gateway: str | None = None
    """cmgwIndex of a per-gateway row; absent for the totals of the whole context."""
    protocol: str | None = None
    """Control protocol of a per-protocol row (cisgIpsSgProtocol)."""
    active_tunnels: int | None = None
    previous_tunnels: int | None = None
    initiated_tunnels: int | None = None
    initiated_tunnel_failures: int | None = None
    responded_tunnels: int | None = None
    responded_tunnel_failures: int | None = None
    system_capacity_failures: int | None = None
    authentication_failures: int | None = None
    decryption_failures: int | None = None
    hash_validation_failures: int | None = None
    no_sa_failures: int | None = None
    receive_ike_delete_requests: int | None = None
    transmit_ike_delete_requests: int | None = None
    receive_xauths: int | None = None
    receive_xauth_failures: int | None = None
    transmit_xauth_failures: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IkePeer(Entity):
    """A peer association: cikePeerEntry."""

    local_identity_type: str | None = None
    local_identity: str | None = None
    remote_identity_type: str | None = None
    remote_identity: str | None = None
    internal_index: int | None = None
    local_address: str | None = None
    remote_address: str | None = None
    active_seconds: float | None = None
    active_ike_index: int | None = None
    """cikeTunIndex of the IKE SA in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IkePeerTunnel(Entity):
    """Which phase-2 tunnel belongs to which peer association: cikePeerCorrEntry."""

    local_identity_type: str | None = None
    local_identity: str | None = None
    remote_identity_type: str | None = None
    remote_identity: str | None = None
    internal_index: int | None = None
    sequence: int | None = None
    child_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeSaFacts(IkeExchangeCounters):
    """What a live and a closed IKE SA have in common."""

    protocol: str | None = None
    """Control protocol where the MIB tells it (cisgIpsSgProtocol): `ikev1`, …"""
    local_identity_type: str | None = None
    local_identity: str | None = None
    local_address: str | None = None
    local_name: str | None = None
    remote_identity_type: str | None = None
    remote_identity: str | None = None
    remote_address: str | None = None
    remote_name: str | None = None
    negotiation_mode: str | None = None
    dh_group: str | None = None
    encryption: str | None = None
    encryption_key_bits: int | None = None
    hash: str | None = None
    authentication: str | None = None
    lifetime_seconds: float | None = None
    active_seconds: float | None = None
    refreshes: int | None = None
    """Phase-2 refreshes (quick mode exchanges) made under this SA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeSa(IkeSaFacts):
    """A live IKE SA: cikeTunnelEntry, or cisgIpsSgTunnelEntry with cifIkeTunnelEntry."""

    refresh_threshold_seconds: float | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedIkeSa(IkeSaFacts):
    """A closed IKE SA: cikeTunnelHistEntry, cisgIpsSgTunnelHistEntry."""

    reason: str | None = None
    """Why it ended; `checkPointReg` marks a copy of a live SA, not an end."""
    active_index: int | None = None
    """cikeTunIndex while it lived."""
    peer_internal_index: int | None = None
    start_uptime_seconds: float | None = None
    """sysUpTime at its start."""
    total_sas: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeFailure(Entity):
    """A phase-1 failure: cikeFailEntry, cisgIpsSgFailEntry."""

    protocol: str | None = None
    reason: str | None = None
    uptime_seconds: float | None = None
    """sysUpTime at the failure."""
    local_identity_type: str | None = None
    local_identity: str | None = None
    local_address: str | None = None
    remote_identity_type: str | None = None
    remote_identity: str | None = None
    remote_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeIdentity(Entity):
    """The identities that an IKE SA was made with: cifeTunnelExtEntry."""

    protocol: str | None = None
    ike_index: int | None = None
    doi: str | None = None
    local_identity_type: str | None = None
    local_identity: str | None = None
    remote_identity_type: str | None = None
    remote_identity: str | None = None
