"""A session against an engine whose every octet the test decides, by a clock that the test moves."""

from dataclasses import dataclass, field, replace

import pytest

from collector.errors import WireError
from collector.wire import ber, snmp, usm_crypto
from collector.wire.snmp import PduType
from collector.wire.usm import (
    AuthProtocol,
    DecryptionError,
    NotInTimeWindowError,
    PrivProtocol,
    ReportKind,
    UnknownEngineIdError,
    UnknownUserNameError,
    UnsupportedSecurityLevelError,
    UsmError,
    UsmSession,
    UsmUser,
    WrongDigestError,
)
from collector.wire.usm_message import decode_parameters, encode_parameters
from collector.wire.usm_protection import decrypt_scoped

NOW = 5000.0
ENGINE_ID = bytes.fromhex("80001f8804746573742d656e67696e65")
OTHER_ENGINE_ID = bytes.fromhex("8000000903001122334455")
OID = ber.oid("1.3.6.1.2.1.1.3.0")
OPEN = UsmUser("open")
SIGNED = UsmUser("signed", AuthProtocol.SHA256, b"auth-secret")
SECRET = UsmUser("secret", AuthProtocol.SHA256, b"auth-secret", PrivProtocol.AES, b"priv-secret")
DES = UsmUser("des", AuthProtocol.MD5, b"auth-secret", PrivProtocol.DES, b"priv-secret")
UNKNOWN_ENGINE_IDS = "1.3.6.1.6.3.15.1.1.4.0"
NOT_IN_TIME_WINDOWS = "1.3.6.1.6.3.15.1.1.2.0"
UNKNOWN_USER_NAMES = "1.3.6.1.6.3.15.1.1.3.0"


def pdu_of(kind: int = PduType.RESPONSE, oid: bytes = OID, request_id: int = 7) -> bytes:
    varbind = ber.encode_tlv(ber.SEQUENCE, ber.encode_tlv(6, oid) + ber.encode_tlv(snmp.TIMETICKS, b"\x2a"))
    numbers = ber.encode_integer(request_id) + ber.encode_integer(0) * 2
    return ber.encode_tlv(kind, numbers + ber.encode_tlv(ber.SEQUENCE, varbind))


@dataclass(frozen=True)
class Engine:
    """An authoritative engine, as honest as the test wants it; `level` is msgFlags."""

    user: UsmUser = SECRET
    level: int = 3
    engine_id: bytes = ENGINE_ID
    boots: int = 5
    time: int = 900
    pdu: bytes = field(default_factory=pdu_of)
    context_engine_id: bytes = ENGINE_ID
    context_name: bytes = b"vrf-1"
    user_name: bytes | None = None
    salt: bytes = b"saltsalt"
    security_model: int = 3
    scoped: bytes | None = None
    data: bytes | None = None
    mac_octets: int | None = None

    def message(self) -> bytes:
        context = ber.encode_octets(self.context_engine_id) + ber.encode_octets(self.context_name)
        data = ber.encode_tlv(ber.SEQUENCE, context + self.pdu) if self.scoped is None else self.scoped
        if self.level & 2:
            key = self.user.priv_key(self.engine_id)
            nonce = usm_crypto.nonce(self.boots, self.time, self.salt)
            data = ber.encode_octets(usm_crypto.encrypt(self.user.priv, key, nonce, data))
        data = data if self.data is None else self.data
        salt = self.salt if self.level & 2 else b""
        blank = bytes(self.mac_size)
        name = self.user.name.encode() if self.user_name is None else self.user_name
        parameters = encode_parameters(self.engine_id, self.boots, self.time, user_name=name, mac=blank, salt=salt)
        message = snmp.encode_v3_message(1, self.level, self.security_model, parameters, data)
        if not self.level & 1:
            return message
        place = decode_parameters(message, snmp.decode_v3_message(message))
        mac = usm_crypto.mac(self.user.auth, self.user.auth_key(self.engine_id), message)[: self.mac_size].ljust(
            self.mac_size
        )
        return message[: place.mac_start] + mac + message[place.mac_stop :]

    @property
    def mac_size(self) -> int:
        if self.mac_octets is not None:
            return self.mac_octets
        return self.user.auth.mac_octets if self.level & 1 else 0


