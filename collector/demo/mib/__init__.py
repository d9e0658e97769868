"""The hub as conceptual rows: what an SNMP context shows at a time, as a sorted mapping of OIDs to ASN.1 values."""

from collector.demo.hub import Hub
from collector.demo.mib import bgp, flow_history, flow_monitor, ipsec, policy_map, system
from collector.demo.mib.rows import Oid, Rows, Value


def snapshot(hub: Hub, context: str) -> dict[Oid, Value]:
    """Give all instances of a context, in the order in which GETNEXT visits them.

    Raises: KeyError if there is no such context; the default one is the empty string.
    """
    rows = Rows()
    bgp.add(rows, hub, context)
    if context:
        flow_monitor.add(rows, hub, context)
        flow_history.add(rows, hub.vrfs[context], hub.now)
        policy_map.add(rows, hub.vrfs[context])
    else:
        system.add(rows, hub)
        ipsec.add(rows, hub)
        flow_monitor.add_idle(rows)
    return dict(sorted(rows.items()))
