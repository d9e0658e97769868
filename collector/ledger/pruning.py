"""Keeps the ledger bounded: what is older than its retention goes, free pages are given back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, func, select

from collector.ledger.folding import LOG_SECONDS, Transaction
from collector.ledger.horizon import GAPS_SINCE, HOURS_SINCE, SESSIONS_SINCE, pruned_until
from collector.ledger.schema import CONTEXT_USAGE, EVENTS, FAILURES, GAPS, REQUESTS, SESSIONS, USAGE, USAGE_LOG
from collector.ledger.statements import remove
from collector.ledger.usages import SECONDS, begin_of

_DAY = 86400.0
_AT_ONCE = 1000
"""Rows of one transaction: some tens of milliseconds."""
_FREE_PAGES = 2000
"""Of SQLite's file, kept for rows to come; also how many are given back at once."""
_REQUEST_SECONDS = 1 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what is kept, in seconds."""

    sessions_seconds: float = 400 * _DAY
    """After their end."""
    failures_seconds: float = 90 * _DAY
    gaps_seconds: float = 400 * _DAY
    hours_seconds: float = 14 * _DAY
    """Usage of tunnels by the hour; three days at least."""
    days_seconds: float = 800 * _DAY
    """Usage of tunnels by the day, and of all tunnels of a context together by the hour."""
    max_sessions: int = 5_000_000
    """Sessions on record, the live ones included; those that ended first go first."""
    events_seconds: float = 30 * _DAY
    max_events: int = 1_000_000
    """Events on record; those that happened first go first."""


class Pruned(NamedTuple):
    """How many rows went."""

    sessions: int = 0
    failures: int = 0
    gaps: int = 0
    hours: int = 0
    """Usage by the hour, of tunnels and of contexts."""
    days: int = 0
    log: int = 0
    """Rows of the log of usage, folded ones mostly."""
    requests: int = 0
    pages: int = 0
    """Free pages of SQLite's file that were given back."""
    events: int = 0

    def plus(self, other: "Pruned") -> "Pruned":
        """Return the sum of both."""
        return Pruned(*(one + more for one, more in zip(self, other, strict=True)))


def pruning(transaction: Transaction, retention: Retention, now: float) -> Iterator[Pruned]:
    """Prune in small transactions, so that whoever writes waits for none of them long; yields what each pruned."""
    ends = SESSIONS.c.ended_at
    old = _Old(SESSIONS, ends < now - retention.sessions_seconds, ends, SESSIONS_SINCE)
    for count in _deleting(transaction, old):
        yield Pruned(sessions=count)
    ended = _Old(SESSIONS, ends.is_not(None), ends, SESSIONS_SINCE)
    for count in _keeping_newest(transaction, ended, retention.max_sessions):
        yield Pruned(sessions=count)
    read = FAILURES.c.seen_at
    for count in _deleting(transaction, _Old(FAILURES, read < now - retention.failures_seconds, read)):
        yield Pruned(failures=count)
    over = GAPS.c.ends_at
    for count in _deleting(transaction, _Old(GAPS, over < now - retention.gaps_seconds, over, GAPS_SINCE)):
        yield Pruned(gaps=count)
    yield from _pruning_events(transaction, retention, now)
    yield from _pruning_usage(transaction, retention, now)
    asked = REQUESTS.c.asked_at < now - _REQUEST_SECONDS
    for count in _deleting(transaction, _Old(REQUESTS, asked, REQUESTS.c.id)):
        yield Pruned(requests=count)


def _pruning_events(transaction: Transaction, retention: Retention, now: float) -> Iterator[Pruned]:
    at = EVENTS.c.at
    for count in _deleting(transaction, _Old(EVENTS, at < now - retention.events_seconds, at)):
        yield Pruned(events=count)
    for count in _keeping_newest(transaction, _Old(EVENTS, at.is_not(None), at), retention.max_events):
        yield Pruned(events=count)


def _pruning_usage(transaction: Transaction, retention: Retention, now: float) -> Iterator[Pruned]:
    log, together, c = USAGE_LOG.c.begins_at, CONTEXT_USAGE.c.begins_at, USAGE.c
    for count in _deleting(transaction, _Old(USAGE_LOG, log < now - LOG_SECONDS, log)):
        yield Pruned(log=count)
    # Whole days: a report reads the hours of a day, or the day. They outlive the log: days are made of them.
    since = begin_of(now - max(retention.hours_seconds, LOG_SECONDS + _DAY), "day")
    hours = (c.resolution == "hour") & (c.begins_at < since)
    for count in _deleting(transaction, _Old(USAGE, hours, c.begins_at, HOURS_SINCE, since)):
        yield Pruned(hours=count)
    oldest = now - retention.days_seconds - SECONDS["day"]
    days = (c.resolution == "day") & (c.begins_at < oldest)
    for count in _deleting(transaction, _Old(USAGE, days, c.begins_at)):
        yield Pruned(days=count)
    for count in _deleting(transaction, _Old(CONTEXT_USAGE, together < oldest, together)):
        yield Pruned(hours=count)


class _Old(NamedTuple):
    """Rows that are to go."""

    table: Table
    which: ColumnElement[bool]
    order: ColumnElement[Any]
    """What tells which go first: a time of theirs."""
    mark: str | None = None
    """Under which name it is on record that they are gone, see `horizon`."""
    since: float | None = None
    """Since when nothing is gone; else since the time of the last of them."""


def _deleting(transaction: Transaction, old: _Old) -> Iterator[int]:
    """Delete rows, `_AT_ONCE` at a time; yields how many each time."""
    count = _AT_ONCE
    while count >= _AT_ONCE:
        with transaction() as connection:
            count = _delete(connection, old, _AT_ONCE)
        yield count


def _delete(connection: Connection, old: _Old, most: int) -> int:
    # One statement with a subselect would have SQLite look through the whole table each time.
    chosen = select(*old.table.primary_key, old.order.label("_order")).where(old.which).order_by(old.order).limit(most)
    rows = [dict(row) for row in connection.execute(chosen).mappings()]
    remove(connection, old.table, rows)
    if old.mark and rows:
        pruned_until(connection, old.mark, rows[-1]["_order"] if old.since is None else old.since)
    return len(rows)


def _keeping_newest(transaction: Transaction, old: _Old, most: int) -> Iterator[int]:
    """Delete the first of the rows that may go, so that no more than `most` stay; yields how many each time."""
    with transaction() as connection:
        excess = connection.execute(select(func.count()).select_from(old.table)).scalar_one() - most
    while excess > 0:
        with transaction() as connection:
            count = _delete(connection, old, min(excess, _AT_ONCE))
        yield count
        # What may not go (live sessions) stays, even if there are more than may be.
        excess = excess - count if count else 0


def giving_back_pages(transaction: Transaction) -> Iterator[Pruned]:
    """Let SQLite's file shrink by its free pages, some at a time; the space of PostgreSQL is its own vacuum's."""
    while True:
        with transaction() as connection:
            free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
            if free <= _FREE_PAGES:
                return
            # It gives back a page with each of its rows, which have no columns: SQLAlchemy would not fetch them.
            connection.connection.cursor().execute(f"PRAGMA incremental_vacuum({_FREE_PAGES})").fetchall()
            left = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        if left == free:  # the file was made without auto_vacuum
            return
        yield Pruned(pages=free - left)
