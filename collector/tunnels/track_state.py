"""What tracking remembers: of each tunnel, each live SA, each context, and each target.

All of it is replaced, never changed: a scrape that holds a state holds one moment.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from collector.model import (
    Changes,
    ChildSa,
    ClosedChildSa,
    ClosedIkeSa,
    ContextRecord,
    Counts,
    Endpoint,
    Entity,
    Gap,
    IkeFailure,
    IkeSa,
    IpsecFailure,
    KnownTunnel,
    Level,
    Session,
)
from collector.tunnels.counting import read
from collector.tunnels.device_clock import DeviceClock
from collector.tunnels.join import Rows
from collector.tunnels.rules import Named, Rules
from collector.tunnels.track_late import Late
from collector.tunnels.tunnel import Tunnels

ModuleKey: TypeAlias = tuple[str, str]
"""Kind of source and module: `("snmp", "ipsec")`."""
Key: TypeAlias = tuple[str, str]
"""A tunnel's name and peer."""
RowKey: TypeAlias = tuple[ModuleKey, int]
"""A row by its module and index."""
Maker: TypeAlias = int | tuple[str | None, str | None]
"""An IKE SA by the index of its row, or by its addresses."""

LEVELS: tuple[Level, ...] = ("ike", "child")
LIVE: dict[Level, type[Entity]] = {"child": ChildSa, "ike": IkeSa}
CLOSED: dict[Level, type[Entity]] = {"child": ClosedChildSa, "ike": ClosedIkeSa}
TOLD_LATE = frozenset[type[Entity]]({*CLOSED.values(), IkeFailure, IpsecFailure})
"""What is told after it happened, with time stamps of the device."""
_TOLD_OF_TUNNELS = TOLD_LATE | frozenset(LIVE.values())
SYSTEM: ModuleKey = ("snmp", "system")
"""What tells the device's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What tracking is told once."""

    rules: Rules = field(default_factory=Rules)
    tells: Mapping[ModuleKey, Mapping[str, type[Entity]]] = field(default_factory=dict)
    """Which kind of entity each table of a module tells."""
    histories: Mapping[tuple[ModuleKey, Level], ModuleKey] = field(default_factory=dict)
    """Which module tells the ends of the SAs that a module lists."""
    polled: Mapping[tuple[str, str], frozenset[ModuleKey]] = field(default_factory=dict)
    """Modules that are polled, by target and VRF; where it says nothing, those that were."""
    max_tunnels: int = 20_000
    """Tunnels that are remembered of one level of a context."""
    checkpoint_seconds: float = 300.0
    """From one checkpoint of live sessions to the next."""
    history_patience_seconds: float = 900.0
    """How long the end of a session waits for the history that tells of it."""
    silence_seconds: float = 150.0
    """How long a module is silent before that is put on record."""
    vague_seconds: float = 150.0
    """How long a row may lack what others tell before it is believed that it never will."""

    def tells_of_tunnels(self, module: ModuleKey) -> bool:
        """Whether a module tells what lives, has ended or has failed."""
        return not _TOLD_OF_TUNNELS.isdisjoint(self.tells.get(module, {}).values())

    def listing(self, level: Level) -> frozenset[ModuleKey]:
        """Return the modules that list the SAs of a level."""
        return frozenset(key for key, tables in self.tells.items() if LIVE[level] in tables.values())


class Incarnation(NamedTuple):
    """A session that lives, as of the latest reading."""

    session: Session
    """As it was last put on record."""
    module: ModuleKey
    arc: int
    """Index of its row."""
    reading: Counts
    """What the row says."""
    carried: Counts
    """What is to be added to that; empty for nothing."""
    seen_at: float
    active: float | None
    """How long it had been active then, as the device says."""


class Ended(NamedTuple):
    """A session that the history ended."""

    session: Session
    read_at: float
    """When the history was read."""


