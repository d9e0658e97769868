"""Elements, lengths and the content of values, in the octets of X.690's own examples where it has some."""

import pytest

from collector.errors import WireError
from collector.wire import ber


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("0401ff", (0x04, 2, 3)),
        ("0400", (0x04, 2, 2)),
        ("048101ff", (0x04, 3, 4)),
        ("048100", (0x04, 3, 3)),
        ("04820001ff", (0x04, 4, 5)),
        ("048400000001ff", (0x04, 6, 7)),
        ("0401ffff", (0x04, 2, 3)),
    ],
)
def test_read_header(octets, expected):
    """Short and long lengths lead to the same content, and what follows it is left alone."""
    data = bytes.fromhex(octets)
    assert ber.read_header(data, 0, len(data)) == expected


@pytest.mark.parametrize(
    "octets",
    ["", "04", "0401", "0480", "04800000", "0481", "0482ff", "0402ff", "048500000000010f", "04ff", "0484ffffffff"],
)
def test_read_header_refuses(octets):
    """What is cut off, indefinite, or longer than its surroundings is no element."""
    data = bytes.fromhex(octets)
    with pytest.raises(WireError):
        ber.read_header(data, 0, len(data))


def test_indefinite_length_is_no_length_of_128():
    """0x80 is refused also where 128 octets follow, by whichever reader."""
    data = b"\x04\x80" + bytes(200)
    for read in (ber.read_header, ber.read_octets):
        with pytest.raises(WireError, match="indefinite"):
            read(data, 0, len(data))


def test_read_header_stays_before_end():
    """An element must end before the end that is named, however many octets follow."""
    data = bytes.fromhex("0402ffffff")
    assert ber.read_header(data, 0, 4) == (0x04, 2, 4)
    with pytest.raises(WireError, match="claims 2 octets, 1 are left"):
        ber.read_header(data, 0, 3)


def test_read_element_wants_its_tag():
    """Another tag than the one expected is named in the error."""
    assert ber.read_element(b"\x04\x00", 0, 2, 0x04) == (2, 2)
    assert ber.read_element(b"\x04\x81\x01\xff", 0, 4, 0x04) == (3, 4)
    with pytest.raises(WireError, match="tag 0x04 where 0x30"):
        ber.read_element(b"\x04\x00", 0, 2, 0x30)


def test_read_integer_and_octets():
    """The typed readers return the value and where the next element begins."""
    data = bytes.fromhex("0202ff7f0401aa")
    assert ber.read_integer(data, 0, 7) == (-129, 4)
    assert ber.read_octets(data, 4, 7) == (b"\xaa", 7)
    with pytest.raises(WireError):
        ber.read_integer(data, 4, 7)
    with pytest.raises(WireError):
        ber.read_octets(data, 0, 7)


@pytest.mark.parametrize(
    ("length", "expected"),
    [(0, "00"), (127, "7f"), (128, "8180"), (255, "81ff"), (256, "820100"), (65536, "83010000")],
)
def test_encode_length(length, expected):
    """Lengths take their shortest form."""
    assert ber.encode_length(length).hex() == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (-1, "0201ff"),
        (-128, "020180"),
        (-129, "0202ff7f"),
        (-32768, "02028000"),
        (2**31 - 1, "02047fffffff"),
        (-(2**31), "020480000000"),
    ],
)
def test_encode_integer(value, expected):
    """Integers take the fewest octets that keep their sign, and come back."""
    encoded = ber.encode_integer(value)
    assert encoded.hex() == expected
    assert ber.decode_integer(encoded[2:]) == value


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("00", 0),
        ("ff", -1),
        ("7fffffff", 2**31 - 1),
        ("00ffffffff", 2**32 - 1),
        ("ffffffff80000000", -(2**31)),
        ("00" + "ff" * 8, 2**64 - 1),
    ],
)
def test_decode_integer(content, expected):
    """An INTEGER is two's complement of whatever width the agent chose."""
    assert ber.decode_integer(bytes.fromhex(content)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("00", 0),
        ("7f", 127),
        ("0080", 128),
        ("00ffffffff", 2**32 - 1),
        ("0000000000ffffffff", 2**32 - 1),
        ("ffffffff", 2**32 - 1),
        ("80000000", 2**31),
        ("ffffffff80000000", 2**31),
        ("ff", 2**32 - 1),
        ("0100000005", 5),
    ],
)
def test_decode_unsigned32(content, expected):
    """Counters are taken modulo 2^32, whatever sign or padding an agent gives them."""
    assert ber.decode_unsigned32(bytes.fromhex(content)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("00", 0),
        ("00ffffffffffffffff", 2**64 - 1),
        ("ffffffffffffffff", 2**64 - 1),
        ("8000000000000000", 2**63),
        ("0190", 400),
    ],
)
def test_decode_counter64(content, expected):
    """Counter64 is taken modulo 2^64."""
    assert ber.decode_counter64(bytes.fromhex(content)) == expected


