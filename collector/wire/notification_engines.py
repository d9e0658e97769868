"""Which engines a notification names: our own, which informs are addressed to, and those that traps come from.

Of an engine nothing is remembered before a message of it is verified: what a stranger invents leaves no trace.
Source: RFC 3414 §2.2, §2.3, §3.2 (7).
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass

from collector.wire.notification_drops import DropReason, RefusedError
from collector.wire.notification_users import KnownUser
from collector.wire.usm_clock import MAX_BOOTS, MAX_TIME, TIME_WINDOW_SECONDS, EngineClock

_MIN_ENGINE_ID_OCTETS = 5
_MAX_ENGINE_ID_OCTETS = 32


@dataclass(frozen=True, slots=True)
class OwnEngine:
    """Our snmpEngineID, snmpEngineBoots, and when (monotonic seconds) snmpEngineTime was 0.

    Boots must be more than in every earlier life of this engine ID: otherwise informs of earlier lives can be played
    again.

    Raises: ValueError on an engine ID that is not 5 to 32 octets, and on boots that RFC 3414 has no place for.
    """

    engine_id: bytes
    boots: int
    started_at: float

    def __post_init__(self) -> None:
        if not _MIN_ENGINE_ID_OCTETS <= len(self.engine_id) <= _MAX_ENGINE_ID_OCTETS:
            raise ValueError(f"an engine ID has {_MIN_ENGINE_ID_OCTETS} to {_MAX_ENGINE_ID_OCTETS} octets")
        if not 0 < self.boots < MAX_BOOTS:
            raise ValueError(f"snmpEngineBoots {self.boots}: an engine that started so often needs a new engine ID")

    def time(self, now: float) -> int:
        """Return snmpEngineTime."""
        return min(max(int(now - self.started_at), 0), MAX_TIME)

    def is_timely(self, boots: int, time: int, now: float) -> bool:
        """Return whether a verified message that says so was made for this life of ours, and just now."""
        return boots == self.boots and abs(time - self.time(now)) <= TIME_WINDOW_SECONDS


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """How many pairs of engine and user are remembered, in all and of one source address.

    Where the number is reached, pairs that were not heard for `idle_seconds` are forgotten; if there are none, a new
    one is refused. What is forgotten can be played again by whoever recorded it, so nothing is forgotten without need.
    """

    engines: int = 8192
    engines_per_source: int = 1024
    idle_seconds: float = 3600.0


class RemoteEngine:
    """A sender of traps as one user: its keys, and its boots and time as that user's messages showed them.

    RFC 3414 has one clock for all users of an engine; with one each, none can set the time for the others.
    """

    __slots__ = ("auth_key", "clock", "heard_at", "priv_key", "source")

    def __init__(self, auth_key: bytes, priv_key: bytes, source: str, now: float) -> None:
        self.auth_key = auth_key
        self.priv_key = priv_key
        self.source = source
        self.heard_at = now
        self.clock = EngineClock()


class RemoteEngines:
    """The senders of traps whose messages were verified; the one heard longest ago is first."""

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits
        self._engines: OrderedDict[tuple[bytes, KnownUser], RemoteEngine] = OrderedDict()
        self._of_source: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._engines)

    def find(self, engine_id: bytes, user: KnownUser) -> RemoteEngine | None:
        """Return what is remembered of an engine."""
        return self._engines.get((engine_id, user))

    def admit(self, engine_id: bytes, user: KnownUser, source: str, now: float) -> RemoteEngine:
        """Return a new engine's place, after its message was verified.

        Raises: RefusedError if there is none left.
        """
        if self._is_full(source):
            self._forget_idle(now)
        if self._is_full(source):
            raise RefusedError(DropReason.ENGINE_LIMIT, f"engine {engine_id.hex()} of {source} is one too many")
        keys = user.auth_key(engine_id), user.user.priv_key(engine_id)
        engine = self._engines[engine_id, user] = RemoteEngine(*keys, source, now)
        self._of_source[source] += 1
        return engine

    def believe(self, engine_id: bytes, user: KnownUser, boots: int, time: int, now: float) -> bool:
        """Return whether a verified message of an admitted engine is timely, having learned from it."""
        engine = self._engines[engine_id, user]
        if not engine.clock.believe(boots, time, now):
            return False
        engine.heard_at = now
        self._engines.move_to_end((engine_id, user))
        return True

    def _is_full(self, source: str) -> bool:
        limits = self._limits
        return len(self._engines) >= limits.engines or self._of_source[source] >= limits.engines_per_source

    def _forget_idle(self, now: float) -> None:
        while self._engines:
            key, engine = next(iter(self._engines.items()))
            if now - engine.heard_at < self._limits.idle_seconds:
                return
            del self._engines[key]
            self._of_source[engine.source] -= 1
            if not self._of_source[engine.source]:
                del self._of_source[engine.source]
