"""From the wire to the model: varbinds per CPU-second of ours, beside pysnmp's high-level bulk walk."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from benchmarks import ours, peers
from benchmarks.measuring import Size, isolated, medians, ratio
from benchmarks.processes import responder, snmpd
from benchmarks.reporting import Report, main, shown

VERSIONS = ("v2c", "v3")
RATE = 200_000
TIMES_PYSNMP = 15
HELD_SECONDS = 0.05
PYSNMP_RUNS = 3
STOCK_VARBINDS = 100
"""The most varbinds of a response of snmpd unless it is configured otherwise."""


def measure(size: Size) -> Report:
    """Polls tables of each size with SNMPv2c and with SNMPv3 authPriv in a context."""
    report = Report("poll")
    for tunnels in size.tunnels:
        for version in VERSIONS:
            with agent(version, tunnels) as port:
                _compare(report, size, version, tunnels, port)
    with snmpd(size.tunnels[0], most_varbinds=STOCK_VARBINDS) as port:
        stock = medians(isolated(ours.polls, port=port, v3=True, runs=size.runs)["full"])
    text = f"v3, {size.tunnels[0]:,} tunnels, if the agent answers at most {STOCK_VARBINDS} varbinds: rate, requests"
    report.fact(text, f"{stock['rate']:,.0f} varbinds/s, {stock['requests']:,.0f}")
    return report


def agent(version: str, tunnels: int) -> AbstractContextManager[int]:
    """The port of an agent with the table: our responder for SNMPv2c, snmpd (context vrf-1) for SNMPv3."""
    return snmpd(tunnels) if version == "v3" else _responder_port(tunnels)


@contextmanager
def _responder_port(tunnels: int) -> Iterator[int]:
    with responder(tunnels) as running:
        yield running.ports[0]


def _compare(report: Report, size: Size, version: str, tunnels: int, port: int) -> None:
    what = f"{version}, {tunnels:,} tunnels"
    mine = isolated(ours.polls, port=port, v3=version == "v3", runs=size.runs)
    full, steady = medians(mine["full"]), medians(mine["steady"])
    theirs = _pysnmp(size, version, port)
    key = f"{version}.{tunnels}"
    report.at_least(f"rate.{key}", f"wire to model, full poll, {what}", full["rate"], RATE, "varbinds/s")
    times = ratio(full["rate"], theirs["fast"])
    report.at_least(f"pysnmp.{key}", f"... times pysnmp's bulk_walk_cmd, {what}", times, TIMES_PYSNMP, "x")
    text = f"longest time that the event loop was held in a poll, {what}"
    report.at_most(f"held.{key}", text, max(full["held"], steady["held"]), HELD_SECONDS, "s")
    report.fact(f"{what}: event loop held, in CPU time of its thread: full, steady", _pair(full, steady, "held_cpu"))
    report.fact(f"{what}: entities of a full poll", full["entities"])
    report.fact(f"{what}: CPU-seconds of a full poll", full["cpu"], "s")
    report.fact(f"{what}: CPU-seconds of a steady poll", steady["cpu"], "s")
    for name in ("varbinds", "requests"):
        report.fact(f"{what}: {name} of a full poll, of a steady one", _pair(full, steady, name))
    report.fact(f"{what}: steady poll", steady["rate"], "varbinds/s")
    report.fact(f"{what}: pysnmp without MIB look-up (the peer above)", theirs["fast"], "varbinds/s")
    report.fact(f"{what}: pysnmp as it comes", theirs["default"], "varbinds/s")


def _pair(full: dict[str, float], steady: dict[str, float], name: str) -> str:
    return f"{shown(full[name])}, {shown(steady[name])}"


def _pysnmp(size: Size, version: str, port: int) -> dict[str, float]:
    """Varbinds per CPU-second: of the fair comparison, and once, of less, as it comes."""
    arguments = {"port": port, "v3": version == "v3", "repetitions": 50}
    runs = range(min(size.runs, PYSNMP_RUNS))
    fast = [isolated(peers.pysnmp_walk, **arguments, varbinds=size.peer_varbinds, resolve=False) for _ in runs]
    slow = isolated(peers.pysnmp_walk, **arguments, varbinds=size.peer_varbinds // 10, resolve=True)
    return {"fast": medians(fast)["rate"], "default": slow["rate"]}


if __name__ == "__main__":
    main(measure)
