"""Known tunnels of one hub as the daemon has them: polls, tracking, ledger and views in one process.

Called by `measuring.isolated`. CPU of tracking is that of the event loop's thread, CPU of the ledger all other.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measuring import cpu_seconds, spending, turns_watched
from benchmarks.ours import GLOBAL, Poller, garbage_kept_small, target
from benchmarks.serving import resident_octets, served
from collector import tables
from collector.daemon.tracking import Tracking, plan_of
from collector.ledger import Ledger, LedgerWriter
from collector.model import (
    COUNTED,
    GLOBAL_VRF,
    Changes,
    ChildSa,
    ClosedChildSa,
    ContextRecord,
    Entity,
    KnownTunnel,
    Origin,
    Snapshot,
    System,
)
from collector.sources.snmp import SnmpEngine
from collector.tunnels import Rules

POLLS_PER_CHECKPOINT = 5
"""Polls every 60 s, a checkpoint every 300 s."""
POLLS = 10
"""Of which one reads all columns."""
BOOT_AT = 1_500_000_000.0
"""When the hub began, Unix time."""
_CLOSED = [one.name for one in fields(ClosedChildSa) if one.name in {own.name for own in fields(ChildSa)} - {"index"}]

Found = dict[str, Any]


class _Hub(NamedTuple):
    """What runs."""

    poller: Poller
    tracking: Tracking
    writer: LedgerWriter

    async def follow(self, *snapshots: Snapshot) -> dict[str, float]:
        """Take snapshots in and put them on record: CPU of either, longest that the event loop was held."""
        before, own = cpu_seconds(), time.thread_time()
        async with turns_watched() as longest:
            for snapshot in snapshots:
                await self.tracking.take_in(snapshot)
        return self._spent(before, own, longest)

    async def checkpoint(self) -> dict[str, float]:
        """Put on record how far all live sessions have come."""
        before, own = cpu_seconds(), time.thread_time()
        async with turns_watched() as longest:
            await self.tracking.checkpoint()
        return self._spent(before, own, longest)

    def check(self, name: str, live: int, seen_at: float = 0.0) -> None:
        """Raise RuntimeError unless so many tunnels live: one that is not followed would cost nothing."""
        context = self.tracking.states[name].contexts[GLOBAL_VRF]
        followed = context.followed.get("child")
        fresh = len(followed.indexes) if followed and followed.taken_at >= seen_at else 0
        if len(context.live["child"]) != live or fresh != live:
            raise RuntimeError(f"{fresh} of {live} tunnels are followed")

    def _spent(self, before: float, own: float, longest: dict[str, float]) -> dict[str, float]:
        tracking = time.thread_time() - own
        if not self.writer.flush(60.0):
            raise RuntimeError(f"the ledger does not follow: {self.writer.stats}")
        ledger = cpu_seconds() - before - (time.thread_time() - own)
        return {"tracking": tracking, "ledger": ledger, "held": longest["wall"], "held_cpu": longest["cpu"]}


def hub(*, port: int, known: int, live: int) -> Found:
    """Measure a hub of which so many tunnels are known and so many live.

    Returns:
        `polls`: CPU of each poll and of tracking it. `checkpoint`, `storm`: CPU of tracking
        and ledger. `end`: octets resident once everything was scraped, longest that tracking held the event loop.
        `facts`: what explains them.
    """
    with tempfile.TemporaryDirectory(prefix="tunnelwatch-tunnels-") as directory:
        return asyncio.run(_hub(Path(directory) / "ledger.sqlite", port, known, live))


async def _hub(place: Path, port: int, known: int, live: int) -> Found:
    asked = target(port)
    _remember(place, asked.name, known - live)
    facts: Found = {}
    async with _running(place, asked.name, 2 * known, facts) as hub:
        watch = hub.poller.watch(asked, GLOBAL)
        watch.tells_of_tunnels = False  # what tracking costs is measured apart
        await hub.follow(*_history(asked.name, time.time(), ()))
        await watch.poll()
        snapshot = hub.poller.seen(watch, full=True)
        begun = await hub.follow(snapshot)
        hub.check(asked.name, live)
        polls: list[dict[str, float]] = []
        for number in range(1, POLLS + 1):
            with spending() as poll:
                await watch.poll()
            snapshot = hub.poller.seen(watch, full=number == POLLS)
            polls.append({"poll": poll.cpu, "full": number == POLLS, **await hub.follow(snapshot)})
            hub.check(asked.name, live, seen_at=snapshot.taken_at)
        checkpoint = await hub.checkpoint()
        facts["CPU of a scrape of all of them, samples"] = await _scraped(hub, asked.name, 2 * known)
        resident = resident_octets()
        storm = {"all sessions begin": begun, **await _storm(hub, snapshot, live)}
        held = [one["held"] for one in (*polls, *storm.values(), checkpoint)]
        held_cpu = max(one["held_cpu"] for one in (*polls, checkpoint))
        facts["event loop held by a steady poll's tracking or a checkpoint, in CPU time"] = f"{held_cpu:.3g} s"
        facts["octets of the ledger"] = place.stat().st_size  # noqa: ASYNC240 - nothing else goes on
    end = {"resident": resident, "held": max(held)}
    return {"polls": polls, "checkpoint": checkpoint, "storm": storm, "end": end, "facts": facts}


def _remember(place: Path, name: str, count: int) -> None:
    """Put tunnels on record that are down."""
    base = tuple(range(1_000_000, 1_000_000 + len(COUNTED["child"])))
    tunnels = tuple(
        KnownTunnel(
            target=name,
            vrf=GLOBAL_VRF,
            level="child",
            name=f"192.0.2.1-{_resting_peer(row)}",
            peer=_resting_peer(row),
            local_address="192.0.2.1",
            remote_address=_resting_peer(row),
            known_since=time.time() - 86_400,
            seen_at=time.time() - 3_600,
            state="down",
            state_since=time.time() - 3_600,
            ups=1,
            downs=1,
            sessions=1,
            base=base,
        )
        for row in range(count)
    )
    record = ContextRecord(target=name, vrf=GLOBAL_VRF, watched_since=time.time() - 86_400)
    ledger = Ledger.open(place)
    ledger.write([Changes(target=name, vrf=GLOBAL_VRF, at=time.time(), record=record, tunnels=tunnels)])
    ledger.close()


def _resting_peer(row: int) -> str:
    """An address that no live tunnel has."""
    return f"10.{128 | row >> 16}.{row >> 8 & 255}.{row & 255}"


@asynccontextmanager
async def _running(place: Path, name: str, most: int, facts: Found) -> AsyncIterator[_Hub]:
    """Begin from what is on record, as the daemon does."""
    ledger = Ledger.open(place)
    with spending() as read:
        memories = ledger.memories()
    writer = LedgerWriter(ledger)
    tracking = Tracking(plan_of(tables.load(), Rules(), polled={}, max_tunnels=most), {}, writer.submit)
    with spending() as recalled:
        tracking.recall(memories, [name], time.time())
    facts["restart: CPU of reading the ledger, of beginning from it"] = f"{read.cpu:.3g} s, {recalled.cpu:.3g} s"
    del memories
    writer.start()
    try:
        async with garbage_kept_small(), SnmpEngine() as engine:
            yield _Hub(Poller(engine), tracking, writer)
    finally:
        writer.close(10.0)
        ledger.close()


async def _scraped(hub: _Hub, name: str, most: int) -> str:
    async with served(hub.poller.store, hub.tracking, max_rows={name: most}) as (scraper, port):
        with spending() as spent:
            body = await scraper.scrape(port)
    return f"{spent.cpu:.3g} s, {body['samples']:,.0f}"


async def _storm(hub: _Hub, last: Snapshot, live: int) -> dict[str, dict[str, float]]:
    """All sessions end at once, their history tells of it, and all begin again."""
    name = last.origin.target
    rows = [row for row in last.entities if isinstance(row, ChildSa)]
    if len(rows) != live:
        raise RuntimeError(f"{len(rows)} of {live} tunnels live")
    gone_at = time.time()
    gone = await hub.follow(replace(last, taken_at=gone_at, entities=()))
    told = await hub.follow(*_history(name, gone_at + 1, rows))
    anew = tuple(replace(row, index=str(int(row.index) + 1_000_000), active_seconds=1.0) for row in rows)
    hub.check(name, 0)
    back = await hub.follow(replace(last, taken_at=gone_at + 60, entities=anew))
    hub.check(name, live, seen_at=gone_at + 60)
    return {"all go": gone, "the history tells of it": told, "all return": back}


def _history(name: str, now: float, rows: "list[ChildSa] | tuple[()]") -> Iterator[Snapshot]:
    """What the history tells of rows that have just ended, and a look at the clock."""
    ends = tuple(
        ClosedChildSa(
            index=str(number),
            reason="peerLost",
            active_index=int(row.index),
            start_uptime_seconds=now - BOOT_AT - 1.0 - (row.active_seconds or 0.0),
            **{name: getattr(row, name) for name in _CLOSED},
        )
        for number, row in enumerate(rows, 1)
    )
    yield _snapshot(name, "history", now, ends)
    yield _snapshot(name, "system", now + 0.1, (System(uptime_seconds=now - BOOT_AT),))


def _snapshot(name: str, module: str, at: float, entities: tuple[Entity, ...]) -> Snapshot:
    origin = Origin(target=name, vrf=GLOBAL_VRF, source="snmp", module=module)
    return Snapshot(origin=origin, taken_at=at, duration_seconds=0.1, entities=entities)
