"""Claims and facts: how a number is told. A claim that is missed is told as missed."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measuring import SIZES, Size
from benchmarks.processes import MissingPartError


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A number with a limit; `measured` is None where it could not be had."""

    key: str
    """Stable name: `poll.rate.v2c.1000`."""
    text: str
    limit: float
    measured: float | None
    at_most: bool
    unit: str = ""

    @property
    def verdict(self) -> str:
        """`kept`, `missed` or `not measured`."""
        if self.measured is None:
            return "not measured"
        kept = self.measured <= self.limit if self.at_most else self.measured >= self.limit
        return "kept" if kept else "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A number that explains a claim, or that nobody claimed."""

    text: str
    value: float | str
    unit: str = ""


@dataclass(slots=True)
class Report:
    """What one benchmark found."""

    name: str
    claims: list[Claim] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    failed: bool = False
    """Whether it could not be measured although everything was there."""

    def at_least(self, key: str, text: str, measured: float | None, limit: float, unit: str = "") -> None:
        """Claims that a number is not below its limit."""
        key = f"{self.name}.{key}"
        self.claims.append(Claim(key=key, text=text, measured=measured, limit=limit, at_most=False, unit=unit))

    def at_most(self, key: str, text: str, measured: float | None, limit: float, unit: str = "") -> None:
        """Claims that a number is not above its limit."""
        key = f"{self.name}.{key}"
        self.claims.append(Claim(key=key, text=text, measured=measured, limit=limit, at_most=True, unit=unit))

    def fact(self, text: str, value: float | str | None, unit: str = "") -> None:
        """Adds a fact; one that could not be had says so."""
        self.facts.append(Fact(text=text, value="not measured" if value is None else value, unit=unit))


def table(reports: Sequence[Report]) -> str:
    """Claims as a table for the reader, facts under them."""
    claims = [claim for report in reports for claim in report.claims]
    lines = [_line("claim", "limit", "measured", "verdict")]
    lines += [_line(c.text, _limit(c), shown(c.measured, c.unit), c.verdict) for c in claims]
    for report in reports:
        lines += ["", f"{report.name}:", *(f"  {fact.text}: {shown(fact.value, fact.unit)}" for fact in report.facts)]
    return "\n".join(lines)


def as_json(reports: Sequence[Report], size: Size) -> dict[str, Any]:
    """Reports as plain data: machine, size, claims with verdicts, facts."""
    machine = {"python": platform.python_version(), "machine": platform.machine(), "cpus": os.cpu_count()}
    return {
        "size": size.name,
        "machine": machine,
        "load": os.getloadavg()[0],
        "benchmarks": {
            report.name: {
                "claims": {claim.key: {**asdict(claim), "verdict": claim.verdict} for claim in report.claims},
                "facts": [asdict(fact) for fact in report.facts],
            }
            for report in reports
        },
    }


def main(*measures: Callable[[Size], Report]) -> None:
    """The command line of every benchmark: measures, prints the table, writes JSON where it is asked to."""
    parser = argparse.ArgumentParser(description="Measures what tunnelwatch claims about its speed.")
    parser.add_argument(
        "--quick", action="store_const", dest="size", const="quick", default="full", help="--size quick"
    )
    parser.add_argument("--size", choices=sorted(SIZES), default="full", help="claims are made for `full`, the default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was found as JSON")
    parser.add_argument("--only", help="comma-separated benchmarks: poll,latency,…")
    options = parser.parse_args()
    size = SIZES[options.size]
    wanted = options.only.split(",") if options.only else None
    reports = []
    for measure in measures:
        name = Path(measure.__code__.co_filename).stem
        if wanted is None or name in wanted:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            reports.append(_measured(measure, name, size))
    print(table(reports))
    if options.json:
        options.json.write_text(json.dumps(as_json(reports, size), indent=1) + "\n")
    if any(report.failed for report in reports):
        sys.exit(1)


def shown(value: float | str | None, unit: str = "") -> str:
    """A value for the reader: three digits, or all before the point."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    digits = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{digits} {unit}".rstrip()


def _measured(measure: Callable[[Size], Report], name: str, size: Size) -> Report:
    """Measures; what cannot be measured does not cost the others."""
    report = Report(name)
    try:
        return measure(size)
    except MissingPartError as missing:
        report.fact("not measured", str(missing))
    except Exception as error:  # noqa: BLE001 - told, and in the exit status
        report.failed = True
        report.fact("failed", f"{type(error).__name__}: {error}")
    return report


def _line(text: str, limit: str, measured: str, verdict: str) -> str:
    return f"{text:<88} {limit:>14} {measured:>14}  {verdict}"


def _limit(claim: Claim) -> str:
    return f"{'<=' if claim.at_most else '>='} {shown(claim.limit, claim.unit)}"
