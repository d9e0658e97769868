"""What a device was told to do: settings, policies, crypto maps."""

from dataclasses import dataclass

from collector.model.base import Entity


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
