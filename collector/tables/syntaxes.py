"""Which decoder an SMI syntax has, and which other ones the `as` of a table file may choose."""

from collections.abc import Callable

from collector.tables.addresses import decode_address, decode_identity, identity, inet_address
from collector.tables.conversions import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER,
    IP_ADDRESS,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    TIMETICKS,
    decode_centiseconds,
    decode_date_and_time,
    decode_hex,
    decode_number_text,
    decode_object_identifier,
    decode_percent,
    decode_signed,
    decode_text,
    decode_truth,
    decode_unsigned,
    decode_versions,
    multiplied,
)
from collector.tables.schema import Decode

SYNTAXES: dict[str, tuple[int, Decode, type]] = {
    "INTEGER": (INTEGER, decode_signed, int),
    "Integer32": (INTEGER, decode_signed, int),
    "Unsigned32": (GAUGE32, decode_unsigned, int),
    "Gauge32": (GAUGE32, decode_unsigned, int),
    "Counter32": (COUNTER32, decode_unsigned, int),
    "Counter64": (COUNTER64, decode_unsigned, int),
    "TimeTicks": (TIMETICKS, decode_centiseconds, float),
    "TimeStamp": (TIMETICKS, decode_centiseconds, float),
    "TimeInterval": (INTEGER, decode_centiseconds, float),
    "TruthValue": (INTEGER, decode_truth, bool),
    "OCTET STRING": (OCTET_STRING, decode_hex, str),
    "DisplayString": (OCTET_STRING, decode_text, str),
    "SnmpAdminString": (OCTET_STRING, decode_text, str),
    "SnmpEngineID": (OCTET_STRING, decode_hex, str),
    "DateAndTime": (OCTET_STRING, decode_date_and_time, float),
    "OBJECT IDENTIFIER": (OBJECT_IDENTIFIER, decode_object_identifier, str),
    "IpAddress": (IP_ADDRESS, decode_address, str),
    "IPSIpAddress": (OCTET_STRING, decode_address, str),
    "InetAddress": (OCTET_STRING, decode_address, str),
}
"""SMI syntaxes and textual conventions: tag on the wire, decoder, type of the model value."""

LABELS: dict[str, dict[int, str]] = {
    "InetAddressType": {0: "unknown", 1: "ipv4", 2: "ipv6", 3: "ipv4z", 4: "ipv6z", 16: "dns"},
}
"""Enumerations that need not be written out in a table file."""

AS: dict[str, tuple[frozenset[int], Decode, type]] = {
    "KBytes": (frozenset({INTEGER, GAUGE32}), multiplied(1024), int),
    "percent": (frozenset({INTEGER, GAUGE32}), decode_percent, float),
    "Kpps": (frozenset({GAUGE32}), multiplied(1000), int),
    "Mbps": (frozenset({GAUGE32}), multiplied(1_000_000), int),
    "boolean": (frozenset({INTEGER}), decode_truth, bool),
    "name": (frozenset({INTEGER, GAUGE32}), decode_number_text, str),
    "address": (frozenset({OCTET_STRING}), decode_address, str),
    "identity": (frozenset({OCTET_STRING}), decode_identity, str),
    "hex": (frozenset({OCTET_STRING}), decode_hex, str),
    "text": (frozenset({OCTET_STRING}), decode_text, str),
    "versions": (frozenset({OCTET_STRING}), decode_versions, str),
}
"""What `as:` may say beside a syntax: the tags that it goes with, decoder, type of the model value."""

TYPED: dict[Decode, Callable[[bytes, str | None], str | None]] = {
    decode_address: inet_address,
    decode_identity: identity,
}
"""Decoders that know better with the label of a `type` neighbour beside them, and what they are then."""