def report(oid: str, user: UsmUser = SECRET, level: int = 0, **changes) -> bytes:
    return Engine(user, level, pdu=pdu_of(PduType.REPORT, ber.oid(oid)), **changes).message()


def session_of(user: UsmUser = SECRET, **arguments) -> UsmSession:
    """A session that knows the engine and has not yet had a signed message."""
    session = UsmSession(user, salt=0x1122334455667788, **arguments)
    session.decode(report(UNKNOWN_ENGINE_IDS, user, user_name=b""), NOW)
    assert session.ready
    return session


def open_request(message: bytes, user: UsmUser, engine_id: bytes = ENGINE_ID):
    """Return envelope, parameters and plain scoped PDU (element) of a request, having checked its MAC."""
    envelope = snmp.decode_v3_message(message)
    parameters = decode_parameters(message, envelope)
    data = message[envelope.scoped_start : envelope.scoped_stop]
    if user.auth:
        start, stop = parameters.mac_start, parameters.mac_stop
        blank = message[:start] + bytes(stop - start) + message[stop:]
        assert message[start:stop] == usm_crypto.mac(user.auth, user.auth_key(engine_id), blank)
    if not user.priv:
        return envelope, parameters, ber.encode_tlv(ber.SEQUENCE, data)
    nonce = usm_crypto.nonce(parameters.boots, parameters.time, parameters.salt)
    return envelope, parameters, usm_crypto.decrypt(user.priv, user.priv_key(engine_id), nonce, data)


# ---- requests


def test_discovery_message():
    """Discovery is an unsigned, reportable GET of nothing, from nobody to any engine."""
    message = UsmSession(SECRET, salt=0).discovery_message(1, NOW)
    assert message.hex() == (
        "3038020103300e020101020300ffe3040104020103"
        "0410300e0400020100020100040004000400"
        "301104000400a00b0201010201000201003000"
    )  # fmt: skip


@pytest.mark.parametrize(("user", "flags"), [(OPEN, 4), (SIGNED, 5), (SECRET, 7), (DES, 7)])
def test_request(user, flags):
    """A request carries its PDU and context at the level that its user has, signed and encrypted accordingly."""
    pdu = snmp.encode_request(PduType.GET, 7, [OID])
    message = session_of(user).encode(pdu, msg_id=99, context_name=b"vrf-1", now=NOW + 10)
    envelope, parameters, scoped = open_request(message, user)
    assert (envelope.msg_id, envelope.flags, envelope.security_model) == (99, flags, 3)
    assert envelope.max_size == 65507
    assert (parameters.engine_id, parameters.user_name) == (ENGINE_ID, user.name.encode())
    expected = ber.encode_tlv(ber.SEQUENCE, ber.encode_octets(ENGINE_ID) + ber.encode_octets(b"vrf-1") + pdu)
    assert scoped.startswith(expected)
    assert len(scoped) - len(expected) < 8


@pytest.mark.parametrize(("user", "expected"), [(OPEN, (0, 0)), (SIGNED, (5, 910)), (SECRET, (5, 910))])
def test_request_has_the_engines_time(user, expected):
    """A signed request says boots and time as the engine's clock has gone on; an unsigned one says zeros."""
    message = session_of(user).encode(pdu_of(), msg_id=1, now=NOW + 10)
    parameters = decode_parameters(message, snmp.decode_v3_message(message))
    assert (parameters.boots, parameters.time) == expected


def test_salts_are_never_used_twice():
    """Salts count up from the number that the session was given, and go on after 2^64."""
    session = session_of()
    session._salts = UsmSession(SECRET, salt=2**64 - 2)._salts
    salts = [open_request(session.encode(pdu_of(), msg_id=n, now=NOW), SECRET)[1].salt for n in range(4)]
    assert salts == [b"\xff" * 7 + b"\xfe", b"\xff" * 8, bytes(8), bytes(7) + b"\1"]


