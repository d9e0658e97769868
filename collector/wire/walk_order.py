"""The order of OIDs, decided on their octets wherever that is certain.

Octets of BER compare as arcs do while no arc takes three octets (16384 and above): arc 16384 is `81 80 00`, and 16383
is `ff 7f`. OIDs whose arcs end at the same places compare as octets too. Everything else is decoded.
Source: X.690 §8.19, RFC 2578 §3.5.
"""

from collections.abc import Iterable, Sequence
from operator import lt

from collector.errors import WireError
from collector.wire.ber import decode_arcs

_SHAPES = bytes(octet >> 7 for octet in range(256))
_WIDE_ARC = b"\x01\x01"


def precedes(one: bytes, other: bytes) -> bool:
    """Whether `one` comes before `other` in the order of arcs; False if that cannot be told, for want of arcs."""
    if _compare_as_octets((one, other)):
        return one < other
    try:
        return decode_arcs(one) < decode_arcs(other)
    except WireError:
        return False


def surely_increasing(last: bytes, suffixes: Sequence[bytes]) -> bool:
    """Whether each one comes after the one before it, the first one after `last`; False may mean "look closer"."""
    return all(map(lt, (last, *suffixes), suffixes)) and _compare_as_octets((last, *suffixes) if last else suffixes)


def _compare_as_octets(suffixes: Sequence[bytes]) -> bool:
    joined = b"".join(suffixes)
    if joined.isascii() or _WIDE_ARC not in joined.translate(_SHAPES):
        return True
    return len({suffix.translate(_SHAPES) for suffix in suffixes}) == 1


def in_order(suffixes: Iterable[bytes]) -> list[bytes]:
    """Sort suffixes by their arcs, without those that are none."""
    unsorted = list(suffixes)
    if _compare_as_octets(unsorted):
        return sorted(unsorted)
    arcs = {}
    for suffix in unsorted:
        try:
            arcs[suffix] = decode_arcs(suffix)
        except WireError:
            continue
    return sorted(arcs, key=arcs.__getitem__)
