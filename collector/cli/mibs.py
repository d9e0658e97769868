"""`tunnelwatch mibs`: bring another MIB."""

import argparse
import sys
from pathlib import Path

from collector.cli.commands import Commands, open_output
from collector.mib_compiler import compile_mibs


def add_commands(commands: Commands) -> None:
    """Add the commands of this file."""
    mibs = commands.add_parser("mibs", help="make table files from MIB texts")
    actions = mibs.add_subparsers(title="commands", metavar="COMMAND", required=True)
    compiler = actions.add_parser(
        "compile",
        help="make a table file from MIB texts",
        description="Reads MIB texts and writes their objects as a table file: OIDs, names, syntaxes, enumerations and "
        "indexes are filled in; which field of the model a column fills is left for you to say. Needs pysmi "
        "(pip install 'tunnelwatch[mibs]').",
    )
    compiler.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a MIB text")
    compiler.add_argument(
        "-I",
        "--imports",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="where to look for MIBs that the files import (repeatable; their own directories are searched too)",
    )
    compiler.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write (default: standard output)")
    compiler.set_defaults(run=compile_files)


def compile_files(arguments: argparse.Namespace) -> int:
    """Write the table file of the MIB texts that are named."""
    text = compile_mibs(arguments.files, arguments.imports)
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        with open_output(arguments.output) as output:
            output.write(text)
    return 0
