"""TCP and TLS ports for syslog, with limits, so that no peer costs the others anything.

Every connection is accepted by us and not by asyncio's server, which counts none before its handshake is done.
"""

import asyncio
import errno
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from collector.sources.connection import Connection, Ending, StreamLimits
from collector.sources.drops import Admits, Drops
from collector.sources.listener import Listener, unavailable
from collector.sources.turns import Turns

_BACKLOG = 128
_PAUSE_SECONDS = 1.0
"""How long nothing is accepted when there are no file descriptors left."""
_OUT_OF = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))


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
