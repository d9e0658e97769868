"""What the target is told to do: `ipsec_gateway_` settings, ISAKMP policies, crypto maps (CISCO-IPSEC-MIB)."""

from collector.model import CryptoMap, CryptoMapInterface, CryptoMapSet, CryptoSettings, IsakmpPolicy
from exporters.families.declare import Family, Label, Subject, counter, gauge, info, labels

SETTINGS = Subject(name="settings", entities={"": (CryptoSettings,)})
ISAKMP_POLICY = Subject(name="isakmp_policy", labels=labels("priority"), entities={"": (IsakmpPolicy,)})
MAP_SET = Subject(
    name="map_set", labels=(Label("crypto_map_set", "name"), Label("kind", "kind")), entities={"": (CryptoMapSet,)}
)
MAP = Subject(
    name="map",
    labels=(Label("crypto_map_set", "set_name"), Label("priority", "priority")),
    entities={"": (CryptoMap,)},
)
MAP_INTERFACE = Subject(
    name="map_interface",
    labels=(Label("crypto_map_set", "set_name"), Label("interface_index", "interface_index")),
    entities={"": (CryptoMapInterface,)},
)

_SETTINGS = (
    gauge(SETTINGS, "ipsec_gateway_isakmp_enabled", "isakmp_enabled", "Whether ISAKMP is enabled", "cipsIsakmpEnabled"),
    gauge(
        SETTINGS,
        "ipsec_gateway_isakmp_keepalive_interval_seconds",
        "keepalive_interval_seconds",
        "Interval of ISAKMP keepalives",
        "cipsIsakmpKeepaliveInterval",
    ),
    gauge(
        SETTINGS,
        "ipsec_gateway_isakmp_policies",
        "isakmp_policies",
        "ISAKMP policies configured",
        "cipsNumIsakmpPolicies",
    ),
    gauge(
        SETTINGS,
        "ipsec_gateway_sa_lifetime_seconds",
        "sa_lifetime_seconds",
        "Lifetime of SAs unless a crypto map says otherwise, in seconds",
        "cipsSALifetime",
    ),
    gauge(
        SETTINGS,
        "ipsec_gateway_sa_lifetime_bytes",
        "sa_lifetime_bytes",
        "Lifetime of SAs unless a crypto map says otherwise, in octets",
        "cipsSALifesize",
    ),
    gauge(
        SETTINGS,
        "ipsec_gateway_static_crypto_map_sets",
        "static_crypto_map_sets",
        "Static crypto map sets configured",
        "cipsNumStaticCryptomapSets",
    ),
    gauge(
        SETTINGS,
        "ipsec_gateway_cet_crypto_map_sets",
        "cet_crypto_map_sets",
        "Static crypto map sets with an entry for Cisco Encryption Technology",
        "cipsNumCETCryptomapSets",
    ),
    gauge(
        SETTINGS,
        "ipsec_gateway_dynamic_crypto_map_sets",
        "dynamic_crypto_map_sets",
        "Dynamic crypto map sets configured",
        "cipsNumDynamicCryptomapSets",
    ),
    gauge(
        SETTINGS,
        "ipsec_gateway_discovery_crypto_map_sets",
        "discovery_crypto_map_sets",
        "Static crypto map sets with an entry for tunnel endpoint discovery",
        "cipsNumTEDCryptomapSets",
    ),
    counter(
        SETTINGS,
        "ipsec_gateway_discovery_probes_received",
        "discovery_probes_received",
        "Probes of tunnel endpoint discovery received",
        "cipsNumTEDProbesReceived",
    ),
    counter(
        SETTINGS,
        "ipsec_gateway_discovery_probes_sent",
        "discovery_probes_sent",
        "Probes of tunnel endpoint discovery sent",
        "cipsNumTEDProbesSent",
    ),
    counter(
        SETTINGS,
        "ipsec_gateway_discovery_failures",
        "discovery_failures",
        "Failures of tunnel endpoint discovery",
        "cipsNumTEDFailures",
    ),
    gauge(
        SETTINGS,
        "ipsec_gateway_sas_limit",
        "max_sas",
        "SAs that the target can have; 0 is no limit",
        "cipsMaxSAs",
    ),
    gauge(
        SETTINGS,
        "ipsec_gateway_triple_des_capable",
        "triple_des_capable",
        "Whether the target can do Triple-DES",
        "cips3DesCapable",
    ),
    info(
        SETTINGS,
        "ipsec_gateway_isakmp",
        (Label("identity", "isakmp_identity"),),
        "How the target presents itself to peers",
        "cipsIsakmpIdentity",
    ),
)

