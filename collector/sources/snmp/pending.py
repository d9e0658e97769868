"""Requests that were sent and not answered, by the identifiers that an answer may bear."""

import os
import struct
from collections.abc import Iterable, Iterator

from collector.sources.snmp.agent import Agent
from collector.sources.snmp.conversation import Conversation
from collector.wire.walk import Request

_IDS_AT_ONCE = 1024
_ID_MASK = 0x7FFFFFFF


class Pending:
    """A request under way; `request` is None for a message that discovers an SNMPv3 engine."""

    __slots__ = (
        "agent",
        "conversation",
        "deadline",
        "ids",
        "message",
        "request",
        "request_id",
        "sent_at",
        "tries",
        "tries_left",
        "weight",
    )

    def __init__(self, agent: Agent, conversation: Conversation, request: Request | None, tries: int) -> None:
        self.agent = agent
        self.conversation = conversation
        self.request = request
        self.request_id = 0
        self.message = b""
        """What to send: the message, or the PDU to put into a new SNMPv3 message for each try."""
        self.tries = 0
        self.tries_left = tries
        self.ids: list[int] = []
        """request-id, or the msgID of each try; empty once the request is answered or given up."""
        self.sent_at = 0.0
        self.deadline = 0.0
        self.weight = 0
        """Octets of the receive buffer that are kept free for the answer."""


class PendingTable:
    """All requests under way, by identifiers that nobody can guess."""

    __slots__ = ("_by_id", "_ids")

    def __init__(self) -> None:
        self._by_id: dict[int, Pending] = {}
        self._ids = _random_ids()

    def __len__(self) -> int:
        return len(self._by_id)

    def all(self) -> Iterable[Pending]:
        """Return each request, as often as it has identifiers."""
        return self._by_id.values()

    def get(self, identifier: int) -> Pending | None:
        """Return the request that an answer with this identifier belongs to."""
        return self._by_id.get(identifier)

    def identify(self, pending: Pending) -> int:
        """Give a request one more identifier, and return it."""
        identifier = next(self._ids)
        while identifier in self._by_id:
            identifier = next(self._ids)
        self._by_id[identifier] = pending
        pending.ids.append(identifier)
        return identifier

    def remove(self, pending: Pending) -> None:
        """Forget a request; answers to it are late from now on."""
        for identifier in pending.ids:
            del self._by_id[identifier]
        pending.ids.clear()


def _random_ids() -> Iterator[int]:
    """Yield random numbers from 1 to 2^31 - 1, many per system call."""
    while True:
        for number in struct.unpack(f"={_IDS_AT_ONCE}I", os.urandom(4 * _IDS_AT_ONCE)):
            if identifier := number & _ID_MASK:
                yield identifier
