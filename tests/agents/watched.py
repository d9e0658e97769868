"""A store whose tunnels are tracked as the daemon does it, with snapshots that one test makes."""

from collector.daemon.tracking import TrackedContext
from collector.model import ChildSa, ClosedChildSa, IkeFailure, IkeSa, Snapshot
from collector.store import ContextKey, Store
from collector.tunnels import Plan, Rules, TargetState, begin, observe
from exporters.views import Views

IPSEC, HISTORY = ("snmp", "ipsec"), ("snmp", "history")
TELLS = {
    IPSEC: {"cipSecTunnelTable": ChildSa, "cikeTunnelTable": IkeSa},
    HISTORY: {"cipSecTunnelHistTable": ClosedChildSa, "cikeFailTable": IkeFailure},
}
"""What modules tell of tunnels: both levels in one, so that one snapshot is enough."""
NO_RULES = Rules()


class Watched(Store):
    """A store, and the tracking of what is published to it."""

    def __init__(self, rules: Rules = NO_RULES) -> None:
        super().__init__()
        self.plan = Plan(rules=rules, tells=TELLS, histories={(IPSEC, "child"): HISTORY})
        self.states: dict[str, TargetState] = {}

    def publish(self, snapshot: Snapshot) -> bool:
        """Publish a snapshot, and follow what it tells."""
        target = snapshot.origin.target
        state = self.states.get(target) or begin(target, (), self.plan, snapshot.taken_at)
        self.states[target] = observe(state, snapshot, snapshot.taken_at, self.plan).state
        return super().publish(snapshot)

    def tracked(self, key: ContextKey) -> TrackedContext | None:
        """Return what is known of the tunnels of a context."""
        state = self.states.get(key.target)
        return TrackedContext(state, key.vrf, self.plan) if state and key.vrf in state.contexts else None

    def views(self, *punctualities) -> Views:
        """Return views of it."""
        return Views(self, self.tracked, *punctualities)
