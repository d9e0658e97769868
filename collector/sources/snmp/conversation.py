"""One poll, walk or GET under way with one agent: what it asks next, what it has cost, and how it ends."""

import asyncio
from typing import TYPE_CHECKING, TypeAlias

from collector.errors import SourceError
from collector.model import PollCosts
from collector.sources.snmp.target import Community, SnmpContext, SnmpTarget
from collector.wire.fetch import Fetch
from collector.wire.snmp import VERSION_3, PduType, encode_community_message, encode_request
from collector.wire.usm import UsmUser
from collector.wire.walk import TIMED_OUT, Answer, Request, Walk

if TYPE_CHECKING:
    from collector.sources.snmp.agent import Agent
    from collector.sources.snmp.pending import Pending

Step: TypeAlias = Walk | Fetch

_MOST_ASKED_ANEW = 16


class Conversation:
    """One poll, walk or GET: its steps are driven one after the other; each is a future of its own, `ended`."""

    __slots__ = (
        "_anew",
        "_asked",
        "_asked_anew",
        "_step",
        "agent",
        "channel",
        "context",
        "context_name",
        "ended",
        "in_flight",
        "note",
        "received_bytes",
        "requests",
        "retries",
        "sent_bytes",
        "target",
        "timeouts",
        "varbinds",
    )

    def __init__(self, target: SnmpTarget, context: SnmpContext, agent: "Agent") -> None:
        self.target = target
        self.context = context
        self.context_name = context.context_name.encode()
        self.agent = agent
        user = target.credentials
        self.channel = agent.channel(user, target.context_engine_id) if isinstance(user, UsmUser) else None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Is done once the step is done, or has failed."""
        self.in_flight: set[Pending] = set()
        self.note: str | None = None
        """What came instead of an answer, for the error that a lasting silence ends in."""
        self.requests = self.retries = self.timeouts = self.varbinds = self.sent_bytes = self.received_bytes = 0
        self._asked: Request | None = None
        """What was asked last of what was to be read."""
        self._anew: list[Request] = []
        self._asked_anew = 0
        self._step: Step | None = None

    def start(self, step: Step) -> None:
        """Take up the next step."""
        self._step = step
        self._anew.clear()
        self.ended = asyncio.get_running_loop().create_future()
        self._end_if_done()

    @property
    def version(self) -> int:
        """The SNMP version that messages bear."""
        credentials = self.target.credentials
        return credentials.version if isinstance(credentials, Community) else VERSION_3

    def encode(self, request: Request, request_id: int) -> bytes:
        """Return the message that a request is sent in, or for SNMPv3 the PDU to put into one."""
        if request.cursors or request.type is PduType.GET:
            self._asked = request
        pdu = encode_request(request.type, request_id, request.oids, max_repetitions=request.repetitions)
        credentials = self.target.credentials
        if not isinstance(credentials, Community):
            return pdu
        community = credentials.community if self.context.community is None else self.context.community
        return encode_community_message(credentials.version, community, pdu)

    @property
    def costs(self) -> PollCosts:
        """What it has taken on the wire so far."""
        return PollCosts(
            requests=self.requests,
            retries=self.retries,
            timeouts=self.timeouts,
            varbinds=self.varbinds,
            sent_bytes=self.sent_bytes,
            received_bytes=self.received_bytes,
        )

    def next_request(self) -> Request | None:
        """Return what to send now, if anything."""
        if self._step is None:
            return None
        request = self._anew.pop() if self._anew else self._step.next_request()
        if request is None:
            self._end_if_done()
        return request

    def ask_anew(self, request: Request) -> None:
        """Send a request again before others, in another message."""
        self._anew.append(request)
        self._asked_anew += 1
        if self._asked_anew > _MOST_ASKED_ANEW:
            self.fail("the SNMP engine does not keep its identity or time")

    def answer(self, request: Request, answer: Answer) -> None:
        """Take the response to a request."""
        self.varbinds += len(answer.varbinds)
        if self._step is not None:
            try:
                self._step.answer(request, answer)
            except Exception as error:  # noqa: BLE001 - a walk's callback may raise anything; it ends its own walk
                self._end_with(error)
            self._end_if_done()

    def time_out(self, request: Request) -> None:
        """Take it that a request was sent as often as it may be, in vain."""
        if self._step is not None:
            self._step.time_out(request)
            self._end_if_done()

    def _end_if_done(self) -> None:
        if self._step is None or not self._step.done:
            return
        if self._step.failure is not None:
            self.fail(self._step.failure)
        elif not self.ended.done():
            self._step = None
            self.ended.set_result(None)

    def fail(self, reason: str, act: str | None = None) -> None:
        """End with a SourceError that names target, context, act and reason."""
        if reason == TIMED_OUT:
            reason = f"timed out after {self.target.retries + 1} tries"
            reason += f", last answered by {self.note}" if self.note else ""
        act = act or self._act
        self._end_with(SourceError(f"{act} on {self.target.name}, vrf {self.context.vrf}: {reason}"))

    @property
    def _act(self) -> str:
        if self._asked is None:
            return "asking"
        if self._asked.cursors:
            return f"walking {self._asked.cursors[0].column.table.name}"
        return "reading"

    def _end_with(self, error: Exception) -> None:
        self._step = None
        if not self.ended.done():
            self.ended.set_exception(error)
