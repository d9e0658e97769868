"""One agent, at one address: what is in flight to it, and who is waiting to ask it something."""

import secrets
from collections import deque
from math import inf

from collector.sources.snmp.conversation import Conversation
from collector.sources.snmp.names import Endpoint
from collector.sources.snmp.sockets import UdpSocket
from collector.wire.usm import UsmSession, UsmUser

_SALT_BITS = 64
_RTT_WEIGHT = 0.125
"""As TCP smooths it (RFC 6298 §2.3)."""
_SLOW_SHARE = 1 / 3
_SLOW_TIMES = 3
_UNKNOWN_HOLD = 0.1
_HOLDS = (0.02, 0.25)


class UsmChannel:
    """One user at one agent: the session that all its contexts share, and who waits for it to be ready."""

    __slots__ = ("discovering", "rounds", "session", "waiting")

    def __init__(self, user: UsmUser, context_engine_id: bytes | None) -> None:
        self.session = UsmSession(user, salt=secrets.randbits(_SALT_BITS), context_engine_id=context_engine_id)
        self.discovering = False
        self.rounds = 0
        """Discovery messages since the session was last ready."""
        self.waiting: list[Conversation] = []


class Agent:
    """What is known of one address, over all conversations with it."""

    __slots__ = (
        "_channels",
        "_quickest",
        "_round_trip",
        "conversations",
        "endpoint",
        "idle_since",
        "outstanding",
        "socket",
    )

    def __init__(self, endpoint: Endpoint, socket: UdpSocket) -> None:
        self.endpoint = endpoint
        self.socket = socket
        self.conversations: deque[Conversation] = deque()
        self.outstanding = 0
        self.idle_since = 0.0
        self._channels: dict[tuple[UsmUser, bytes | None], UsmChannel] = {}
        self._round_trip: float | None = None
        self._quickest = inf

    def channel(self, user: UsmUser, context_engine_id: bytes | None) -> UsmChannel:
        """Return the channel of a user; the engine is discovered once for all contexts."""
        key = (user, context_engine_id)
        if key not in self._channels:
            self._channels[key] = UsmChannel(user, context_engine_id)
        return self._channels[key]

    def measure(self, seconds: float) -> None:
        """Take note of a round trip."""
        self._quickest = min(self._quickest, seconds)
        if self._round_trip is None:
            self._round_trip = seconds
        else:
            self._round_trip += _RTT_WEIGHT * (seconds - self._round_trip)

    def is_slow(self, seconds: float, timeout: float) -> bool:
        """Whether a round trip comes near the timeout for what was asked; the mere way there is as long for little."""
        return seconds > timeout * _SLOW_SHARE and seconds > _SLOW_TIMES * self._quickest

    @property
    def hold_seconds(self) -> float:
        """How long the receive buffer is kept free for an answer that does not come."""
        if self._round_trip is None:
            return _UNKNOWN_HOLD
        least, most = _HOLDS
        return min(max(4 * self._round_trip, least), most)
