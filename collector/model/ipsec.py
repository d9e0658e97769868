"""Phase 2: gateways, CHILD SAs, their selectors, SPIs and ends."""

from dataclasses import dataclass

from collector.model.base import Entity


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
