"""The peers that are Python: pysnmp's high-level walk and prometheus_client, each in an interpreter of its own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from benchmarks.measuring import medians, spending
from benchmarks.processes import COMMUNITY, SECRET, USER
from benchmarks.snmp_yml import TABLE

Answers: TypeAlias = AsyncIterator[tuple[Any, Any, Any, tuple[Any, ...]]]
"""What pysnmp yields: error indication, error status, error index, varbinds."""


def pysnmp_walk(*, port: int, v3: bool, repetitions: int, varbinds: int, resolve: bool) -> dict[str, float]:
    """Walks the table by pysnmp's `bulk_walk_cmd`, cut after so many varbinds.

    `resolve` is its own default: names and types looked up in MIBs. Without it pysnmp does less and is faster.
    """
    return asyncio.run(_pysnmp_walk(port=port, v3=v3, repetitions=repetitions, varbinds=varbinds, resolve=resolve))


async def _pysnmp_walk(*, port: int, v3: bool, repetitions: int, varbinds: int, resolve: bool) -> dict[str, float]:
    from pysnmp.hlapi.v3arch import asyncio as hlapi  # noqa: PLC0415 - only this process needs it

    engine = hlapi.SnmpEngine()
    transport = await hlapi.UdpTransportTarget.create(("127.0.0.1", port), timeout=10, retries=3)
    context = hlapi.ContextData(contextName=b"vrf-1" if v3 else b"")
    arguments = (engine, _pysnmp_credentials(hlapi, v3=v3), transport, context)

    def walk() -> Answers:
        table = hlapi.ObjectType(hlapi.ObjectIdentity(TABLE))
        answers: Answers = hlapi.bulk_walk_cmd(
            *arguments, 0, repetitions, table, lexicographicMode=False, lookupMib=resolve
        )
        return answers

    await _count(walk(), 2 * repetitions)  # MIBs loaded, keys derived, engine discovered: not what a walk costs
    with spending() as spent:
        count = await _count(walk(), varbinds)
    engine.close_dispatcher()
    return {"varbinds": count, "cpu": spent.cpu, "wall": spent.wall, "rate": count / spent.cpu}


def _pysnmp_credentials(hlapi: ModuleType, *, v3: bool) -> object:
    if not v3:
        return hlapi.CommunityData(COMMUNITY, mpModel=1)
    protocols = {"authProtocol": hlapi.USM_AUTH_HMAC192_SHA256, "privProtocol": hlapi.USM_PRIV_CFB128_AES}
    return hlapi.UsmUserData(USER, SECRET, SECRET, **protocols)


async def _count(walk: Answers, limit: int) -> int:
    count = 0
    async for error, status, _, varbinds in walk:
        if error or status:
            raise RuntimeError(f"pysnmp: {error or status}")
        count += len(varbinds)
        if count >= limit:
            break
    return count


def prometheus_client_rendering(*, path: str, runs: int) -> dict[str, float]:
    """Renders the samples of an exposition by prometheus_client's `generate_latest`, from metrics that are ready.

    Its own parser makes them, unmeasured: a collector that makes them at every scrape would cost more.
    """
    from prometheus_client import CollectorRegistry, Metric, generate_latest  # noqa: PLC0415 - only this process
    from prometheus_client.parser import text_fd_to_metric_families  # noqa: PLC0415

    with Path(path).open() as exposition:
        families: list[Metric] = list(text_fd_to_metric_families(exposition))

    class Ready:
        def collect(self) -> list[Metric]:
            return families

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Ready())
    results = []
    for _ in range(runs):
        with spending() as spent:
            octets = len(generate_latest(registry))
        results.append({"cpu": spent.cpu, "octets": octets, "samples": sum(len(family.samples) for family in families)})
    return medians(results)
