"""The hub: a pure function of seed, start and time, computed from one event to the next.

However often `advance` is called on the way, the hub is the same at the same time. It reads no clock and no global
random numbers.
"""

from collections.abc import Callable, Iterator
from functools import partial
from heapq import heappop, heappush

from collector.demo.bgp import HOLD_SECONDS, OPEN_SECONDS, BgpSession
from collector.demo.branch import OVERLAP_SECONDS, Branch
from collector.demo.cast import CORE_ROUTERS, PARIS, PLANS
from collector.demo.counters import TICKS
from collector.demo.spokes import Act, Spoke, Step
from collector.demo.vrf import Vrf

UPTIME_AT_START = 3 * 3600
"""The hub has been up for this many seconds when the simulation starts."""
ENGINE_ID = bytes.fromhex("800000090300000001374500")
"""Cisco's enterprise number, and a MAC address (RFC 3411 SnmpEngineID)."""

Event = Callable[[int], None]


class Hub:
    """The simulated router.

    Args:
        seed: Which of the possible stories it plays.
        start: The time at which it begins, in seconds of the clock that `advance` is told.
        engine_id: Its snmpEngineID.
    """

    def __init__(self, *, seed: int = 1, start: float = 0.0, engine_id: bytes = ENGINE_ID) -> None:
        self.engine_id = engine_id
        self.now = UPTIME_AT_START * TICKS
        """sysUpTime, in hundredths of a second."""
        self.vrfs = {plan.context: Vrf(plan) for plan in PLANS}
        self.core = [self._core_session(*router) for router in CORE_ROUTERS]
        self._branches: dict[str, list[Branch]] = {}
        self._start = start
        self._events: list[tuple[int, int, Event]] = []
        self._scheduled = 0
        for context, vrf in self.vrfs.items():
            self._branches[context] = [self._begin(spoke, vrf, f"{seed}/{spoke.name}") for spoke in vrf.plan.spokes]

    def advance(self, now: float) -> None:
        """Let time pass until `now`, in seconds; a time that has passed already changes nothing."""
        target = UPTIME_AT_START * TICKS + int((now - self._start) * TICKS)
        while self._events and self._events[0][0] <= target:
            self.now, _, event = heappop(self._events)
            event(self.now)
        self.now = max(self.now, target)

    def branches(self, context: str) -> list[Branch]:
        """Give the spokes of a context."""
        return self._branches[context]

    def sessions(self, context: str) -> list[BgpSession]:
        """Give the BGP sessions of a context, the default one (empty) too."""
        if not context:
            return self.core
        return [branch.session for branch in self._branches[context] if branch.session]

    def _begin(self, spoke: Spoke, vrf: Vrf, seed: str) -> Branch:
        branch = Branch(spoke, vrf, seed)
        if spoke.up_for is not None:
            begin = branch.begin_recorded if spoke is PARIS else branch.begin
            begin(self.now, spoke.up_for)
        self._next_step(branch, branch.timeline(self.now))
        return branch

    def _next_step(self, branch: Branch, timeline: Iterator[tuple[int, Step]]) -> None:
        when, step = next(timeline)
        self._at(when, partial(self._play, branch, timeline, step))

    def _play(self, branch: Branch, timeline: Iterator[tuple[int, Step]], step: Step, now: int) -> None:
        was_up = branch.is_up
        branch.act(step, now)
        if step.act is Act.REKEY:
            self._at(now + OVERLAP_SECONDS * TICKS, lambda _: branch.expire())
        if branch.session and branch.is_up != was_up:
            wait = HOLD_SECONDS if was_up else OPEN_SECONDS
            self._at(now + wait * TICKS, partial(_settle, branch, branch.session, now))
        self._next_step(branch, timeline)

    def _at(self, when: int, event: Event) -> None:
        self._scheduled += 1
        heappush(self._events, (when, self._scheduled, event))

    def _core_session(self, local: bytes, remote: bytes, remote_as: int) -> BgpSession:
        born = self.now - 9_000 * TICKS
        return BgpSession(local_address=local, remote_address=remote, remote_as=remote_as, since=born)


def _settle(branch: Branch, session: BgpSession, changed: int, now: int) -> None:
    """Let BGP follow its tunnel, unless that has changed again since."""
    if branch.changed != changed or branch.is_up == session.established:
        return
    if branch.is_up:
        session.open(now)
    else:
        session.lose(now)
