"""What the agent answers from: a context's instances in order, and the three ways to ask for them.

Source: RFC 3416 sections 4.2.1 to 4.2.3.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

from collector.demo.hub import Hub
from collector.demo.mib import snapshot
from collector.demo.mib.rows import COUNTER64, Oid, Value

Answer = tuple[Oid, Value | None]
"""An instance, or the OID asked for and that there is none after it."""

FRESH_SECONDS = 0.2


class View:
    """A context at one time."""

    def __init__(self, instances: dict[Oid, Value]) -> None:
        self._instances = instances
        self._oids = list(instances)

    def get(self, oid: Oid) -> Value | None:
        """Give an instance."""
        return self._instances.get(oid)

    def has_object(self, oid: Oid) -> bool:
        """Whether there are instances beside this one: then an instance is missing, otherwise the object."""
        place = bisect_left(self._oids, oid[:-1])
        return place < len(self._oids) and self._oids[place][: len(oid) - 1] == oid[:-1]

    def after(self, oid: Oid, *, counter64: bool = True) -> Answer:
        """Give the instance after an OID; without `counter64`, as version 1 needs it, those are passed over."""
        place = bisect_right(self._oids, oid)
        while place < len(self._oids):
            found = self._oids[place]
            value = self._instances[found]
            if counter64 or value[0] != COUNTER64:
                return found, value
            place += 1
        return oid, None

    def bulk(self, oids: Sequence[Oid], *, non_repeaters: int, max_repetitions: int, limit: int) -> list[Answer]:
        """Give as many of the instances after the OIDs as fit into `limit` octets, at least one."""
        answers: list[Answer] = []
        size = 0
        for answer in self._visits(oids[:non_repeaters], oids[non_repeaters:], max_repetitions):
            size += octets_of(answer)
            if size > limit and answers:
                break
            answers.append(answer)
        return answers

    def _visits(self, once: Sequence[Oid], repeated: Sequence[Oid], max_repetitions: int) -> Iterator[Answer]:
        yield from map(self.after, once)
        row: list[Answer] = [(oid, None) for oid in repeated]
        for _ in range(max_repetitions):
            row = [self.after(oid) for oid, _ in row]
            yield from row
            if all(value is None for _, value in row):
                return


class Shelf:
    """The hub's contexts as views that are made when asked for and kept while they are fresh.

    Args:
        hub: The simulation; its `advance` is called with the clock's time.
        clock: Gives the time in seconds.
    """

    def __init__(self, hub: Hub, clock: Callable[[], float]) -> None:
        self._hub = hub
        self._clock = clock
        self._views: dict[str, tuple[float, View]] = {}

    def view(self, context: str) -> View | None:
        """Give a context as it is, or was a moment ago; None if there is no such context."""
        if context and context not in self._hub.vrfs:
            return None
        now = self._clock()
        made, view = self._views.get(context, (now - FRESH_SECONDS, None))
        if view is None or now - made >= FRESH_SECONDS:
            self._hub.advance(now)
            view = View(snapshot(self._hub, context))
            self._views[context] = now, view
        return view

    def advance(self) -> None:
        """Let the hub catch up with the clock."""
        self._hub.advance(self._clock())

    def forget(self) -> None:
        """Make every view anew when it is asked for next."""
        self._views.clear()


def octets_of(answer: Answer) -> int:
    """Tell how many octets a varbind takes, a few more rather than fewer."""
    oid, value = answer
    size = 8 + sum(1 + (arc > 0x7F) + (arc > 0x3FFF) + (arc > 0x1FFFFF) for arc in oid)  # noqa: PLR2004 - 7 bits each
    content = value[1] if value else b""
    if isinstance(content, int):
        return size + content.bit_length() // 8 + 1
    return size + len(content) * (1 if isinstance(content, bytes) else 3)
