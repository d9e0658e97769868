"""PDUs in octets written out by hand, the good ones and the bad ones."""

import pytest

from collector.errors import WireError
from collector.wire import ber, pdu
from collector.wire.pdu import ErrorStatus, Pdu, PduType

SYS_DESCR = ber.oid("1.3.6.1.2.1.1.1.0")
RESPONSE = bytes.fromhex(
    "a22f 020412345678 020100 020100 3021300e 06082b06010201010100 0402 6162300f 06082b06010201010300 4303 01e240"
)
VARBINDS = [(SYS_DESCR, pdu.ber.OCTET_STRING, b"ab"), (ber.oid("1.3.6.1.2.1.1.3.0"), pdu.TIMETICKS, b"\x01\xe2\x40")]


def response_of(*varbinds: bytes) -> bytes:
    head = ber.encode_integer(1) + ber.encode_integer(0) * 2
    return ber.encode_tlv(PduType.RESPONSE, head + ber.encode_tlv(ber.SEQUENCE, b"".join(varbinds)))


def varbind(oid: bytes, tag: int, content: bytes) -> bytes:
    return ber.encode_tlv(ber.SEQUENCE, ber.encode_tlv(ber.OBJECT_IDENTIFIER, oid) + ber.encode_tlv(tag, content))


def test_numbers_of_the_rfcs():
    """Tags, PDUs and error-status have the numbers of RFC 2578 §7.1.12, RFC 3416 §3 and RFC 1157 §4.1.6."""
    tags = (pdu.IP_ADDRESS, pdu.COUNTER32, pdu.GAUGE32, pdu.TIMETICKS, pdu.OPAQUE, pdu.COUNTER64)
    assert tags == (0x40, 0x41, 0x42, 0x43, 0x44, 0x46)
    assert (pdu.NO_SUCH_OBJECT, pdu.NO_SUCH_INSTANCE, pdu.END_OF_MIB_VIEW) == (0x80, 0x81, 0x82)
    assert [kind.value for kind in PduType] == [0xA0, 0xA1, 0xA2, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8]
    assert [kind.name for kind in PduType] == (
        ["GET", "GET_NEXT", "RESPONSE", "TRAP_V1", "GET_BULK", "INFORM", "TRAP", "REPORT"]
    )
    assert [status.value for status in ErrorStatus] == list(range(19))
    assert " ".join(status.name for status in ErrorStatus) == (
        "noError tooBig noSuchName badValue readOnly genErr noAccess wrongType wrongLength wrongEncoding wrongValue "
        "noCreation inconsistentValue resourceUnavailable commitFailed undoFailed authorizationError notWritable "
        "inconsistentName"
    )


def test_largest_numbers():
    """Each number of a request may fill its 31 bits, and comes back."""
    largest = 2147483647
    encoded = pdu.encode_request(PduType.GET_BULK, largest, [], non_repeaters=largest, max_repetitions=largest)
    decoded = pdu.decode_pdu(encoded)
    assert (decoded.request_id, decoded.error_status, decoded.error_index) == (largest, largest, largest)
    assert pdu.decode_pdu(pdu.encode_request(PduType.GET, -(2**31), [])).request_id == -2147483648


def test_get():
    """A GET carries its OIDs with NULL values."""
    encoded = pdu.encode_request(PduType.GET, 0x12345678, [SYS_DESCR])
    assert encoded == bytes.fromhex("a01c 020412345678 020100 020100 300e 300c 06082b06010201010100 0500")


def test_get_next_without_oids():
    """A request may ask for nothing, as discovery does."""
    assert pdu.encode_request(PduType.GET_NEXT, -1, []) == bytes.fromhex("a10b 0201ff 020100 020100 3000")


def test_get_bulk():
    """A GET_BULK has its two numbers where others have the error."""
    encoded = pdu.encode_request(PduType.GET_BULK, 1, [b"\x2b"], non_repeaters=2, max_repetitions=300)
    assert encoded == bytes.fromhex("a513 020101 020102 0202012c 3007 3005 06012b 0500")
    decoded = pdu.decode_pdu(encoded)
    assert (decoded.type, decoded.error_status, decoded.error_index) == (PduType.GET_BULK, 2, 300)
    assert decoded.varbinds == [(b"\x2b", ber.NULL, b"")]


