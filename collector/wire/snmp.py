"""SNMP messages and PDUs: how they are laid out, not whether they are to be trusted (usm) or what they mean (tables).

Varbinds stay raw: OIDs and values are content octets until a column decodes them, because most of the cost of a poll
is here. There is no SET: it can be neither built nor read.
Source: RFC 1157 §4, RFC 1901 §3, RFC 3412 §6, RFC 3416 §3.
"""
# ruff: noqa: N815 - error-status is named in the words of RFC 3416

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from collector.errors import WireError
from collector.wire import ber
from collector.wire.ber import INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING

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
    "encode_community_message",
    "encode_request",
    "encode_v3_message",
    "message_version",
    "peek_msg_id",
    "peek_request_id",
]

IP_ADDRESS = 0x40
COUNTER32 = 0x41
GAUGE32 = 0x42
TIMETICKS = 0x43
OPAQUE = 0x44
COUNTER64 = 0x46
NO_SUCH_OBJECT = 0x80
NO_SUCH_INSTANCE = 0x81
END_OF_MIB_VIEW = 0x82

VERSION_1 = 0
VERSION_2C = 1
VERSION_3 = 3

MAX_MESSAGE_OCTETS = 65507
"""The largest payload of a UDP datagram over IPv4, and our msgMaxSize."""

Varbind = tuple[bytes, int, bytes]
"""OID content octets, value tag, value content octets."""

_MAX_SHORT_LENGTH = 0x7F
_MIN_INT32 = -(2**31)
_MAX_INT32 = 2**31 - 1
_MIN_MESSAGE_SIZE = 484
_NULL_VALUE = bytes((NULL, 0))
_SNMP_TRAPS = ber.oid("1.3.6.1.6.3.1.1.5")
_SYS_UP_TIME = ber.oid("1.3.6.1.2.1.1.3.0")
_SNMP_TRAP_OID = ber.oid("1.3.6.1.6.3.1.1.4.1.0")
_SNMP_TRAP_ENTERPRISE = ber.oid("1.3.6.1.6.3.1.1.4.3.0")
_SNMP_TRAP_ADDRESS = ber.oid("1.3.6.1.6.3.18.1.3.0")
_ENTERPRISE_SPECIFIC = 6


class PduType(IntEnum):
    """The PDUs that can be read; SetRequest-PDU is not among them."""

    GET = 0xA0
    GET_NEXT = 0xA1
    RESPONSE = 0xA2
    TRAP_V1 = 0xA4
    GET_BULK = 0xA5
    INFORM = 0xA6
    TRAP = 0xA7
    REPORT = 0xA8


