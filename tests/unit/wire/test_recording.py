"""Recordings in the formats that people send, each known by its content."""

import pytest

from collector.errors import WireError
from collector.wire.ber import encode_arcs, oid
from collector.wire.recording import read_recording
from collector.wire.recording_snmprec import write_snmprec

INTEGER, OCTETS, NULL, OID, IP = 0x02, 0x04, 0x05, 0x06, 0x40
COUNTER32, GAUGE32, TICKS, OPAQUE, COUNTER64 = 0x41, 0x42, 0x43, 0x44, 0x46
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82

OBJECTS = {
    "alive": (oid("1.3.9.1"), INTEGER),
    "count": (oid("1.3.9.2"), COUNTER64),
    "name": (oid("1.3.9.3"), OCTETS),
    "kind": (oid("1.3.9.4"), OID),
    "peer": (oid("1.3.9.5"), IP),
    "life": (oid("1.3.9.6"), GAUGE32),
}


def values(text):
    return [(tag, content) for _, tag, content in read_recording(text, OBJECTS).varbinds]


def names(text):
    return [name for name, _, _ in read_recording(text, OBJECTS).varbinds]


# --- snmprec ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2|-1", (INTEGER, b"\xff")),
        ("2|200", (INTEGER, b"\x00\xc8")),
        ("4|hub|1", (OCTETS, b"hub|1")),
        ("4|", (OCTETS, b"")),
        ("4x|0a010102", (OCTETS, b"\x0a\x01\x01\x02")),
        ("5|", (NULL, b"")),
        ("6|1.3.6.1.4.1.9.1.222", (OID, oid("1.3.6.1.4.1.9.1.222"))),
        ("64|10.1.1.2", (IP, b"\x0a\x01\x01\x02")),
        ("64x|00000000", (IP, bytes(4))),
        ("65|4294967295", (COUNTER32, b"\x00\xff\xff\xff\xff")),
        ("66|0", (GAUGE32, b"\x00")),
        ("67|13866832", (TICKS, b"\x00\xd3\x97\x50")),
        ("68x|9f7804", (OPAQUE, b"\x9f\x78\x04")),
        ("70|18446744073709551615", (COUNTER64, b"\x00" + b"\xff" * 8)),
        ("129|", (NO_SUCH_INSTANCE, b"")),
        ("65x|", (COUNTER32, b"")),
    ],
)
def test_snmprec(line, expected):
    """Values come by their tag, plain or in hex."""
    assert values(f"1.3.9.1.0|{line}") == [expected]
    assert names(f"1.3.9.1.0|{line}\n") == [oid("1.3.9.1.0")]


@pytest.mark.parametrize(
    "line",
    [
        "1.3.9.1.0",
        "1.3.9.1.0|2",
        "1.3.9.1.0|2|x",
        "1.3.9.1.0|2|9223372036854775808",
        "1.3.9.1.0|65|-1",
        "1.3.9.1.0|65|1_0",
        "1.3.9.1.0|70|18446744073709551616",
        "1.3.9.1.0|4x|0g",
        "1.3.9.1.0|3|0",
        "1.3.9.1.0|x|0",
        "1.3.9.1.0|4:numeric|x",
        "1.3.9.1.0|5|something",
        "1.3.9.1.0|6|hub",
        "1.3.9.1.0|64|10.1.1",
        "1.3.9.1.0|64|10.1.1.256",
        "1.3.9.1.0|64|10.1.1.x",
        "1.3.x|2|1",
        "9.9|2|1",
    ],
)
def test_snmprec_garbage(line):
    """A line that is not understood is named with its number."""
    with pytest.raises(WireError, match=r"^line 3: "):
        read_recording(f"# a comment\n1.3.9.1.0|2|1\n{line}\n", OBJECTS)


