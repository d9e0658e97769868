"""Puts entries on record, within one transaction."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Table

from collector.ledger.entries import Checkpoint, Entry, Forgotten
from collector.ledger.readings import encode_readings
from collector.ledger.rows import Row, context_row, failure_row, gap_row, session_row, tunnel_row
from collector.ledger.schema import CONTEXTS, FAILURES, GAPS, READINGS, SESSIONS, TUNNELS
from collector.ledger.statements import put, remove
from collector.ledger.usages import put_usages, stretch_row
from collector.model import ContextRecord, Failure, Gap, KnownTunnel, Session, Usage


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
    prepare = _cleaned if clean else _unchanged
    remove(connection, TUNNELS, prepare([tunnel_row(gone.tunnel) for gone in kinds[Forgotten]]))
    for kind, table, row_of in _TABLES:
        put(connection, table, prepare([row_of(entry) for entry in kinds[kind]]))
    put_usages(connection, prepare([stretch_row(usage) for usage in kinds[Usage] if usage.seconds > 0]))


def _unchanged(rows: list[Row]) -> list[Row]:
    return rows


def _cleaned(rows: list[Row]) -> list[Row]:
    return [{name: _clean(value) for name, value in row.items()} for row in rows]


def _clean(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
