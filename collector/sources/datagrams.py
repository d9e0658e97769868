"""UDP ports that strangers send to: read in gulps, handed over in slices of time, answered from where they were asked.

What arrives while the daemon is busy waits in the kernel's buffer; it is taken out of there first and looked at then,
since the kernel counts each datagram as far larger than it is. If both are full the kernel drops, and says how many.
"""

import asyncio
import contextlib
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, NamedTuple

import structlog

from collector.sources.listener import Listener, unavailable

_log = structlog.stdlib.get_logger()

_SO_RCVBUFFORCE, _SO_TIMESTAMPNS, _SO_MEMINFO = 33, 35, 55
_IP_PKTINFO, _IPV6_RECVPKTINFO, _IPV6_PKTINFO = 8, 49, 50
_MEMINFO = struct.Struct("9I")
_MEMINFO_DROPS = 8
_TIMESPEC = struct.Struct("@ll")
_ANCILLARY_OCTETS = 256
_MOST_OCTETS: Final = 65_535
_GULP = 256
_SLICE_SECONDS = 0.005
_OVERHEAD_OCTETS = 512
"""What a waiting datagram takes besides its octets."""


class Datagram(NamedTuple):
    """What arrived, from which socket address, at which address of ours (ancillary data), and when (Unix time)."""

    data: bytes
    source: Any
    arrived_at: tuple[int, int, bytes] | None
    received_at: float

    @property
    def sender(self) -> str:
        """The source address, without port."""
        sender: str = self.source[0]
        return sender


class DatagramListener:
    """One UDP port.

    Raises: SourceError if it cannot be had.
    """

    def __init__(
        self, listener: Listener, on_datagram: Callable[["DatagramListener", Datagram], object], buffer: int
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_datagram = on_datagram
        self._buffer = buffer
        self._waiting: deque[Datagram] = deque()
        self._waiting_octets = 0
        self._resume: asyncio.Handle | None = None
        self._dropped = 0
        self._dropped_mark = 0
        self.received = 0
        """Datagrams so far."""
        self.unsent = 0
        """Answers that the system did not take."""
        self._socket = _bound(listener, buffer)
        self.listener = replace(listener, port=self._socket.getsockname()[1])
        """As asked for, with the port that it has."""
        self.buffer_octets = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        """What the kernel keeps for us, its own overhead included."""
        self._loop.add_reader(self._socket.fileno(), self._read)

    @property
    def waiting(self) -> int:
        """Datagrams that are taken from the kernel and not looked at yet."""
        return len(self._waiting)

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            for _ in range(_GULP):
                if self._waiting_octets >= self._buffer:
                    break
                self._take(*self._socket.recvmsg(_MOST_OCTETS, _ANCILLARY_OCTETS))
        if self._resume is None:
            self._hand_over()

    def _take(self, data: bytes, ancillary: Iterable[tuple[int, int, bytes]], _: int, source: object) -> None:
        arrived_at = received_at = None
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
                seconds, nanoseconds = _TIMESPEC.unpack(content)
                received_at = seconds + nanoseconds / 1e9
            else:
                arrived_at = level, kind, content
        self.received += 1
        self._waiting_octets += len(data) + _OVERHEAD_OCTETS
        self._waiting.append(Datagram(data, source, arrived_at, received_at or time.time()))

    def _hand_over(self) -> None:
        self._resume = None
        end = self._loop.time() + _SLICE_SECONDS
        try:
            while self._waiting:
                datagram = self._waiting.popleft()
                self._waiting_octets -= len(datagram.data) + _OVERHEAD_OCTETS
                self._on_datagram(self, datagram)
                if self._loop.time() > end:
                    break
        finally:
            if self._waiting:
                self._resume = self._loop.call_soon(self._hand_over)

    def answer(self, data: bytes, question: Datagram) -> None:
        """Send a datagram to where another came from, with the address as its source that the other was sent to."""
        ancillary = [_source_address(*question.arrived_at)] if question.arrived_at else []
        try:
            self._socket.sendmsg([data], ancillary, 0, question.source)
        except OSError:
            self.unsent += 1

    def kernel_drops(self) -> int:
        """Return how many datagrams came while the buffers were full; 0 where the system does not tell.

        Source: socket(7) SO_MEMINFO; it costs a microsecond, reading /proc/net/udp 250, and SO_RXQ_OVFL tells only
        with the next datagram.
        """
        with contextlib.suppress(OSError, struct.error):
            answer = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
            drops = _MEMINFO.unpack(answer)[_MEMINFO_DROPS]
            self._dropped += (drops - self._dropped_mark) & 0xFFFFFFFF  # it wraps
            self._dropped_mark = drops
        return self._dropped

    def close(self) -> None:
        """Look at what has arrived, and leave nothing behind."""
        self._loop.remove_reader(self._socket.fileno())
        if self._resume is not None:
            self._resume.cancel()
        try:
            while self._waiting:
                self._on_datagram(self, self._waiting.popleft())
        finally:
            self.kernel_drops()
            self._socket.close()


def _source_address(level: int, kind: int, content: bytes) -> tuple[int, int, bytes]:
    """Return the ancillary data with which an answer leaves; through which interface is up to the routes."""
    if kind == _IP_PKTINFO:
        return level, kind, struct.pack("@i", 0) + content[4:8] + bytes(4)
    return level, kind, content[:16] + struct.pack("@i", 0)


def _bound(listener: Listener, buffer: int) -> socket.socket:
    family = socket.AF_INET6 if listener.is_ipv6 else socket.AF_INET
    udp = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        with contextlib.suppress(OSError):
            udp.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        if listener.is_ipv6:
            udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            udp.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVPKTINFO, 1)
        else:
            udp.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        _enlarge_buffer(udp, buffer)
        # The resolver understands zones: fe80::1%eth0.
        address = socket.getaddrinfo(listener.host, listener.port, family, socket.SOCK_DGRAM, 0, socket.AI_NUMERICHOST)
        udp.bind(address[0][4])
    except OSError as error:
        udp.close()
        raise unavailable(listener, error) from error
    return udp


def _enlarge_buffer(udp: socket.socket, octets: int) -> None:
    """Ask beyond net.core.rmem_max too, which is for those who have CAP_NET_ADMIN."""
    with contextlib.suppress(OSError):
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)
        udp.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, octets)


def open_all(
    listeners: Iterable[Listener], on_datagram: Callable[[DatagramListener, Datagram], object], buffer: int
) -> list[DatagramListener]:
    """Open UDP ports, all or none; says once if the kernel keeps less for them than was asked.

    Raises: SourceError on the first that cannot be had.
    """
    opened: list[DatagramListener] = []
    try:
        opened.extend(DatagramListener(each, on_datagram, buffer) for each in listeners)
    except BaseException:
        for each in opened:
            each.close()
        raise
    granted = min((each.buffer_octets // 2 for each in opened), default=buffer)  # the kernel doubles what it is asked
    if granted < buffer:
        _log.warning("receive buffer smaller than asked; see sysctl net.core.rmem_max", asked=buffer, granted=granted)
    return opened
