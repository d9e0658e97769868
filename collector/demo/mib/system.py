"""What only the default context shows: the system group, the SNMP engine, and which contexts there are."""

from collector.demo.cast import HUB_NAME
from collector.demo.counters import TICKS
from collector.demo.hub import Hub
from collector.demo.mib.rows import Rows, identifier, integer, octets, oid, text, text_index, ticks

_SYSTEM = oid("1.3.6.1.2.1.1")
_ENGINE = oid("1.3.6.1.6.3.10.2.1")
_VACM_CONTEXT = oid("1.3.6.1.6.3.16.1.1.1")
_CONTEXT_MAPPING = oid("1.3.6.1.4.1.9.9.468.1.1.1")

DESCRIPTION = "Cisco IOS Software, 3700 Software (C3745-ADVENTERPRISEK9-M), Version 12.4, simulated by tunnelwatch demo"
CISCO_3745 = oid("1.3.6.1.4.1.9.1.436")
ENGINE_BOOTS = 1
ENGINE_MAX_MESSAGE_SIZE = 1500
_SERVICES = 78
_NON_VOLATILE, _ACTIVE = 3, 1


def add(rows: Rows, hub: Hub) -> None:
    """Add all three."""
    who = [text(DESCRIPTION), identifier(CISCO_3745), ticks(hub.now)]
    rows.scalars(_SYSTEM, 1, [*who, text(""), text(HUB_NAME), text("embedded lab"), integer(_SERVICES)])
    clock = map(integer, (ENGINE_BOOTS, hub.now // TICKS, ENGINE_MAX_MESSAGE_SIZE))
    rows.scalars(_ENGINE, 1, [octets(hub.engine_id), *clock])
    for context in ("", *hub.vrfs):
        rows.row(_VACM_CONTEXT, text_index(context), 1, [text(context)])
    for context, vrf in hub.vrfs.items():
        names = [text(vrf.plan.name), text(""), text("")]
        rows.row(_CONTEXT_MAPPING, text_index(context), 2, [*names, integer(_NON_VOLATILE), integer(_ACTIVE)])