@pytest.mark.parametrize("kind", sorted(set(PduType) - {PduType.GET, PduType.GET_NEXT, PduType.GET_BULK}))
def test_only_reads_can_be_sent(kind):
    """No PDU but the three that read can be encoded."""
    with pytest.raises(ValueError, match="not a request"):
        pdu.encode_request(kind, 1, [])


def test_set_cannot_be_expressed():
    """SetRequest-PDU has no name to encode it by, and its tag is refused on arrival."""
    assert 0xA3 not in set(PduType)
    assert not any("SET" in kind.name for kind in PduType)
    with pytest.raises(ValueError, match="not a request"):
        pdu.encode_request(0xA3, 1, [])
    with pytest.raises(WireError, match="0xa3"):
        pdu.decode_pdu(b"\xa3" + RESPONSE[1:])


@pytest.mark.parametrize(
    ("kind", "request_id", "numbers"),
    [
        (PduType.GET, 2**31, {}),
        (PduType.GET, -(2**31) - 1, {}),
        (PduType.GET_BULK, 1, {"non_repeaters": -1}),
        (PduType.GET_BULK, 1, {"non_repeaters": 2**31}),
        (PduType.GET_BULK, 1, {"max_repetitions": -1}),
        (PduType.GET_BULK, 1, {"max_repetitions": 2**31}),
        (PduType.GET, 1, {"max_repetitions": 1}),
        (PduType.GET_NEXT, 1, {"non_repeaters": 1}),
    ],
)
def test_numbers_that_a_request_cannot_carry(kind, request_id, numbers):
    """Numbers that do not fit their field, or have none, are refused."""
    with pytest.raises(ValueError, match=r"out of range|has neither"):
        pdu.encode_request(kind, request_id, [SYS_DESCR], **numbers)


def test_response():
    """Varbinds are returned as content octets, beside the PDU's numbers."""
    assert pdu.decode_pdu(RESPONSE) == Pdu(PduType.RESPONSE, 0x12345678, 0, 0, VARBINDS)


def test_pdu_within_a_message():
    """Offsets say where the PDU lies; it must fill that place."""
    data = b"\0\0" + RESPONSE + b"\0"
    assert pdu.decode_pdu(data, 2, len(data) - 1).varbinds == VARBINDS
    for offset, end in ((2, len(data)), (2, len(data) - 2), (3, len(data) - 1)):
        with pytest.raises(WireError):
            pdu.decode_pdu(data, offset, end)


@pytest.mark.parametrize(("offset", "end"), [(-1, 5), (5, 4), (0, 99), (99, 99)])
def test_offsets_outside_of_the_message(offset, end):
    """Offsets that do not lie in the message are refused before it is looked at."""
    with pytest.raises(WireError, match="no PDU there"):
        pdu.decode_pdu(RESPONSE, offset, end)


@pytest.mark.parametrize("kind", sorted(set(PduType) - {PduType.TRAP_V1}))
def test_every_type_is_read(kind):
    """All PDUs of one shape are read alike."""
    decoded = pdu.decode_pdu(bytes((kind,)) + RESPONSE[1:])
    assert decoded.type is kind
    assert decoded.varbinds == VARBINDS


def test_error_status():
    """An error comes with its number and index, also one that the RFC does not know."""
    decoded = pdu.decode_pdu(bytes.fromhex("a20b 020101 020105 020102 3000"))
    assert (ErrorStatus(decoded.error_status).name, decoded.error_index) == ("genErr", 2)
    assert pdu.decode_pdu(bytes.fromhex("a20b 020101 020163 020102 3000")).error_status == 99
    assert [status.name for status in ErrorStatus if status in (1, 2, 18)] == [
        "tooBig",
        "noSuchName",
        "inconsistentName",
    ]


@pytest.mark.parametrize("size", [100, 107, 108, 109, 128, 200, 256, 60000])
def test_long_values(size):
    """A varbind that needs a long length is read like its short neighbours."""
    short, long = varbind(SYS_DESCR, ber.OCTET_STRING, b"x"), varbind(SYS_DESCR, ber.OCTET_STRING, b"y" * size)
    decoded = pdu.decode_pdu(response_of(short, long, short))
    assert [content for _, _, content in decoded.varbinds] == [b"x", b"y" * size, b"x"]


