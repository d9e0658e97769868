"""Values on the wire to values of the model."""

import pytest

from collector.errors import WireError
from collector.tables.conversions import (
    ABSENT,
    Labelled,
    decode_centiseconds,
    decode_date_and_time,
    decode_hex,
    decode_number_text,
    decode_object_identifier,
    decode_octets,
    decode_percent,
    decode_signed,
    decode_text,
    decode_truth,
    decode_unsigned,
    decode_versions,
    multiplied,
)

INTEGER, OCTETS, NULL, OID, IP, COUNTER32, GAUGE32, TICKS, OPAQUE, COUNTER64 = (
    *(0x02, 0x04, 0x05, 0x06, 0x40, 0x41, 0x42, 0x43, 0x44, 0x46),
)
LABELS = Labelled({0: "unknown", 1: "main", 2: "aggressive", 200: "far"})


@pytest.mark.parametrize(
    ("tag", "content", "expected"),
    [
        (COUNTER32, "00", 0),
        (COUNTER32, "00ffffffff", 2**32 - 1),
        (GAUGE32, "ffffffff", 2**32 - 1),  # agents that forget the leading zero
        (TICKS, "0d96f0", 890608),
        (COUNTER64, "00ffffffffffffffff", 2**64 - 1),
        (COUNTER64, "ffffffffffffffff", 2**64 - 1),
        (INTEGER, "05", 5),
        (INTEGER, "ff", 2**32 - 1),  # an agent that writes an Unsigned32 as an INTEGER of 32 bits
        (INTEGER, "80000000", 2**31),
    ],
)
def test_unsigned(tag, content, expected):
    """Whatever integer the agent sends, the value is the one that the MIB's unsigned column means."""
    assert decode_unsigned(tag, bytes.fromhex(content)) == expected


@pytest.mark.parametrize(
    ("tag", "content", "expected"),
    [(INTEGER, "ff", -1), (INTEGER, "00ff", 255), (GAUGE32, "ff", 255), (INTEGER, "8000000000000000", -(2**63))],
)
def test_signed(tag, content, expected):
    """Only an INTEGER can be negative."""
    assert decode_signed(tag, bytes.fromhex(content)) == expected


def test_unsigned_keeps_long_negatives():
    """An INTEGER below -2^31 is no Unsigned32 written badly, and stays what it is."""
    assert decode_unsigned(INTEGER, bytes.fromhex("ff7fffffff")) == -(2**31) - 1


@pytest.mark.parametrize("tag", sorted(ABSENT))
@pytest.mark.parametrize(
    "decode",
    [
        decode_unsigned,
        decode_signed,
        decode_centiseconds,
        decode_percent,
        multiplied(1024),
        decode_number_text,
        decode_truth,
        LABELS,
        decode_octets,
        decode_text,
        decode_hex,
        decode_versions,
        decode_object_identifier,
        decode_date_and_time,
    ],
)
def test_absent(decode, tag):
    """NULL and the exceptions of SNMPv2 are no value, in every column."""
    assert decode(tag, b"") is None


@pytest.mark.parametrize("decode", [decode_unsigned, decode_signed, LABELS, decode_truth, decode_centiseconds])
@pytest.mark.parametrize(
    ("tag", "content"),
    [(OCTETS, "05"), (INTEGER, ""), (COUNTER32, ""), (COUNTER64, "01" + "00" * 8), (INTEGER, "00" * 9), (OID, "2b")],
)
def test_integers_refuse(decode, tag, content):
    """An integer has one to eight octets, or nine with a leading zero, and an integer's tag."""
    with pytest.raises(WireError):
        decode(tag, bytes.fromhex(content))


def test_centiseconds():
    """TimeTicks and TimeInterval count hundredths of a second: the 3745's 13752 are two minutes, not four hours."""
    assert decode_centiseconds(INTEGER, (13752).to_bytes(2, "big")) == 137.52
    assert decode_centiseconds(TICKS, (13866832).to_bytes(4, "big")) == 138668.32


def test_factors():
    """KBytes are 1024 octets, percent a ratio."""
    assert multiplied(1024)(INTEGER, (99000).to_bytes(3, "big")) == 99000 * 1024
    assert decode_percent(GAUGE32, b"\x39") == 0.57


