"""What tunnels carried in a period, and at which rates: from rows of usage, of whole days where there are any.

A row that reaches over the period's bounds is taken in proportion to what of its covered time lies within.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select

from collector.ledger.rates import Rates
from collector.ledger.report_known import CHUNK, TunnelKey, named
from collector.ledger.report_uptime import Stretch
from collector.ledger.schema import USAGE

HOUR, DAY = 3600, 86_400
LENGTHS = {"hour": HOUR, "day": DAY}
SHARE = 0.95
"""Of the time: rates are told as their 95th percentile."""


class Carried(NamedTuple):
    """What was carried and how fast; None where that is not known."""

    receive_bytes: float | None = None
    transmit_bytes: float | None = None
    receive_rate: float | None = None
    """95th percentile in bytes a second."""
    transmit_rate: float | None = None


NOTHING_KNOWN = Carried()


@dataclass(slots=True)
class _Sum:
    bytes: float = 0.0
    rates: Rates = field(default_factory=Rates)

    def add(self, amount: float, rates: str, share: float) -> None:
        self.bytes += amount * share
        counted = Rates.load(rates)
        if share < 1:
            counted = Rates({bucket: seconds * share for bucket, seconds in counted.buckets.items()})
        self.rates.merge(counted)


def spans(period: Stretch, hours_since: float | None) -> Iterator[tuple[str, Stretch]]:
    """Part a period into what rows of days and what rows of hours are asked about.

    Args:
        period: the whole.
        hours_since: since when there are rows of hours; None if there are none. Days go further back, so that a part of
            a day of which no hours are left is asked of the day's row.
    """
    first, last = math.ceil(period[0] / DAY) * DAY, math.floor(period[1] / DAY) * DAY
    edges = [(period[0], first), (last, period[1])] if first <= last else [period]
    for edge in edges:
        if edge[0] < edge[1]:
            whole_day_is_left = hours_since is not None and hours_since <= math.floor(edge[0] / HOUR) * HOUR
            yield "hour" if whole_day_is_left else "day", edge
    if first < last:
        yield "day", (first, last)


def by_tunnel(connection: Connection, period: Stretch, values: Mapping[str, Any]) -> dict[TunnelKey, Carried]:
    """Sum up what each tunnel carried."""
    c = USAGE.c
    columns = (c.target, c.vrf, c.tunnel, c.peer, c.receive_bytes, c.transmit_bytes, c.receive_rates, c.transmit_rates)
    sums: dict[TunnelKey, tuple[_Sum, _Sum]] = {}
    for resolution, span in spans(period, _hours_since(connection)):
        wanted = _within(select(*columns, c.begins_at, c.covered_until), resolution, span, values)
        for *key, received, sent, receive_rates, transmit_rates, begins_at, until in connection.execute(wanted):
            name: TunnelKey = tuple(key)
            pair = sums.get(name)
            if pair is None:
                pair = sums[name] = (_Sum(), _Sum())
            share = _share(begins_at, until, span)
            pair[0].add(received, receive_rates, share)
            pair[1].add(sent, transmit_rates, share)
    return {key: _carried(*pair) for key, pair in sums.items()}


def _carried(received: _Sum, sent: _Sum) -> Carried:
    return Carried(received.bytes, sent.bytes, received.rates.quantile(SHARE), sent.rates.quantile(SHARE))


def by_context(
    connection: Connection, period: Stretch, values: Mapping[str, Any], *, whole_targets: bool
) -> dict[tuple[str, ...], Carried]:
    """Sum up what all tunnels of each context, or of each target, carried.

    Rates are of all tunnels together, as means of hours that lie within the period whole: the 95th percentiles of many
    tunnels do not add up. Where there are no rows of hours there are no rates.
    """
    c = USAGE.c
    group = (c.target,) if whole_targets else (c.target, c.vrf)
    sums: dict[tuple[str, ...], list[float]] = {}
    for resolution, span in spans(period, _hours_since(connection)):
        wanted = _within(
            select(*group, c.receive_bytes, c.transmit_bytes, c.begins_at, c.covered_until), resolution, span, values
        )
        for *key, received, sent, begins_at, until in connection.execute(wanted):
            share = _share(begins_at, until, span)
            both = sums.setdefault(tuple(key), [0.0, 0.0])
            both[0] += received * share
            both[1] += sent * share
    rates = _hourly(connection, period, values, len(group))
    return {
        key: Carried(received, sent, *(way.quantile(SHARE) for way in rates.get(key, (Rates(), Rates()))))
        for key, (received, sent) in sums.items()
    }


def _hourly(
    connection: Connection, period: Stretch, values: Mapping[str, Any], width: int
) -> dict[tuple[str, ...], tuple[Rates, Rates]]:
    c = USAGE.c
    group = (c.target, c.vrf)[:width]
    hours = math.ceil(period[0] / HOUR) * HOUR, math.floor(period[1] / HOUR) * HOUR
    sums = select(*group, func.sum(c.receive_bytes), func.sum(c.transmit_bytes), func.max(c.seconds))
    wanted = _within(sums, "hour", hours, values).group_by(c.begins_at, *group)
    found: dict[tuple[str, ...], tuple[Rates, Rates]] = {}
    for *key, received, sent, seconds in connection.execute(wanted):
        if seconds > 0:
            both = found.setdefault(tuple(key), (Rates(), Rates()))
            both[0].add(float(received) / seconds, seconds)
            both[1].add(float(sent) / seconds, seconds)
    return found


def _hours_since(connection: Connection) -> float | None:
    since: float | None = connection.execute(
        select(func.min(USAGE.c.begins_at)).where(USAGE.c.resolution == "hour")
    ).scalar()
    return since


def _within(wanted: Select[Any], resolution: str, span: Stretch, values: Mapping[str, Any]) -> Select[Any]:
    c = USAGE.c
    return wanted.where(
        c.resolution == resolution,
        c.begins_at > span[0] - LENGTHS[resolution],
        c.begins_at < span[1],
        *named(USAGE, values),
    ).execution_options(yield_per=CHUNK)


def _share(begins_at: float, until: float, span: Stretch) -> float:
    """Return how much of a row's time lies in a span."""
    if span[0] <= begins_at and until <= span[1]:
        return 1.0
    return max(0.0, min(until, span[1]) - max(begins_at, span[0])) / (until - begins_at) if until > begins_at else 0.0
