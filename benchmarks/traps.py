"""Traps at a daemon that runs: how many it takes, what a burst loses, how soon a tunnel that stopped is down."""

import statistics
from collections.abc import Sequence

from benchmarks import notified
from benchmarks.measuring import Size, isolated
from benchmarks.processes import responder
from benchmarks.reporting import Report, main

RATES = {"v2c": 10_000, "v3": 1_000}
LATENCY_SECONDS = 0.25
TUNNELS = 1_000
COUNTS = {"full": (50_000, 10_000), "quick": (10_000, 2_000), "smoke": (500, 250)}
"""Traps that are taken of v2c and v3, by size."""
FLEETS = {"full": 200, "quick": 200, "smoke": 3}
"""Targets that are watched in the second run of v2c."""
BURSTS = {"full": 5_000, "quick": 5_000, "smoke": 200}
ENDS = {"full": 400, "quick": 60, "smoke": 2}
"""Tunnels that end."""


def measure(size: Size) -> Report:
    """Everything runs, from the socket to the ledger; the device is another process."""
    report = Report("traps")
    with responder(1):
        pass  # the compiler may be missing
    v2c, v3 = COUNTS[size.name]
    _claim_rate(report, "v2c", v2c, 1)
    _claim_rate(report, "v2c", v2c, FLEETS[size.name])
    _claim_rate(report, "v3", v3, 1)
    _claim_burst(report, BURSTS[size.name])
    _claim_latency(report, size)
    return report


def _claim_rate(report: Report, version: str, count: int, targets: int) -> None:
    found = isolated(notified.rate, version=version, count=count, targets=targets)
    what = f"{'v3 authPriv' if version == 'v3' else version}, {targets} target{'s' if targets > 1 else ''}"
    whole = found["loop"] if not found["lost"] else None  # whoever loses traps is quick
    text = f"traps, socket to event queued and look asked, per CPU-second, {what}"
    report.at_least(f"rate.{version}.{targets}", text, whole, RATES[version])
    report.fact(f"{what}: ... of all threads, until their events are on record", found["all"])
    report.fact(f"{what}: polls and reads of rows that {count:,} traps led to", found["polls"] + found["reads"])


def _claim_burst(report: Report, count: int) -> None:
    large = isolated(notified.burst, count=count, tiny=False)
    lost = count - large["taken"]
    report.at_most("burst", f"traps lost of {count:,} v2c at once while the event loop is held", lost, 0)
    report.fact("octets of the receive buffer that the system granted", large["octets"])
    tiny = isolated(notified.burst, count=count, tiny=True)
    uncounted = abs(count - tiny["taken"] - tiny["counted"])
    text = "traps that a receive buffer of 4 KiB loses and nobody counts"
    report.at_most("counted", text, uncounted if tiny["counted"] else None, 0)
    report.fact(f"traps of {count:,} that a receive buffer of 4 KiB loses", tiny["counted"])


def _claim_latency(report: Report, size: Size) -> None:
    tunnels = min(TUNNELS, 10 * size.tunnels[0])
    found = isolated(notified.latencies, tunnels=tunnels, count=ENDS[size.name])
    what = f"tunnel-stop to state, {len(found['state'])} of {tunnels:,} tunnels"
    report.at_most("latency", f"p99 of {what}", _p99(found["state"]), LATENCY_SECONDS, "s")
    report.fact(f"median of {what}", statistics.median(found["state"]), "s")
    report.fact(f"longest of {what}", max(found["state"]), "s")
    shown = found["shown"]
    report.fact(
        "... to having read /metrics that shows it: median, longest",
        f"{statistics.median(shown):.3g} s, {max(shown):.3g} s",
    )


def _p99(found: Sequence[float]) -> float:
    """The smallest that at least 99 of 100 are not above."""
    return sorted(found)[-(-len(found) * 99 // 100) - 1]


if __name__ == "__main__":
    main(measure)
