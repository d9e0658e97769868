"""Whole targets and VRFs: `ipsec_gateway_`, totals and what the device says of itself."""

from collector.model import (
    IkeGateway,
    IpsecGateway,
    System,
)
from exporters.families import counts
from exporters.families.declare import Family, Label, Subject, counter, gauge, info, labels

SYSTEM = Subject(name="system", entities={"": (System,)})
IKE_GATEWAY = Subject(name="ike_gateway", labels=(Label("protocol", "protocol"),), entities={"": (IkeGateway,)})
IPSEC_GATEWAY = Subject(name="ipsec_gateway", entities={"": (IpsecGateway,)})
_MEDIA_LABELS = (Label("gateway", "gateway"),)
IKE_MEDIA = Subject(name="ike_media", labels=_MEDIA_LABELS, entities={"": (IkeGateway,)})
IPSEC_MEDIA = Subject(name="ipsec_media", labels=_MEDIA_LABELS, entities={"": (IpsecGateway,)})
_SYSTEM = (
    info(
        SYSTEM,
        "ipsec_gateway",
        labels("name", "description", "object_id", "engine_id"),
        "What the target says it is",
        "sysName sysDescr sysObjectID snmpEngineID",
    ),
    gauge(
        SYSTEM,
        "ipsec_gateway_uptime_seconds",
        "uptime_seconds",
        "How long the target's agent has been up; begins anew after 497 days",
        "sysUpTime",
    ),
    counter(
        SYSTEM, "ipsec_gateway_engine_boots", "engine_boots", "Restarts of the target's SNMP engine", "snmpEngineBoots"
    ),
    gauge(
        SYSTEM,
        "ipsec_gateway_engine_uptime_seconds",
        "engine_seconds",
        "Time since the target's SNMP engine restarted; does not begin anew after 497 days",
        "snmpEngineTime",
    ),
)

_TUNNELS = (
    gauge(
        IPSEC_GATEWAY,
        "ipsec_gateway_active_tunnels",
        "active_tunnels",
        "Phase-2 tunnels that are active",
        "cipSecGlobalActiveTunnels ceipSecGlobalActiveTunnels",
    ),
    counter(
        IPSEC_GATEWAY,
        "ipsec_gateway_previous_tunnels",
        "previous_tunnels",
        "Phase-2 tunnels that were active and ended",
        "cipSecGlobalPreviousTunnels ceipSecGlobalPreviousTunnels",
    ),
    counter(
        IPSEC_GATEWAY,
        "ipsec_gateway_protocol_use_failures",
        "protocol_use_failures",
        "Failed uses of a protocol of IPsec",
        "cipSecGlobalProtocolUseFails ceipSecGlobalProtocolUseFails",
    ),
    counter(
        IPSEC_GATEWAY,
        "ipsec_gateway_no_sa_failures",
        "no_sa_failures",
        "Packets for which there was no SA",
        "cipSecGlobalNoSaFails ceipSecGlobalNoSaFails",
    ),
    counter(
        IPSEC_GATEWAY,
        "ipsec_gateway_system_capacity_failures",
        "system_capacity_failures",
        "Failures of IPsec for want of the target's capacity",
        "cipSecGlobalSysCapFails ceipSecGlobalSysCapFails",
    ),
)

_THROUGHPUT = (
    gauge(
        IPSEC_GATEWAY,
        "ipsec_gateway_throughput_interval_seconds",
        "throughput_interval_seconds",
        "Interval over which the target measures its throughput",
        "ceipSecGlobalThroughputUtilizatioinTimeInterval",
    ),
    gauge(
        IPSEC_GATEWAY,
        "ipsec_gateway_throughput_updated_uptime_seconds",
        "throughput_updated_uptime_seconds",
        "Uptime of the target when it last measured its throughput",
        "ceipSecGlobalThroughputLastUpdatedTime",
    ),
    gauge(
        IPSEC_GATEWAY,
        "ipsec_gateway_throughput_bytes_per_second",
        "throughput_bits_per_second",
        "Throughput that the target last measured",
        "ceipSecGlobalLastThroughputInMbps",
        scale=0.125,
    ),
    gauge(
        IPSEC_GATEWAY,
        "ipsec_gateway_throughput_packets_per_second",
        "throughput_packets_per_second",
        "Throughput that the target last measured, in packets",
        "ceipSecGlobalLastThroughputInKpps",
    ),
    gauge(
        IPSEC_GATEWAY,
        "ipsec_gateway_throughput_packet_bytes",
        "throughput_packet_bytes",
        "Average size of the packets of the last measurement",
        "ceipSecGlobalLastAveragePacketSize",
    ),
    gauge(
        IPSEC_GATEWAY,
        "ipsec_gateway_throughput_ratio",
        "throughput_ratio",
        "How much of its capacity the target last used, 1 being all",
        "ceipSecGlobalLastThroughputUtilization",
    ),
    gauge(
        IPSEC_GATEWAY,
        "ipsec_gateway_peak_throughput_ratio",
        "peak_throughput_ratio",
        "How much of its capacity the target ever used, 1 being all",
        "ceipSecGlobalPeakThroughputUtilization",
    ),
    gauge(
        IPSEC_GATEWAY,
        "ipsec_gateway_peak_throughput_timestamp_seconds",
        "peak_throughput_timestamp_seconds",
        "When the target's throughput peaked, Unix time",
        "ceipSecGlobalPeakThroughputDateAndTime",
    ),
    gauge(
        IPSEC_GATEWAY,
        "ipsec_gateway_peak_throughput_bytes_per_second",
        "peak_throughput_bits_per_second",
        "The target's highest throughput",
        "ceipSecGlobalPeakThroughputInMbps",
        scale=0.125,
    ),
    gauge(
        IPSEC_GATEWAY,
        "ipsec_gateway_peak_throughput_packet_bytes",
        "peak_throughput_packet_bytes",
        "Average size of the packets when the target's throughput peaked",
        "ceipSecGlobalPeakAvgPacketSize",
    ),
)

