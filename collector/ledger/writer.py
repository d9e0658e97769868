"""A thread that puts steps on record, so that no poll ever waits for a disk or a server.

What cannot be written waits, merged and bounded (`pending`), and is tried again with growing pauses. Steps of one
context are never parted: a transaction has all that waits of it, so that what is on record is its state after one step.
Events wait and are written beside them (`event_writer`).
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import structlog

from collector.errors import LedgerError
from collector.ledger.entries import Context
from collector.ledger.event_writer import EventWriter
from collector.ledger.failing import RefusedError, UnconfirmedError
from collector.ledger.folding import Folded
from collector.ledger.ledger import Ledger
from collector.ledger.pending import Pending
from collector.ledger.pruning import Pruned
from collector.ledger.requests import Request
from collector.ledger.stats import Tally, WriterStats
from collector.model import Changes, Event

_log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a writer does what, in seconds."""

    linger: float = 0.2
    """How long steps are gathered into one transaction."""
    first_pause: float = 0.5
    """After a write that failed; doubled after each further one."""
    longest_pause: float = 30.0
    prune: float = 600.0
    requests: float = 2.0


class LedgerWriter:
    """Writes to a ledger in a thread of its own, from `start` to `close`.

    Args:
        ledger: an open one; it stays open when the writer is closed.
        limit: rows that may wait; above, the oldest that nothing depends on are dropped and counted.
        event_limit: events that may wait; above, the oldest are dropped and counted.
        entries_at_once: about how many entries one transaction has; a context is never parted.
        on_request: is called in the event loop `loop` with each request of the command line, once.
        loop: the event loop of `on_request`.
        pace: how often what is done.
        clock: Unix time.

    Raises:
        LedgerError: the ledger cannot be read.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        limit: int = 200_000,
        event_limit: int = 50_000,
        entries_at_once: int = 5_000,
        on_request: Callable[[Request], None] | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._entries_at_once = entries_at_once
        self._on_request = on_request
        self._loop = loop
        self._pace = pace or Pace()
        self._clock = clock
        self._pending = Pending(limit, ledger.next_numbers())
        self._answers: deque[tuple[int, str]] = deque()
        self._told: set[int] = set()
        """Requests that `on_request` was told of and that are not answered yet."""
        # Held for moments only, never while the database is asked.
        self._settled = threading.Condition(threading.Lock())
        self._woken = threading.Event()
        self._close_at: float | None = None
        self._tally = Tally()
        self._events = EventWriter(ledger, self._settled, self._tally, limit=event_limit, at_once=entries_at_once)
        self._pause = 0.0
        self._write_at = self._prune_at = self._ask_at = time.monotonic()
        self._chores: deque[Iterator[Folded | Pruned]] = deque()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, steps: Iterable[Changes]) -> None:
        """Have steps, in their order, put on record soon; never waits for the database, and never raises."""
        with self._settled:
            for changes in steps:
                if changes:
                    self._pending.add(changes)
        self._woken.set()

    def submit_events(self, events: Iterable[Event]) -> None:
        """Have events put on record soon, each once by its id; never waits for the database, and never raises."""
        if self._events.submit(events):  # a flood of events must not wake the thread for each
            self._woken.set()

    def answer(self, request: int, text: str) -> None:
        """Have a request answered soon; never waits for the database."""
        self._answers.append((request, text))
        self._woken.set()

    @property
    def stats(self) -> WriterStats:
        """How the writer fares; asked without waiting for it."""
        pending, events = self._pending, self._events
        return self._tally.stats(pending.queued, pending.dropped, events.queued, events.dropped)

    def flush(self, timeout: float) -> bool:
        """Wait until all that was submitted is on record; return whether it is, after so many seconds at most."""
        self._woken.set()
        with self._settled:
            return self._settled.wait_for(self._is_done, timeout)

    def close(self, timeout: float) -> bool:
        """Write what waits, end the thread, and return whether all of it is on record.

        It takes so many seconds at most, so an event loop lets a thread call it; a write that hangs then is left to
        the end of the process.
        """
        self._close_at = time.monotonic() + timeout
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        done = self._is_done()
        if not done:
            rows = self._pending.queued + self._events.queued
            _log.error("ledger_closed_unwritten", ledger=self._ledger.name, rows=rows)
        return done

    def _is_done(self) -> bool:
        return not (self._pending.queued or self._answers or self._events.queued)

    def _run(self) -> None:
        while not self._is_over():
            self._woken.wait(self._patience())
            self._woken.clear()
            if not self._is_done() and time.monotonic() >= self._write_at:
                self._write_round()
            if self._close_at is None:
                self._do_chores()

    def _is_over(self) -> bool:
        return self._close_at is not None and (self._is_done() or time.monotonic() >= self._close_at)

    def _patience(self) -> float:
        """Return how long there is nothing to do, unless something is submitted."""
        due = [] if self._is_done() else [self._write_at]
        if self._close_at is not None:
            due.append(self._close_at)
        else:
            due += [self._ask_at, 0.0 if self._chores else self._prune_at]
        return max(0.0, min(due) - time.monotonic())

    def _write_round(self) -> None:
        begin = time.monotonic()
        try:
            self._write_all()
        except LedgerError as error:
            self._failed(str(error))
        except Exception as error:  # noqa: BLE001 - a defect must neither end the thread unseen nor lose what waits
            _log.exception("ledger_defect")
            self._failed(f"defect: {type(error).__name__}")
        else:
            self._succeeded()
        end = time.monotonic()
        self._tally.seconds += end - begin
        self._write_at = end + (self._pause or self._pace.linger)
        with self._settled:
            self._settled.notify_all()

    def _write_all(self) -> None:
        refused = None
        try:
            self._write_steps()
        except RefusedError as error:
            # It will be again: nothing else waits for that.
            refused = error
        self._events.write(self._clock())
        self._write_answers()
        if refused is not None:
            raise refused

    def _write_steps(self) -> None:
        refused = None
        for contexts in self._chunks():
            try:
                self._write(contexts)
            except RefusedError:
                # What one context is refused must not hold up the others.
                for context in contexts:
                    try:
                        self._write([context])
                    except RefusedError as error:
                        refused = error
        if refused is not None:
            raise refused

    def _chunks(self) -> Iterator[list[Context]]:
        with self._settled:
            sizes = self._pending.sizes()
        chunk: list[Context] = []
        entries = 0
        for context, size in sizes:
            if chunk and entries + size > self._entries_at_once:
                yield chunk
                chunk, entries = [], 0
            chunk.append(context)
            entries += size
        if chunk:
            yield chunk

    def _write(self, contexts: Iterable[Context]) -> None:
        with self._settled:
            taken = [self._pending.take(context) for context in contexts]
        try:
            self._ledger.write_entries(entry for one in taken for entry in one.entries.values())
        except UnconfirmedError:
            # It may be on record: it waits on, to be written again, and counts as known.
            raise
        except BaseException:
            with self._settled:
                for one in taken:
                    self._pending.put_back(one)
            raise
        with self._settled:
            for one in taken:
                self._pending.settle(one)
        self._tally.count(key for one in taken for key in one.entries)
        self._tally.last_write_at = self._clock()

    def _write_answers(self) -> None:
        while self._answers:
            self._ledger.answer(*self._answers[0])
            self._answers.popleft()

    def _failed(self, text: str) -> None:
        if not self._tally.failing:
            _log.warning("ledger_write_failed", ledger=self._ledger.name, error=text)
        self._tally.failing = True
        self._tally.failed_writes += 1
        self._tally.last_error = text
        longest = self._pace.first_pause if self._close_at is not None else self._pace.longest_pause
        self._pause = min(max(2 * self._pause, self._pace.first_pause), longest)

    def _succeeded(self) -> None:
        if self._tally.failing:
            _log.info("ledger_write_recovered", ledger=self._ledger.name, dropped=self._pending.dropped)
        self._tally.failing = False
        self._pause = 0.0

    def _do_chores(self) -> None:
        now = time.monotonic()
        try:
            if now >= self._ask_at:
                self._ask_at = now + max(self._pace.requests, self._pause)
                self._tell_requests()
            if now >= self._prune_at and not self._chores:
                self._prune_at = now + self._pace.prune
                at = self._clock()
                # What is not folded when it is pruned is lost.
                self._chores = deque([self._ledger.folding(at), self._ledger.pruning(at)])
            self._do_a_little()
        except LedgerError as error:
            # Nothing is lost by it, and it is done again: only writes that fail make the writer failing.
            self._chore_failed(str(error))
        except Exception as error:  # noqa: BLE001 - a defect must not end the thread that writes
            _log.exception("ledger_defect")
            self._chore_failed(f"defect: {type(error).__name__}")

    def _chore_failed(self, error: str) -> None:
        self._tally.last_error = error
        self._tally.failed_chores += 1

    def _tell_requests(self) -> None:
        if self._on_request is None or self._loop is None:
            return
        requests = self._ledger.requests()
        for request in requests:
            if request.id not in self._told:
                # A loop that was closed takes no requests any more.
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._on_request, request)
        self._told = {request.id for request in requests}

    def _do_a_little(self) -> None:
        """Take one small step of folding or pruning, so that writes come between."""
        if not self._chores:
            return
        chore = self._chores.popleft()
        done = next(chore, None)
        if done is None:
            return
        self._chores.appendleft(chore)
        if isinstance(done, Folded):
            self._tally.folded = self._tally.folded.plus(done)
        else:
            self._tally.pruned = self._tally.pruned.plus(done)
