"""CISCO-IPSEC-POLICY-MAP-MIB: which policy and crypto map entry made which tunnel."""

from ipaddress import IPv4Address, IPv4Network

from collector.demo.cast import POLICIES
from collector.demo.mib.rows import Rows, integer, oid, text
from collector.demo.sas import ChildSa
from collector.demo.spokes import Selector
from collector.demo.vrf import Vrf

_MIB = oid("1.3.6.1.4.1.9.9.172.1")
_IKE = (*_MIB, 1, 1, 1)
_IPSEC = (*_MIB, 2, 1, 1)

_NUMBERS = {policy: priority for priority, policy in POLICIES.items()}
_SUBNET = 3


def add(rows: Rows, vrf: Vrf) -> None:
    """Add both tables for the tunnels of a VRF."""
    for ike in vrf.ikes.values():
        rows.row(_IKE, (ike.index,), 2, [integer(_NUMBERS[ike.spoke.ike])])
    for child in vrf.children.values():
        rows.row(_IPSEC, (child.index,), 2, _origin(child, vrf))


def _origin(child: ChildSa, vrf: Vrf) -> list[tuple[int, "int | bytes | tuple[int, ...]"]]:
    sequence = child.spoke.sequence
    access_list = str(100 + vrf.plan.interface * 10 + sequence // 10)
    entry = f"permit ip {_side(child.selector, 1)} {_side(child.selector, 3)}"
    return [text(vrf.plan.crypto_map), integer(sequence), text(access_list), text(entry)]


def _side(selector: Selector, place: int) -> str:
    """Write one side as an access list does: `host A`, or a subnet with its wildcard bits."""
    first, second = selector[place : place + 2]
    if selector.kind != _SUBNET:
        return f"host {IPv4Address(first)}"
    subnet = IPv4Network((first, str(IPv4Address(second))))
    return f"{subnet.network_address} {subnet.hostmask}"
