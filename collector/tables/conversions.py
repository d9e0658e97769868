"""From a value on the wire to a value of the model: one decoder per SMI syntax and meaning.

A decoder takes (tag, content octets) and returns the value, or `None` where the device says that there is none
(noSuchInstance, NULL, an empty string); it raises WireError on a value that it cannot make sense of. Decoders are
liberal in the tag among integers and among octet strings: agents confuse Counter32, Gauge32 and INTEGER.
Source: RFC 2578 §7.1, RFC 2579, RFC 4001.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from collector.errors import WireError
from collector.tables.schema import Decode
from collector.wire.ber import oid_text

INTEGER = 0x02
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
IP_ADDRESS = 0x40
COUNTER32 = 0x41
GAUGE32 = 0x42
TIMETICKS = 0x43
COUNTER64 = 0x46

ABSENT = frozenset({0x05, 0x80, 0x81, 0x82})
"""NULL, noSuchObject, noSuchInstance, endOfMibView: no value."""

UNSIGNED = frozenset({COUNTER32, GAUGE32, TIMETICKS, COUNTER64, 0x47})
OCTETS = frozenset({OCTET_STRING, IP_ADDRESS, 0x44})

_MASK32 = 2**32 - 1
_MASK64 = 2**64 - 1
LONG_INTEGER = 9
"""Octets of an integer that are one too many, unless the first is 0."""
_SIGN_BIT = 0x80
_from_bytes = int.from_bytes

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


# --- integers ---------------------------------------------------------------------------------------------------------


def decode_unsigned(tag: int, content: bytes) -> int | None:
    """Counter32, Counter64, Gauge32, Unsigned32."""
    if tag in UNSIGNED and 0 < len(content) < LONG_INTEGER:
        return _from_bytes(content, "big")
    value = decode_signed(tag, content)
    return value & _MASK32 if value is not None and -(2**31) <= value < 0 else value


def decode_signed(tag: int, content: bytes) -> int | None:
    """Integer32, INTEGER: negative only with the tag INTEGER."""
    if tag == INTEGER and 0 < len(content) < LONG_INTEGER:
        return _from_bytes(content, "big", signed=True)
    if tag in UNSIGNED and 0 < len(content) <= LONG_INTEGER:
        value = _from_bytes(content, "big")
        if value <= _MASK64:
            return value
    _absent(tag, content, "an integer")
    return None


def _absent(tag: int, content: bytes, wanted: str) -> None:
    if tag not in ABSENT:
        raise WireError(f"tag 0x{tag:02x} with {len(content)} octets is not {wanted}")


def multiplied(factor: int) -> Decode:
    """Build a decoder of an unsigned integer that counts in steps of `factor` (KBytes, Mbps)."""

    def decode(tag: int, content: bytes) -> int | None:
        value = decode_unsigned(tag, content)
        return None if value is None else value * factor

    return decode


def decode_percent(tag: int, content: bytes) -> float | None:
    """Read a whole percentage as a ratio."""
    value = decode_unsigned(tag, content)
    return None if value is None else value / 100


def decode_centiseconds(tag: int, content: bytes) -> float | None:
    """TimeTicks, TimeStamp, TimeInterval: hundredths of a second, in seconds."""
    if tag in UNSIGNED and 0 < len(content) < LONG_INTEGER:
        return _from_bytes(content, "big") / 100
    value = decode_signed(tag, content)
    return None if value is None else value / 100


def decode_number_text(tag: int, content: bytes) -> str | None:
    """Write an integer as text, for fields that name something."""
    value = decode_signed(tag, content)
    return None if value is None else str(value)


# --- enumerations -----------------------------------------------------------------------------------------------------


class Labelled:
    """Decoder of an enumeration: the MIB's label, `unknown(14)` outside its list."""

    __slots__ = ("_labels", "by_content")

    def __init__(self, labels: Mapping[int, str]) -> None:
        self._labels = labels
        self.by_content = {bytes([number]): label for number, label in labels.items() if number < _SIGN_BIT}
        """Label by the content octets of an INTEGER: what nearly every value is found in."""

    def __call__(self, tag: int, content: bytes) -> str | None:
        """Return the label of a value."""
        value = decode_signed(tag, content)
        return None if value is None else self._labels.get(value, f"unknown({value})")


class Truth:
    """Decoder of TruthValue and its kin: 1 is true (enabled, attached), 2 is false, anything else a WireError."""

    __slots__ = ("by_content",)

    def __init__(self) -> None:
        self.by_content = {b"\x01": True, b"\x02": False}

    def __call__(self, tag: int, content: bytes) -> bool | None:
        """Return the truth of a value."""
        value = decode_signed(tag, content)
        if value not in (None, 1, 2):
            raise WireError(f"{value} is neither true(1) nor false(2)")
        return None if value is None else value == 1


decode_truth = Truth()


# --- octets -----------------------------------------------------------------------------------------------------------


def decode_octets(tag: int, content: bytes) -> bytes | None:
    """Any octet string as it is; `None` if it is absent or empty."""
    if tag in OCTETS:
        return content or None
    _absent(tag, content, "an octet string")
    return None


def decode_text(tag: int, content: bytes) -> str | None:
    """DisplayString, SnmpAdminString: text without trailing NULs; `0x…` where the octets are not text."""
    octets = decode_octets(tag, content)
    return None if octets is None else readable(octets)


def readable(octets: bytes) -> str | None:
    """Show octets as text where they are text, as `0x…` otherwise; `None` if empty."""
    text = as_text(octets)
    return "0x" + octets.hex() if text is None else text or None


def as_text(octets: bytes) -> str | None:
    """Octets as UTF-8 without trailing NULs; `None` where they are not, or have control characters."""
    try:
        text = octets.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return None
    return None if _CONTROLS.search(text) else text


def decode_hex(tag: int, content: bytes) -> str | None:
    """Any octet string as hex digits."""
    octets = decode_octets(tag, content)
    return None if octets is None else octets.hex()


def decode_versions(tag: int, content: bytes) -> str | None:
    """List the numbers of the set bits, the first bit being 1: bgpVersion `10` is "4". Source: RFC 4273."""
    octets = decode_octets(tag, content)
    if octets is None:
        return None
    bits = "".join(f"{octet:08b}" for octet in octets)
    return ",".join(str(place) for place, bit in enumerate(bits, 1) if bit == "1") or None


def decode_object_identifier(tag: int, content: bytes) -> str | None:
    """Write an OBJECT IDENTIFIER dotted."""
    if tag == OBJECT_IDENTIFIER:
        return oid_text(content)
    _absent(tag, content, "an OBJECT IDENTIFIER")
    return None


def decode_date_and_time(tag: int, content: bytes) -> float | None:
    """DateAndTime as Unix time, read as UTC where the device tells no zone; `None` for the year 0 (never).

    Source: RFC 2579.
    """
    octets = decode_octets(tag, content)
    if octets is None or octets[:2] == b"\0\0":
        return None
    try:
        return _unix_time(octets)
    except ValueError as error:
        raise WireError(f"{octets.hex()} is not a DateAndTime: {error}") from None


def _unix_time(octets: bytes) -> float:
    year, (month, day, hour, minute, second, decisecond), zone = _from_bytes(octets[:2], "big"), octets[2:8], octets[8:]
    leap = second // 60
    moment = datetime(year, month, day, hour, minute, second - leap, decisecond * 100_000, UTC)
    if zone:
        sign, hours, minutes = zone
        offset = timedelta(hours=hours, minutes=minutes)
        moment += offset if sign == ord("-") else -offset
    return moment.timestamp() + leap