@pytest.mark.parametrize(
    ("varbind", "line"),
    [
        ((oid("1.3.9.1.0"), INTEGER, b"\xff"), "1.3.9.1.0|2|-1"),
        ((oid("1.3.9.1.0"), INTEGER, b"\x00\x01"), "1.3.9.1.0|2x|0001"),
        ((oid("1.3.9.1.0"), COUNTER32, b"\xff\xff\xff\xff"), "1.3.9.1.0|65x|ffffffff"),
        ((oid("1.3.9.1.0"), COUNTER32, b""), "1.3.9.1.0|65x|"),
        ((oid("1.3.9.1.0"), OCTETS, b"hub 1|x"), "1.3.9.1.0|4|hub 1|x"),
        ((oid("1.3.9.1.0"), OCTETS, b"hub\n"), "1.3.9.1.0|4x|6875620a"),
        ((oid("1.3.9.1.0"), OCTETS, b"B\xe4r"), "1.3.9.1.0|4x|42e472"),
        ((oid("1.3.9.1.0"), OID, b"\x2b\x06"), "1.3.9.1.0|6|1.3.6"),
        ((oid("1.3.9.1.0"), OID, b"\x2b\x86"), "1.3.9.1.0|6x|2b86"),
        ((oid("1.3.9.1.0"), IP, b"\x0a\x01\x01\x02"), "1.3.9.1.0|64|10.1.1.2"),
        ((oid("1.3.9.1.0"), IP, b"\x0a\x01"), "1.3.9.1.0|64x|0a01"),
        ((oid("1.3.9.1.0"), OPAQUE, b"\x9f"), "1.3.9.1.0|68x|9f"),
        ((oid("1.3.9.1.0"), NO_SUCH_OBJECT, b""), "1.3.9.1.0|128|"),
        ((oid("1.3.9.1.0"), NULL, b"\x01"), "1.3.9.1.0|5x|01"),
    ],
)
def test_write_snmprec(varbind, line):
    """Values are written plainly where that loses nothing, in hex where it would: odd devices can be recorded."""
    assert list(write_snmprec([varbind])) == [line]
    assert read_recording(line, OBJECTS).varbinds == (varbind,)


# --- getmany ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("alive.0 = true(1)", (INTEGER, b"\x01")),
        ("alive.0 = 13752", (INTEGER, b"\x35\xb8")),
        ("alive.0 = other(-1)", (INTEGER, b"\xff")),
        ("count.0 = 0x0190", (COUNTER64, b"\x01\x90")),
        ("count.0 = 0x00", (COUNTER64, b"\x00")),
        ("count.0 = 400", (COUNTER64, b"\x01\x90")),
        ("life.0 = 3891970674", (GAUGE32, b"\x00\xe7\xfa\xc2\x72")),
        ("name.0 = 0a 01 01 02", (OCTETS, b"\x0a\x01\x01\x02")),
        ("name.0 = 010.001.001.002", (OCTETS, b"010.001.001.002")),
        ("name.0 = ipsecf-3745b", (OCTETS, b"ipsecf-3745b")),
        ("name.0 =", (OCTETS, b"")),
        ("name.0 = ", (OCTETS, b"")),
        ("kind.0 = 1.3.6.1", (OID, oid("1.3.6.1"))),
        ("peer.0 = 10.1.1.2", (IP, b"\x0a\x01\x01\x02")),
        ("peer.0 = 0a 01 01 02", (IP, b"\x0a\x01\x01\x02")),
    ],
)
def test_getmany(line, expected):
    """A value has the type of its object: hex Counter64, hex octets, labels, text that looks like nothing else."""
    assert values(line) == [expected]


def test_getmany_names():
    """The index behind a name is kept as it is; carriage returns of a terminal are not part of it."""
    text = "alive.1.15.48.300 = 1\r\n"
    assert names(text) == [oid("1.3.9.1.1.15.48.300")]
    assert read_recording(text, OBJECTS).format == "getmany"


def test_getmany_unknown_names():
    """A name that means nothing here costs its line and is counted."""
    text = "cikeGlobalInP2Exchs.0 = 0\nalive.0 = 1\ncikeGlobalInP2Exchs.0 = x y\n"
    recording = read_recording(text, OBJECTS)
    assert recording.unknown == {"cikeGlobalInP2Exchs": 2}
    assert recording.varbinds == ((oid("1.3.9.1.0"), INTEGER, b"\x01"),)


def test_getmany_numbers_for_names():
    """An OID in place of a name has no type, so that its value means nothing."""
    assert read_recording("alive.0 = 1\n1.3.9.1.0 = 1", OBJECTS).unknown == {"1": 1}