@pytest.mark.parametrize("decode", [ber.decode_integer, ber.decode_unsigned32, ber.decode_counter64])
@pytest.mark.parametrize("content", [b"", bytes(10), bytes(60000)], ids=len)
def test_integers_have_one_to_nine_octets(decode, content):
    """No octets are no number, and too many are refused before they are computed with."""
    with pytest.raises(WireError, match=f"{len(content)} octets"):
        decode(content)


def test_decode_ip_address():
    """An IpAddress has four octets and nothing else."""
    assert ber.decode_ip_address(bytes((192, 0, 2, 1))) == "192.0.2.1"
    for content in (b"", b"\1\2\3", bytes(16)):
        with pytest.raises(WireError):
            ber.decode_ip_address(content)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("0.0", "00"),
        ("1.3.6.1.2.1.1.3.0", "2b06010201010300"),
        ("0.39", "27"),
        ("1.39", "4f"),
        ("2.0", "50"),
        ("2.999.3", "883703"),
        ("1.3.6.1.4.1.9.9.171", "2b06010401090981 2b"),
        ("1.3.127.128.16383.16384.2097152.268435456", "2b7f8100ff7f8180008180800081808080 00"),
        ("1.3.4294967295", "2b8fffffff7f"),
        ("2.4294967295", "908080804f"),
    ],
)
def test_oid(text, content):
    """Text and content octets of an OID are two writings of one thing."""
    assert ber.oid(text) == bytes.fromhex(content)
    assert ber.oid_text(bytes.fromhex(content)) == text


def test_oid_with_leading_dot():
    """Net-SNMP's way to write an OID is understood."""
    assert ber.oid(".1.3.6") == ber.oid("1.3.6")


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "1", "1.", "..1.3", "1..3", "1.3.x", "1.3.-1", "1.3. 4", "1.3.1_0", "1.3.٣", "3.1", "0.40", "1.40",
        "1.3.4294967296", "1.3.99999999999", "1.3" + ".1" * 127, "1.3." + "9" * 100_000,
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_oid_refuses(text):
    """What is no OID is refused, and quoted only in part."""
    with pytest.raises(WireError) as caught:
        ber.oid(text)
    assert len(str(caught.value)) < 300


def test_longest_oid():
    """128 arcs of 2^32 - 1 are the most that SMIv2 allows."""
    arcs = (2, *[2**32 - 1] * 127)
    assert ber.decode_oid(ber.encode_oid(arcs)) == arcs


@pytest.mark.parametrize("arcs", [(), (1,), (1, 3, -1), (1, 3, 2**32), (3, 1), (1, 40), (0,) * 129])
def test_encode_oid_refuses(arcs):
    """Arcs that no OID can have are refused."""
    with pytest.raises(WireError):
        ber.encode_oid(arcs)


def test_empty_oid_is_zero():
    """Agents send `06 00` for zeroDotZero."""
    assert ber.decode_oid(b"") == (0, 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("2b81", "within an arc"),
        ("2b8001", "padded"),
        ("80", "padded"),
        ("ff", "within an arc"),
        ("2b9080808000", "up to 4294967296"),
        ("2bffffffffffffffffff7f", "arc"),
        ("9080808050", "arc"),
        ("81" * 641, "641 octets"),
        ("00" * 128, "129 arcs"),
        ("8100" * 128, "129 arcs"),
    ],
    ids=lambda text: text[:20],
)
def test_decode_oid_refuses(content, reason):
    """Arcs that are cut off, padded, too large or too many make no OID."""
    with pytest.raises(WireError, match=reason):
        ber.decode_oid(bytes.fromhex(content))


def test_arcs_of_an_index():
    """The suffix of an OID has no joined first arc, and may be empty."""
    assert ber.encode_arcs((0, 1, 128, 2**32 - 1)).hex() == "000181008fffffff7f"
    assert ber.decode_arcs(bytes.fromhex("000181008fffffff7f")) == (0, 1, 128, 2**32 - 1)
    assert ber.decode_arcs(bytes.fromhex("8fffffff7f") * 128) == (2**32 - 1,) * 128
    assert ber.decode_arcs(b"") == ber.decode_arcs(ber.encode_arcs(())) == ()
    with pytest.raises(WireError, match="arc 4294967296"):
        ber.decode_arcs(bytes.fromhex("9080808000"))
