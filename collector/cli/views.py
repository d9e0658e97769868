"""`tunnelwatch tunnels`: what a running daemon knows of tunnels."""

import argparse
import json
import sys
import time
from typing import Any, Literal, get_args

from rich.console import Console
from rich.table import Table

from collector.cli.asking import add_url, fetch
from collector.cli.commands import Commands
from collector.model import State

PIPE_WIDTH = 240

_COLUMNS: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("TARGET", "left"),
    ("VRF", "left"),
    ("TUNNEL", "left"),
    ("PEER", "left"),
    ("STATE", "left"),
    ("SINCE", "right"),
    ("SESSIONS", "right"),
    ("REKEYS", "right"),
    ("IN", "right"),
    ("OUT", "right"),
    ("DROPS", "right"),
    ("SAS", "right"),
    ("LAST END", "left"),
)
_FILTERS = ("target", "vrf", "peer", "state")
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_STEP = 1000


def add_commands(commands: Commands) -> None:
    """Add the commands of this file."""
    tunnels = commands.add_parser(
        "tunnels",
        help="list the tunnels that a running daemon knows",
        description="Asks a running daemon which tunnels it knows, and prints them as a table: their state and since "
        "when, what all their sessions carried together, and why the last one ended.",
    )
    add_url(tunnels)
    tunnels.add_argument("--target", help="only those of this target")
    tunnels.add_argument("--vrf", help="only those in this VRF")
    tunnels.add_argument("--peer", help="only those with this peer")
    tunnels.add_argument("--state", choices=get_args(State), help="only those in this state")
    tunnels.add_argument("--json", action="store_true", help="print JSON, for scripts")
    tunnels.set_defaults(run=list_tunnels)


def list_tunnels(arguments: argparse.Namespace) -> int:
    """Print the tunnels of a running daemon."""
    answer = fetch(arguments.url, "tunnels", {}, paged=False)
    wanted = {name: getattr(arguments, name) for name in _FILTERS}
    tunnels = [tunnel for tunnel in answer["tunnels"] if _matches(tunnel, wanted)]
    if arguments.json:
        json.dump(tunnels, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        print_tunnels(tunnels, now=time.time())
    return 0


def _matches(tunnel: dict[str, Any], wanted: dict[str, str | None]) -> bool:
    return all(value is None or tunnel.get(key) == value for key, value in wanted.items())


def print_tunnels(tunnels: list[dict[str, Any]], *, now: float) -> None:
    """Print tunnels as `/api/v1/tunnels` gave them at `now`, Unix time, a row each."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, justify in _COLUMNS:
        table.add_column(name, justify=justify, overflow="fold")
    for tunnel in tunnels:
        table.add_row(*_cells(tunnel, now))
    # A pipe has no width: give it enough, so that scripts see whole names.
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    console.print(table)
    console.print(f"{len(tunnels)} tunnel{'' if len(tunnels) == 1 else 's'}")


def _cells(tunnel: dict[str, Any], now: float) -> list[str]:
    account = tunnel["account"]
    drops = [account[f"{way}_dropped_packets"] for way in ("receive", "transmit")]
    known = [count for count in drops if count is not None]
    since = tunnel["state_since"]
    ended = tunnel["last_end_at"] is not None
    return [
        tunnel["target"],
        tunnel["vrf"],
        tunnel["tunnel"],
        tunnel["peer"],
        tunnel["state"],
        duration_text(None if since is None or tunnel["state"] == "unknown" else max(0.0, now - since)),
        str(tunnel["sessions"]),
        _or_dash(account["refreshes"]),
        volume_text(account["receive_bytes"]),
        volume_text(account["transmit_bytes"]),
        str(sum(known)) if known else "-",
        _or_dash(tunnel["rows"]),
        (tunnel["last_end_reason"] or "unknown") if ended else "-",
    ]


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)


def duration_text(seconds: float | None) -> str:
    """Return a duration as people say it: `2d 03h`, `1h 05m`, `2m 17s`; a dash for none."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours:02}h"
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {rest:02}s"


def volume_text(octets: float | None) -> str:
    """Return an amount of octets with a decimal unit: `704 B`, `1.5 MB`; a dash for none."""
    if octets is None:
        return "-"
    if octets < _STEP:
        return f"{octets} B"
    place = min(len(str(int(octets))) - 1, 3 * (len(_UNITS) - 1)) // 3
    return f"{octets / _STEP**place:.1f} {_UNITS[place]}"