_POLICIES = (
    info(
        ISAKMP_POLICY,
        "ipsec_gateway_isakmp_policy",
        labels("encryption", "hash", "authentication", "dh_group"),
        "An ISAKMP policy of the target",
        "cipsIsakmpPolicyTable",
    ),
    gauge(
        ISAKMP_POLICY,
        "ipsec_gateway_isakmp_policy_lifetime_seconds",
        "lifetime_seconds",
        "Lifetime of IKE SAs that the ISAKMP policy offers",
        "cipsIsakmpPolLifetime",
    ),
)

_MAP_SETS = tuple(
    gauge(MAP_SET, f"ipsec_gateway_crypto_map_set_{field}", field, text, sources)
    for field, text, sources in (
        ("entries", "Entries of the crypto map set", "cipsStaticCryptomapSetSize cipsDynamicCryptomapSetSize"),
        ("isakmp_entries", "Entries of the crypto map set that use ISAKMP", "cipsStaticCryptomapSetNumIsakmp"),
        ("manual_entries", "Entries of the crypto map set with manual keys", "cipsStaticCryptomapSetNumManual"),
        ("cet_entries", "Entries for Cisco Encryption Technology", "cipsStaticCryptomapSetNumCET"),
        ("dynamic_entries", "Dynamic entries of the crypto map set", "cipsStaticCryptomapSetNumDynamic"),
        ("discovery_entries", "Entries with tunnel endpoint discovery", "cipsStaticCryptomapSetNumDisc"),
        ("sas", "SAs that the crypto map set has made", "cipsStaticCryptomapSetNumSAs"),
        ("associated_sets", "Static sets that use the dynamic crypto map set", "cipsDynamicCryptomapSetNumAssoc"),
    )
)

_MAPS = (
    info(
        MAP,
        "ipsec_gateway_crypto_map",
        labels("type", "description", "peer", "pfs", "per_host"),
        "An entry of a static crypto map set; `peer` is the one in use",
        "cipsStaticCryptomapTable",
    ),
    gauge(
        MAP,
        "ipsec_gateway_crypto_map_peers",
        "peers",
        "Peers of the crypto map entry",
        "cipsStaticCryptomapNumPeers",
    ),
    gauge(
        MAP,
        "ipsec_gateway_crypto_map_lifetime_seconds",
        "lifetime_seconds",
        "Lifetime of SAs of the crypto map entry, in seconds; 0 is the target's own",
        "cipsStaticCryptomapLifetime",
    ),
    gauge(
        MAP,
        "ipsec_gateway_crypto_map_lifetime_bytes",
        "lifetime_bytes",
        "Lifetime of SAs of the crypto map entry, in octets; 0 is the target's own",
        "cipsStaticCryptomapLifesize",
    ),
    info(
        MAP_INTERFACE,
        "ipsec_gateway_crypto_map_interface",
        labels("virtual", "status"),
        "An interface that a crypto map set is attached to",
        "cipsCryptomapSetIfTable",
    ),
)

FAMILIES: tuple[Family, ...] = (*_SETTINGS, *_POLICIES, *_MAP_SETS, *_MAPS)

LEFT_OUT: dict[str, str] = {
    "CryptoSettings.index": "there is one row",
    "IsakmpPolicy.index": "it is the priority",
    "CryptoMapSet.index": "it is the name",
    "CryptoMap.index": "made of set name and priority",
    "CryptoMapInterface.index": "made of interface and set name",
}
"""Fields (`Entity.field`) that no series tells, and why."""
