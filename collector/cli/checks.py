"""`tunnelwatch check-config`: is this configuration good?"""

import argparse
import sys
from pathlib import Path

from collector.cli.commands import Commands, add_configuration
from collector.config import Config
from collector.config.loader import load
from collector.daemon.targets import configured_contexts
from collector.tables import load as load_tables


def add_commands(commands: Commands) -> None:
    """Add the commands of this file."""
    check = commands.add_parser(
        "check-config",
        help="say whether a configuration can be used",
        description="Reads a configuration and everything that it refers to (secrets too, which are never shown), "
        "and says what is wrong, with file, line and path. Asks no target.",
    )
    check.add_argument("path", nargs="?", type=Path, metavar="FILE", help="the configuration (or use -c)")
    add_configuration(check)
    check.add_argument("-q", "--quiet", action="store_true", help="say nothing if it is good")
    check.set_defaults(run=check_config)


def check_config(arguments: argparse.Namespace) -> int:
    """Say what is wrong with a configuration, or how much it would poll."""
    path = arguments.path or arguments.config
    tables = load_tables()
    config = load(path, known_modules=tables.modules)
    for warning in config.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if arguments.quiet:
        return 0
    print(f"{path}: good")
    for target in config.targets:
        contexts = configured_contexts(target)
        named = "contexts to be discovered" if contexts is None else ", ".join(context.vrf for context in contexts)
        modules = ", ".join(config.modules_of(target, tables.scheduled()))
        print(f"  {target.name} ({target.address}, SNMP v{target.snmp.version}): {named}; {modules}")
    print(f"  {_tunnels(config)}; state in {config.state.directory}")
    return 0


def _tunnels(config: Config) -> str:
    exact = sum(tunnel.named_exactly for tunnel in config.tunnels)
    learning = sum(config.learns(target).enabled for target in config.targets)
    named = f"tunnels: {len(config.tunnels)} entries, {exact} of one tunnel each"
    return f"{named}; others are learned of {learning} of {len(config.targets)} targets"
