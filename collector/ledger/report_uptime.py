"""How long a tunnel was up, and how often it failed: arithmetic on stretches of time.

A stretch is `(begins_at, ends_at)`, Unix time, the end not included. Stretches that are "disjoint" are in order too.
"""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from math import inf
from typing import TypeAlias

Stretch: TypeAlias = tuple[float, float]

REESTABLISHED_SECONDS = 60.0
"""A tunnel that is up again by then was merely re-established, where its end does not tell of a failure by itself."""
NO_FAILURES = frozenset({"normal", "operRequest", "applicationInitiated", "checkPointReq", "checkPointReg"})
"""Reasons of ends that somebody wanted, or that are none."""
FAILURES = frozenset({"peerLost", "localFailure", "userAuthFailure", "xauthFailure", "reload"})
"""Reasons that tell of a failure, however soon the tunnel is up again."""


Life: TypeAlias = tuple[float, float, bool, str | None]
"""A session, as far as uptime is concerned: begin, end, whether it ended then (else it lived on), and why."""


@dataclass(slots=True)
class Uptime:
    """What the sessions of a tunnel come to within a period."""

    up: list[Stretch] = field(default_factory=list)
    """Disjoint: when at least one session lived."""
    sessions: int = 0
    failures: int = 0
    ends: Counter[str | None] = field(default_factory=Counter)
    """Ends in the period by reason, those of sessions that others outlived included."""


def is_failure(reason: str | None, down_seconds: float) -> bool:
    """Whether an end by which a tunnel went down is a failure.

    Never, if somebody wanted it; always, if its reason tells of a failure; else (`peerDelRequest`, `seqNumRollOver`,
    `other`, a reason that the MIB does not list, none at all) if the tunnel was not up again soon.
    """
    if reason in NO_FAILURES:
        return False
    return reason in FAILURES or down_seconds > REESTABLISHED_SECONDS


def uptime(lives: Iterable[Life], period: Stretch, now: float) -> Uptime:
    """Fold the sessions of one tunnel, in the order of their begins, into its uptime within a period.

    Sessions that begin up to REESTABLISHED_SECONDS after the period are wanted too: they tell failures apart.

    Args:
        lives: the sessions.
        period: what is asked about.
        now: until when it is known whether the tunnel came up again.
    """
    since, until = period
    up: list[Stretch] = []
    ends: dict[str | None, int] = {}
    sessions = failures = 0
    # The latest end so far, whether it is one in the period, and why; then the end of the latest stretch.
    over, fell, cause, top = -inf, False, None, -inf
    # Millions of sessions pass here: names of this function cost least, and comparisons less than min and max.
    for begins_at, ends_at, ended, reason in lives:
        if begins_at > over and fell:
            failures += is_failure(cause, begins_at - over)
        if begins_at < until and ends_at >= since:
            sessions += 1
            if ended and ends_at < until:
                ends[reason] = ends.get(reason, 0) + 1
            begin = begins_at if begins_at > since else since  # noqa: FURB136
            end = ends_at if ends_at < until else until  # noqa: FURB136
            if begin > top:
                if begin < end:
                    up.append((begin, end))
                    top = end
            elif end > top:
                up[-1] = (up[-1][0], end)
                top = end
        if ends_at >= over:
            over, fell, cause = ends_at, ended and since <= ends_at < until, reason
    if fell:
        failures += is_failure(cause, now - over)
    return Uptime(up, sessions, failures, Counter(ends))


def _add(disjoint: list[Stretch], stretch: Stretch) -> None:
    """Add a stretch that begins no earlier than any before it."""
    if disjoint and stretch[0] <= disjoint[-1][1]:
        disjoint[-1] = (disjoint[-1][0], max(disjoint[-1][1], stretch[1]))
    else:
        disjoint.append(stretch)


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Make stretches disjoint; empty ones go."""
    found: list[Stretch] = []
    for stretch in sorted(stretches):
        if stretch[0] < stretch[1]:
            _add(found, stretch)
    return found


class KnownTime:
    """Time in which the truth was known: a period without its holes."""

    def __init__(self, period: Stretch, holes: Iterable[Stretch] = ()) -> None:
        self._begins: list[float] = []
        self._ends: list[float] = []
        self._before: list[float] = []
        total, begins_at = 0.0, period[0]
        for hole in (*merged(holes), (period[1], period[1])):
            ends_at = min(hole[0], period[1])
            if begins_at < ends_at:
                self._begins.append(begins_at)
                self._ends.append(ends_at)
                self._before.append(total)
                total += ends_at - begins_at
            begins_at = max(begins_at, hole[1])

    def within(self, stretch: Stretch) -> float:
        """Return how much of a stretch was known, in seconds."""
        return max(0.0, self._until(stretch[1]) - self._until(stretch[0]))

    def sum(self, disjoint: Iterable[Stretch], since: float) -> float:
        """Return how much of stretches was known, from a moment on, in seconds."""
        known = zip(self._begins, self._ends, strict=True)
        first, last = next(known, (inf, inf))
        total = 0.0
        for begins_at, ends_at in disjoint:
            begin = begins_at if begins_at > since else since  # noqa: FURB136 - as in `uptime`
            while last < ends_at:
                # This one reaches over the end of what was known there.
                if begin < last:
                    total += last - max(begin, first)
                first, last = next(known, (inf, inf))
            if begin < first:  # noqa: PLR1730
                begin = first
            if begin < ends_at:
                total += ends_at - begin
        return total

    def _until(self, at: float) -> float:
        place = bisect_right(self._begins, at) - 1
        return 0.0 if place < 0 else self._before[place] + min(at, self._ends[place]) - self._begins[place]


class Crowd:
    """How many tunnels were up at once: 16 bytes for each stretch in which one was."""

    def __init__(self) -> None:
        self._begins = array("d")
        self._ends = array("d")

    def add(self, disjoint: Iterable[Stretch]) -> None:
        """Add when one tunnel was up."""
        times = array("d", chain.from_iterable(disjoint))
        self._begins += times[::2]
        self._ends += times[1::2]

    def peak(self) -> tuple[int, float | None]:
        """Return the most tunnels that were up at once, and when that was first so; None if none ever was."""
        ends = iter(sorted(self._ends))
        next_end = next(ends, 0.0)
        present = most = 0
        at: float | None = None
        for begins_at in sorted(self._begins):
            present += 1
            while next_end <= begins_at:
                present -= 1
                next_end = next(ends)
            if present > most:
                most, at = present, begins_at
        return most, at
