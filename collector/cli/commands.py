"""What the commands have in common: their kind of parser, and the option that names the configuration."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeAlias

from collector.errors import SourceError

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


def open_output(path: Path) -> TextIO:
    """Open a file to write to.

    Raises: SourceError naming it.
    """
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise SourceError(f"writing {path}: {error.strerror}") from None
