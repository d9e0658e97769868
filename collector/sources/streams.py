"""TCP and TLS ports for syslog: frames of each connection, and limits, so that no peer costs the others anything.

Every connection is accepted by us and not by asyncio's server, which counts none before its handshake is done.
"""

import asyncio
import errno
import socket
import ssl
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from collector.errors import WireError
from collector.sources.drops import UNKNOWN_SENDER, Admits, Drops
from collector.sources.listener import Listener, unavailable
from collector.sources.turns import Turns
from collector.wire.syslog import MAX_OCTETS
from collector.wire.syslog_frames import SyslogFrames

_READ_OCTETS: Final = 4096
_PORTION = 16
"""Frames of one connection that are looked at before it is another's turn."""
_BACKLOG = 128
_PAUSE_SECONDS = 1.0
"""How long nothing is accepted when there are no file descriptors left."""
_OUT_OF = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))


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


class StreamListener:
    """One TCP or TLS port; `serve` accepts until it is cancelled.

    Raises: SourceError if it cannot be had.
    """

    def __init__(
        self,
        listener: Listener,
        *,
        limits: StreamLimits,
        tls: ssl.SSLContext | None,
        admits: Admits,
        endings: Drops,
        turns: Turns,
        on_frame: Callable[[Listener, str, bytes], object],
        on_lost: Callable[[Listener, str, str, int], object],
    ) -> None:
        self._limits = limits
        self._tls = tls
        self._admits = admits
        self._endings = endings
        self._turns = turns
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._socket = _listening(listener)
        self.listener = replace(listener, port=self._socket.getsockname()[1])
        """As asked for, with the port that it has."""
        self.of_senders: Counter[str] = Counter()
        """Connections that are open, by address."""
        self.accepted = 0
        """Connections so far, those not counted that were refused at once."""

    async def serve(self) -> None:
        """Accept and serve; when cancelled, close all connections in order."""
        async with asyncio.TaskGroup() as connections:
            with self._socket:
                while True:
                    peer, sender = await self._accept()
                    if why := self._objection(sender):
                        self._endings.count(self.listener, why, sender)
                        peer.close()
                    else:
                        self.accepted += 1
                        self.of_senders[sender] += 1
                        connections.create_task(self._serve_one(peer, sender))

    def close(self) -> None:
        """Close the port; whoever serves it does so, too, but may not have begun."""
        self._socket.close()

    async def _accept(self) -> tuple[socket.socket, str]:
        loop = asyncio.get_running_loop()
        while True:
            try:
                peer, address = await loop.sock_accept(self._socket)
            except OSError as error:
                if error.errno in _OUT_OF:
                    self._endings.count(self.listener, Ending.NO_DESCRIPTORS, "")
                    await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return peer, address[0]

    def _objection(self, sender: str) -> Ending | None:
        if not self._admits(sender):
            return Ending.UNKNOWN_SENDER
        if self.of_senders.total() >= self._limits.connections:
            return Ending.TOO_MANY
        if self.of_senders[sender] >= self._limits.connections_of_sender:
            return Ending.TOO_MANY_OF_SENDER
        return None

    async def _serve_one(self, peer: socket.socket, sender: str) -> None:
        listener = self.listener
        connection = Connection(
            asyncio.get_running_loop(),
            self._limits,
            self._turns,
            lambda frame: self._on_frame(listener, sender, frame),
            lambda reason, number: self._on_lost(listener, sender, reason, number),
        )
        try:
            if await self._begin(connection, peer):
                await self._watch(connection)
        finally:
            await self._part(connection)
            self.of_senders -= Counter({sender: 1})
            if connection.ending is not None:
                self._endings.count(listener, connection.ending, sender, connection.detail)

    async def _begin(self, connection: Connection, peer: socket.socket) -> bool:
        seconds = self._limits.handshake if self._tls else None
        try:
            for option, value in _KEEPALIVE:
                peer.setsockopt(socket.IPPROTO_TCP, option, value)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection,
                peer,
                ssl=self._tls,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=self._limits.stop if self._tls else None,
            )
        except OSError as error:
            connection.detail = _words(error)
            peer.close()
        if connection.transport is None:  # also where a peer is gone before asyncio can say so
            connection.ending = Ending.HANDSHAKE
        return connection.ending is None

    async def _watch(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        while not connection.closed.done():
            until, why = connection.deadline()
            left = until - loop.time()
            if left <= 0:
                connection.end(why)
            # A frame may begin at any time, and must then be whole soon.
            await asyncio.wait([connection.closed], timeout=min(max(left, 0), self._limits.frame))

    async def _part(self, connection: Connection) -> None:
        """Let a connection that is still open close in order, or else at once."""
        transport = connection.transport
        if transport is None or connection.closed.done():
            return
        transport.close()
        try:
            await asyncio.wait([connection.closed], timeout=self._limits.stop)
        finally:
            transport.abort()


def _words(error: OSError) -> str:
    """Say why a handshake failed, without what the peer has sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    return str(error)


def _listening(listener: Listener) -> socket.socket:
    family = socket.AF_INET6 if listener.is_ipv6 else socket.AF_INET
    tcp = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if listener.is_ipv6:
            tcp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        address = socket.getaddrinfo(listener.host, listener.port, family, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
        tcp.bind(address[0][4])
        tcp.listen(_BACKLOG)
    except OSError as error:
        tcp.close()
        raise unavailable(listener, error) from error
    return tcp
