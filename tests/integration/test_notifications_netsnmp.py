"""Traps and informs of net-snmp's own tools, in every version and at every protocol that they offer."""

import itertools
import os
import socket
import subprocess
import time
from dataclasses import dataclass, field

import pytest

from collector.wire import ber, snmp
from collector.wire.notification import SecurityLevel
from collector.wire.notification_receiver import DropReason, OwnEngine, Received, Receiver, TrapUser
from collector.wire.usm import AuthProtocol, PrivProtocol, UsmUser

pytestmark = pytest.mark.integration

OWN_ENGINE_ID = bytes.fromhex("80001f880474756e6e656c7761746368")
ROUTER_ENGINE_ID = bytes.fromhex("8000000903001122334455")
OTHER_ENGINE_ID = bytes.fromhex("8000000903005566778899")
AUTH_SECRET = "authpass123"
PRIV_SECRET = "privpass456"
AUTHS = {
    AuthProtocol.MD5: "MD5",
    AuthProtocol.SHA: "SHA",
    AuthProtocol.SHA224: "SHA-224",
    AuthProtocol.SHA256: "SHA-256",
    AuthProtocol.SHA384: "SHA-384",
    AuthProtocol.SHA512: "SHA-512",
}
PRIVS = {
    PrivProtocol.DES: "DES",
    PrivProtocol.AES: "AES",
    PrivProtocol.AES192: "AES-192",
    PrivProtocol.AES256: "AES-256",
    PrivProtocol.AES192C: "AES-192-C",
    PrivProtocol.AES256C: "AES-256-C",
}
PROTECTIONS = [(None, None), *itertools.product(AUTHS, (None, *PRIVS))]
TUNNEL_STOP = "1.3.6.1.4.1.9.9.171.2.0.8"
ACTIVE_TIME = "1.3.6.1.4.1.9.9.171.1.3.2.1.10.77"
VARBINDS = (ACTIVE_TIME, "i", "337", "1.3.6.1.4.1.9.9.171.1.3.2.1.4.77", "x", "c0000201")
RAW_VARBINDS = [
    (ber.oid(ACTIVE_TIME), snmp.INTEGER, b"\x01\x51"),
    (ber.oid("1.3.6.1.4.1.9.9.171.1.3.2.1.4.77"), snmp.OCTET_STRING, bytes([192, 0, 2, 1])),
]


def user_of(auth: AuthProtocol | None, priv: PrivProtocol | None, secret: str = AUTH_SECRET) -> UsmUser:
    name = "-".join(each.value for each in (auth, priv) if each) or "open"
    return UsmUser(name, auth, secret.encode() if auth else None, priv, PRIV_SECRET.encode() if priv else None)


USERS = [TrapUser(user_of(auth, priv)) for auth, priv in PROTECTIONS]


def options_of(user: UsmUser) -> list[str]:
    options = ["-v3", "-u", user.name, "-l", "noAuthNoPriv"]
    if user.auth:
        options[-1] = "authNoPriv"
        options += ["-a", AUTHS[user.auth], "-A", AUTH_SECRET]
    if user.priv:
        options[options.index("authNoPriv")] = "authPriv"
        options += ["-x", PRIVS[user.priv], "-X", PRIV_SECRET]
    return options


@dataclass
class Sent:
    """How a tool of net-snmp fared, and what became of each of its datagrams."""

    status: int
    errors: str
    received: list[Received] = field(default_factory=list)

    @property
    def records(self):
        return [each.record for each in self.received if each.record]

    @property
    def reasons(self):
        return [each.reason for each in self.received if each.reason]


