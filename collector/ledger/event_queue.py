"""Events that wait to be put on record: in their order, apart from steps, and bounded.

Above the limit the oldest are dropped and counted: an event is something to look at, nothing depends on it.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from collector.model import Event


class EventQueue:
    """Events that are not on record yet. Not thread-safe: whoever shares it locks it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[Event] = deque()
        self._taken: Sequence[Event] = ()
        self.dropped = 0
        """Events dropped since the beginning."""

    @property
    def queued(self) -> int:
        """How many wait or are being written."""
        return len(self._waiting) + len(self._taken)

    def add(self, events: Iterable[Event]) -> None:
        """Take events; above the limit, drop."""
        self._waiting.extend(events)
        self._trim()

    def take(self, most: int) -> Sequence[Event]:
        """Begin to write the oldest events, at most so many; they are not dropped until that is settled."""
        self._taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        return self._taken

    def settle(self, refused: int) -> None:
        """Forget what was taken; so many of it are not on record, and never will be."""
        self._taken = ()
        self.dropped += refused

    def put_back(self) -> None:
        """Let what was taken wait on: it may not be on record."""
        self._waiting.extendleft(reversed(self._taken))
        self._taken = ()
        self._trim()

    def _trim(self) -> None:
        excess = max(0, len(self._waiting) - self._limit)
        for _ in range(excess):
            self._waiting.popleft()
        self.dropped += excess
