"""USM: what makes an SNMPv3 message ours to send, and what one must show before it is believed.

Nothing is decrypted or taken over before its MAC is verified, but for the engine ID: that can only be learned from a
Report that nobody signed.
Source: RFC 3412 §7, RFC 3414 §3 and §4.
"""

import hmac
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from collector.errors import WireError
from collector.wire import ber, snmp, usm_crypto
from collector.wire.snmp import Pdu, PduType, V3Message
from collector.wire.usm_clock import EngineClock
from collector.wire.usm_keys import AuthProtocol, PrivProtocol, UsmUser
from collector.wire.usm_message import ReportKind, UsmParameters, decode_parameters, encode_parameters, report_kind

__all__ = [
    "AuthProtocol",
    "DecryptionError",
    "NotInTimeWindowError",
    "PrivProtocol",
    "ReportKind",
    "ScopedPdu",
    "UnknownEngineIdError",
    "UnknownUserNameError",
    "UnsupportedSecurityLevelError",
    "UsmError",
    "UsmSession",
    "UsmUser",
    "WrongDigestError",
]

_AUTH_FLAG = 0x01
_PRIV_FLAG = 0x02
_REPORTABLE_FLAG = 0x04
_LEVEL_MASK = _AUTH_FLAG | _PRIV_FLAG
_USM = 3
_SALTS = 2**64


class UsmError(WireError):
    """A well-formed message that USM refuses."""


class UnknownEngineIdError(UsmError):
    """The message is from another engine than the session's, or the session has none yet."""


class UnknownUserNameError(UsmError):
    """The message is for another user."""


class UnsupportedSecurityLevelError(UsmError):
    """The message is protected less than its request was, or in a way that its user cannot check."""


class WrongDigestError(UsmError):
    """The MAC is not what the user's secret makes of the message: forged, damaged, or the secret is wrong."""


class NotInTimeWindowError(UsmError):
    """The MAC is right, but boots or time lie behind those that the engine has shown before.

    Either a replay, or an engine that lost its boots counter in a restart. If the message answers a msgID that is
    outstanding, it is no replay, and `UsmSession.reset` starts over.
    """


class DecryptionError(UsmError):
    """What was decrypted is no scoped PDU: the engine uses another privacy secret or protocol."""


@dataclass(frozen=True, slots=True)
class ScopedPdu:
    """What a message carried: a RESPONSE as protected as its request was, or a REPORT.

    `report` is None for a RESPONSE. A REPORT that is not `authenticated` may come from anyone: it is a reason to send
    again, or what to write into the log when no answer comes, never an answer.
    """

    msg_id: int
    context_engine_id: bytes
    context_name: bytes
    pdu: Pdu
    authenticated: bool
    report: ReportKind | None


