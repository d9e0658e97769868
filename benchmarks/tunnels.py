"""Known tunnels: memory of 100,000, and what tracking the live ones costs beside the poll that tells of them."""

from benchmarks import tracked
from benchmarks.measuring import Size, isolated, medians, ratio
from benchmarks.processes import responder
from benchmarks.reporting import Report, main

RESIDENT_OCTETS = 1 << 30
SHARE = 0.10
HELD_SECONDS = 0.05
KNOWN = {"full": (100_000, 10_000), "quick": (10_000, 1_000), "smoke": (100, 20)}
"""Tunnels that are known, and how many of them live, by size."""


def measure(size: Size) -> Report:
    """Polls, tracks, puts on record and exposes the tunnels of one hub, as the daemon does it."""
    report = Report("tunnels")
    known, live = KNOWN.get(size.name, KNOWN["quick"])
    with responder(live) as agent:
        found = isolated(tracked.hub, port=agent.ports[0], known=known, live=live)
    what = f"{known:,} known tunnels, {live:,} live"
    report.at_most(
        "memory", f"memory in the end, all exposed, {what}", found["end"]["resident"], RESIDENT_OCTETS, "octets"
    )
    _claim_share(report, what, found["polls"], found["checkpoint"])
    text = f"longest time that tracking held the event loop, {what}"
    report.at_most("held", text, found["end"]["held"], HELD_SECONDS, "s")
    for name, spent in found["storm"].items():
        text = f"{what}: {name}: CPU of tracking, of the ledger; event loop held (CPU)"
        report.fact(text, f"{_pair(spent['tracking'], spent['ledger'])}; {spent['held_cpu']:.3g} s")
    for name, value in found["facts"].items():
        report.fact(f"{what}: {name}", value)
    return report


def _claim_share(report: Report, what: str, polls: list[dict[str, float]], checkpoint: dict[str, float]) -> None:
    """A checkpoint is due once in so many polls; its part is what it costs per poll."""
    due = len(polls) / tracked.POLLS_PER_CHECKPOINT
    spent = {name: sum(poll[name] for poll in polls) for name in ("poll", "tracking", "ledger")}
    tracking, ledger = spent["tracking"] + due * checkpoint["tracking"], spent["ledger"] + due * checkpoint["ledger"]
    text = f"CPU of tracking and ledger / CPU of the polls, of which one in {len(polls)} reads all columns, {what}"
    report.at_most("cpu", text, ratio(tracking + ledger, spent["poll"]), SHARE)
    steady = medians([poll for poll in polls if not poll["full"]])
    per_poll = steady["tracking"] + (checkpoint["tracking"] + checkpoint["ledger"]) / tracked.POLLS_PER_CHECKPOINT
    report.fact(f"{what}: ... / CPU of a steady poll", ratio(per_poll, steady["poll"]))
    report.fact(f"{what}: CPU of a steady poll, of tracking it", _pair(steady["poll"], steady["tracking"]))
    report.fact(f"{what}: CPU of a checkpoint: tracking, ledger", _pair(checkpoint["tracking"], checkpoint["ledger"]))


def _pair(one: float, other: float) -> str:
    return f"{one:.3g} s, {other:.3g} s"


if __name__ == "__main__":
    main(measure)
