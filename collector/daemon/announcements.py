"""What devices announced, and what tracking found: each should come with the other.

A transition that nobody announced tells that notifications are lost, or not sent; an announcement that led to nothing,
that a device says more than is so, or that its tunnels are not watched.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from collector.model import Changes, Level, Session, Transition

EXPECTED_WITHIN_SECONDS = 180.0
"""How long an announcement waits for what it is about to be found: a poll of all rows has come meanwhile."""
MOST = 20_000
"""Announcements of one target that wait."""

_About: TypeAlias = tuple[Level | None, str]
"""A level, and the index of a row or the address of a peer."""


class Verdict(NamedTuple):
    """What was found of announcements."""

    announced: int = 0
    """Transitions that were announced."""
    unannounced: int = 0
    """Transitions that were not."""


class _Waiting(NamedTuple):
    """An announcement."""

    since: float
    found: bool = False
    """Whether something was found of it: only one of a peer waits for more."""


class Announcements:
    """What one target has announced lately, but for rows of which something was found."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[str | None, _About], _Waiting] = OrderedDict()
        self.unconfirmed = 0
        """Announcements that led to nothing."""
        self.found: Counter[bool] = Counter()
        """Transitions by whether they were announced."""

    def add(self, vrf: str | None, level: Level | None, what: str, now: float) -> None:
        """Expect something to be found of a row (its index) or a peer (its address).

        With `vrf` None in any VRF; with `level` None of all SAs of the peer: those are many, and announced at once.
        """
        key = vrf, (level, what)
        self._waiting.pop(key, None)
        self._waiting[key] = _Waiting(now)
        if len(self._waiting) > MOST:
            self._give_up_the_oldest()

    def compare(self, changes: Iterable[Changes], now: float) -> Verdict:
        """Compare what was found with what was announced."""
        self.expire(now)
        announced = unannounced = 0
        for one in changes:
            confirmed = {_tunnel(session) for session in one.sessions if self._take(one.vrf, session)}
            for move in one.transitions:
                if _tunnel(move) in confirmed:
                    announced += 1
                else:
                    unannounced += 1
        self.found[True] += announced
        self.found[False] += unannounced
        return Verdict(announced, unannounced)

    def expire(self, now: float) -> None:
        """Give up what was announced long ago."""
        while self._waiting and now - next(iter(self._waiting.values())).since >= EXPECTED_WITHIN_SECONDS:
            self._give_up_the_oldest()

    def _give_up_the_oldest(self) -> None:
        _, waiting = self._waiting.popitem(last=False)
        self.unconfirmed += not waiting.found

    def _take(self, vrf: str, session: Session) -> bool:
        """Whether a session was announced; what is about a row is not waited for any more."""
        abouts = [(level, what) for level in (session.level, None) for what in (session.index, session.peer)]
        found = [(where, about) for where in (vrf, None) for about in abouts if (where, about) in self._waiting]
        for where, (level, what) in found:
            if level is None:
                self._waiting[where, (level, what)] = self._waiting[where, (level, what)]._replace(found=True)
            else:
                del self._waiting[where, (level, what)]
        return bool(found)


def _tunnel(told: Session | Transition) -> tuple[Level, str, str]:
    return told.level, told.tunnel, told.peer
