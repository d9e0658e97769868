"""What an authoritative engine's snmpEngineBoots and snmpEngineTime are by our own clock, and whom to believe about it.

Source: RFC 3414 §2.2, §2.3, §3.2 (7b).
"""

MAX_BOOTS = 2**31 - 1
"""snmpEngineBoots that has reached this stays there: nothing from such an engine is timely until it gets new keys."""

MAX_TIME = 2**31 - 1
TIME_WINDOW_SECONDS = 150


class EngineClock:
    """The notion of one remote engine's boots and time; `now` is monotonic seconds in every method.

    What authenticated messages say is believed, and only moves forward. What unauthenticated ones say is at most a
    hint of what to write into the next request, until an authenticated message comes.
    """

    __slots__ = ("_boots", "_hint", "_latest_time", "_taken_at", "synchronized")

    def __init__(self) -> None:
        self.synchronized = False
        self._boots = 0
        self._latest_time = 0
        self._taken_at = 0.0
        self._hint: tuple[int, int, float] | None = None

    @property
    def known(self) -> bool:
        """Whether a request written now has a chance to be within the engine's time window."""
        return self.synchronized or self._hint is not None

    def estimate(self, now: float) -> tuple[int, int]:
        """Return boots and time for a request; zeros if nothing is known, which asks the engine to tell."""
        if self._hint is not None:
            boots, time, taken_at = self._hint
            return boots, _advance(time, taken_at, now)
        return self._boots, self._believed_time(now)

    def hint(self, boots: int, time: int, now: float) -> None:
        """Keep what an unauthenticated message said, unless it said nothing."""
        if boots or time:
            self._hint = (boots, time, now)

    def believe(self, boots: int, time: int, now: float) -> bool:
        """Take over what an authenticated message said if it is newer; return whether the message is timely."""
        if not self.synchronized or (boots, time) > (self._boots, self._latest_time):
            self._boots, self._latest_time, self._taken_at = boots, time, now
        oldest = self._believed_time(now) - TIME_WINDOW_SECONDS
        if self._boots == MAX_BOOTS or boots < self._boots or time < oldest:
            return False
        self.synchronized = True
        self._hint = None
        return True

    def _believed_time(self, now: float) -> int:
        return _advance(self._latest_time, self._taken_at, now) if self.synchronized else self._latest_time


def _advance(time: int, taken_at: float, now: float) -> int:
    return min(time + int(now - taken_at), MAX_TIME)
