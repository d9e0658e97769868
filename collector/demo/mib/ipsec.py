"""CISCO-IPSEC-MIB: ISAKMP policies and crypto maps, as configured; only in the default context."""

from collector.demo.cast import POLICIES, RECORDED_LIFE
from collector.demo.hub import Hub
from collector.demo.mib.rows import Rows, Value, counters32, gauge32, integer, octets, oid, text, text_index
from collector.demo.spokes import IkeProposal, Spoke
from collector.demo.vrf import Vrf

_MIB = oid("1.3.6.1.4.1.9.10.62.1")
_ISAKMP = (*_MIB, 1)
_POLICY = (*_MIB, 1, 5, 1)
_GLOBALS = (*_MIB, 2, 1)
_DISCOVERY = (*_MIB, 2, 2)
_SET = (*_MIB, 2, 3, 1, 1)
_ENTRY = (*_MIB, 2, 3, 3, 1)
_INTERFACE = (*_MIB, 2, 3, 4, 1)
_LIMITS = (*_MIB, 3)
_NOTIFICATIONS = (*_MIB, 4)

_TRUE, _FALSE = 1, 2
_DISABLED = 2
_BY_ADDRESS = 1
_ISAKMP_ENTRY = 2
_ATTACHED = 1
_NO_PFS = 1
_KEEPALIVE_SECONDS = 10
_SWITCHES = 7


def add(rows: Rows, hub: Hub) -> None:
    """Add the settings, and the crypto map sets of all VRFs."""
    vrfs = list(hub.vrfs.values())
    rows.scalars(_ISAKMP, 1, map(integer, (_TRUE, _BY_ADDRESS, _KEEPALIVE_SECONDS, len(POLICIES))))
    for priority, policy in POLICIES.items():
        rows.row(_POLICY, (priority,), 2, _policy_columns(policy))
    rows.scalars(_GLOBALS, 1, map(gauge32, (*RECORDED_LIFE, len(vrfs), 0, 0, 0)))
    rows.scalars(_DISCOVERY, 1, counters32((0, 0, 0)))
    for vrf in vrfs:
        _add_set(rows, vrf)
    rows.scalars(_LIMITS, 1, [integer(0), integer(_TRUE)])
    rows.scalars(_NOTIFICATIONS, 1, [integer(_DISABLED)] * _SWITCHES)


def _add_set(rows: Rows, vrf: Vrf) -> None:
    name, spokes = text_index(vrf.plan.crypto_map), vrf.plan.spokes
    sas = sum(len(child.spis) for child in vrf.children.values())
    rows.row(_SET, name, 2, map(gauge32, (len(spokes), len(spokes), 0, 0, 0, 0, sas)))
    for spoke in spokes:
        rows.row(_ENTRY, (*name, spoke.sequence), 2, _entry_columns(spoke))
    rows.row(_INTERFACE, (vrf.plan.interface, *name), 1, [integer(_FALSE), integer(_ATTACHED)])


def _policy_columns(policy: IkeProposal) -> list[Value]:
    order = (policy.encryption, policy.hash, policy.authentication, policy.dh_group, policy.life_seconds)
    return [integer(value) for value in order]


def _entry_columns(spoke: Spoke) -> list[Value]:
    return [
        integer(_ISAKMP_ENTRY),
        text(spoke.name),
        octets(spoke.address),
        integer(1),
        integer(_NO_PFS),
        integer(spoke.child.life_seconds),
        integer(spoke.child.life_kilobytes),
        integer(_FALSE),
    ]
