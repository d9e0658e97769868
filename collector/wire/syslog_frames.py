"""Frames of a syslog stream: octet counting, or ended by LF or NUL; each connection keeps to one, told by its start.

Source: RFC 6587 §3.4; RFC 5425 §4.3 (TLS: octet counting only).
"""

import re

from collector.errors import WireError
from collector.wire.syslog import MAX_OCTETS

_COUNTED = re.compile(rb"[1-9][0-9]{0,6} <")
_UNDECIDED = re.compile(rb"(?:[1-9][0-9]{0,6} ?)?")
_COUNT = re.compile(rb"[1-9][0-9]{0,6}")
_ENDS = re.compile(rb"[\n\0]")
_BETWEEN = b"\r\n\0"  # some senders count, and end their frames as well


class SyslogFrames:
    """One connection's stream, fed with octets as they come; its memory is bounded by `limit` and one feeding."""

    __slots__ = ("_counted", "_error", "_limit", "_part", "_skip", "_want", "oversized")

    def __init__(self, limit: int = MAX_OCTETS) -> None:
        self.oversized = 0
        """Frames longer than `limit` octets; they were dropped."""
        self._limit = limit
        self._counted: bool | None = None
        self._part = bytearray()
        """Of a frame that is not whole; of the count of the next one; or a start that says nothing yet."""
        self._want = 0
        """Octets of the counted frame under way that are still to come."""
        self._skip = False
        """Whether the frame under way is too long."""
        self._error: str | None = None

    @property
    def unfinished(self) -> bool:
        """Whether a frame, or its count, has begun that is not whole."""
        return bool(self._part or self._want or self._skip)

    def feed(self, data: bytes) -> list[bytes]:
        """Take octets and return the frames that are whole now, without what ends them; empty ones are left out.

        Raises: WireError on a bad count, once the frames before it were returned: the stream is of no more use.
        """
        self._fail()
        if self._counted is None:
            data = bytes(self._part) + data
            self._part.clear()
            self._counted = self._decide(data)
        if self._counted is None:
            self._part += data
            return []
        frames = self._feed_counted(data) if self._counted else self._feed_ended(data)
        if not frames:
            self._fail()
        return frames

    def close(self) -> list[bytes]:
        """Take it that the connection has ended, and return the last frame if only its end is missing.

        Raises: WireError if it ended within a counted frame, or after a bad count.
        """
        self._fail()
        if self._counted and (self._part or self._want):
            raise WireError("a stream that ended within a frame")
        self._counted = False
        return self._feed_ended(b"\n")

    def _fail(self) -> None:
        if self._error is not None:
            raise WireError(self._error)

    def _decide(self, data: bytes) -> bool | None:
        if _COUNTED.match(data):
            return True
        return None if _UNDECIDED.fullmatch(data) else False

    def _feed_ended(self, data: bytes) -> list[bytes]:
        frames = []
        *whole, rest = _ENDS.split(data)
        for part in whole:
            self._add(part)
            if self._part:
                frames.append(bytes(self._part).removesuffix(b"\r"))
            self._part.clear()
            self._skip = False
        self._add(rest)
        return [frame for frame in frames if frame]

    def _add(self, part: bytes) -> None:
        if not self._skip and len(self._part) + len(part) > self._limit:
            self._skip = True
            self.oversized += 1
            self._part.clear()
        if not self._skip:
            self._part += part

    def _feed_counted(self, data: bytes) -> list[bytes]:
        frames: list[bytes] = []
        at = 0
        while at < len(data) and self._error is None:
            at = self._take_octets(data, at, frames) if self._want else self._take_count(data, at)
        return frames

    def _take_octets(self, data: bytes, at: int, frames: list[bytes]) -> int:
        part = data[at : at + self._want]
        self._want -= len(part)
        if not self._skip:
            self._part += part
        if not self._want and not self._skip:
            frames.append(bytes(self._part))
        if not self._want:
            self._part.clear()
            self._skip = False
        return at + len(part)

    def _take_count(self, data: bytes, at: int) -> int:
        """Take one octet of what stands between frames, or of a count."""
        octet = data[at : at + 1]
        if octet == b" " and self._part:
            self._want = int(self._part)
            self._part.clear()
            self._skip = self._want > self._limit
            self.oversized += self._skip
        elif self._part or octet not in _BETWEEN:
            self._part += octet
            if not _COUNT.fullmatch(self._part):
                self._error = f"{bytes(self._part)!r} where a frame's count of octets must be"
        return at + 1
