"""Events as rows of their table: each once, however often it is written."""

import json
from collections.abc import Iterable
from operator import attrgetter

from sqlalchemy import Connection

from collector.ledger.rows import Row, cleaned_rows
from collector.ledger.schema import EVENTS
from collector.ledger.statements import add
from collector.model import Event

_AS_IT_IS = (
    *("id", "at", "target", "vrf", "source", "name", "happening", "level", "tunnel", "peer"),
    *("up", "reason", "description", "sender", "announced"),
)
_read = attrgetter(*_AS_IT_IS)
# What no database takes in a text must not hide in an escape: it would come out again.
_dumps = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def event_row(event: Event) -> Row:
    """Return the row of an event; its number is given by the database."""
    row = dict(zip(_AS_IT_IS, _read(event), strict=True))
    row["row_index"] = event.index
    row["pairs"] = _dumps(event.values)
    return row


def write_events(connection: Connection, events: Iterable[Event], *, clean: bool = False) -> None:
    """Put events on record, except those that are there.

    Args:
        connection: in a transaction.
        events: in the order in which they are numbered.
        clean: replace what not every database takes in a text: NUL and lone surrogates.
    """
    rows = [event_row(event) for event in events]
    add(connection, EVENTS, cleaned_rows(rows) if clean else rows)