def test_sessions_can_share_salts():
    """Several contexts of one engine have one key, and may count their salts together."""
    salts = iter(range(10, 20))
    sessions = [session_of(), session_of()]
    for session in sessions:
        session._salts = UsmSession(SECRET, salt=salts)._salts
    used = [open_request(session.encode(pdu_of(), msg_id=1, now=NOW), SECRET)[1].salt[-1] for session in sessions * 2]
    assert used == [10, 11, 12, 13]


def test_no_request_without_engine():
    """Keys belong to an engine: nothing but discovery can be encoded before it is known."""
    session = UsmSession(SECRET, salt=0)
    assert not session.ready
    with pytest.raises(UnknownEngineIdError, match="not discovered"):
        session.encode(pdu_of(), msg_id=1, now=NOW)


def test_context_engine_id():
    """A proxy is asked for the contexts of another engine, and answers for it."""
    session = session_of(context_engine_id=OTHER_ENGINE_ID)
    _, _, scoped = open_request(session.encode(pdu_of(), msg_id=1, now=NOW), SECRET)
    assert scoped[2:].startswith(ber.encode_octets(OTHER_ENGINE_ID))
    assert session.decode(Engine(context_engine_id=OTHER_ENGINE_ID).message(), NOW).context_engine_id == OTHER_ENGINE_ID
    with pytest.raises(UnknownEngineIdError, match="context engine 80001f88"):
        session.decode(Engine().message(), NOW)


# ---- responses


@pytest.mark.parametrize(("user", "level"), [(OPEN, 0), (SIGNED, 1), (SECRET, 3), (DES, 3)])
def test_response(user, level):
    """A response at the level of its request is opened."""
    scoped = session_of(user).decode(Engine(user, level).message(), NOW)
    assert (scoped.msg_id, scoped.context_engine_id, scoped.context_name) == (1, ENGINE_ID, b"vrf-1")
    assert (scoped.authenticated, scoped.report) == (level != 0, None)
    assert scoped.pdu == snmp.decode_pdu(pdu_of())


@pytest.mark.parametrize("flags", [0x04, 0x08, 0xF8])
def test_flags_without_meaning(flags):
    """Bits of msgFlags other than those of the level do not matter."""
    assert session_of().decode(Engine(level=3 | flags).message(), NOW).authenticated


@pytest.mark.parametrize(
    ("user", "level"), [(SIGNED, 0), (SECRET, 0), (SECRET, 1)], ids=["auth to none", "priv to none", "priv to auth"]
)
def test_response_below_its_request(user, level):
    """An answer that is protected less than it was asked for is refused, though every octet of it be right."""
    with pytest.raises(UnsupportedSecurityLevelError, match="less than its request"):
        session_of(user).decode(Engine(user, level).message(), NOW)


@pytest.mark.parametrize(("user", "level"), [(OPEN, 1), (OPEN, 3), (SIGNED, 3)])
def test_level_that_the_user_does_not_have(user, level):
    """What the user has no key for cannot be checked, and is refused."""
    with pytest.raises(UnsupportedSecurityLevelError, match="cannot check"):
        session_of(user).decode(Engine(replace(SECRET, name=user.name), level).message(), NOW)


@pytest.mark.parametrize(
    "engine",
    [
        Engine(level=2),
        Engine(level=3, data=ber.encode_tlv(ber.SEQUENCE, b"")),
        Engine(level=1, data=ber.encode_octets(b"x" * 50)),
        Engine(level=0, data=ber.encode_octets(b"x" * 50)),
        Engine(security_model=2),
    ],
    ids=["privacy without authentication", "plain but flagged", "encrypted unflagged", "encrypted unsigned", "model"],
)
def test_contradictions(engine):
    """Flags that contradict the data, and other security models, make no message of USM."""
    with pytest.raises(WireError, match="contradict"):
        session_of().decode(engine.message(), NOW)


def test_wrong_mac():
    """A message that was signed with another secret is refused."""
    impostor = replace(SECRET, auth_secret=b"other-secret")
    with pytest.raises(WrongDigestError):
        session_of().decode(Engine(impostor).message(), NOW)


@pytest.mark.parametrize("mac_octets", [0, 1, 12, 23, 25, 32])
def test_mac_of_another_size(mac_octets):
    """A MAC that is cut, and so easier to guess, is refused whatever it is."""
    with pytest.raises(WrongDigestError, match="size"):
        session_of().decode(Engine(mac_octets=mac_octets).message(), NOW)


