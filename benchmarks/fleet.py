"""Many targets at once in one process: how long a round takes, and whether a target is lost."""

from benchmarks import ours
from benchmarks.measuring import Size, isolated, medians
from benchmarks.processes import responder
from benchmarks.reporting import Report, main

DELAY_MS = 20
ROUND_SECONDS = 2.5


def measure(size: Size) -> Report:
    """Polls all targets at the same moment, which the daemon's jitter avoids."""
    report = Report("fleet")
    with responder(size.target_tunnels, targets=size.targets, delay_ms=DELAY_MS) as agent:
        result = isolated(ours.rounds, ports=agent.ports, tunnels=size.target_tunnels, runs=size.runs)
        seen = agent.statistics()
    full, steady = medians(result["full"]), medians(result["steady"])
    what = f"{size.targets} targets of {size.target_tunnels} tunnels"
    lost = max(round_["lost"] for round_ in (*result["full"], *result["steady"]))
    whole = full["wall"] if not lost else None  # a round that loses targets is quick
    report.at_most("full", f"wall of a full round, {what}", whole, ROUND_SECONDS, "s")
    report.at_most("lost", f"targets lost or incomplete in any round, {what}", lost, 0)
    report.fact("wall of a steady round", steady["wall"], "s")
    report.fact("CPU of a full round, of a steady one", f"{full['cpu']:.3g} s, {steady['cpu']:.3g} s")
    report.fact("varbinds of a full round, of a steady one", f"{full['varbinds']:,.0f}, {steady['varbinds']:,.0f}")
    report.fact("requests of a full round, of a steady one", f"{full['requests']:,.0f}, {steady['requests']:,.0f}")
    report.fact("retries in all rounds", sum(round_["retries"] for round_ in (*result["full"], *result["steady"])))
    report.fact("requests outstanding at once to one target, as the agent saw it", seen["peak_pending"])
    return report


if __name__ == "__main__":
    main(measure)
