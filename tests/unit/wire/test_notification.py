"""PDUs to records, in whatever order and number the varbinds come."""

import pytest

from collector.errors import WireError
from collector.wire import ber, snmp
from collector.wire.notification import (
    NotANotificationError,
    NotificationRecord,
    Principal,
    SecurityLevel,
    read_notification,
)
from collector.wire.pdu import decode_pdu
from collector.wire.snmp import Pdu, PduType
from tests.agents.notifier import ACTIVE_TIME, STOPPED, TRAP_OID, TUNNEL_STOP, UP_TIME, trap_v1

V1 = Principal(snmp.VERSION_1, b"public")
V2C = Principal(snmp.VERSION_2C, b"public")
V3 = Principal(snmp.VERSION_3, user="bob", level=SecurityLevel.AUTH_PRIV)
ENTERPRISE = (ber.oid("1.3.6.1.6.3.1.1.4.3.0"), snmp.OBJECT_IDENTIFIER, ber.oid("1.3.6.1.4.1.9.1.1"))
ADDRESS = (ber.oid("1.3.6.1.6.3.18.1.3.0"), snmp.IP_ADDRESS, bytes((198, 51, 100, 7)))
COMMUNITY = (ber.oid("1.3.6.1.6.3.18.1.4.0"), snmp.OCTET_STRING, b"a-secret")


def read(*varbinds, kind=PduType.TRAP, principal=V2C) -> NotificationRecord:
    return read_notification(Pdu(kind, 99, 0, 0, list(varbinds)), principal)


def test_trap():
    """A trap as RFC 3416 wants it."""
    assert read(*STOPPED) == NotificationRecord(
        principal=V2C,
        inform=False,
        request_id=99,
        trap_oid=TUNNEL_STOP,
        up_time=12345,
        enterprise=None,
        agent_address=None,
        varbinds=[ACTIVE_TIME],
    )


@pytest.mark.parametrize("principal", [V2C, V3])
def test_inform(principal):
    """An inform says the same, and that it wants an answer."""
    record = read(*STOPPED, kind=PduType.INFORM, principal=principal)
    assert (record.inform, record.request_id, record.principal) == (True, 99, principal)


def test_trap_v1():
    """An SNMPv1 trap has its enterprise, its address and the OID that RFC 3584 makes of it."""
    own = ber.encode_tlv(0x30, ber.encode_tlv(6, ACTIVE_TIME[0]) + ber.encode_tlv(*ACTIVE_TIME[1:]))
    record = read_notification(snmp.decode_community_message(trap_v1(own)).pdu, V1)
    assert record == NotificationRecord(
        principal=V1,
        inform=False,
        request_id=0,
        trap_oid=TUNNEL_STOP,
        up_time=12345,
        enterprise=ber.oid("1.3.6.1.4.1.9.9.171.2"),
        agent_address="198.51.100.7",
        varbinds=[ACTIVE_TIME],
    )


def test_order_does_not_matter():
    """What became a field is found wherever it stands; the others stay in order."""
    record = read(ACTIVE_TIME, ADDRESS, TRAP_OID, ENTERPRISE, (b"\x2b\x06", snmp.INTEGER, b"\1"), UP_TIME)
    assert (record.trap_oid, record.up_time) == (TUNNEL_STOP, 12345)
    assert (record.enterprise, record.agent_address) == (ENTERPRISE[2], "198.51.100.7")
    assert record.varbinds == [ACTIVE_TIME, (b"\x2b\x06", snmp.INTEGER, b"\1")]


def test_missing_instances():
    """Senders that forget the .0 of scalars are understood."""
    record = read(*((oid[:-1], tag, value) for oid, tag, value in (UP_TIME, TRAP_OID, ENTERPRISE, ADDRESS)))
    assert (record.trap_oid, record.up_time) == (TUNNEL_STOP, 12345)
    assert (record.enterprise, record.agent_address, record.varbinds) == (ENTERPRISE[2], "198.51.100.7", [])


