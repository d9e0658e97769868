"""/metrics of busy hubs: CPU of a scrape, how long the event loop is held; prometheus_client on the same samples."""

import tempfile
from pathlib import Path

from benchmarks import peers, serving
from benchmarks.measuring import Size, isolated, ratio
from benchmarks.reporting import Report, main

CPU_PER_SAMPLE = 1.5e-6
HELD_SECONDS = 0.05
PEER_SAMPLES = 200_000
"""Where more samples are rendered, prometheus_client does it once: it takes minutes."""


def measure(size: Size) -> Report:
    """Scrapes expositions of each size: after every tunnel was polled, and again without a poll in between."""
    report = Report("exposition")
    for samples in size.samples:
        with tempfile.TemporaryDirectory(prefix="tunnelwatch-exposition-") as directory:
            saved = str(Path(directory) / "metrics")
            mine = isolated(serving.expositions, samples=samples, runs=size.runs, save=saved)
            peer = isolated(
                peers.prometheus_client_rendering, path=saved, runs=1 if samples > PEER_SAMPLES else size.runs
            )
        _tell(report, samples, mine, peer)
    return report


def _tell(report: Report, samples: int, mine: dict[str, dict[str, float]], peer: dict[str, float]) -> None:
    what = f"{samples:,} samples"
    limit = samples * CPU_PER_SAMPLE
    report.at_most(
        f"cpu.{samples}", f"CPU of a scrape after every tunnel was polled, {what}", mine["new"]["cpu"], limit, "s"
    )
    report.at_most(
        f"again.{samples}", f"CPU of a scrape without a poll since, {what}", mine["again"]["cpu"], limit, "s"
    )
    held = mine["held"]["wall"]
    text = f"longest time that the event loop was held in scrapes, {what}"
    report.at_most(f"held.{samples}", text, held, HELD_SECONDS, "s")
    report.fact(f"{what}: samples in fact, octets", f"{mine['new']['samples']:,.0f}, {mine['new']['octets']:,.0f}")
    report.fact(f"{what}: CPU of the very first scrape", mine["first"]["cpu"], "s")
    compressed = mine["compressed"]
    report.fact(f"{what}: with gzip: CPU, octets", f"{compressed['cpu']:.3g} s, {compressed['octets']:,.0f}")
    report.fact(f"{what}: event loop held, in CPU time of its thread", mine["held"]["cpu"], "s")
    report.fact(f"{what}: memory per tunnel ({mine['memory']['tunnels']:,.0f})", mine["memory"]["octets"], "octets")
    report.fact(f"{what}: prometheus_client's generate_latest: CPU", peer["cpu"], "s")
    report.fact(f"{what}: ... times ours without a poll since", ratio(peer["cpu"], mine["again"]["cpu"]), "x")


if __name__ == "__main__":
    main(measure)
