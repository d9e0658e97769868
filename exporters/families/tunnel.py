"""Tunnels on both levels: `ipsec_tunnel_` of CHILD SAs, `ipsec_ike_` of IKE SAs.

Their series carry `target`, `vrf`, `tunnel` and `peer`, and nothing else; what describes or churns is on the infos.
What all tunnels have, live or not, is in `exporters.families.life`; here is what the target tells of live ones.
"""

from collector.model import ChildSa, IkeIdentity, IkePeerTunnel, IkePolicyMap, IkeSa, InterfaceTunnel, IpsecPolicyMap
from exporters.families import counts
from exporters.families.declare import Family, Label, Subject, counter, gauge, info, labels

_NAMED = (Label("tunnel", "name"), Label("peer", "peer"))

TUNNEL = Subject(
    name="tunnel",
    labels=_NAMED,
    entities={
        "account": (ChildSa,),
        "seen.sa": (ChildSa,),
        "seen.policy": (IpsecPolicyMap,),
        "seen.interface": (InterfaceTunnel,),
        "seen.association": (IkePeerTunnel,),
    },
)
IKE = Subject(
    name="ike",
    labels=_NAMED,
    entities={
        "account": (IkeSa,),
        "seen.sa": (IkeSa,),
        "seen.policy": (IkePolicyMap,),
        "seen.identification": (IkeIdentity,),
    },
)

_SELECTORS = tuple(
    f"Endpoint.{side}_{field}"
    for side in ("local", "remote")
    for field in ("type", "first_address", "second_address", "protocol", "port")
)
_SPI = ("Spi.spi", "Spi.direction", "Spi.protocol")

_TUNNEL_LABELS = (
    Label("selectors", "seen.selectors", _SELECTORS),
    Label("local_endpoint_names", "seen.local_endpoint_names", ("Endpoint.local_name",)),
    Label("remote_endpoint_names", "seen.remote_endpoint_names", ("Endpoint.remote_name",)),
    Label("ike_tunnel", "seen.ike_tunnel"),
    Label("receive_spis", "seen.receive_spis", _SPI),
    Label("transmit_spis", "seen.transmit_spis", _SPI),
    *labels(
        "index",
        "local_address",
        "remote_address",
        "status",
        "ike_index",
        "control_protocol",
        "key_type",
        "encapsulation_mode",
        "nat_traversal",
        "receive_dh_group",
        "receive_encryption",
        "receive_encryption_key_bits",
        "receive_ah_authentication",
        "receive_esp_authentication",
        "receive_decompression",
        "transmit_dh_group",
        "transmit_encryption",
        "transmit_encryption_key_bits",
        "transmit_ah_authentication",
        "transmit_esp_authentication",
        "transmit_compression",
        "interface_index",
        root="seen.sa",
    ),
    Label("interface_tunnel_index", "seen.interface.interface_index"),
    Label("interface_tunnel_status", "seen.interface.status"),
    *labels("crypto_map", "crypto_map_sequence", "access_list", "access_list_entry", root="seen.policy"),
    *labels(
        "local_identity_type",
        "local_identity",
        "remote_identity_type",
        "remote_identity",
        "internal_index",
        root="seen.association",
        prefix="association_",
    ),
)

_IKE_LABELS = (
    *labels(
        "index",
        "local_identity_type",
        "local_identity",
        "local_address",
        "local_name",
        "remote_identity_type",
        "remote_identity",
        "remote_address",
        "remote_name",
        "status",
        "protocol",
        "negotiation_mode",
        "dh_group",
        "encryption",
        "encryption_key_bits",
        "hash",
        "authentication",
        root="seen.sa",
    ),
    Label("policy", "seen.policy.policy"),
    *labels(
        "doi",
        "protocol",
        "local_identity_type",
        "local_identity",
        "remote_identity_type",
        "remote_identity",
        root="seen.identification",
        prefix="identification_",
    ),
)

