"""USM: what makes an SNMPv3 message ours to send, and what one must show before it is believed.

Nothing is decrypted or taken over before its MAC is verified, but for the engine ID: that can only be learned from a
Report that nobody signed.
Source: RFC 3412 §7, RFC 3414 §3 and §4.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from collector.errors import WireError
from collector.wire import ber, snmp
from collector.wire.snmp import Pdu, PduType, V3Message
from collector.wire.usm_clock import EngineClock
from collector.wire.usm_errors import (
    DecryptionError,
    NotInTimeWindowError,
    UnknownEngineIdError,
    UnknownUserNameError,
    UnsupportedSecurityLevelError,
    UsmError,
    WrongDigestError,
)
from collector.wire.usm_keys import AuthProtocol, PrivProtocol, UsmUser
from collector.wire.usm_message import ReportKind, UsmParameters, decode_parameters, encode_parameters, report_kind
from collector.wire.usm_protection import (
    REPORTABLE_FLAG,
    USM,
    Seal,
    decrypt_scoped,
    read_scoped,
    salts_from,
    security_level,
    user_level,
    verify_mac,
)

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
        self._level = user_level(user)
        self._salts = salts_from(salt)
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
        return snmp.encode_v3_message(msg_id, REPORTABLE_FLAG, USM, encode_parameters(b"", 0, 0), scoped)

    def encode(self, pdu: bytes, *, msg_id: int, now: float, context_name: bytes = b"") -> bytes:
        """Return the message that carries this encoded PDU at the user's security level.

        Raises: UnknownEngineIdError before the engine is discovered; ValueError on a msg_id wider than its field.
        Source: RFC 3414 §3.1.
        """
        if not self.engine_id:
            raise UnknownEngineIdError("the engine is not discovered yet")
        boots, time = self._clock.estimate(now) if self.user.auth else (0, 0)
        context = ber.encode_octets(self._context_engine_id) + ber.encode_octets(context_name)
        scoped = ber.encode_tlv(ber.SEQUENCE, context + pdu)
        user = self.user
        keys = (user.auth, self._auth_key, user.priv, self._priv_key)
        seal = Seal(self.engine_id, boots, time, self._user_name, *keys)
        return seal.close(scoped, msg_id=msg_id, flags=REPORTABLE_FLAG, salts=self._salts)

    @property
    def _context_engine_id(self) -> bytes:
        return self.engine_id if self._asked_context_engine_id is None else self._asked_context_engine_id

    def decode(self, data: bytes, now: float) -> ScopedPdu:
        """Return what a message carries, having learned from it what it may teach.

        Raises: WireError on what is no SNMPv3 message of these users, a fitting UsmError on one that is refused.
        Source: RFC 3414 §3.2.
        """
        message = snmp.decode_v3_message(data)
        level = security_level(message)
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
        verify_mac(data, parameters, self.user.auth, self._auth_key)
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
            data = decrypt_scoped(data[start:stop], parameters, self.user.priv, self._priv_key)
            start, stop = 0, len(data)
        context_engine_id, context_name, pdu = read_scoped(data, start, stop)
        report = report_kind(pdu) if pdu.type is PduType.REPORT else None
        return ScopedPdu(message.msg_id, context_engine_id, context_name, pdu, authenticated, report)

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
