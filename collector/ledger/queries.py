"""Sessions, failures, gaps and events as people ask for them: filtered, the newest first, a page at a time.

Pages go on from the key of the last row (no offsets), so that a page costs the same however far back it is, and rows
that are written meanwhile hide no others; a session that ends between two pages may be on both.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, or_, select, tuple_

from collector.ledger.query_fields import COUNTS, FIELDS
from collector.ledger.query_live import latest
from collector.ledger.query_parameters import DEFAULT_LIMIT, LATEST, QueryError, cursor_text
from collector.ledger.schema import EVENTS, FAILURES, GAPS, MAX_INTEGER, SESSIONS

Values: TypeAlias = Mapping[str, Any]
"""A question's values by parameter, see `query_parameters.asked`; what is absent is not asked for."""
Key: TypeAlias = tuple[float | None, str, str, int]
"""Of a row: time (None: it has no end), target, VRF and number; rows come in the falling order of their keys."""
NOBODY_TOLD = "none"
"""What `reason` says for rows that have none."""


class Page(NamedTuple):
    """Some rows of an answer."""

    rows: list[dict[str, Any]]
    next: str | None = None
    """`cursor` of the page after this one; None if this is the last."""
    latest: int | None = None
    """Of events, the highest number that is on record, 0 if there are none."""


def sessions(connection: Connection, values: Values) -> Page:
    """Find sessions: those without an end, then the others by their ends, the latest first.

    Raises: QueryError if `cursor` is none of this question.
    """
    limit = values.get("limit") or DEFAULT_LIMIT
    after = _key(values)
    at = SESSIONS.c.ended_at
    wanted = select(SESSIONS).where(*_equal(SESSIONS, values), *_in_time(values), *_in_state(values))
    found: list[Mapping[str, Any]] = []
    if after is None or after[0] is None:
        found += _rows(connection, _falling(SESSIONS, wanted.where(at.is_(None)), after), limit + 1)
        after = None
    if len(found) <= limit and values.get("state") != "live":
        found += _rows(connection, _falling(SESSIONS, wanted.where(at.is_not(None)), after, at), limit + 1 - len(found))
    readings = latest(connection, found)
    objects = [_session(row, readings.get((row["target"], row["vrf"], row["number"]))) for row in found]
    return _page(objects, limit, objects[limit - 1]["ended_at"] if len(objects) > limit else None)


def failures(connection: Connection, values: Values) -> Page:
    """Find failures, those first that happened last; where the target does not tell when, it is when they were read.

    Raises: QueryError if `cursor` is none of this question.
    """
    c = FAILURES.c
    at = func.coalesce(c.at, c.seen_at)
    wanted = select(FAILURES).where(*_equal(FAILURES, values), *_happened(at, values))
    return _listed(connection, FAILURES, at, wanted, values)


def gaps(connection: Connection, values: Values) -> Page:
    """Find gaps, those first that began last.

    Raises: QueryError if `cursor` is none of this question.
    """
    c = GAPS.c
    wanted = select(GAPS).where(*_equal(GAPS, values))
    if (since := values.get("since")) is not None:
        wanted = wanted.where(or_(c.ends_at.is_(None), c.ends_at >= since))
    if (until := values.get("until")) is not None:
        wanted = wanted.where(c.begins_at < until)
    return _listed(connection, GAPS, c.begins_at, wanted, values)


def events(connection: Connection, values: Values) -> Page:
    """Find events, those first that happened last; with `after` those first that were put on record first.

    Raises: QueryError if `cursor` is none of this question.
    """
    at, number = EVENTS.c.at, EVENTS.c.number
    latest_number = connection.execute(select(func.max(number))).scalar() or 0
    wanted = select(EVENTS).where(*_equal(EVENTS, values), *_happened(at, values))
    after = values.get("after")
    page = _listed(connection, EVENTS, at, wanted, values) if after is None else _arrived(connection, wanted, values)
    for row in page.rows:
        row["values"] = _together(json.loads(row["values"]))
    return page._replace(latest=latest_number)


QUERIES: dict[str, Callable[[Connection, Values], Page]] = {
    "sessions": sessions,
    "failures": failures,
    "gaps": gaps,
    "events": events,
}
"""What answers each question."""


def _listed(connection: Connection, table: Table, at: ColumnElement[Any], wanted: Select[Any], values: Values) -> Page:
    limit = values.get("limit") or DEFAULT_LIMIT
    after = _key(values)
    if after is not None and after[0] is None:
        raise _not_ours()
    found = _rows(connection, _falling(table, wanted.add_columns(at.label(_AT)), after, at), limit + 1)
    return _page(_objects(table, found), limit, found[limit - 1][_AT] if len(found) > limit else None)


