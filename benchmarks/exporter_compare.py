"""Poll plus scrape: CPU of ours (engine, interpreter, store, exposition over HTTP) beside Debian's snmp_exporter."""

from benchmarks import serving
from benchmarks.measuring import Size, isolated, medians, ratio, spending
from benchmarks.poll import VERSIONS, agent
from benchmarks.processes import SnmpExporter, snmp_exporter
from benchmarks.reporting import Report, main
from benchmarks.snmp_yml import REPETITIONS, snmp_yml

SHARE = 0.5


def measure(size: Size) -> Report:
    """Compares with snmp_exporter's default of 25 repetitions and with 50, gzip as Prometheus asks for."""
    report = Report("exporter_compare")
    with snmp_exporter(snmp_yml()) as exporter:
        for tunnels in size.tunnels:
            for version in VERSIONS:
                with agent(version, tunnels) as port:
                    _compare(report, size, f"{version}.{tunnels}", exporter, port)
    return report


def _compare(report: Report, size: Size, key: str, exporter: SnmpExporter, port: int) -> None:
    version, _, tunnels = key.partition(".")
    what = f"{version}, {int(tunnels):,} tunnels"
    theirs = {count: _scrapes(exporter, f"{version}_{count}", port, size.runs) for count in REPETITIONS}
    mine = isolated(serving.polls_and_scrapes, port=port, v3=version == "v3", runs=size.runs, gzip=True)
    full, steady = medians(mine["full"]), medians(mine["steady"])
    best = min(result["cpu"] for result in theirs.values())
    for name, spent in (("full", full), ("steady", steady)):
        text = f"CPU of a {name} poll and a scrape / CPU of snmp_exporter's scrape, {what}"
        report.at_most(f"{name}.{key}", text, ratio(spent["cpu"], best), SHARE)
    for name, spent in (("full", full), ("steady", steady)):
        report.fact(f"{what}: ours, {name} poll and scrape: CPU", spent["cpu"], "s")
        parts = f"{spent['poll']:.3g} s, {spent['scrape']:.3g} s"
        report.fact(f"{what}: ours, {name} poll alone, scrape alone: CPU", parts)
    report.fact(f"{what}: ours: samples in a scrape, octets sent", f"{full['samples']:,.0f}, {full['octets']:,.0f}")
    for count, result in theirs.items():
        text = f"{what}: snmp_exporter, max_repetitions {count}: CPU, octets sent"
        report.fact(text, f"{result['cpu']:.3g} s, {result['octets']:,.0f}")


def _scrapes(exporter: SnmpExporter, module: str, port: int, runs: int) -> dict[str, float]:
    exporter.scrape(module, port, gzip=True)
    results = []
    for _ in range(runs):
        with spending(exporter.pid) as spent:
            body = exporter.scrape(module, port, gzip=True)
        results.append({"cpu": spent.cpu, "wall": spent.wall, "octets": len(body)})
    return medians(results)


if __name__ == "__main__":
    main(measure)
