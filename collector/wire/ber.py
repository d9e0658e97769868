"""BER as SNMP uses it: definite lengths, one-octet tags, every length checked before it is believed.

What stays here knows of elements and of the content of values, not of PDUs or messages.
Source: X.690 §8, RFC 3417 §8, RFC 2578 §7.
"""

from collections.abc import Sequence

from collector.errors import WireError

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30

_LONG_FORM = 0x80
_MAX_LENGTH_OCTETS = 4
_MAX_INTEGER_OCTETS = 9
_MIN_ARCS = 2
_MAX_ARCS = 128
_MAX_ARC = 2**32 - 1
_MAX_OID_OCTETS = _MAX_ARCS * 5
_ROOT_ARCS = 40
_IP_ADDRESS_OCTETS = 4
_MASK32 = 2**32 - 1
_MASK64 = 2**64 - 1


def read_header(data: bytes, offset: int, end: int) -> tuple[int, int, int]:
    """Return tag, start and stop of the content of the element at `offset`, which must lie before `end`.

    Long lengths with leading zeros are accepted: agents write `82 00 1c`.

    Raises: WireError if the element is cut off, has an indefinite length, or reaches beyond `end`.
    Source: X.690 §8.1.3.
    """
    start = offset + 2
    if start > end:
        raise WireError(f"element at octet {offset} is cut off")
    length = data[offset + 1]
    if length >= _LONG_FORM:
        octets = length - _LONG_FORM
        if not 0 < octets <= _MAX_LENGTH_OCTETS or start + octets > end:
            raise WireError(f"length at octet {offset + 1} is indefinite, too long or cut off")
        length = int.from_bytes(data[start : start + octets], "big")
        start += octets
    if start + length > end:
        raise WireError(f"element at octet {offset} claims {length} octets, {end - start} are left")
    return data[offset], start, start + length


def read_element(data: bytes, offset: int, end: int, tag: int) -> tuple[int, int]:
    """Return start and stop of the content of the element at `offset`, which must have this tag.

    Raises: WireError as read_header, and on another tag.
    """
    start = offset + 2
    if start <= end and data[offset] == tag and data[offset + 1] <= end - start and data[offset + 1] < _LONG_FORM:
        return start, start + data[offset + 1]
    found, start, stop = read_header(data, offset, end)
    if found != tag:
        raise WireError(f"octet {offset}: tag 0x{found:02x} where 0x{tag:02x} was expected")
    return start, stop


def read_integer(data: bytes, offset: int, end: int) -> tuple[int, int]:
    """Return the value of the INTEGER at `offset` and the offset behind it.

    Raises: WireError as read_element and decode_integer.
    """
    start, stop = read_element(data, offset, end, INTEGER)
    return decode_integer(data[start:stop]), stop


def read_octets(data: bytes, offset: int, end: int) -> tuple[bytes, int]:
    """Return the content of the OCTET STRING at `offset` and the offset behind it.

    Raises: WireError as read_element.
    """
    start, stop = read_element(data, offset, end, OCTET_STRING)
    return data[start:stop], stop


def encode_length(length: int) -> bytes:
    """Return the length octets in their shortest form."""
    if length < _LONG_FORM:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((_LONG_FORM | len(octets),)) + octets


def encode_tlv(tag: int, content: bytes) -> bytes:
    """Return one element: tag, length, content."""
    return bytes((tag,)) + encode_length(len(content)) + content


def encode_integer(value: int) -> bytes:
    """Return an INTEGER element in the fewest octets of two's complement."""
    magnitude = value if value >= 0 else ~value
    return encode_tlv(INTEGER, value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True))


def encode_octets(content: bytes) -> bytes:
    """Return an OCTET STRING element."""
    return encode_tlv(OCTET_STRING, content)


def decode_integer(content: bytes) -> int:
    """Return the value of an INTEGER's content, as wide as the agent sent it (up to 72 bits).

    Raises: WireError if it is empty or longer than any integer that SNMP has.
    """
    if 0 < len(content) <= _MAX_INTEGER_OCTETS:
        return int.from_bytes(content, "big", signed=True)
    raise WireError(f"integer of {len(content)} octets")


def decode_unsigned32(content: bytes) -> int:
    """Return the value of a Counter32, Gauge32, Unsigned32 or TimeTicks.

    Agents that encode a counter from a signed C type send values from 2^31 as negative numbers, some of them in eight
    octets; these are taken modulo 2^32, as net-snmp does.

    Raises: WireError as decode_integer.
    """
    if 0 < len(content) <= _MAX_INTEGER_OCTETS:
        return int.from_bytes(content, "big", signed=True) & _MASK32
    raise WireError(f"unsigned integer of {len(content)} octets")


