"""Requests and answers of all agents: retries, timeouts, and whose turn it is.

Each agent has its own queue and its own bound of requests in flight, so that one that is slow, dead or lying holds up
nobody else. What all share is the receive buffer: no more is asked for at a time than it can take.
"""

import asyncio
import errno
import socket

from collector.sources.snmp.agent import Agent, UsmChannel
from collector.sources.snmp.conversation import Conversation
from collector.sources.snmp.names import Endpoint
from collector.sources.snmp.pending import Pending, PendingTable
from collector.sources.snmp.reception import Reception
from collector.sources.snmp.sockets import Address, UdpSocket
from collector.sources.snmp.stats import SnmpStats
from collector.sources.snmp.wheel import TICK_SECONDS, Wheel
from collector.wire.snmp import Pdu
from collector.wire.usm import ReportKind
from collector.wire.walk import TIMED_OUT, Answer

_BUFFER_SHARE = 0.5
"""Of the receive buffer; the rest is what the kernel adds to each datagram."""
_DATAGRAM_OVERHEAD = 512
_TRIES_OF_LARGE = 2
"""A request that may be too large for its agent is not repeated as often as one that any agent can answer."""
_MOST_ROUNDS = 4
_AGENT_IDLE_SECONDS = 3600.0
_MOST_AGENTS = 1000
_EARLY_SECONDS = 0.001
"""A timer may go off that much before its time."""
_TRANSIENT = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ECONNREFUSED})