@pytest.fixture
def send(peer, tmp_path):
    """Return a function that runs a tool against a receiver of ours until the tool ends."""

    def run(receiver: Receiver, tool: str, *options: str, varbinds=VARBINDS, head=("12345", TUNNEL_STOP), answer=True):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
            port.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{port.getsockname()[1]}"
            arguments = [peer(tool, "snmp"), "-r", "1", "-t", "5", *options, address, *head, *varbinds]
            directories = {"SNMP_PERSISTENT_DIR": str(tmp_path), "SNMPCONFPATH": str(tmp_path), "MIBS": ""}
            process = subprocess.Popen(
                arguments, env=os.environ | directories, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
            try:
                received = served(port, receiver, process, answer=answer)
                errors = process.communicate(timeout=20)[1]
            finally:
                process.kill()
                process.wait()
            return Sent(process.returncode, errors, received)

    return run


def served(port: socket.socket, receiver: Receiver, process: subprocess.Popen, *, answer: bool) -> list[Received]:
    """Receive until the tool has ended and nothing of it is left to be read."""
    received, deadline = [], time.monotonic() + 30
    port.settimeout(0.02)
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        try:
            data, address = port.recvfrom(65535)
        except TimeoutError:
            if ended:
                return received
            continue
        received.append(receiver.receive(data, address[0], time.monotonic()))
        if received[-1].reply and answer:
            port.sendto(received[-1].reply, address)
    raise AssertionError("the tool did not end")


def receiver_of(users=USERS, boots=7, engine_id=OWN_ENGINE_ID) -> Receiver:
    engine = OwnEngine(engine_id, boots, time.monotonic() - 1000)
    return Receiver(communities=[b"public"], users=users, engine=engine, salt=time.monotonic_ns())


def test_v1_trap(send):
    """enterprise, generic and specific become the trap OID; agent-addr and sysUpTime are kept."""
    head = ("1.3.6.1.4.1.9.9.171.2", "198.51.100.7", "6", "8", "4711")
    sent = send(receiver_of(), "snmptrap", "-v1", "-c", "public", head=head)
    (record,) = sent.records
    assert (record.principal.version, record.principal.community) == (snmp.VERSION_1, b"public")
    assert (record.trap_oid, record.enterprise) == (ber.oid(TUNNEL_STOP), ber.oid("1.3.6.1.4.1.9.9.171.2"))
    assert (record.agent_address, record.up_time, record.varbinds) == ("198.51.100.7", 4711, RAW_VARBINDS)


def test_v1_generic_trap(send):
    """A linkDown of SNMPv1 gets the OID that SNMPv2 has for it."""
    head = ("1.3.6.1.4.1.9.1.1", "198.51.100.7", "2", "0", "4711")
    sent = send(receiver_of(), "snmptrap", "-v1", "-c", "public", head=head, varbinds=())
    assert [record.trap_oid for record in sent.records] == [ber.oid("1.3.6.1.6.3.1.1.5.3")]


def test_v2c_trap(send):
    """A trap becomes its fields, and nothing is sent back."""
    sent = send(receiver_of(), "snmptrap", "-v2c", "-c", "public")
    (record,) = sent.records
    assert (record.principal.version, record.inform) == (snmp.VERSION_2C, False)
    assert (record.trap_oid, record.up_time, record.varbinds) == (ber.oid(TUNNEL_STOP), 12345, RAW_VARBINDS)
    assert [each.reply for each in sent.received] == [None]


def test_v2c_inform(send):
    """One datagram, and snmpinform ends well: it took our answer for one."""
    sent = send(receiver_of(), "snmpinform", "-v2c", "-c", "public")
    assert (sent.status, len(sent.received)) == (0, 1)
    assert [record.inform for record in sent.records] == [True]


def test_unanswered_inform_comes_again(send):
    """An inform that is not acknowledged is sent again, and fails: what was not taken is not lost unseen."""
    sent = send(receiver_of(), "snmpinform", "-v2c", "-c", "public", "-t", "1", answer=False)
    assert sent.status != 0
    assert len(sent.records) == 2
    assert len({record.request_id for record in sent.records}) == 1


def test_wrong_community(send):
    """Nobody answers to a community that is not ours."""
    sent = send(receiver_of(), "snmpinform", "-v2c", "-c", "private", "-t", "1", "-r", "0")
    assert sent.status != 0
    assert [(each.reason, each.reply) for each in sent.received] == [(DropReason.UNKNOWN_COMMUNITY, None)]


def name_of(value) -> str:
    return value.value if value else "none"


@pytest.mark.parametrize(("auth", "priv"), PROTECTIONS, ids=name_of)
def test_v3_trap(send, auth, priv):
    """A trap of an engine that nobody registered comes through at each protocol."""
    user = user_of(auth, priv)
    engine = "0x" + ROUTER_ENGINE_ID.hex()
    sent = send(receiver_of(), "snmptrap", *options_of(user), "-e", engine, "-n", "vrf-one")
    assert sent.reasons == [], sent.received[0].detail
    (record,) = sent.records
    levels = {(False, False): "noAuthNoPriv", (True, False): "authNoPriv", (True, True): "authPriv"}
    assert record.principal.level == levels[bool(auth), bool(priv)]
    assert (record.principal.user, record.principal.engine_id) == (user.name, ROUTER_ENGINE_ID)
    assert (record.principal.context_name, record.inform) == (b"vrf-one", False)
    assert (record.trap_oid, record.up_time, record.varbinds) == (ber.oid(TUNNEL_STOP), 12345, RAW_VARBINDS)


@pytest.mark.parametrize(("auth", "priv"), PROTECTIONS, ids=name_of)
def test_v3_inform(send, auth, priv):
    """An inform finds out our engine, is heard once, and its sender takes our answer."""
    sent = send(receiver_of(), "snmpinform", *options_of(user_of(auth, priv)), "-n", "vrf-one")
    assert sent.status == 0, sent.errors
    assert set(sent.reasons) == {DropReason.DISCOVERY}
    (record,) = sent.records
    assert record.inform
    assert (record.principal.engine_id, record.principal.context_name) == (OWN_ENGINE_ID, b"vrf-one")
    assert (record.trap_oid, record.varbinds) == (ber.oid(TUNNEL_STOP), RAW_VARBINDS)


SIGNED = user_of(AuthProtocol.SHA256, None)
SECRET = user_of(AuthProtocol.SHA256, PrivProtocol.AES)


@pytest.mark.parametrize(
    ("options", "reason", "words"),
    [
        (["-u", "nobody"], DropReason.UNKNOWN_USER, "Unknown user name"),
        (["-A", "another-secret"], DropReason.WRONG_DIGEST, "Authentication failure"),
        (["-X", "another-secret"], DropReason.DECRYPTION, "Decryption error"),
        (["-l", "authNoPriv"], DropReason.UNSUPPORTED_SECURITY_LEVEL, "Unsupported security level"),
        (["-e", "0x" + OTHER_ENGINE_ID.hex()], DropReason.UNKNOWN_ENGINE, ""),
    ],
)
def test_refused_informs(send, options, reason, words):
    """Whoever may ask for the reason is told, and snmpinform understands it."""
    sent = send(receiver_of(), "snmpinform", *options_of(SECRET), *options, "-r", "0", "-t", "1")
    assert sent.status != 0
    assert sent.records == []
    assert reason in sent.reasons
    assert words in sent.errors


def test_inform_that_asks_for_the_time(send):
    """A sender that knows our engine but not our time learns it from a signed Report, and is heard then."""
    sent = send(receiver_of(), "snmpinform", *options_of(SECRET), "-e", "0x" + OWN_ENGINE_ID.hex())
    assert sent.status == 0, sent.errors
    assert [(each.reason, each.detail) for each in sent.received if each.reason] == [
        (DropReason.DISCOVERY, f"engine {OWN_ENGINE_ID.hex()}: boots 0, time 0")
    ]
    assert len(sent.records) == 1


def test_trap_with_localized_keys(send):
    """A key that was localized for the router's engine serves as the passphrase does, at that engine."""
    keys = SECRET.auth_key(ROUTER_ENGINE_ID), SECRET.priv_key(ROUTER_ENGINE_ID)
    user = UsmUser.from_keys(SECRET.name, AuthProtocol.SHA256, keys[0], PrivProtocol.AES, keys[1])
    receiver = receiver_of([TrapUser(user, ROUTER_ENGINE_ID)])
    sent = send(receiver, "snmptrap", *options_of(SECRET), "-e", "0x" + ROUTER_ENGINE_ID.hex())
    assert len(sent.records) == 1
    sent = send(receiver, "snmptrap", *options_of(SECRET), "-e", "0x" + OTHER_ENGINE_ID.hex())
    assert sent.reasons == [DropReason.UNEXPECTED_ENGINE]


def test_one_user_at_many_engines(send):
    """Each engine has keys and a clock of its own: the second is believed although it started later."""
    receiver = receiver_of()
    for engine_id, clock in ((ROUTER_ENGINE_ID, "9,5000"), (OTHER_ENGINE_ID, "1,10")):
        sent = send(receiver, "snmptrap", *options_of(SECRET), "-e", "0x" + engine_id.hex(), "-Z", clock)
        assert [record.principal.engine_id for record in sent.records] == [engine_id]
    assert receiver.remembered_engines == 2


def test_trap_of_an_earlier_life(send):
    """A router whose boots go back is taken for a replay."""
    receiver = receiver_of()
    engine = ["-e", "0x" + ROUTER_ENGINE_ID.hex()]
    assert send(receiver, "snmptrap", *options_of(SIGNED), *engine, "-Z", "9,5000").reasons == []
    sent = send(receiver, "snmptrap", *options_of(SIGNED), *engine, "-Z", "8,9000")
    assert sent.reasons == [DropReason.NOT_IN_TIME_WINDOW]
    assert [
        record.principal.level
        for record in send(receiver, "snmptrap", *options_of(SIGNED), *engine, "-Z", "10,1").records
    ] == [SecurityLevel.AUTH_NO_PRIV]
