"""UDP sockets that are read in gulps, with receive buffers for the answers to many questions at once."""

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from collector.wire.snmp import MAX_MESSAGE_OCTETS

Address: TypeAlias = tuple[Any, ...]
"""As the socket module has it: (host, port) or (host, port, flow info, scope)."""

_BUFFER_OCTETS = 8 << 20
_SO_RCVBUFFORCE = 33
"""Linux: beyond net.core.rmem_max, for those who have CAP_NET_ADMIN."""
_MOST_WAITING = 4096
_GULP = 256
_SLICE_SECONDS = 0.005
"""How long answers are taken before others may run."""
_PROC_INODE, _PROC_DROPS = 9, 12


class UdpSocket:
    """A socket of one address family; hands over what arrives, in slices of time."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        family: socket.AddressFamily,
        on_datagram: Callable[[bytes, Address], object],
    ) -> None:
        self._loop = loop
        self._on_datagram = on_datagram
        self._waiting: deque[tuple[bytes, Address]] = deque()
        self._resume: asyncio.Handle | None = None
        self.family = family
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        if family is socket.AF_INET6:
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.buffer_octets = _enlarge_buffer(self._socket)
        """What the kernel keeps for us, its own overhead included."""
        self._socket.bind(("::" if family is socket.AF_INET6 else "0.0.0.0", 0))
        loop.add_reader(self._socket.fileno(), self._read)

    def send(self, data: bytes, address: Address) -> None:
        """Send a datagram.

        Raises: OSError, BlockingIOError among them.
        """
        self._socket.sendto(data, address)

    def _read(self) -> None:
        """Take what has arrived off the kernel first, since its buffer is the smaller one; then look at it."""
        waiting = self._waiting
        receive = self._socket.recvfrom
        with contextlib.suppress(OSError):
            for _ in range(min(_GULP, _MOST_WAITING - len(waiting))):
                waiting.append(receive(MAX_MESSAGE_OCTETS))
        if self._resume is None:
            self._hand_over()

    def _hand_over(self) -> None:
        self._resume = None
        waiting = self._waiting
        now = self._loop.time
        end = now() + _SLICE_SECONDS
        while waiting:
            self._on_datagram(*waiting.popleft())
            if now() > end:
                self._resume = self._loop.call_soon(self._hand_over)
                return

    def kernel_drops(self) -> int:
        """Return how many datagrams came while the buffer was full; 0 where the system does not tell."""
        table = Path("/proc/net/udp6" if self.family is socket.AF_INET6 else "/proc/net/udp")
        inode = str(os.fstat(self._socket.fileno()).st_ino)
        with contextlib.suppress(OSError):
            for line in table.read_text().splitlines()[1:]:
                fields = line.split()
                if len(fields) > _PROC_DROPS and fields[_PROC_INODE] == inode:
                    return int(fields[_PROC_DROPS])
        return 0

    def close(self) -> None:
        """Leave nothing behind."""
        self._loop.remove_reader(self._socket.fileno())
        if self._resume is not None:
            self._resume.cancel()
        self._waiting.clear()
        self._socket.close()


def _enlarge_buffer(udp: socket.socket) -> int:
    """Ask for a large receive buffer and return what was granted: default ones lose answers that come in bursts."""
    with contextlib.suppress(OSError):
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
        udp.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_OCTETS)
    return udp.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
