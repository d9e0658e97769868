"""What a datagram is: which request it answers, and whether it may be believed.

Only what comes from where a request went, and bears an identifier of that request, is looked at twice; the rest is
counted and dropped.
"""

from collections.abc import Mapping
from typing import Protocol

from collector.errors import WireError
from collector.sources.snmp.agent import Agent
from collector.sources.snmp.names import address_key
from collector.sources.snmp.pending import Pending, PendingTable
from collector.sources.snmp.sockets import Address
from collector.sources.snmp.stats import SnmpStats
from collector.wire.snmp import VERSION_3, Pdu, PduType, decode_community_message, message_version, peek_msg_id
from collector.wire.usm import NotInTimeWindowError, ReportKind, ScopedPdu


class Outcomes(Protocol):
    """What can become of a request by a datagram."""

    def answered(self, pending: Pending, pdu: Pdu, octets: int) -> None:
        """Its response is here."""

    def ask_anew(self, pending: Pending, octets: int) -> None:
        """The session with its engine has changed: it is to be sent in another message."""

    def refused(self, pending: Pending, report: ReportKind, octets: int, *, authenticated: bool) -> None:
        """The engine reports why it does not answer."""

    def discovered(self, pending: Pending, octets: int) -> None:
        """The session has learned from the answer to a discovery message, if there was anything to learn."""


class Reception:
    """Judges datagrams."""

    def __init__(
        self, agents: Mapping[Address, Agent], pending: PendingTable, stats: SnmpStats, outcomes: Outcomes
    ) -> None:
        self._agents = agents
        self._pending = pending
        self._stats = stats
        self._outcomes = outcomes

    def on_datagram(self, data: bytes, address: Address, now: float) -> None:
        """Take a datagram that came from this address."""
        stats = self._stats
        stats.received += 1
        agent = self._agents.get(address_key(address))
        if agent is None:
            stats.foreign += 1
            return
        try:
            if message_version(data) == VERSION_3:
                self._take_usm(data, agent, now)
            else:
                self._take_community(data, agent)
        except WireError:
            stats.undecodable += 1

    def _sought(self, identifier: int | None, agent: Agent) -> Pending | None:
        pending = None if identifier is None else self._pending.get(identifier)
        if pending is None:
            self._stats.late += 1
        elif pending.agent is not agent:
            self._stats.foreign += 1
            return None
        return pending

    def _take_community(self, data: bytes, agent: Agent) -> None:
        message = decode_community_message(data)
        pending = self._sought(message.pdu.request_id, agent)
        if pending is not None:
            if message.version != pending.conversation.version or message.pdu.type is not PduType.RESPONSE:
                raise WireError("no response to a request of this version")
            self._outcomes.answered(pending, message.pdu, len(data))

    def _take_usm(self, data: bytes, agent: Agent, now: float) -> None:
        pending = self._sought(peek_msg_id(data), agent)
        if pending is None or pending.conversation.channel is None:
            return
        session = pending.conversation.channel.session
        try:
            scoped = session.decode(data, now)
        except NotInTimeWindowError:
            # It answers what is outstanding, so it is no replay: the engine has lost its boots counter.
            session.reset()
            self._outcomes.ask_anew(pending, len(data))
            return
        except WireError as error:
            pending.conversation.note = str(error)
            raise
        self._take_scoped(scoped, pending, len(data))

    def _take_scoped(self, scoped: ScopedPdu, pending: Pending, octets: int) -> None:
        conversation, outcomes = pending.conversation, self._outcomes
        if pending.request is None:
            conversation.note = scoped.report
            outcomes.discovered(pending, octets)
        elif scoped.report is None:
            if scoped.pdu.request_id != pending.request_id or scoped.context_name != conversation.context_name:
                raise WireError("the answer to another request, or from another context")
            outcomes.answered(pending, scoped.pdu, octets)
        elif scoped.report.asks_to_resend:
            outcomes.ask_anew(pending, octets)
        else:
            outcomes.refused(pending, scoped.report, octets, authenticated=scoped.authenticated)
