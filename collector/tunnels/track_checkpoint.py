"""Checkpoints: how far live sessions have come, and what tunnels carried since the checkpoint before.

They are made of all live tunnels at once, so most of this is written out for the many rows that merely go on.
"""

from collector.model import Level, Reading, Usage
from collector.tunnels.counting import read
from collector.tunnels.join import ROWS_PER_STEP, Steps
from collector.tunnels.track_memory import octets
from collector.tunnels.track_state import LEVELS, Followed, Key
from collector.tunnels.track_work import Work

_NOTHING = 0, 0


def checkpoint(work: Work) -> Steps[None]:
    """Note how far live sessions have come, and what tunnels carried since the last checkpoint."""
    readings: list[Reading] = []
    usages = _Usages(work)
    for level in LEVELS:
        followed, tunnels = work.followed_of(level), work.tunnels[level]
        using = usages if level == "child" and usages.seconds > 0 else None
        left = work.live[level] | work.touched if using else work.live[level]
        if followed:
            yield from _read_followed(work, level, followed, readings, using)
            left = left - followed.indexes.keys()
        for number, key in enumerate(left, 1):
            if tracked := tunnels.get(key):
                readings += (Reading(one.session.number, one.seen_at, one.reading, one.carried) for one in tracked.live)
                if using:
                    counts = (count for one in tracked.live for count in (one.reading, one.carried))
                    using.note(key, octets(tracked.known.base, *counts))
            if not number % ROWS_PER_STEP:
                yield
        if using:
            work.touched = set()
    work.readings = tuple(readings)
    work.checkpoint_at = work.now


def _read_followed(
    work: Work, level: Level, followed: Followed, readings: list[Reading], using: "_Usages | None"
) -> Steps[None]:
    """Note how far the sessions have come whose rows merely go on."""
    tunnels, rows, taken_at = work.tunnels[level], followed.rows, followed.taken_at
    for number, (key, index) in enumerate(followed.indexes.items(), 1):
        known, _, ((session, _, _, _, carried, _, _),) = tunnels[key]
        counts = read(level, rows[index])
        readings.append(Reading(session.number, taken_at, counts, carried))
        if using:
            using.note(key, octets(known.base, counts, carried))
        if not number % ROWS_PER_STEP:
            yield


class _Usages:
    """What tunnels carried since the last checkpoint."""

    def __init__(self, work: Work) -> None:
        self.seconds = work.now - work.checkpoint_at
        self._target, self._vrf, self._begins_at = work.target, work.vrf, work.checkpoint_at
        self._used, self._usages = work.own_used(), work.usages

    def note(self, key: Key, carried: tuple[int, int]) -> None:
        """Note what a tunnel has received and sent by now."""
        received, sent = self._used.get(key, _NOTHING)
        self._used[key] = carried
        more, out = max(carried[0] - received, 0), max(carried[1] - sent, 0)
        self._usages.append(Usage(self._target, self._vrf, key[0], key[1], self._begins_at, self.seconds, more, out))
