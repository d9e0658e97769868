"""Looks at once at what a notification speaks of: rows by themselves while they are few, modules if they are many.

What comes within a moment is gathered, so that a storm of notifications costs one poll, not a read for each of them.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from collector.daemon.fleet import Fleet
from collector.daemon.watch import Watch
from collector.model import Level, Origin
from collector.tunnels import Step

GATHER_SECONDS = 0.02
"""How long notifications are gathered before anything is read."""
MOST_ROWS = 16
"""Rows that are read by themselves at once; with more, all of them are polled."""
AGAIN_SECONDS = 1.0
"""When rows of which nothing was found are read once more: some devices speak before their tables do."""
POLL_EVERY_SECONDS = 5.0
"""How often a module is polled because of notifications, at most."""
READS_PER_SECOND = 20
"""How often rows of one origin are read by themselves, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is to be looked at: a row of a module, or all of it."""

    origin: Origin
    level: Level | None = None
    index: int | None = None
    arrived: float
    """Monotonic time of the notification."""


@dataclass(slots=True)
class _Place:
    """What is to be looked at in one origin."""

    rows: dict[tuple[Level, int], float] = field(default_factory=dict)
    """When each was first spoken of."""
    whole: bool = False
    task: asyncio.Task[None] | None = None
    polled_at: float = float("-inf")


class Lookout:
    """Looks while its task group lives.

    Args:
        fleet: what is watched, and polls it.
        tasks: where looks run.
        on_seen: is told how long after its notification each row was seen, in seconds.
    """

    def __init__(self, fleet: Fleet, tasks: asyncio.TaskGroup, on_seen: Callable[[float], None]) -> None:
        self._fleet, self._tasks, self._on_seen = fleet, tasks, on_seen
        self._running: set[asyncio.Task[None]] = set()
        self._places: dict[Origin, _Place] = {}
        self.reads = 0
        """Reads of rows by themselves."""
        self.polls = 0
        """Polls that notifications have asked for."""

    def look(self, look: Look) -> bool:
        """Look at something soon; return whether it is watched at all."""
        if look.origin not in self._fleet.watches:
            return False
        place = self._places.setdefault(look.origin, _Place())
        if look.index is None or look.level is None:
            place.whole = True
        elif len(place.rows) <= MOST_ROWS:  # one more than that says already that all are polled
            place.rows.setdefault((look.level, look.index), look.arrived)
        if place.task is None:
            place.task = self._start(self._look_until_done(look.origin, place))
        return True

    def close(self) -> None:
        """End what is under way."""
        for task in tuple(self._running):
            task.cancel()

    def _start(self, looking: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._tasks.create_task(looking)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _look_until_done(self, origin: Origin, place: _Place) -> None:
        try:
            while place.whole or place.rows:
                await asyncio.sleep(GATHER_SECONDS)
                rows, place.rows = place.rows, {}
                whole, place.whole = place.whole or len(rows) > MOST_ROWS, False
                watch = self._fleet.watches.get(origin)
                if watch is None:
                    return
                if whole:
                    await self._poll(origin, place)
                else:
                    await self._read(watch, rows)
        finally:
            place.task = None

    async def _poll(self, origin: Origin, place: _Place) -> None:
        """Poll a module; what is asked for meanwhile waits for the next time that it may be."""
        pause = place.polled_at + POLL_EVERY_SECONDS - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
            place.rows, place.whole = {}, False
        place.polled_at = time.monotonic()
        self.polls += 1
        self._fleet.look(origin)

    async def _read(self, watch: Watch, rows: dict[tuple[Level, int], float]) -> None:
        """Read rows by themselves, once more if nothing has happened in them yet."""
        began = time.monotonic()
        silent = await self._see(watch, rows)
        if silent:
            self._start(self._see_later(watch, silent))
        await asyncio.sleep(max(0.0, began + 1 / READS_PER_SECOND - time.monotonic()))

    async def _see_later(self, watch: Watch, rows: dict[tuple[Level, int], float]) -> None:
        await asyncio.sleep(AGAIN_SECONDS)
        if self._fleet.watches.get(watch.origin) is watch:
            await self._see(watch, rows)

    async def _see(self, watch: Watch, rows: dict[tuple[Level, int], float]) -> dict[tuple[Level, int], float]:
        """Read rows; return those of which nothing new was found."""
        silent: dict[tuple[Level, int], float] = {}
        for level in {level for level, _ in rows}:
            asked = {index: arrived for (of_level, index), arrived in rows.items() if of_level == level}
            self.reads += 1
            step = await watch.see(level, asked)
            if step is None:
                # It does not answer, or not to this: the module's poll tells.
                self.look(Look(origin=watch.origin, arrived=min(asked.values())))
                continue
            told = {session.index for changes in step.changes for session in changes.sessions}
            for index, arrived in asked.items():
                if str(index) in told:
                    self._on_seen(time.monotonic() - arrived)
                elif not _is_polled_instead(step, watch.origin):
                    silent[level, index] = arrived
        return silent


def _is_polled_instead(step: Step, origin: Origin) -> bool:
    return (origin.vrf, origin.source, origin.module) in step.look_at