_STATE = (
    info(
        TUNNEL,
        "ipsec_tunnel",
        _TUNNEL_LABELS,
        "What describes the newest SA of the tunnel while one lives; one series per tunnel, changing with each SA",
        "cipSecTunnelTable ceipSecTunnelTable cipSecEndPtTable ceipSecEndPtTable cipSecSpiTable ceipSecSaTable "
        "ceipSecIfTunnelTable ipSecPolMapTable cikePeerCorrTable",
        needs="seen.members",
    ),
    gauge(
        TUNNEL,
        "ipsec_tunnel_rows",
        "rows",
        "Rows that the target lists for this one tunnel: two while a new SA overlaps an old one",
        "cipSecTunnelTable ceipSecTunnelTable",
    ),
    gauge(
        TUNNEL,
        "ipsec_tunnel_selector_pairs",
        "seen.selector_pairs",
        "Pairs of traffic selectors of the tunnel",
        "cipSecEndPtTable ceipSecEndPtTable",
    ),
    gauge(
        TUNNEL,
        "ipsec_tunnel_ike_alive",
        "seen.sa.ike_alive",
        "Whether the IKE SA that made the newest SA still lives; always 0 on some firewalls (FTD)",
        "cipSecTunIkeTunnelAlive ceipSecTunControlTunnelAlive",
    ),
    gauge(
        TUNNEL,
        "ipsec_tunnel_active_seconds",
        "seen.sa.active_seconds",
        "How long the newest row of the tunnel has been active",
        "cipSecTunActiveTime ceipSecTunActiveTime",
    ),
)

_SAS = (
    counter(
        TUNNEL,
        "ipsec_tunnel_rekeys",
        "account.refreshes",
        "SAs that replaced another one within the tunnel, in all its sessions",
        "cipSecTunTotalRefreshes ceipSecTunTotalRefreshes",
    ),
    counter(
        TUNNEL,
        "ipsec_tunnel_expired_sas",
        "account.expired_sas",
        "SAs of the tunnel that expired, in all its sessions",
        "cipSecTunExpiredSaInstances ceipSecTunExpiredSaInstances",
    ),
    gauge(
        TUNNEL,
        "ipsec_tunnel_current_sas",
        "seen.sa.current_sas",
        "SAs of the tunnel, active or expiring",
        "cipSecTunCurrentSaInstances ceipSecTunCurrentSaInstances",
    ),
    *(
        gauge(
            TUNNEL,
            f"ipsec_tunnel_{side}_{state}_sas",
            f"seen.sas.{side}_{state}",
            f"SAs on which the target {side}s, {state}",
            "cipSecSpiStatus ceipSecSaStatus ceipSecTunSaStatus",
        )
        for side in ("receive", "transmit")
        for state in ("active", "expiring")
    ),
    gauge(
        TUNNEL,
        "ipsec_tunnel_lifetime_seconds",
        "seen.sa.lifetime_seconds",
        "Lifetime that was negotiated for the newest SA, in seconds",
        "cipSecTunLifeTime ceipSecTunLifeTime",
    ),
    gauge(
        TUNNEL,
        "ipsec_tunnel_lifetime_bytes",
        "seen.sa.lifetime_bytes",
        "Lifetime that was negotiated for the newest SA, in octets",
        "cipSecTunLifeSize ceipSecTunLifeSize",
    ),
    gauge(
        TUNNEL,
        "ipsec_tunnel_refresh_threshold_seconds",
        "seen.sa.seconds_threshold",
        "A rekey is due when this much of the lifetime is left, in seconds",
        "cipSecTunSaLifeTimeThreshold ceipSecTunSaLifeTimeThreshold",
    ),
    gauge(
        TUNNEL,
        "ipsec_tunnel_refresh_threshold_bytes",
        "seen.sa.bytes_threshold",
        "A rekey is due when this much of the lifetime is left, in octets",
        "cipSecTunSaLifeSizeThreshold ceipSecTunSaLifeSizeThreshold",
    ),
    gauge(
        TUNNEL, "ipsec_tunnel_path_mtu_bytes", "seen.sa.path_mtu_bytes", "Path MTU of the newest SA", "ceipSecTunPmtu"
    ),
)

