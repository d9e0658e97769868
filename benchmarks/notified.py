"""The daemon as it is notified, alone in an interpreter of its own: called by `measuring.isolated`.

All of it runs: ports, engine, tracking, a ledger on an SQLite file. Traps come from another process over loopback.
"""

import asyncio
import random
import re
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress

from benchmarks.measuring import cpu_seconds
from benchmarks.notifier import Notifier, notifier
from benchmarks.processes import COMMUNITY, Responder, http_get, responder
from collector import tables
from collector.config.loader import parse
from collector.daemon import Daemon, configure_logging
from collector.daemon.fleet import Fleet
from collector.daemon.hearing import Hearing
from collector.daemon.notifying import Notifying
from collector.daemon.record import Record
from collector.ledger import LedgerWriter
from collector.model import GLOBAL_VRF, Origin
from collector.tunnels import Step
from exporters.own import OwnMetrics

AT_ONCE = 2_500
"""Traps that are sent before anyone looks, at most, but no more than fit into the buffer that the system grants."""
OCTETS_OF_TRAP = 4_096
"""What a trap may take of the buffer, as the kernel counts."""
FIRST_INDEX, INDEX_STEP = 101, 7
"""From the number of a row to its index: see agents/tunnels.h."""
NOT_THERE = 10_000_000
"""Indexes from here on are of rows that no agent has."""
PATIENCE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 0.15
TINY_BUFFER = 4_096

Found = dict[str, float]

_CONFIGURATION = """\
http: {{listen: "127.0.0.1:0"}}
state: {{directory: {folder}}}
polling: {{interval: {interval}s}}
notifications:
  traps:
    listen: ["127.0.0.1:0"]
    users:
      - user: bench
        auth: {{protocol: SHA-256, secret: env:SECRET}}
        priv: {{protocol: AES-128, secret: env:SECRET}}
    receive_buffer: {buffer}
targets:
"""
_TARGET = """\
  - name: hub{number}
    address: 127.0.0.1
    port: {port}
    snmp: {{version: 2c, community: env:{community}}}
    contexts: [{{vrf: global}}]
    modules: [system, ipsec]
"""


class Observed(Daemon):
    """The daemon, and when tracking learned what."""

    def __init__(self, configuration: str) -> None:
        environment = {"COMMUNITY": COMMUNITY, "OTHER": "other", "SECRET": "benchmark-passphrase"}
        super().__init__(parse(configuration, environment=environment), tables.load())
        self.notifying: Notifying
        self.writer: LedgerWriter
        self.seen: dict[str, float] = {}
        """By index of a tunnel that went down, monotonic time."""
        self.url_port = 0

    def _hearing(self, fleet: Fleet, tasks: asyncio.TaskGroup, own: OwnMetrics, record: Record) -> Hearing:
        hearing = super()._hearing(fleet, tasks, own, record)
        self.notifying, self.writer = hearing.notifying, record.writer
        fleet.tracking.on_step = self._on_step
        return hearing

    def _on_step(self, target: str, step: Step) -> None:
        self.notifying.compare(target, step)
        now = time.monotonic()
        ended = (session for changes in step.changes for session in changes.sessions if session.ended_at is not None)
        self.seen.update((session.index, now) for session in ended)

    def taken(self) -> int:
        """How many notifications so far."""
        return sum(self.notifying.received.values())

    async def exposition(self) -> str:
        """What is on /metrics now."""
        return (await asyncio.to_thread(http_get, self.url_port, "/metrics", gzip=False)).decode()

    async def port(self) -> tuple[int, int, int]:
        """The port of traps, what the kernel dropped there, and the octets of its buffer."""
        text = await self.exposition()
        return (
            int(_sample(text, "messages_total", 1)),
            int(_sample(text, "kernel_drops_total", 2)),
            int(float(_sample(text, "buffer_bytes", 2))),
        )


def _sample(text: str, name: str, group: int) -> str:
    found = re.search(rf'^tunnelwatch_listener_{name}\{{port="udp 127\.0\.0\.1:(\d+)"\}} (\S+)', text, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"no {name} of the port on /metrics")
    return found[group].removesuffix(".0")


def rate(*, version: str, count: int, targets: int) -> Found:
    """Take so many traps, each of another row, in portions.

    Returns: `loop`, `all`: traps per CPU-second of the event loop's thread, and of all threads, until their events are
    on record. `lost`: how many were not taken, or did not become an event. `polls`, `reads`: what they led to.
    """
    return asyncio.run(_rate(version, count, targets))


