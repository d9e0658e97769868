"""Messages of all three versions."""

import pytest

from collector.errors import WireError
from collector.wire import ber, snmp
from collector.wire.snmp import CommunityMessage, Pdu, PduType

PDU = bytes.fromhex("a219 020107 020100 020100 300e 300c 06082b06010201010100 0500")
V2C = bytes.fromhex("3026 020101 0406 7075626c6963") + PDU
TRAP = snmp.encode_community_message(
    0, b"public", bytes.fromhex("a415 06022b06 4004c0000201 020100 020100 430100 3000")
)


def v3_message(
    *,
    version: bytes = b"\x02\x01\x03",
    msg_id: bytes = b"\x02\x02\x00\xe1",
    max_size: bytes = b"\x02\x03\x00\xff\xe3",
    flags: bytes = b"\x04\x01\x07",
    model: bytes = b"\x02\x01\x03",
    header_end: bytes = b"",
    parameters: bytes = b"\x04\x02\xab\xcd",
    scoped: bytes = b"\x04\x06secret",
    end: bytes = b"",
) -> bytes:
    header = ber.encode_tlv(ber.SEQUENCE, msg_id + max_size + flags + model + header_end)
    return ber.encode_tlv(ber.SEQUENCE, version + header + parameters + scoped + end)


def test_community_message():
    """Version, community and PDU make a message, and come back from it."""
    assert snmp.encode_community_message(1, b"public", PDU) == V2C
    pdu = Pdu(PduType.RESPONSE, 7, 0, 0, [(ber.oid("1.3.6.1.2.1.1.1.0"), snmp.NULL, b"")])
    assert snmp.decode_community_message(V2C) == CommunityMessage(1, b"public", pdu)


@pytest.mark.parametrize("version", [0, 1])
def test_both_community_versions(version):
    """SNMPv1 and SNMPv2c differ in their number only."""
    encoded = snmp.encode_community_message(version, b"", PDU)
    assert snmp.decode_community_message(encoded).version == version
    assert snmp.message_version(encoded) == version


@pytest.mark.parametrize("version", [-1, 2, 3])
def test_versions_without_community(version):
    """No other version is encoded with a community, or read as if it had one."""
    with pytest.raises(ValueError, match="no community"):
        snmp.encode_community_message(version, b"public", PDU)
    with pytest.raises(WireError, match="no community"):
        snmp.decode_community_message(V2C[:4] + bytes((version % 256,)) + V2C[5:])


def test_community_is_not_shown():
    """A message can be logged without telling its community."""
    assert "public" not in repr(snmp.decode_community_message(V2C))


@pytest.mark.parametrize("data", [V2C, TRAP, v3_message()], ids=["v2c", "v1 trap", "v3"])
def test_truncated_at_every_offset(data):
    """No beginning of a message is a message, and none of them makes a peek fail."""
    for size in range(len(data)):
        for decode in (snmp.decode_community_message, snmp.decode_v3_message):
            with pytest.raises(WireError):
                decode(data[:size])
        assert snmp.peek_msg_id(data[:size]) is None
        assert snmp.peek_request_id(data[:size]) is None


@pytest.mark.parametrize("end", [b"\0", b"\0" * 8, V2C])
def test_trailing_octets(end):
    """What follows a message makes it none."""
    with pytest.raises(WireError, match=f"^{len(end)} octets behind the message"):
        snmp.decode_community_message(V2C + end)
    with pytest.raises(WireError, match="behind the message"):
        snmp.decode_v3_message(v3_message() + end)


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x04" + V2C[1:], b"\x30\x00", b"\x30\x02\x04\x00", b"\x30\x80"])
def test_no_message(data):
    """Other data is refused by all that read messages."""
    for decode in (snmp.decode_community_message, snmp.decode_v3_message, snmp.message_version):
        with pytest.raises(WireError):
            decode(data)


@pytest.mark.parametrize("version", [2, 4, 255])
def test_unknown_versions(version):
    """SNMPv2p and what is yet to come are refused."""
    with pytest.raises(WireError, match="SNMP version"):
        snmp.message_version(V2C[:4] + bytes((version,)) + V2C[5:])


def test_v3_message():
    """The envelope tells its numbers and where its two contents lie."""
    data = v3_message()
    decoded = snmp.decode_v3_message(data)
    assert (decoded.msg_id, decoded.max_size, decoded.flags, decoded.security_model) == (225, 65507, 7, 3)
    assert data[decoded.parameters_start : decoded.parameters_stop] == b"\xab\xcd"
    assert (decoded.encrypted, data[decoded.scoped_start : decoded.scoped_stop]) == (True, b"secret")
    plain = v3_message(scoped=b"\x30\x02\x04\x00")
    decoded = snmp.decode_v3_message(plain)
    assert (decoded.encrypted, plain[decoded.scoped_start : decoded.scoped_stop]) == (False, b"\x04\x00")


def test_encode_v3_message():
    """What is encoded is the message written out above, with our msgMaxSize."""
    assert snmp.encode_v3_message(225, 7, 3, b"\xab\xcd", b"\x04\x06secret") == v3_message()


@pytest.mark.parametrize("msg_id", [0, 2147483647])
def test_edges_of_the_header(msg_id):
    """The least and the largest msgID, and the least msgMaxSize that RFC 3412 §6 allows, are read."""
    assert snmp.decode_v3_message(snmp.encode_v3_message(msg_id, 7, 3, b"", b"\x30\x00")).msg_id == msg_id
    assert snmp.decode_v3_message(v3_message(max_size=ber.encode_integer(484))).max_size == 484


@pytest.mark.parametrize("msg_id", [-1, 2**31])
def test_msg_id_has_31_bits(msg_id):
    """A msgID that its field cannot hold is refused in both directions."""
    with pytest.raises(ValueError, match="msgID"):
        snmp.encode_v3_message(msg_id, 7, 3, b"", b"\x30\x00")
    with pytest.raises(WireError, match="out of bounds"):
        snmp.decode_v3_message(v3_message(msg_id=ber.encode_integer(msg_id)))


@pytest.mark.parametrize(
    "fields",
    [
        {"version": b"\x02\x01\x01"},
        {"max_size": ber.encode_integer(483)},
        {"flags": b"\x04\x00"},
        {"flags": b"\x04\x02\x07\x07"},
        {"flags": b"\x02\x01\x07"},
        {"model": b""},
        {"model": b"\x02\x00"},
        {"header_end": b"\x02\x01\x00"},
        {"parameters": b""},
        {"parameters": b"\x30\x02\xab\xcd"},
        {"scoped": b""},
        {"scoped": b"\x05\x00"},
        {"end": b"\x05\x00"},
    ],
    ids=str,
)
def test_malformed_v3(fields):
    """Missing, mistyped, additional fields and numbers out of bounds are refused."""
    with pytest.raises(WireError):
        snmp.decode_v3_message(v3_message(**fields))


def test_peeks():
    """The number to find a request by is read without the rest of its answer."""
    assert snmp.peek_request_id(V2C) == 7
    assert snmp.peek_request_id(V2C[:-1] + b"\xff") == 7
    assert snmp.peek_msg_id(v3_message()) == 225
    assert snmp.message_version(v3_message()) == 3


def test_peeks_at_other_messages():
    """A message of another version, or without request-id, has no such number."""
    assert snmp.peek_msg_id(V2C) is None
    assert snmp.peek_request_id(v3_message()) is None
    assert snmp.peek_request_id(TRAP) is None
    assert snmp.peek_request_id(V2C.replace(b"\xa2", b"\xa3", 1)) is None
