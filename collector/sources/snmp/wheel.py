"""Deadlines of many requests with one timer: they are kept by the tick in which they are due."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

_Item = TypeVar("_Item")

TICK_SECONDS = 0.02


class Wheel(Generic[_Item]):
    """Calls back with each item once it is due, up to a tick late; what no longer matters is for `on_due` to see."""

    def __init__(self, loop: asyncio.AbstractEventLoop, on_due: Callable[[_Item], object]) -> None:
        self._loop = loop
        self._on_due = on_due
        self._slots: dict[int, list[_Item]] = {}
        self._last = 0
        """The last tick that was looked at."""
        self._timer: asyncio.TimerHandle | None = None

    def add(self, item: _Item, seconds: float) -> None:
        """Call back with an item in so many seconds."""
        now = self._loop.time()
        tick = int((now + seconds) / TICK_SECONDS) + 1
        slot = self._slots.get(tick)
        if slot is None:
            self._slots[tick] = [item]
        else:
            slot.append(item)
        if self._timer is None:
            self._last = int(now / TICK_SECONDS)
            self._arm()

    def _arm(self) -> None:
        self._timer = self._loop.call_at((self._last + 1) * TICK_SECONDS, self._turn)

    def _turn(self) -> None:
        self._timer = None
        first, self._last = self._last + 1, int(self._loop.time() / TICK_SECONDS)
        for tick in range(first, self._last + 1):
            for item in self._slots.pop(tick, ()):
                self._on_due(item)
        if self._slots and self._timer is None:
            self._arm()

    def stop(self) -> None:
        """Forget everything."""
        self._slots.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
