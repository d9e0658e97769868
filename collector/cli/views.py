"""`tunnelwatch tunnels`: what a running daemon sees."""

import argparse
import json
import sys
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from rich.console import Console
from rich.table import Table

from collector.cli.commands import DEFAULT_URL, Commands
from collector.errors import SourceError

TIMEOUT_SECONDS = 10


def add_commands(commands: Commands) -> None:
    """Add the commands of this file."""
    tunnels = commands.add_parser(
        "tunnels",
        help="list the tunnels that a running daemon sees",
        description="Asks a running daemon which tunnels it sees, and prints them as a table.",
    )
    tunnels.add_argument("--url", default=DEFAULT_URL, help="where the daemon answers (default: %(default)s)")
    tunnels.add_argument("--target", help="only those of this target")
    tunnels.add_argument("--vrf", help="only those in this VRF")
    tunnels.add_argument("--json", action="store_true", help="print JSON, for scripts")
    tunnels.set_defaults(run=list_tunnels)


def list_tunnels(arguments: argparse.Namespace) -> int:
    """Print the tunnels of a running daemon."""
    answer = fetch(f"{arguments.url.rstrip('/')}/api/v1/tunnels")
    wanted = {"target": arguments.target, "vrf": arguments.vrf}
    tunnels = [tunnel for tunnel in answer["tunnels"] if _matches(tunnel, wanted)]
    if arguments.json:
        json.dump(tunnels, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        print_tunnels(tunnels)
    return 0


def fetch(url: str) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON that `url` answers with.

    Raises: SourceError if it does not.
    """
    if not url.startswith(("http://", "https://")):
        raise SourceError(f"{url!r} is not an http or https address")
    try:
        with urlopen(Request(url), timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - the scheme was checked
            return json.load(response)
    except URLError as error:
        raise SourceError(f"asking {url}: {error.reason}") from None
    except (OSError, ValueError) as error:
        raise SourceError(f"asking {url}: {error}") from None


def _matches(tunnel: dict[str, Any], wanted: dict[str, str | None]) -> bool:
    return all(value is None or tunnel.get(key) == value for key, value in wanted.items())


def print_tunnels(tunnels: list[dict[str, Any]]) -> None:
    """Print tunnels as `/api/v1/tunnels` gives them, a row each."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, justify in _COLUMNS:
        table.add_column(name, justify=justify, overflow="fold")
    for tunnel in tunnels:
        table.add_row(*_cells(tunnel))
    # A pipe has no width: give it enough, so that scripts see whole names.
    console = Console() if sys.stdout.isatty() else Console(width=240)
    console.print(table)
    console.print(f"{len(tunnels)} tunnels", style="dim")