@pytest.mark.parametrize(
    "line",
    [
        "alive.0 = yes",
        "alive.0 =",
        "alive.0",
        " = 1",
        "count.0 = 0x0g",
        "count.0 = -1",
        "kind.0 = hub",
        "peer.0 = hub",
        "alive.0.x = 1",
        "alive.4294967296 = 1",
        'alive."a = 1',
    ],
)
def test_getmany_garbage(line):
    """A line that is not understood is named with its number, an index that is none too."""
    with pytest.raises(WireError, match=r"^line 2: "):
        read_recording(f"alive.0 = 1\n{line}\n", OBJECTS)


# --- snmpwalk ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("INTEGER: 5", (INTEGER, b"\x05")),
        ("INTEGER: active(1)", (INTEGER, b"\x01")),
        ("INTEGER: -1", (INTEGER, b"\xff")),
        ("INTEGER: 86400 seconds", (INTEGER, b"\x01\x51\x80")),
        ("Gauge32: 10", (GAUGE32, b"\x0a")),
        ("Counter32: 677 Phase-2 Tunnels", (COUNTER32, b"\x02\xa5")),
        ("Counter64: 135207102311", (COUNTER64, (135207102311).to_bytes(5, "big"))),
        ("Wrong Type (should be Counter32): Gauge32: 7", (GAUGE32, b"\x07")),
        ("Timeticks: (857980) 2:22:59.80", (TICKS, b"\x0d\x17\x7c")),
        ("STRING: hub1", (OCTETS, b"hub1")),
        ("STRING: hub = spoke", (OCTETS, b"hub = spoke")),
        ('STRING: "hub \\"1\\" \\\\ x"', (OCTETS, b'hub "1" \\ x')),
        ('STRING: ""', (OCTETS, b"")),
        ("STRING: ", (OCTETS, b"")),
        ("STRING:", (OCTETS, b"")),
        ('""', (OCTETS, b"")),
        ("Hex-STRING: 0A 01 01 02 ", (OCTETS, b"\x0a\x01\x01\x02")),
        ("BITS: 80 00 notifsEnable(0) ", (OCTETS, b"\x80\x00")),
        ("BITS: ", (OCTETS, b"")),
        ("IpAddress: 10.1.1.2", (IP, b"\x0a\x01\x01\x02")),
        ("Network Address: 0A:01:01:02", (IP, b"\x0a\x01\x01\x02")),
        ("OID: .1.3.6.1.4.1.9.1.222", (OID, oid("1.3.6.1.4.1.9.1.222"))),
        ("OID: SNMPv2-SMI::enterprises.9.1.222", (OID, oid("1.3.6.1.4.1.9.1.222"))),
        ("OID: EXAMPLE-MIB::alive.7", (OID, oid("1.3.9.1.7"))),
        ("NULL", (NULL, b"")),
        ("No Such Object available on this agent at this OID", (NO_SUCH_OBJECT, b"")),
        ("No Such Instance currently exists at this OID", (NO_SUCH_INSTANCE, b"")),
        ("No more variables left in this MIB View (It is past the end of the MIB tree)", (END_OF_MIB_VIEW, b"")),
    ],
)
def test_snmpwalk(value, expected):
    """Every type that net-snmp prints comes back; units behind a value are left away."""
    assert values(f".1.3.9.1.0 = {value}") == [expected]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".1.3.9.1.0", "1.3.9.1.0"),
        ("1.3.9.1.0", "1.3.9.1.0"),
        ("iso.3.9.1.0", "1.3.9.1.0"),
        ("EXAMPLE-MIB::alive.0", "1.3.9.1.0"),
        ("alive.0", "1.3.9.1.0"),
        ("SNMPv2-SMI::mib-2.15.2.0", "1.3.6.1.2.1.15.2.0"),
        ('EXAMPLE-MIB::alive."h b".1', "1.3.9.1.3.104.32.98.1"),
        ("EXAMPLE-MIB::alive.'hub'", "1.3.9.1.104.117.98"),
        ('EXAMPLE-MIB::alive."a\\"b"', "1.3.9.1.3.97.34.98"),
        ('EXAMPLE-MIB::alive.""', "1.3.9.1.0"),
    ],
)
def test_snmpwalk_names(name, expected):
    """OIDs, names with and without module, and the strings that net-snmp prints in an index."""
    assert names(f"{name} = INTEGER: 1") == [oid(expected)]


