"""`tunnelwatch walk`: what a router says, recorded as it says it."""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from collector.cli.commands import Commands, add_configuration, open_output
from collector.config import Config, TargetConfig
from collector.config.loader import load
from collector.daemon.discovery import discover_contexts
from collector.daemon.targets import configured_contexts, discovered_contexts, snmp_target
from collector.errors import ConfigError, WireError
from collector.model import GLOBAL_VRF
from collector.sources.snmp import SnmpContext, SnmpEngine, SnmpTarget
from collector.tables import Tables
from collector.tables import load as load_tables
from collector.wire.ber import decode_oid, oid, oid_text
from collector.wire.recording_snmprec import write_snmprec
from collector.wire.snmp import NO_SUCH_OBJECT, Varbind

_SCALAR = b"\0"


def add_commands(commands: Commands) -> None:
    """Add the commands of this file."""
    walk = commands.add_parser(
        "walk",
        help="print or record what a router says",
        description="Walks the tables that tunnelwatch knows on one target, in the context of one VRF, and writes what "
        "it says as snmprec (OID|tag|value): the recording for a support case. No secret is written.",
    )
    walk.add_argument("target", metavar="TARGET", help="its name in the configuration")
    add_configuration(walk)
    walk.add_argument("--vrf", default=GLOBAL_VRF, help="the VRF whose context is walked (default: %(default)s)")
    walk.add_argument(
        "--root", action="append", type=_oid, metavar="OID", help="walk this subtree instead (repeatable)"
    )
    walk.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to record (default: standard output)")
    walk.set_defaults(run=walk_target)


def _oid(text: str) -> bytes:
    try:
        return oid(text)
    except WireError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def walk_target(arguments: argparse.Namespace) -> int:
    """Walk a target of the configuration."""
    tables = load_tables()
    config = load(arguments.config, known_modules=tables.modules)
    target = _named(config, arguments.target)
    agent = snmp_target(target, config.effective(target, ""))
    with ExitStack() as stack:
        output = stack.enter_context(open_output(arguments.output)) if arguments.output else None
        progress = stack.enter_context(_progress(printing=output is None))
        walk = Walk(agent, target, arguments.vrf, tables, Recorder(output, progress))
        asyncio.run(walk.run(arguments.root))
    return 0


def _named(config: Config, name: str) -> TargetConfig:
    for target in config.targets:
        if target.name == name:
            return target
    raise ConfigError(f"no target is called {name!r}; there are {', '.join(target.name for target in config.targets)}")


def _progress(*, printing: bool) -> Progress:
    """Return a progress bar on standard error: on a terminal, unless the walk is printed to the same one."""
    console = Console(stderr=True)
    shown = console.is_terminal and not (printing and sys.stdout.isatty())
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[varbinds]} varbinds"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not shown, redirect_stdout=False)


class Recorder:
    """Writes varbinds as they come, to a file or to standard output, and moves the progress bar."""

    def __init__(self, output: TextIO | None, progress: Progress) -> None:
        self._output = output
        self._progress = progress
        self._task = progress.add_task("", varbinds=0)
        self._written = 0

    def begin(self, what: str, place: int, total: int) -> None:
        """Say which subtree is walked now."""
        self._progress.update(self._task, description=what, completed=place, total=total)

    def write(self, varbinds: Sequence[Varbind]) -> None:
        """Write varbinds."""
        self._written += len(varbinds)
        for line in write_snmprec(varbinds):
            print(line, file=self._output)
        self._progress.update(self._task, varbinds=self._written)


@dataclass(frozen=True, slots=True)
class Walk:
    """One context of one target, to be recorded in the order of its OIDs."""

    agent: SnmpTarget
    target: TargetConfig
    vrf: str
    tables: Tables
    recorder: Recorder

    async def run(self, roots: Sequence[bytes] | None) -> None:
        """Walk these subtrees (OID content octets), or everything that is polled.

        Raises: SourceError if the target does not answer; ConfigError if it has no such VRF.
        """
        async with SnmpEngine() as engine:
            context = await self._context(engine)
            scalars = [] if roots else await self._scalars(engine, context)
            subtrees = sorted(roots or self._subtrees(), key=decode_oid)
            for place, root in enumerate(subtrees):
                self.recorder.begin(f"{self.target.name} {self.vrf} {oid_text(root)}", place, len(subtrees))
                self.recorder.write(list(_take_before(scalars, root)))
                await engine.walk(self.agent, context, root, self.recorder.write)
            self.recorder.write(scalars)

    async def _context(self, engine: SnmpEngine) -> SnmpContext:
        contexts = configured_contexts(self.target)
        if contexts is None:
            contexts = discovered_contexts(self.target, await discover_contexts(engine, self.agent, self.tables))
        for context in contexts:
            if context.vrf == self.vrf:
                return context
        known = ", ".join(context.vrf for context in contexts)
        raise ConfigError(f"{self.target.name} has no VRF {self.vrf!r}; it has {known}")

    async def _scalars(self, engine: SnmpEngine, context: SnmpContext) -> list[Varbind]:
        """Read the scalars, in the order of their OIDs.

        They are read one by one, not walked: what stands beside them may be a table of all routes.
        """
        groups = (table for table in self.tables.tables.values() if table.scalars)
        instances = sorted((column.oid + _SCALAR for table in groups for column in table.columns), key=decode_oid)
        return [one for one in await engine.get(self.agent, context, instances) if one[1] < NO_SUCH_OBJECT]

    def _subtrees(self) -> list[bytes]:
        return [table.oid for table in self.tables.tables.values() if not table.scalars]


def _take_before(scalars: list[Varbind], root: bytes) -> Iterator[Varbind]:
    limit = decode_oid(root)
    while scalars and decode_oid(scalars[0][0]) < limit:
        yield scalars.pop(0)
