"""Keeps the ledger bounded: what is older than its retention goes, hours become days, free pages are given back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Connection, Table, func, select

from collector.ledger.schema import FAILURES, GAPS, REQUESTS, SESSIONS, USAGE
from collector.ledger.statements import remove
from collector.ledger.usages import SECONDS, begin_of, put_days

_DAY = 86400.0
_AT_ONCE = 1000
"""Rows of one transaction: some tens of milliseconds."""
_FREE_PAGES = 2000
"""Of SQLite's file, kept for rows to come; also how many are given back at once."""
_REQUEST_SECONDS = 1 * _DAY
Transaction: TypeAlias = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what is kept, in seconds."""

    sessions_seconds: float = 400 * _DAY
    """After their end."""
    failures_seconds: float = 90 * _DAY
    gaps_seconds: float = 400 * _DAY
    hours_seconds: float = 14 * _DAY
    """Before usage by the hour becomes usage by the day."""
    days_seconds: float = 800 * _DAY
    max_sessions: int = 5_000_000
    """Sessions on record, the live ones included; those that ended first go first."""


class Pruned(NamedTuple):
    """How many rows went."""

    sessions: int = 0
    failures: int = 0
    gaps: int = 0
    hours: int = 0
    """Rows of hours that were merged into days."""
    days: int = 0
    requests: int = 0
    pages: int = 0
    """Free pages of SQLite's file that were given back."""

    def plus(self, other: "Pruned") -> "Pruned":
        """Return the sum of both."""
        return Pruned(*(one + more for one, more in zip(self, other, strict=True)))


def pruning(transaction: Transaction, retention: Retention, now: float) -> Iterator[Pruned]:
    """Prune in small transactions, so that whoever writes waits for none of them long; yields what each pruned."""
    ends = SESSIONS.c.ended_at < now - retention.sessions_seconds
    for count in _deleting(transaction, SESSIONS, ends, SESSIONS.c.ended_at):
        yield Pruned(sessions=count)
    for count in _keeping_newest(transaction, retention.max_sessions):
        yield Pruned(sessions=count)
    old = FAILURES.c.seen_at < now - retention.failures_seconds
    for count in _deleting(transaction, FAILURES, old, FAILURES.c.seen_at):
        yield Pruned(failures=count)
    over = GAPS.c.ends_at < now - retention.gaps_seconds
    for count in _deleting(transaction, GAPS, over, GAPS.c.ends_at):
        yield Pruned(gaps=count)
    for count in _merging_hours(transaction, begin_of(now - retention.hours_seconds, "day")):
        yield Pruned(hours=count)
    day = (USAGE.c.resolution == "day") & (USAGE.c.begins_at < now - retention.days_seconds - SECONDS["day"])
    for count in _deleting(transaction, USAGE, day, USAGE.c.begins_at):
        yield Pruned(days=count)
    for count in _deleting(transaction, REQUESTS, REQUESTS.c.asked_at < now - _REQUEST_SECONDS, REQUESTS.c.id):
        yield Pruned(requests=count)


def _deleting(
    transaction: Transaction, table: Table, which: ColumnElement[bool], order: ColumnElement[Any]
) -> Iterator[int]:
    """Delete rows, the first in order first, `_AT_ONCE` at a time; yields how many each time."""
    count = _AT_ONCE
    while count >= _AT_ONCE:
        with transaction() as connection:
            count = _delete(connection, table, which, order, _AT_ONCE)
        yield count


def _delete(
    connection: Connection, table: Table, which: ColumnElement[bool], order: ColumnElement[Any], most: int
) -> int:
    # One statement with a subselect would have SQLite look through the whole table each time.
    chosen = select(*table.primary_key).where(which).order_by(order).limit(most)
    rows = [dict(row) for row in connection.execute(chosen).mappings()]
    remove(connection, table, rows)
    return len(rows)


def _keeping_newest(transaction: Transaction, most: int) -> Iterator[int]:
    with transaction() as connection:
        excess = connection.execute(select(func.count()).select_from(SESSIONS)).scalar_one() - most
    over = SESSIONS.c.ended_at.is_not(None)
    while excess > 0:
        with transaction() as connection:
            count = _delete(connection, SESSIONS, over, SESSIONS.c.ended_at, min(excess, _AT_ONCE))
        yield count
        # Live sessions stay, even if there are more than may be.
        excess = excess - count if count else 0


def _merging_hours(transaction: Transaction, before: int) -> Iterator[int]:
    chosen = select(USAGE).where(USAGE.c.resolution == "hour", USAGE.c.begins_at < before)
    statement = chosen.order_by(USAGE.c.begins_at).limit(_AT_ONCE)
    count = _AT_ONCE
    while count >= _AT_ONCE:
        with transaction() as connection:
            hours = [dict(row) for row in connection.execute(statement).mappings()]
            put_days(connection, hours)
            remove(connection, USAGE, hours)
            count = len(hours)
        yield count


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
