"""Row indexes: the sub-identifiers behind a column, taken apart as RFC 2578 §7.7 puts them together.

A part comes out as the tag and content octets that its object would have as a value, so that the same decoders read
both. Strings are read by their length; what they are (an address, a name) is decided later from their octets.
"""

from collections.abc import Sequence

from collector.errors import WireError
from collector.tables import IndexPart
from collector.tables.conversions import GAUGE32, IP_ADDRESS, OBJECT_IDENTIFIER, OCTET_STRING
from collector.wire.ber import decode_arcs, encode_oid

_OCTET = 0xFF
_ARC_OCTETS = 4


def split_index(parts: Sequence[IndexPart], arcs: Sequence[int]) -> list[tuple[int, bytes]]:
    """Return (tag, content octets) of every part.

    Raises: WireError if the sub-identifiers are too few, too many, or above 255 in a string.
    Source: RFC 2578 §7.7.
    """
    values = []
    place = 0
    for part in parts:
        start, stop = _extent(part, arcs, place)
        if stop > len(arcs):
            raise WireError(f"index ends within {part.name}")
        values.append(_value(part, arcs[start:stop]))
        place = stop
    if place != len(arcs):
        raise WireError(f"index goes on for {len(arcs) - place} sub-identifiers after its last part")
    return values


def index_length(parts: Sequence[IndexPart], arcs: Sequence[int]) -> int:
    """Return how many of these sub-identifiers the parts take; others, of a longer index, may follow.

    Raises: WireError if they are too few.
    """
    place = 0
    for part in parts:
        _, place = _extent(part, arcs, place)
        if place > len(arcs):
            raise WireError(f"index ends within {part.name}")
    return place


def _extent(part: IndexPart, arcs: Sequence[int], place: int) -> tuple[int, int]:
    if part.tag not in (OCTET_STRING, IP_ADDRESS, OBJECT_IDENTIFIER):
        return place, place + 1
    if part.fixed_size is not None:
        return place, place + part.fixed_size
    if part.implied:
        return place, len(arcs)
    if place >= len(arcs):
        raise WireError(f"index ends before the length of {part.name}")
    return place + 1, place + 1 + arcs[place]


def _value(part: IndexPart, arcs: Sequence[int]) -> tuple[int, bytes]:
    if part.tag == OBJECT_IDENTIFIER:
        return OBJECT_IDENTIFIER, encode_oid(arcs)
    if part.tag not in (OCTET_STRING, IP_ADDRESS):
        return GAUGE32, arcs[0].to_bytes(_ARC_OCTETS, "big")
    if arcs and max(arcs) > _OCTET:
        raise WireError(f"{part.name} has a sub-identifier above 255 in a string")
    return OCTET_STRING, bytes(arcs)


def dotted(suffix: bytes) -> tuple[Sequence[int], str]:
    """Return the sub-identifiers of an index and their dotted text.

    Raises: WireError if they are cut off or above 2^32-1.
    """
    arcs = decode_arcs(suffix)
    return arcs, ".".join(map(str, arcs))
