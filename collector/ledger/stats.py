"""How the writer of the ledger fares, for metrics."""

from collections.abc import Iterable
from dataclasses import dataclass

from collector.ledger.entries import Key
from collector.ledger.folding import Folded
from collector.ledger.pruning import Pruned


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterStats:
    """The state of a writer at one moment; counts are since it began."""

    queued: int
    """Rows that wait to be written."""
    dropped: int
    """Entries that were dropped above the limit; a gap tells of them."""
    queued_events: int
    """Events that wait to be written."""
    dropped_events: int
    """Events that were dropped above their limit, or that the database refuses."""
    written: tuple[tuple[str, int], ...]
    """Entries on record by kind: context, tunnel, session, failure, gap, usage (all of a step), readings, event."""
    transactions: int
    failed_writes: int
    failed_chores: int
    """Times that folding, pruning or looking for requests failed."""
    failing: bool
    """Whether the latest write failed."""
    last_error: str | None
    """What the latest failed write ended with, without passwords."""
    last_write_at: float | None
    """Unix time of the latest write that succeeded."""
    seconds: float
    """Spent writing, waiting for the disk or the server included."""
    folded: Folded
    """Rows of the log of usage that went into hours and days, and those that were lost."""
    pruned: Pruned


class Tally:
    """What a writer counts, in its own thread; `stats` may be asked from any."""

    def __init__(self) -> None:
        self.written: dict[str, int] = dict.fromkeys(
            ("context", "tunnel", "session", "failure", "gap", "usage", "readings", "event"), 0
        )
        self.transactions = 0
        self.failed_writes = 0
        self.failed_chores = 0
        self.failing = False
        self.last_error: str | None = None
        self.last_write_at: float | None = None
        self.seconds = 0.0
        self.folded = Folded()
        self.pruned = Pruned()

    def count(self, kinds: Iterable[Key]) -> None:
        """Count entries of a transaction that are on record, by the first part of their keys."""
        self.transactions += 1
        for kind in kinds:
            self.written[str(kind[0])] += 1

    def stats(self, queued: int, dropped: int, queued_events: int, dropped_events: int) -> WriterStats:
        """Return all counts."""
        return WriterStats(
            queued=queued,
            dropped=dropped,
            queued_events=queued_events,
            dropped_events=dropped_events,
            written=tuple(self.written.items()),
            transactions=self.transactions,
            failed_writes=self.failed_writes,
            failed_chores=self.failed_chores,
            failing=self.failing,
            last_error=self.last_error,
            last_write_at=self.last_write_at,
            seconds=self.seconds,
            folded=self.folded,
            pruned=self.pruned,
        )
