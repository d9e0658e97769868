"""What devices announced, and what tracking found: each should come with the other.

A transition that nobody announced tells that notifications are lost, or not sent; an announcement that led to nothing,
that a device says more than is so, or that its tunnels are not watched.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from collector.model import Changes, Level, Session, Transition

EXPECTED_WITHIN_SECONDS = 180.0
"""How long an announcement waits for what it is about to be found: a poll of all rows has come meanwhile."""
ANNOUNCED_WITHIN_SECONDS = 10.0
"""How long after a transition was found its announcement may come."""
MOST = 20_000
"""Announcements of one target that wait."""

_About: TypeAlias = tuple[Level | None, str]
"""A level, and the index of a row or the address of a peer."""


_Key: TypeAlias = tuple[str | None, _About]
"""VRF, None for any, and what an announcement is about."""


class Found(NamedTuple):
    """A transition that tracking found."""

    transition: Transition
    announced: bool


class _Waiting(NamedTuple):
    """An announcement."""

    since: float
    found: bool = False
    """Whether something was found of it: only one of a peer waits for more."""


@dataclass(slots=True, eq=False)
class _Late:
    """A transition that nobody has announced yet."""

    since: float
    keys: frozenset[_Key]
    judged: bool = False


class Announcements:
    """What one target has announced lately, but for rows of which something was found."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[_Key, _Waiting] = OrderedDict()
        self._late: deque[_Late] = deque()
        self._late_by_key: dict[_Key, dict[_Late, None]] = {}
        """In the order in which they were found."""
        self.unconfirmed = 0
        """Announcements that led to nothing."""
        self.found: Counter[bool] = Counter()
        """Transitions by whether they were announced."""

    def add(self, vrf: str | None, level: Level | None, what: str, now: float) -> None:
        """Expect something to be found of a row (its index) or a peer (its address).

        With `vrf` None in any VRF; with `level` None of all SAs of the peer: those are many, and announced at once.
        """
        key = vrf, (level, what)
        late = list(self._late_by_key.get(key, ()))
        if late and level is not None:
            self._judge(late[-1], announced=True)
            return
        for each in late:
            self._judge(each, announced=True)
        self._waiting.pop(key, None)
        self._waiting[key] = _Waiting(now, found=bool(late))
        if len(self._waiting) > MOST:
            self._give_up_the_oldest()

    def compare(self, changes: Iterable[Changes], now: float) -> list[Found]:
        """Compare what was found with what was announced; return the transitions."""
        self.expire(now)
        found: list[Found] = []
        for one in changes:
            announced = {_tunnel(session) for session in one.sessions if self._take(one.vrf, session)}
            for move in one.transitions:
                found.append(Found(move, _tunnel(move) in announced))
                if found[-1].announced:
                    self.found[True] += 1
                else:
                    self._wait_for_word(move, one, now)
        return found

    def _wait_for_word(self, move: Transition, changes: Changes, now: float) -> None:
        """Give a transition some time to be announced: a poll may see it before its notification comes."""
        sessions = [session for session in changes.sessions if _tunnel(session) == _tunnel(move)]
        keys = {key for session in sessions for key in _keys(changes.vrf, session)}
        late = _Late(now, frozenset(keys))
        self._late.append(late)
        for key in keys:
            self._late_by_key.setdefault(key, {})[late] = None

    def expire(self, now: float) -> None:
        """Give up what was announced long ago."""
        while self._late and now - self._late[0].since >= ANNOUNCED_WITHIN_SECONDS:
            self._judge(self._late.popleft(), announced=False)
        while self._waiting and now - next(iter(self._waiting.values())).since >= EXPECTED_WITHIN_SECONDS:
            self._give_up_the_oldest()

    def _judge(self, late: "_Late", *, announced: bool) -> None:
        if not late.judged:
            late.judged = True
            self.found[announced] += 1
            for key in late.keys:
                del self._late_by_key[key][late]
                if not self._late_by_key[key]:
                    del self._late_by_key[key]

    def _give_up_the_oldest(self) -> None:
        _, waiting = self._waiting.popitem(last=False)
        self.unconfirmed += not waiting.found

    def _take(self, vrf: str, session: Session) -> bool:
        """Whether a session was announced; what is about a row is not waited for any more."""
        found = [key for key in _keys(vrf, session) if key in self._waiting]
        for key in found:
            if key[1][0] is None:
                self._waiting[key] = self._waiting[key]._replace(found=True)
            else:
                del self._waiting[key]
        return bool(found)


def _keys(vrf: str, session: Session) -> list[_Key]:
    """Return under what a session may be announced."""
    abouts: list[_About] = [(level, what) for level in (session.level, None) for what in (session.index, session.peer)]
    return [(where, about) for where in (vrf, None) for about in abouts]


def _tunnel(told: Session | Transition) -> tuple[Level, str, str]:
    return told.level, told.tunnel, told.peer