class Exchange:
    """Sends what conversations ask, and gives them what becomes of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.stats = SnmpStats()
        self._loop = loop
        self._sockets: dict[socket.AddressFamily, UdpSocket] = {}
        self._agents: dict[Address, Agent] = {}
        self._pending = PendingTable()
        self._reception = Reception(self._agents, self._pending, self.stats, self)
        self._wheel: Wheel[Pending] = Wheel(loop, self._on_due)
        self._capacity = 0
        self._in_flight_octets = 0
        self._starved: dict[Agent, None] = {}
        """Agents that may not ask before the receive buffer has room for the answers, in the order of their turns."""
        self._release: asyncio.TimerHandle | None = None

    # --- who asks -----------------------------------------------------------------------------------------------------

    def agent(self, endpoint: Endpoint) -> Agent:
        """Return the agent at an address.

        Raises: OSError if this system has no such address family.
        """
        agent = self._agents.get(endpoint.key)
        if agent is None:
            self._forget_idle_agents()
            agent = self._agents[endpoint.key] = Agent(endpoint, self._socket(endpoint.family))
        return agent

    def _forget_idle_agents(self) -> None:
        if len(self._agents) < _MOST_AGENTS:
            return
        oldest = self._loop.time() - _AGENT_IDLE_SECONDS
        for key, agent in tuple(self._agents.items()):
            if not agent.conversations and agent.idle_since < oldest:
                del self._agents[key]

    def _socket(self, family: socket.AddressFamily) -> UdpSocket:
        if family not in self._sockets:
            udp = self._sockets[family] = UdpSocket(self._loop, family, self._on_datagram)
            self._capacity = int(udp.buffer_octets * _BUFFER_SHARE)
        return self._sockets[family]

    def begin(self, conversation: Conversation) -> None:
        """Let a conversation ask from now on."""
        conversation.agent.conversations.append(conversation)
        self._go_on(conversation.agent)

    def withdraw(self, conversation: Conversation) -> None:
        """Forget a conversation that has ended, or is to be ended; answers to it are late from now on."""
        agent = conversation.agent
        if conversation not in agent.conversations:
            return
        agent.conversations.remove(conversation)
        agent.idle_since = self._loop.time()
        for pending in tuple(conversation.in_flight):
            if pending.request is None and conversation.channel is not None:
                conversation.channel.discovering = False
            self._finish(pending)
        self._go_on(agent)

    def close(self) -> None:
        """Fail what is under way, and leave no socket and no timer."""
        for agent in self._agents.values():
            for conversation in tuple(agent.conversations):
                conversation.fail("the engine is closed")
            agent.conversations.clear()
        self._wheel.stop()
        if self._release is not None:
            self._release.cancel()
        for udp in self._sockets.values():
            udp.close()
        self._sockets.clear()
        self._agents.clear()

    def count_kernel_drops(self) -> None:
        """Bring `stats.kernel_drops` up to date."""
        self.stats.kernel_drops = sum(udp.kernel_drops() for udp in self._sockets.values())

    # --- whose turn it is ---------------------------------------------------------------------------------------------

    def _go_on(self, agent: Agent) -> None:
        """Send what may be sent now that something has changed for an agent, and for those who wait for room."""
        if self._starved:
            self._starved[agent] = None
            self._feed()
        else:
            self._pump(agent)

    def _feed(self) -> None:
        while self._starved and self._in_flight_octets < self._capacity:
            agent = next(iter(self._starved))
            del self._starved[agent]
            self._pump(agent)

    def _pump(self, agent: Agent) -> None:
        """Let the conversations with an agent send in turns, as long as its bound and the receive buffer allow."""
        turns = agent.conversations
        in_vain = 0
        while in_vain < len(turns):
            conversation = turns[0]
            if agent.outstanding >= conversation.target.outstanding:
                return
            if self._in_flight_octets >= self._capacity:
                self._starve(agent)
                return
            turns.rotate(-1)
            in_vain = 0 if self._send_next(agent, conversation) else in_vain + 1

    def _send_next(self, agent: Agent, conversation: Conversation) -> bool:
        channel = conversation.channel
        if channel is not None and not channel.session.ready:
            if not channel.discovering:
                channel.discovering = True
                self._send_first(Pending(agent, conversation, None, conversation.target.retries + 1))
            return False
        request = conversation.next_request()
        if request is None:
            return False
        tries = conversation.target.retries + 1
        pending = Pending(agent, conversation, request, tries if request.small else min(tries, _TRIES_OF_LARGE))
        pending.weight = request.octets + _DATAGRAM_OVERHEAD
        self._send_first(pending)
        return True

    def _starve(self, agent: Agent) -> None:
        self._starved[agent] = None
        if self._release is None:
            self._release = self._loop.call_later(TICK_SECONDS, self._release_held)

    def _release_held(self) -> None:
        """Stop keeping room for answers that would have come by now, so that silent agents starve nobody."""
        now = self._loop.time()
        for pending in self._pending.all():
            if pending.weight and now - pending.sent_at > pending.agent.hold_seconds:
                self._in_flight_octets -= pending.weight
                pending.weight = 0
        self._feed()
        self._release = self._loop.call_later(TICK_SECONDS, self._release_held) if self._starved else None

    # --- sending ------------------------------------------------------------------------------------------------------

    def _send_first(self, pending: Pending) -> None:
        conversation = pending.conversation
        pending.agent.outstanding += 1
        self._in_flight_octets += pending.weight
        conversation.in_flight.add(pending)
        conversation.requests += 1
        if pending.request is not None:
            pending.request_id = self._pending.identify(pending)
            pending.message = conversation.encode(pending.request, pending.request_id)
        self._send(pending)

    def _send(self, pending: Pending) -> None:
        conversation, agent = pending.conversation, pending.agent
        message = pending.message
        now = self._loop.time()
        if conversation.channel is not None:
            msg_id = self._pending.identify(pending)
            session = conversation.channel.session
            if pending.request is None:
                message = session.discovery_message(msg_id, now)
            else:
                message = session.encode(message, msg_id=msg_id, now=now, context_name=conversation.context_name)
        pending.tries += 1
        pending.tries_left -= 1
        pending.sent_at = now
        pending.deadline = now + conversation.target.timeout
        conversation.sent_bytes += len(message)
        self._wheel.add(pending, conversation.target.timeout)
        try:
            agent.socket.send(message, agent.endpoint.address)
        except OSError as error:
            if error.errno in _TRANSIENT:
                self.stats.unsent += 1
            else:
                self._loop.call_soon(self._fail, conversation, f"sending: {error.strerror}")

    # --- what comes ---------------------------------------------------------------------------------------------------

    def _on_datagram(self, data: bytes, address: Address) -> None:
        self._reception.on_datagram(data, address, self._loop.time())

    def answered(self, pending: Pending, pdu: Pdu, octets: int) -> None:
        """As in Outcomes."""
        agent, conversation, request = pending.agent, pending.conversation, pending.request
        seconds = self._loop.time() - pending.sent_at
        slow = agent.is_slow(seconds, conversation.target.timeout)
        retried = pending.tries > 1
        self._finish(pending, octets)
        if not retried:
            agent.measure(seconds)
        if request is not None:
            answer = Answer(pdu.error_status, pdu.error_index, pdu.varbinds, octets, retried=retried, slow=slow)
            conversation.answer(request, answer)
        self._after(conversation)

    def ask_anew(self, pending: Pending, octets: int) -> None:
        """As in Outcomes."""
        conversation, request = pending.conversation, pending.request
        self._finish(pending, octets)
        if request is not None:
            conversation.ask_anew(request)
        elif conversation.channel is not None:
            conversation.channel.discovering = False
        self._after(conversation)

    def refused(self, pending: Pending, report: ReportKind, octets: int, *, authenticated: bool) -> None:
        """As in Outcomes; what is not signed may come from anyone, and is asked again before it is believed."""
        conversation = pending.conversation
        conversation.received_bytes += octets
        conversation.note = report
        if pending.tries_left and not authenticated:
            self._send_again(pending)
        else:
            self._fail(conversation, f"refused with {report}")

    def discovered(self, pending: Pending, octets: int) -> None:
        """As in Outcomes."""
        conversation, channel = pending.conversation, pending.conversation.channel
        self._finish(pending, octets)
        if channel is not None:
            channel.discovering = False
            channel.rounds = 0 if channel.session.ready else channel.rounds + 1
            if channel.session.ready:
                # The Report was what discovery asks for: no reason for a silence that follows.
                conversation.note = None
            if channel.rounds >= _MOST_ROUNDS:
                channel.rounds = 0
                self._fail_undiscovered(pending.agent, channel, f"refused with {conversation.note}")
        self._go_on(pending.agent)

    def _on_due(self, pending: Pending) -> None:
        """Send again, or give up, what was not answered in its time."""
        if not pending.ids or self._loop.time() < pending.deadline - _EARLY_SECONDS:
            return
        conversation, request = pending.conversation, pending.request
        conversation.timeouts += 1
        if pending.tries_left:
            self._send_again(pending)
            return
        self._finish(pending)
        if request is not None:
            conversation.time_out(request)
        elif conversation.channel is not None:
            conversation.channel.discovering = False
            self._fail_undiscovered(pending.agent, conversation.channel, TIMED_OUT)
        self._after(conversation)

    def _send_again(self, pending: Pending) -> None:
        conversation = pending.conversation
        channel = conversation.channel
        if channel is not None and pending.request is not None and not channel.session.ready:
            self.ask_anew(pending, 0)
        else:
            conversation.retries += 1
            self._send(pending)

    def _finish(self, pending: Pending, octets: int = 0) -> None:
        """Forget a request that is answered or given up."""
        self._pending.remove(pending)
        pending.agent.outstanding -= 1
        self._in_flight_octets -= pending.weight
        pending.conversation.in_flight.discard(pending)
        pending.conversation.received_bytes += octets
        # The wheel keeps it until its time: not the rows, too.
        pending.request = None

    def _after(self, conversation: Conversation) -> None:
        if conversation.ended.done():
            self.withdraw(conversation)
        else:
            self._go_on(conversation.agent)

    def _fail(self, conversation: Conversation, reason: str) -> None:
        conversation.fail(reason)
        self.withdraw(conversation)

    def _fail_undiscovered(self, agent: Agent, channel: UsmChannel, reason: str) -> None:
        """Fail whoever waits for an engine that cannot be discovered."""
        for conversation in tuple(agent.conversations):
            if conversation.channel is channel:
                conversation.fail(reason, "discovering the SNMP engine")
                self.withdraw(conversation)
