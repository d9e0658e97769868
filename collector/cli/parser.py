"""The parser of the whole command line, and what its exit codes mean."""

import argparse
import os
import sys
from collections.abc import Sequence

from collector import __version__
from collector.cli import checks, decode, events, forget, mibs, report, service, sessions, views, walk
from collector.cli.commands import Parser
from collector.errors import CollectorError, ConfigError

OK, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

_EPILOG = """\
exit codes:
  0  it did what was asked
  1  it could not: a target did not answer, a file could not be decoded, the daemon was not there
  2  it was asked wrongly: a bad option or a configuration that cannot be used
  130  interrupted
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="tunnelwatch",
        description="Watches IPsec tunnels on Cisco headends, per VRF, and tells Prometheus what it saw.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tunnelwatch {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in (service, checks, views, sessions, events, report, forget, walk, decode, mibs):
        group.add_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    chosen = build_parser().parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
        sys.stdout.flush()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    except CollectorError as error:
        print(f"tunnelwatch: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; keep the interpreter from complaining when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code
