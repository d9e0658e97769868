"""Addresses and identities as devices send them."""

import pytest

from collector.errors import WireError
from collector.tables.addresses import address_in, decode_address, decode_identity, identity, inet_address

OCTETS, IP, INTEGER, NO_SUCH_INSTANCE = 0x04, 0x40, 0x02, 0x81
V6 = bytes.fromhex("20010db885a30000341a8a2e03e1000e")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x0a\x01\x01\x02", "10.1.1.2"),
        (b"AAAA", "65.65.65.65"),  # printable octets are an address all the same
        (b"\x0a\x01\0\0", "10.1.0.0"),  # zeros at the end are not padding
        (b"\0\0\0\0", "0.0.0.0"),
        (V6, "2001:db8:85a3:0:341a:8a2e:3e1:e"),
        (bytes(16), "::"),
        (b"010.001.001.002", "10.1.1.2"),
        (b"10.1.1.2", "10.1.1.2"),
        (b"10.1.1.2\0\0", "10.1.1.2"),
        (b"2001:db8::1", "2001:db8::1"),
        (b"2001:db8::12:345", "2001:db8::12:345"),  # 16 octets, and text
        (b"", None),
        (b"\0", None),
    ],
)
def test_address(content, expected):
    """Four octets, sixteen, text, zero-padded text: an address; an empty string is none."""
    assert decode_address(OCTETS, content) == expected
    assert decode_address(IP, content) == expected


@pytest.mark.parametrize("content", [b"\x0a\x01\x01", b"hub1.example", b"300.1.1.1", b"\xff" * 5, b"10.1.1.2.3"])
def test_address_refuses(content):
    """What is neither octets nor the text of an address is a WireError."""
    with pytest.raises(WireError, match="not an address"):
        decode_address(OCTETS, content)


def test_address_of_another_tag():
    """An integer is no address; an absent value is absent."""
    with pytest.raises(WireError, match="tag 0x02"):
        decode_address(INTEGER, b"\x0a\x01\x01\x02")
    assert decode_address(NO_SUCH_INSTANCE, b"") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("010.001.001.002", "10.1.1.2"),
        ("000.000.000.000", "0.0.0.0"),
        ("fe80::1", "fe80::1"),
        ("0" * 70 + "10.1.1.2", "10.1.1.2"),
        ("hub", None),
        ("", None),
    ],
)
def test_address_in(text, expected):
    """A text is an address or it is not."""
    assert address_in(text) == expected


@pytest.mark.parametrize(
    ("octets", "label", "expected"),
    [
        (b"\x0a\x2c\x20\x0d", "ipv4", "10.44.32.13"),
        (V6, "ipv6", "2001:db8:85a3:0:341a:8a2e:3e1:e"),
        (b"\x0a\x2c\x20\x0d\0\0\0\x07", "ipv4z", "10.44.32.13%7"),
        (V6 + b"\0\0\1\0", "ipv6z", "2001:db8:85a3:0:341a:8a2e:3e1:e%256"),
        (b"hub1", "dns", "hub1"),
        (b"hub1", None, "104.117.98.49"),
        (V6, "ipv4", "2001:db8:85a3:0:341a:8a2e:3e1:e"),  # the length is right, the type is not
        (b"\x0a\x2c\x20\x0d", "ipv4z", "10.44.32.13"),
        (b"", "unknown", None),
        (b"\x0a\x2c\x20\x0d", "unknown(9)", "10.44.32.13"),
    ],
)
def test_inet_address(octets, label, expected):
    """The InetAddressType says what the octets are, unless their length says otherwise."""
    assert inet_address(octets, label) == expected


@pytest.mark.parametrize(
    ("octets", "label", "expected"),
    [
        (b"010.001.001.002", "ipAddrPeer", "10.1.1.2"),
        (b"\x0a\x01\x01\x02", "ipAddrPeer", "10.1.1.2"),
        (b"AAAA", "ipAddrPeer", "65.65.65.65"),
        (b"AAAA", "namePeer", "AAAA"),
        (b"AAAA", None, "AAAA"),
        (b"0xab", None, "0xab"),
        (b"\x0a\x01\x01\x02", "namePeer", "10.1.1.2"),
        (b"\xd9\x4f\x06\x9c", None, "217.79.6.156"),
        (V6, "idIpv6Addr", "2001:db8:85a3:0:341a:8a2e:3e1:e"),
        (V6, "unknown(9)", "2001:db8:85a3:0:341a:8a2e:3e1:e"),
        (b"vpn-client-1@example.org", "unknown(9)", "vpn-client-1@example.org"),
        (b"hub1.example.org", "ipAddrPeer", "hub1.example.org"),
        (
            b"cn=hub1,ou=VPN,o=Example GmbH,l=M\xc3\xbcnchen,c=DE",
            "namePeer",
            "cn=hub1,ou=VPN,o=Example GmbH,l=München,c=DE",
        ),
        (b"\x30\x82\x01\x0a", "idDn", "48.130.1.10"),
        (b"\x30\x82\x01\x0a\x02", "idDn", "0x3082010a02"),
        (b"hub", "ipAddrPeer", "hub"),
        (b"", "ipAddrPeer", None),
        (b"10.1.1.2\0", "namePeer", "10.1.1.2"),
    ],
)
def test_identity(octets, label, expected):
    """Octets that are not text are an address by their length; the type only decides about four characters."""
    assert identity(octets, label) == expected


def test_identity_without_a_type():
    """Where no type is known, the decoder reads the octets alone."""
    assert decode_identity(OCTETS, b"hub1") == "hub1"
    assert decode_identity(OCTETS, b"") is None
    assert decode_identity(NO_SUCH_INSTANCE, b"") is None
