"""How single values are written, and what is refused."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.config.addresses import Address, Listen, ListenAddress
from collector.config.grammar import Choice, Duration, Flag, HexOctets, Percent, Protocol, Text, Whole, duration_text
from collector.config.snmp import AuthProtocol, PrivProtocol
from collector.wire import usm

DURATION = Duration(0.1, 86_400)
AUTH = Protocol(AuthProtocol, (("SHA1", "SHA"),))
PRIV = Protocol(PrivProtocol, (("AES128", "AES"),))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30.0),
        ("5m", 300.0),
        ("1h30m", 5400.0),
        ("500ms", 0.5),
        ("1d", 86_400.0),
        ("1.5s", 1.5),
        ("45", 45.0),
        ("0.25", 0.25),
        (12, 12.0),
        (2.5, 2.5),
    ],
)
def test_duration(text, seconds):
    """Durations are units from the largest down, or seconds."""
    assert DURATION.parse(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "30 s",
        "30q",
        "30m1h",
        "5m5m",
        "-5s",
        "1e3",
        "0s",
        "2d",
        "1:30",
        "٣s",
        "9" * 400,
        True,
        None,
        [],
        math.nan,
    ],
)
def test_duration_refused(text):
    """What is not a duration within the bounds is refused with the bounds in the text."""
    with pytest.raises(ValueError, match=r"^expected a duration from 100ms to 1d, such as 30s, 5m or 1h30m$"):
        DURATION.parse(text)


@given(st.integers(min_value=100, max_value=86_400_000))
@settings(max_examples=200)
def test_duration_text_reads_back(milliseconds):
    """A duration that is written is read as the same one."""
    assert math.isclose(DURATION.parse(duration_text(milliseconds / 1000)), milliseconds / 1000)


def test_duration_text_of_zero():
    """No time at all is written with a unit too."""
    assert duration_text(0) == "0s"


def test_short_durations_have_short_examples():
    """An example is within the bounds that it stands beside."""
    assert Duration(0.1, 60).words == "a duration from 100ms to 1m, such as 500ms or 2s"


@pytest.mark.parametrize(("text", "share"), [("10%", 0.1), ("2.5 %", 0.025), ("0%", 0.0), ("0", 0.0), (0.2, 0.2)])
def test_percent(text, share):
    """A percentage is a share of one."""
    assert math.isclose(Percent(50).parse(text), share)


@pytest.mark.parametrize("text", ["", "%", "10", "0.1", "51%", "-1%", "10%%", True, None, 0.6])
def test_percent_refused(text):
    """A bare number is no percentage: 10 could be meant as 10% or as ten times."""
    with pytest.raises(ValueError, match=r"^expected a percentage from 0% to 50%, such as 10%$"):
        Percent(50).parse(text)


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("0161", 161), ("1000", 1000), (7, 7)])
def test_whole(text, number):
    """A leading zero is no octal number, as it is for YAML 1.1."""
    assert Whole(1, 1000).parse(text) == number


@pytest.mark.parametrize("text", ["", "0", "1001", "1.0", "1_0", "+1", "x", "9" * 5000, True, 1.0, None])
def test_whole_refused(text):
    """What is not a whole number within the bounds is refused."""
    with pytest.raises(ValueError, match=r"^expected a whole number from 1 to 1000$"):
        Whole(1, 1000).parse(text)


@pytest.mark.parametrize(
    ("text", "truth"), [("true", True), ("Yes", True), ("on", True), ("false", False), ("no", False), (False, False)]
)
def test_flag(text, truth):
    """All of YAML's words for true and false are understood."""
    assert Flag().parse(text) is truth


@pytest.mark.parametrize("text", ["", "1", "y", 1, None])
def test_flag_refused(text):
    """Numbers and letters are neither true nor false."""
    with pytest.raises(ValueError, match=r"^expected true or false$"):
        Flag().parse(text)


def test_choice():
    """One word of the list, as it is written there."""
    choice = Choice(("console", "json"))
    assert choice.parse("json") == "json"
    for wrong in ("JSON", "xml", "", None):
        with pytest.raises(ValueError, match=r"^expected console or json$"):
            choice.parse(wrong)


