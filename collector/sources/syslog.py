"""Ports where syslog messages arrive, by UDP, TCP and TLS: octets → messages, each to whoever takes them."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, TypeAlias

from collector.errors import WireError
from collector.sources.connection import StreamLimits
from collector.sources.datagrams import Datagram, DatagramListener, open_all
from collector.sources.drops import UNKNOWN_SENDER, Admits, Drops, everyone
from collector.sources.listener import Listener
from collector.sources.streams import StreamListener
from collector.sources.tls import TlsFiles, server_context
from collector.sources.turns import Turns
from collector.wire.syslog import SyslogMessage, read_syslog


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogPort:
    """A port to listen on: `tls` where its protocol is; `connections` at once where it is tcp or tls."""

    listener: Listener
    tls: TlsFiles | None = None
    connections: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogArrival:
    """A message, where it came from (without port) and to, and when it was received (Unix time)."""

    message: SyslogMessage
    sender: str
    listener: Listener
    received_at: float


SyslogTaker: TypeAlias = Callable[[SyslogArrival], str | None]
"""Takes a message, or says why not: a word of a fixed list, to count by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogStats:
    """What one port has seen so far."""

    listener: Listener
    taken: int
    dropped: Mapping[str, int]
    """Messages by reason: `malformed`, `oversized`, `unfinished` (the connection broke), `unknown-sender`, or what the
    taker said."""
    ended: Mapping[str, int]
    """Connections that we refused or ended, by reason: an Ending."""
    accepted: int
    """Connections so far, those not counted that were refused at once."""
    connections: int
    """Connections that are open, or about to be."""
    kernel_drops: int
    """udp: datagrams that came while the buffers were full."""
    waiting: int
    """udp: datagrams that are not looked at yet."""
    buffer_octets: int
    """udp: what the kernel keeps for us, its own overhead included."""


class SyslogListeners:
    """Ports that are open while the context is; leaving it ends all connections in order.

    `admits` is asked before anything of a datagram or connection is looked at. `limits` are those of each stream port;
    how many connections it may have, the port says itself.

    Raises: SourceError, on entering, if a port cannot be had or its certificate not be used.
    """

    def __init__(
        self,
        ports: Iterable[SyslogPort],
        taker: SyslogTaker,
        *,
        admits: Admits = everyone,
        receive_buffer: int = 8 << 20,
        limits: StreamLimits | None = None,
    ) -> None:
        self._wanted = tuple(ports)
        self._taker = taker
        self._admits = admits
        self._receive_buffer = receive_buffer
        self._limits = limits or StreamLimits()
        self._drops = Drops("syslog message dropped")
        self._endings = Drops("syslog connection refused or ended")
        self._taken: Counter[Listener] = Counter()
        self._datagrams: list[DatagramListener] = []
        self._streams: list[StreamListener] = []
        self._turns = Turns()
        self._serving = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        try:
            self._streams.extend(map(self._stream, self._of({"tcp", "tls"})))
            udp = [port.listener for port in self._of({"udp"})]
            self._datagrams = open_all(udp, self._on_datagram, self._receive_buffer)
        except BaseException:
            for each in self._streams:
                each.close()
            raise
        await self._serving.__aenter__()
        self._tasks = [self._serving.create_task(each.serve()) for each in self._streams]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        try:
            await self._serving.__aexit__(kind, error, trace)
        finally:
            for stream in self._streams:
                stream.close()
            for port in self._datagrams:
                port.close()
            self._drops.close()
            self._endings.close()

    def _of(self, protocols: set[str]) -> list[SyslogPort]:
        return [port for port in self._wanted if port.listener.protocol in protocols]

    def _stream(self, port: SyslogPort) -> StreamListener:
        return StreamListener(
            port.listener,
            limits=replace(self._limits, connections=port.connections),
            tls=server_context(port.tls) if port.tls else None,
            admits=self._admits,
            endings=self._endings,
            turns=self._turns,
            on_frame=lambda listener, sender, frame: self._on_octets(listener, sender, frame, time.time()),
            on_lost=lambda listener, sender, reason, number: self._drops.count(listener, reason, sender, number=number),
        )

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """The ports, with the numbers that the system chose: those of udp first."""
        return (*(each.listener for each in self._datagrams), *(each.listener for each in self._streams))

    def _on_datagram(self, port: DatagramListener, datagram: Datagram) -> None:
        if self._admits(datagram.sender):
            self._on_octets(port.listener, datagram.sender, datagram.data, datagram.received_at)
        else:
            self._drops.count(port.listener, UNKNOWN_SENDER, datagram.sender)

    def _on_octets(self, listener: Listener, sender: str, octets: bytes, received_at: float) -> None:
        try:
            message = read_syslog(octets)
        except WireError:
            self._drops.count(listener, "malformed", sender)  # without the error's text, which may quote the message
            return
        arrival = SyslogArrival(message=message, sender=sender, listener=listener, received_at=received_at)
        refusal = self._taker(arrival)
        if refusal is None:
            self._taken[listener] += 1
        else:
            self._drops.count(listener, refusal, sender)

    def stats(self) -> tuple[SyslogStats, ...]:
        """Return what each port has seen."""
        return (*map(self._stats_of_datagrams, self._datagrams), *map(self._stats_of_stream, self._streams))

    def _stats_of_datagrams(self, port: DatagramListener) -> SyslogStats:
        return SyslogStats(
            listener=port.listener,
            taken=self._taken[port.listener],
            dropped=self._drops.of(port.listener),
            ended={},
            accepted=0,
            connections=0,
            kernel_drops=port.kernel_drops(),
            waiting=port.waiting,
            buffer_octets=port.buffer_octets,
        )

    def _stats_of_stream(self, port: StreamListener) -> SyslogStats:
        return SyslogStats(
            listener=port.listener,
            taken=self._taken[port.listener],
            dropped=self._drops.of(port.listener),
            ended=self._endings.of(port.listener),
            accepted=port.accepted,
            connections=port.of_senders.total(),
            kernel_drops=0,
            waiting=0,
            buffer_octets=0,
        )
