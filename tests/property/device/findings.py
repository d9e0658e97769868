"""What the polls of a watch truly found, and which session on record tells of which life."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from tests.property.device.lives import Life

WRAP = (1 << 31) / 100
"""Seconds after which a TimeInterval begins anew."""
CLOCKS = 8.0
"""Seconds that times may differ: reading takes time, and uptime is read apart."""


@dataclass(frozen=True)
class Case:
    """A session and the life that it tells of."""

    session: object
    life: Life

    def __str__(self):
        return f"\n{self.session}\n{show(self.life)}"


class Findings:
    """What a watch found of its world."""

    def __init__(self, watch):
        self.watch, self.world, self.record = watch, watch.world, watch.record
        self.profile = self.world.profile

    @cached_property
    def clean(self):
        """Whether nothing went wrong in the watching, and the device went on."""
        troubled = any(poll.fails or poll.lossy or poll.ragged for poll, _ in self.watch.polls)
        return not (self.watch.outages or self.watch.stops or self.world.boots[1:] or troubled)

    @cached_property
    def readings(self):
        """When each life's row was read, when that was known, and whether the row told its addresses."""
        readings = defaultdict(list)
        for poll, snapshot in self.watch.polls:
            if snapshot.error is None:
                for life, at, whole in poll.listed:
                    readings[life].append((at, poll.done_at, whole))
        return readings

    @cached_property
    def entries_read(self):
        """Which rows of histories were ever read: run of the device, VRF, level, index."""
        return self._rows("history", {"ClosedIkeSa": "ike", "ClosedChildSa": "child"})

    @cached_property
    def mishaps_read(self):
        """Which rows of failure tables were ever read."""
        return self._rows("failures", {"IkeFailure": "ike", "IpsecFailure": "child"})

    def _rows(self, module, levels):
        rows = set()
        for poll, snapshot in self.watch.polls:
            boot = self.world.boot(poll.taken_at)
            if snapshot.error is None and poll.module == module and not self._is_lost(poll):
                for entity in snapshot.entities:
                    if level := levels.get(type(entity).__name__):
                        rows.add((boot, poll.vrf, level, int(entity.index)))
        return rows

    def _is_lost(self, poll):
        """Whether the daemon was killed before what a poll found was surely written."""
        return any(killed and stop - 60 < poll.done_at <= stop for stop, _, killed in self.watch.stops)

    def end_was_read(self, life):
        """Whether the history row of its end was ever read."""
        place = life.boot, life.line.vrf, life.line.level
        return any(
            entry.life is life and not entry.copy and (*place, entry.index) in self.entries_read
            for entry in self.world.closed[place]
        )

    def gaps(self, vrf):
        """The gaps on record."""
        return [gap for gap in self.record.gaps.values() if gap.vrf == vrf]

    def is_admitted(self, vrf, at, *, not_of):
        """Whether a gap covers a moment, of other tables than those."""
        return any(
            gap.begins_at - CLOCKS <= at <= (gap.ends_at or self.watch.now) + CLOCKS
            for gap in self.gaps(vrf)
            if gap.module != not_of
        )

    def watched_since(self, vrf):
        """When a context was first looked at."""
        record = self.record.records.get(vrf)
        return record.watched_since if record else float("inf")

    @cached_property
    def cases(self):
        """Each session with its life: every one of them is somebody's, and nobody has two."""
        by_row = defaultdict(list)
        for life in self.world.lives:
            by_row[life.line.vrf, life.line.level, str(life.index)].append(life)
        taken = {}
        for session in self.record.sessions.values():
            fitting = [life for life in by_row[session.vrf, session.level, session.index] if _fits(session, life)]
            assert fitting, f"no such session ever was: {session}"
            life = min(fitting, key=lambda one: (one in taken, abs((session.started_at or one.born) - one.born)))
            assert life not in taken, f"twice on record:\n{session}\n{taken[life]}\n{show(life)}"
            taken[life] = session
        return [Case(session, life) for life, session in taken.items()]


def _fits(session, life):
    slack = CLOCKS + 0.001 * min(abs(session.seen_at - life.born), 3e5)
    # How long a row has been active may have wrapped before it was first seen.
    if (
        session.started_at is not None
        and min(abs(session.started_at - life.born - n * WRAP) for n in (0, 1, 2)) > slack
    ):
        return False
    return life.born - CLOCKS <= session.seen_at <= life.died + CLOCKS


def show(life):
    """Tell of a life in one line."""
    return (
        f"{life.line.vrf} {life.line.level} #{life.index} boot {life.boot} {life.born:.1f}..{life.died:.1f} "
        f"{life.reason} {life.line.key[2]}"
    )