class Tracked(NamedTuple):
    """A known tunnel."""

    known: KnownTunnel
    """As it was last put on record."""
    named: Named
    live: tuple[Incarnation, ...] = ()
    """Newest first; of a tunnel that is `Followed`, as of when something last happened in it."""


class Selectors(NamedTuple):
    """The selectors that a module tells."""

    rows: Sequence[Endpoint]
    told: Sequence[tuple[Any, ...]]
    """Of each row, whose it is, and what it says (`names.selectors_told`)."""


class Followed(NamedTuple):
    """Rows in which nothing has happened since they were looked at closely, except that their counters went on."""

    module: ModuleKey
    """What lists them, and nothing else lists their level."""
    answering: tuple[ModuleKey, ...]
    """All that answered then: what is joined to the rows came from these."""
    taken_at: float
    rows: Mapping[str, Any]
    """As they are now, by their indexes."""
    owners: Mapping[str, Key | None]
    """Whose the only session of a row is; None for a row that is shown while it is there, and not remembered."""
    indexes: Mapping[Key, str]
    """The row of each tunnel."""
    selectors: tuple[Selectors, ...]
    """What identifies them beside what they say themselves, by the module that tells it."""

    def without(self, keys: Collection[Key]) -> "Followed":
        """Return what is left if some tunnels are no longer followed."""
        gone = {self.indexes[key] for key in keys if key in self.indexes}
        if not gone:
            return self
        return self._replace(
            rows={index: row for index, row in self.rows.items() if index not in gone},
            owners={index: key for index, key in self.owners.items() if index not in gone},
            indexes={key: index for key, index in self.indexes.items() if index not in gone},
        )