_IKE_STATE = (
    info(
        IKE,
        "ipsec_ike",
        _IKE_LABELS,
        "What describes the newest IKE SA of the tunnel while one lives; one series per tunnel, changing with each SA",
        "cikeTunnelTable cisgIpsSgTunnelTable cifIkeTunnelTable cifeTunnelExtTable ikePolMapTable",
        needs="seen.members",
    ),
    gauge(
        IKE,
        "ipsec_ike_rows",
        "rows",
        "Rows that the target lists for this one IKE tunnel: two while a new SA overlaps an old one",
        "cikeTunnelTable cisgIpsSgTunnelTable",
    ),
    gauge(
        IKE,
        "ipsec_ike_active_seconds",
        "seen.sa.active_seconds",
        "How long the newest IKE SA has been active",
        "cikeTunActiveTime cisgIpsSgTunActiveTime",
    ),
    gauge(
        IKE,
        "ipsec_ike_lifetime_seconds",
        "seen.sa.lifetime_seconds",
        "Lifetime that was negotiated for the newest IKE SA",
        "cikeTunLifeTime cisgIpsSgTunLifeTime",
    ),
    gauge(
        IKE,
        "ipsec_ike_refresh_threshold_seconds",
        "seen.sa.refresh_threshold_seconds",
        "A refresh is due when this much of the lifetime is left",
        "cikeTunSaRefreshThreshold cifIkeTunSaRefreshThreshold",
    ),
    counter(
        IKE,
        "ipsec_ike_refreshes",
        "account.refreshes",
        "Phase-2 refreshes made under the tunnel's IKE SAs, in all its sessions",
        "cikeTunTotalRefreshes cifIkeTunTotalRefreshes",
    ),
)

FAMILIES: tuple[Family, ...] = (
    *_STATE,
    *counts.families(counts.IPSEC, TUNNEL, "ipsec_tunnel", "Tun", root="account"),
    *_SAS,
    *_IKE_STATE,
    *counts.families(counts.IKE, IKE, "ipsec_ike", "Tun", root="account"),
)

LEFT_OUT: dict[str, str] = {
    "Endpoint.index": "names the row; its tunnel's `index` is on ipsec_tunnel_info",
    "Endpoint.child_index": "joins the selectors to their tunnel, whose `index` is on ipsec_tunnel_info",
    "Endpoint.endpoint": "numbers the selectors; they are listed and counted on their tunnel",
    "Spi.index": "names the row; its tunnel's `index` is on ipsec_tunnel_info",
    "Spi.child_index": "joins the SA to its tunnel, whose `index` is on ipsec_tunnel_info",
    "Spi.sequence": "numbers the SAs of a tunnel; they are listed and counted on their tunnel",
    "Spi.interface_index": "the same as its tunnel's, which is on ipsec_tunnel_info",
    **{
        f"Spi.{count.field}": "a series per SPI would begin anew at each rekey; the tunnel's own counter has the sum"
        for count in counts.IPSEC
    },
    "InterfaceTunnel.index": "made of the interface's and the tunnel's indexes, which are on ipsec_tunnel_info",
    "InterfaceTunnel.child_index": "joins the row to its tunnel, whose `index` is on ipsec_tunnel_info",
    "IpsecPolicyMap.index": "the tunnel's, which is on ipsec_tunnel_info",
    "IpsecPolicyMap.child_index": "joins the row to its tunnel, whose `index` is on ipsec_tunnel_info",
    "IkePeerTunnel.index": "made of the peer association's identities, which are on ipsec_tunnel_info",
    "IkePeerTunnel.sequence": "numbers the tunnels of an association",
    "IkePeerTunnel.child_index": "joins the association to its tunnel, whose `index` is on ipsec_tunnel_info",
    "IkePolicyMap.index": "the IKE SA's, which is on ipsec_ike_info",
    "IkePolicyMap.ike_index": "joins the row to its IKE SA, whose `index` is on ipsec_ike_info",
    "IkeIdentity.index": "made of protocol and the IKE SA's index, which are on ipsec_ike_info",
    "IkeIdentity.ike_index": "joins the row to its IKE SA, whose `index` is on ipsec_ike_info",
}
"""Fields (`Entity.field`) that no series tells, and why."""
