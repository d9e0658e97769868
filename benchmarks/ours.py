"""Ours, measured alone in an interpreter of its own: each function here is called by `measuring.isolated`."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchmarks.measuring import spending
from benchmarks.processes import COMMUNITY, SECRET, USER
from collector import tables
from collector.interpret.plan import ModuleRead, PollMemory
from collector.interpret.snmp import interpret
from collector.model import Origin, Snapshot
from collector.sources.snmp import Community, SnmpContext, SnmpEngine, SnmpTarget
from collector.tables import Module
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


def polls(*, port: int, v3: bool, runs: int, outstanding: int | None = None) -> dict[str, list[dict[str, float]]]:
    """Full polls, each by an engine's fresh memory and each followed by a steady one: wire to entities."""
    return asyncio.run(_polls(target(port, v3=v3, outstanding=outstanding), VRF if v3 else GLOBAL, runs))


async def _polls(asked: SnmpTarget, context: SnmpContext, runs: int) -> dict[str, list[dict[str, float]]]:
    results: dict[str, list[dict[str, float]]] = {"full": [], "steady": []}
    module = tunnel_module()
    async with SnmpEngine() as engine:
        await engine.poll(asked, context, module, PollMemory(), full=True)  # discovery and imports are no poll
        for _ in range(runs):
            memory = PollMemory()
            for name, found in results.items():
                _, costs = await _poll(engine, asked, context, module, memory, full=name == "full")
                found.append(costs)
    return results


async def _poll(
    engine: SnmpEngine, asked: SnmpTarget, context: SnmpContext, module: Module, memory: PollMemory, *, full: bool
) -> tuple[Snapshot, dict[str, float]]:
    started_at = time.time()
    with spending() as spent:
        read = await engine.poll(asked, context, module, memory, full=full)
        snapshot = _snapshot(asked, context, module, read, started_at)
    costs = read.costs
    numbers = {"varbinds": costs.varbinds, "requests": costs.requests, "retries": costs.retries}
    rate = costs.varbinds / spent.cpu
    return snapshot, {**numbers, "entities": len(snapshot.entities), "cpu": spent.cpu, "wall": spent.wall, "rate": rate}


def _snapshot(asked: SnmpTarget, context: SnmpContext, module: Module, read: ModuleRead, started_at: float) -> Snapshot:
    interpretation = interpret(read.tables)
    return Snapshot(
        origin=Origin(target=asked.name, vrf=context.vrf, source="snmp", module=module.name),
        taken_at=started_at,
        duration_seconds=time.time() - started_at,
        entities=interpretation.entities,
        costs=read.costs,
    )


def rounds(*, ports: Sequence[int], tunnels: int, runs: int) -> dict[str, list[dict[str, float]]]:
    """Polls of many targets, all started at once: rounds of full polls, each followed by a round of steady ones."""
    return asyncio.run(_rounds([target(port) for port in ports], tunnels, runs))


async def _rounds(targets: Sequence[SnmpTarget], tunnels: int, runs: int) -> dict[str, list[dict[str, float]]]:
    results: dict[str, list[dict[str, float]]] = {"full": [], "steady": []}
    module = tunnel_module()
    async with SnmpEngine() as engine:
        await engine.poll(targets[0], GLOBAL, module, PollMemory(), full=True)
        for _ in range(runs):
            memories = [PollMemory() for _ in targets]
            for name, found in results.items():
                found.append(await _round(engine, targets, module, memories, tunnels, full=name == "full"))
    return results


async def _round(
    engine: SnmpEngine,
    targets: Sequence[SnmpTarget],
    module: Module,
    memories: Sequence[PollMemory],
    tunnels: int,
    *,
    full: bool,
) -> dict[str, float]:
    polls_of_round = [
        _poll(engine, asked, GLOBAL, module, memory, full=full) for asked, memory in zip(targets, memories, strict=True)
    ]
    with spending() as spent:
        polled: list[Any] = await asyncio.gather(*polls_of_round, return_exceptions=True)
    answered = [result[1] for result in polled if not isinstance(result, BaseException)]
    whole = [costs for costs in answered if costs["entities"] == tunnels]
    sums = {name: sum(costs[name] for costs in answered) for name in ("varbinds", "requests", "retries")}
    return {**sums, "lost": len(targets) - len(whole), "cpu": spent.cpu, "wall": spent.wall}
