"""Datagrams with communities: record, reason, answer."""

import pytest

from collector.wire import ber, snmp
from collector.wire.notification import Principal
from collector.wire.notification_drops import DropReason
from collector.wire.snmp import PduType
from tests.agents.notifier import (
    ACTIVE_TIME,
    NOW,
    SOURCE,
    STOPPED,
    TRAP_OID,
    TUNNEL_STOP,
    community_message,
    pdu_of,
    receiver_of,
    trap_v1,
)


def received(data: bytes):
    return receiver_of().receive(data, SOURCE, NOW)


@pytest.mark.parametrize(
    ("data", "version"),
    [(trap_v1(), snmp.VERSION_1), (community_message(pdu_of()), snmp.VERSION_2C)],
    ids=["v1", "v2c"],
)
def test_trap(data, version):
    """A trap of a community that is known is taken, and not answered."""
    got = received(data)
    assert (got.record.trap_oid, got.record.up_time) == (TUNNEL_STOP, 12345)
    assert got.record.principal == Principal(version, b"public")
    assert (got.reason, got.detail, got.reply) == (None, "", None)


def test_inform():
    """An inform is answered by what it said, as a Response (RFC 3416 §4.2.7)."""
    data = community_message(pdu_of(PduType.INFORM, request_id=-5))
    got = received(data)
    assert got.record.inform
    assert got.reply == community_message(pdu_of(PduType.RESPONSE, request_id=-5))
    assert len(got.reply) == len(data)


def test_inform_with_errors():
    """What an inform says in the fields of errors does not come back; its varbinds do, those of the head too."""
    numbers = ber.encode_integer(7) + ber.encode_integer(5) + ber.encode_integer(1)
    varbinds = ber.encode_tlv(0x30, b"".join(long_varbind(*varbind) for varbind in STOPPED))
    data = community_message(b"\xa6\x82" + len(numbers + varbinds).to_bytes(2, "big") + numbers + varbinds)
    got = received(data)
    answer = snmp.decode_community_message(got.reply).pdu
    assert answer == snmp.Pdu(PduType.RESPONSE, 7, 0, 0, list(STOPPED))
    assert len(got.reply) < len(data)


def long_varbind(oid: bytes, tag: int, value: bytes) -> bytes:
    content = b"\x06\x81" + bytes((len(oid),)) + oid + bytes((tag, 0x82, 0, len(value))) + value
    return b"\x30\x81" + bytes((len(content),)) + content


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"", DropReason.MALFORMED, "cut off"),
        (b"\x30\x00", DropReason.MALFORMED, "cut off"),
        (community_message(pdu_of()) + b"\0", DropReason.MALFORMED, "behind the message"),
        (community_message(pdu_of())[:-1], DropReason.MALFORMED, "claims"),
        (community_message(pdu_of(varbinds=[ACTIVE_TIME])), DropReason.MALFORMED, "snmpTrapOID"),
        (community_message(b"\xa3" + pdu_of()[1:]), DropReason.MALFORMED, "0xa3"),
        (trap_v1(generic=7), DropReason.MALFORMED, "no SNMPv1 trap"),
        (b"\x30\x03\x02\x01\x02", DropReason.WRONG_VERSION, "version 2"),
        (b"\x30\x03\x02\x01\xff", DropReason.WRONG_VERSION, "version -1"),
        (community_message(pdu_of(), b"guess"), DropReason.UNKNOWN_COMMUNITY, "5 octets"),
        (community_message(b"garbage", b""), DropReason.UNKNOWN_COMMUNITY, "0 octets"),
        (community_message(snmp.encode_request(PduType.GET, 1, [])), DropReason.NOT_A_NOTIFICATION, "GET"),
        (community_message(pdu_of(), version=snmp.VERSION_1), DropReason.NOT_A_NOTIFICATION, "TRAP"),
        (b"\x30\x03\x02\x01\x03", DropReason.MALFORMED, ""),
    ],
)
def test_dropped(data, reason, detail):
    """What is not taken has a reason, says more to the reader of the log, and is not answered."""
    got = received(data)
    assert (got.record, got.reason, got.reply) == (None, reason, None)
    assert detail in got.detail
    assert "guess" not in repr(got)


def test_no_communities():
    """Where there are none, none is guessed: an empty one least of all."""
    receiver = receiver_of()
    receiver._principals.clear()
    assert receiver.receive(community_message(pdu_of(), b""), SOURCE, NOW).reason is DropReason.UNKNOWN_COMMUNITY


def test_secrets_are_not_shown():
    """The answer has the community in it, so it is not shown."""
    got = received(community_message(pdu_of(PduType.INFORM)))
    assert b"public" in got.reply
    assert "public" not in repr(got)


@pytest.mark.parametrize("count", [0, 1, 500])
def test_nothing_amplifies(count):
    """The answer to an inform is no longer than the inform, however much that says."""
    varbinds = (TRAP_OID, *[(b"\x2b", snmp.OCTET_STRING, bytes(size % 200)) for size in range(count)])
    data = community_message(pdu_of(PduType.INFORM, varbinds))
    assert len(received(data).reply) == len(data)
