"""`tunnelwatch run` and `tunnelwatch demo`: the daemon, on routers or on the embedded lab."""

import argparse
import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from collector.cli.commands import Commands, add_configuration
from collector.config import Config, ListenAddress
from collector.config.loader import load, parse
from collector.daemon import Daemon, configure_logging
from collector.daemon.daemon import Addresses
from collector.demo import Lab
from collector.tables import Tables
from collector.tables import load as load_tables

_log = structlog.stdlib.get_logger()


def add_commands(commands: Commands) -> None:
    """Add the commands of this file."""
    run = commands.add_parser(
        "run",
        help="watch what the configuration names",
        description="Polls the targets of the configuration and answers /metrics, until SIGTERM or Ctrl-C.",
    )
    add_configuration(run)
    _add_logging(run)
    run.set_defaults(run=run_daemon)
    demo = commands.add_parser(
        "demo",
        help="watch a simulated IOS hub; needs no router and no root",
        description="Starts the daemon on an embedded lab: a simulated IOS hub on loopback, whose tunnels in two VRFs "
        "carry traffic, rekey, flap and go. Ctrl-C ends it.",
    )
    demo.add_argument("--listen", default="127.0.0.1:9171", metavar="HOST:PORT", help="where to answer (%(default)s)")
    demo.add_argument("--seed", type=int, default=1, help="another seed, another story (%(default)s)")
    _add_logging(demo)
    demo.set_defaults(run=run_demo)


def _add_logging(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--log-format", choices=("console", "json"), help="instead of the configuration's log.format")
    parser.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), help="instead of the configuration's log.level"
    )


def run_daemon(arguments: argparse.Namespace) -> int:
    """Run the daemon until it is told to stop."""
    tables = load_tables()
    config = load(arguments.config, known_modules=tables.modules)
    _configure_logging(arguments, config)
    for warning in config.warnings:
        _log.warning("configuration", warning=str(warning))
    asyncio.run(_serve(Daemon(config, tables)))
    return 0


def run_demo(arguments: argparse.Namespace) -> int:
    """Run the daemon on the embedded lab until it is told to stop."""
    asyncio.run(_serve_lab(arguments))
    return 0


def _configure_logging(arguments: argparse.Namespace, config: Config) -> None:
    configure_logging(arguments.log_format or config.log.format, arguments.log_level or config.log.level)


async def _serve(daemon: Daemon, on_listening: Callable[[Addresses], None] = lambda _: None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await daemon.run(stop, on_listening=on_listening)


async def _serve_lab(arguments: argparse.Namespace) -> None:
    tables = load_tables()
    with TemporaryDirectory(prefix="tunnelwatch-demo-") as state:
        await _serve_lab_in(state, arguments, tables)


async def _serve_lab_in(state: str, arguments: argparse.Namespace, tables: Tables) -> None:
    async with Lab(seed=arguments.seed) as lab:
        text = lab.configuration(listen=arguments.listen, state=state)
        config = parse(text, source="the demo", environment=lab.environment, known_modules=tables.modules)
        _configure_logging(arguments, config)
        await _serve(Daemon(config, tables), lambda addresses: print_guide(lab, addresses))


def print_guide(lab: Lab, addresses: Addresses) -> None:
    """Say what there is to see, and where."""
    url = f"http://{ListenAddress(*addresses[0])}"
    story = "\n".join(f"  {vrf:5} {spoke:8} {address:15} {note}" for vrf, spoke, address, note in lab.story())
    print(_GUIDE.format(url=url, story=story, raw=lab.commands()[0], command=own_command()), flush=True)


def own_command() -> str:
    """Return how to call this command from where it was called: by name where a shell finds it, else by its path."""
    if shutil.which("tunnelwatch"):
        return "tunnelwatch"
    called = Path(sys.argv[0])
    return os.path.relpath(called) if called.name == "tunnelwatch" else f"{sys.executable} -m collector"


_GUIDE = """\
A simulated IOS hub answers on loopback, and tunnelwatch watches it. Look at

  {url}/                  the status page
  {url}/metrics           what Prometheus scrapes
  {command} tunnels --url {url}
  {command} events --follow --url {url}
  {raw}

What happens there, again and again (Ctrl-C ends it):

{story}
"""
