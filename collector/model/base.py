"""Origins, snapshots and the system itself."""

from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(Entity):
    """One SNMP context of a target: cContextMappingEntry, vacmContextEntry."""

    name: str | None = None
    """Absent for the default context, whose name is empty."""
    vrf: str | None = None
    topology: str | None = None
    protocol_instance: str | None = None


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
    incomplete: tuple[str, ...] = ()
    """Tables that were not read to their end: a row that is absent may still be there."""
    costs: PollCosts = field(default_factory=PollCosts)
