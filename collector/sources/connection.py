"""One TCP or TLS connection of syslog: its frames, and how long it may take."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from collector.errors import WireError
from collector.sources.drops import UNKNOWN_SENDER
from collector.sources.turns import Turns
from collector.wire.syslog import MAX_OCTETS
from collector.wire.syslog_frames import SyslogFrames

_READ_OCTETS: Final = 4096
_PORTION = 16
"""Frames of one connection that are looked at before it is another's turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """What peers may take; times in seconds."""

    connections: int = 500
    """Of one port."""
    connections_of_sender: int = 16
    """Of one address at one port."""
    handshake: float = 10.0
    """For TLS to begin."""
    frame: float = 30.0
    """For a frame that has begun to be whole."""
    idle: float = 86_400.0
    """Without an octet. Routers are often silent for hours, and lose what they write to a connection that we closed;
    those that are gone are found by TCP keepalive, in two minutes."""
    stop: float = 2.0
    """For connections to close in order when we stop."""
    frame_octets: int = MAX_OCTETS


class Ending(StrEnum):
    """Why a connection was refused or ended by us."""

    UNKNOWN_SENDER = UNKNOWN_SENDER
    TOO_MANY = "too-many-connections"
    TOO_MANY_OF_SENDER = "too-many-connections-of-sender"
    NO_DESCRIPTORS = "no-file-descriptors"
    HANDSHAKE = "handshake"
    """TLS did not begin: no TLS, no common version, no certificate or a wrong one, or not in time."""
    BAD_FRAME = "bad-frame"
    """A count of octets that is none: there is no way to find the next frame."""
    SLOW = "slow"
    IDLE = "idle"


class Connection(asyncio.BufferedProtocol):
    """One peer; `closed` is done when it is gone."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: StreamLimits,
        turns: Turns,
        on_frame: Callable[[bytes], object],
        on_lost: Callable[[str, int], object],
    ) -> None:
        self.closed = loop.create_future()
        self.transport: asyncio.Transport | None = None
        self.ending: Ending | None = None
        """Why we ended it, if we did."""
        self.detail = ""
        """What else is to be said of that."""
        self._loop = loop
        self._limits = limits
        self._turns = turns
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._frames = SyslogFrames(limits.frame_octets)
        self._oversized = 0
        self._buffer = bytearray(_READ_OCTETS)
        self._waiting: deque[bytes] = deque()
        self._gone = False
        self._heard_at = self._begun_at = loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As in asyncio."""
        if isinstance(transport, asyncio.Transport):
            self.transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:
        """As in asyncio."""
        del sizehint
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """As in asyncio: take what has been read."""
        was_unfinished = self._frames.unfinished
        self._heard_at = self._loop.time()
        try:
            frames = self._frames.feed(bytes(memoryview(self._buffer)[:nbytes]))
            if frames or not was_unfinished:
                self._begun_at = self._heard_at
            self._deliver(frames)
            self._frames.feed(b"")  # which tells of a bad count behind those frames
        except WireError:
            self.end(Ending.BAD_FRAME)

    def _deliver(self, frames: list[bytes]) -> None:
        if frames and not self._waiting:
            self._turns.ask(self)
            if self.transport is not None:
                self.transport.pause_reading()
        self._waiting += frames
        if self._frames.oversized != self._oversized:
            self._on_lost("oversized", self._frames.oversized - self._oversized)
            self._oversized = self._frames.oversized

    def do_some(self) -> bool:
        """Look at some frames; before all are looked at, nothing more is read, and the connection is not `closed`."""
        try:
            for _ in range(min(_PORTION, len(self._waiting))):
                self._on_frame(self._waiting.popleft())
        finally:
            self._go_on()
        return bool(self._waiting)

    def _go_on(self) -> None:
        if self._waiting:
            return
        if not self._gone:
            if self.transport is not None:
                self.transport.resume_reading()
        elif not self.closed.done():
            self.closed.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """As in asyncio: the last frame may lack its end, unless the connection broke."""
        self._gone = True
        frames: list[bytes] = []
        try:
            if exc is None and self.ending is None:
                frames = self._frames.close()
            elif self._frames.unfinished and self.ending is not Ending.BAD_FRAME:
                self._on_lost("unfinished", 1)
        except WireError:
            self._on_lost("unfinished", 1)
        self._deliver(frames)
        self._go_on()

    def deadline(self) -> tuple[float, Ending]:
        """Return until when (loop time) something must have come, and what it is called if nothing has."""
        if self._frames.unfinished:
            return self._begun_at + self._limits.frame, Ending.SLOW
        return self._heard_at + self._limits.idle, Ending.IDLE

    def end(self, why: Ending) -> None:
        """Close at once."""
        self.ending = self.ending or why
        if self.transport is not None:
            self.transport.abort()
