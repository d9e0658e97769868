"""`tunnelwatch decode`: what tunnelwatch makes of a recording."""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from collector.cli.commands import Commands
from collector.cli.views import print_tunnels
from collector.daemon.recordings import RECORDED_AT, DecodedRecording, decode_recording
from collector.errors import SourceError, WireError
from collector.model import GLOBAL_VRF
from collector.tables import load as load_tables


def add_commands(commands: Commands) -> None:
    """Add the commands of this file."""
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
    print_tunnels(decoded.tunnels(), now=RECORDED_AT)
