"""A device that notifies, whose every octet the test decides."""

import itertools
from dataclasses import dataclass

from collector.wire import ber, snmp
from collector.wire.notification_receiver import OwnEngine, Receiver, TrapUser
from collector.wire.snmp import PduType, Varbind
from collector.wire.usm import AuthProtocol, PrivProtocol, UsmUser
from collector.wire.usm_message import decode_parameters
from collector.wire.usm_protection import REPORTABLE_FLAG, Seal

NOW = 5000.0
SOURCE = "192.0.2.9"
OWN_ENGINE_ID = bytes.fromhex("80001f880474756e6e656c7761746368")
ROUTER = bytes.fromhex("8000000903001122334455")
OTHER_ROUTER = bytes.fromhex("8000000903005566778899")
OPEN = UsmUser("open")
SIGNED = UsmUser("signed", AuthProtocol.SHA256, b"auth-secret")
SECRET = UsmUser("secret", AuthProtocol.SHA256, b"auth-secret", PrivProtocol.AES, b"priv-secret")
DES = UsmUser("des", AuthProtocol.MD5, b"auth-secret", PrivProtocol.DES, b"priv-secret")
USERS = (OPEN, SIGNED, SECRET, DES)
TUNNEL_STOP = ber.oid("1.3.6.1.4.1.9.9.171.2.0.8")
ACTIVE_TIME: Varbind = (ber.oid("1.3.6.1.4.1.9.9.171.1.3.2.1.10.77"), snmp.INTEGER, b"\x01\x51")
UP_TIME: Varbind = (ber.oid("1.3.6.1.2.1.1.3.0"), snmp.TIMETICKS, b"\x30\x39")
TRAP_OID: Varbind = (ber.oid("1.3.6.1.6.3.1.1.4.1.0"), snmp.OBJECT_IDENTIFIER, TUNNEL_STOP)
STOPPED = (UP_TIME, TRAP_OID, ACTIVE_TIME)


def receiver_of(*users: UsmUser | TrapUser, boots: int = 7, started_at: float = NOW - 1000, **arguments) -> Receiver:
    """A receiver of community `public` and these users, whose engine time is 1000 at NOW."""
    known = [user if isinstance(user, TrapUser) else TrapUser(user) for user in users or USERS]
    engine = OwnEngine(OWN_ENGINE_ID, boots, started_at)
    return Receiver(communities=[b"public"], users=known, engine=engine, salt=2**64 - 1, **arguments)


def pdu_of(kind: int = PduType.TRAP, varbinds=STOPPED, request_id: int = 99) -> bytes:
    """Return a PDU with these varbinds."""
    encoded = snmp.encode_answer(PduType.RESPONSE, request_id, varbinds)
    return bytes((kind,)) + encoded[1:]


def community_message(pdu: bytes, community: bytes = b"public", version: int = snmp.VERSION_2C) -> bytes:
    return snmp.encode_community_message(version, community, pdu)


def trap_v1(varbinds: bytes = b"", generic: int = 6, specific: int = 8) -> bytes:
    """Return an SNMPv1 trap of CISCO-IPSEC-FLOW-MONITOR-MIB's prefix."""
    fields = (
        ber.encode_tlv(snmp.OBJECT_IDENTIFIER, ber.oid("1.3.6.1.4.1.9.9.171.2")),
        ber.encode_tlv(snmp.IP_ADDRESS, bytes((198, 51, 100, 7))),
        ber.encode_integer(generic),
        ber.encode_integer(specific),
        ber.encode_tlv(snmp.TIMETICKS, b"\x30\x39"),
        ber.encode_tlv(ber.SEQUENCE, varbinds),
    )
    return community_message(ber.encode_tlv(PduType.TRAP_V1, b"".join(fields)), version=snmp.VERSION_1)


@dataclass(frozen=True)
class Device:
    """A sender of SNMPv3 notifications: what it says of itself, truly or not."""

    user: UsmUser = SECRET
    engine_id: bytes = ROUTER
    boots: int = 3
    time: int = 900
    flags: int = 0
    pdu: bytes = pdu_of()
    scoped: bytes | None = None
    context_name: bytes = b"vrf-one"
    msg_id: int = 41

    def message(self) -> bytes:
        user = self.user
        keys = user.auth, user.auth_key(self.engine_id), user.priv, user.priv_key(self.engine_id)
        seal = Seal(self.engine_id, self.boots, self.time, user.name.encode(), *keys)
        context = ber.encode_octets(ROUTER) + ber.encode_octets(self.context_name)
        scoped = ber.encode_tlv(ber.SEQUENCE, context + self.pdu) if self.scoped is None else self.scoped
        return seal.close(scoped, msg_id=self.msg_id, salts=itertools.count(5), flags=self.flags)


def inform(user: UsmUser = SECRET, **changes) -> Device:
    """Return the sender of an inform who knows our engine and its time."""
    known = {"engine_id": OWN_ENGINE_ID, "boots": 7, "time": 1000, "flags": REPORTABLE_FLAG, "context_name": b"vrf-one"}
    return Device(user, **(known | {"pdu": pdu_of(PduType.INFORM)} | changes))


def unsigned(message: bytes) -> tuple[snmp.V3Message, object]:
    """Return envelope and security parameters of a message, believing it."""
    envelope = snmp.decode_v3_message(message)
    return envelope, decode_parameters(message, envelope)
