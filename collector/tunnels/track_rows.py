"""Whose a row is: the session that had its index before, or of which it does not tell everything yet.

Tables are read one after the other: a row whose SA ends meanwhile has no selectors any more, and where columns end at
different rows, a new one may lack its addresses.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

from collector.model import ChildSa, IkeSa, KnownTunnel, Level
from collector.tunnels.identify import Recall
from collector.tunnels.names import Identity, address_text, lacks_a_side
from collector.tunnels.track_state import Incarnation, Key, ModuleKey, RowKey, Tracked
from collector.tunnels.track_work import Work
from collector.tunnels.tunnel import ChildTunnel, IkeTunnel, Member

TOLERANCE = 2.0
"""Seconds that two estimates of one start may differ, beside the time that reading took…"""
DRIFT = 0.002
"""…and how much more per second between the readings."""
ACTIVE_WRAP = (1 << 31) / 100
"""Seconds after which a TimeInterval begins anew (SNMPv2-TC: 0..2147483647 hundredths)."""


class Poll(NamedTuple):
    """The poll that a step is about."""

    module: ModuleKey
    taken_at: float
    reading_seconds: float
    """How long it took, or the one before."""
    complete: bool
    """Whether what it does not list is not there."""
    boot_at: float | None
    """When the device started, as far as that is known."""
    answering: tuple[ModuleKey, ...]
    """All modules that answer now, in the order of their tables."""
    only: frozenset[int] | None = None
    """Which rows were read, if not all of them were: by index."""

    def has_read(self, module: ModuleKey, arc: int) -> bool:
        """Whether a row of a module, or that it is not there, was read by this poll."""
        return module == self.module and (self.only is None or arc in self.only)


def is_same(one: Incarnation, active: float | None, poll: Poll) -> bool:
    """Whether a row that has been active for so long is the session that had its index before."""
    if active is None or one.active is None:
        return poll.boot_at is None or one.seen_at >= poll.boot_at
    elapsed = poll.taken_at - one.seen_at
    lag = one.active + elapsed - active
    slack = TOLERANCE + poll.reading_seconds + DRIFT * abs(elapsed)
    # What has been active since before the last reading cannot have begun after it, however clocks were set.
    return lag <= slack or active > elapsed + slack or abs(lag - ACTIVE_WRAP) <= slack


def is_nobody(identity: Identity) -> bool:
    """Whether a row tells nothing of whose it is: some firewalls list one empty row each."""
    return identity.local is None and identity.remote is None and not identity.selectors


def identity_of(known: KnownTunnel) -> Identity:
    """Return the identity of a tunnel's latest SA."""
    return Identity(known.target, known.vrf, known.level, known.local_address, known.remote_address, known.selectors)


def recall_rows(
    tunnels: Mapping[Key, Tracked], live: Collection[Key], modules: Sequence[ModuleKey], poll: Poll | None
) -> Recall:
    """Recall what rows were, for those that come without all of their identity.

    Args:
        tunnels: what is known.
        live: which of that may have been a row.
        modules: which module each table is of.
        poll: what may have changed since; None: nothing.
    """
    rows: dict[RowKey, tuple[Incarnation, Tracked]] = {}

    @cache
    def are_selectors_known() -> bool:
        return any(each.known.selectors for each in tunnels.values() if each.live)

    def recall(member: Member[Any]) -> Identity | None:
        if _has_addresses(member.row) and not are_selectors_known():
            # The target tells no selectors at all: there is nothing that a row could lack.
            return None
        if not rows:
            rows.update(
                {(one.module, one.arc): (one, each) for each in map(tunnels.__getitem__, live) for one in each.live}
            )
        module = modules[member.table]
        one, tracked = rows.get((module, member.arc), (None, None))
        if one is None or tracked is None:
            return None
        if poll and poll.has_read(module, member.arc) and not is_same(one, member.row.active_seconds, poll):
            return None
        return identity_of(tracked.known)

    return recall


def _has_addresses(row: ChildSa | IkeSa) -> bool:
    return address_text(row.local_address) is not None and address_text(row.remote_address) is not None


class Keeper:
    """Keeps rows back for some time that lack what the others of their level tell."""

    def __init__(
        self,
        work: Work,
        level: Level,
        poll: Poll,
        tunnels: Sequence[ChildTunnel | IkeTunnel],
    ) -> None:
        self._vague_seconds = work.plan.vague_seconds
        self._before, self._known, self._tables, self._poll = (
            work.vague[level],
            work.tunnels[level],
            poll.answering,
            poll,
        )
        self._level, self._tunnels = level, tunnels
        self.vague: dict[RowKey, float] = {}
        """Rows that lack something, and since when."""

    def keeps_back(self, tunnel: ChildTunnel | IkeTunnel) -> bool:
        """Whether the rows of a tunnel that is not known should wait until they tell more."""
        if self._is_whole(tunnel.identity) or (tunnel.name, tunnel.peer) in self._known:
            return False
        taken_at = self._poll.taken_at
        rows = [(self._tables[member.table], member.arc) for member in tunnel.members]
        self.vague.update({row: self._before.get(row, taken_at) for row in rows})
        return any(taken_at - self.vague[row] < self._vague_seconds for row in rows)

    def _is_whole(self, identity: Identity) -> bool:
        if identity.local is None or identity.remote is None:
            return False
        if lacks_a_side(identity):
            return False
        return bool(identity.selectors) or not self._selectors_told

    @cached_property
    def _selectors_told(self) -> bool:
        """Whether the target tells selectors; to know that it does not, all that is known is looked through."""
        return self._level == "child" and (
            any(tunnel.identity.selectors for tunnel in self._tunnels)
            or any(each.known.selectors for each in self._known.values())
        )