async def _rate(version: str, count: int, targets: int) -> Found:
    async with _observed(tunnels=20, targets=targets) as (daemon, _, device):
        port, _, octets = await daemon.port()
        portion = min(AT_ONCE, octets // OCTETS_OF_TRAP, count)
        first, end = NOT_THERE + portion, NOT_THERE + portion + count // portion * portion
        await _send(daemon, device, port, version, range(NOT_THERE, first))
        lookout, taken = daemon.notifying.lookout, daemon.taken()
        looked = lookout.polls, lookout.reads
        own, every = time.thread_time(), cpu_seconds()
        for begin in range(first, end, portion):
            await _send(daemon, device, port, version, range(begin, begin + portion))
        own = time.thread_time() - own
        if not await asyncio.to_thread(daemon.writer.flush, PATIENCE_SECONDS):
            raise RuntimeError("the ledger does not follow")
        every, taken = cpu_seconds() - every, daemon.taken() - taken
        stats = daemon.writer.stats
    return {
        "loop": taken / own,
        "all": taken / every,
        "lost": end - first - taken + stats.dropped_events,
        "polls": lookout.polls - looked[0],
        "reads": lookout.reads - looked[1],
    }


async def _send(daemon: Observed, device: Notifier, port: int, version: str, indexes: Sequence[int]) -> float:
    """Have traps sent, and wait until they are taken; the event loop is held while they are sent."""
    wanted = daemon.taken() + len(indexes)
    began = device.send(port, version, list(indexes))
    with suppress(TimeoutError):
        await _until(lambda: daemon.taken() >= wanted, 2.0, pause=0.01)
    return began


async def _until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS, pause: float = 0.001) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is measured tells nobody
            await asyncio.sleep(pause)


def burst(*, count: int, tiny: bool) -> Found:
    """Take traps that come all at once, while the event loop is held.

    Returns: `taken`, `counted` (what the kernel dropped, as /metrics has it), `octets` of the buffer that was granted.
    """
    return asyncio.run(_burst(count, TINY_BUFFER if tiny else 8 << 20))


async def _burst(count: int, buffer: int) -> Found:
    async with _observed(tunnels=20, buffer=buffer) as (daemon, _, device):
        port, _, _ = await daemon.port()
        await _send(daemon, device, port, "v2c", range(NOT_THERE, NOT_THERE + count))
        _, drops, octets = await daemon.port()
        return {"taken": daemon.taken(), "counted": drops, "octets": octets}


def latencies(*, tunnels: int, count: int) -> dict[str, list[float]]:
    """Let tunnels end one after the other, each with a trap, while the hub is polled every ten seconds.

    Returns: seconds from just before the packet is sent: `state`, until tracking knows; `shown`, of some of them, until
    /metrics that tells it is read.
    """
    return asyncio.run(_latencies(tunnels, count))


async def _latencies(tunnels: int, count: int) -> dict[str, list[float]]:
    chance, found = random.Random(4), dict[str, list[float]](state=[], shown=[])
    async with _observed(tunnels=tunnels, interval=10) as (daemon, agent, device):
        port, _, _ = await daemon.port()
        for number, row in enumerate(chance.sample(range(tunnels), count)):
            await asyncio.sleep(chance.uniform(0, LONGEST_PAUSE_SECONDS))
            index = FIRST_INDEX + INDEX_STEP * row
            agent.end_tunnel(row)
            began = device.send(port, "v2c", [index])
            await _until(lambda index=index: str(index) in daemon.seen)
            found["state"].append(daemon.seen[str(index)] - began)
            if number % 10 == 0:
                address = f"10.0.{(row + 1) >> 8}.{(row + 1) & 255}"
                await _is_shown(daemon, address)
                found["shown"].append(time.monotonic() - began)
    return found


async def _is_shown(daemon: Observed, address: str) -> None:
    text = await daemon.exposition()
    line = re.search(rf'^ipsec_tunnel_up\{{[^}}]*peer="{re.escape(address)}"[^}}]*\}} (\S+)', text, re.MULTILINE)
    if line is None or float(line[1]) != 0:
        raise RuntimeError(f"the tunnel to {address} is not shown as down: {line and line[0]}")


@asynccontextmanager
async def _observed(
    *, tunnels: int, targets: int = 1, interval: int = 300, buffer: int = 8 << 20
) -> AsyncIterator[tuple[Observed, Responder, Notifier]]:
    """A daemon that has polled its hubs once, their agents, and a device that is the first of them."""
    configure_logging("console", "error")
    with (
        tempfile.TemporaryDirectory(prefix="tunnelwatch-traps-") as folder,
        responder(tunnels, targets=targets) as agent,
        notifier() as device,
    ):
        text = _CONFIGURATION.format(folder=folder, interval=interval, buffer=buffer)
        daemon = Observed(text + "".join(_targets(agent.ports)))
        stop, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(daemon.run(stop, on_listening=listening.set_result))
            try:
                daemon.url_port = (await listening)[0][1]
                await _polled(daemon, [f"hub{number}" for number in range(targets)])
                yield daemon, agent, device
            finally:
                stop.set()


def _targets(ports: Sequence[int]) -> Iterator[str]:
    for number, port in enumerate(ports):
        # All have one address: the community of a trap tells whose it is.
        yield _TARGET.format(number=number, port=port, community="OTHER" if number else "COMMUNITY")


async def _polled(daemon: Observed, names: Sequence[str]) -> None:
    origins = [Origin(target=name, vrf=GLOBAL_VRF, source="snmp", module="ipsec") for name in names]
    await _until(lambda: all(daemon.store.record(origin) for origin in origins))
