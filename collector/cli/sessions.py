"""`tunnelwatch sessions`, `failures` and `gaps`: what is on record."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from rich.console import Console
from rich.table import Table

from collector.cli.asking import add_filters, add_places, answers, texts_of
from collector.cli.commands import Commands
from collector.cli.record_files import FORMATS, write_records
from collector.cli.views import PIPE_WIDTH, duration_text, volume_text
from collector.errors import ConfigError
from collector.ledger.query_fields import FIELDS
from collector.ledger.query_parameters import DEFAULT_LIMIT, LIMIT, MAX_LIMIT
from exporters.ledger_csv import time_text

Row: TypeAlias = Mapping[str, Any]
Column: TypeAlias = tuple[str, Literal["left", "right"], Callable[[Row], str]]


def text_of(name: str) -> Callable[[Row], str]:
    """Return what shows a field as it is, or as a dash if it is not known."""
    return lambda row: "-" if row[name] is None else str(row[name])


def moment_of(name: str) -> Callable[[Row], str]:
    """Return what shows a time as ISO 8601 in UTC, or as a dash."""
    return lambda row: time_text(row[name]) or "-"


def _end(row: Row) -> str:
    if row["live"]:
        return "live"
    return time_text(row["ended_at"]) or "ending"


def _volume(name: str) -> Callable[[Row], str]:
    return lambda row: ("" if row["exact"] or row[name] is None else "≥") + volume_text(row[name])


def _note(row: Row) -> str:
    """Say what else there is of an event: the peer's description, or that nobody announced what a poll found."""
    return row["description"] or ("not announced" if row["announced"] is False else "-")


_NAMES: tuple[Column, ...] = (("TARGET", "left", text_of("target")), ("VRF", "left", text_of("vrf")))
_TUNNEL: tuple[Column, ...] = (("TUNNEL", "left", text_of("tunnel")), ("PEER", "left", text_of("peer")))
COLUMNS: dict[str, tuple[Column, ...]] = {
    "sessions": (
        *_NAMES,
        *_TUNNEL,
        ("LEVEL", "left", text_of("level")),
        ("START", "left", moment_of("started_at")),
        ("DURATION", "right", lambda row: duration_text(row["duration_seconds"])),
        ("END", "left", _end),
        ("REASON", "left", text_of("reason")),
        ("IN", "right", _volume("receive_bytes")),
        ("OUT", "right", _volume("transmit_bytes")),
    ),
    "failures": (
        ("TIME", "left", lambda row: time_text(row["at"]) or f"by {time_text(row['seen_at'])}"),
        *_NAMES,
        ("LEVEL", "left", text_of("level")),
        ("REASON", "left", text_of("reason")),
        *_TUNNEL,
        ("LOCAL", "left", lambda row: row["local_address"] or row["local_identity"] or "-"),
        ("REMOTE", "left", lambda row: row["remote_address"] or row["remote_identity"] or "-"),
        ("SPI", "right", lambda row: f"{row['spi']:#010x}" if row["spi"] else "-"),
    ),
    "gaps": (
        *_NAMES,
        ("KIND", "left", text_of("kind")),
        ("MODULE", "left", text_of("module")),
        ("BEGIN", "left", moment_of("begins_at")),
        ("END", "left", lambda row: time_text(row["ends_at"]) or "goes on"),
        (
            "DURATION",
            "right",
            lambda row: duration_text(None if row["ends_at"] is None else row["ends_at"] - row["begins_at"]),
        ),
        ("LOST", "right", text_of("lost")),
    ),
    "events": (
        ("TIME", "left", moment_of("at")),
        *_NAMES,
        ("SOURCE", "left", text_of("source")),
        ("EVENT", "left", text_of("name")),
        *_TUNNEL,
        ("LEVEL", "left", text_of("level")),
        ("UP", "left", lambda row: {True: "up", False: "down", None: "-"}[row["up"]]),
        ("REASON", "left", text_of("reason")),
        ("NOTE", "left", _note),
    ),
}


class _Command(NamedTuple):
    help: str
    description: str


_COMMANDS = {
    "sessions": _Command(
        "list sessions on record: every life of every tunnel",
        "Lists sessions on record: one for each life of an IKE SA or CHILD SA, those that live first, then those that "
        "ended last. What a live one has carried is as of the daemon's last checkpoint.",
    ),
    "failures": _Command("list failures on record", "Lists failed negotiations and refused packets on record."),
    "gaps": _Command("list gaps in the record", "Lists times about which the record is incomplete, and why."),
}


def add_commands(commands: Commands) -> None:
    """Add the commands of this file."""
    for what, said in _COMMANDS.items():
        parser = commands.add_parser(what, help=said.help, description=said.description)
        add_listing(parser, what, without=("state",))
        if what == "sessions":
            states = parser.add_mutually_exclusive_group()
            states.add_argument("--live", dest="state", action="store_const", const="live", help="only those that live")
            states.add_argument(
                "--ended", dest="state", action="store_const", const="ended", help="only those that ended"
            )


def add_listing(parser: argparse.ArgumentParser, what: str, *, without: tuple[str, ...]) -> None:
    """Add the options of a command that lists what is on record, except these filters, and have it do that."""
    add_places(parser)
    add_filters(parser, what, without=(*without, LIMIT.name))
    parser.add_argument(
        "--limit", metavar="N", help=f"at most so many (default: {DEFAULT_LIMIT} in a table, all in a file)"
    )
    parser.add_argument("--format", choices=("table", *FORMATS), default="table", help="how to write them")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write them, unless as a table")
    parser.set_defaults(run=list_records, what=what)


def list_records(arguments: argparse.Namespace) -> int:
    """Print or write what is on record."""
    what: str = arguments.what
    limit = limit_of(arguments, DEFAULT_LIMIT if arguments.format == "table" else sys.maxsize)
    if arguments.format == "table":
        if arguments.output is not None:
            raise without_format(FORMATS)
        rows = [row for page in _pages(arguments, limit + 1) for row in page]
        shown = rows[:limit]
        print_rows(COLUMNS[what], shown)
        more = "; there are more, see --limit" if len(rows) > limit else ""
        print(f"{len(shown)} {what.removesuffix('s') if len(shown) == 1 else what}{more}")
    else:
        write_records(arguments.output, arguments.format, FIELDS[what], _pages(arguments, limit))
    return 0


def without_format(formats: Sequence[str]) -> ConfigError:
    """Return what is wrong with a table that is to be a file."""
    return ConfigError(f"tunnelwatch: -o needs --format: {', '.join(formats)}")


def limit_of(arguments: argparse.Namespace, default: int) -> int:
    """Return how many are wanted.

    Raises: ConfigError if that is no number.
    """
    if arguments.limit is None:
        return default
    text = str(arguments.limit)
    if not (text.isascii() and text.isdigit() and int(text[:18])):
        raise ConfigError(f"tunnelwatch: --limit: {text[:40]!r} is no number from 1")
    return int(text[:18])


def _pages(arguments: argparse.Namespace, limit: int) -> Iterator[Sequence[dict[str, Any]]]:
    what = arguments.what
    texts = texts_of(arguments, what) | {LIMIT.name: str(min(limit, MAX_LIMIT))}
    for answer in answers(arguments, what, texts):
        page = answer[what][:limit]
        yield page
        limit -= len(page)
        if not limit:
            return


def print_rows(columns: Sequence[Column], rows: Sequence[Row]) -> None:
    """Print rows as a table."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, justify, _ in columns:
        table.add_column(name, justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(cell(row) for _, _, cell in columns))
    # A pipe has no width: give it enough, so that scripts see whole names.
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    console.print(table)
