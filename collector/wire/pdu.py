"""SNMP PDUs: requests that ask, answers to what others notify, and everything that is read.

Varbinds stay raw, as content octets of OID and value, until a column decodes them: most of what a poll costs is spent
here. There is no SET: it can be neither built nor read.
Source: RFC 1157 §4, RFC 3416 §3.
"""
# ruff: noqa: N815 - error-status is named in the words of RFC 3416

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from collector.errors import WireError
from collector.wire import ber
from collector.wire.ber import NULL, OBJECT_IDENTIFIER

IP_ADDRESS = 0x40
COUNTER32 = 0x41
GAUGE32 = 0x42
TIMETICKS = 0x43
OPAQUE = 0x44
COUNTER64 = 0x46
NO_SUCH_OBJECT = 0x80
NO_SUCH_INSTANCE = 0x81
END_OF_MIB_VIEW = 0x82

Varbind = tuple[bytes, int, bytes]
"""OID content octets, value tag, value content octets."""

_MAX_SHORT_LENGTH = 0x7F
_MIN_INT32 = -(2**31)
_MAX_INT32 = 2**31 - 1
_NULL_VALUE = bytes((NULL, 0))
_SNMP_TRAPS = ber.oid("1.3.6.1.6.3.1.1.5")
SYS_UP_TIME = ber.oid("1.3.6.1.2.1.1.3.0")
SNMP_TRAP_OID = ber.oid("1.3.6.1.6.3.1.1.4.1.0")
SNMP_TRAP_ENTERPRISE = ber.oid("1.3.6.1.6.3.1.1.4.3.0")
SNMP_TRAP_ADDRESS = ber.oid("1.3.6.1.6.3.18.1.3.0")
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


PDU_TYPES = {int(kind): kind for kind in PduType}
"""Every tag that decode_pdu knows."""

_REQUESTS = frozenset({PduType.GET, PduType.GET_NEXT, PduType.GET_BULK})
_ANSWERS = frozenset({PduType.RESPONSE, PduType.REPORT})


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
    return _encode_pdu(type, (request_id, non_repeaters, max_repetitions), map(_null_varbind, oids))


def encode_answer(
    type: PduType,  # noqa: A002 - the field's own word, as in Pdu
    request_id: int,
    varbinds: Iterable[Varbind],
    error_status: ErrorStatus = ErrorStatus.noError,
) -> bytes:
    """Return a RESPONSE to an inform, or a REPORT of why a message was refused.

    Lengths are in their shortest form, so it is no longer than a PDU that had the same in it.

    Raises: ValueError on any other type, and on a request_id that does not fit its field.
    Source: RFC 3416 §4.2.7.
    """
    if type not in _ANSWERS or not _MIN_INT32 <= request_id <= _MAX_INT32:
        raise ValueError(f"{type!r} with request-id {request_id} is no answer that can be sent")
    return _encode_pdu(type, (request_id, error_status, 0), map(_varbind, varbinds))


def _encode_pdu(kind: PduType, numbers: Iterable[int], varbinds: Iterable[bytes]) -> bytes:
    head = b"".join(map(ber.encode_integer, numbers))
    return ber.encode_tlv(kind, head + ber.encode_tlv(ber.SEQUENCE, b"".join(varbinds)))


def _varbind(varbind: Varbind) -> bytes:
    oid, tag, value = varbind
    return ber.encode_tlv(ber.SEQUENCE, ber.encode_tlv(OBJECT_IDENTIFIER, oid) + ber.encode_tlv(tag, value))


def _null_varbind(oid: bytes) -> bytes:
    octets = len(oid)
    if octets + 4 <= _MAX_SHORT_LENGTH:
        return bytes((ber.SEQUENCE, octets + 4, OBJECT_IDENTIFIER, octets)) + oid + _NULL_VALUE
    return ber.encode_tlv(ber.SEQUENCE, ber.encode_tlv(OBJECT_IDENTIFIER, oid) + _NULL_VALUE)


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
    kind = PDU_TYPES.get(tag)
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
            if (
                stop - offset - 2 == data[offset + 1] <= _MAX_SHORT_LENGTH
                and data[offset] == 0x30  # noqa: PLR2004 - SEQUENCE; a global costs a lookup for each varbind
                and data[offset + 2] == 0x06  # noqa: PLR2004 - OBJECT_IDENTIFIER
            ):
                append((data[oid_start:oid_stop], data[oid_stop], data[start:stop]))
                offset = stop
            else:
                varbind, offset = _decode_long_varbind(data, offset, end)
                append(varbind)
    except IndexError:
        # A long length, taken for a short one, pointed beyond the message; or the varbind is cut off indeed.
        while offset < end:
            varbind, offset = _decode_long_varbind(data, offset, end)
            append(varbind)
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
        (SYS_UP_TIME, TIMETICKS, up_time),
        (SNMP_TRAP_OID, OBJECT_IDENTIFIER, _trap_oid(enterprise, generic, specific)),
        *_decode_varbinds(data, offset, end),
        (SNMP_TRAP_ADDRESS, IP_ADDRESS, address),
        (SNMP_TRAP_ENTERPRISE, OBJECT_IDENTIFIER, enterprise),
    ]
    return Pdu(PduType.TRAP_V1, 0, 0, 0, varbinds)


def _trap_oid(enterprise: bytes, generic: int, specific: int) -> bytes:
    """Source: RFC 3584 §3.1 (2) and (3)."""
    if not 0 <= generic <= _ENTERPRISE_SPECIFIC or not 0 <= specific <= _MAX_INT32:
        raise WireError(f"trap {generic}.{specific} is no SNMPv1 trap")
    if generic == _ENTERPRISE_SPECIFIC:
        return enterprise + ber.encode_arcs((0, specific))
    return _SNMP_TRAPS + ber.encode_arcs((generic + 1,))