class ErrorStatus(IntEnum):
    """The error-status of a response (RFC 3416 §3)."""

    noError = 0
    tooBig = 1
    noSuchName = 2
    badValue = 3
    readOnly = 4
    genErr = 5
    noAccess = 6
    wrongType = 7
    wrongLength = 8
    wrongEncoding = 9
    wrongValue = 10
    noCreation = 11
    inconsistentValue = 12
    resourceUnavailable = 13
    commitFailed = 14
    undoFailed = 15
    authorizationError = 16
    notWritable = 17
    inconsistentName = 18


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU with raw varbinds.

    Of a GET_BULK, error_status holds non-repeaters and error_index max-repetitions. error_status is the agent's
    number, which need not be one of ErrorStatus.
    """

    type: PduType
    request_id: int
    error_status: int
    error_index: int
    varbinds: list[Varbind]


@dataclass(frozen=True, slots=True)
class CommunityMessage:
    """An SNMPv1 (version 0) or SNMPv2c (version 1) message."""

    version: int
    community: bytes = field(repr=False)
    pdu: Pdu


@dataclass(frozen=True, slots=True)
class V3Message:
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


_REQUESTS = frozenset({PduType.GET, PduType.GET_NEXT, PduType.GET_BULK})
_READABLE = {int(kind): kind for kind in PduType}


def encode_request(
    type: PduType,  # noqa: A002 - the field's own word, as in Pdu
    request_id: int,
    oids: Sequence[bytes],
    *,
    non_repeaters: int = 0,
    max_repetitions: int = 0,
) -> bytes:
    """Return a GET, GET_NEXT or GET_BULK PDU that asks for these OIDs (content octets).

    Raises: ValueError on any other type, and on numbers that do not fit their field.
    """
    if type not in _REQUESTS:
        raise ValueError(f"{type!r} is not a request that can be sent")
    if type is not PduType.GET_BULK and (non_repeaters or max_repetitions):
        raise ValueError(f"{type.name} has neither non-repeaters nor max-repetitions")
    if not (_MIN_INT32 <= request_id <= _MAX_INT32 and 0 <= non_repeaters <= _MAX_INT32):
        raise ValueError("request-id or non-repeaters out of range")
    if not 0 <= max_repetitions <= _MAX_INT32:
        raise ValueError("max-repetitions out of range")
    head = map(ber.encode_integer, (request_id, non_repeaters, max_repetitions))
    varbinds = [ber.encode_tlv(ber.SEQUENCE, ber.encode_tlv(OBJECT_IDENTIFIER, oid) + _NULL_VALUE) for oid in oids]
    return ber.encode_tlv(type, b"".join((*head, ber.encode_tlv(ber.SEQUENCE, b"".join(varbinds)))))


def decode_pdu(data: bytes, offset: int = 0, end: int | None = None) -> Pdu:
    """Return the PDU that fills `data` from `offset` to `end`.

    A TRAP_V1 is returned as RFC 3584 §3.1 translates it: request_id 0, and sysUpTime.0, snmpTrapOID.0, its own
    varbinds, snmpTrapAddress.0 and snmpTrapEnterprise.0 as varbinds.

    Raises: WireError on anything else than a well-formed PDU of a PduType.
    """
    end = len(data) if end is None else end
    if not 0 <= offset <= end <= len(data):
        raise WireError("no PDU there")
    tag, offset, stop = ber.read_header(data, offset, end)
    kind = _READABLE.get(tag)
    if kind is None or stop != end:
        raise WireError(f"PDU 0x{tag:02x} is not readable or does not end where its message ends")
    if kind is PduType.TRAP_V1:
        return _decode_trap_v1(data, offset, end)
    request_id, offset = ber.read_integer(data, offset, end)
    error_status, offset = ber.read_integer(data, offset, end)
    error_index, offset = ber.read_integer(data, offset, end)
    if not _MIN_INT32 <= request_id <= _MAX_INT32:
        raise WireError("request-id is wider than 32 bits")
    return Pdu(kind, request_id, error_status, error_index, _decode_varbinds(data, offset, end))


def _decode_varbinds(data: bytes, offset: int, end: int) -> list[Varbind]:
    """Return the varbinds of the VarBindList at `offset`, which must end at `end`.

    The loop takes varbinds whose three lengths are short forms: if the outer one is, and equals what the inner two
    add up to, the inner ones are too. Any other varbind goes the slow way. Reaching beyond the list shows at its end.
    """
    offset, stop = ber.read_element(data, offset, end, ber.SEQUENCE)
    if stop != end:
        raise WireError("octets behind the varbinds")
    varbinds: list[Varbind] = []
    append = varbinds.append
    try:
        while offset < end:
            oid_start = offset + 4
            oid_stop = oid_start + data[offset + 3]
            start = oid_stop + 2
            stop = start + data[oid_stop + 1]
            length = data[offset + 1]
            if (
                stop - offset - 2 == length <= _MAX_SHORT_LENGTH
                and data[offset] == 0x30  # noqa: PLR2004 - SEQUENCE; a global costs a lookup for each varbind
                and data[offset + 2] == 0x06  # noqa: PLR2004 - OBJECT_IDENTIFIER
            ):
                append((data[oid_start:oid_stop], data[oid_stop], data[start:stop]))
                offset = stop
            else:
                varbind, offset = _decode_long_varbind(data, offset, end)
                append(varbind)
    except IndexError:
        raise WireError("varbind is cut off") from None
    if offset != end:
        raise WireError("varbind reaches beyond its list")
    return varbinds


def _decode_long_varbind(data: bytes, offset: int, end: int) -> tuple[Varbind, int]:
    start, stop = ber.read_element(data, offset, end, ber.SEQUENCE)
    oid_start, oid_stop = ber.read_element(data, start, stop, OBJECT_IDENTIFIER)
    tag, value_start, value_stop = ber.read_header(data, oid_stop, stop)
    if value_stop != stop:
        raise WireError("octets behind a varbind's value")
    return (data[oid_start:oid_stop], tag, data[value_start:value_stop]), stop


def _decode_trap_v1(data: bytes, offset: int, end: int) -> Pdu:
    start, offset = ber.read_element(data, offset, end, OBJECT_IDENTIFIER)
    enterprise = data[start:offset]
    start, offset = ber.read_element(data, offset, end, IP_ADDRESS)
    address = data[start:offset]
    generic, offset = ber.read_integer(data, offset, end)
    specific, offset = ber.read_integer(data, offset, end)
    start, offset = ber.read_element(data, offset, end, TIMETICKS)
    up_time = data[start:offset]
    varbinds = [
        (_SYS_UP_TIME, TIMETICKS, up_time),
        (_SNMP_TRAP_OID, OBJECT_IDENTIFIER, _trap_oid(enterprise, generic, specific)),
        *_decode_varbinds(data, offset, end),
        (_SNMP_TRAP_ADDRESS, IP_ADDRESS, address),
        (_SNMP_TRAP_ENTERPRISE, OBJECT_IDENTIFIER, enterprise),
    ]
    return Pdu(PduType.TRAP_V1, 0, 0, 0, varbinds)


def _trap_oid(enterprise: bytes, generic: int, specific: int) -> bytes:
    """Source: RFC 3584 §3.1 (2) and (3)."""
    if not 0 <= generic <= _ENTERPRISE_SPECIFIC or not 0 <= specific <= _MAX_INT32:
        raise WireError(f"trap {generic}.{specific} is no SNMPv1 trap")
    if generic == _ENTERPRISE_SPECIFIC:
        return enterprise + ber.encode_arcs((0, specific))
    return _SNMP_TRAPS + ber.encode_arcs((generic + 1,))


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
    offset, end = _open_message(data)
    version, offset = ber.read_integer(data, offset, end)
    if version not in (VERSION_1, VERSION_2C):
        raise WireError(f"SNMP version {version} has no community")
    community, offset = ber.read_octets(data, offset, end)
    return CommunityMessage(version, community, decode_pdu(data, offset, end))


def _open_message(data: bytes) -> tuple[int, int]:
    offset, end = ber.read_element(data, 0, len(data), ber.SEQUENCE)
    if end != len(data):
        raise WireError(f"{len(data) - end} octets behind the message")
    return offset, end


def encode_v3_message(msg_id: int, flags: int, security_model: int, parameters: bytes, scoped: bytes) -> bytes:
    """Return an SNMPv3 message around encoded security parameters (content) and msgData (element)."""
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
    offset, end = _open_message(data)
    version, offset = ber.read_integer(data, offset, end)
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
        if tag not in _READABLE or tag == PduType.TRAP_V1:
            return None
        return ber.read_integer(data, offset, end)[0]
    except WireError:
        return None