def _arrived(connection: Connection, wanted: Select[Any], values: Values) -> Page:
    """List events in the order in which they were put on record."""
    limit = values.get("limit") or DEFAULT_LIMIT
    after, number = _key(values), EVENTS.c.number
    if after is not None and after[0] is not None:
        raise _not_ours()
    wanted = wanted.where(number > (values["after"] if after is None else after[3]))
    return _page(_objects(EVENTS, _rows(connection, wanted.order_by(number), limit + 1)), limit, None)


def _objects(table: Table, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = [(field.name, _COLUMNS.get(field.name, field.name)) for field in FIELDS[table.name]]
    return [{name: row[column] for name, column in names} for row in rows]


_COLUMNS = {"index": "row_index", "values": "pairs"}
_AT = "_at"


def _rows(connection: Connection, wanted: Select[Any], limit: int) -> Sequence[Mapping[str, Any]]:
    rows = connection.execute(wanted.limit(limit)).mappings().all()
    return cast("Sequence[Mapping[str, Any]]", rows)


def _page(found: list[dict[str, Any]], limit: int, at: float | None) -> Page:
    """Make a page of one row more than it may have, if there are more; `at` is the time of its last row."""
    if len(found) <= limit:
        return Page(found)
    last = found[limit - 1]
    return Page(found[:limit], cursor_text((at, last["target"], last["vrf"], last["number"])))


def _falling(table: Table, wanted: Select[Any], after: Key | None, at: ColumnElement[Any] | None = None) -> Select[Any]:
    """Order rows by falling keys and begin after one; `at` is the time in the key, None if all have none."""
    columns = (table.c.target, table.c.vrf, table.c.number)
    if after is not None:
        rest = tuple_(*columns) < after[1:]
        # The first condition is what an index can be entered by.
        wanted = wanted.where(rest if at is None else and_(at <= after[0], or_(at < after[0], rest)))
    first = () if at is None else (at.desc(),)
    return wanted.order_by(*first, *(column.desc() for column in columns))


def _key(values: Values) -> Key | None:
    match values.get("cursor"):
        case None:
            return None
        case [None | int() | float() as at, str() as target, str() as vrf, int() as number]:
            if (at is None or abs(at) < LATEST) and abs(number) <= MAX_INTEGER:
                return None if at is None else float(at), target, vrf, number
    raise _not_ours()


def _not_ours() -> QueryError:
    return QueryError("cursor: is not what 'next' of an answer to this question was")


def _equal(table: Table, values: Values) -> Iterator[ColumnElement[bool]]:
    for name in ("target", "vrf", "tunnel", "peer", "level", "kind", "source", "name", "happening"):
        if (value := values.get(name)) is not None:
            yield table.c[name] == value
    if (reason := values.get("reason")) is not None:
        yield table.c.reason.is_(None) if reason == NOBODY_TOLD else table.c.reason == reason


def _happened(at: ColumnElement[Any], values: Values) -> Iterator[ColumnElement[bool]]:
    if (since := values.get("since")) is not None:
        yield at >= since
    if (until := values.get("until")) is not None:
        yield at < until


def _in_time(values: Values) -> Iterator[ColumnElement[bool]]:
    c = SESSIONS.c
    if (since := values.get("since")) is not None:
        yield or_(c.ended_at.is_(None), c.ended_at >= since)
    if (until := values.get("until")) is not None:
        # One that does not tell its start was there when it was seen.
        yield func.coalesce(c.started_at, c.seen_at) < until


def _in_state(values: Values) -> Iterator[ColumnElement[bool]]:
    c = SESSIONS.c
    if values.get("state") == "live":
        yield and_(c.ended_at.is_(None), c.gone_at.is_(None))
    elif values.get("state") == "ended":
        yield or_(c.ended_at.is_not(None), c.gone_at.is_not(None))


def _together(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Make a dict of pairs; texts that came under one name stand together."""
    found: dict[str, str] = {}
    for name, text in pairs:
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _session(row: Mapping[str, Any], reading: tuple[float, dict[str, Any]] | None) -> dict[str, Any]:
    """Make an object of a row, with the latest reading of it while it lives."""
    live = row["ended_at"] is None and row["gone_at"] is None
    seen_at, counts = reading or (row["seen_at"], json.loads(row["counts"] or "{}"))
    until = seen_at if live else row["gone_at"] if row["ended_at"] is None else row["ended_at"]
    told = {
        **row,
        **dict.fromkeys(COUNTS),
        **counts,
        "index": row["row_index"],
        "selectors": json.loads(row["selectors"]),
        "algorithms": dict(json.loads(row["algorithms"])),
        "seen_at": seen_at,
        "live": live,
        "duration_seconds": None if row["started_at"] is None else max(0.0, until - row["started_at"]),
    }
    return {name: told[name] for name in _SESSION}


_SESSION = tuple(field.name for field in FIELDS["sessions"])