def test_snmpwalk_values_that_go_on():
    """Text and hex go on in the next lines: to the closing quote, or to the next varbind."""
    text = (
        'iso.3.9.3.0 = STRING: "Cisco IOS\nTechnical Support: http://example.org = x\nCompiled"\n'
        "iso.3.9.3.1 = Hex-STRING: 0A 01\n01 02 \n"
        "iso.3.9.3.2 = STRING: Cisco IOS\n  Version 15\n"
        "iso.3.9.3.3 = INTEGER: 1\n"
    )
    assert values(text) == [
        (OCTETS, b"Cisco IOS\nTechnical Support: http://example.org = x\nCompiled"),
        (OCTETS, b"\x0a\x01\x01\x02"),
        (OCTETS, b"Cisco IOS\n  Version 15"),
        (INTEGER, b"\x01"),
    ]


def test_snmpwalk_preamble():
    """The prompt and the command above a walk are no part of it."""
    recording = read_recording("alpha:/home/dev# snmpwalk -v2c hub\niso.3.9.1.0 = INTEGER: 1\n", OBJECTS)
    assert (recording.format, recording.preamble, len(recording.varbinds)) == ("snmpwalk", 1, 1)


def test_snmpwalk_unknown_names():
    """A name that means nothing here costs its line, as a value too."""
    text = "X-MIB::other.0 = INTEGER: 1\niso.3.9.1.0 = INTEGER: 1\niso.3.9.4.0 = OID: Y-MIB::router\n"
    recording = read_recording(text, OBJECTS)
    assert recording.unknown == {"other": 1, "router": 1}
    assert len(recording.varbinds) == 1


@pytest.mark.parametrize(
    "line",
    [
        "iso.3.9.1.0 = INTEGER: x",
        "iso.3.9.1.0 = INTEGER: 99999999999999999999",
        "iso.3.9.1.0 = Counter32: -1",
        "iso.3.9.1.0 = Float: 1.0",
        "iso.3.9.1.0 = Hex-STRING: 0G",
        "iso.3.9.1.0 = OID: .1.x",
        "iso.3.9.1.0 = IpAddress: 10.1",
        'iso.3.9.1.0 = STRING: "open',
        "iso.3.9.1.0 = Wrong Type (should be Counter32)",
        "iso.9.9.x = INTEGER: 1",
        "alive.ipAddrPeer.1 = INTEGER: 1",
        'alive."a"b = INTEGER: 1',
        "Timeout: No Response from hub",
    ],
)
def test_snmpwalk_garbage(line):
    """A line that is not understood is named with its number."""
    with pytest.raises(WireError, match=r"^line 2: "):
        read_recording(f"iso.3.9.1.0 = INTEGER: 1\n{line}\n", OBJECTS)


# --- neither ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment\n", "hello\nworld\n", "interface Tunnel0\n ip mtu 1400\n"]
)
def test_no_recording(text):
    """What is none of the formats is refused as a whole."""
    with pytest.raises(WireError, match="not a recording"):
        read_recording(text, OBJECTS)


def test_octets_that_are_not_utf_8():
    """A file read with surrogateescape keeps its octets."""
    text = b"iso.3.9.3.0 = STRING: B\xe4r".decode("utf-8", "surrogateescape")
    assert values(text) == [(OCTETS, b"B\xe4r")]


@pytest.mark.parametrize("line", ["1.3.9.3.0|4|\ud800", "name.0 = \ud800", "iso.3.9.3.0 = STRING: \ud800"])
def test_text_that_no_file_has(line):
    """A surrogate that stands for no octet cannot have come from a file."""
    with pytest.raises(WireError, match=r"line 1: .* has surrogates"):
        read_recording(line, OBJECTS)


def test_long_indexes():
    """An index as long as an OID may be is kept."""
    index = ".".join(["4294967295"] * 100)
    assert names(f"alive.{index} = 1") == [oid("1.3.9.1") + encode_arcs([4294967295] * 100)]
