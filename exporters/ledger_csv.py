"""Objects of the ledger's answers as CSV (RFC 4180): times as ISO 8601 in UTC, lists and names as JSON."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from collector.ledger.query_fields import Field

ROWS_PER_PIECE = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def time_text(at: float | None) -> str | None:
    """Write Unix time as `2026-01-31T08:00:00Z`; None for none."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def csv_pieces(fields: Iterable[Field], rows: Iterable[Mapping[str, Any]], *, header: bool = True) -> Iterator[str]:
    """Write rows, a column for each field; what is not known is empty."""
    columns = tuple(fields)
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(field.name for field in columns)
    for count, row in enumerate(rows, 1):
        writer.writerow([_cell(field, row[field.name]) for field in columns])
        if not count % ROWS_PER_PIECE:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _cell(field: Field, value: Any) -> Any:  # noqa: ANN401 - of the field's kind
    if value is None:
        return ""
    match field.kind:
        case "time":
            return time_text(value)
        case "texts" | "pairs" | "counts":
            return json.dumps(value)
        case "flag":
            return "true" if value else "false"
        case "text" if value.startswith(_FORMULA):
            # Names come from devices: a spreadsheet must not take one for a formula.
            return f"'{value}"
    return value
