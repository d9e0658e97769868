"""The vocabulary: what a target was seen to be, in field terms and base units.

Every class is frozen, slotted and keyword-only. Absent is `None`, never 0. Times are seconds or Unix time, sizes are
octets ("bytes"), enumerations are the labels of their MIB (`"preSharedKey"`), values outside the MIB's list are kept
as `"unknown(14)"`. "Receive" and "transmit" are from the target's point of view. Counters are as the target counts
them: they start again with a new incarnation, wrap where the target's column wraps, and are made monotonic later
(`tunnels`), never here.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

GLOBAL_VRF = "global"
"""The name of the default VRF wherever a VRF is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a snapshot is from; a new snapshot replaces the last one of the same origin, whole."""

    target: str
    vrf: str = GLOBAL_VRF
    source: str
    """Kind of source: `snmp`, later `vici`, `bird`, …"""
    module: str
    """Tables polled together (`mibs/modules.yaml`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One conceptual row, or the scalars of one group."""

    index: str = ""
    """The row's index in dotted text, for the reader; never identity: it changes at each re-establishment and wraps."""


# --- the system -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class System(Entity):
    """SNMPv2-MIB system group and SNMP-FRAMEWORK-MIB snmpEngine group of the default context."""

    description: str | None = None
    object_id: str | None = None
    uptime_seconds: float | None = None
    """sysUpTime; wraps after 497 days."""
    name: str | None = None
    engine_id: str | None = None
    engine_boots: int | None = None
    engine_seconds: int | None = None
    """snmpEngineTime: seconds since snmpEngineBoots last moved; does not wrap at 497 days."""


# --- phase 1: IKE -----------------------------------------------------------------------------------------------------


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


# --- phase 2: IPsec ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class IpsecTraffic(Entity):
    """Traffic, drops and failures of IPsec, as gateway totals, tunnels, SAs and closed tunnels all count them."""

    receive_bytes: int | None = None
    receive_decompressed_bytes: int | None = None
    receive_packets: int | None = None
    receive_dropped_packets: int | None = None
    receive_replay_dropped_packets: int | None = None
    receive_authentications: int | None = None
    receive_authentication_failures: int | None = None
    receive_decryptions: int | None = None
    receive_decryption_failures: int | None = None
    transmit_bytes: int | None = None
    transmit_uncompressed_bytes: int | None = None
    transmit_packets: int | None = None
    transmit_dropped_packets: int | None = None
    transmit_authentications: int | None = None
    transmit_authentication_failures: int | None = None
    transmit_encryptions: int | None = None
    transmit_encryption_failures: int | None = None
    transmit_compressed_packets: int | None = None
    transmit_compression_skipped_packets: int | None = None
    transmit_compression_failed_packets: int | None = None
    transmit_compression_too_small_packets: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpsecGateway(IpsecTraffic):
    """IPsec totals: cipSecGlobalStats, ceipSecGlobalStats of a context, cipSecPhase2GWStatsEntry of a gateway."""

    gateway: str | None = None
    active_tunnels: int | None = None
    previous_tunnels: int | None = None
    protocol_use_failures: int | None = None
    no_sa_failures: int | None = None
    system_capacity_failures: int | None = None
    throughput_interval_seconds: float | None = None
    throughput_updated_uptime_seconds: float | None = None
    throughput_bits_per_second: float | None = None
    throughput_packets_per_second: float | None = None
    throughput_packet_bytes: int | None = None
    throughput_ratio: float | None = None
    peak_throughput_ratio: float | None = None
    peak_throughput_timestamp_seconds: float | None = None
    peak_throughput_bits_per_second: float | None = None
    peak_throughput_packet_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSaFacts(IpsecTraffic):
    """What a live and a closed phase-2 tunnel have in common."""

    ike_index: int | None = None
    """cikeTunIndex of the IKE SA that made it; may match no row (Cisco bug CSCvb16714)."""
    control_protocol: str | None = None
    local_address: str | None = None
    remote_address: str | None = None
    key_type: str | None = None
    encapsulation_mode: str | None = None
    nat_traversal: str | None = None
    lifetime_bytes: int | None = None
    lifetime_seconds: float | None = None
    active_seconds: float | None = None
    refreshes: int | None = None
    """Rekeys: SAs that replaced another one within this tunnel."""
    receive_dh_group: str | None = None
    receive_encryption: str | None = None
    receive_encryption_key_bits: int | None = None
    receive_ah_authentication: str | None = None
    receive_esp_authentication: str | None = None
    receive_decompression: str | None = None
    transmit_dh_group: str | None = None
    transmit_encryption: str | None = None
    transmit_encryption_key_bits: int | None = None
    transmit_ah_authentication: str | None = None
    transmit_esp_authentication: str | None = None
    transmit_compression: str | None = None
    path_mtu_bytes: int | None = None
    interface_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSa(ChildSaFacts):
    """A live phase-2 tunnel: cipSecTunnelEntry, ceipSecTunnelEntry."""

    ike_alive: bool | None = None
    """Whether the IKE SA that made it still lives; `False` on whole devices that never say otherwise (FTD)."""
    bytes_threshold: int | None = None
    """SA refresh is due when this many octets of its life are left."""
    seconds_threshold: float | None = None
    expired_sas: int | None = None
    current_sas: int | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedChildSa(ChildSaFacts):
    """A closed phase-2 tunnel: cipSecTunnelHistEntry, ceipSecTunnelHistEntry."""

    reason: str | None = None
    """Why it ended; `checkPointReq` marks a copy of a live tunnel, not an end."""
    active_index: int | None = None
    start_uptime_seconds: float | None = None
    total_sas: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFacts(Entity):
    """One pair of traffic selectors of a phase-2 tunnel."""

    local_name: str | None = None
    local_type: str | None = None
    local_first_address: str | None = None
    local_second_address: str | None = None
    """The mask of a subnet, the last address of a range, the same address again for a single one."""
    local_protocol: int | None = None
    local_port: int | None = None
    remote_name: str | None = None
    remote_type: str | None = None
    remote_first_address: str | None = None
    remote_second_address: str | None = None
    remote_protocol: int | None = None
    remote_port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(EndpointFacts):
    """A live pair of traffic selectors: cipSecEndPtEntry, ceipSecEndPtEntry."""

    child_index: int | None = None
    endpoint: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedEndpoint(EndpointFacts):
    """A pair of traffic selectors of a closed tunnel: cipSecEndPtHistEntry, ceipSecEndPtHistEntry."""

    closed_child_index: int | None = None
    """cipSecTunHistIndex of the closed tunnel."""
    active_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spi(IpsecTraffic):
    """One security association of a phase-2 tunnel: cipSecSpiEntry, ceipSecSaEntry, ceipSecTunnelSaEntry."""

    child_index: int | None = None
    sequence: int | None = None
    direction: str | None = None
    spi: int | None = None
    protocol: str | None = None
    status: str | None = None
    interface_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpsecFailure(Entity):
    """A phase-2 failure: cipSecFailEntry, ceipSecFailEntry."""

    reason: str | None = None
    uptime_seconds: float | None = None
    child_index: int | None = None
    spi: int | None = None
    source_address: str | None = None
    destination_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceTunnel(Entity):
    """A phase-2 tunnel on an interface: ceipSecIfTunnelEntry."""

    interface_index: int | None = None
    child_index: int | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Entity):
    """The device's certificate that expires or was renewed last: ceipSecCert* scalars."""

    subject: str | None = None
    serial_number: str | None = None
    issuer: str | None = None
    expiry: str | None = None
    """As the device writes it."""
    renewal_status: str | None = None
    expiry_status: str | None = None


