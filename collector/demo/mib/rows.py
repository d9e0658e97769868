"""Rows in the making: columns in a row have consecutive numbers, so that a row is written as the MIB lists it."""

from collections.abc import Iterable

Oid = tuple[int, ...]
Value = tuple[int, "int | bytes | Oid"]
"""An ASN.1 tag, and what it says."""

INTEGER, OCTET_STRING, OBJECT_IDENTIFIER = 0x02, 0x04, 0x06
IP_ADDRESS, COUNTER32, GAUGE32, TIMETICKS, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x46

_MOD32 = 2**32


class Rows(dict[Oid, Value]):
    """The instances of a context."""

    def scalars(self, group: Oid, first: int, values: Iterable[Value]) -> None:
        """Add scalars of a group; `first` is the number of the first one."""
        self.row(group, (0,), first, values)

    def row(self, entry: Oid, index: Oid, first: int, values: Iterable[Value]) -> None:
        """Add a row of a table; `first` is the number of its first column."""
        for number, value in enumerate(values, first):
            self[(*entry, number, *index)] = value


def oid(text: str) -> Oid:
    """Read a dotted OID."""
    return tuple(map(int, text.split(".")))


def integer(value: int) -> Value:
    """Make an INTEGER."""
    return INTEGER, value


def octets(value: bytes) -> Value:
    """Make an OCTET STRING."""
    return OCTET_STRING, value


def text(value: str) -> Value:
    """Make a DisplayString or SnmpAdminString."""
    return OCTET_STRING, value.encode()


def identifier(value: Oid) -> Value:
    """Make an OBJECT IDENTIFIER."""
    return OBJECT_IDENTIFIER, value


def ip_address(value: bytes) -> Value:
    """Make an IpAddress."""
    return IP_ADDRESS, value


def counter32(value: int) -> Value:
    """Make a Counter32, which wraps."""
    return COUNTER32, value % _MOD32


def counter64(value: int) -> Value:
    """Make a Counter64."""
    return COUNTER64, value


def gauge32(value: int) -> Value:
    """Make a Gauge32 or Unsigned32."""
    return GAUGE32, value


def ticks(value: int) -> Value:
    """Make TimeTicks or a TimeStamp, which wraps."""
    return TIMETICKS, value % _MOD32


def counters32(values: Iterable[int]) -> list[Value]:
    """Make several Counter32."""
    return [counter32(value) for value in values]


def text_index(value: str) -> Oid:
    """Make the index part of a string of variable length: its length, then its octets (RFC 2578 section 7.7)."""
    encoded = value.encode()
    return (len(encoded), *encoded)
