"""What a trap or inform says, whichever SNMP version said it: fields that every notification has, and its varbinds.

Who sent it, and whether to believe it, is judged in notification_receiver.
Source: RFC 1157 §4.1.6, RFC 3416 §4.2.6 and §4.2.7, RFC 3584 §3.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from collector.errors import WireError
from collector.wire import ber, snmp
from collector.wire.pdu import SNMP_TRAP_ADDRESS, SNMP_TRAP_ENTERPRISE, SNMP_TRAP_OID, SYS_UP_TIME
from collector.wire.snmp import IP_ADDRESS, OBJECT_IDENTIFIER, TIMETICKS, Pdu, PduType, Varbind

_SNMP_TRAP_COMMUNITY = ber.oid("1.3.6.1.6.3.18.1.4.0")
_IP_ADDRESS_OCTETS = 4

_UP_TIME, _TRAP_OID, _ENTERPRISE, _ADDRESS, _COMMUNITY = range(5)
_HEAD = {
    SYS_UP_TIME: _UP_TIME,
    SNMP_TRAP_OID: _TRAP_OID,
    SNMP_TRAP_ENTERPRISE: _ENTERPRISE,
    SNMP_TRAP_ADDRESS: _ADDRESS,
    _SNMP_TRAP_COMMUNITY: _COMMUNITY,
}
_PLACES = _HEAD | {oid[:-1]: place for oid, place in _HEAD.items()}
"""Where a varbind belongs that is about the notification itself; senders forget the instance."""

_KINDS = {
    snmp.VERSION_1: frozenset({PduType.TRAP_V1}),
    snmp.VERSION_2C: frozenset({PduType.TRAP, PduType.INFORM}),
    snmp.VERSION_3: frozenset({PduType.TRAP, PduType.INFORM}),
}


class NotANotificationError(WireError):
    """A well-formed PDU that is neither a trap nor an inform of its version."""


class SecurityLevel(StrEnum):
    """How a notification was protected, in the words of RFC 3411 §3.4.3; a community protects nothing."""

    NO_AUTH_NO_PRIV = "noAuthNoPriv"
    AUTH_NO_PRIV = "authNoPriv"
    AUTH_PRIV = "authPriv"


@dataclass(frozen=True, slots=True)
class Principal:
    """In whose name a notification came: a community's (SNMPv1, SNMPv2c) or a USM user's at an engine.

    `engine_id` is the authoritative one: the sender's of a trap, our own of an inform. `context_engine_id` tells the
    sender of an inform, unless the sender took ours for it.
    """

    version: int
    community: bytes | None = field(default=None, repr=False)
    user: str | None = None
    level: SecurityLevel = SecurityLevel.NO_AUTH_NO_PRIV
    engine_id: bytes | None = None
    context_engine_id: bytes | None = None
    context_name: bytes | None = None


@dataclass(frozen=True, slots=True)
class NotificationRecord:
    """A trap or inform; what it did not say is None.

    `trap_oid` and `enterprise` are content octets, `up_time` is sysUpTime.0 in hundredths of a second, `agent_address`
    dotted text: agent-addr of an SNMPv1 trap, or what a proxy said it had been. `varbinds` are the notification's
    own, raw and in order, without those that became fields and without snmpTrapCommunity.0, which is a secret.
    """

    principal: Principal
    inform: bool
    request_id: int
    trap_oid: bytes
    up_time: int | None
    enterprise: bytes | None
    agent_address: str | None
    varbinds: Sequence[Varbind]


def read_notification(pdu: Pdu, principal: Principal) -> NotificationRecord:
    """Return what a PDU of this principal's version notifies; a field that is there twice counts once, the first time.

    An SNMPv1 trap has become one of SNMPv2 in decode_pdu already. A field with a value of another type is not there.

    Raises: NotANotificationError on another PDU, WireError if it does not tell which notification it is.
    """
    if pdu.type not in _KINDS[principal.version]:
        raise NotANotificationError(f"{pdu.type.name} is no notification of SNMP version {principal.version}")
    head: list[Varbind | None] = [None] * len(_HEAD)
    varbinds = []
    for varbind in pdu.varbinds:
        place = _PLACES.get(varbind[0])
        if place is None:
            varbinds.append(varbind)
        elif head[place] is None:
            head[place] = varbind
    return NotificationRecord(
        principal,
        pdu.type is PduType.INFORM,
        pdu.request_id,
        _trap_oid(head[_TRAP_OID]),
        _up_time(head[_UP_TIME]),
        _object(head[_ENTERPRISE]),
        _address(head[_ADDRESS]),
        varbinds,
    )


def _trap_oid(varbind: Varbind | None) -> bytes:
    trap_oid = _object(varbind)
    if trap_oid is None:
        raise WireError("no snmpTrapOID.0, or it is no OID: nobody knows which notification this is")
    return trap_oid


def _object(varbind: Varbind | None) -> bytes | None:
    """Return the OID that a varbind names, if it is one that can be read."""
    if varbind is None or varbind[1] != OBJECT_IDENTIFIER or not varbind[2]:
        return None
    try:
        ber.decode_oid(varbind[2])
    except WireError:
        return None
    return varbind[2]


def _up_time(varbind: Varbind | None) -> int | None:
    if varbind is None or varbind[1] != TIMETICKS:
        return None
    try:
        return ber.decode_unsigned32(varbind[2])
    except WireError:
        return None


def _address(varbind: Varbind | None) -> str | None:
    if varbind is None or varbind[1] != IP_ADDRESS or len(varbind[2]) != _IP_ADDRESS_OCTETS:
        return None
    return ber.decode_ip_address(varbind[2])
