"""When to poll: APScheduler decides the moment, this file that two polls of one origin never overlap.

The scheduler only starts tasks, in the task group that it is given; a poll that is due while its predecessor still runs
is counted as late and skipped, so that a slow target can neither pile up work nor delay another one. A poll that was
asked for out of turn takes the place of the first one that is due while it runs: that one is skipped, but not late.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Generic, TypeVar

from apscheduler.events import EVENT_JOB_SUBMITTED, JobSubmissionEvent
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

FIRST_POLLS_PER_SECOND = 50
"""First polls are spread at this rate, so that a start does not ask a whole fleet at once."""

Poll = Callable[[], Coroutine[Any, Any, None]]
Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class Punctuality:
    """How punctual the polls of one origin were."""

    started: int = 0
    late: int = 0
    """Polls skipped because the one that was due before was still running."""
    lateness_seconds: float = 0.0
    """How long after its due time the last poll was started."""


@dataclass(slots=True)
class _Entry:
    poll: Poll
    job: Any
    punctuality: Punctuality = field(default_factory=Punctuality)
    running: asyncio.Task[None] | None = None
    in_turn: bool = False
    """Whether the poll that runs is one that was due, or has taken the place of one."""
    watched: bool = True
    """Whether it is polled still."""
    again: bool = False
    """Whether another poll was asked for while one ran."""


class Schedule(Generic[Key]):
    """Starts polls at their intervals, each key on its own, never overlapping with itself.

    Polls run as tasks of `tasks`: what a poll raises is the business of their owner (the daemon's polls raise nothing).
    """

    def __init__(self, tasks: asyncio.TaskGroup, *, random: Random) -> None:
        self._tasks = tasks
        self._random = random
        self._entries: dict[Key, _Entry] = {}
        # Starting a task is all that a job does: run it where it is due, in the event loop.
        self._scheduler = AsyncIOScheduler(timezone=UTC, executors={"default": DebugExecutor()})
        self._scheduler.add_listener(self._note_lateness, EVENT_JOB_SUBMITTED)
        self._keys_by_job: dict[str, Key] = {}
        self._job_ids = 0

    def start(self) -> None:
        """Begin to start polls."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Start no more polls and cancel those that run."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for entry in self._entries.values():
            entry.watched = False
        running = [entry.running for entry in self._entries.values() if entry.running is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def add(self, key: Key, poll: Poll, *, interval: float, jitter: float) -> None:
        """Poll `key` every `interval` seconds, each time up to `jitter` seconds earlier or later; the first time soon.

        Raises:
            ValueError: the key is scheduled already.
        """
        if key in self._entries:
            raise ValueError(f"{key} is scheduled already")
        self._job_ids += 1
        job_id = str(self._job_ids)
        soon = self._random.uniform(0, min(interval, (len(self._entries) + 1) / FIRST_POLLS_PER_SECOND))
        self._keys_by_job[job_id] = key
        job = self._scheduler.add_job(
            self._fire,
            IntervalTrigger(seconds=interval, jitter=jitter or None, timezone=UTC),
            args=(key,),
            id=job_id,
            next_run_time=datetime.now(UTC) + timedelta(seconds=soon),
            coalesce=True,
            misfire_grace_time=None,
        )
        self._entries[key] = _Entry(poll, job)

    def remove(self, key: Key) -> None:
        """Poll `key` no more; a poll of it that runs is cancelled."""
        entry = self._entries.pop(key)
        del self._keys_by_job[entry.job.id]
        entry.job.remove()
        entry.watched = False
        if entry.running is not None:
            entry.running.cancel()

    def poll_now(self, key: Key) -> None:
        """Start a poll of `key` now; beside none that runs, but once that has ended: it may have looked too early."""
        entry = self._entries[key]
        if entry.watched and not self._begin(entry):
            entry.again = True

    def __iter__(self) -> Iterator[Key]:
        return iter(tuple(self._entries))

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def punctuality(self, key: Key) -> Punctuality:
        """Return how punctual the polls of `key` were so far."""
        return self._entries[key].punctuality

    def _fire(self, key: Key) -> None:
        entry = self._entries.get(key)
        if entry is None or not entry.watched:
            # Nothing begins once all of it ends.
            return
        if not self._begin(entry) and entry.in_turn:
            entry.punctuality.late += 1
        entry.in_turn = True

    def _begin(self, entry: _Entry) -> bool:
        if entry.running is not None:
            return False
        entry.punctuality.started += 1
        entry.in_turn = False
        entry.running = self._tasks.create_task(entry.poll())
        entry.running.add_done_callback(lambda ended: self._ended(entry, ended))
        return True

    def _ended(self, entry: _Entry, ended: asyncio.Task[None]) -> None:
        entry.running = None
        again, entry.again = entry.again, False
        if again and entry.watched and not ended.cancelled():
            self._begin(entry)

    def _note_lateness(self, event: JobSubmissionEvent) -> None:
        key = self._keys_by_job.get(event.job_id)
        if key is not None:
            due = event.scheduled_run_times[-1]
            self._entries[key].punctuality.lateness_seconds = (datetime.now(UTC) - due).total_seconds()
