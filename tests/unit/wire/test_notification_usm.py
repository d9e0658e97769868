"""SNMPv3 notifications of devices whose every octet the test decides, by a clock that the test moves."""

from dataclasses import replace

import pytest

from collector.wire import ber, snmp, usm_crypto
from collector.wire.notification import SecurityLevel
from collector.wire.notification_drops import DropReason, Received
from collector.wire.notification_receiver import EngineLimits, OwnEngine, Receiver, TrapUser
from collector.wire.snmp import PduType
from collector.wire.usm import AuthProtocol, PrivProtocol, ReportKind, UsmSession, UsmUser
from collector.wire.usm_clock import MAX_BOOTS
from collector.wire.usm_message import encode_parameters, report_oid
from collector.wire.usm_protection import REPORTABLE_FLAG, decrypt_scoped, read_scoped, verify_mac
from tests.agents.notifier import (
    ACTIVE_TIME,
    DES,
    NOW,
    OPEN,
    OTHER_ROUTER,
    OWN_ENGINE_ID,
    ROUTER,
    SECRET,
    SIGNED,
    SOURCE,
    STOPPED,
    TRAP_OID,
    TUNNEL_STOP,
    USERS,
    Device,
    inform,
    pdu_of,
    receiver_of,
    unsigned,
)

LEVELS = {
    "open": SecurityLevel.NO_AUTH_NO_PRIV,
    "signed": SecurityLevel.AUTH_NO_PRIV,
    "secret": SecurityLevel.AUTH_PRIV,
    "des": SecurityLevel.AUTH_PRIV,
}
by_user = pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)


def hear(device: Device, receiver: Receiver | None = None, now: float = NOW, source: str = SOURCE) -> Received:
    return (receiver or receiver_of()).receive(device.message(), source, now)


def opened(answer: bytes, user: UsmUser) -> tuple[bytes, bytes, snmp.Pdu]:
    """Return context and PDU of what we answered, having verified it as its reader would."""
    envelope, parameters = unsigned(answer)
    assert (parameters.engine_id, parameters.boots, parameters.time) == (OWN_ENGINE_ID, 7, 1000)
    start, stop = envelope.scoped_start, envelope.scoped_stop
    if user.auth:
        verify_mac(answer, parameters, user.auth, user.auth_key(OWN_ENGINE_ID))
    assert envelope.encrypted is bool(envelope.flags & 2)
    if envelope.encrypted:
        answer = decrypt_scoped(answer[start:stop], parameters, user.priv, user.priv_key(OWN_ENGINE_ID))
        start, stop = 0, len(answer)
    return read_scoped(answer, start, stop)


def reported(got: Received, signed_by: UsmUser = OPEN, msg_id: int = 41) -> tuple[ReportKind, int, int]:
    """Return kind, request-id and counter of a Report, which must be as protected as that user is."""
    envelope, parameters = unsigned(got.reply)
    assert (envelope.msg_id, envelope.flags) == (msg_id, 1 if signed_by.auth else 0)
    assert parameters.user_name == (signed_by.name.encode() if signed_by.auth else b"")
    context_engine_id, context_name, pdu = opened(got.reply, signed_by)
    assert (context_engine_id, context_name, pdu.type) == (OWN_ENGINE_ID, b"", PduType.REPORT)
    [(oid, tag, count)] = pdu.varbinds
    assert tag == snmp.COUNTER32
    [kind] = [each for each in ReportKind if each is not ReportKind.OTHER and report_oid(each) == oid]
    return kind, pdu.request_id, ber.decode_unsigned32(count)


# ---- traps


@by_user
def test_trap(user):
    """A trap of an engine that nobody registered is taken at its user's level, and not answered."""
    got = hear(Device(user))
    assert (got.record.trap_oid, got.record.varbinds, got.record.inform) == (TUNNEL_STOP, [ACTIVE_TIME], False)
    principal = got.record.principal
    assert (principal.version, principal.user, principal.level) == (snmp.VERSION_3, user.name, LEVELS[user.name])
    assert (principal.engine_id, principal.context_engine_id) == (ROUTER, ROUTER)
    assert (principal.context_name, principal.community) == (b"vrf-one", None)
    assert (got.reason, got.reply) == (None, None)


