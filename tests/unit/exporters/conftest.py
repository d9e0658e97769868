import pytest

from collector.model import Origin, Snapshot
from tests.agents.watched import NO_RULES, Watched

AT = 1_700_000_000.0


@pytest.fixture
def store():
    """Return a store whose tunnels are tracked."""
    return Watched()


@pytest.fixture
def snapshot():
    """Return a function that makes a snapshot of hub1."""

    def make(*entities, target="hub1", vrf="vrf1", module="ipsec", **fields):
        origin = Origin(target=target, vrf=vrf, source="snmp", module=module)
        return Snapshot(**{"origin": origin, "taken_at": AT, "duration_seconds": 0.5, "entities": entities, **fields})

    return make


@pytest.fixture
def viewed():
    """Return a function that makes views of snapshots."""

    def make(*snapshots, rules=NO_RULES, **configuration):
        store = Watched(rules)
        for one in snapshots:
            store.publish(one)
        views = store.views()
        if configuration:
            views.configure(**{"target_labels": {}, "max_rows": {}, **configuration})
        for _ in views.refresh():
            pass
        return views.current

    return make
