"""What sort of device it is, and how it is watched: everything that the field was seen to do differently."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What the device is like. Times are seconds, chances are per occasion."""

    vrfs: tuple[str, ...] = ("global",)
    peers: int = 3
    """Per VRF."""
    children: int = 2
    """CHILD SAs with selectors of their own per peer."""
    life: float = 400.0
    """Mean life of an SA."""
    short: float = 0.2
    """How often an SA lives for seconds only."""
    overlap: float = 0.2
    at_once: float = 0.5
    """How often the next one comes before the last has gone, or in the same moment; else after a pause."""
    reachable: float = 1500.0
    """Mean time from one loss of a peer to the next."""
    lost: float = 200.0
    """Mean time that a peer is lost."""
    rekey: float = 150.0
    """From one rekey of an SA to the next."""
    octets_per_second: float = 1e6
    """The greatest mean rate."""
    live_bits: int = 64
    closed_bits: int = 64
    """How wide counters are while an SA lives, and in the history."""
    resets: float = 0.0
    """How many SAs have counters that begin anew in their midst (librenms #3862)."""
    zero_at_rekey: bool = False
    active_time: bool = True
    old: float = 0.0
    """How long the first SAs have lived at most before anybody watched."""
    history: bool = True
    history_rows: int = 200
    first_closed_index: int = 1
    """The next index of both histories when the device is first seen; they wrap at 2^31-1."""
    checkpoints: int = 0
    """How often cipSecHistCheckPoint copies what lives to the history."""
    closed_endpoints: bool = True
    endpoints: bool = True
    failures: float = 0.0
    """Mean time from one failure to the next in each VRF; 0 for none."""
    failure_rows: int = 50
    failure_times: bool = True
    failure_addresses: bool = True
    first_index: int = 1
    index_space: int = 1_000_000
    """Row indexes begin anew after so many."""
    strange_ike_index: float = 0.0
    """How often a CHILD SA names an IKE SA that is not there (CSCvb16714)."""
    ike_never_alive: bool = False
    """FTD."""
    ike_rows: bool = True
    """ASAs were seen that list no IKE SAs."""
    uptime: float = 1e6
    """How long it has been up when first watched, without regard to wraps."""
    engine: bool = True
    """Whether snmpEngineBoots and snmpEngineTime can be read."""
    reloads: int = 0
    boot_seconds: float = 90.0
    """How long a reload takes."""
    padded: bool = False
    """Addresses with zero-padded octets."""
    empty_rows: bool = False
    """A row that says nothing (FTD)."""


@dataclass(frozen=True, kw_only=True)
class Watching:
    """How it is watched."""

    span: float = 3600.0
    """How long the device goes on before all is calm."""
    interval: float = 60.0
    history_interval: float = 300.0
    jitter: float = 3.0
    duration: float = 2.0
    """The longest poll."""
    late_rows: bool = False
    """Whether rows are read all through a poll, endpoints after tunnels; else in the moment it begins."""
    ragged: float = 0.0
    """How often the last rows lack what the first columns say."""
    lost: float = 0.0
    """How often a poll fails."""
    incomplete: float = 0.0
    """How often a table is not read to its end."""
    told: float = 0.0
    """How often the device says at once that an SA begins or ends, so that its row is read by itself."""
    outages: int = 0
    outage: float = 600.0
    stops: int = 0
    """How often the daemon is stopped…"""
    kills: int = 0
    """…and how often killed, so that what was not yet written is lost."""
    downtime: float = 300.0
    written_every: float = 20.0
    """How long changes wait to be written at most."""
