"""Sub-identifiers in base 128 and OIDs in dotted text."""

import pytest

from collector.errors import WireError
from collector.tables.oid import common_prefix, decode_arcs, decode_oid, encode_arcs, encode_oid


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("1.3.6.1.4.1.9.9.171", "2b0601040109098 12b".replace(" ", "")),
        ("0.0", "00"),
        ("1.39", "4f"),
        ("2.999", "8837"),
        ("2.0", "50"),
        ("1.3.4294967295", "2b8fffffff7f"),
    ],
)
def test_oid_both_ways(text, octets):
    """Dotted text becomes content octets and comes back."""
    assert encode_oid(text) == bytes.fromhex(octets)
    assert decode_oid(bytes.fromhex(octets)) == text


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.", ".1.3", "3.1", "1.40", "1.3.-1", "1.3.x", "1.3.4294967296", "2.4294967296", "1.3 ", "1.\u0663"],
)
def test_encode_oid_refuses(text):
    """What is not an OID is a ValueError, wherever it is wrong."""
    with pytest.raises(ValueError, match="is not an OID"):
        encode_oid(text)


@pytest.mark.parametrize("octets", ["81", "2b81", "9080808000", "ffffffffffffff7f"])
def test_decode_arcs_refuses(octets):
    """A sub-identifier that is cut off or above 2^32-1 is a WireError."""
    with pytest.raises(WireError):
        decode_arcs(bytes.fromhex(octets))


def test_decode_arcs_of_nothing():
    """No octets are no sub-identifiers."""
    assert decode_arcs(b"") == []


def test_decode_oid_of_nothing():
    """An OID has at least one octet."""
    with pytest.raises(WireError, match="no octets"):
        decode_oid(b"")


def test_long_arcs_beside_short_ones():
    """Sub-identifiers of several octets are told from those of one."""
    assert decode_arcs(encode_arcs([1, 128, 127, 16384, 0, 4294967295])) == [1, 128, 127, 16384, 0, 4294967295]


def test_common_prefix_ends_with_a_sub_identifier():
    """Octets that two OIDs share by chance, in the middle of a sub-identifier, are not shared."""
    oids = [encode_oid("1.3.6.1.128"), encode_oid("1.3.6.1.129")]
    assert common_prefix(oids) == encode_oid("1.3.6.1")
    assert common_prefix(oids[:1]) == oids[0]
    assert common_prefix([encode_oid("2.200"), encode_oid("2.201")]) == b""
