"""The ledger on an SQLite file: what checkpoints and ends cost, and what questions of a large one take."""

from benchmarks import recorded
from benchmarks.measuring import Size, isolated
from benchmarks.reporting import Report, main

PAGE_SECONDS = 0.1
REPORT_SECONDS = 3.0
DAY_SECONDS = 3.0
ROWS = {"full": (1_000_000, 100_000, 10_000), "quick": (50_000, 10_000, 1_000), "smoke": (200, 50, 20)}
"""Sessions on record, tunnels remembered, and how many of these the sessions are of, by size."""


def measure(size: Size) -> Report:
    """Writes and reads as the daemon does; all numbers are CPU of the one process."""
    report = Report("ledger")
    sessions, known, busy = ROWS.get(size.name, ROWS["quick"])
    found = isolated(recorded.ledger, sessions=sessions, known=known, busy=busy, runs=size.runs)
    what = f"{sessions:,} sessions of {busy:,} tunnels on record"
    report.at_most("page", f"CPU of the first page of sessions, {what}", found["page"], PAGE_SECONDS, "s")
    for key, name in zip(("page", "all", "rate", "hub"), recorded.REPORTS, strict=True):
        report.at_most(f"report.{key}", f"CPU of a report of 30 days {name}, {what}", found[name], REPORT_SECONDS, "s")
    report.at_most("day", f"CPU of making a day of its hours, {busy:,} tunnels", found["day"], DAY_SECONDS, "s")
    report.fact(f"CPU of a checkpoint of {busy:,} readings", found["checkpoint"], "s")
    report.fact(f"CPU of putting {busy:,} ends on record, tunnels with them", found["ends"], "s")
    report.fact(f"CPU of remembering {known:,} tunnels, {busy:,} live", found["memories"], "s")
    report.fact(f"{what}: octets of the file per session", found["octets"])
    return report


if __name__ == "__main__":
    main(measure)
