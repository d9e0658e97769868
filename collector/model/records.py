"""What is kept on record: tunnels that are known, sessions of theirs, failures, gaps, and what moved meanwhile.

Times are Unix time. A record is named by target, VRF and a number that is given once in that context, so that it can be
written again without being doubled.
"""

from dataclasses import dataclass, fields
from typing import Literal, NamedTuple, TypeAlias

from collector.model.base import Entity
from collector.model.ike import IkeExchangeCounters
from collector.model.ipsec import IpsecTraffic

Level: TypeAlias = Literal["child", "ike"]
"""Which kind of SA a tunnel is made of."""
State: TypeAlias = Literal["up", "down", "idle", "unknown"]
"""`idle` is down by design (on-demand); `unknown` is that the target did not answer."""
Expectation: TypeAlias = Literal["always", "on-demand", "no"]
"""Whether a tunnel should be up."""
Learned: TypeAlias = Literal["poll", "history", "notification"]
"""How a session's start or end came to be known."""
Counts: TypeAlias = tuple[int | None, ...]
"""Values of the counters that `COUNTED` names, in its order; None where the target does not count."""


UNTOLD_FOR_SECONDS = 86_400.0
"""How long after an end that nobody told of a history that comes late may still do so."""


def _names(entity: type[Entity], *more: str) -> tuple[str, ...]:
    own = (one.name for one in fields(entity) if one.name != "index")
    return (*own, *more)


COUNTED: dict[Level, tuple[str, ...]] = {
    "child": _names(IpsecTraffic, "refreshes", "expired_sas"),
    "ike": _names(IkeExchangeCounters, "refreshes"),
}
"""The counters of each level, as fields of `ChildSa` and `IkeSa`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTunnel:
    """A tunnel as it is remembered: one per target, VRF, level, name and peer."""

    target: str
    vrf: str
    level: Level
    name: str
    peer: str
    local_address: str | None = None
    remote_address: str | None = None
    selectors: tuple[str, ...] = ()
    """A CHILD SA's pairs of traffic selectors, an IKE SA's identities; of the latest SA."""
    configured: bool = False
    """Whether the configuration names it; else it was learned."""
    expectation: Expectation = "no"
    """Whether it should be up, as the configuration says."""
    known_since: float
    seen_at: float | None = None
    """When it was last seen alive; None if it never was."""
    state: State = "unknown"
    """The last state that was known for certain: `unknown` if none ever was."""
    state_since: float | None = None
    ups: int = 0
    """Transitions to up."""
    downs: int = 0
    idles: int = 0
    sessions: int = 0
    """Sessions that began, the live ones included."""
    base: Counts = ()
    """What ended sessions carried; with what the live ones carry it is the tunnel's account."""
    last_end_at: float | None = None
    last_end_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One incarnation of an IKE SA or a CHILD SA, from its start to its end."""

    target: str
    vrf: str
    number: int
    """Given once in the context."""
    level: Level
    tunnel: str
    """Name of the tunnel whose session it is."""
    peer: str
    source: str
    """Kind of source (`snmp`) and tables (`ipsec`) that told of it."""
    module: str
    index: str
    """The row's index while it lived; empty where that is not known."""
    local_address: str | None = None
    remote_address: str | None = None
    local_identity: str | None = None
    remote_identity: str | None = None
    selectors: tuple[str, ...] = ()
    algorithms: tuple[tuple[str, str], ...] = ()
    """Names and values: `("encryption", "esp3des")`, …"""
    started_at: float | None = None
    """None where the target does not tell."""
    seen_at: float
    """When it was last seen alive."""
    gone_at: float | None = None
    """When it was first missed; with no `ended_at` it is over and its final values are still awaited."""
    ended_at: float | None = None
    """When it ended, at the latest; None while it lives or its final values are awaited."""
    end_uncertainty_seconds: float = 0.0
    """How much earlier than `ended_at` it may have ended."""
    reason: str | None = None
    """Why it ended, in the words of the MIB; `reload` for a restart of the device, None if nobody told."""
    counts: Counts = ()
    """What it has carried so far."""
    exact: bool = True
    """Whether `counts` are all that it carried; False: at least that much."""
    learned: Learned = "poll"
    """How its start came to be known."""
    closed_by: Learned | Literal["reload"] | None = None
    """How its end came to be known; None while it has none."""
    accounted: bool = True
    """Whether the tunnel's account has its counts; False for what ended before the context was watched."""

    @property
    def live(self) -> bool:
        """Whether it was not missed yet."""
        return self.gone_at is None and self.ended_at is None