def test_engines_are_remembered_once_they_are_verified():
    """Each pair of engine and user once; of those that sign nothing, none."""
    receiver = receiver_of()
    for user, engine_id in (
        (OPEN, ROUTER),
        (SECRET, ROUTER),
        (SECRET, ROUTER),
        (SIGNED, ROUTER),
        (SECRET, OTHER_ROUTER),
    ):
        assert hear(Device(user, engine_id), receiver).record
    assert receiver.remembered_engines == 3


def test_strangers_are_not_remembered():
    """A thousand engines that somebody made up leave no trace."""
    receiver, stranger = receiver_of(), UsmUser("signed", AuthProtocol.SHA256, b"a-guess")
    for number in range(1000):
        got = hear(Device(stranger, number.to_bytes(8, "big")), receiver)
        assert (got.reason, got.reply) == (DropReason.WRONG_DIGEST, None)
    assert receiver.remembered_engines == 0


def test_engine_limit():
    """The engine too many is refused by name, and those before it are still heard."""
    receiver = receiver_of(limits=EngineLimits(engines=1))
    assert hear(Device(), receiver).record
    got = hear(Device(engine_id=OTHER_ROUTER), receiver)
    assert (got.reason, got.record, got.reply) == (DropReason.ENGINE_LIMIT, None, None)
    assert OTHER_ROUTER.hex() in got.detail
    assert hear(Device(), receiver).record


def test_engine_limit_of_a_source():
    """The source address is what the first limit is about."""
    receiver = receiver_of(limits=EngineLimits(engines_per_source=1))
    assert hear(Device(), receiver).record
    assert hear(Device(engine_id=OTHER_ROUTER), receiver).reason is DropReason.ENGINE_LIMIT
    assert hear(Device(engine_id=OTHER_ROUTER), receiver, source="192.0.2.10").record


def test_pinned_user():
    """A user who is bound to one engine is not heard from another."""
    receiver = receiver_of(TrapUser(SECRET, ROUTER))
    assert hear(Device(), receiver).record
    assert hear(Device(engine_id=OTHER_ROUTER), receiver).reason is DropReason.UNEXPECTED_ENGINE
    assert hear(inform(), receiver).reason is DropReason.UNEXPECTED_ENGINE


def test_localized_keys():
    """Keys that were localized elsewhere serve as the passphrases do, for traps and, with our engine, informs."""
    for engine_id, device in ((ROUTER, Device()), (OWN_ENGINE_ID, inform())):
        keys = SECRET.auth_key(engine_id), SECRET.priv_key(engine_id)
        user = UsmUser.from_keys("secret", AuthProtocol.SHA256, keys[0], PrivProtocol.AES, keys[1])
        assert hear(device, receiver_of(TrapUser(user, engine_id))).record


@pytest.mark.parametrize(
    ("later", "boots", "time", "heard"),
    [
        (0, 3, 900, True),
        (0, 3, 751, True),
        (0, 3, 749, False),
        (200, 3, 900, False),
        (200, 3, 960, True),
        (0, 2, 100000, False),
        (0, 4, 0, True),
        (0, MAX_BOOTS, 0, False),
    ],
)
def test_replay_window(later, boots, time, heard):
    """The first message sets an engine's boots and time; what lies 150 seconds behind is not heard any more."""
    receiver = receiver_of()
    assert hear(Device(), receiver).record
    got = hear(Device(boots=boots, time=time), receiver, NOW + later)
    assert (got.record is not None, got.reason) == ((True, None) if heard else (False, DropReason.NOT_IN_TIME_WINDOW))
    assert got.reply is None


def test_only_what_is_verified_sets_the_clock():
    """A forger cannot make the engine's own messages late."""
    receiver, forger = receiver_of(), UsmUser("secret", AuthProtocol.SHA256, b"a-guess", PrivProtocol.AES, b"a-guess")
    assert hear(Device(), receiver).record
    assert hear(Device(forger, boots=2**30), receiver).reason is DropReason.WRONG_DIGEST
    assert hear(Device(), receiver).record


def test_trap_in_our_own_name():
    """Who takes our engine for his is held to our clock."""
    assert hear(replace(inform(), pdu=pdu_of())).record
    assert hear(replace(inform(), pdu=pdu_of(), time=800)).reason is DropReason.NOT_IN_TIME_WINDOW