@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        ("MD5", AuthProtocol.MD5),
        ("sha", AuthProtocol.SHA),
        ("SHA-1", AuthProtocol.SHA),
        ("sha224", AuthProtocol.SHA224),
        ("Sha_256", AuthProtocol.SHA256),
        ("SHA-384", AuthProtocol.SHA384),
        ("sha-512", AuthProtocol.SHA512),
        (AuthProtocol.SHA, AuthProtocol.SHA),
    ],
)
def test_auth_protocols(text, protocol):
    """Case, hyphens and underscores do not matter."""
    assert AUTH.parse(text) is protocol


@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        ("des", PrivProtocol.DES),
        ("AES", PrivProtocol.AES),
        ("aes-128", PrivProtocol.AES),
        ("AES192", PrivProtocol.AES192),
        ("aes-256", PrivProtocol.AES256),
        ("AES-192-C", PrivProtocol.AES192C),
        ("aes256c", PrivProtocol.AES256C),
    ],
)
def test_priv_protocols(text, protocol):
    """The key extension that Cisco uses is a protocol of its own."""
    assert PRIV.parse(text) is protocol


@pytest.mark.parametrize("text", ["", "3DES", "AES-512", "SHA", None, []])
def test_unknown_protocols(text):
    """What is refused is answered with what there is."""
    with pytest.raises(ValueError, match=r"^expected DES, AES, AES-192, AES-256, AES-192-C or AES-256-C$"):
        PRIV.parse(text)


def test_protocol_names_are_those_of_the_codec():
    """The daemon maps a protocol to the codec's by its name."""
    assert [member.name for member in AuthProtocol] == [member.name for member in usm.AuthProtocol]
    assert [member.name for member in PrivProtocol] == [member.name for member in usm.PrivProtocol]


def test_text_counts_octets():
    """The sizes of SNMP are octets, not letters."""
    text = Text("a name", octets=4)
    assert text.parse("éé") == "éé"
    for wrong in ("ééé", "", "a\nb", "\x7f", "\ud800", 5, None):
        with pytest.raises(ValueError, match=r"^expected a name, at most 4 octets$"):
            text.parse(wrong)


@pytest.mark.parametrize("text", ["8000000903", "0x8000000903", "80:00:00:09:03", b"\x80\0\0\x09\x03"])
def test_hex_octets(text):
    """Engine IDs are read as devices print them."""
    assert HexOctets(5, 32).parse(text) == b"\x80\0\0\x09\x03"


@pytest.mark.parametrize("text", ["", "80000009", "8000000903f", "zz00000903", "00" * 33, None])
def test_hex_octets_refused(text):
    """An engine ID has 5 to 32 octets (RFC 3411 SnmpEngineID)."""
    with pytest.raises(ValueError, match=r"^expected 5 to 32 octets in hexadecimal"):
        HexOctets(5, 32).parse(text)


@pytest.mark.parametrize(
    "text",
    ["192.0.2.1", "2001:db8::1", "::1", "fe80::1%eth0", "hub1", "hub_1.example.net", "hub1.example.net.", "7.example"],
)
def test_address(text):
    """Addresses of both families and names are addresses."""
    assert Address().parse(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1:161",
        "[::1]",
        "fe80::1%",
        "fe80::1%a b",
        "a b",
        "-a",
        "a..b",
        "udp://a",
        "a" * 64,
        "a." * 130,
        None,
        {},
    ],
)
def test_address_refused(text):
    """Ports, brackets, incomplete addresses and impossible names are refused."""
    with pytest.raises(ValueError, match=r"^expected an IPv4 address, an IPv6 address or a DNS name, without a port$"):
        Address().parse(text)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:9171", "127.0.0.1", 9171), ("[::1]:9171", "::1", 9171), ("localhost:0", "localhost", 0)],
)
def test_listen(text, host, port):
    """A listen address is written as it is read."""
    address = Listen().parse(text)
    assert address == ListenAddress(host, port)
    assert str(address) == text
    assert Listen().parse(address) is address


@pytest.mark.parametrize("text", ["", ":9171", "9171", "::1:9171", "[127.0.0.1]:9171", "a:b", "a:65536", "a:-1", None])
def test_listen_refused(text):
    """A host that is missing is not taken for all addresses."""
    with pytest.raises(ValueError, match=r"^expected host:port, such as"):
        Listen().parse(text)
