import pytest

from collector.model import Origin, Snapshot
from collector.store import Store
from exporters.views import Views


@pytest.fixture
def snapshot():
    """Return a function that makes a snapshot of hub1."""

    def make(*entities, target="hub1", vrf="vrf1", module="ipsec", **fields):
        origin = Origin(target=target, vrf=vrf, source="snmp", module=module)
        return Snapshot(
            **{"origin": origin, "taken_at": 1_700_000_000.0, "duration_seconds": 0.5, "entities": entities, **fields}
        )

    return make


@pytest.fixture
def viewed():
    """Return a function that makes views of snapshots."""

    def make(*snapshots, **configuration):
        store = Store()
        for one in snapshots:
            store.publish(one)
        views = Views(store)
        if configuration:
            views.configure(**{"target_labels": {}, "max_rows": {}, **configuration})
        for _ in views.refresh():
            pass
        return views.current

    return make
