"""CISCO-IPSEC-FLOW-MONITOR-MIB: its scalars, and the tables of what lives; `flow_history` has what is over."""

from collections.abc import Iterable

from collector.demo.branch import Branch
from collector.demo.counters import IkeTraffic, Traffic
from collector.demo.hub import Hub
from collector.demo.mib.flow_columns import (
    ACTIVE,
    address_identity,
    carried_columns,
    endpoint_columns,
    exchanged_columns,
    identity_columns,
    identity_of,
    local_columns,
    peer_index,
    remote_columns,
)
from collector.demo.mib.rows import Rows, Value, counter32, counters32, gauge32, integer, octets, oid
from collector.demo.recording import VRF2, Walk
from collector.demo.sas import ChildSa, IkeSa, Spi
from collector.demo.vrf import FAILURE_ROWS, HISTORY_ROWS, FailureCounts, Vrf

_MIB = oid("1.3.6.1.4.1.9.9.171.1")
_LEVELS = (*_MIB, 1)
_IKE_GLOBAL = (*_MIB, 2, 1)
_PEER = (*_MIB, 2, 2, 1)
_IKE_TUNNEL = (*_MIB, 2, 3, 1)
_PEER_CORRELATION = (*_MIB, 2, 4, 1)
_IPSEC_GLOBAL = (*_MIB, 3, 1)
_TUNNEL = (*_MIB, 3, 2, 1)
_ENDPOINT = (*_MIB, 3, 3, 1)
_SPI = (*_MIB, 3, 4, 1)
_HISTORY_CONTROL = (*_MIB, 4, 1, 1)
_FAILURE_CONTROL = (*_MIB, 5, 1, 1)
_NOTIFICATIONS = (*_MIB, 6)

_TRUE, _FALSE = 1, 2
_AH, _ESP = 1, 2

_WALK = Walk(VRF2)
_LEVEL = _WALK.number("cipSecMibLevel.0")
_CHECKPOINT = _WALK.number("cipSecHistCheckPoint.0")
_SWITCHES = [
    value for name, value in _WALK.rows.items() if name.startswith("cipSecTrapCntl") and isinstance(value, int)
]
_IKE_THRESHOLD, _KILOBYTES_THRESHOLD, _SECONDS_THRESHOLD = 0, 64, 10
"""As the recorded router has them."""


def add(rows: Rows, hub: Hub, context: str) -> None:
    """Add all of a VRF but what is over."""
    vrf, now = hub.vrfs[context], hub.now
    _add_settings(rows)
    _add_ike_totals(rows, vrf, vrf.exchanged(now))
    _add_ipsec_totals(rows, vrf, vrf.carried(now))
    for branch in hub.branches(context):
        if branch.ike:
            _add_peer(rows, vrf.plan.local_address, branch, branch.ike, now)
    for ike in vrf.ikes.values():
        rows.row(_IKE_TUNNEL, (ike.index,), 2, _ike_columns(ike, vrf.plan.local_address, now))
    for child in vrf.children.values():
        rows.row(_TUNNEL, (child.index,), 2, _tunnel_columns(child, vrf, now))
        rows.row(_ENDPOINT, (child.index, 1), 2, endpoint_columns(child.selector))
        for spi in child.spis:
            rows.row(_SPI, (child.index, spi.index), 2, _spi_columns(spi))


def add_idle(rows: Rows) -> None:
    """Add what a context without any tunnel shows."""
    _add_settings(rows)
    rows.scalars(_IKE_GLOBAL, 1, _ike_totals(0, 0, IkeTraffic(), 0, FailureCounts()))
    rows.scalars(_IPSEC_GLOBAL, 1, _ipsec_totals(0, 0, Traffic(), 0))


def _add_settings(rows: Rows) -> None:
    rows.scalars(_LEVELS, 1, [integer(_LEVEL)])
    rows.scalars(_HISTORY_CONTROL, 1, [integer(HISTORY_ROWS), integer(_CHECKPOINT)])
    rows.scalars(_FAILURE_CONTROL, 1, [integer(FAILURE_ROWS)])
    rows.scalars(_NOTIFICATIONS, 1, map(integer, _SWITCHES))


def _add_ike_totals(rows: Rows, vrf: Vrf, traffic: IkeTraffic) -> None:
    rows.scalars(_IKE_GLOBAL, 1, _ike_totals(len(vrf.ikes), vrf.previous_ikes, traffic, vrf.initiated, vrf.failed))


def _ike_totals(active: int, previous: int, traffic: IkeTraffic, initiated: int, failed: FailureCounts) -> list[Value]:
    return [
        gauge32(active),
        counter32(previous),
        *exchanged_columns(traffic),
        counter32(initiated),
        *counters32((failed.initiated, failed.responded, 0)),
        *counters32((failed.authentication, 0, failed.hash_validation, failed.no_sa)),
    ]


def _add_ipsec_totals(rows: Rows, vrf: Vrf, traffic: Traffic) -> None:
    values = _ipsec_totals(len(vrf.children), vrf.previous_children, traffic, vrf.failed.no_sa)
    rows.scalars(_IPSEC_GLOBAL, 1, values)


def _ipsec_totals(active: int, previous: int, traffic: Traffic, no_sa: int) -> list[Value]:
    return [gauge32(active), counter32(previous), *carried_columns(traffic), *counters32((0, no_sa, 0))]


def _add_peer(rows: Rows, local_address: bytes, branch: Branch, ike: IkeSa, now: int) -> None:
    index = peer_index(local_address, branch.spoke)
    addresses = (local_address, branch.spoke.address)
    age = now - branch.associated
    rows.row(_PEER, index, 6, [*map(octets, addresses), integer(age), integer(ike.index)])
    for sequence, child in enumerate(branch.children, 1):
        rows.row(_PEER_CORRELATION, (*index, sequence), 7, [integer(child.index)])


def _ike_columns(ike: IkeSa, local_address: bytes, now: int) -> Iterable[Value]:
    return [
        *identity_columns(address_identity(local_address)),
        *local_columns(local_address),
        *identity_columns(identity_of(ike.spoke)),
        *remote_columns(ike.spoke.address),
        *map(integer, ike.spoke.ike),
        integer(ike.age(now)),
        integer(_IKE_THRESHOLD),
        counter32(ike.refreshes),
        *exchanged_columns(ike.traffic(now)),
        integer(ACTIVE),
    ]


def _tunnel_columns(child: ChildSa, vrf: Vrf, now: int) -> Iterable[Value]:
    spoke = child.spoke
    return [
        integer(child.ike_index),
        integer(_TRUE if child.ike_index in vrf.ikes else _FALSE),
        octets(vrf.plan.local_address),
        octets(spoke.address),
        *map(integer, spoke.child),
        integer(child.age(now)),
        integer(_KILOBYTES_THRESHOLD),
        integer(_SECONDS_THRESHOLD),
        *counters32((child.refreshes, child.expired)),
        gauge32(len(child.spis)),
        *map(integer, spoke.transform),
        *map(integer, spoke.transform),
        *carried_columns(child.traffic(now)),
        integer(ACTIVE),
    ]


def _spi_columns(spi: Spi) -> list[Value]:
    direction = 1 if spi.incoming else 2
    protocol = _AH if spi.ah else _ESP
    status = 2 if spi.expiring else 1
    return [integer(direction), gauge32(spi.value), integer(protocol), integer(status)]
