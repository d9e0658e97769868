"""CISCO-IPSEC-FLOW-MONITOR-MIB: what the hub says by itself as its tunnels come and go, with the varbinds IOS adds."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from collector.demo.hub import Hub
from collector.demo.mib.flow_columns import peer_index
from collector.demo.mib.rows import Oid, Value, identifier, integer, octets, oid, ticks
from collector.demo.sas import ChildSa, IkeSa, Incarnation
from collector.demo.vrf import Vrf

_UP_TIME = oid("1.3.6.1.2.1.1.3.0")
_TRAP_OID = oid("1.3.6.1.6.3.1.1.4.1.0")
_FLOW_MONITOR = oid("1.3.6.1.4.1.9.9.171")
_IKE_START, _IKE_STOP, _START, _STOP = ((*_FLOW_MONITOR, 2, 0, number) for number in (1, 2, 7, 8))
_PEER = (*_FLOW_MONITOR, 1, 2, 2, 1)
_PEER_ADDRESSES = (6, 7)
_IKE_LIFE_TIME = (*_FLOW_MONITOR, 1, 2, 3, 1, 15)
_IKE_ACTIVE_TIME = (*_FLOW_MONITOR, 1, 2, 3, 1, 16)
_LIFE_SIZE = (*_FLOW_MONITOR, 1, 3, 2, 1, 8)
_LIFE_TIME = (*_FLOW_MONITOR, 1, 3, 2, 1, 9)
_ACTIVE_TIME = (*_FLOW_MONITOR, 1, 3, 2, 1, 10)
_ENDPOINT = (*_FLOW_MONITOR, 1, 3, 3, 1)
_ENDPOINT_ADDRESSES = (4, 10)
_IKE_REASON = (*_FLOW_MONITOR, 1, 4, 2, 1, 1, 2)
_REASON = (*_FLOW_MONITOR, 1, 4, 3, 1, 1, 2)
_ENDPOINT_HISTORY = (*_FLOW_MONITOR, 1, 4, 3, 2, 1)
_ENDPOINT_HISTORY_ADDRESSES = (6, 12)

Varbinds = list[tuple[Oid, Value]]
_Sa = TypeVar("_Sa", bound=Incarnation)


class Notice(NamedTuple):
    """A notification: the context that it is about, and all its varbinds, sysUpTime and snmpTrapOID first."""

    context: str
    varbinds: Varbinds


class Notices:
    """Tells what has become of a hub's tunnels from one look to the next; those that it begins with are old news."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known = {context: (dict(vrf.ikes), dict(vrf.children)) for context, vrf in hub.vrfs.items()}

    def news(self) -> list[Notice]:
        """Give what has happened since the last look: ends first, an IKE SA around its phase-2 tunnels."""
        return [
            Notice(context, [(_UP_TIME, ticks(self._hub.now)), (_TRAP_OID, identifier(kind)), *varbinds])
            for context, vrf in self._hub.vrfs.items()
            for kind, varbinds in self._changes(context, vrf)
        ]

    def _changes(self, context: str, vrf: Vrf) -> list[tuple[Oid, Varbinds]]:
        ikes, children = self._known[context]
        self._known[context] = dict(vrf.ikes), dict(vrf.children)
        return [
            *((_STOP, _stop(vrf, child)) for child in _missing(children, vrf.children)),
            *((_IKE_STOP, _ike_stop(vrf, ike)) for ike in _missing(ikes, vrf.ikes)),
            *((_IKE_START, _ike_start(vrf, ike)) for ike in _missing(vrf.ikes, ikes)),
            *((_START, _start(child)) for child in _missing(vrf.children, children)),
        ]


def _missing(some: Mapping[int, _Sa], others: Mapping[int, _Sa]) -> list[_Sa]:
    return [sa for index, sa in some.items() if index not in others]


def _ike_start(vrf: Vrf, ike: IkeSa) -> Varbinds:
    return [*_peer(vrf, ike), ((*_IKE_LIFE_TIME, ike.index), integer(ike.spoke.ike.life_seconds))]


def _ike_stop(vrf: Vrf, ike: IkeSa) -> Varbinds:
    lived = ((*_IKE_ACTIVE_TIME, ike.index), _age(ike))
    reasons = [((*_IKE_REASON, number), integer(ike.reason)) for number in _numbers(vrf.ike_history, ike)]
    return [*_peer(vrf, ike), lived, *reasons]


def _peer(vrf: Vrf, ike: IkeSa) -> Varbinds:
    index = peer_index(vrf.plan.local_address, ike.spoke)
    addresses = map(octets, (vrf.plan.local_address, ike.spoke.address))
    return [((*_PEER, column, *index), value) for column, value in zip(_PEER_ADDRESSES, addresses, strict=True)]


def _start(child: ChildSa) -> Varbinds:
    life = child.spoke.child
    return [
        ((*_LIFE_TIME, child.index), integer(life.life_seconds)),
        ((*_LIFE_SIZE, child.index), integer(life.life_kilobytes)),
        *(
            ((*_ENDPOINT, column, child.index, 1), value)
            for column, value in zip(_ENDPOINT_ADDRESSES, _endpoints(child), strict=True)
        ),
    ]


def _stop(vrf: Vrf, child: ChildSa) -> Varbinds:
    varbinds: Varbinds = [((*_ACTIVE_TIME, child.index), _age(child))]
    for number in _numbers(vrf.child_history, child):
        columns = zip(_ENDPOINT_HISTORY_ADDRESSES, _endpoints(child), strict=True)
        varbinds += [((*_ENDPOINT_HISTORY, column, number), value) for column, value in columns]
        varbinds.append(((*_REASON, number), integer(child.reason)))
    return varbinds


def _endpoints(child: ChildSa) -> list[Value]:
    return [octets(child.selector.local_first), octets(child.selector.remote_first)]


def _age(sa: Incarnation) -> Value:
    return integer(sa.age(sa.ended or 0))


def _numbers(history: Iterable[tuple[int, _Sa]], ended: _Sa) -> list[int]:
    """Find the history row of what has ended; after a great leap of time it is overrun."""
    return [number for number, sa in history if sa is ended]