def test_trap_that_asks_for_reports():
    """A trap is heard although its sender set a flag that no trap has."""
    assert hear(Device(flags=REPORTABLE_FLAG)).record.trap_oid == TUNNEL_STOP


# ---- what is dropped


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        (Device(UsmUser("nobody")), DropReason.UNKNOWN_USER),
        (Device(UsmUser("secret")), DropReason.UNSUPPORTED_SECURITY_LEVEL),
        (Device(UsmUser("secret", SECRET.auth, SECRET.auth_secret)), DropReason.UNSUPPORTED_SECURITY_LEVEL),
        (Device(replace(SECRET, name="open")), DropReason.UNSUPPORTED_SECURITY_LEVEL),
        (Device(replace(SECRET, auth_secret=b"a-guess")), DropReason.WRONG_DIGEST),
        (Device(replace(SECRET, auth=AuthProtocol.SHA)), DropReason.WRONG_DIGEST),
        (Device(replace(SECRET, priv_secret=b"a-guess")), DropReason.DECRYPTION),
        (Device(DES, scoped=b"\x30\x00"), DropReason.DECRYPTION),
        (Device(pdu=pdu_of(PduType.RESPONSE)), DropReason.NOT_A_NOTIFICATION),
        (Device(pdu=pdu_of(varbinds=[ACTIVE_TIME])), DropReason.MALFORMED),
        (Device(SIGNED, scoped=b"\x30\x00"), DropReason.MALFORMED),
        (Device(pdu=pdu_of(PduType.INFORM)), DropReason.UNKNOWN_ENGINE),
        (Device(OPEN, engine_id=b""), DropReason.UNKNOWN_ENGINE),
    ],
)
def test_dropped(device, reason):
    """Each way in which a message is not ours to take has a name, and who asks no Report gets none."""
    got = hear(device)
    assert (got.record, got.reason, got.reply) == (None, reason, None)
    assert got.detail
    assert "a-guess" not in repr(got)


def test_other_security_models():
    """What USM does not protect is not for us; nor is a message whose flags contradict it."""
    parameters, scoped = encode_parameters(ROUTER, 1, 1, user_name=b"open"), ber.encode_tlv(ber.SEQUENCE, b"")
    for flags, model in ((REPORTABLE_FLAG, 4), (REPORTABLE_FLAG | 2, 3), (REPORTABLE_FLAG | 3, 3)):
        data = snmp.encode_v3_message(1, flags, model, parameters, scoped)
        got = receiver_of().receive(data, SOURCE, NOW)
        assert (got.reason, got.reply) == (DropReason.MALFORMED, None)


# ---- informs


@by_user
def test_inform(user):
    """An inform is answered by what it said, in its context, as protected as it was."""
    device = inform(user)
    got = hear(device)
    assert (got.record.inform, got.record.request_id, got.record.varbinds) == (True, 99, [ACTIVE_TIME])
    assert (got.record.principal.engine_id, got.record.principal.context_engine_id) == (OWN_ENGINE_ID, ROUTER)
    envelope, parameters = unsigned(got.reply)
    assert (envelope.msg_id, envelope.flags) == (41, unsigned(device.message())[0].flags & ~REPORTABLE_FLAG)
    assert parameters.user_name == user.name.encode()
    response = snmp.Pdu(PduType.RESPONSE, 99, 0, 0, list(STOPPED))
    assert opened(got.reply, user) == (ROUTER, b"vrf-one", response)
    assert len(got.reply) <= len(device.message()) + 16


def test_salts_differ():
    """No two answers are encrypted with the same salt."""
    receiver = receiver_of()
    salts = [unsigned(hear(inform(), receiver).reply)[1].salt for _ in range(3)]
    assert salts == [b"\xff" * 8, bytes(8), bytes(7) + b"\1"]


@by_user
def test_inform_whose_answer_is_too_long(user):
    """A sender that takes only small messages is told so, not sent a large one (RFC 3416 §4.2.7)."""
    varbinds = (*STOPPED, (b"\x2b\x06", snmp.OCTET_STRING, bytes(1000)))
    data = inform(user, pdu=pdu_of(PduType.INFORM, varbinds)).message()
    assert hear_small(data, user, 2000) == snmp.Pdu(PduType.RESPONSE, 99, 0, 0, list(varbinds))
    assert hear_small(data, user, 484) == snmp.Pdu(PduType.RESPONSE, 99, 1, 0, [])