@pytest.mark.parametrize(
    "octets",
    [
        "300e 0608 2b06010201010100 0402 6162",
        "30810e 0608 2b06010201010100 0402 6162",
        "30820010 0608 2b06010201010100 04820002 6162",
        "300f 068108 2b06010201010100 0402 6162",
        "30840000000e 0608 2b06010201010100 0402 6162",
    ],
)
def test_needlessly_long_lengths(octets):
    """A length may take more octets than it needs, in each of the three places."""
    assert pdu.decode_pdu(response_of(bytes.fromhex(octets))).varbinds == [(SYS_DESCR, 0x04, b"ab")]


@pytest.mark.parametrize("tag", [pdu.NO_SUCH_OBJECT, pdu.NO_SUCH_INSTANCE, pdu.END_OF_MIB_VIEW])
def test_exceptions_are_values(tag):
    """The exceptions of RFC 3416 come as tags of empty values."""
    assert pdu.decode_pdu(response_of(varbind(SYS_DESCR, tag, b""))).varbinds == [(SYS_DESCR, tag, b"")]


@pytest.mark.parametrize(
    "octets",
    [
        "3105 0601 2b 0500",
        "3005 0501 2b 0500",
        "3006 0601 2b 0500",
        "3004 0601 2b 0500",
        "3005 0602 2b 0500",
        "3005 0600 2b 0500",
        "3005 0601 2b 0501",
        "3006 0601 2b 0500 00",
        "3003 0601 2b",
        "3004 0601 2b 05",
        "3000",
        "30",
        "30 05 06",
        "3080 0601 2b 0500 0000",
        "3005 0601 2b 0580",
        "307f 0601 2b 0500",
        "3081",
    ],
)
def test_malformed_varbinds(octets):
    """A varbind that is no sequence of an OID and one value is refused, alone and behind a good one."""
    bad = bytes.fromhex(octets)
    for varbinds in ((bad,), (varbind(SYS_DESCR, 4, b"x"), bad), (bad, varbind(SYS_DESCR, 4, b"x"))):
        with pytest.raises(WireError):
            pdu.decode_pdu(response_of(*varbinds))


def test_indefinite_length_of_a_varbind():
    """0x80 is no length of 128, though that many octets follow."""
    inner = ber.encode_tlv(ber.OBJECT_IDENTIFIER, SYS_DESCR) + ber.encode_octets(b"x" * 116)
    assert len(inner) == 128
    with pytest.raises(WireError, match="indefinite"):
        pdu.decode_pdu(response_of(b"\x30\x80" + inner))


def test_varbind_beyond_its_list():
    """A varbind that reaches beyond its list is refused even where octets follow that it could take."""
    data = response_of(varbind(SYS_DESCR, 4, b"abcd"))
    list_length_at = data.index(b"\x30")
    shorter = data[: list_length_at + 1] + bytes((data[list_length_at + 1] - 2,)) + data[list_length_at + 2 :]
    outer = shorter[:1] + bytes((shorter[1] - 2,)) + shorter[2:]
    with pytest.raises(WireError, match="beyond its list"):
        pdu.decode_pdu(outer, 0, len(outer) - 2)


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "a2",
        "a200",
        "a20b 020500 020100 020100 3000",
        "a20f 02050100000000 020100 020100 3000",
        "a20b 040101 020100 020100 3000",
        "a20a 020101 020100 0200 3000",
        "a20b 020101 020100 020100 3100",
        "a20d 020101 020100 020100 3000 0500",
        "a20b 020101 020100 020100 3001",
        "a209 020101 020100 020100",
        "a90b 020101 020100 020100 3000",
        "220b 020101 020100 020100 3000",
        "a20b 020101 020100 020100 3000 00",
        "a212 020101 020100 020100 3000 3005 06012b 0500",
    ],
)
def test_malformed_pdus(octets):
    """Missing, mistyped, overlong or additional fields are refused."""
    with pytest.raises(WireError):
        pdu.decode_pdu(bytes.fromhex(octets))


def trap_v1(
    enterprise="06052b06010401", address="4004c0000201", generic=6, specific="02010b", rest="4301643000"
) -> bytes:
    content = bytes.fromhex(f"{enterprise}{address}0201{generic:02x}{specific}{rest}")
    return ber.encode_tlv(PduType.TRAP_V1, content)