# --- settings and policy ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorSettings(Entity):
    """How the device keeps its IPsec records: cipSecMibLevel, cipSecHist*, cipSecFailTableSize and their successors."""

    mib: str | None = None
    mib_level: int | None = None
    history_rows: int | None = None
    """Rows that the history table keeps: what overruns them between two polls is lost."""
    failure_rows: int | None = None
    checkpoint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSwitch(Entity):
    """Whether the device sends one kind of notification: cipSecTrapCntl*, cipsCntl* and their kin."""

    notification: str
    enabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CryptoSettings(Entity):
    """Global settings and counters of CISCO-IPSEC-MIB."""

    isakmp_enabled: bool | None = None
    isakmp_identity: str | None = None
    keepalive_interval_seconds: float | None = None
    isakmp_policies: int | None = None
    sa_lifetime_seconds: float | None = None
    sa_lifetime_bytes: int | None = None
    static_crypto_map_sets: int | None = None
    cet_crypto_map_sets: int | None = None
    dynamic_crypto_map_sets: int | None = None
    discovery_crypto_map_sets: int | None = None
    discovery_probes_received: int | None = None
    discovery_probes_sent: int | None = None
    discovery_failures: int | None = None
    max_sas: int | None = None
    """The platform's limit; 0 is no limit (cipsMaxSAs)."""
    triple_des_capable: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IsakmpPolicy(Entity):
    """One ISAKMP policy: cipsIsakmpPolicyEntry."""

    priority: int | None = None
    encryption: str | None = None
    hash: str | None = None
    authentication: str | None = None
    dh_group: str | None = None
    lifetime_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CryptoMapSet(Entity):
    """One crypto map set: cipsStaticCryptomapSetEntry, cipsDynamicCryptomapSetEntry."""

    name: str | None = None
    kind: str
    """`static` or `dynamic`."""
    entries: int | None = None
    isakmp_entries: int | None = None
    manual_entries: int | None = None
    cet_entries: int | None = None
    dynamic_entries: int | None = None
    discovery_entries: int | None = None
    sas: int | None = None
    associated_sets: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CryptoMap(Entity):
    """One entry of a static crypto map set: cipsStaticCryptomapEntry."""

    set_name: str | None = None
    priority: int | None = None
    type: str | None = None
    description: str | None = None
    peer: str | None = None
    peers: int | None = None
    pfs: str | None = None
    lifetime_seconds: float | None = None
    lifetime_bytes: int | None = None
    per_host: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CryptoMapInterface(Entity):
    """A crypto map set on an interface: cipsCryptomapSetIfEntry."""

    interface_index: int | None = None
    set_name: str | None = None
    virtual: bool | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IkePolicyMap(Entity):
    """The ISAKMP policy that made an IKE SA: ikePolMapEntry."""

    ike_index: int | None = None
    policy: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpsecPolicyMap(Entity):
    """The crypto map that made a phase-2 tunnel: ipSecPolMapEntry."""

    child_index: int | None = None
    crypto_map: str | None = None
    crypto_map_sequence: int | None = None
    access_list: str | None = None
    access_list_entry: str | None = None


# --- routing ----------------------------------------------------------------------------------------------------------


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


# --- snapshots --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PollCosts:
    """What one poll took on the wire and what was odd about it."""

    requests: int = 0
    retries: int = 0
    timeouts: int = 0
    varbinds: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    decode_errors: int = 0
    """Values that could not be decoded; each cost its value only."""
    faults: tuple[tuple[str, int], ...] = ()
    """What the agent did against its protocol, by kind (`non-increasing`, `ragged-rows`, …) and how often."""
    full: bool = True
    """Whether every column was read, the static ones too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one poll saw; a failed poll has an error and no entities."""

    origin: Origin
    taken_at: float
    """Unix time at the start of the poll."""
    duration_seconds: float
    entities: tuple[Entity, ...] = ()
    error: str | None = None
    missing: tuple[str, ...] = ()
    """Tables that the target does not have."""
    costs: PollCosts = field(default_factory=PollCosts)


EntityType: TypeAlias = type[Entity]

ENTITIES: dict[str, EntityType] = {
    entity.__name__: entity
    for entity in (
        System,
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