def hear_small(data: bytes, user: UsmUser, size: int) -> snmp.Pdu:
    """Return the answer to an inform whose sender says that it takes messages of this size only."""
    place = data.index(b"\x02\x03\x00\xff\xe3")
    small = data[:place] + b"\x02\x03\x00" + size.to_bytes(2, "big") + data[place + 5 :]
    if user.auth:
        small = signed_again(small, user)
    return opened(receiver_of().receive(small, SOURCE, NOW).reply, user)[2]


def signed_again(data: bytes, user: UsmUser) -> bytes:
    _, parameters = unsigned(data)
    start, stop = parameters.mac_start, parameters.mac_stop
    blank = data[:start] + bytes(stop - start) + data[stop:]
    return data[:start] + usm_crypto.mac(user.auth, user.auth_key(OWN_ENGINE_ID), blank) + data[stop:]


def test_inform_to_another_engine():
    """An inform to the engine that we were before is not taken; its sender learns who we are."""
    got = hear(inform(engine_id=OTHER_ROUTER))
    assert (got.record, got.reason) == (None, DropReason.UNKNOWN_ENGINE)
    assert reported(got) == (ReportKind.UNKNOWN_ENGINE_IDS, 0, 1)


def test_session_of_our_own():
    """The poller's session discovers this engine as it does an agent, and believes its answer."""
    receiver, session = receiver_of(), UsmSession(SECRET, salt=1)
    session.decode(receiver.receive(session.discovery_message(1, NOW), SOURCE, NOW).reply, NOW)
    assert (session.ready, session.engine_id) == (True, OWN_ENGINE_ID)
    data = session.encode(pdu_of(PduType.INFORM), msg_id=3, now=NOW)
    reply = receiver.receive(data, SOURCE, NOW).reply
    scoped = session.decode(reply, NOW)
    assert (scoped.authenticated, scoped.pdu.varbinds) == (True, list(STOPPED))


# ---- reports


@pytest.mark.parametrize(
    ("device", "reason", "kind", "request_id"),
    [
        (inform(OPEN, engine_id=b""), DropReason.DISCOVERY, ReportKind.UNKNOWN_ENGINE_IDS, 99),
        (inform(UsmUser("nobody")), DropReason.UNKNOWN_USER, ReportKind.UNKNOWN_USER_NAMES, 99),
        (inform(replace(OPEN, name="x" * 32)), DropReason.UNKNOWN_USER, ReportKind.UNKNOWN_USER_NAMES, 99),
        (
            inform(UsmUser("secret")),
            DropReason.UNSUPPORTED_SECURITY_LEVEL,
            ReportKind.UNSUPPORTED_SEC_LEVELS,
            99,
        ),
        (inform(replace(SIGNED, auth_secret=b"a-guess")), DropReason.WRONG_DIGEST, ReportKind.WRONG_DIGESTS, 99),
        (inform(replace(SECRET, auth_secret=b"a-guess")), DropReason.WRONG_DIGEST, ReportKind.WRONG_DIGESTS, 0),
        (inform(replace(SECRET, priv_secret=b"a-guess")), DropReason.DECRYPTION, ReportKind.DECRYPTION_ERRORS, 0),
        (
            inform(replace(SECRET, auth_secret=b"a-guess"), engine_id=OTHER_ROUTER),
            DropReason.WRONG_DIGEST,
            ReportKind.UNKNOWN_ENGINE_IDS,
            0,
        ),
    ],
)
def test_reports(device, reason, kind, request_id):
    """Who asks for a Report is told what RFC 3414 says, in a small message that nobody signed."""
    got = hear(device)
    assert (got.record, got.reason) == (None, reason)
    assert reported(got) == (kind, request_id, 1)
    assert len(got.reply) <= 120


