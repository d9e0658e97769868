"""`tunnelwatch report`: how available tunnels and hubs were, how often they failed, what they carried."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from collector.cli.asking import add_filters, add_places, answers, texts_of
from collector.cli.commands import Commands
from collector.cli.record_files import write_records, writing
from collector.cli.sessions import COLUMNS, Column, Row, moment_of, print_rows, text_of
from collector.cli.views import duration_text, volume_text
from collector.errors import ConfigError
from collector.ledger.query_fields import REPORT
from collector.ledger.query_parameters import DEFAULT_LIMIT, MAX_LIMIT
from exporters.ledger_csv import time_text

_BITS = 8
_RATES = ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s")
_STEP = 1000


def add_commands(commands: Commands) -> None:
    """Add the commands of this file."""
    report = commands.add_parser(
        "report",
        help="report availability, failures and traffic over a period",
        description="Reports on tunnels, hubs or VRFs over a period: availability, sessions, mean time between "
        "failures, volume, rates and the most tunnels at once. What is not known is a dash; the gaps in the record are "
        "listed below.",
    )
    add_places(report)
    add_filters(report, "report", without=("limit",))
    report.add_argument("--last", metavar="AGE", help="the period from so long ago until now: 24h, 7d, 4w")
    report.add_argument(
        "--limit", metavar="N", help=f"at most so many rows (default: {DEFAULT_LIMIT} in a table, all in a file)"
    )
    report.add_argument("--format", choices=("table", "csv", "json"), default="table", help="how to write it")
    report.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write it, unless as a table")
    report.set_defaults(run=print_report)


def print_report(arguments: argparse.Namespace) -> int:
    """Print or write a report."""
    made = _made(arguments)
    if arguments.format == "csv":
        write_records(arguments.output, "csv", REPORT, [made["report"]])
    elif arguments.format == "json":
        with writing(arguments.output) as output:
            json.dump(made, output, indent=2)
            output.write("\n")
    elif arguments.output is not None:
        raise ConfigError("tunnelwatch: -o needs --format csv or json")
    else:
        _print(made, arguments.by or "tunnel")
    return 0


def _made(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the whole report, all its pages as one."""
    texts = texts_of(arguments, "report")
    if arguments.last is not None:
        if "since" in texts or "until" in texts:
            raise ConfigError("tunnelwatch: --last goes without --since and --until")
        texts["since"] = f"-{arguments.last.removeprefix('-')}"
    wanted = texts.get("limit")
    if arguments.format == "table":
        wanted = wanted or str(DEFAULT_LIMIT)
        texts["limit"] = wanted
    made: dict[str, Any] = {}
    for page in answers(arguments, "report", {"limit": str(MAX_LIMIT), **texts}):
        made = page if not made else {**made, "report": made["report"] + page["report"], "next": page["next"]}
        if wanted:
            return made
    return made


def _print(made: Mapping[str, Any], by: str) -> None:
    earlier = made["record_begins_at"] == made["since"]
    begin = " (what is older is on record no more)" if earlier else ""
    print(f"from {time_text(made['since'])} to {time_text(made['until'])}{begin}\n")
    print_rows((*_NAMES[by], *_FIGURES[:3], *(() if by == "tunnel" else _PEAK), *_FIGURES[3:]), made["report"])
    rows = len(made["report"])
    print(f"{rows} of {made['total']} rows" if rows < made["total"] else f"{rows} row{'' if rows == 1 else 's'}")
    if made["unassigned_failures"]:
        print(f"failures on record that nobody can assign to one of them: {made['unassigned_failures']}")
    _print_gaps(made)


def _print_gaps(made: Mapping[str, Any]) -> None:
    gaps = made["gaps"]
    if not gaps:
        print("no gaps in the record")
        return
    print("\ngaps in the record")
    print_rows(COLUMNS["gaps"], gaps)
    more = f", of which the latest {len(gaps)} are shown" if len(gaps) < made["gaps_total"] else ""
    print(f"{made['gaps_total']} gap{'' if made['gaps_total'] == 1 else 's'}{more}")
    print(
        f"nobody knew what was up for {duration_text(made['blind_seconds'])} (all VRFs together): counted neither way"
    )


def percent_text(ratio: float | None) -> str:
    """Return a ratio as a percentage: never 100 unless nothing is missing; a dash for none."""
    if ratio is None:
        return "-"
    return "100" if ratio >= 1 else f"{int(ratio * 100_000) / 1000:.3f}"


def rate_text(bytes_per_second: float | None) -> str:
    """Return a rate in bits a second with a decimal unit: `1.5 Mbit/s`; a dash for none."""
    if bytes_per_second is None:
        return "-"
    bits, place = bytes_per_second * _BITS, 0
    while bits >= _STEP and place < len(_RATES) - 1:
        bits, place = bits / _STEP, place + 1
    return f"{bits:.1f} {_RATES[place]}" if place else f"{bits:.0f} {_RATES[0]}"


def reasons_text(counts: Mapping[str, int]) -> str:
    """Return reasons with their counts, the most frequent first: `peerLost 3, normal 1`; a dash for none."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{reason} {count}" for reason, count in ranked) or "-"


def _volume(name: str) -> Any:  # noqa: ANN401 - what shows a cell
    return lambda row: volume_text(None if row[name] is None else round(row[name]))


def _failures(row: Row) -> str:
    return reasons_text(row["failures_by_reason"])


_TARGET: Column = ("TARGET", "left", text_of("target"))
_VRF: Column = ("VRF", "left", text_of("vrf"))
_NAMES: dict[str, tuple[Column, ...]] = {
    "tunnel": (_TARGET, _VRF, ("TUNNEL", "left", text_of("tunnel")), ("PEER", "left", text_of("peer"))),
    "vrf": (_TARGET, _VRF, ("TUNNELS", "right", text_of("tunnels"))),
    "hub": (_TARGET, ("TUNNELS", "right", text_of("tunnels"))),
}
_PEAK: tuple[Column, ...] = (("PEAK", "right", text_of("peak_tunnels")), ("PEAK AT", "left", moment_of("peak_at")))
_FIGURES: tuple[Column, ...] = (
    ("UP %", "right", lambda row: percent_text(row["availability_ratio"])),
    ("SESSIONS", "right", text_of("sessions")),
    ("MTBF", "right", lambda row: duration_text(row["mtbf_seconds"])),
    ("IN", "right", _volume("receive_bytes")),
    ("OUT", "right", _volume("transmit_bytes")),
    ("P95 IN", "right", lambda row: rate_text(row["receive_p95_bytes_per_second"])),
    ("P95 OUT", "right", lambda row: rate_text(row["transmit_p95_bytes_per_second"])),
    ("FAILED", "right", text_of("failures")),
    ("ENDS", "left", lambda row: reasons_text(row["ends_by_reason"])),
    ("FAILURES", "left", _failures),
)
