"""SNMPv3 notifications: a message is verified before anything of it is decrypted, believed or remembered.

The sender of a trap is authoritative, and any engine may be one; of an inform we are, and tell who asks our engine ID
and time.
Source: RFC 3412 §7, RFC 3414 §3.2 and §4, RFC 3416 §4.2.7.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from collector.errors import WireError
from collector.wire import ber, snmp
from collector.wire.notification import Principal, read_notification
from collector.wire.notification_drops import DropReason, Received, RefusedError, refused_for
from collector.wire.notification_engines import OwnEngine, RemoteEngines
from collector.wire.notification_users import LEVELS, KnownUser, KnownUsers
from collector.wire.snmp import ErrorStatus, Pdu, PduType, V3Message
from collector.wire.usm_message import ReportKind, UsmParameters, decode_parameters, report_oid
from collector.wire.usm_protection import (
    REPORTABLE_FLAG,
    Seal,
    decrypt_scoped,
    read_scoped,
    security_level,
    verify_mac,
)

_MASK32 = 2**32 - 1
_MAX_INT32 = 2**31 - 1
_NO_KEYS = (b"", b"")


class _Incoming(NamedTuple):
    """A message with its parts, and the circumstances in which it came; `level` is in msgFlags."""

    data: bytes
    source: str
    now: float
    message: V3Message
    level: int
    parameters: UsmParameters

    @property
    def asks_for_report(self) -> bool:
        return bool(self.message.flags & REPORTABLE_FLAG)


class UsmReceiver:
    """The SNMPv3 side of a Receiver."""

    def __init__(self, users: KnownUsers, engine: OwnEngine, engines: RemoteEngines, salts: Iterator[int]) -> None:
        self._users = users
        self._engine = engine
        self._engines = engines
        self._salts = salts
        self._own_keys: dict[KnownUser, tuple[bytes, bytes]] = {}
        self._reported: Counter[ReportKind] = Counter()

    def receive(self, data: bytes, source: str, now: float) -> Received:
        """Return what an SNMPv3 message notifies, or why it does not, with the answer that is due.

        Raises: WireError on what is no SNMPv3 message that USM protects.
        """
        message = snmp.decode_v3_message(data)
        incoming = _Incoming(data, source, now, message, security_level(message), decode_parameters(data, message))
        try:
            return self._take(incoming)
        except WireError as error:
            refused = refused_for(error)
            return Received(reason=refused.reason, detail=str(refused), reply=self._report(incoming, refused.report))

    def _take(self, incoming: _Incoming) -> Received:
        data, message, level = incoming.data, incoming.message, incoming.level
        user = self._user(incoming)
        keys = self._verified_keys(incoming, user) if level else _NO_KEYS
        start, stop = message.scoped_start, message.scoped_stop
        if message.encrypted:
            data = decrypt_scoped(data[start:stop], incoming.parameters, user.user.priv, keys[1])
            start, stop = 0, len(data)
        context_engine_id, context_name, pdu = read_scoped(data, start, stop)
        engine_id = incoming.parameters.engine_id
        principal = Principal(
            snmp.VERSION_3, None, user.user.name, LEVELS[level], engine_id, context_engine_id, context_name
        )
        record = read_notification(pdu, principal)
        if not record.inform:
            return Received(record=record)
        if engine_id != self._engine.engine_id:
            raise RefusedError(DropReason.UNKNOWN_ENGINE, f"inform to engine {engine_id.hex()}, which we are not")
        context = ber.encode_octets(context_engine_id) + ber.encode_octets(context_name)
        return Received(record=record, reply=self._answer(incoming, context, pdu, self._seal(user, keys, incoming.now)))

    def _user(self, incoming: _Incoming) -> KnownUser:
        parameters, level = incoming.parameters, incoming.level
        if not parameters.engine_id:
            reason = DropReason.DISCOVERY if incoming.asks_for_report else DropReason.UNKNOWN_ENGINE
            raise RefusedError(reason, "no engine ID")
        user = self._users.find(parameters.user_name, parameters.engine_id)
        if level != user.level:
            detail = f"user {user.user.name}: {LEVELS[level]}, where {LEVELS[user.level]} is configured"
            raise RefusedError(DropReason.UNSUPPORTED_SECURITY_LEVEL, detail, ReportKind.UNSUPPORTED_SEC_LEVELS)
        return user

    def _verified_keys(self, incoming: _Incoming, user: KnownUser) -> tuple[bytes, bytes]:
        """Return the keys of the message's user and engine, after the message proved to be made with them just now.

        Source: RFC 3414 §3.2 (6) and (7).
        """
        parameters, now = incoming.parameters, incoming.now
        if parameters.engine_id == self._engine.engine_id:
            keys = self._keys_here(user)
            verify_mac(incoming.data, parameters, user.user.auth, keys[0])
            timely = self._engine.is_timely(parameters.boots, parameters.time, now)
        else:
            keys = self._verified_remote(incoming, user)
            timely = self._engines.believe(parameters.engine_id, user, parameters.boots, parameters.time, now)
        if not timely:
            raise _late(parameters)
        return keys

    def _keys_here(self, user: KnownUser) -> tuple[bytes, bytes]:
        engine_id = self._engine.engine_id
        if user not in self._own_keys:
            self._own_keys[user] = user.auth_key(engine_id), user.user.priv_key(engine_id)
        return self._own_keys[user]

    def _verified_remote(self, incoming: _Incoming, user: KnownUser) -> tuple[bytes, bytes]:
        engine_id = incoming.parameters.engine_id
        engine = self._engines.find(engine_id, user)
        auth_key = engine.auth_key if engine else user.auth_key(engine_id)
        verify_mac(incoming.data, incoming.parameters, user.user.auth, auth_key)
        if engine is None:
            engine = self._engines.admit(engine_id, user, incoming.source, incoming.now)
        return engine.auth_key, engine.priv_key

    def _seal(self, user: KnownUser, keys: tuple[bytes, bytes], now: float) -> Seal:
        engine, own = self._engine, user.user
        return Seal(engine.engine_id, engine.boots, engine.time(now), user.name, own.auth, keys[0], own.priv, keys[1])

    def _answer(self, incoming: _Incoming, context: bytes, pdu: Pdu, seal: Seal) -> bytes:
        """Return the Response to an inform; without its varbinds, where its sender could not take it with them."""
        message = incoming.message
        response = snmp.encode_answer(PduType.RESPONSE, pdu.request_id, pdu.varbinds)
        answer = self._close(seal, context + response, message)
        if len(answer) <= message.max_size:
            return answer
        response = snmp.encode_answer(PduType.RESPONSE, pdu.request_id, [], ErrorStatus.tooBig)
        return self._close(seal, context + response, message)

    def _close(self, seal: Seal, scoped: bytes, message: V3Message) -> bytes:
        return seal.close(ber.encode_tlv(ber.SEQUENCE, scoped), msg_id=message.msg_id, salts=self._salts)

    def _report(self, incoming: _Incoming, kind: ReportKind | None) -> bytes | None:
        """Return the Report to whoever asked for one; who addresses another engine is told of ours, whatever else."""
        engine = self._engine
        if incoming.parameters.engine_id != engine.engine_id:
            kind = ReportKind.UNKNOWN_ENGINE_IDS
        if kind is None or not incoming.asks_for_report:
            return None
        self._reported[kind] += 1
        count = ber.encode_integer(self._reported[kind] & _MASK32)[2:]
        varbind = (report_oid(kind), snmp.COUNTER32, count)
        report = snmp.encode_answer(PduType.REPORT, _request_id(incoming), [varbind])
        context = ber.encode_octets(engine.engine_id) + ber.encode_octets(b"")
        return self._close(self._report_seal(incoming, kind), context + report, incoming.message)

    def _report_seal(self, incoming: _Incoming, kind: ReportKind) -> Seal:
        """Return what a Report is signed with: nothing, unless it tells the time to one who has shown the secret."""
        if kind is not ReportKind.NOT_IN_TIME_WINDOWS:
            return Seal(self._engine.engine_id, self._engine.boots, self._engine.time(incoming.now))
        user = self._users.find(incoming.parameters.user_name, self._engine.engine_id)
        return self._seal(user, self._keys_here(user), incoming.now)._replace(priv=None)


def _late(parameters: UsmParameters) -> RefusedError:
    """An inform that says 0 of both asks for the time, as RFC 3414 §4 wants it."""
    asks = parameters.boots == parameters.time == 0
    return RefusedError(
        DropReason.DISCOVERY if asks else DropReason.NOT_IN_TIME_WINDOW,
        f"engine {parameters.engine_id.hex()}: boots {parameters.boots}, time {parameters.time}",
        ReportKind.NOT_IN_TIME_WINDOWS,
    )


def _request_id(incoming: _Incoming) -> int:
    """Return the request-id that a Report tells again: 0 if it cannot be seen. Source: RFC 3412 §7.1 (3)."""
    data, message = incoming.data, incoming.message
    if message.encrypted:
        return 0
    try:
        offset = ber.read_octets(data, message.scoped_start, message.scoped_stop)[1]
        offset = ber.read_octets(data, offset, message.scoped_stop)[1]
        _, offset, stop = ber.read_header(data, offset, message.scoped_stop)
        request_id = ber.read_integer(data, offset, stop)[0]
    except WireError:
        return 0
    return request_id if abs(request_id) <= _MAX_INT32 else 0
