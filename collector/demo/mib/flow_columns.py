"""Columns that several tables of CISCO-IPSEC-FLOW-MONITOR-MIB share, in their common order."""

from collections.abc import Iterator

from collector.demo.cast import HUB_NAME
from collector.demo.counters import IkeTraffic, Traffic
from collector.demo.mib.rows import Oid, Value, counter32, counter64, counters32, integer, octets, text, text_index
from collector.demo.spokes import Selector, Spoke

ADDRESS_PEER, NAME_PEER = 1, 2
"""Of IkePeerType."""
ACTIVE = 1
"""Of TunnelStatus."""
_INTERNAL_INDEX = 1

Identity = tuple[int, str]


def address_identity(address: bytes) -> Identity:
    """Give the identity of a peer that is known by its address, as IOS 12.4 writes it."""
    return ADDRESS_PEER, ".".join(f"{octet:03}" for octet in address)


def identity_of(spoke: Spoke) -> Identity:
    """Give a spoke's IKE identity."""
    return (NAME_PEER, spoke.domain_name) if spoke.domain_name else address_identity(spoke.address)


def peer_index(local_address: bytes, spoke: Spoke) -> Oid:
    """Give the index of cikePeerTable: both identities, and a number that is 1."""
    identities = (address_identity(local_address), identity_of(spoke))
    parts = ((kind, *text_index(value)) for kind, value in identities)
    return (*next(parts), *next(parts), _INTERNAL_INDEX)


def identity_columns(identity: Identity) -> list[Value]:
    """Give …Type and …Value."""
    kind, value = identity
    return [integer(kind), text(value)]


def local_columns(address: bytes) -> list[Value]:
    """Give …LocalAddr and …LocalName."""
    return [octets(address), text(HUB_NAME)]


def remote_columns(address: bytes) -> list[Value]:
    """Give …RemoteAddr and …RemoteName; the recorded router knows no names of others."""
    return [octets(address), text("")]


def exchanged_columns(traffic: IkeTraffic) -> list[Value]:
    """Give …InOctets to …OutP2SaDelRequests."""
    return counters32(traffic)


def carried_columns(traffic: Traffic) -> list[Value]:
    """Give …InOctets to …OutEncryptFails."""
    received = [*_octets(traffic.in_octets), *_octets(traffic.in_octets)]
    sent = [*_octets(traffic.out_octets), *_octets(traffic.out_octets)]
    arrived, left = traffic.in_packets, traffic.out_packets
    return [
        *received,
        *counters32((arrived, traffic.in_drops, traffic.in_replays, arrived, 0, arrived, 0)),
        *sent,
        *counters32((left, traffic.out_drops, left, 0, left, 0)),
    ]


def endpoint_columns(selector: Selector) -> Iterator[Value]:
    """Give …LocalName to …RemotePort."""
    ours = (selector.local_first, selector.local_second)
    theirs = (selector.remote_first, selector.remote_second)
    for addresses in (ours, theirs):
        yield text("")
        yield integer(selector.kind)
        yield from map(octets, addresses)
        yield integer(0)
        yield integer(0)


def _octets(count: int) -> tuple[Value, Value, Value]:
    """Give the low 32 bits, all of it, and how often the low bits have wrapped."""
    return counter32(count), counter64(count), counter32(count >> 32)
