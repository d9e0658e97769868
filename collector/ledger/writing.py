"""Puts entries on record, within one transaction."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Table

from collector.ledger.entries import Checkpoint, Entry, Forgotten, Stretch
from collector.ledger.readings import encode_readings
from collector.ledger.rows import Row, cleaned_rows, context_row, failure_row, gap_row, session_row, tunnel_row
from collector.ledger.schema import CONTEXTS, FAILURES, GAPS, READINGS, SESSIONS, TUNNELS, USAGE_LOG
from collector.ledger.statements import add, put, remove
from collector.ledger.usage_log import stretch_row
from collector.model import ContextRecord, Failure, Gap, KnownTunnel, Session


def _checkpoint_row(point: Checkpoint) -> Row:
    blob = encode_readings(point.readings)
    return {"target": point.target, "vrf": point.vrf, "read_at": point.read_at, "readings": blob}


_TABLES: tuple[tuple[type, Table, Callable[[Any], Row]], ...] = (
    (ContextRecord, CONTEXTS, context_row),
    (KnownTunnel, TUNNELS, tunnel_row),
    (Session, SESSIONS, session_row),
    (Failure, FAILURES, failure_row),
    (Gap, GAPS, gap_row),
    (Checkpoint, READINGS, _checkpoint_row),
)


def write_entries(connection: Connection, entries: Iterable[Entry], *, clean: bool = False) -> None:
    """Put entries on record.

    Args:
        connection: in a transaction.
        entries: at most one for each row.
        clean: replace what not every database takes in a text: NUL and lone surrogates.
    """
    kinds: dict[type, list[Any]] = defaultdict(list)
    for entry in entries:
        kinds[type(entry)].append(entry)
    prepare = cleaned_rows if clean else list
    remove(connection, TUNNELS, prepare([tunnel_row(gone.tunnel) for gone in kinds[Forgotten]]))
    for kind, table, row_of in _TABLES:
        put(connection, table, prepare([row_of(entry) for entry in kinds[kind]]))
    # What is there, it may be folded, stays: each stretch counts once.
    add(connection, USAGE_LOG, prepare([stretch_row(stretch) for stretch in kinds[Stretch]]))