@pytest.mark.parametrize("user", [SIGNED, SECRET, DES], ids=lambda user: user.name)
def test_every_bit_is_signed(user):
    """No bit of a message can be turned without its being refused, and nothing is learned from the attempt."""
    session = session_of(user)
    message = Engine(user, 3 if user.priv else 1).message()
    for position in range(len(message) * 8):
        forged = bytearray(message)
        forged[position // 8] ^= 1 << position % 8
        with pytest.raises(WireError):
            session.decode(bytes(forged), NOW)
        assert not session._clock.synchronized
        assert session.engine_id == ENGINE_ID
    assert session.decode(message, NOW).authenticated


def test_mac_is_checked_before_decryption():
    """Octets that nobody signed do not reach the cipher, whose own error would tell something about them."""
    message = Engine(DES, data=ber.encode_octets(b"abc")).message()
    with pytest.raises(DecryptionError):
        session_of(DES).decode(message, NOW)
    with pytest.raises(WrongDigestError):
        session_of(DES).decode(message[:-1] + b"d", NOW)


@pytest.mark.parametrize("user", [SECRET, DES], ids=lambda user: user.name)
def test_wrong_privacy_secret(user):
    """What another key encrypted opens to nonsense, and that is named."""
    other = Engine(replace(user, priv_secret=b"other-secret"))
    with pytest.raises(DecryptionError, match="no scoped PDU"):
        session_of(user).decode(other.message(), NOW)


@pytest.mark.parametrize(
    "engine",
    [
        Engine(scoped=b""),
        Engine(scoped=b"\x30\x00"),
        Engine(scoped=b"\x30\x7f\x04\x00\x04\x00"),
        Engine(scoped=ber.encode_tlv(ber.SEQUENCE, b"\x02\x01\x00")),
        Engine(DES, data=ber.encode_octets(b"x" * 15)),
    ],
    ids=lambda engine: (engine.scoped or engine.data or b"").hex(),
)
def test_malformed_scoped_pdu(engine):
    """A signed message whose encrypted part opens to no scoped PDU is a decryption error."""
    with pytest.raises(DecryptionError):
        session_of(engine.user).decode(engine.message(), NOW)


@pytest.mark.parametrize("salt", [b"", b"saltsal", b"saltsalts"])
def test_salt_of_another_size(salt):
    """A salt has 8 octets, or there is no decryption."""
    engine = Engine()
    parameters = encode_parameters(ENGINE_ID, 5, 900, user_name=b"secret", mac=bytes(24), salt=salt)
    message = snmp.encode_v3_message(1, 3, 3, parameters, ber.encode_octets(bytes(40)))
    place = decode_parameters(message, snmp.decode_v3_message(message))
    mac = usm_crypto.mac(SECRET.auth, SECRET.auth_key(ENGINE_ID), message)
    with pytest.raises(DecryptionError, match="salt"):
        session_of(engine.user).decode(message[: place.mac_start] + mac + message[place.mac_stop :], NOW)


def test_malformed_pdu_is_no_decryption_error():
    """A scoped PDU that was opened, but holds a broken PDU, is a fault of the agent, not of the secret."""
    with pytest.raises(WireError) as caught:
        session_of().decode(Engine(pdu=b"\xa2\x03\x02\x01\x01").message(), NOW)
    assert not isinstance(caught.value, UsmError)


def test_padding_of_other_senders():
    """Octets behind the encrypted scoped PDU are padding, with AES too: some senders pad there."""
    context = ber.encode_octets(ENGINE_ID) + ber.encode_octets(b"")
    scoped = ber.encode_tlv(ber.SEQUENCE, context + pdu_of()) + b"\x07" * 7
    for user in (SECRET, DES):
        assert session_of(user).decode(Engine(user, scoped=scoped).message(), NOW).pdu.request_id == 7


def test_octets_behind_a_plain_pdu():
    """Where nothing is encrypted, nothing is padded."""
    with pytest.raises(WireError):
        session_of(SIGNED).decode(Engine(SIGNED, 1, pdu=pdu_of() + b"\0").message(), NOW)


@pytest.mark.parametrize(("user", "level"), [(OPEN, 0), (SIGNED, 1), (SECRET, 3)])
def test_response_from_another_engine(user, level):
    """An answer from an engine that was not asked is refused, signed or not."""
    engine = Engine(user, level, engine_id=OTHER_ENGINE_ID)
    with pytest.raises(UnknownEngineIdError, match="80000009"):
        session_of(user).decode(engine.message(), NOW)
    with pytest.raises(UnknownEngineIdError, match="without ID"):
        session_of(user).decode(replace(engine, engine_id=b"").message(), NOW)


@pytest.mark.parametrize(("user", "level"), [(OPEN, 0), (SIGNED, 1), (SECRET, 3)])
def test_response_for_another_user(user, level):
    """An answer to somebody else is refused, signed or not."""
    with pytest.raises(UnknownUserNameError):
        session_of(user).decode(Engine(user, level, user_name=b"somebody").message(), NOW)


def test_response_before_discovery():
    """Nothing but a Report can come from an engine that is not known."""
    for user, level in ((OPEN, 0), (SECRET, 3)):
        with pytest.raises(UnknownEngineIdError):
            UsmSession(user, salt=0).decode(Engine(user, level).message(), NOW)
        with pytest.raises(UnknownEngineIdError):
            UsmSession(user, salt=0).decode(Engine(user, level, engine_id=b"").message(), NOW)


@pytest.mark.parametrize("kind", sorted(set(PduType) - {PduType.RESPONSE, PduType.REPORT, PduType.TRAP_V1}))
def test_requests_are_no_answers(kind):
    """A session takes responses and reports; requests and notifications, well signed or not, are none."""
    with pytest.raises(WireError, match=f"{kind.name} is no answer"):
        session_of().decode(Engine(pdu=pdu_of(kind)).message(), NOW)


@pytest.mark.parametrize("user", [OPEN, SIGNED, SECRET, DES], ids=lambda user: user.name)
def test_truncated_at_every_offset(user):
    """No beginning of a message is a message."""
    session = session_of(user)
    message = Engine(user, {"open": 0, "signed": 1}.get(user.name, 3)).message()
    for size in range(len(message)):
        with pytest.raises(WireError):
            session.decode(message[:size], NOW)
    with pytest.raises(WireError):
        session.decode(message + b"\0", NOW)


# ---- time


def test_replay_is_refused():
    """A message that was good is refused once it is more than 150 s older than the newest."""
    session = session_of()
    old = Engine(time=900).message()
    session.decode(old, NOW)
    session.decode(Engine(time=1051).message(), NOW + 151)
    with pytest.raises(NotInTimeWindowError, match="boots 5, time 900"):
        session.decode(old, NOW + 151)


def test_replay_from_before_a_restart_is_refused():
    """Fewer boots than the engine has shown are never timely."""
    session = session_of()
    session.decode(Engine(boots=6, time=3).message(), NOW)
    with pytest.raises(NotInTimeWindowError):
        session.decode(Engine(boots=5, time=900).message(), NOW)


def test_latched_boots():
    """From an engine whose boots have run out, nothing is timely (RFC 3414 §2.2.3)."""
    with pytest.raises(NotInTimeWindowError):
        session_of().decode(Engine(boots=2**31 - 1, time=900).message(), NOW)


def test_time_is_learned_from_responses_only_if_signed():
    """An unsigned response moves no clock."""
    session = session_of(OPEN)
    session.decode(Engine(OPEN, 0, boots=77).message(), NOW)
    assert not session._clock.synchronized


def test_reset():
    """After a reset, an engine that lost its boots is found out anew."""
    session = session_of()
    session.decode(Engine(boots=9).message(), NOW)
    with pytest.raises(NotInTimeWindowError):
        session.decode(Engine(boots=1, time=4).message(), NOW)
    session.reset()
    assert (session.ready, session.engine_id) == (False, b"")
    session.decode(report(UNKNOWN_ENGINE_IDS, boots=1, time=4, user_name=b""), NOW)
    assert session.decode(Engine(boots=1, time=4).message(), NOW).authenticated


# ---- reports


def test_discovery():
    """The unsigned Report to a discovery tells the engine ID, and its boots and time as a hint."""
    session = UsmSession(SECRET, salt=0)
    scoped = session.decode(report(UNKNOWN_ENGINE_IDS, user_name=b""), NOW)
    assert (scoped.report, scoped.authenticated) == (ReportKind.UNKNOWN_ENGINE_IDS, False)
    assert (session.engine_id, session.ready) == (ENGINE_ID, True)
    message = session.encode(pdu_of(), msg_id=1, now=NOW + 3)
    assert open_request(message, SECRET)[1].boots == 5
    assert open_request(message, SECRET)[1].time == 903


def test_discovery_in_two_steps():
    """An engine that tells no time unsigned is asked for it by a signed message with zeros."""
    session = UsmSession(SECRET, salt=0)
    session.decode(report(UNKNOWN_ENGINE_IDS, user_name=b"", boots=0, time=0), NOW)
    assert (session.engine_id, session.ready) == (ENGINE_ID, False)
    _, parameters, scoped = open_request(session.discovery_message(2, NOW), SECRET)
    assert (parameters.boots, parameters.time) == (0, 0)
    assert scoped.endswith(snmp.encode_request(PduType.GET, 2, []))
    answer = session.decode(report(NOT_IN_TIME_WINDOWS, level=1), NOW)
    assert (answer.report, answer.authenticated) == (ReportKind.NOT_IN_TIME_WINDOWS, True)
    assert session.ready
    assert open_request(session.encode(pdu_of(), msg_id=3, now=NOW), SECRET)[1].boots == 5


def test_discovery_without_security_takes_one_step():
    """A user without secrets needs no time."""
    session = UsmSession(OPEN, salt=0)
    session.decode(report(UNKNOWN_ENGINE_IDS, OPEN, user_name=b"", boots=0, time=0), NOW)
    assert session.ready


def test_signed_report_resynchronizes():
    """After a restart, the signed Report brings the new boots, and the next request says them."""
    session = session_of()
    session.decode(Engine().message(), NOW)
    session.decode(report(NOT_IN_TIME_WINDOWS, level=1, boots=6, time=2), NOW)
    parameters = open_request(session.encode(pdu_of(), msg_id=1, now=NOW), SECRET)[1]
    assert (parameters.boots, parameters.time) == (6, 2)
    with pytest.raises(NotInTimeWindowError):
        session.decode(Engine(boots=5, time=901).message(), NOW)


def test_unsigned_report_about_time_is_a_hint():
    """What an unsigned Report says of time goes into the next request, but does not narrow what is believed."""
    session = session_of()
    session.decode(Engine().message(), NOW)
    scoped = session.decode(report(NOT_IN_TIME_WINDOWS, boots=2**31 - 1, time=1), NOW)
    assert not scoped.authenticated
    assert open_request(session.encode(pdu_of(), msg_id=1, now=NOW), SECRET)[1].boots == 2**31 - 1
    assert session.decode(Engine(time=901).message(), NOW).authenticated
    assert open_request(session.encode(pdu_of(), msg_id=1, now=NOW), SECRET)[1].boots == 5


def test_signed_report_is_checked_like_any_message():
    """A Report whose MAC is wrong teaches nothing."""
    session = session_of()
    forged = report(NOT_IN_TIME_WINDOWS, replace(SECRET, auth_secret=b"other-secret"), level=1, boots=77)
    with pytest.raises(WrongDigestError):
        session.decode(forged, NOW)
    assert open_request(session.encode(pdu_of(), msg_id=1, now=NOW), SECRET)[1].boots == 5


def test_replaced_engine():
    """Another engine ID in the Report is taken over, with keys of its own and a clock that starts anew."""
    session = session_of()
    session.decode(Engine(boots=9).message(), NOW)
    session.decode(report(UNKNOWN_ENGINE_IDS, engine_id=OTHER_ENGINE_ID, boots=1, time=1), NOW)
    assert session.engine_id == OTHER_ENGINE_ID
    message = session.encode(pdu_of(), msg_id=1, now=NOW)
    assert open_request(message, SECRET, OTHER_ENGINE_ID)[1].engine_id == OTHER_ENGINE_ID
    answer = Engine(engine_id=OTHER_ENGINE_ID, context_engine_id=OTHER_ENGINE_ID, boots=1, time=1)
    assert session.decode(answer.message(), NOW).authenticated


def test_report_of_the_same_engine_keeps_its_clock():
    """An unsigned Report of the known engine ID cannot make the session forget what is believed of its time."""
    session = session_of()
    session.decode(Engine(boots=9).message(), NOW)
    session.decode(report(UNKNOWN_ENGINE_IDS, boots=1, time=1), NOW)
    with pytest.raises(NotInTimeWindowError):
        session.decode(Engine(boots=8).message(), NOW)


def test_report_without_engine_id():
    """A Report that names no engine is told to the caller, and teaches nothing."""
    session = UsmSession(SECRET, salt=0)
    scoped = session.decode(report(UNKNOWN_ENGINE_IDS, engine_id=b"", boots=0, time=0), NOW)
    assert scoped.report is ReportKind.UNKNOWN_ENGINE_IDS
    assert not session.ready
    known = session_of()
    known.decode(report(UNKNOWN_ENGINE_IDS, engine_id=b"", boots=0, time=0), NOW)
    assert known.engine_id == ENGINE_ID


def test_engine_that_refuses_the_empty_user_name():
    """Any Report to a discovery tells the engine ID."""
    session = UsmSession(SECRET, salt=0)
    scoped = session.decode(report(UNKNOWN_USER_NAMES, user_name=b""), NOW)
    assert scoped.report is ReportKind.UNKNOWN_USER_NAMES
    assert session.engine_id == ENGINE_ID


@pytest.mark.parametrize("oid", [UNKNOWN_USER_NAMES, NOT_IN_TIME_WINDOWS, "1.3.6.1.6.3.15.1.1.5.0"])
def test_unsigned_report_of_another_engine(oid):
    """A Report other than unknownEngineIDs has no business to come from another engine."""
    session = session_of()
    with pytest.raises(UnknownEngineIdError, match="report from engine 80000009"):
        session.decode(report(oid, engine_id=OTHER_ENGINE_ID), NOW)
    with pytest.raises(UnknownEngineIdError, match="without ID"):
        session.decode(report(oid, engine_id=b""), NOW)


def test_unsigned_reports_are_told():
    """The reason of a refusal reaches the caller, marked as unsigned."""
    scoped = session_of().decode(report(UNKNOWN_USER_NAMES), NOW)
    assert (scoped.report, scoped.authenticated) == (ReportKind.UNKNOWN_USER_NAMES, False)


def test_encrypted_report():
    """A Report may be protected as the request was."""
    scoped = session_of().decode(report("1.3.6.1.6.3.12.1.5.0", level=3), NOW)
    assert (scoped.report, scoped.authenticated) == (ReportKind.UNKNOWN_CONTEXTS, True)


def test_checks_behind_the_first_check():
    """Were the security level not looked at, a user without keys still could not be made to believe a message."""
    session = session_of(OPEN)
    message = Engine(OPEN, 0).message()
    envelope = snmp.decode_v3_message(message)
    parameters = decode_parameters(message, envelope)
    with pytest.raises(WrongDigestError):
        session._verify(message, parameters, NOW)
    with pytest.raises(DecryptionError, match="without privacy"):
        decrypt_scoped(b"", parameters, None, b"")


def test_every_refusal_is_a_wire_error():
    """A caller that knows WireError knows them all."""
    for refusal in (
        DecryptionError,
        NotInTimeWindowError,
        UnknownEngineIdError,
        UnknownUserNameError,
        UnsupportedSecurityLevelError,
        WrongDigestError,
    ):
        assert issubclass(refusal, UsmError)
        assert issubclass(refusal, WireError)


def test_secrets_are_not_shown():
    """Neither a session nor what it raises tells a secret or a key."""
    session = session_of()
    for key in (session._auth_key, session._priv_key):
        assert key.hex() not in f"{session!r} {session.user!r}"
    assert "auth-secret" not in f"{session!r} {session.user!r}"
