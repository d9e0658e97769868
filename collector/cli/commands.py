"""What the commands have in common: their kind of parser, and the option that names the configuration."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name
else:
    Commands = object

DEFAULT_CONFIGURATION = Path("tunnelwatch.yaml")
DEFAULT_URL = "http://127.0.0.1:9171"


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """Add `-c FILE`."""
    parser.add_argument(
        "-c",
        "--config",
        type=Path,
        default=DEFAULT_CONFIGURATION,
        metavar="FILE",
        help="the configuration (default: %(default)s)",
    )