class Sight:
    """What a target lists as of one moment, in the form of tunnels; found when somebody looks, and not before."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: Tunnels | None = None
        """None as long as nobody has looked; who does puts it here, which is the same whoever does."""


_NO_ROWS: Rows = MappingProxyType({})
_NO_CLOCK = DeviceClock()


class Module(NamedTuple):
    """What a module last said in a context."""

    answering: bool
    """Whether its latest poll succeeded."""
    complete: bool = True
    """Whether that read all tables to their ends."""
    answered_at: float | None = None
    """When a poll last succeeded, Unix time."""
    duration_seconds: float = 0.0
    """How long that took."""
    failing_since: float | None = None
    kinds: frozenset[type[Entity]] = frozenset()
    """What it tells: kinds of the tables that the target has."""
    rows: Rows = _NO_ROWS
    late: Late = frozenset()
    """Rows that were not whole yet when they were read; they are waited for until the next poll, and no longer."""


class History(NamedTuple):
    """A read of histories and failures."""

    module: ModuleKey
    kinds: frozenset[type[Entity]]
    """What it tells: kinds of the tables that the target has."""
    rows: Rows
    complete: bool
    taken_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextState:
    """What is known of one context."""

    record: ContextRecord
    tunnels: Mapping[Level, Mapping[Key, Tracked]] = field(default_factory=lambda: {"child": {}, "ike": {}})
    live: Mapping[Level, frozenset[Key]] = field(default_factory=lambda: {"child": frozenset(), "ike": frozenset()})
    """Tunnels that have a live session."""
    unsettled: Mapping[Level, frozenset[Key]] = field(
        default_factory=lambda: {"child": frozenset(), "ike": frozenset()}
    )
    """Tunnels without one of which it is not certain yet that they are down."""
    ending: Mapping[RowKey, tuple[Incarnation, ...]] = field(default_factory=dict)
    """Sessions that are over and await what the history says of them."""
    given_up: Mapping[RowKey, tuple[Incarnation, ...]] = field(default_factory=dict)
    """Sessions that were ended because the history did not come: it may still."""
    ended: Mapping[RowKey, Ended] = field(default_factory=dict)
    """Sessions that the history ended lately: a poll that began before may still list them."""
    modules: Mapping[ModuleKey, Module] = field(default_factory=dict)
    deferred: Mapping[ModuleKey, tuple[History, ...]] = field(default_factory=dict)
    """Reads of histories and failures that await a look at the device's clock, which alone tells whether it has
    restarted; the oldest first: what it has may have fallen out by the next."""
    renamed: tuple[tuple[KnownTunnel, Key | None], ...] = ()
    """Tunnels as they are on record, and what they are called now, if they are still: for the next step's record."""
    followed: Mapping[Level, Followed] = field(default_factory=dict)
    """Rows that merely go on: what `tunnels` says of their sessions is older."""
    remade: frozenset[Maker] = frozenset()
    """IKE SAs that came, went or changed since CHILD SAs were last followed: these may have another name for it."""
    sight: Sight = field(default_factory=Sight)
    """What the target lists."""
    unidentified: Mapping[Level, int] = field(default_factory=dict)
    """Rows that tell neither addresses nor selectors."""
    vague: Mapping[Level, Mapping[RowKey, float]] = field(default_factory=lambda: {"child": {}, "ike": {}})
    """Rows that do not tell everything about whose they are yet, and since when."""
    over_limit: Mapping[Level, int] = field(default_factory=dict)
    """Tunnels that are not remembered because there are too many."""
    gaps: Mapping[tuple[str, str], Gap] = field(default_factory=dict)
    """Gaps that go on, by kind and module."""
    tally: Mapping[tuple[str, str, str | None], int] = field(default_factory=dict)
    """Ends, failures and gaps since the daemon began: what, level or kind, reason."""
    asleep_since: float | None = None
    """When the daemon last knew anything of it, until it knows something again."""
    used: dict[Key, tuple[int, int]] = field(default_factory=dict)
    """Octets that each tunnel had received and sent at the last checkpoint, or before it was watched."""
    touched: frozenset[Key] = frozenset()
    """Tunnels whose ended sessions were added to since then."""
    checkpoint_at: float
    """When the last checkpoint was."""
    swept_at: float
    """When it was last looked for what is to be forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """What is known of one target."""

    target: str
    clock: DeviceClock = _NO_CLOCK
    contexts: Mapping[str, ContextState] = field(default_factory=dict)
    """By VRF."""


def is_certain(target: str, state: ContextState, plan: Plan, level: Level) -> bool:
    """Whether what is not listed is not there: everything that lists SAs of the level has answered, and in full."""
    return lists_all(target, state.record.vrf, state.modules, plan, level)


def lists_all(target: str, vrf: str, modules: Mapping[ModuleKey, Module], plan: Plan, level: Level) -> bool:
    """Whether all modules that list SAs of a level have answered, and in full."""
    polled = plan.polled.get((target, vrf))
    listing = plan.listing(level) & (modules.keys() if polled is None else polled)
    return bool(listing) and all(_tells_all(modules.get(key), level) for key in listing)


def _tells_all(module: Module | None, level: Level) -> bool:
    """Whether a module has told all that it has of a level; one that has no such table has nothing to tell."""
    if module is None or module.answered_at is None:
        return False
    return LIVE[level] not in module.kinds or (module.answering and module.complete)


def up_to_date(level: Level, tracked: Tracked, followed: Followed, key: Key) -> Tracked:
    """Return a tunnel that is followed as of the latest reading of its row."""
    (one,) = tracked.live
    if one.seen_at == followed.taken_at:
        # It is already; sessions are told apart as objects, so this one stays.
        return tracked
    row = followed.rows[followed.indexes[key]]
    now = one._replace(reading=read(level, row), seen_at=followed.taken_at, active=row.active_seconds)
    return tracked._replace(live=(now,))


class Step(NamedTuple):
    """What became of a state."""

    state: TargetState
    changes: tuple[Changes, ...] = ()
    look_at: frozenset[tuple[str, str, str]] = frozenset()
    """VRF, source and module of what should be polled now."""
    rebooted: bool = False
