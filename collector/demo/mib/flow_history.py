"""CISCO-IPSEC-FLOW-MONITOR-MIB: what is over, and what never came to be."""

from collector.demo.mib.flow_columns import (
    address_identity,
    carried_columns,
    endpoint_columns,
    exchanged_columns,
    identity_columns,
    identity_of,
    local_columns,
    remote_columns,
)
from collector.demo.mib.rows import Rows, Value, counter32, integer, octets, oid, ticks
from collector.demo.sas import ChildSa, IkeSa
from collector.demo.vrf import Failure, Vrf

_MIB = oid("1.3.6.1.4.1.9.9.171.1")
_IKE_HISTORY = (*_MIB, 4, 2, 1, 1)
_TUNNEL_HISTORY = (*_MIB, 4, 3, 1, 1)
_ENDPOINT_HISTORY = (*_MIB, 4, 3, 2, 1)
_IKE_FAILURE = (*_MIB, 5, 2, 1, 1)
_FAILURE = (*_MIB, 5, 3, 1, 1)

_INTERNAL_INDEX = 1


def add(rows: Rows, vrf: Vrf, now: int) -> None:
    """Add the history and failure tables of a VRF."""
    local_address = vrf.plan.local_address
    for number, ike in vrf.ike_history:
        rows.row(_IKE_HISTORY, (number,), 2, _ike_columns(ike, local_address, now))
    for number, child in vrf.child_history:
        rows.row(_TUNNEL_HISTORY, (number,), 2, _tunnel_columns(child, local_address, now))
        where = [integer(number), integer(child.index)]
        rows.row(_ENDPOINT_HISTORY, (number,), 2, [*where, *endpoint_columns(child.selector)])
    for failure in vrf.ike_failures:
        rows.row(_IKE_FAILURE, (failure.index,), 2, _ike_failure_columns(failure, local_address))
    for failure in vrf.child_failures:
        rows.row(_FAILURE, (failure.index,), 2, _failure_columns(failure, local_address))


def _ike_columns(ike: IkeSa, local_address: bytes, now: int) -> list[Value]:
    return [
        integer(ike.reason),
        integer(ike.index),
        *identity_columns(address_identity(local_address)),
        integer(_INTERNAL_INDEX),
        *identity_columns(identity_of(ike.spoke)),
        *local_columns(local_address),
        *remote_columns(ike.spoke.address),
        *map(integer, ike.spoke.ike),
        ticks(ike.born),
        integer(ike.age(now)),
        counter32(ike.refreshes),
        counter32(1),
        *exchanged_columns(ike.traffic(now)),
    ]


def _tunnel_columns(child: ChildSa, local_address: bytes, now: int) -> list[Value]:
    spoke = child.spoke
    return [
        integer(child.reason),
        integer(child.index),
        integer(child.ike_index),
        octets(local_address),
        octets(spoke.address),
        *map(integer, spoke.child),
        ticks(child.born),
        integer(child.age(now)),
        counter32(child.refreshes),
        counter32(child.total_sas),
        *map(integer, spoke.transform),
        *map(integer, spoke.transform),
        *carried_columns(child.traffic(now)),
    ]


def _ike_failure_columns(failure: Failure, local_address: bytes) -> list[Value]:
    return [
        integer(failure.reason),
        ticks(failure.time),
        *identity_columns(address_identity(local_address)),
        *identity_columns(identity_of(failure.spoke)),
        octets(local_address),
        octets(failure.spoke.address),
    ]


def _failure_columns(failure: Failure, local_address: bytes) -> list[Value]:
    no_spi = 0
    return [
        integer(failure.reason),
        ticks(failure.time),
        integer(failure.tunnel_index),
        integer(no_spi),
        octets(failure.spoke.address),
        octets(local_address),
    ]
