"""`tunnelwatch walk` and `tunnelwatch decode`: what a router says, and what tunnelwatch makes of it."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from collector.cli.commands import Commands, add_configuration
from collector.cli.views import print_tunnels
from collector.config import Config, TargetConfig
from collector.config.loader import load
from collector.daemon.recordings import DecodedRecording, decode_recording
from collector.daemon.targets import DEFAULT_CONTEXT, configured_contexts, discovered_contexts, snmp_target
from collector.errors import ConfigError, SourceError, WireError
from collector.model import GLOBAL_VRF
from collector.sources.snmp import SnmpContext, SnmpEngine, SnmpTarget
from collector.tables import Tables
from collector.tables import load as load_tables
from collector.wire.ber import oid, oid_text
from collector.wire.recording_snmprec import write_snmprec
from collector.wire.snmp import Varbind


def add_commands(commands: Commands) -> None:
    """Add the commands of this file."""
    walk = commands.add_parser(
        "walk",
        help="print or record what a router says",
        description="Walks the MIBs that tunnelwatch knows on one target, in the context of one VRF, and writes what "
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
    decode = commands.add_parser(
        "decode",
        help="show what tunnelwatch makes of a recording",
        description="Reads a recording of a walk (snmprec, or what snmpwalk or getmany print) and prints what it leads "
        "to: the exposition, or a table of tunnels.",
    )
    decode.add_argument("recording", metavar="FILE", help="the recording; - is standard input")
    decode.add_argument(
        "-f", "--format", choices=("exposition", "table"), default="exposition", help="what to print (%(default)s)"
    )
    decode.add_argument("--target", default="recording", help="the name to give to the target (%(default)s)")
    decode.add_argument("--vrf", default=GLOBAL_VRF, help="the VRF that was walked (%(default)s)")
    decode.set_defaults(run=decode_file)


def _oid(text: str) -> bytes:
    try:
        return oid(text.removeprefix("."))
    except WireError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def walk_target(arguments: argparse.Namespace) -> int:
    """Walk a target of the configuration."""
    tables = load_tables()
    config = load(arguments.config, known_modules=tables.modules)
    target = _named(config, arguments.target)
    with ExitStack() as stack:
        output = stack.enter_context(_opened(arguments.output)) if arguments.output else sys.stdout
        asyncio.run(_walk(config, target, arguments.vrf, arguments.root or known_roots(tables), output))
    return 0


def _named(config: Config, name: str) -> TargetConfig:
    for target in config.targets:
        if target.name == name:
            return target
    raise ConfigError(f"no target is called {name!r}; there are {', '.join(target.name for target in config.targets)}")


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise SourceError(f"writing {path}: {error.strerror}") from None


def known_roots(tables: Tables) -> list[bytes]:
    """Return the subtrees (OID content octets) that hold every table that is polled, none within another."""
    roots: list[bytes] = []
    for found in sorted({table.oid for table in tables.tables.values()}, key=len):
        if not any(found.startswith(root) for root in roots):
            roots.append(found)
    return sorted(roots, key=lambda root: [int(arc) for arc in oid_text(root).split(".")])


async def _walk(config: Config, target: TargetConfig, vrf: str, roots: list[bytes], output: TextIO) -> None:
    agent = snmp_target(target, config.effective(target, ""))
    async with SnmpEngine() as engine:
        context = await _context(engine, agent, target, vrf)
        with _progress() as progress:
            task = progress.add_task("", total=len(roots), varbinds=0)
            written = 0

            def write(varbinds: list[Varbind]) -> None:
                nonlocal written
                written += len(varbinds)
                output.writelines(f"{line}\n" for line in write_snmprec(varbinds))
                progress.update(task, varbinds=written)

            for root in roots:
                progress.update(task, description=f"{target.name} {vrf} {oid_text(root)}")
                await engine.walk(agent, context, root, write)
                progress.advance(task)


async def _context(engine: SnmpEngine, agent: SnmpTarget, target: TargetConfig, vrf: str) -> SnmpContext:
    contexts = configured_contexts(target)
    if contexts is None:
        contexts = discovered_contexts(target, await engine.discover_contexts(agent, DEFAULT_CONTEXT))
    for context in contexts:
        if context.vrf == vrf:
            return context
    known = ", ".join(context.vrf for context in contexts)
    raise ConfigError(f"{target.name} has no VRF {vrf!r}; it has {known}")


def _progress() -> Progress:
    """Return a progress bar on standard error, which shows only on a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[varbinds]} varbinds"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def decode_file(arguments: argparse.Namespace) -> int:
    """Print what a recording leads to."""
    try:
        decoded = decode_recording(
            _read(arguments.recording), load_tables(), target=arguments.target, vrf=arguments.vrf
        )
    except WireError as error:
        raise WireError(f"{arguments.recording}: {error}") from None
    for line in remarks(decoded):
        print(f"{arguments.recording}: {line}", file=sys.stderr)
    shown: Callable[[DecodedRecording], None] = _print_table if arguments.format == "table" else _print_exposition
    shown(decoded)
    return 0


def _read(path: str) -> str:
    try:
        octets = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise SourceError(f"reading {path}: {error.strerror}") from None
    return octets.decode("utf-8", "surrogateescape")


def remarks(decoded: DecodedRecording) -> Iterable[str]:
    """Yield what was odd about a recording, a line each."""
    recording = decoded.recording
    yield f"{recording.format}, {len(recording.varbinds)} varbinds"
    for name, lines in recording.unknown.items():
        yield f"unknown object {name}: {lines} lines left out"
    if decoded.strays:
        yield f"{decoded.strays} varbinds of objects that are not polled"
    for name, errors in decoded.errors.items():
        yield f"{name}: {errors} values or rows that could not be decoded"


def _print_exposition(decoded: DecodedRecording) -> None:
    sys.stdout.write(decoded.exposition())


def _print_table(decoded: DecodedRecording) -> None:
    print_tunnels(decoded.tunnels())
