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


class Found(NamedTuple):
    """A transition that tracking found."""

    transition: Transition
    announced: bool


class Announcements:
    """Announcements of one target that nothing was found of yet."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[str | None, _About], float] = OrderedDict()
        self.unconfirmed = 0
        """Announcements that led to nothing."""
        self.found: Counter[bool] = Counter()
        """Transitions by whether they were announced."""

    def add(self, vrf: str | None, level: Level | None, what: str, now: float) -> None:
        """Expect something to be found of a row (its index) or a peer (its address); `vrf` None: in any VRF."""
        key = vrf, (level, what)
        self._waiting.pop(key, None)
        self._waiting[key] = now
        if len(self._waiting) > MOST:
            self._waiting.popitem(last=False)
            self.unconfirmed += 1

    def compare(self, changes: Iterable[Changes], now: float) -> list[Found]:
        """Compare what was found with what was announced; return the transitions."""
        found: list[Found] = []
        for one in changes:
            confirmed = {session.tunnel for session in one.sessions if self._take(one.vrf, session)}
            found += [Found(move, move.tunnel in confirmed) for move in one.transitions]
        self.found.update(each.announced for each in found)
        self.expire(now)
        return found

    def expire(self, now: float) -> None:
        """Give up what was announced long ago."""
        while self._waiting:
            key, since = next(iter(self._waiting.items()))
            if now - since < EXPECTED_WITHIN_SECONDS:
                return
            del self._waiting[key]
            self.unconfirmed += 1

    def _take(self, vrf: str, session: Session) -> bool:
        """Whether a session was announced; it is not waited for any more."""
        abouts = [(level, what) for level in (session.level, None) for what in (session.index, session.peer)]
        keys = [(where, about) for where in (vrf, None) for about in abouts]
        found = [key for key in keys if key in self._waiting]
        for key in found:
            del self._waiting[key]
        return bool(found)
