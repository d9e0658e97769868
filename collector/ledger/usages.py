"""What tunnels carried, by the hour and by the day: sums and histograms that more can be added to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Connection, select

from collector.ledger.entries import Context
from collector.ledger.rates import Histogram, Rates
from collector.ledger.rows import Row, storable
from collector.ledger.schema import CONTEXT_USAGE, USAGE
from collector.ledger.statements import put
from collector.ledger.streaming import streamed

Resolution: TypeAlias = Literal["hour", "day"]
SECONDS: Mapping[Resolution, int] = {"hour": 3600, "day": 86400}
Place: TypeAlias = tuple[str, str]
"""Tunnel and peer."""


def begin_of(at: float, resolution: Resolution) -> int:
    """Return when the hour or the day of a moment began (UTC)."""
    return int(at // SECONDS[resolution]) * SECONDS[resolution]


@dataclass(slots=True)
class Way:
    """What was carried in one direction."""

    bytes: int = 0
    peak: float = 0.0
    """The highest rate, bytes a second."""
    rates: Rates = field(default_factory=Rates)

    def add(self, amount: int, seconds: float) -> None:
        """Count octets that took so many seconds."""
        rate = amount / seconds
        self.bytes += amount
        self.rates.add(rate, seconds)
        self.peak = max(self.peak, rate)

    def merge(self, amount: int, peak: float, rates: Histogram) -> None:
        """Count what was summed up elsewhere."""
        self.bytes += amount
        self.peak = max(self.peak, peak)
        self.rates.merge(rates)


@dataclass(slots=True)
class Carried:
    """What one tunnel carried within an hour or a day."""

    covered_until: float = 0.0
    seconds: float = 0.0
    receive: Way = field(default_factory=Way)
    transmit: Way = field(default_factory=Way)

    def add(self, ends_at: float, seconds: float, received: int, sent: int) -> None:
        """Count a stretch of time."""
        self.covered_until = max(self.covered_until, ends_at)
        self.seconds += seconds
        self.receive.add(received, seconds)
        self.transmit.add(sent, seconds)

    def merge_row(self, row: Sequence[Any]) -> None:
        """Count what is on record: the figures of a row of `_on_record`."""
        _, _, until, seconds, received, sent, receive_rates, transmit_rates, receive_peak, transmit_peak = row
        self.covered_until = max(self.covered_until, until)
        self.seconds += seconds
        self.receive.merge(received, receive_peak, receive_rates)
        self.transmit.merge(sent, transmit_peak, transmit_rates)

    def row(self) -> Row:
        """Return the figures of the row."""
        return {
            "covered_until": self.covered_until,
            "seconds": self.seconds,
            "receive_bytes": storable(self.receive.bytes),
            "transmit_bytes": storable(self.transmit.bytes),
            "receive_rates": self.receive.rates.dump(),
            "transmit_rates": self.transmit.rates.dump(),
            "receive_peak": self.receive.peak,
            "transmit_peak": self.transmit.peak,
        }


def add_hour(connection: Connection, hour: int, context: Context, carried: Mapping[Place, Carried]) -> None:
    """Put on record what tunnels carried in an hour; what is there already is added to `carried` before."""
    key = {"resolution": "hour", "begins_at": hour, **context._asdict()}
    for row in _on_record(connection, *_there("hour", hour, context)):
        if one := carried.get((row[0], row[1])):
            one.merge_row(row)
    rows = [{**key, "tunnel": tunnel, "peer": peer, **one.row()} for (tunnel, peer), one in carried.items()]
    put(connection, USAGE, rows)


def _on_record(connection: Connection, *where: ColumnElement[bool]) -> Iterable[Sequence[Any]]:
    """Give tunnel, peer and figures of rows."""
    c = USAGE.c
    figures = (c.covered_until, c.seconds, c.receive_bytes, c.transmit_bytes, c.receive_rates, c.transmit_rates)
    return streamed(connection, select(c.tunnel, c.peer, *figures, c.receive_peak, c.transmit_peak).where(*where))


def _there(resolution: Resolution, begins_at: int, context: Context) -> tuple[ColumnElement[bool], ...]:
    c = USAGE.c
    return c.resolution == resolution, c.begins_at == begins_at, c.target == context.target, c.vrf == context.vrf


def tunnels_of(connection: Connection, day: int, context: Context) -> Sequence[str]:
    """Return the names of tunnels that carried something on a day, in the order of the database."""
    here = (USAGE.c.begins_at.in_(_hours(day)), USAGE.c.target == context.target, USAGE.c.vrf == context.vrf)
    names = select(USAGE.c.tunnel).distinct().where(USAGE.c.resolution == "hour", *here).order_by(USAGE.c.tunnel)
    return connection.execute(names).scalars().all()


def _hours(day: int) -> range:
    return range(day, day + SECONDS["day"], SECONDS["hour"])


def make_day(connection: Connection, day: int, context: Context, first: str, last: str) -> None:
    """Put on record what tunnels carried on a day, as the sum of its hours; instead of what is there.

    Args:
        connection: in a transaction.
        day: when it began.
        context: whose tunnels they are.
        first: the name of the first of them, in the order of the database.
        last: the name of the last.
    """
    carried: dict[Place, Carried] = {}
    for hour in _hours(day):
        for row in _on_record(connection, *_there("hour", hour, context), USAGE.c.tunnel.between(first, last)):
            place = (row[0], row[1])
            one = carried.get(place)
            if one is None:
                one = carried[place] = Carried()
            one.merge_row(row)
    key = {"resolution": "day", "begins_at": day, **context._asdict()}
    rows_of_day = [{**key, "tunnel": tunnel, "peer": peer, **one.row()} for (tunnel, peer), one in carried.items()]
    put(connection, USAGE, rows_of_day)


def add_together(connection: Connection, hour: int, context: Context, stretches: Iterable[Mapping[str, Any]]) -> None:
    """Add stretches of the log to what all tunnels of a context carried together in an hour."""
    c = CONTEXT_USAGE.c
    here = (c.begins_at == hour, c.target == context.target, c.vrf == context.vrf)
    found = connection.execute(select(CONTEXT_USAGE).where(*here)).mappings().first()
    total = dict(found or {"covered_until": 0.0, "seconds": 0.0, "receive_bytes": 0, "transmit_bytes": 0})
    for stretch in stretches:
        total["covered_until"] = max(total["covered_until"], stretch["begins_at"] + stretch["seconds"])
        for name in ("seconds", "receive_bytes", "transmit_bytes"):
            total[name] += stretch[name]
    for name in ("receive_bytes", "transmit_bytes"):
        total[name] = storable(total[name])
    put(connection, CONTEXT_USAGE, [{**total, "begins_at": hour, **context._asdict(), "in_day": False}])