class UsmSession:
    """One user at one remote engine: finds the engine out, keeps its time, encodes requests, decodes answers.

    `now` is monotonic seconds in every method. `salt` is where the 64-bit salts come from: a random number to count
    from, or an iterator to share between sessions. Every request needs a msg_id of its own. The caller passes to
    `decode` only what `peek_msg_id` finds outstanding, because decode learns from what it reads, and matches request_id
    afterwards. From a REPORT whose kind `asks_to_resend`, decode has already learned.
    """

    def __init__(self, user: UsmUser, *, salt: Iterator[int] | int, context_engine_id: bytes | None = None) -> None:
        self.user = user
        self._user_name = user.name.encode()
        self._level = (_AUTH_FLAG if user.auth else 0) | (_PRIV_FLAG if user.priv else 0)
        self._salts = itertools.count(salt) if isinstance(salt, int) else salt
        self._asked_context_engine_id = context_engine_id
        self.reset()

    def reset(self) -> None:
        """Forget engine and time, as if the session were new."""
        self.engine_id = b""
        self._auth_key = b""
        self._priv_key = b""
        self._clock = EngineClock()

    @property
    def ready(self) -> bool:
        """Whether a request may be sent without a discovery message before it."""
        return bool(self.engine_id) and (self.user.auth is None or self._clock.known)

    def discovery_message(self, msg_id: int, now: float) -> bytes:
        """Return an empty GET that makes the engine tell its ID or, where that is known, its boots and time.

        The answer goes to `decode` and is a REPORT; `ready` tells whether another discovery message is needed.

        Source: RFC 3414 §4.
        """
        pdu = snmp.encode_request(PduType.GET, msg_id, [])
        if self.engine_id:
            return self.encode(pdu, msg_id=msg_id, now=now)
        scoped = ber.encode_tlv(ber.SEQUENCE, ber.encode_octets(b"") * 2 + pdu)
        parameters = encode_parameters(b"", 0, 0)
        return snmp.encode_v3_message(msg_id, _REPORTABLE_FLAG, _USM, parameters, scoped)

    def encode(self, pdu: bytes, *, msg_id: int, now: float, context_name: bytes = b"") -> bytes:
        """Return the message that carries this encoded PDU at the user's security level.

        Raises: UnknownEngineIdError before the engine is discovered; ValueError on a msg_id wider than its field.
        Source: RFC 3414 §3.1.
        """
        if not self.engine_id:
            raise UnknownEngineIdError("the engine is not discovered yet")
        boots, time = self._clock.estimate(now) if self.user.auth else (0, 0)
        context = ber.encode_octets(self._context_engine_id) + ber.encode_octets(context_name)
        scoped, salt = self._encrypt(ber.encode_tlv(ber.SEQUENCE, context + pdu), boots, time)
        blank = bytes(self.user.auth.mac_octets) if self.user.auth else b""
        parameters = encode_parameters(self.engine_id, boots, time, user_name=self._user_name, mac=blank, salt=salt)
        message = snmp.encode_v3_message(msg_id, self._level | _REPORTABLE_FLAG, _USM, parameters, scoped)
        return self._sign(message, len(message) - len(scoped) - len(ber.encode_octets(salt)))

    @property
    def _context_engine_id(self) -> bytes:
        return self.engine_id if self._asked_context_engine_id is None else self._asked_context_engine_id

    def _encrypt(self, scoped: bytes, boots: int, time: int) -> tuple[bytes, bytes]:
        """Return msgData and the salt; the scoped PDU as it is, and no salt, for a user without privacy."""
        if self.user.priv is None:
            return scoped, b""
        salt = (next(self._salts) % _SALTS).to_bytes(usm_crypto.SALT_OCTETS, "big")
        octets = usm_crypto.encrypt(self.user.priv, self._priv_key, usm_crypto.nonce(boots, time, salt), scoped)
        return ber.encode_octets(octets), salt

    def _sign(self, message: bytes, mac_stop: int) -> bytes:
        if self.user.auth is None:
            return message
        mac = usm_crypto.mac(self.user.auth, self._auth_key, message)
        return message[: mac_stop - len(mac)] + mac + message[mac_stop:]

    def decode(self, data: bytes, now: float) -> ScopedPdu:
        """Return what a message carries, having learned from it what it may teach.

        Raises: WireError on what is no SNMPv3 message of these users, a fitting UsmError on one that is refused.
        Source: RFC 3414 §3.2.
        """
        message = snmp.decode_v3_message(data)
        level = message.flags & _LEVEL_MASK
        if message.security_model != _USM or level == _PRIV_FLAG or message.encrypted != (level == _LEVEL_MASK):
            raise WireError("security model is not USM, or msgFlags and msgData contradict each other")
        if level & ~self._level:
            raise UnsupportedSecurityLevelError("protected in a way that its user cannot check")
        parameters = decode_parameters(data, message)
        authenticated = level != 0 and self._verify(data, parameters, now)
        scoped = self._open(data, message, parameters, authenticated=authenticated)
        if not scoped.report:
            self._accept(scoped, parameters, level)
        elif not authenticated:
            self._take_hint(scoped.report, parameters, now)
        return scoped

    def _verify(self, data: bytes, parameters: UsmParameters, now: float) -> bool:
        """Return True if the message is from our engine for our user, untouched and timely.

        Raises: UsmError otherwise.
        """
        self._require_sender(parameters)
        auth, start, stop = self.user.auth, parameters.mac_start, parameters.mac_stop
        if auth is None or stop - start != auth.mac_octets:
            raise WrongDigestError("MAC has the wrong size")
        mac = usm_crypto.mac(auth, self._auth_key, data[:start] + bytes(stop - start) + data[stop:])
        if not hmac.compare_digest(mac, data[start:stop]):
            raise WrongDigestError("MAC is wrong")
        if not self._clock.believe(parameters.boots, parameters.time, now):
            raise NotInTimeWindowError(f"boots {parameters.boots}, time {parameters.time} lie behind the engine's")
        return True

    def _require_sender(self, parameters: UsmParameters) -> None:
        if not self.engine_id or parameters.engine_id != self.engine_id:
            raise UnknownEngineIdError(f"from engine {parameters.engine_id.hex() or 'without ID'}")
        if parameters.user_name != self._user_name:
            raise UnknownUserNameError("for another user")

    def _open(self, data: bytes, message: V3Message, parameters: UsmParameters, *, authenticated: bool) -> ScopedPdu:
        start, stop = message.scoped_start, message.scoped_stop
        if message.encrypted:
            data = self._decrypt(data[start:stop], parameters)
            start, stop = 0, len(data)
        context_engine_id, start = ber.read_octets(data, start, stop)
        context_name, start = ber.read_octets(data, start, stop)
        pdu = snmp.decode_pdu(data, start, stop)
        report = report_kind(pdu) if pdu.type is PduType.REPORT else None
        return ScopedPdu(message.msg_id, context_engine_id, context_name, pdu, authenticated, report)

    def _decrypt(self, octets: bytes, parameters: UsmParameters) -> bytes:
        """Return the content of the scoped PDU; what follows it is padding."""
        if self.user.priv is None:
            raise DecryptionError("encrypted for a user without privacy")
        try:
            nonce = usm_crypto.nonce(parameters.boots, parameters.time, parameters.salt)
            plain = usm_crypto.decrypt(self.user.priv, self._priv_key, nonce, octets)
            start, stop = ber.read_element(plain, 0, len(plain), ber.SEQUENCE)
            ber.read_octets(plain, start, stop)
        except WireError as error:
            raise DecryptionError(f"decrypted text is no scoped PDU, or padding is wrong: {error}") from error
        return plain[start:stop]

    def _take_hint(self, report: ReportKind, parameters: UsmParameters, now: float) -> None:
        """Use an unsigned REPORT for what the next request says, which the engine will judge; believe nothing else.

        Agents that refuse the empty user name of a discovery tell their engine ID in another REPORT than
        unknownEngineIDs.
        """
        if report is ReportKind.UNKNOWN_ENGINE_IDS or not self.engine_id:
            self._meet_engine(parameters.engine_id)
        elif parameters.engine_id != self.engine_id:
            raise UnknownEngineIdError(f"report from engine {parameters.engine_id.hex() or 'without ID'}")
        if report.asks_to_resend:
            self._clock.hint(parameters.boots, parameters.time, now)

    def _meet_engine(self, engine_id: bytes) -> None:
        if engine_id and engine_id != self.engine_id:
            self.reset()
            self._auth_key = self.user.auth_key(engine_id)
            self._priv_key = self.user.priv_key(engine_id)
            self.engine_id = engine_id

    def _accept(self, scoped: ScopedPdu, parameters: UsmParameters, level: int) -> None:
        """Refuse what is no RESPONSE to a request of this session.

        Raises: WireError on another PDU, UsmError of the kind that fits otherwise.
        """
        if scoped.pdu.type is not PduType.RESPONSE:
            raise WireError(f"{scoped.pdu.type.name} is no answer")
        if level != self._level:
            raise UnsupportedSecurityLevelError("a response is protected less than its request")
        self._require_sender(parameters)
        if scoped.context_engine_id != self._context_engine_id:
            raise UnknownEngineIdError(f"from context engine {scoped.context_engine_id.hex() or 'without ID'}")
