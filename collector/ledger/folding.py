"""Makes hours of the log of usage, and days of hours, once they are over.

A row of the log is folded once: what it says is added to the rows of its hour, and its blob goes, in one transaction.
The rest of the row stays for two days, so that a step whose first write was not confirmed, and that is written again
later, finds that it was there. What cannot be folded within that time goes too: the log is bounded.

A day is made of its hours, which stay at least as long as the log: it may be made again when an hour came late.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, select, update

from collector.errors import LedgerError
from collector.ledger.entries import Context
from collector.ledger.failing import RefusedError
from collector.ledger.rows import cleaned
from collector.ledger.schema import CONTEXT_USAGE, USAGE_LOG
from collector.ledger.statements import empty
from collector.ledger.usage_log import usages_in
from collector.ledger.usages import SECONDS, Carried, Place, add_hour, add_together, begin_of, make_day, tunnels_of

MARGIN_SECONDS = 600
"""After the end of an hour, so that what was carried until then is in the log; what comes later is folded by itself."""
LOG_SECONDS = 2 * 86400.0
"""How long rows of the log stay, folded or not."""
DAY_MARGIN_SECONDS = 3600 + MARGIN_SECONDS
"""After the end of a day: the first hour of the next has been folded, and hardly anything comes late."""
_AT_ONCE = 10_000
_TUNNELS_AT_ONCE = 1000
Transaction: TypeAlias = Callable[[], AbstractContextManager[Connection]]


class Folded(NamedTuple):
    """How much was folded."""

    rows: int = 0
    """Of the log, that went into hours."""
    lost: int = 0
    """Of the log, that nobody could read or the database refused."""
    days: int = 0
    """Days of contexts that were made."""

    def plus(self, other: "Folded") -> "Folded":
        """Return the sum of both."""
        return Folded(*(one + more for one, more in zip(self, other, strict=True)))


class _Group(NamedTuple):
    """Rows of the log of one context and hour."""

    hour: int
    context: Context


def folding(transaction: Transaction, now: float) -> Iterator[Folded]:
    """Fold what is in the log of hours that are over, an hour of a context at a time; then make days."""
    over = begin_of(now - MARGIN_SECONDS, "hour")
    groups = _AT_ONCE
    while groups:
        with transaction() as connection:
            found = _groups(connection, over)
        for group in found:
            yield _fold(transaction, group)
        groups = len(found)
    yield from _making_days(transaction, begin_of(now - DAY_MARGIN_SECONDS, "day"))


def _making_days(transaction: Transaction, over: int) -> Iterator[Folded]:
    c = CONTEXT_USAGE.c
    late = select(c.begins_at, c.target, c.vrf).where(c.in_day.is_(False), c.begins_at < over)
    with transaction() as connection:
        hours = connection.execute(late).all()
    days = sorted({(begin_of(row.begins_at, "day"), Context(row.target, row.vrf)) for row in hours})
    for day, context in days:
        with transaction() as connection:
            names = tunnels_of(connection, day, context)
        for place in range(0, len(names), _TUNNELS_AT_ONCE):
            some = names[place : place + _TUNNELS_AT_ONCE]
            with transaction() as connection:
                make_day(connection, day, context, some[0], some[-1])
            yield Folded()
        here = (c.target == context.target, c.vrf == context.vrf, c.begins_at.between(day, day + SECONDS["day"] - 1))
        with transaction() as connection:
            connection.execute(update(CONTEXT_USAGE).where(*here).values(in_day=True))
        yield Folded(days=1)


def _groups(connection: Connection, over: int) -> list[_Group]:
    c = USAGE_LOG.c
    waiting = select(c.begins_at, c.target, c.vrf).where(c.usages.is_not(None), c.begins_at < over)
    rows = connection.execute(waiting.order_by(c.begins_at).limit(_AT_ONCE))
    return sorted({_Group(begin_of(row.begins_at, "hour"), Context(row.target, row.vrf)) for row in rows})


def _fold(transaction: Transaction, group: _Group) -> Folded:
    for clean in (False, True):
        try:
            with transaction() as connection:
                return _into_hours(connection, group, clean=clean)
        except RefusedError:
            # Names that not every database takes; if it is not them, the hour is lost rather than the log endless.
            continue
    with transaction() as connection:
        rows = _rows(connection, group)
        empty(connection, USAGE_LOG, "usages", rows)
    return Folded(lost=len(rows))


def _into_hours(connection: Connection, group: _Group, *, clean: bool) -> Folded:
    rows = _rows(connection, group)
    carried: dict[Place, Carried] = {}
    read = [row for row in rows if _add(carried, row, clean=clean)]
    if read:
        add_hour(connection, group.hour, group.context, carried)
        add_together(connection, group.hour, group.context, read)
    empty(connection, USAGE_LOG, "usages", rows)
    return Folded(len(read), len(rows) - len(read))


def _rows(connection: Connection, group: _Group) -> list[dict[str, Any]]:
    c, (target, vrf) = USAGE_LOG.c, group.context
    here = (c.begins_at >= group.hour, c.begins_at < group.hour + SECONDS["hour"], c.target == target, c.vrf == vrf)
    found = connection.execute(select(USAGE_LOG).where(c.usages.is_not(None), *here))
    return [dict(row) for row in found.mappings()]


def _add(carried: dict[Place, Carried], row: Mapping[str, Any], *, clean: bool) -> bool:
    """Add what a row of the log says; return whether it can be read."""
    seconds, ends_at = row["seconds"], row["begins_at"] + row["seconds"]
    try:
        usages = usages_in(row["usages"])
    except LedgerError:
        return False
    for tunnel, peer, received, sent in usages:
        place = (str(cleaned(tunnel)), str(cleaned(peer))) if clean else (tunnel, peer)
        one = carried.get(place)
        if one is None:
            one = carried[place] = Carried()
        one.add(ends_at, seconds, received, sent)
    return True