def test_trap_v1_of_an_enterprise():
    """A v1 trap becomes what RFC 3584 makes of it: enterprise, 0 and the specific number name it."""
    decoded = pdu.decode_pdu(trap_v1(rest="430164 3009 3007 06012b 0402 6162"))
    assert (decoded.type, decoded.request_id, decoded.error_status, decoded.error_index) == (PduType.TRAP_V1, 0, 0, 0)
    assert decoded.varbinds == [
        (ber.oid("1.3.6.1.2.1.1.3.0"), pdu.TIMETICKS, b"\x64"),
        (ber.oid("1.3.6.1.6.3.1.1.4.1.0"), ber.OBJECT_IDENTIFIER, ber.oid("1.3.6.1.4.1.0.11")),
        (b"\x2b", ber.OCTET_STRING, b"ab"),
        (ber.oid("1.3.6.1.6.3.18.1.3.0"), pdu.IP_ADDRESS, b"\xc0\x00\x02\x01"),
        (ber.oid("1.3.6.1.6.3.1.1.4.3.0"), ber.OBJECT_IDENTIFIER, ber.oid("1.3.6.1.4.1")),
    ]


@pytest.mark.parametrize(("generic", "name"), [(0, "1.3.6.1.6.3.1.1.5.1"), (5, "1.3.6.1.6.3.1.1.5.6")])
def test_generic_trap_v1(generic, name):
    """The traps coldStart to egpNeighborLoss have names of their own, and no enterprise in them."""
    decoded = pdu.decode_pdu(trap_v1(generic=generic))
    assert decoded.varbinds[1][2] == ber.oid(name)


@pytest.mark.parametrize(("specific", "name"), [("020100", "0"), ("02047fffffff", "2147483647")])
def test_edges_of_a_specific_trap(specific, name):
    """The specific number of a trap may be any that its field holds."""
    assert pdu.decode_pdu(trap_v1(specific=specific)).varbinds[1][2] == ber.oid(f"1.3.6.1.4.1.0.{name}")


@pytest.mark.parametrize(
    "fields",
    [
        {"generic": 7},
        {"generic": 255},
        {"specific": "0201ff"},
        {"specific": "02050100000000"},
        {"address": "0404c0000201"},
        {"enterprise": "0500"},
        {"rest": "4101643000"},
        {"rest": "430164"},
        {"rest": ""},
    ],
)
def test_malformed_trap_v1(fields):
    """Fields that are missing, mistyped or out of range are refused."""
    with pytest.raises(WireError):
        pdu.decode_pdu(trap_v1(**fields))


def test_truncated_at_every_offset():
    """No beginning of a PDU is a PDU, whether its length still says the whole or is cut to fit."""
    for whole in (RESPONSE, trap_v1(rest="430164 3009 3007 06012b 0402 6162")):
        for size in range(len(whole)):
            with pytest.raises(WireError):
                pdu.decode_pdu(whole[:size])
            if size > 2:
                with pytest.raises(WireError):
                    pdu.decode_pdu(whole[:1] + bytes((size - 2,)) + whole[2:size])


@pytest.mark.parametrize("octets", [1, 122, 123, 124, 127, 128, 300])
def test_requests_ask_for_oids_of_any_length(octets):
    """An OID is encoded whether or not the lengths around it have short forms."""
    oid = b"\x2b" + b"\x01" * (octets - 1)
    encoded = pdu.encode_request(PduType.GET, 1, [oid, oid])
    assert pdu.decode_pdu(encoded).varbinds == [(oid, ber.NULL, b"")] * 2


def test_answers():
    """A Response or Report is what decode_pdu makes of it, varbinds of any length and type included."""
    varbinds = [(b"\x2b\x06", ber.NULL, b""), (b"\x2b" * 200, ber.OCTET_STRING, bytes(300))]
    for kind in (PduType.RESPONSE, PduType.REPORT):
        assert pdu.decode_pdu(pdu.encode_answer(kind, -7, varbinds)) == pdu.Pdu(kind, -7, 0, 0, varbinds)
    too_big = pdu.encode_answer(PduType.RESPONSE, 1, [], pdu.ErrorStatus.tooBig)
    assert too_big == bytes.fromhex("a20b 020101 020101 020100 3000")


@pytest.mark.parametrize(
    ("kind", "request_id"),
    [(PduType.GET, 1), (0xA3, 1), (PduType.TRAP, 1), (PduType.RESPONSE, 2**31), (PduType.RESPONSE, -(2**31) - 1)],
)
def test_no_answers(kind, request_id):
    """Nothing else can be answered with, and no number that does not fit its field."""
    with pytest.raises(ValueError, match="no answer"):
        pdu.encode_answer(kind, request_id, [])
