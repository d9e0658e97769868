"""Ours, measured alone in an interpreter of its own: each function here is called by `measuring.isolated`.

What polls is the daemon's own `Watch`: engine, interpreter and store as they run there.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from benchmarks.measuring import Spent, spending, turns_watched
from benchmarks.processes import COMMUNITY, SECRET, USER
from collector import tables
from collector.daemon.garbage import keep_garbage_small
from collector.daemon.log import configure_logging
from collector.daemon.tracking import Tracking, plan_of
from collector.daemon.watch import Watch
from collector.interpret.plan import PollMemory
from collector.model import Origin, Snapshot
from collector.sources.snmp import Community, SnmpContext, SnmpEngine, SnmpTarget
from collector.store import Store
from collector.tables import Module
from collector.tunnels import Rules
from collector.wire.usm import AuthProtocol, PrivProtocol, UsmUser

TABLE = "cipSecTunnelTable"
GLOBAL = SnmpContext()
VRF = SnmpContext(vrf="vrf-1", context_name="vrf-1")


def tunnel_module() -> Module:
    """The tunnel table as a module of its own: the other tables are not there on any agent here."""
    known = tables.load()
    module = next(module for module in known.modules.values() if known.tables[TABLE] in module.tables)
    return replace(module, tables=(known.tables[TABLE],))


def target(port: int, *, v3: bool = False, outstanding: int | None = None) -> SnmpTarget:
    """An agent on loopback, with the defaults that the daemon would use."""
    credentials: Community | UsmUser = Community(community=COMMUNITY.encode())
    if v3:
        credentials = UsmUser(
            name=USER,
            auth=AuthProtocol.SHA256,
            auth_secret=SECRET.encode(),
            priv=PrivProtocol.AES,
            priv_secret=SECRET.encode(),
        )
    made = SnmpTarget(name=f"hub-{port}", address="127.0.0.1", port=port, credentials=credentials)
    return made if outstanding is None else replace(made, outstanding=outstanding)


@asynccontextmanager
async def garbage_kept_small() -> AsyncIterator[None]:
    """Cycles are collected as in the daemon."""
    chore = asyncio.create_task(keep_garbage_small())
    try:
        yield
    finally:
        chore.cancel()
        await asyncio.wait([chore])


def tracked() -> Tracking:
    """Tracking that begins with nothing, and puts nothing on record."""
    return Tracking(plan_of(tables.load(), Rules()), {})


class Poller:
    """An engine, a store, tracking, and watches of agents as the daemon makes them."""

    def __init__(self, engine: SnmpEngine) -> None:
        configure_logging("console", "warning")
        self.engine = engine
        self.store = Store()
        self.tracking = tracked()
        self.module = tunnel_module()

    def watch(self, asked: SnmpTarget, context: SnmpContext = GLOBAL) -> Watch:
        """A watch that remembers nothing yet: its first poll is a full one, the next nine are steady."""
        return Watch(
            origin=Origin(target=asked.name, vrf=context.vrf, source="snmp", module=self.module.name),
            target=asked,
            context=context,
            module=self.module,
            memory=PollMemory(),
            engine=self.engine,
            store=self.store,
            take_in=self.tracking.take_in,
        )

    def seen(self, watch: Watch, *, full: bool) -> Snapshot:
        """What the last poll saw.

        Raises:
            RuntimeError: it failed, or was not of the kind that is measured.
        """
        record = self.store.record(watch.origin)
        if record is None or record.snapshot.error or record.snapshot.costs.full != full:
            raise RuntimeError(f"not a {'full' if full else 'steady'} poll: {record and record.snapshot.error}")
        return record.snapshot


def polls(*, port: int, v3: bool, runs: int, outstanding: int | None = None) -> dict[str, list[dict[str, float]]]:
    """Full polls with nothing remembered, each followed by a steady one: from the wire to entities in the store.

    `held` and `held_cpu` are the longest that the event loop was held in one more poll of either kind.
    """
    return asyncio.run(_polls(target(port, v3=v3, outstanding=outstanding), VRF if v3 else GLOBAL, runs))


async def _polls(asked: SnmpTarget, context: SnmpContext, runs: int) -> dict[str, list[dict[str, float]]]:
    results: dict[str, list[dict[str, float]]] = {"full": [], "steady": []}
    async with garbage_kept_small(), SnmpEngine() as engine:
        poller = Poller(engine)
        await poller.watch(asked, context).poll()  # keys, discovery of the engine: not what a poll costs
        for _ in range(runs):
            watch = poller.watch(asked, context)
            for name, found in results.items():
                with spending() as spent:
                    await watch.poll()
                found.append(costs_of(poller.seen(watch, full=name == "full"), spent))
        watch = poller.watch(asked, context)
        for found in results.values():
            async with turns_watched() as longest:
                await watch.poll()
            found[:] = [{**costs, "held": longest["wall"], "held_cpu": longest["cpu"]} for costs in found]
    return results


def costs_of(snapshot: Snapshot, spent: Spent) -> dict[str, float]:
    """What a poll took, as plain numbers; `rate` is varbinds per CPU-second."""
    costs = snapshot.costs
    counts = {"varbinds": costs.varbinds, "requests": costs.requests, "retries": costs.retries}
    rate = costs.varbinds / spent.cpu
    return {**counts, "entities": len(snapshot.entities), "cpu": spent.cpu, "wall": spent.wall, "rate": rate}


def rounds(*, ports: Sequence[int], tunnels: int, runs: int) -> dict[str, list[dict[str, float]]]:
    """Polls of many targets, all started at once: rounds of full polls, each followed by a round of steady ones."""
    return asyncio.run(_rounds([target(port) for port in ports], tunnels, runs))


async def _rounds(targets: Sequence[SnmpTarget], tunnels: int, runs: int) -> dict[str, list[dict[str, float]]]:
    results: dict[str, list[dict[str, float]]] = {"full": [], "steady": []}
    async with garbage_kept_small(), SnmpEngine() as engine:
        poller = Poller(engine)
        await poller.watch(targets[0]).poll()
        for _ in range(runs):
            watches = [poller.watch(asked) for asked in targets]
            for found in results.values():
                with spending() as spent:
                    await asyncio.gather(*(watch.poll() for watch in watches))
                found.append(_round_of(poller, watches, tunnels, spent))
    return results


def _round_of(poller: Poller, watches: Sequence[Watch], tunnels: int, spent: Spent) -> dict[str, float]:
    records = [record for watch in watches if (record := poller.store.record(watch.origin))]
    snapshots = [record.snapshot for record in records]
    whole = [snapshot for snapshot in snapshots if not snapshot.error and len(snapshot.entities) == tunnels]
    sums = {
        name: sum(getattr(snapshot.costs, name) for snapshot in snapshots)
        for name in ("varbinds", "requests", "retries")
    }
    return {**sums, "lost": len(watches) - len(whole), "cpu": spent.cpu, "wall": spent.wall}