@pytest.mark.parametrize(
    ("boots", "time", "reason"),
    [
        (0, 0, DropReason.DISCOVERY),
        (7, 849, DropReason.NOT_IN_TIME_WINDOW),
        (7, 1151, DropReason.NOT_IN_TIME_WINDOW),
        (6, 1000, DropReason.NOT_IN_TIME_WINDOW),
        (0, 1000, DropReason.NOT_IN_TIME_WINDOW),
    ],
)
@pytest.mark.parametrize("user", [SIGNED, SECRET, DES], ids=lambda user: user.name)
def test_time_is_told_signed(user, boots, time, reason):
    """Who has shown the secret but not the time is told the time, in a way that he can verify."""
    got = hear(inform(user, boots=boots, time=time))
    assert (got.record, got.reason) == (None, reason)
    assert f"boots {boots}, time {time}" in got.detail
    kind, _, count = reported(got, signed_by=user)
    assert (kind, count) == (ReportKind.NOT_IN_TIME_WINDOWS, 1)


def test_reports_count():
    """Each Report shows its own counter, as the MIB has it."""
    receiver = receiver_of()
    nobody, lower = inform(UsmUser("nobody")), inform(UsmUser("secret"))
    assert [reported(hear(device, receiver))[2] for device in (nobody, lower, nobody, nobody)] == [1, 1, 2, 3]


@pytest.mark.parametrize(
    "scoped",
    [
        b"\x30\x00",
        ber.encode_tlv(0x30, ber.encode_octets(b"") * 2),
        ber.encode_tlv(0x30, ber.encode_octets(b"") * 2 + ber.encode_tlv(0xA6, b"")),
        ber.encode_tlv(0x30, ber.encode_octets(b"") * 2 + ber.encode_tlv(0xA6, b"\x02\x05\x01\0\0\0\0")),
        ber.encode_tlv(0x30, ber.encode_octets(b"") * 2 + ber.encode_tlv(0xA6, b"\x02\x05\xff\0\0\0\0")),
        ber.encode_tlv(0x30, ber.encode_octets(b"") * 2 + ber.encode_tlv(0xA4, b"\x06\x01\x2b")),
    ],
)
def test_report_on_what_cannot_be_read(scoped):
    """A discovery whose PDU is garbage is answered none the less, by a Report for no request."""
    got = hear(inform(OPEN, engine_id=b"", scoped=scoped))
    assert reported(got) == (ReportKind.UNKNOWN_ENGINE_IDS, 0, 1)


def test_nothing_to_report():
    """A message that is ours and says nothing that can be taken is dropped in silence."""
    for pdu in (pdu_of(PduType.RESPONSE), pdu_of(PduType.INFORM, varbinds=[])):
        got = hear(inform(pdu=pdu))
        assert (got.record, got.reply) == (None, None)
    assert hear(inform(pdu=snmp.encode_request(PduType.GET, 1, []))).reason is DropReason.NOT_A_NOTIFICATION


def test_reports_do_not_grow():
    """A Report is as long for a large datagram as for a small one."""
    sizes = set()
    for octets in (0, 100, 60_000):
        varbinds = (TRAP_OID, (b"\x2b", snmp.OCTET_STRING, bytes(octets)))
        sizes.add(len(hear(inform(UsmUser("nobody"), pdu=pdu_of(PduType.INFORM, varbinds))).reply))
    assert len(sizes) == 1


def test_keys_here_are_made_once():
    """Informs of one user use the keys that its first one made."""
    receiver = receiver_of()
    first = receiver._usm._keys_here(receiver._usm._users.find(b"secret", OWN_ENGINE_ID))
    assert hear(inform(), receiver).record
    assert receiver._usm._keys_here(receiver._usm._users.find(b"secret", OWN_ENGINE_ID)) is first
    assert first == (SECRET.auth_key(OWN_ENGINE_ID), SECRET.priv_key(OWN_ENGINE_ID))


def test_our_own_engine_is_not_among_the_remembered():
    """Informs take nobody's place."""
    receiver = receiver_of(limits=EngineLimits(engines=0))
    assert hear(inform(), receiver).record
    assert receiver.remembered_engines == 0


def test_own_time_goes_on():
    """What was timely at the start is a replay later, in this life and in the next."""
    data = inform().message()
    receiver = receiver_of()
    assert receiver.receive(data, SOURCE, NOW + 150).record
    assert receiver.receive(data, SOURCE, NOW + 151).reason is DropReason.NOT_IN_TIME_WINDOW
    again = Receiver(
        communities=[], users=[TrapUser(SECRET)], engine=OwnEngine(OWN_ENGINE_ID, 8, NOW - 1000), salt=iter([1])
    )
    assert again.receive(data, SOURCE, NOW).reason is DropReason.NOT_IN_TIME_WINDOW