def decode_counter64(content: bytes) -> int:
    """Return the value of a Counter64; a negative one is taken modulo 2^64, as decode_unsigned32 does.

    Raises: WireError as decode_integer.
    """
    if 0 < len(content) <= _MAX_INTEGER_OCTETS:
        return int.from_bytes(content, "big", signed=True) & _MASK64
    raise WireError(f"Counter64 of {len(content)} octets")


def decode_ip_address(content: bytes) -> str:
    """Return an IpAddress as dotted decimal text.

    Raises: WireError unless there are four octets.
    """
    if len(content) != _IP_ADDRESS_OCTETS:
        raise WireError(f"IpAddress of {len(content)} octets")
    return ".".join(map(str, content))


def encode_oid(arcs: Sequence[int]) -> bytes:
    """Return the content octets of an OBJECT IDENTIFIER.

    Raises: WireError unless there are 2 to 128 arcs that X.690 §8.19 and RFC 2578 §3.5 allow.
    """
    if not _MIN_ARCS <= len(arcs) <= _MAX_ARCS or not 0 <= min(arcs) <= max(arcs) <= _MAX_ARC:
        raise WireError(f"an OID has 2 to {_MAX_ARCS} arcs from 0 to 2^32 - 1")
    root, second = arcs[0], arcs[1]
    if root > 2 or (root < 2 and second >= _ROOT_ARCS):  # noqa: PLR2004 - the three roots of X.660
        raise WireError(f"no OID starts with {root}.{second}")
    return encode_arcs((root * _ROOT_ARCS + second, *arcs[2:]))


def encode_arcs(arcs: Sequence[int]) -> bytes:
    """Return arcs in base 128 without the joining of the first two: the suffix of an OID, such as an index.

    Arcs must not be negative.
    """
    content = bytearray()
    for arc in arcs:
        for shift in range((max(arc.bit_length(), 1) - 1) // 7 * 7, 0, -7):
            content.append(arc >> shift & 0x7F | 0x80)
        content.append(arc & 0x7F)
    return bytes(content)


def decode_oid(content: bytes) -> tuple[int, ...]:
    """Return the arcs of an OBJECT IDENTIFIER's content; none at all means 0.0, as agents that send `06 00` mean it.

    Raises: WireError on arcs above 2^32 - 1, more than 128 of them, padding, or a last arc that does not end.
    Source: X.690 §8.19, RFC 2578 §3.5.
    """
    if not content:
        return (0, 0)
    joined, *rest = decode_arcs(content, _MAX_ARC + 2 * _ROOT_ARCS)
    root = min(joined // _ROOT_ARCS, 2)
    arcs = (root, joined - root * _ROOT_ARCS, *rest)
    if len(arcs) > _MAX_ARCS or max(arcs) > _MAX_ARC:
        raise WireError(f"OID of {len(arcs)} arcs up to {max(arcs)}")
    return arcs


def decode_arcs(content: bytes, largest: int = _MAX_ARC) -> tuple[int, ...]:
    """Return the arcs of an OID's suffix, such as an index; the counterpart of encode_arcs.

    Raises: WireError as decode_oid.
    """
    if len(content) > _MAX_OID_OCTETS:
        raise WireError(f"OID of {len(content)} octets")
    if content.isascii():
        return tuple(content)
    arcs = []
    arc = 0
    for octet in content:
        if octet == _LONG_FORM and not arc:
            raise WireError("OID with a padded arc")
        arc = arc << 7 | octet & 0x7F
        if octet < _LONG_FORM:
            arcs.append(arc)
            arc = 0
    if arc:
        raise WireError("OID ends within an arc")
    if max(arcs) > largest:
        raise WireError(f"OID with arc {max(arcs)}")
    return tuple(arcs)


def oid(text: str) -> bytes:
    """Return the content octets of an OID written as `1.3.6.1` or `.1.3.6.1`.

    Raises: WireError if it is not one.
    """
    arcs = text.removeprefix(".").split(".")
    if not all(arc.isascii() and arc.isdecimal() and len(arc) <= len(str(_MAX_ARC)) for arc in arcs):
        raise WireError(f"not an OID: {text[:200]!r}")
    return encode_oid([int(arc) for arc in arcs])


def oid_text(content: bytes) -> str:
    """Return content octets of an OID as `1.3.6.1`.

    Raises: WireError as decode_oid.
    """
    return ".".join(map(str, decode_oid(content)))
