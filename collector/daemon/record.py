"""The ledger while the daemon runs: opened and read before polls begin, written by a thread, closed at the end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from collector.config import Config
from collector.ledger import Ledger, LedgerWriter, Request, Retention
from collector.model import ContextMemory

LEDGER_FILE = "ledger.sqlite"
"""In the state directory."""
CLOSE_SECONDS = 10.0
"""How long the last steps may take to be put on record."""


def ledger_place(config: Config) -> str | Path:
    """Return where the ledger of a configuration is: a database's URL, which may hold a password, or a file."""
    state = config.state
    if state.ledger is not None:
        return state.ledger.reveal().decode()
    return (state.directory or Path()) / LEDGER_FILE


def retention_of(config: Config) -> Retention:
    """Return how long the ledger of a configuration keeps what."""
    kept = config.state.retention
    return Retention(
        sessions_seconds=kept.sessions,
        failures_seconds=kept.failures,
        gaps_seconds=kept.gaps,
        hours_seconds=kept.hours,
        days_seconds=kept.days,
        events_seconds=kept.events,
    )


class Record(NamedTuple):
    """An open ledger."""

    ledger: Ledger
    writer: LedgerWriter
    memories: Sequence[ContextMemory]
    """What was on record when it was opened."""


@asynccontextmanager
async def keeping(
    place: str | Path, retention: Retention, on_request: Callable[[Request], None]
) -> AsyncIterator[Record]:
    """Keep a ledger: inside, what is submitted to the writer is put on record; the end waits for the last of it.

    Args:
        place: an SQLite file or a database URL.
        retention: how long what is kept.
        on_request: is told, in the event loop, what the command line asks for.

    Raises:
        LedgerError: it cannot be opened or read.
    """
    ledger = await asyncio.to_thread(Ledger.open, place, retention=retention)
    try:
        memories = await asyncio.to_thread(ledger.memories)
        writer = LedgerWriter(ledger, on_request=on_request, loop=asyncio.get_running_loop())
        writer.start()
        try:
            yield Record(ledger, writer, memories)
        finally:
            await asyncio.to_thread(writer.close, CLOSE_SECONDS)
    finally:
        ledger.close()