def test_missing_fields():
    """What was not said is None."""
    record = read(TRAP_OID)
    assert (record.up_time, record.enterprise, record.agent_address, record.varbinds) == (None, None, None, [])


@pytest.mark.parametrize(
    ("varbind", "field"),
    [
        ((UP_TIME[0], snmp.INTEGER, b"\1"), "up_time"),
        ((UP_TIME[0], snmp.TIMETICKS, b""), "up_time"),
        ((ENTERPRISE[0], snmp.OCTET_STRING, b"\x2b"), "enterprise"),
        ((ENTERPRISE[0], snmp.OBJECT_IDENTIFIER, b"\x80"), "enterprise"),
        ((ENTERPRISE[0], snmp.OBJECT_IDENTIFIER, b""), "enterprise"),
        ((ADDRESS[0], snmp.IP_ADDRESS, b"\1\2\3"), "agent_address"),
        ((ADDRESS[0], snmp.OCTET_STRING, b"\1\2\3\4"), "agent_address"),
    ],
)
def test_odd_fields(varbind, field):
    """A value of another type or size costs that value only."""
    record = read(varbind, *STOPPED[1:])
    assert getattr(record, field) is None
    assert record.varbinds == [ACTIVE_TIME]


def test_doubled_fields():
    """The first word counts: agent-addr of an SNMPv1 trap does not replace what a proxy said it had been."""
    later = (TRAP_OID[0], TRAP_OID[1], ENTERPRISE[2])
    record = read(*STOPPED, later, ADDRESS, (ADDRESS[0], ADDRESS[1], bytes(4)))
    assert (record.trap_oid, record.agent_address) == (TUNNEL_STOP, "198.51.100.7")
    assert record.varbinds == [ACTIVE_TIME]


@pytest.mark.parametrize(
    "varbinds",
    [
        [],
        [UP_TIME, ACTIVE_TIME],
        [(TRAP_OID[0], snmp.OCTET_STRING, TUNNEL_STOP)],
        [(TRAP_OID[0], snmp.OBJECT_IDENTIFIER, b"")],
        [(TRAP_OID[0], snmp.OBJECT_IDENTIFIER, TUNNEL_STOP + b"\x80")],
    ],
)
def test_without_trap_oid(varbinds):
    """Who does not say which notification it is, is told what is missing."""
    with pytest.raises(WireError, match=r"snmpTrapOID\.0") as caught:
        read(*varbinds)
    assert not isinstance(caught.value, NotANotificationError)


@pytest.mark.parametrize(
    ("kind", "principal"),
    [
        (PduType.GET, V2C),
        (PduType.RESPONSE, V3),
        (PduType.REPORT, V3),
        (PduType.TRAP_V1, V2C),
        (PduType.TRAP_V1, V3),
        (PduType.TRAP, V1),
        (PduType.INFORM, V1),
    ],
)
def test_other_pdus(kind, principal):
    """A request, an answer, and a notification of another version are none."""
    with pytest.raises(NotANotificationError, match=kind.name):
        read(*STOPPED, kind=kind, principal=principal)


def test_secrets_are_not_shown():
    """Neither the message's community nor the one that a proxy added is in what may be logged."""
    record = read(COMMUNITY, *STOPPED, COMMUNITY)
    assert record.varbinds == [ACTIVE_TIME]
    assert "public" not in repr(record)
    assert "a-secret" not in repr(record)


def test_trap_v1_of_a_proxy():
    """The trap OID of an SNMPv1 trap is made of its head, whatever its varbinds claim."""
    own = ber.encode_tlv(0x30, ber.encode_tlv(6, TRAP_OID[0]) + ber.encode_tlv(6, ENTERPRISE[2]))
    data = trap_v1(own, generic=2, specific=0)
    message = snmp.decode_community_message(data)
    assert message.pdu == decode_pdu(data, data.index(b"\xa4"))
    assert read_notification(message.pdu, V1).trap_oid == ber.oid("1.3.6.1.6.3.1.1.5.3")
