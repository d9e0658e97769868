"""What truly happened on the device: lives of SAs, what its history and failure tables held, when it started."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

from collector.model import ChildSa, Endpoint, IkeSa, Level
from collector.tunnels.names import child_identity, ike_identity, name_of, peer_of

INDEX_WRAP = (1 << 31) - 1
RELOAD = "reload"


@dataclass(frozen=True, kw_only=True)
class Line:
    """What stays when SAs come and go: two endpoints, and what may pass between them."""

    vrf: str
    level: Level
    local: str
    remote: str
    nets: tuple[str, str] | None = None
    """First addresses of the /24 on each side."""

    def endpoint(self, child_index):
        local, remote = self.nets
        return Endpoint(
            index=f"{child_index}.1",
            child_index=child_index,
            endpoint=1,
            local_type="ipSubnet",
            local_first_address=local,
            local_second_address="255.255.255.0",
            local_protocol=0,
            local_port=0,
            remote_type="ipSubnet",
            remote_first_address=remote,
            remote_second_address="255.255.255.0",
            remote_protocol=0,
            remote_port=0,
        )

    @cached_property
    def key(self):
        """VRF, level, name and peer of the tunnel, where the device tells its selectors."""
        return self._key([self.endpoint(1)] if self.nets else [])

    @cached_property
    def bare_key(self):
        """The same where it does not."""
        return self._key([])

    def _key(self, endpoints):
        if self.level == "child":
            row = ChildSa(local_address=self.local, remote_address=self.remote)
            identity = child_identity("hub1", self.vrf, row, endpoints)
        else:
            row = IkeSa(local_address=self.local, remote_address=self.remote)
            identity = ike_identity("hub1", self.vrf, row)
        return self.vrf, self.level, name_of(identity), peer_of(identity)


@dataclass(eq=False, kw_only=True)
class Life:
    """One incarnation of an SA."""

    line: Line
    boot: int
    """In which run of the device."""
    born: float
    died: float = inf
    reason: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)
    """What it carries per second, by counter."""
    rekeys: tuple[float, ...] = ()
    resets: tuple[float, ...] = ()
    """When its counters began anew."""
    index: int = 0
    maker: "Life | None" = None
    """The IKE SA that made a CHILD SA."""

    def alive(self, at):
        return self.born <= at < self.died

    def carried(self, at):
        """What it has carried by then."""
        seconds = max(min(at, self.died) - self.born, 0.0)
        return {name: int(rate * seconds) for name, rate in self.rates.items()}

    def refreshes(self, at):
        return bisect_right(self.rekeys, min(at, self.died))

    def shown(self, at, bits):
        """What the device says of that."""
        at = min(at, self.died)
        carried = self.carried(at)
        if began := bisect_right(self.resets, at):
            before = self.carried(self.resets[began - 1])
            carried = {name: value - before[name] for name, value in carried.items()}
        return {name: value % (1 << bits) for name, value in carried.items()}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row of a history: an end, or a copy of what lives."""

    index: int
    at: float
    life: Life
    copy: bool = False


@dataclass(frozen=True, kw_only=True)
class Mishap:
    """A row of a failure table."""

    vrf: str
    level: Level
    boot: int
    index: int
    at: float
    reason: str
    line: Line
    child_index: int


@dataclass(frozen=True, kw_only=True)
class Boot:
    """A run of the device."""

    number: int
    began: float
    ends: float = inf
    """When it goes down; it is back as soon as the next one begins."""


@dataclass(kw_only=True)
class World:
    """All that happens on a device; it is only ever looked at."""

    profile: object
    begins: float
    calm: float
    """Nothing happens from then on."""
    boots: tuple[Boot, ...]
    lives: list[Life]
    closed: dict[tuple[int, str, str], list[Entry]]
    """By boot, VRF and level, in their order."""
    mishaps: dict[tuple[int, str, str], list[Mishap]]

    def boot(self, at):
        """Which run it is in; None while it is down."""
        for number, boot in enumerate(self.boots):
            if boot.began <= at < boot.ends:
                return number
        return None

    @cached_property
    def _by_place(self):
        places = {}
        for life in self.lives:
            places.setdefault((life.line.vrf, life.line.level), []).append(life)
        return places

    def of(self, vrf, level):
        return self._by_place.get((vrf, level), ())

    def key(self, line):
        """VRF, level, name and peer of the tunnel of a line, as far as the device tells."""
        return line.key if self.profile.endpoints else line.bare_key


def ring(rows, at, size):
    """The rows that a table of limited size holds at a time, of all that it ever got."""
    end = bisect_right(rows, at, key=lambda row: row.at)
    return rows[max(end - size, 0) : end]
