"""The peers: pysnmp's high-level walk, Debian's snmp_exporter, and what they are told about the table."""

import asyncio
from pathlib import Path
from typing import Any

from benchmarks.measuring import medians, spending
from benchmarks.processes import COMMUNITY, SECRET, USER

TABLE = "1.3.6.1.4.1.9.9.171.1.3.2"
ENTRY = f"{TABLE}.1"
FIRST_COLUMN = 2
NAMES = (
    "IkeTunnelIndex IkeTunnelAlive LocalAddr RemoteAddr KeyType EncapMode LifeSize LifeTime ActiveTime SaLifeSizeThreshold "
    "SaLifeTimeThreshold TotalRefreshes ExpiredSaInstances CurrentSaInstances InSaDiffHellmanGrp InSaEncryptAlgo "
    "InSaAhAuthAlgo InSaEspAuthAlgo InSaDecompAlgo OutSaDiffHellmanGrp OutSaEncryptAlgo OutSaAhAuthAlgo OutSaEspAuthAlgo "
    "OutSaCompAlgo InOctets HcInOctets InOctWraps InDecompOctets HcInDecompOctets InDecompOctWraps InPkts InDropPkts "
    "InReplayDropPkts InAuths InAuthFails InDecrypts InDecryptFails OutOctets HcOutOctets OutOctWraps OutUncompOctets "
    "HcOutUncompOctets OutUncompOctWraps OutPkts OutDropPkts OutAuths OutAuthFails OutEncrypts OutEncryptFails Status"
).split()
"""Columns 2 to 51 of cipSecTunnelTable, without their prefix cipSecTun."""
OCTET_STRINGS = {4, 5}
COUNTERS = {13, 14, *range(26, 51)}
REPETITIONS = (25, 50)
"""max_repetitions that snmp_exporter is measured with: its default, and twice that."""


def _metric(number: int, name: str) -> str:
    kind = "OctetString" if number in OCTET_STRINGS else "counter" if number in COUNTERS else "gauge"
    return (
        f"  - name: cipSecTun{name}\n    oid: {ENTRY}.{number}\n    type: {kind}\n    help: cipSecTun{name} - {ENTRY}.{number}\n"
        "    indexes:\n    - labelname: cipSecTunIndex\n      type: gauge\n"
    )


def _module(name: str, repetitions: int, version: str) -> str:
    metrics = "".join(_metric(number, column) for number, column in enumerate(NAMES, FIRST_COLUMN))
    return (
        f"{name}:\n  walk: [{TABLE}]\n  max_repetitions: {repetitions}\n  retries: 3\n  timeout: 30s\n"
        f"{version}  metrics:\n{metrics}"
    )


def snmp_exporter_configuration() -> str:
    """A `snmp.yml` as its generator makes it for the table: modules `v2c_25`, `v2c_50`, `v3_25`, `v3_50` (context vrf-1)."""
    v2c = f"  version: 2\n  auth: {{community: {COMMUNITY}}}\n"
    v3 = (
        f"  version: 3\n  auth: {{username: {USER}, security_level: authPriv, password: {SECRET}, auth_protocol: SHA256,"
        f" priv_protocol: AES, priv_password: {SECRET}, context_name: vrf-1}}\n"
    )
    modules = [_module(f"v2c_{count}", count, v2c) + _module(f"v3_{count}", count, v3) for count in REPETITIONS]
    return "".join(modules)


def pysnmp_walk(*, port: int, v3: bool, repetitions: int, varbinds: int, resolve: bool) -> dict[str, float]:
    """pysnmp's `bulk_walk_cmd` over the table, cut after so many varbinds; what it took in this process.

    `resolve` is its own default: names and types looked up in MIBs. Without it pysnmp does less and is faster.
    """
    return asyncio.run(_pysnmp_walk(port=port, v3=v3, repetitions=repetitions, varbinds=varbinds, resolve=resolve))


async def _pysnmp_walk(*, port: int, v3: bool, repetitions: int, varbinds: int, resolve: bool) -> dict[str, float]:
    from pysnmp.hlapi.v3arch import asyncio as hlapi  # noqa: PLC0415 - only this process needs it

    engine = hlapi.SnmpEngine()
    transport = await hlapi.UdpTransportTarget.create(("127.0.0.1", port), timeout=10, retries=3)
    arguments = (engine, _pysnmp_credentials(hlapi, v3=v3), transport, hlapi.ContextData(contextName=b"vrf-1" if v3 else b""))

    def walk() -> Any:
        table = hlapi.ObjectType(hlapi.ObjectIdentity(TABLE))
        return hlapi.bulk_walk_cmd(*arguments, 0, repetitions, table, lexicographicMode=False, lookupMib=resolve)

    await _count(walk(), 2 * repetitions)  # MIBs loaded, keys derived, engine discovered: not what a walk costs
    with spending() as spent:
        count = await _count(walk(), varbinds)
    engine.close_dispatcher()
    return {"varbinds": count, "cpu": spent.cpu, "wall": spent.wall, "rate": count / spent.cpu}


def _pysnmp_credentials(hlapi: Any, *, v3: bool) -> Any:
    if not v3:
        return hlapi.CommunityData(COMMUNITY, mpModel=1)
    return hlapi.UsmUserData(
        USER,
        SECRET,
        SECRET,
        authProtocol=hlapi.USM_AUTH_HMAC192_SHA256,
        privProtocol=hlapi.USM_PRIV_CFB128_AES,
    )


async def _count(walk: Any, limit: int) -> int:
    count = 0
    async for error, status, _, varbinds in walk:
        if error or status:
            raise RuntimeError(f"pysnmp: {error or status}")
        count += len(varbinds)
        if count >= limit:
            break
    return count


def prometheus_client_rendering(*, path: str, runs: int) -> dict[str, float]:
    """prometheus_client's `generate_latest` of the samples in an exposition, from metrics that are already made.

    Its own parser reads them first, unmeasured: a collector that makes them at every scrape would cost more.
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
