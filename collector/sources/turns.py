"""Turns: connections that have sent something are looked at in rotation, a few milliseconds in each turn of the loop.

Thousands of frames fit into one reading, so that otherwise some connections could hold the daemon up.
"""

import asyncio
from collections import deque
from typing import Protocol

SLICE_SECONDS = 0.005


class HasWork(Protocol):
    """Something with work that can be done in portions."""

    def do_some(self) -> bool:
        """Do a small portion and return whether there is more."""


class Turns:
    """Whoever asks has its turn soon, and again until its work is done."""

    def __init__(self, seconds: float = SLICE_SECONDS) -> None:
        self._seconds = seconds
        self._asking: deque[HasWork] = deque()
        self._next: asyncio.Handle | None = None

    def ask(self, worker: HasWork) -> None:
        """Put a worker at the end of the row; it must not stand there yet."""
        self._asking.append(worker)
        if self._next is None:
            self._next = asyncio.get_running_loop().call_soon(self._take_turns)

    def _take_turns(self) -> None:
        self._next = None
        loop = asyncio.get_running_loop()
        end = loop.time() + self._seconds
        try:
            while self._asking:
                self._take_turn(self._asking.popleft())
                if loop.time() > end:
                    break
        finally:
            if self._asking:
                self._next = loop.call_soon(self._take_turns)

    def _take_turn(self, worker: HasWork) -> None:
        more = True  # after an error, too: it was of the portion that is gone
        try:
            more = worker.do_some()
        finally:
            if more:
                self._asking.append(worker)
