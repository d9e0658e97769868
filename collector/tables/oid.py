"""OIDs as the table files write them (dotted text) and as the wire carries them (content octets).

`wire.ber` has the same arithmetic for messages; the two rooms are strangers to each other by design.
"""

from collections.abc import Iterable

from collector.errors import WireError

_CONTINUES = 0x80
_SEVEN_BITS = 0x7F
_MAX_ARC = 2**32 - 1
_ROOT = 40


def encode_arcs(arcs: Iterable[int]) -> bytes:
    """Write sub-identifiers in base 128, as content octets have them after the first octet. Source: X.690 §8.19."""
    octets = bytearray()
    for arc in arcs:
        groups = [arc & _SEVEN_BITS]
        rest = arc >> 7
        while rest:
            groups.append(rest & _SEVEN_BITS | _CONTINUES)
            rest >>= 7
        octets.extend(reversed(groups))
    return bytes(octets)


def decode_arcs(octets: bytes) -> list[int]:
    """Read sub-identifiers in base 128.

    Raises: WireError if the last one is cut off or one is above 2^32-1.
    Source: X.690 §8.19, RFC 2578 §7.1.3.
    """
    arcs = []
    arc = 0
    for octet in octets:
        arc = arc << 7 | octet & _SEVEN_BITS
        if octet < _CONTINUES:
            arcs.append(arc)
            arc = 0
        elif arc > _MAX_ARC:
            break
    if arc or (octets and octets[-1] >= _CONTINUES) or (arcs and max(arcs) > _MAX_ARC):
        raise WireError("a sub-identifier is cut off or above 2^32-1")
    return arcs


def encode_oid(text: str) -> bytes:
    """Turn "1.3.6.1…" into content octets; ValueError on anything else."""
    first, second, *rest = (int(arc) for arc in text.split("."))
    if min(first, second, *rest) < 0 or max(second, *rest) > _MAX_ARC or first > 2 or (first < 2 and second >= _ROOT):
        raise ValueError(f"{text!r} is not an OID")
    return encode_arcs([first * _ROOT + second, *rest])


def decode_oid(octets: bytes) -> str:
    """Turn content octets into "1.3.6.1…".

    Raises: WireError as decode_arcs, and if there are no octets.
    """
    if not octets:
        raise WireError("an OID has no octets")
    root, *rest = decode_arcs(octets)
    first = min(root // _ROOT, 2)
    return ".".join(map(str, (first, root - first * _ROOT, *rest)))
