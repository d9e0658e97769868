"""Security parameters and Reports."""

import pytest

from collector.errors import WireError
from collector.wire import ber, snmp
from collector.wire.snmp import Pdu, PduType
from collector.wire.usm_message import ReportKind, decode_parameters, encode_parameters, report_kind, report_oid

PARAMETERS = bytes.fromhex("3022 04058000000001 020105 02020384 0404 75736572 0402abcd 04080102030405060708")


def decoded(parameters: bytes):
    message = snmp.encode_v3_message(1, 7, 3, parameters, ber.encode_octets(b""))
    return message, decode_parameters(message, snmp.decode_v3_message(message))


def test_parameters():
    """All six fields come out as they went in, and the MAC is told by its place in the message."""
    encoded = encode_parameters(
        bytes.fromhex("8000000001"), 5, 900, user_name=b"user", mac=b"\xab\xcd", salt=bytes(range(1, 9))
    )
    assert encoded == PARAMETERS
    message, parameters = decoded(encoded)
    assert (parameters.engine_id, parameters.boots, parameters.time) == (bytes.fromhex("8000000001"), 5, 900)
    assert (parameters.user_name, parameters.salt) == (b"user", bytes(range(1, 9)))
    assert message[parameters.mac_start : parameters.mac_stop] == b"\xab\xcd"


def test_largest_parameters():
    """An engine ID has up to 32 octets (RFC 3411 §5), boots and time 31 bits."""
    _, parameters = decoded(encode_parameters(bytes(32), 2**31 - 1, 2**31 - 1))
    assert (parameters.engine_id, parameters.boots, parameters.time) == (bytes(32), 2147483647, 2147483647)


def test_discovery_parameters():
    """Without anything known, all fields are empty."""
    assert encode_parameters(b"", 0, 0) == bytes.fromhex("300e 0400 020100 020100 0400 0400 0400")


@pytest.mark.parametrize(
    "parameters",
    [
        b"",
        PARAMETERS + b"\0",
        b"\x31" + PARAMETERS[1:],
        PARAMETERS[:1] + b"\x23" + PARAMETERS[2:] + b"\0",
        *(PARAMETERS[:1] + bytes((size - 2,)) + PARAMETERS[2:size] for size in range(2, len(PARAMETERS))),
        encode_parameters(bytes(33), 0, 0),
        encode_parameters(b"", -1, 0),
        encode_parameters(b"", 0, -1),
        encode_parameters(b"", 2**31, 0),
        encode_parameters(b"", 0, 2**31),
    ],
    ids=bytes.hex,
)
def test_malformed_parameters(parameters):
    """Parameters that are cut off, continued or out of bounds are refused."""
    with pytest.raises(WireError):
        decoded(parameters)


@pytest.mark.parametrize(
    ("oid", "kind"),
    [
        ("1.3.6.1.6.3.15.1.1.1.0", ReportKind.UNSUPPORTED_SEC_LEVELS),
        ("1.3.6.1.6.3.15.1.1.2.0", ReportKind.NOT_IN_TIME_WINDOWS),
        ("1.3.6.1.6.3.15.1.1.3.0", ReportKind.UNKNOWN_USER_NAMES),
        ("1.3.6.1.6.3.15.1.1.4.0", ReportKind.UNKNOWN_ENGINE_IDS),
        ("1.3.6.1.6.3.15.1.1.4", ReportKind.UNKNOWN_ENGINE_IDS),
        ("1.3.6.1.6.3.15.1.1.5.0", ReportKind.WRONG_DIGESTS),
        ("1.3.6.1.6.3.15.1.1.6.0", ReportKind.DECRYPTION_ERRORS),
        ("1.3.6.1.6.3.11.2.1.1.0", ReportKind.UNKNOWN_SECURITY_MODELS),
        ("1.3.6.1.6.3.11.2.1.2.0", ReportKind.INVALID_MSGS),
        ("1.3.6.1.6.3.11.2.1.3.0", ReportKind.UNKNOWN_PDU_HANDLERS),
        ("1.3.6.1.6.3.12.1.4.0", ReportKind.UNAVAILABLE_CONTEXTS),
        ("1.3.6.1.6.3.12.1.5.0", ReportKind.UNKNOWN_CONTEXTS),
        ("1.3.6.1.6.3.15.1.1.7.0", ReportKind.OTHER),
        ("1.3.6.1.2.1.1.3.0", ReportKind.OTHER),
    ],
)
def test_report_kind(oid, kind):
    """A Report is named by the counter in it."""
    assert report_kind(Pdu(PduType.REPORT, 0, 0, 0, [(ber.oid(oid), snmp.COUNTER32, b"\1")])) is kind


def test_empty_report():
    """A Report without a counter tells nothing, but is one."""
    assert report_kind(Pdu(PduType.REPORT, 0, 0, 0, [])) is ReportKind.OTHER


def test_reports_after_which_to_send_again():
    """Only what discovery and time synchronization cure is worth another attempt."""
    assert {kind.value for kind in ReportKind if kind.asks_to_resend} == {
        "usmStatsUnknownEngineIDs",
        "usmStatsNotInTimeWindows",
    }


def test_report_oid():
    """The counter that a Report of a kind shows is the one that it is known by."""
    for kind in ReportKind:
        if kind is not ReportKind.OTHER:
            assert report_kind(Pdu(PduType.REPORT, 0, 0, 0, [(report_oid(kind), snmp.COUNTER32, b"\1")])) is kind
            assert report_oid(kind).endswith(b"\0")
    with pytest.raises(KeyError):
        report_oid(ReportKind.OTHER)
