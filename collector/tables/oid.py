"""OIDs as the table files write them (dotted text) and as the wire carries them (content octets).

`wire.ber` has the same arithmetic for messages; the two rooms are strangers to each other by design.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from collector.errors import WireError

_CONTINUES = 0x80
_SEVEN_BITS = 0x7F
_MAX_ARC = 2**32 - 1
_ROOT = 40
_LAST_ROOT = 2
_DOTTED = re.compile(r"[0-2](?:\.\d{1,10})+", re.ASCII)


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
    if octets.isascii():  # one octet each
        return list(octets)
    arcs = []
    arc = 0
    for octet in octets:
        arc = arc << 7 | octet & _SEVEN_BITS
        if arc > _MAX_ARC:
            raise WireError("a sub-identifier is above 2^32-1")
        if octet < _CONTINUES:
            arcs.append(arc)
            arc = 0
    if octets[-1] >= _CONTINUES:
        raise WireError("a sub-identifier is cut off")
    return arcs


def encode_oid(text: str) -> bytes:
    """Turn "1.3.6.1…" into content octets; ValueError on anything else."""
    if not _DOTTED.fullmatch(text):
        raise ValueError(f"{text!r} is not an OID")
    root, arc, *rest = (int(arc) for arc in text.split("."))
    if max(arc, *rest, 0) > _MAX_ARC or (arc >= _ROOT and root < _LAST_ROOT):
        raise ValueError(f"{text!r} is not an OID")
    return encode_arcs([root * _ROOT + arc, *rest])


def decode_oid(octets: bytes) -> str:
    """Turn content octets into "1.3.6.1…".

    Raises: WireError as decode_arcs, and if there are no octets.
    """
    if not octets:
        raise WireError("an OID has no octets")
    root, *rest = decode_arcs(octets)
    first = min(root // _ROOT, _LAST_ROOT)
    return ".".join(map(str, (first, root - first * _ROOT, *rest)))


def common_prefix(oids: Sequence[bytes]) -> bytes:
    """Return the content octets that all of them begin with, up to the end of a sub-identifier."""
    columns = takewhile(lambda octets: len(set(octets)) == 1, zip(*oids, strict=False))
    prefix = bytes(octets[0] for octets in columns)
    while prefix and prefix[-1] >= _CONTINUES:
        prefix = prefix[:-1]
    return prefix
