"""What tunnels carried in a period, and at which rates: from rows of usage, of hours and of days that hours became.

A row that reaches over the period's bounds is taken in proportion to what of its covered time lies within.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select

from collector.ledger.rates import Rates
from collector.ledger.report_known import CHUNK, TunnelKey, named
from collector.ledger.report_uptime import Stretch
from collector.ledger.schema import USAGE

HOUR = 3600
LENGTHS = {"hour": HOUR, "day": 86_400}
SHARE = 0.95
"""Of the time: rates are told as their 95th percentile."""


class Carried(NamedTuple):
    """What was carried and how fast; None where that is not known."""

    receive_bytes: float | None = None
    transmit_bytes: float | None = None
    receive_rate: float | None = None
    """95th percentile in bytes a second."""
    transmit_rate: float | None = None
    rated_seconds: float | None = None
    """How much time the rates tell of."""


_read = json.JSONDecoder().raw_decode
NOTHING_KNOWN = Carried()


@dataclass(slots=True)
class _Sum:
    bytes: float = 0.0
    buckets: dict[str, float] = field(default_factory=dict)
    """Of a histogram of rates, named as in its text: millions of them are merged, and numbers are made of them once."""

    def merge(self, amount: float, rates: str, share: float) -> None:
        self.bytes += amount * share
        buckets = self.buckets
        for bucket, seconds in _read(rates)[0].items():
            buckets[bucket] = buckets.get(bucket, 0.0) + seconds * share

    def rates(self) -> Rates:
        return Rates({int(bucket): seconds for bucket, seconds in self.buckets.items()})


def by_tunnel(
    connection: Connection, period: Stretch, values: Mapping[str, Any], only: Iterable[TunnelKey] | None = None
) -> dict[TunnelKey, Carried]:
    """Sum up what each tunnel carried, or only what some did."""
    c = USAGE.c
    columns = (c.target, c.vrf, c.tunnel, c.peer, c.receive_bytes, c.transmit_bytes, c.receive_rates, c.transmit_rates)
    names = None if only is None else {key[2] for key in only}
    sums: dict[TunnelKey, tuple[_Sum, _Sum]] = {}
    for resolution in LENGTHS:
        wanted = _within(select(*columns, c.begins_at, c.covered_until, c.seconds), resolution, period, values)
        if names is not None:
            wanted = wanted.where(c.tunnel.in_(names))
        for row in connection.execute(wanted):
            key = row[:4]
            received, sent, receive_rates, transmit_rates, begins_at, until, seconds = row[4:]
            if (pair := sums.get(key)) is None:
                pair = sums[key] = (_Sum(), _Sum())
            share = _share(begins_at, until, seconds, period)
            pair[0].merge(received, receive_rates, share)
            pair[1].merge(sent, transmit_rates, share)
    return {key: _carried(received, sent, received.rates(), sent.rates()) for key, (received, sent) in sums.items()}


def _carried(received: _Sum, sent: _Sum, receive: Rates, transmit: Rates) -> Carried:
    rates = receive.quantile(SHARE), transmit.quantile(SHARE)
    return Carried(received.bytes, sent.bytes, *rates, receive.seconds or None)


def by_context(
    connection: Connection, period: Stretch, values: Mapping[str, Any], *, whole_targets: bool
) -> dict[tuple[str, ...], Carried]:
    """Sum up what all tunnels of each context, or of each target, carried.

    Rates are of all tunnels together, as means of hours that lie within the period whole: the 95th percentiles of many
    tunnels do not add up. Where there are no rows of hours any more there are no rates.
    """
    c = USAGE.c
    group = (c.target,) if whole_targets else (c.target, c.vrf)
    totals = func.sum(c.receive_bytes), func.sum(c.transmit_bytes), func.max(c.seconds), func.max(c.covered_until)
    sums: dict[tuple[str, ...], tuple[_Sum, _Sum]] = {}
    rates: dict[tuple[str, ...], tuple[Rates, Rates]] = {}
    for resolution in LENGTHS:
        wanted = _within(select(*group, c.begins_at, *totals), resolution, period, values)
        for *key, begins_at, received, sent, seconds, until in connection.execute(wanted.group_by(c.begins_at, *group)):
            share = _share(begins_at, until, seconds, period)
            name = tuple(key)
            sums.setdefault(name, (_Sum(), _Sum()))
            rates.setdefault(name, (Rates(), Rates()))
            for way, amount in enumerate((float(received), float(sent))):
                sums[name][way].bytes += amount * share
                if resolution == "hour" and share == 1 and seconds > 0:
                    rates[name][way].add(amount / seconds, seconds)
    return {key: _carried(*pair, *rates[key]) for key, pair in sums.items()}


def _within(wanted: Select[Any], resolution: str, span: Stretch, values: Mapping[str, Any]) -> Select[Any]:
    c = USAGE.c
    # The first condition is what the primary key can be entered by: the last stretch of a row may reach into the next.
    early = c.begins_at > span[0] - 2 * LENGTHS[resolution]
    return wanted.where(
        c.resolution == resolution, early, c.begins_at < span[1], c.covered_until > span[0], *named(USAGE, values)
    ).execution_options(yield_per=CHUNK)


def _share(begins_at: float, until: float, seconds: float, span: Stretch) -> float:
    """Return how much of a row's covered time, taken for the last before its end, lies in a span."""
    since = max(begins_at, until - seconds)
    if span[0] <= since and until <= span[1]:
        return 1.0
    return max(0.0, min(until, span[1]) - max(since, span[0])) / (until - since) if since < until else 0.0
