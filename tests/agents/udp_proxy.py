"""A path that loses, swaps, repeats, cuts, delays, forges and spoils datagrams, between the engine and an agent."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from random import Random

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What happens to a datagram, and how often (0 to 1); what says `answers` leaves questions alone."""

    drop: float = 0
    reorder: float = 0
    """Held back for up to `reorder_seconds`, so that later ones overtake it."""
    reorder_seconds: float = 0.03
    duplicate: float = 0
    truncate: float = 0
    """Answers that are cut off anywhere."""
    flip: float = 0
    """One bit is another one."""
    late: float = 0
    """Answers that come only after `late_seconds`."""
    late_seconds: float = 0
    forge: float = 0
    """Answers that are preceded by a falsified copy from another port."""
    elsewhere: float = 0
    """Answers that come from another port instead."""
    delay_seconds: float = 0
    """For every answer."""


class UdpProxy:
    """An async context manager: inside, `port` leads to the agent's port, with faults; `counts` says what it did."""

    def __init__(self, agent_port, faults, *, seed=1):
        self.counts = Counter()
        self.faults = faults
        self._agent = (LOOPBACK, agent_port)
        self._random = Random(seed)
        self._client = None
        self._timers = set()

    async def __aenter__(self):
        self._loop = asyncio.get_running_loop()
        self._front = await self._open(self._ask)
        self._back = await self._open(self._answer)
        self._other = await self._open(lambda _data, _address: None)
        self.port = self._front.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_):
        for timer in self._timers:
            timer.cancel()
        for transport in (self._front, self._back, self._other):
            transport.abort()

    async def _open(self, take):
        transport, _ = await self._loop.create_datagram_endpoint(lambda: _Taker(take), local_addr=(LOOPBACK, 0))
        return transport

    def _happens(self, fault):
        happens = self._random.random() < getattr(self.faults, fault)
        self.counts[fault] += happens
        return happens

    def _ask(self, data, address):
        self._client = address
        self._pass_on(data, self._back, self._agent, 0)

    def _answer(self, data, _address):
        wait = self.faults.delay_seconds
        if self._happens("truncate"):
            data = data[: self._random.randrange(1, len(data))]
        if self._happens("forge"):
            self._send(self._other, data[:-1] + bytes([data[-1] ^ 1]), self._client)
        way = self._other if self._happens("elsewhere") else self._front
        if self._happens("late"):
            wait += self.faults.late_seconds
        self._pass_on(data, way, self._client, wait)

    def _pass_on(self, data, way, address, wait):
        if self._happens("drop"):
            return
        if self._happens("flip"):
            place = self._random.randrange(8 * len(data))
            data = (int.from_bytes(data, "big") ^ 1 << place).to_bytes(len(data), "big")
        if self._happens("reorder"):
            wait += self._random.random() * self.faults.reorder_seconds
        for _ in range(1 + self._happens("duplicate")):
            self._send_after(wait, way, data, address)

    def _send_after(self, wait, *sending):
        if not wait:
            self._send(*sending)
            return

        def send():
            self._timers.discard(timer)
            self._send(*sending)

        timer = self._loop.call_later(wait, send)
        self._timers.add(timer)

    def _send(self, way, data, address):
        self.counts["asked" if way is self._back else "answered"] += 1
        way.sendto(data, address)


class _Taker(asyncio.DatagramProtocol):
    def __init__(self, take):
        self.datagram_received = take
