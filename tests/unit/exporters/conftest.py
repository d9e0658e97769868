import dataclasses

import pytest

from collector.model import ENTITIES, Origin, Snapshot
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


@pytest.fixture
def everything(filled):
    """One entity of each kind, and of media gateways, all fields filled, all belonging to one tunnel."""
    entities = []
    for number, entity in enumerate(ENTITIES.values(), 100):
        row = filled(entity, number)
        joins = {name: 7 for name in ("child_index", "ike_index") if hasattr(row, name)}
        index = {"index": "7"} if entity.__name__ in {"ChildSa", "IkeSa"} else {}
        entities.append(dataclasses.replace(row, **joins, **index))
        if hasattr(row, "gateway"):
            entities.append(dataclasses.replace(row, gateway=None))
    return entities
