"""One VRF's books: what lives, what has ended, what has failed; indexes are never given twice."""

from collections import deque
from dataclasses import dataclass

from collector.demo.counters import IkeTraffic, Traffic
from collector.demo.sas import ChildSa, IkeSa
from collector.demo.spokes import IKE_AUTH_FAILURE, IKE_HASH_VALIDATION, IKE_PEER_LOST, Selector, Spoke, VrfPlan

HISTORY_ROWS = 6
"""cipSecHistTableSize: smaller than the recorded 200, so that a walk stays short and overruns can be seen."""
FAILURE_ROWS = 6
"""cipSecFailTableSize."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A row of cikeFailTable or cipSecFailTable."""

    index: int
    reason: int
    time: int
    spoke: Spoke
    tunnel_index: int = 0


@dataclass(slots=True)
class FailureCounts:
    """Negotiations that came to nothing, by cause."""

    initiated: int = 0
    responded: int = 0
    authentication: int = 0
    hash_validation: int = 0
    no_sa: int = 0


class Vrf:
    """The state behind one SNMP context."""

    def __init__(self, plan: VrfPlan) -> None:
        self.plan = plan
        self.ikes: dict[int, IkeSa] = {}
        self.children: dict[int, ChildSa] = {}
        self.ike_history: deque[tuple[int, IkeSa]] = deque(maxlen=HISTORY_ROWS)
        self.child_history: deque[tuple[int, ChildSa]] = deque(maxlen=HISTORY_ROWS)
        self.ike_failures: deque[Failure] = deque(maxlen=FAILURE_ROWS)
        self.child_failures: deque[Failure] = deque(maxlen=FAILURE_ROWS)
        self.previous_ikes = 0
        self.previous_children = 0
        self.initiated = 0
        self.failed = FailureCounts()
        self._closed_exchanged = IkeTraffic()
        self._closed_carried = Traffic()
        self._last_ike = self._last_child = self._last_ike_failure = self._last_child_failure = 0

    def add_ike(self, spoke: Spoke, now: int) -> IkeSa:
        """Enter a new IKE SA."""
        self._last_ike += 1
        self.initiated += spoke.initiated_here
        sa = IkeSa(index=self._last_ike, spoke=spoke, born=now, counted_from=now)
        self.ikes[sa.index] = sa
        return sa

    def add_child(self, spoke: Spoke, selector: Selector, ike_index: int, now: int) -> ChildSa:
        """Enter a new phase-2 tunnel."""
        index = self._next_child()
        sa = ChildSa(index=index, spoke=spoke, born=now, counted_from=now, selector=selector, ike_index=ike_index)
        self.children[index] = sa
        return sa

    def close_ike(self, sa: IkeSa, reason: int, now: int) -> None:
        """Move an IKE SA to the history."""
        del self.ikes[sa.index]
        sa.ended, sa.reason = now, reason
        self.previous_ikes += 1
        self._closed_exchanged = self._closed_exchanged.plus(sa.traffic(now))
        self.ike_history.append((self.previous_ikes, sa))

    def close_child(self, sa: ChildSa, reason: int, now: int) -> None:
        """Move a phase-2 tunnel to the history."""
        del self.children[sa.index]
        sa.ended, sa.reason = now, reason
        self.previous_children += 1
        self._closed_carried = self._closed_carried.plus(sa.traffic(now))
        self.child_history.append((self.previous_children, sa))

    def fail_ike(self, spoke: Spoke, reason: int, now: int) -> None:
        """Enter a phase-1 failure."""
        self._last_ike_failure += 1
        self.ike_failures.append(Failure(index=self._last_ike_failure, reason=reason, time=now, spoke=spoke))
        if reason == IKE_PEER_LOST:
            self.failed.no_sa += 1
            return
        self.failed.initiated += spoke.initiated_here
        self.failed.responded += not spoke.initiated_here
        self.failed.authentication += reason == IKE_AUTH_FAILURE
        self.failed.hash_validation += reason == IKE_HASH_VALIDATION

    def fail_child(self, spoke: Spoke, reason: int, now: int, tunnel_index: int | None = None) -> None:
        """Enter a phase-2 failure; a negotiation that comes to nothing uses up an index too."""
        tunnel_index = tunnel_index or self._next_child()
        self._last_child_failure += 1
        self.child_failures.append(
            Failure(index=self._last_child_failure, reason=reason, time=now, spoke=spoke, tunnel_index=tunnel_index)
        )

    def exchanged(self, now: int) -> IkeTraffic:
        """Sum up all IKE SAs that there are and were."""
        total = self._closed_exchanged
        for sa in self.ikes.values():
            total = total.plus(sa.traffic(now))
        return total

    def carried(self, now: int) -> Traffic:
        """Sum up all phase-2 tunnels that there are and were."""
        total = self._closed_carried
        for sa in self.children.values():
            total = total.plus(sa.traffic(now))
        return total

    def _next_child(self) -> int:
        self._last_child += 1
        return self._last_child