class Reading(NamedTuple):
    """The latest reading of a live session, kept so that a restart of the daemon loses nothing."""

    number: int
    """The session's."""
    seen_at: float
    values: Counts
    """As the target told them."""
    carried: Counts = ()
    """What to add: carried before counters began anew within the session; empty for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A negotiation that failed or a packet that was refused: cikeFailEntry, cipSecFailEntry and their successors."""

    target: str
    vrf: str
    number: int
    level: Level
    module: str
    index: str
    at: float | None = None
    """None where the target does not tell."""
    seen_at: float
    reason: str | None = None
    tunnel: str | None = None
    """Name of the tunnel that it was about, if that is known."""
    peer: str | None = None
    local_address: str | None = None
    remote_address: str | None = None
    local_identity: str | None = None
    remote_identity: str | None = None
    spi: int | None = None


GapKind: TypeAlias = Literal["unanswered", "history-overrun", "history-unreadable", "reload", "overflow", "stopped"]
"""Why something may be missing: the target did not answer; ends or failures fell out of a history before it was read;
a history cannot be read at all; the device restarted, which empties it; the ledger could not take what was to be
written; the daemon did not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time about which the record is incomplete, and why."""

    target: str
    vrf: str
    number: int
    kind: GapKind
    module: str
    """Tables that should have told."""
    begins_at: float
    ends_at: float | None = None
    """None while it goes on."""
    lost: int | None = None
    """How many records are missing, where that is known."""


class Usage(NamedTuple):
    """What a tunnel carried in a stretch of time, for rates over long periods."""

    target: str
    vrf: str
    tunnel: str
    peer: str
    begins_at: float
    seconds: float
    receive_bytes: int
    transmit_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change of state that is certain."""

    target: str
    vrf: str
    level: Level
    tunnel: str
    peer: str
    before: State
    after: State
    at: float
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryMark:
    """How far a history or failure table has been read."""

    module: str
    table: str
    """Kind of entity: `ClosedChildSa`, …"""
    boot_at: float | None = None
    """Which start of the device its indexes count from."""
    last_index: int | None = None
    """The highest index that was read; None if there was none."""
    read_at: float
    """When it was last read whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextRecord:
    """What is remembered of a context beside its tunnels and sessions."""

    target: str
    vrf: str
    watched_since: float
    next_number: int = 1
    """The number of the next session, failure or gap."""
    marks: tuple[HistoryMark, ...] = ()
    answered: tuple[tuple[str, float], ...] = ()
    """Modules and when each last answered, so that a restart knows how long nobody looked."""
    boot_at: float | None = None
    """When the device started, by its own uptime."""
    boots: int | None = None
    """snmpEngineBoots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextMemory:
    """All that the tracking of one context begins from after a restart."""

    record: ContextRecord
    tunnels: tuple[KnownTunnel, ...] = ()
    sessions: tuple[Session, ...] = ()
    """Those without an end."""
    given_up: tuple[Session, ...] = ()
    """Those that lately ended without anybody telling of it: a history that comes late may."""
    readings: tuple[Reading, ...] = ()
    """Of live sessions, as far as there are any."""
    gaps: tuple[Gap, ...] = ()
    """Those that go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be put on record after a step of one context, all of it or nothing."""

    target: str
    vrf: str
    at: float
    record: ContextRecord | None = None
    tunnels: tuple[KnownTunnel, ...] = ()
    """New, or changed in more than what live sessions carry."""
    forgotten: tuple[KnownTunnel, ...] = ()
    sessions: tuple[Session, ...] = ()
    """Begun, missed or ended."""
    failures: tuple[Failure, ...] = ()
    gaps: tuple[Gap, ...] = ()
    """Begun or ended."""
    usages: tuple[Usage, ...] = ()
    transitions: tuple[Transition, ...] = ()
    """For the log and for whoever listens; not kept on record."""
    readings: tuple[Reading, ...] | None = None
    """Of all live sessions, where a checkpoint is due; replaces the last one."""

    def __bool__(self) -> bool:
        """Whether there is anything to put on record."""
        return bool(
            self.record
            or self.tunnels
            or self.forgotten
            or self.sessions
            or self.failures
            or self.gaps
            or self.usages
            or self.readings is not None
        )
