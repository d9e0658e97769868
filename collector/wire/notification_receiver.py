"""What arrives at a notification port: a notification, or the reason why it is none, and the answer that is due.

Nothing amplifies. The answer to an inform of SNMPv2c is never longer than the inform, of SNMPv3 at most 16 octets
longer: our boots, time and message size may take more octets than the sender's. A Report is one small message for
each datagram that asks for one, of a size that does not depend on the datagram's. Nothing else is answered.
"""

from collections.abc import Collection, Iterable, Iterator

from collector.errors import WireError
from collector.wire import ber, snmp
from collector.wire.notification import Principal, read_notification
from collector.wire.notification_drops import DropReason, Received, RefusedError, refused_for
from collector.wire.notification_engines import EngineLimits, OwnEngine, RemoteEngines
from collector.wire.notification_users import KnownUsers, TrapUser
from collector.wire.notification_usm import UsmReceiver
from collector.wire.snmp import PduType
from collector.wire.usm_protection import salts_from

__all__ = ["DropReason", "EngineLimits", "OwnEngine", "Received", "Receiver", "TrapUser"]


class Receiver:
    """Everything that may be said to one notification port, and by whom.

    `salt` is a random number from which 64-bit salts are counted, or an iterator of them.

    Raises: ValueError if two users of one name are for the same engine.
    """

    def __init__(
        self,
        *,
        communities: Collection[bytes],
        users: Iterable[TrapUser],
        engine: OwnEngine,
        salt: Iterator[int] | int,
        limits: EngineLimits | None = None,
    ) -> None:
        self._principals = {
            (version, community): Principal(version, community)
            for version in (snmp.VERSION_1, snmp.VERSION_2C)
            for community in communities
        }
        self._engines = RemoteEngines(limits or EngineLimits())
        self._usm = UsmReceiver(KnownUsers(users), engine, self._engines, salts_from(salt))

    @property
    def remembered_engines(self) -> int:
        """How many pairs of engine and user are remembered, of those that the limits allow."""
        return len(self._engines)

    def receive(self, data: bytes, source: str, now: float) -> Received:
        """Return what became of one datagram from this source address (without port); raises nothing.

        `now` is monotonic seconds.
        """
        try:
            version, offset, end = snmp.open_message(data)
            if version == snmp.VERSION_3:
                return self._usm.receive(data, source, now)
            return self._receive_community(data, version, offset, end)
        except WireError as error:
            refused = refused_for(error)
            return Received(reason=refused.reason, detail=str(refused))

    def _receive_community(self, data: bytes, version: int, offset: int, end: int) -> Received:
        """Nothing behind the community is looked at before it is known."""
        if version not in (snmp.VERSION_1, snmp.VERSION_2C):
            raise RefusedError(DropReason.WRONG_VERSION, f"SNMP version {version}")
        community, offset = ber.read_octets(data, offset, end)
        principal = self._principals.get((version, community))
        if principal is None:
            raise RefusedError(DropReason.UNKNOWN_COMMUNITY, f"a community of {len(community)} octets")
        pdu = snmp.decode_pdu(data, offset, end)
        record = read_notification(pdu, principal)
        if not record.inform:
            return Received(record=record)
        response = snmp.encode_answer(PduType.RESPONSE, pdu.request_id, pdu.varbinds)
        return Received(record=record, reply=snmp.encode_community_message(version, community, response))
