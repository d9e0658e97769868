"""UDP ports where traps and informs arrive: octets → records for whoever takes them, and the answers to informs."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias

from collector.sources.datagrams import Datagram, DatagramListener, open_all
from collector.sources.drops import UNKNOWN_SENDER, Admits, Drops, everyone
from collector.sources.listener import Listener
from collector.wire.notification import NotificationRecord
from collector.wire.notification_drops import DropReason, Received


class Receiver(Protocol):
    """What judges datagrams; see collector.wire.notification_receiver."""

    def receive(self, data: bytes, source: str, now: float) -> Received:
        """Return what became of a datagram from this address; `now` is monotonic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrapArrival:
    """A trap or inform, where it came from (without port) and to, and when the kernel received it (Unix time)."""

    record: NotificationRecord
    sender: str
    listener: Listener
    received_at: float


TrapTaker: TypeAlias = Callable[[TrapArrival], str | None]
"""Takes a notification, or says why not: a word of a fixed list, to count by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrapStats:
    """What one port has seen so far."""

    listener: Listener
    datagrams: int
    taken: Mapping[Literal["trap", "inform"], int]
    dropped: Mapping[str, int]
    """By reason: a DropReason, `unknown-sender`, or what the taker said."""
    kernel_drops: int
    """Datagrams that came while the buffers were full."""
    waiting: int
    """Datagrams that are not looked at yet."""
    buffer_octets: int
    """What the kernel keeps for us, its own overhead included."""
    answers: int
    """Responses and Reports."""
    unsent: int
    """Those of them that the system did not take."""


class TrapListeners:
    """Ports that are open while the context is; `receiver` may be replaced at any time.

    `admits` is asked before anything of a datagram is looked at. An inform is answered when the taker has taken it.

    Raises: SourceError, on entering, if a port cannot be had.
    """

    def __init__(
        self,
        listeners: Iterable[Listener],
        receiver: Receiver,
        taker: TrapTaker,
        *,
        admits: Admits = everyone,
        receive_buffer: int = 8 << 20,
    ) -> None:
        self.receiver = receiver
        self._wanted = tuple(listeners)
        self._taker = taker
        self._admits = admits
        self._receive_buffer = receive_buffer
        self._drops = Drops("notification dropped", unspoken={DropReason.DISCOVERY})
        self._taken: Counter[tuple[Listener, bool]] = Counter()
        self._answers: Counter[Listener] = Counter()
        self._open: list[DatagramListener] = []

    async def __aenter__(self) -> Self:
        self._open = open_all(self._wanted, self._on_datagram, self._receive_buffer)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._open:
            each.close()
        self._drops.close()

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """The ports, with the numbers that the system chose."""
        return tuple(each.listener for each in self._open)

    def _on_datagram(self, port: DatagramListener, datagram: Datagram) -> None:
        listener, sender = port.listener, datagram.sender
        if not self._admits(sender):
            self._drops.count(listener, UNKNOWN_SENDER, sender)
            return
        received = self.receiver.receive(datagram.data, sender, time.monotonic())
        if received.record is None:
            self._drops.count(listener, received.reason or DropReason.MALFORMED, sender, received.detail)
        elif not self._is_taken(received.record, listener, datagram):
            return
        if received.reply is not None:
            self._answers[listener] += 1
            port.answer(received.reply, datagram)

    def _is_taken(self, record: NotificationRecord, listener: Listener, datagram: Datagram) -> bool:
        sender = datagram.sender
        arrival = TrapArrival(record=record, sender=sender, listener=listener, received_at=datagram.received_at)
        refusal = self._taker(arrival)
        if refusal is not None:
            self._drops.count(listener, refusal, sender)
            return False
        self._taken[listener, record.inform] += 1
        return True

    def stats(self) -> tuple[TrapStats, ...]:
        """Return what each port has seen."""
        return tuple(map(self._stats_of, self._open))

    def _stats_of(self, port: DatagramListener) -> TrapStats:
        listener = port.listener
        return TrapStats(
            listener=listener,
            datagrams=port.received,
            taken={"trap": self._taken[listener, False], "inform": self._taken[listener, True]},
            dropped=self._drops.of(listener),
            kernel_drops=port.kernel_drops(),
            waiting=port.waiting,
            buffer_octets=port.buffer_octets,
            answers=self._answers[listener],
            unsent=port.unsent,
        )
