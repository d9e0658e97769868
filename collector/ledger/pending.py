"""What waits to be put on record: merged by row, of each the latest version, and bounded.

Above the limit, the oldest of what nothing else depends on is dropped: failures, usages, and sessions and gaps that
began and ended while nothing could be written. Each drop is counted in a gap of kind `overflow`, that goes on record
with the rest. Tunnels, live sessions and ends of sessions that the database knows are kept: there are no more of
them than there are tunnels.

The ledger's own gaps are numbered downward from zero (by the milliseconds at which they were made), so that they do
not meet the numbers that tracking gives.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from collector.ledger.entries import Context, Entries, Entry, Key, Stretch, entries_of, size_of
from collector.model import Changes, ContextRecord, Failure, Gap, Session

MODULE = "ledger"
"""The module of the ledger's own gaps."""


class Taken(NamedTuple):
    """Entries of one context that are being written; they wait until that is settled."""

    context: Context
    entries: Entries
    known_before: int
    """From which number on the database knew nothing, before this was taken."""


class Pending:
    """Entries by context that are not on record yet. Not thread-safe: whoever shares it locks it."""

    def __init__(self, limit: int, next_numbers: Mapping[Context, int]) -> None:
        self._limit = limit
        self._contexts: dict[Context, Entries] = {}
        self._known = dict(next_numbers)
        self._droppable: OrderedDict[tuple[Context, Key], None] = OrderedDict()
        self._own_gaps: dict[Context, Gap] = {}
        self.queued = 0
        """Rows that wait; a context's readings are one row, each tunnel's usage is one too."""
        self.dropped = 0
        """Entries dropped since the beginning."""

    def add(self, changes: Changes) -> None:
        """Take what a step puts on record; above the limit, drop."""
        context = Context(changes.target, changes.vrf)
        entries = self._contexts.setdefault(context, {})
        for key, entry in entries_of(changes):
            self._put(context, entries, key, entry)
        while self.queued > self._limit and self._droppable:
            (whose, key), _ = self._droppable.popitem(last=False)
            self._drop(whose, key, changes.at)

    def _put(self, context: Context, entries: Entries, key: Key, entry: Entry) -> None:
        self.queued += size_of(entry) - (size_of(entries[key]) if key in entries else 0)
        entries[key] = entry
        if self._may_drop(context, entry):
            self._droppable[context, key] = None

    def _may_drop(self, context: Context, entry: Entry) -> bool:
        if isinstance(entry, Failure | Stretch):
            return True
        if not isinstance(entry, Session | Gap):
            return False
        # The database may know what has a lower number to be open: its end must not be lost.
        return _end_of(entry) is not None and entry.number >= self._known.get(context, 1)

    def _drop(self, context: Context, key: Key, now: float) -> None:
        entries = self._contexts[context]
        entry = entries.pop(key)
        size = size_of(entry)
        self.queued -= size
        self.dropped += size
        begin, end = _bounds(entry)
        gap = self._own_gaps.get(context)
        if gap is None:
            gap = Gap(
                target=context.target,
                vrf=context.vrf,
                number=-int(now * 1000),
                kind="overflow",
                module=MODULE,
                begins_at=begin,
                ends_at=end,
                lost=0,
            )
        self._own_gaps[context] = grown = _grown(gap, begin, end, size)
        self._put(context, entries, ("gap", grown.number), grown)

    def sizes(self) -> list[tuple[Context, int]]:
        """Return of which contexts something waits, and how many rows."""
        return [(context, len(entries)) for context, entries in self._contexts.items()]

    def take(self, context: Context) -> Taken:
        """Begin to write all that waits of a context."""
        entries = dict(self._contexts.get(context, {}))
        before = self._known.get(context, 1)
        self._known[context] = max(before, _next_number(entries.values()))
        return Taken(context, entries, before)

    def settle(self, taken: Taken) -> None:
        """Forget what was written, except where something newer came meanwhile."""
        entries = self._contexts.get(taken.context, {})
        for key, entry in taken.entries.items():
            if entries.get(key) is entry:
                del entries[key]
                self.queued -= size_of(entry)
                self._droppable.pop((taken.context, key), None)
                if self._own_gaps.get(taken.context) is entry:
                    del self._own_gaps[taken.context]
        if not entries:
            self._contexts.pop(taken.context, None)

    def put_back(self, taken: Taken) -> None:
        """Let what was certainly not written wait on, as new to the database as it was."""
        self._known[taken.context] = taken.known_before
        entries = self._contexts.get(taken.context, {})
        for key in taken.entries:
            if key in entries and self._may_drop(taken.context, entries[key]):
                self._droppable.setdefault((taken.context, key))


def _end_of(entry: Session | Gap) -> float | None:
    return entry.ended_at if isinstance(entry, Session) else entry.ends_at


def _next_number(entries: Iterable[Entry]) -> int:
    numbers = [1]
    for entry in entries:
        if isinstance(entry, ContextRecord):
            numbers.append(entry.next_number)
        elif isinstance(entry, Session | Gap):
            numbers.append(entry.number + 1)
    return max(numbers)


def _bounds(entry: Entry) -> tuple[float, float]:
    """Return the time about which something is missing without this entry."""
    if isinstance(entry, Session) and entry.ended_at is not None:
        return (entry.ended_at if entry.started_at is None else entry.started_at), entry.ended_at
    if isinstance(entry, Gap) and entry.ends_at is not None:
        return entry.begins_at, entry.ends_at
    if isinstance(entry, Failure):
        at = entry.seen_at if entry.at is None else entry.at
        return at, at
    if isinstance(entry, Stretch):
        return entry.begins_at, entry.begins_at + entry.seconds
    raise AssertionError("what has no end is not dropped")


def _grown(gap: Gap, begin: float, end: float, lost: int) -> Gap:
    return replace(
        gap,
        begins_at=min(gap.begins_at, begin),
        ends_at=max(gap.ends_at or end, end),
        lost=(gap.lost or 0) + lost,
    )