def test_number_text():
    """A number that names something is text."""
    assert decode_number_text(GAUGE32, b"\x07") == "7"


@pytest.mark.parametrize(
    ("tag", "content", "expected"),
    [
        (INTEGER, "01", "main"),
        (INTEGER, "0001", "main"),
        (GAUGE32, "02", "aggressive"),
        (INTEGER, "00c8", "far"),
        (INTEGER, "0e", "unknown(14)"),
        (INTEGER, "ff", "unknown(-1)"),
        (INTEGER, "00", "unknown"),
    ],
)
def test_labels(tag, content, expected):
    """Values outside the MIB's list are kept with their number: real devices send them (DH group 14)."""
    assert LABELS(tag, bytes.fromhex(content)) == expected


def test_truth():
    """1 is true and 2 is false; 0 and 3 are neither."""
    assert decode_truth(INTEGER, b"\x01") is True
    assert decode_truth(INTEGER, b"\x02") is False
    for content in (b"\x00", b"\x03"):
        with pytest.raises(WireError, match="neither true"):
            decode_truth(INTEGER, content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"ipsecf-3745b", "ipsecf-3745b"),
        (b"hub1\0\0", "hub1"),
        (b"", None),
        (b"\0\0", None),
        ("C=DE,O=Bär,CN=hub".encode(), "C=DE,O=Bär,CN=hub"),
        (b"B\xe4r", "0x42e472"),
        (b"a\0b", "0x610062"),
        (b"line\r\nline", "line\r\nline"),
        (b"\x1b[31m", "0x1b5b33316d"),
    ],
)
def test_text(content, expected):
    """Text loses trailing NULs; empty text is absent; octets that are not text are shown in hex, losing nothing."""
    assert decode_text(OCTETS, content) == expected


@pytest.mark.parametrize("tag", [OCTETS, IP, OPAQUE])
def test_octet_tags(tag):
    """An octet string may come as IpAddress or Opaque."""
    assert decode_octets(tag, b"\x0a\x01\x01\x02") == b"\x0a\x01\x01\x02"
    assert decode_octets(tag, b"") is None


@pytest.mark.parametrize("decode", [decode_octets, decode_text, decode_hex, decode_object_identifier])
def test_octets_refuse_integers(decode):
    """An integer is not an octet string, nor an OID."""
    with pytest.raises(WireError, match="tag 0x02"):
        decode(INTEGER, b"\x01")


def test_hex():
    """Octets without a text form are hex digits."""
    assert decode_hex(OCTETS, b"\x04\x00") == "0400"
    assert decode_hex(OCTETS, b"") is None


@pytest.mark.parametrize(("content", "expected"), [("10", "4"), ("18", "4,5"), ("0080", "9"), ("00", None), ("", None)])
def test_versions(content, expected):
    """The first bit of bgpVersion is version 1: 0x10 is BGP version 4."""
    assert decode_versions(OCTETS, bytes.fromhex(content)) == expected


def test_object_identifier():
    """An OBJECT IDENTIFIER is dotted text."""
    assert decode_object_identifier(OID, bytes.fromhex("2b060104010901815e")) == "1.3.6.1.4.1.9.1.222"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("07c8051a0d1e0f022d0400", 706901415.2),  # 1992-5-26,13:30:15.2,-4:0 of RFC 2579 + 4 h
        ("07c8051a0d1e0f022b0400", 706872615.2),
        ("07c8051a0d1e0f02", 706887015.2),  # no zone: read as UTC
        ("07d10c1f173b3c00", 1009843200.0),  # a leap second
        ("0000000000000000", None),
        ("", None),
    ],
)
def test_date_and_time(content, expected):
    """DateAndTime becomes Unix time; the year 0 is never."""
    assert decode_date_and_time(OCTETS, bytes.fromhex(content)) == expected


@pytest.mark.parametrize(
    "content", ["07c8", "07c80d1a0d1e0f02", "07c8051a0d1e0f022d", "07c8051a193e0f02", "07c8051a0d1e0f022d04"]
)
def test_date_and_time_refuses(content):
    """A month 13, an hour 25 or a zone that is cut off is no time."""
    with pytest.raises(WireError, match="DateAndTime"):
        decode_date_and_time(OCTETS, bytes.fromhex(content))
