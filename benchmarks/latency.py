"""An agent that takes 20 ms per response: wall time and requests of ours, beside Debian's snmp_exporter."""

from typing import Any

from benchmarks import ours
from benchmarks.measuring import Size, isolated, ratio, spending
from benchmarks.processes import Responder, responder, snmp_exporter
from benchmarks.reporting import Report, main
from benchmarks.snmp_yml import REPETITIONS, snmp_yml

DELAY_MS = 20
FULL_SHARE = 1 / 3
STEADY_SHARE = 1 / 10
REQUEST_SHARE = 0.30
OUTSTANDING = 4


def measure(size: Size) -> Report:
    """Walks the smallest table of the size, full and steady, with at most 4 requests outstanding."""
    report = Report("latency")
    tunnels = size.tunnels[0]
    with responder(tunnels, delay_ms=DELAY_MS) as agent:
        mine = _ours(agent)
        theirs = _theirs(agent)
    _claim(report, tunnels, mine, theirs)
    with responder(tunnels, delay_ms=DELAY_MS, serial=True) as agent:
        mine = _ours(agent)
    text = "if the agent works on one request after the other: full walk, steady poll"
    report.fact(text, f"{mine['full']['wall']:.3g} s, {mine['steady']['wall']:.3g} s")
    return report


def _claim(report: Report, tunnels: int, mine: dict[str, Any], theirs: dict[int, dict[str, float]]) -> None:
    full, steady = mine["full"], mine["steady"]
    for count, peer in theirs.items():
        against = f"snmp_exporter's (max_repetitions {count}), {tunnels:,} tunnels"
        share = ratio(full["wall"], peer["wall"])
        report.at_most(f"full.{count}", f"wall of a full walk / {against}", share, FULL_SHARE)
        share = ratio(steady["wall"], peer["wall"])
        report.at_most(f"steady.{count}", f"wall of a steady poll / {against}", share, STEADY_SHARE)
    share = ratio(steady["requests"], full["requests"])
    report.at_most("requests", "requests of a steady poll / requests of the full walk", share, REQUEST_SHARE)
    peak = mine["peak_pending"]
    report.at_most("outstanding", "requests outstanding at once, as the agent saw it", peak, OUTSTANDING)
    for name, read in (("full walk", full), ("steady poll", steady)):
        report.fact(f"{name}: wall, requests", f"{read['wall']:.3g} s, {read['requests']:,.0f}")
        report.fact(f"{name}: varbinds", read["varbinds"])
    report.fact("largest response", mine["largest_bytes"], "octets")
    for count, peer in theirs.items():
        text = f"snmp_exporter, max_repetitions {count}: wall, requests"
        report.fact(text, f"{peer['wall']:.3g} s, {peer['requests']:,.0f}")


def _ours(agent: Responder) -> dict[str, Any]:
    agent.reset()
    result = isolated(ours.polls, port=agent.ports[0], v3=False, runs=1, outstanding=OUTSTANDING)
    seen = agent.reset()
    last = {"full": result["full"][-1], "steady": result["steady"][-1]}
    return {**last, "peak_pending": seen["peak_pending"], "largest_bytes": seen["largest_bytes"]}


def _theirs(agent: Responder) -> dict[int, dict[str, float]]:
    results = {}
    with snmp_exporter(snmp_yml()) as exporter:
        for count in REPETITIONS:
            agent.reset()
            with spending(exporter.pid) as spent:
                exporter.scrape(f"v2c_{count}", agent.ports[0], gzip=True)
            results[count] = {"wall": spent.wall, "requests": agent.reset()["requests"]}
    return results


if __name__ == "__main__":
    main(measure)
