"""What USM adds to a message: UsmSecurityParameters, and Reports by the counter that they show.

Source: RFC 3414 §2.4 and §5, RFC 3412 §5, RFC 3413 §4.1.2.
"""

from enum import StrEnum
from typing import NamedTuple

from collector.errors import WireError
from collector.wire import ber
from collector.wire.snmp import Pdu, V3Message

_MAX_INT32 = 2**31 - 1
_MAX_ENGINE_ID_OCTETS = 32


class ReportKind(StrEnum):
    """Which counter a Report shows, hence why the engine refused the request, as the MIBs call it."""

    UNSUPPORTED_SEC_LEVELS = "usmStatsUnsupportedSecLevels"
    NOT_IN_TIME_WINDOWS = "usmStatsNotInTimeWindows"
    UNKNOWN_USER_NAMES = "usmStatsUnknownUserNames"
    UNKNOWN_ENGINE_IDS = "usmStatsUnknownEngineIDs"
    WRONG_DIGESTS = "usmStatsWrongDigests"
    DECRYPTION_ERRORS = "usmStatsDecryptionErrors"
    UNKNOWN_SECURITY_MODELS = "snmpUnknownSecurityModels"
    INVALID_MSGS = "snmpInvalidMsgs"
    UNKNOWN_PDU_HANDLERS = "snmpUnknownPDUHandlers"
    UNAVAILABLE_CONTEXTS = "snmpUnavailableContexts"
    UNKNOWN_CONTEXTS = "snmpUnknownContexts"
    OTHER = "other"

    @property
    def asks_to_resend(self) -> bool:
        """Whether the session has learned from the Report what the request, encoded anew, needs to be accepted."""
        return self in (ReportKind.UNKNOWN_ENGINE_IDS, ReportKind.NOT_IN_TIME_WINDOWS)


_REPORTS = {
    ber.oid("1.3.6.1.6.3.15.1.1.1"): ReportKind.UNSUPPORTED_SEC_LEVELS,
    ber.oid("1.3.6.1.6.3.15.1.1.2"): ReportKind.NOT_IN_TIME_WINDOWS,
    ber.oid("1.3.6.1.6.3.15.1.1.3"): ReportKind.UNKNOWN_USER_NAMES,
    ber.oid("1.3.6.1.6.3.15.1.1.4"): ReportKind.UNKNOWN_ENGINE_IDS,
    ber.oid("1.3.6.1.6.3.15.1.1.5"): ReportKind.WRONG_DIGESTS,
    ber.oid("1.3.6.1.6.3.15.1.1.6"): ReportKind.DECRYPTION_ERRORS,
    ber.oid("1.3.6.1.6.3.11.2.1.1"): ReportKind.UNKNOWN_SECURITY_MODELS,
    ber.oid("1.3.6.1.6.3.11.2.1.2"): ReportKind.INVALID_MSGS,
    ber.oid("1.3.6.1.6.3.11.2.1.3"): ReportKind.UNKNOWN_PDU_HANDLERS,
    ber.oid("1.3.6.1.6.3.12.1.4"): ReportKind.UNAVAILABLE_CONTEXTS,
    ber.oid("1.3.6.1.6.3.12.1.5"): ReportKind.UNKNOWN_CONTEXTS,
}
_INSTANCE_0 = b"\0"
_COUNTERS = {kind: oid + _INSTANCE_0 for oid, kind in _REPORTS.items()}


def report_oid(kind: ReportKind) -> bytes:
    """Return the OID (content octets) of the counter that a Report of this kind shows.

    Raises: KeyError for OTHER, which is no counter.
    """
    return _COUNTERS[kind]


def report_kind(pdu: Pdu) -> ReportKind:
    """Return what a REPORT's first varbind says; its instance may be missing, as some agents leave it out."""
    if not pdu.varbinds:
        return ReportKind.OTHER
    return _REPORTS.get(pdu.varbinds[0][0].removesuffix(_INSTANCE_0), ReportKind.OTHER)


class UsmParameters(NamedTuple):
    """UsmSecurityParameters; `mac_*` are offsets of msgAuthenticationParameters' content into the whole message."""

    engine_id: bytes
    boots: int
    time: int
    user_name: bytes
    mac_start: int
    mac_stop: int
    salt: bytes


def encode_parameters(
    engine_id: bytes, boots: int, time: int, *, user_name: bytes = b"", mac: bytes = b"", salt: bytes = b""
) -> bytes:
    """Return the content of msgSecurityParameters, whose last two elements are `mac` and `salt`."""
    fields = (
        ber.encode_octets(engine_id),
        ber.encode_integer(boots),
        ber.encode_integer(time),
        ber.encode_octets(user_name),
        ber.encode_octets(mac),
        ber.encode_octets(salt),
    )
    return ber.encode_tlv(ber.SEQUENCE, b"".join(fields))


def decode_parameters(data: bytes, message: V3Message) -> UsmParameters:
    """Return the security parameters of a message.

    Raises: WireError on what is no UsmSecurityParameters.
    """
    offset, end = ber.read_element(data, message.parameters_start, message.parameters_stop, ber.SEQUENCE)
    engine_id, offset = ber.read_octets(data, offset, end)
    boots, offset = ber.read_integer(data, offset, end)
    time, offset = ber.read_integer(data, offset, end)
    user_name, offset = ber.read_octets(data, offset, end)
    mac_start, mac_stop = ber.read_element(data, offset, end, ber.OCTET_STRING)
    salt, offset = ber.read_octets(data, mac_stop, end)
    if not offset == end == message.parameters_stop or len(engine_id) > _MAX_ENGINE_ID_OCTETS:
        raise WireError("octets behind the security parameters, or an engine ID that is too long")
    if not 0 <= boots <= _MAX_INT32 or not 0 <= time <= _MAX_INT32:
        raise WireError(f"engine boots {boots}, time {time}")
    return UsmParameters(engine_id, boots, time, user_name, mac_start, mac_stop, salt)
