"""`tunnelwatch events`: what happened when, and what happens now."""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any, TextIO, TypeAlias

from collector.cli.asking import answers, ledger_of, texts_of
from collector.cli.commands import Commands
from collector.cli.lines import Lines
from collector.cli.record_files import writing
from collector.cli.sessions import COLUMNS, add_listing, limit_of, list_records, without_format
from collector.errors import CollectorError, ConfigError
from collector.ledger.query_fields import EVENT
from collector.ledger.query_parameters import AFTER, LIMIT, MAX_LIMIT, UNTIL
from exporters.ledger_csv import csv_pieces

FOLLOW_SECONDS = 1.0
FIRST = 10
"""Events on record that are shown before those that are followed, unless it is said how many."""
_LINES = ("csv", "jsonl")
Events: TypeAlias = Sequence[dict[str, Any]]


def add_commands(commands: Commands) -> None:
    """Add the command of this file."""
    parser = commands.add_parser(
        "events",
        help="list events: what devices said by themselves, and what polling found",
        description="Lists events on record, those first that happened last: notifications (traps, informs, syslog "
        "lines) and transitions that polling found. Their varbinds are in all formats but the table.",
    )
    add_listing(parser, "events", without=(AFTER.name,))
    parser.add_argument(
        "-f",
        "--follow",
        action="store_true",
        help=f"show the latest {FIRST} (or --limit), the oldest first, and then what happens, until interrupted",
    )
    parser.set_defaults(run=list_events)


def list_events(arguments: argparse.Namespace) -> int:
    """Print or write events, those on record or those to come."""
    return follow(arguments) if arguments.follow else list_records(arguments)


def follow(arguments: argparse.Namespace) -> int:
    """Print or write events as they are put on record, until interrupted."""
    if arguments.until is not None:
        raise ConfigError(f"tunnelwatch: --follow goes without --{UNTIL.name}")
    if arguments.format not in {"table", *_LINES}:
        raise ConfigError(f"tunnelwatch: --follow goes with --format: table, {', '.join(_LINES)}")
    if arguments.format == "table" and arguments.output is not None:
        raise without_format(_LINES)
    rounds = _rounds(arguments, limit_of(arguments, FIRST))
    # What is asked wrongly leaves no file behind.
    first = next(rounds)
    with writing(arguments.output) as output:
        _write(output, arguments.format, first, rounds)
    return 0


def _write(output: TextIO, chosen: str, first: Events, rounds: Iterable[Events]) -> None:
    lines = Lines(COLUMNS["events"])
    pieces = {"table": lines.pieces, "csv": _csv, "jsonl": _jsonl}[chosen]
    output.writelines(pieces(first, header=True))
    output.flush()
    for events in rounds:
        output.writelines(pieces(events, header=False))
        output.flush()


def _csv(events: Events, *, header: bool) -> Iterator[str]:
    return csv_pieces(EVENT, events, header=header)


def _jsonl(events: Events, *, header: bool) -> Iterator[str]:  # noqa: ARG001 - they have none
    return (f"{json.dumps(event)}\n" for event in events)


def _rounds(arguments: argparse.Namespace, first: int) -> Iterator[Events]:
    """Give the latest events, then again and again those that were put on record since; the oldest first."""
    # A configuration is read once.
    arguments = argparse.Namespace(**{**vars(arguments), "ledger": ledger_of(arguments), "config": None})
    answer = _page(arguments, {LIMIT.name: str(min(first, MAX_LIMIT))})
    yield answer["events"][::-1]
    after, waits, failing = answer["latest"], True, False
    while True:
        if waits:
            time.sleep(FOLLOW_SECONDS)
        try:
            answer = _page(arguments, {AFTER.name: str(after), LIMIT.name: str(MAX_LIMIT)})
        except CollectorError as error:
            # A daemon that restarts, a ledger that is locked: it comes back.
            if not failing:
                print(f"tunnelwatch: {error}; trying on", file=sys.stderr)
            waits = failing = True
            continue
        yield answer["events"]
        waits, failing = answer["next"] is None, False
        # What the filters left out is not looked at again.
        after = answer["latest"] if waits else answer["events"][-1]["number"]


def _page(arguments: argparse.Namespace, more: dict[str, str]) -> dict[str, Any]:
    with closing(answers(arguments, "events", texts_of(arguments, "events") | more)) as pages:
        return next(pages)
