"""Records as rows of the tables, and back."""

import json
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, TypeAlias

from sqlalchemy import RowMapping

from collector.ledger.schema import MAIN_COUNTERS, MAX_INTEGER
from collector.model import COUNTED, ContextRecord, Counts, Failure, Gap, HistoryMark, KnownTunnel, Level, Session

Row: TypeAlias = dict[str, Any]
_dumps = json.JSONEncoder(separators=(",", ":")).encode
_MAIN: Mapping[Level, tuple[tuple[str, int | None], ...]] = {
    level: tuple((name, names.index(name) if name in names else None) for name in MAIN_COUNTERS)
    for level, names in COUNTED.items()
}
_TUNNEL_AS_IT_IS = (
    *("target", "vrf", "level", "name", "peer", "local_address", "remote_address", "configured", "expectation"),
    *("known_since", "seen_at", "state", "state_since", "ups", "downs", "idles", "sessions"),
    *("last_end_at", "last_end_reason"),
)
_SESSION_AS_IT_IS = (
    *("target", "vrf", "number", "level", "tunnel", "peer", "source", "module", "local_address", "remote_address"),
    *("local_identity", "remote_identity", "started_at", "seen_at", "gone_at", "ended_at", "end_uncertainty_seconds"),
    *("reason", "exact", "learned", "closed_by", "accounted"),
)
_FAILURE_AS_IT_IS = (
    *("target", "vrf", "number", "level", "module", "at", "seen_at", "reason", "tunnel", "peer"),
    *("local_address", "remote_address", "local_identity", "remote_identity"),
)
_GAP_AS_IT_IS = ("target", "vrf", "number", "kind", "module", "begins_at", "ends_at")
_CONTEXT_AS_IT_IS = ("target", "vrf", "watched_since", "next_number", "boot_at", "boots")


def storable(value: int | None) -> int | None:
    """Return a whole number as a column can hold it."""
    return value if value is None or value <= MAX_INTEGER else MAX_INTEGER


def cleaned_rows(rows: Iterable[Row]) -> list[Row]:
    """Return rows without what not every database takes in a text."""
    return [{name: cleaned(value) for name, value in row.items()} for row in rows]


def cleaned(value: object) -> object:
    """Return a text with NUL and lone surrogates replaced; anything else as it is."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _reader(names: tuple[str, ...]) -> Callable[[object], Row]:
    read = attrgetter(*names)
    return lambda record: dict(zip(names, read(record), strict=True))


_read_tunnel = _reader(_TUNNEL_AS_IT_IS)
_read_session = _reader(_SESSION_AS_IT_IS)
_read_failure = _reader(_FAILURE_AS_IT_IS)
_read_gap = _reader(_GAP_AS_IT_IS)
_read_context = _reader(_CONTEXT_AS_IT_IS)


def _counts_text(counts: Counts, level: Level) -> str | None:
    if not counts:
        return None
    return _dumps({name: value for name, value in zip(COUNTED[level], counts, strict=True) if value is not None})


def _counts(text: str | None, level: Level) -> Counts:
    return () if text is None else tuple(map(json.loads(text).get, COUNTED[level]))


def tunnel_row(tunnel: KnownTunnel) -> Row:
    """Return the row of a tunnel."""
    row = _read_tunnel(tunnel)
    row["selectors"] = _dumps(tunnel.selectors)
    row["base"] = _counts_text(tunnel.base, tunnel.level)
    return row


def tunnel_of(row: RowMapping) -> KnownTunnel:
    """Return the tunnel of a row."""
    values = {name: row[name] for name in _TUNNEL_AS_IT_IS}
    selectors = row["selectors"]
    return KnownTunnel(
        **values,
        selectors=() if selectors == "[]" else tuple(json.loads(selectors)),
        base=_counts(row["base"], row["level"]),
    )


def session_row(session: Session) -> Row:
    """Return the row of a session."""
    row = _read_session(session)
    counts = session.counts
    row["row_index"] = session.index
    row["selectors"] = _dumps(session.selectors)
    row["algorithms"] = _dumps(session.algorithms)
    row["counts"] = _counts_text(counts, session.level)
    for name, place in _MAIN[session.level]:
        row[name] = storable(counts[place]) if counts and place is not None else None
    return row


def session_of(row: RowMapping) -> Session:
    """Return the session of a row."""
    return Session(
        **{name: row[name] for name in _SESSION_AS_IT_IS},
        index=row["row_index"],
        selectors=tuple(json.loads(row["selectors"])),
        algorithms=tuple((name, value) for name, value in json.loads(row["algorithms"])),
        counts=_counts(row["counts"], row["level"]),
    )


def failure_row(failure: Failure) -> Row:
    """Return the row of a failure."""
    row = _read_failure(failure)
    row["row_index"] = failure.index
    row["spi"] = storable(failure.spi)
    return row


def gap_row(gap: Gap) -> Row:
    """Return the row of a gap."""
    row = _read_gap(gap)
    row["lost"] = storable(gap.lost)
    return row


def gap_of(row: RowMapping) -> Gap:
    """Return the gap of a row."""
    return Gap(**{name: row[name] for name in _GAP_AS_IT_IS}, lost=row["lost"])


def context_row(record: ContextRecord) -> Row:
    """Return the row of a context."""
    row = _read_context(record)
    marks = [[mark.module, mark.table, mark.boot_at, mark.last_index, mark.read_at] for mark in record.marks]
    row["marks"] = _dumps(marks)
    row["answered"] = _dumps(record.answered)
    return row


def context_of(row: RowMapping) -> ContextRecord:
    """Return what is remembered of a context from its row."""
    return ContextRecord(
        **{name: row[name] for name in _CONTEXT_AS_IT_IS},
        marks=tuple(_marks(json.loads(row["marks"]))),
        answered=tuple((module, at) for module, at in json.loads(row["answered"])),
    )


def _marks(values: Iterable[list[Any]]) -> Iterable[HistoryMark]:
    for module, table, boot_at, last_index, read_at in values:
        yield HistoryMark(module=module, table=table, boot_at=boot_at, last_index=last_index, read_at=read_at)