_IKE_TOTALS = (
    ("initiated_tunnels", "IKE tunnels that the target initiated", "InitTunnels"),
    ("initiated_tunnel_failures", "IKE tunnels that the target initiated and that failed", "InitTunnelFails"),
    ("responded_tunnels", "IKE tunnels that peers initiated", "RespTunnels"),
    ("responded_tunnel_failures", "IKE tunnels that peers initiated and that failed", "RespTunnelFails"),
    ("system_capacity_failures", "Failures of IKE for want of the target's capacity", "SysCapFails"),
    ("authentication_failures", "Authentications in IKE that failed", "AuthFails"),
    ("decryption_failures", "Decryptions in IKE that failed", "DecryptFails"),
    ("hash_validation_failures", "Hash validations in IKE that failed", "HashValidFails"),
    ("no_sa_failures", "IKE packets for which there was no IKE SA", "NoSaFails"),
)
_NOT_IN_FLOW_MONITOR = {"RespTunnels"}
_CALLED_OTHERWISE = {"NoSaFails": "BadTunnelRefs"}


def _ike_totals(subject: Subject, prefix: str, level: str) -> tuple[Family, ...]:
    """Declare what only gateways count of IKE, from cikeGlobal and cisgIpsSgGlobal or from cikePhase1GW."""
    families = [
        gauge(
            subject,
            f"{prefix}_active_tunnels",
            "active_tunnels",
            "IKE tunnels that are active",
            _ike_objects(level, "ActiveTunnels"),
        ),
        counter(
            subject,
            f"{prefix}_previous_tunnels",
            "previous_tunnels",
            "IKE tunnels that were active and ended",
            _ike_objects(level, "PreviousTunnels"),
        ),
    ]
    for field, text, objects in _IKE_TOTALS:
        if sources := _ike_objects(level, objects):
            families.append(counter(subject, f"{prefix}_{field}", field, text, sources))
    return tuple(families)


def _ike_objects(level: str, stem: str) -> str:
    own = [] if stem in _NOT_IN_FLOW_MONITOR else [f"cike{level}{stem}"]
    successor = [f"cisgIpsSgGlobal{_CALLED_OTHERWISE.get(stem, stem)}"] if level == "Global" else []
    return " ".join(own + successor)


_IKE_SUCCESSOR_TOTALS = tuple(
    counter(IKE_GATEWAY, f"ipsec_gateway_ike_{field}", field, text, source)
    for field, text, source in (
        ("receive_ike_delete_requests", "Requests received to delete an IKE SA", "cisgIpsSgGlobalInP1SaDelReqs"),
        ("transmit_ike_delete_requests", "Requests sent to delete an IKE SA", "cisgIpsSgGlobalOutP1SaDelReqs"),
        ("receive_xauths", "Requests for extended authentication received", "cifIkeGlobalInXauths"),
        (
            "receive_xauth_failures",
            "Extended authentications of peers that the target found invalid",
            "cifIkeGlobalInXauthFailures",
        ),
        (
            "transmit_xauth_failures",
            "Extended authentications of the target that peers found invalid",
            "cifIkeGlobalOutXauthFailures",
        ),
    )
)

_MEDIA_TUNNELS = (
    gauge(
        IPSEC_MEDIA,
        "ipsec_gateway_media_active_tunnels",
        "active_tunnels",
        "Phase-2 tunnels that are active",
        "cipSecPhase2GWActiveTunnels",
    ),
    *(
        counter(IPSEC_MEDIA, f"ipsec_gateway_media_{field}", field, text, source)
        for field, text, source in (
            ("previous_tunnels", "Phase-2 tunnels that were active and ended", "cipSecPhase2GWPreviousTunnels"),
            ("protocol_use_failures", "Failed uses of a protocol of IPsec", "cipSecPhase2GWProtocolUseFails"),
            ("no_sa_failures", "Packets for which there was no SA", "cipSecPhase2GWNoSaFails"),
            ("system_capacity_failures", "Failures of IPsec for want of capacity", "cipSecPhase2GWSysCapFails"),
        )
    ),
)
"""Media gateways are parts of a whole that has totals of its own: other names, so that nobody sums both."""

FAMILIES: tuple[Family, ...] = (
    *_SYSTEM,
    *_TUNNELS,
    *counts.families(counts.IPSEC, IPSEC_GATEWAY, "ipsec_gateway", "Global"),
    *_THROUGHPUT,
    *_ike_totals(IKE_GATEWAY, "ipsec_gateway_ike", "Global"),
    *_IKE_SUCCESSOR_TOTALS,
    *counts.families(counts.IKE, IKE_GATEWAY, "ipsec_gateway_ike", "Global"),
    *_MEDIA_TUNNELS,
    *counts.families(counts.IPSEC, IPSEC_MEDIA, "ipsec_gateway_media", "Phase"),
    *_ike_totals(IKE_MEDIA, "ipsec_gateway_media_ike", "Phase1GW"),
    *counts.families(counts.IKE, IKE_MEDIA, "ipsec_gateway_media_ike", "Phase"),
)

LEFT_OUT: dict[str, str] = {
    **{f"{name}.index": "one row, or told apart by its own label" for name in ("System", "IkeGateway", "IpsecGateway")},
    **{
        f"IkeGateway.{field}": "no MIB counts it for a whole gateway; on ipsec_ike_ it is there"
        for field in ("receive_configs", "transmit_configs", "receive_config_rejects", "transmit_config_rejects")
    },
}
"""Fields (`Entity.field`) that no series tells, and why."""
