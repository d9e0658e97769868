"""Puts events on record beside steps: in transactions of their own, many at once, in the thread of the writer.

What the database refuses, and will refuse again, is dropped and counted: it would hold up all other events.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import structlog

from collector.ledger.event_queue import EventQueue
from collector.ledger.failing import RefusedError
from collector.ledger.ledger import Ledger
from collector.ledger.stats import Tally
from collector.model import Event

_log = structlog.stdlib.get_logger()


class EventWriter:
    """Writes events that are submitted from any thread.

    Args:
        ledger: an open one.
        lock: held for moments only.
        tally: counts what is written.
        limit: events that may wait.
        at_once: how many one transaction has, at most.
    """

    def __init__(
        self, ledger: Ledger, lock: AbstractContextManager[Any], tally: Tally, *, limit: int, at_once: int
    ) -> None:
        self._ledger = ledger
        self._lock = lock
        self._tally = tally
        self._at_once = at_once
        self._queue = EventQueue(limit)
        self._refusing = False

    @property
    def queued(self) -> int:
        """How many are not on record yet."""
        return self._queue.queued

    @property
    def dropped(self) -> int:
        """How many never will be."""
        return self._queue.dropped

    def submit(self, events: Iterable[Event]) -> bool:
        """Have events put on record by the next `write`; never waits for the database.

        Returns: whether none waited before: else a `write` is due already.
        """
        given = tuple(events)
        with self._lock:
            first = not self._queue.queued
            self._queue.add(given)
        return first

    def write(self, now: float) -> None:
        """Put on record what waits; what comes meanwhile may wait for the next time.

        Raises:
            LedgerError: something is not on record, or not known to be: it waits on.
        """
        for _ in range(0, self._queue.queued, self._at_once):
            with self._lock:
                events = self._queue.take(self._at_once)
            self._write(events, now)

    def _write(self, events: Sequence[Event], now: float) -> None:
        refusals: list[RefusedError] = []
        try:
            parts = list(self._written(events, refusals))
        except BaseException:
            with self._lock:
                self._queue.put_back()
            raise
        with self._lock:
            self._queue.settle(len(refusals))
        for part in parts:
            self._tally.count(("event",) for _ in part)
            self._tally.last_write_at = now
        self._tell(refusals)

    def _written(self, events: Sequence[Event], refusals: list[RefusedError]) -> Iterator[Sequence[Event]]:
        """Write events, in halves and halves of halves where the database refuses any; yields each transaction's."""
        try:
            self._ledger.write_events(events)
        except RefusedError as error:
            if len(events) == 1:
                refusals.append(error)
                return
            middle = len(events) // 2
            yield from self._written(events[:middle], refusals)
            yield from self._written(events[middle:], refusals)
        else:
            yield events

    def _tell(self, refusals: Sequence[RefusedError]) -> None:
        if refusals and not self._refusing:
            _log.warning(
                "ledger_events_refused", ledger=self._ledger.name, events=len(refusals), error=str(refusals[0])
            )
        self._refusing = bool(refusals)
