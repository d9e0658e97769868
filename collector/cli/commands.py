"""What the commands have in common: their kind of parser, and the option that names the configuration."""

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from collector.errors import SourceError

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name
else:
    Commands = object

_AGE = re.compile(r"-\d[\d.]*[smhdw]")


class Parser(argparse.ArgumentParser):
    """A parser that takes an age (`--since -24h`) for an option's value, not for an option."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: ANN401 - as in the class above
        """As in ArgumentParser."""
        joined: list[str] = []
        for text in sys.argv[1:] if args is None else args:
            if joined and joined[-1].startswith("--") and _AGE.fullmatch(text):
                joined[-1] = f"{joined[-1]}={text}"
            else:
                joined.append(text)
        return super().parse_known_args(joined, namespace)


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
