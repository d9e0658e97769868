"""SNMP messages: what is around a PDU in each version, not whether it is trusted (usm) or what it means (tables).

The names of pdu.py are to be had here too.
Source: RFC 1157 §4, RFC 1901 §3, RFC 3412 §6.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from collector.errors import WireError
from collector.wire import ber
from collector.wire.ber import INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING
from collector.wire.pdu import (
    COUNTER32,
    COUNTER64,
    END_OF_MIB_VIEW,
    GAUGE32,
    IP_ADDRESS,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    OPAQUE,
    PDU_TYPES,
    TIMETICKS,
    ErrorStatus,
    Pdu,
    PduType,
    Varbind,
    decode_pdu,
    encode_answer,
    encode_request,
)

__all__ = [
    "COUNTER32",
    "COUNTER64",
    "END_OF_MIB_VIEW",
    "GAUGE32",
    "INTEGER",
    "IP_ADDRESS",
    "MAX_MESSAGE_OCTETS",
    "NO_SUCH_INSTANCE",
    "NO_SUCH_OBJECT",
    "NULL",
    "OBJECT_IDENTIFIER",
    "OCTET_STRING",
    "OPAQUE",
    "TIMETICKS",
    "VERSION_1",
    "VERSION_2C",
    "VERSION_3",
    "CommunityMessage",
    "ErrorStatus",
    "Pdu",
    "PduType",
    "V3Message",
    "Varbind",
    "decode_community_message",
    "decode_pdu",
    "decode_v3_message",
    "encode_answer",
    "encode_community_message",
    "encode_request",
    "encode_v3_message",
    "message_version",
    "open_message",
    "peek_msg_id",
    "peek_request_id",
]

VERSION_1 = 0
VERSION_2C = 1
VERSION_3 = 3

MAX_MESSAGE_OCTETS = 65507
"""The largest payload of a UDP datagram over IPv4, and our msgMaxSize."""

_MIN_MESSAGE_SIZE = 484
_MAX_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True)
class CommunityMessage:
    """An SNMPv1 (version 0) or SNMPv2c (version 1) message."""

    version: int
    community: bytes = field(repr=False)
    pdu: Pdu


class V3Message(NamedTuple):
    """The envelope of an SNMPv3 message: security parameters and scoped PDU are still to be judged by USM.

    Offsets are into the whole message: `parameters_*` around the content of msgSecurityParameters, `scoped_*` around
    the content of msgData: a ScopedPDU's fields, or the octets of an encrypted one.
    """

    msg_id: int
    max_size: int
    flags: int
    security_model: int
    parameters_start: int
    parameters_stop: int
    encrypted: bool
    scoped_start: int
    scoped_stop: int


def encode_community_message(version: int, community: bytes, pdu: bytes) -> bytes:
    """Return an SNMPv1 (version 0) or SNMPv2c (version 1) message around an encoded PDU.

    Raises: ValueError on any other version.
    """
    if version not in (VERSION_1, VERSION_2C):
        raise ValueError(f"SNMP version {version} has no community")
    return ber.encode_tlv(ber.SEQUENCE, ber.encode_integer(version) + ber.encode_octets(community) + pdu)


def decode_community_message(data: bytes) -> CommunityMessage:
    """Return the SNMPv1 or SNMPv2c message that `data` is.

    Raises: WireError on anything else.
    """
    version, offset, end = open_message(data)
    if version not in (VERSION_1, VERSION_2C):
        raise WireError(f"SNMP version {version} has no community")
    community, offset = ber.read_octets(data, offset, end)
    return CommunityMessage(version, community, decode_pdu(data, offset, end))


def open_message(data: bytes) -> tuple[int, int, int]:
    """Return the version that a message claims, whichever number that is, and where the rest starts and stops.

    Raises: WireError if `data` does not begin as a message, or something follows the message.
    """
    offset, end = ber.read_element(data, 0, len(data), ber.SEQUENCE)
    if end != len(data):
        raise WireError(f"{len(data) - end} octets behind the message")
    version, offset = ber.read_integer(data, offset, end)
    return version, offset, end


def encode_v3_message(msg_id: int, flags: int, security_model: int, parameters: bytes, scoped: bytes) -> bytes:
    """Return an SNMPv3 message around encoded security parameters (content) and msgData (element).

    Raises: ValueError on a msg_id wider than its field.
    """
    if not 0 <= msg_id <= _MAX_INT32:
        raise ValueError(f"msgID {msg_id}")
    header = map(ber.encode_integer, (msg_id, MAX_MESSAGE_OCTETS))
    header_data = b"".join((*header, ber.encode_octets(bytes((flags,))), ber.encode_integer(security_model)))
    fields = (
        ber.encode_integer(VERSION_3),
        ber.encode_tlv(ber.SEQUENCE, header_data),
        ber.encode_octets(parameters),
        scoped,
    )
    return ber.encode_tlv(ber.SEQUENCE, b"".join(fields))


def decode_v3_message(data: bytes) -> V3Message:
    """Return the envelope of the SNMPv3 message that `data` is.

    Raises: WireError on anything else.
    Source: RFC 3412 §6.
    """
    version, offset, end = open_message(data)
    if version != VERSION_3:
        raise WireError(f"SNMP version {version} is not 3")
    offset, header_stop = ber.read_element(data, offset, end, ber.SEQUENCE)
    msg_id, offset = ber.read_integer(data, offset, header_stop)
    max_size, offset = ber.read_integer(data, offset, header_stop)
    flags, offset = ber.read_octets(data, offset, header_stop)
    security_model, offset = ber.read_integer(data, offset, header_stop)
    if offset != header_stop or len(flags) != 1 or max_size < _MIN_MESSAGE_SIZE or not 0 <= msg_id <= _MAX_INT32:
        raise WireError("SNMPv3 header out of bounds")
    parameters_start, parameters_stop = ber.read_element(data, header_stop, end, OCTET_STRING)
    tag, scoped_start, scoped_stop = ber.read_header(data, parameters_stop, end)
    if tag not in (ber.SEQUENCE, OCTET_STRING) or scoped_stop != end:
        raise WireError("msgData is no scoped PDU, or octets follow it")
    return V3Message(
        msg_id,
        max_size,
        flags[0],
        security_model,
        parameters_start,
        parameters_stop,
        tag == OCTET_STRING,
        scoped_start,
        scoped_stop,
    )


def message_version(data: bytes) -> int:
    """Return 0, 1 or 3 for SNMPv1, SNMPv2c and SNMPv3, having looked at the first octets only.

    Raises: WireError if `data` does not begin as such a message.
    """
    return _peek_version(data)[0]


def _peek_version(data: bytes) -> tuple[int, int, int]:
    offset, end = ber.read_element(data, 0, len(data), ber.SEQUENCE)
    version, offset = ber.read_integer(data, offset, end)
    if version not in (VERSION_1, VERSION_2C, VERSION_3):
        raise WireError(f"SNMP version {version}")
    return version, offset, end


def peek_msg_id(data: bytes) -> int | None:
    """Return the msgID of an SNMPv3 message, before anything of it is verified; None if it has none."""
    try:
        version, offset, end = _peek_version(data)
        if version != VERSION_3:
            return None
        offset, end = ber.read_element(data, offset, end, ber.SEQUENCE)
        return ber.read_integer(data, offset, end)[0]
    except WireError:
        return None


def peek_request_id(data: bytes) -> int | None:
    """Return the request-id of an SNMPv1 or SNMPv2c message, before the rest is decoded; None if it has none."""
    try:
        version, offset, end = _peek_version(data)
        if version == VERSION_3:
            return None
        offset = ber.read_element(data, offset, end, OCTET_STRING)[1]
        tag, offset, end = ber.read_header(data, offset, end)
        if tag not in PDU_TYPES or tag == PduType.TRAP_V1:
            return None
        return ber.read_integer(data, offset, end)[0]
    except WireError:
        return None
