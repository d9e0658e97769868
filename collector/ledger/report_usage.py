"""What tunnels carried in a period, and at which rates.

Rows of days are read where whole days lie within the period, rows of hours for the rest, and the log for what is in no
hour yet. What reaches over the period's bounds is taken in proportion to what of its covered time lies within.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select

from collector.ledger.horizon import HOURS_SINCE, since_when
from collector.ledger.rates import Rates
from collector.ledger.report_known import TunnelKey, named
from collector.ledger.report_uptime import Stretch
from collector.ledger.schema import CONTEXT_USAGE, USAGE, USAGE_LOG
from collector.ledger.streaming import CHUNK, streamed
from collector.ledger.usage_log import usages_in
from collector.ledger.usages import SECONDS, Resolution, begin_of

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


HOUR, DAY = SECONDS["hour"], SECONDS["day"]
NOTHING_KNOWN = Carried()


class _Span(NamedTuple):
    """Which rows are read: of one resolution, those that begin from one moment to before another."""

    resolution: Resolution
    begin: float
    end: float


@dataclass(slots=True)
class _Sum:
    bytes: float = 0.0
    rates: Rates = field(default_factory=Rates)

    def add(self, amount: int, seconds: float, share: float) -> None:
        self.bytes += amount * share
        self.rates.add(amount / seconds, seconds * share)


def by_tunnel(
    connection: Connection, period: Stretch, values: Mapping[str, Any], only: Iterable[TunnelKey] | None = None
) -> dict[TunnelKey, Carried]:
    """Sum up what each tunnel carried, or only what some did."""
    names = None if only is None else {key[2] for key in only}
    sums: dict[TunnelKey, tuple[_Sum, _Sum]] = {}
    for span in _spans(connection, period, values):
        for row in streamed(connection, _rows(span, period, values, names)):
            target, vrf, tunnel, peer, received, sent, receive_rates, transmit_rates, begins_at, until, seconds = row
            share = _share(begins_at, until, seconds, period)
            receive, transmit = _pair(sums, (target, vrf, tunnel, peer))
            receive.bytes += received * share
            receive.rates.merge(receive_rates, share)
            transmit.bytes += sent * share
            transmit.rates.merge(transmit_rates, share)
    _add_log(connection, period, values, names, sums)
    return {key: _carried(*both) for key, both in sums.items()}


def _pair(sums: dict[Any, tuple[_Sum, _Sum]], key: tuple[str, ...]) -> tuple[_Sum, _Sum]:
    if (pair := sums.get(key)) is None:
        pair = sums[key] = (_Sum(), _Sum())
    return pair


def _spans(connection: Connection, period: Stretch, values: Mapping[str, Any]) -> list[_Span]:
    """Tell which rows make up a period; what begins in a day is in the rows of the day, or in those of its hours."""
    since, until = period
    first, last = connection.execute(
        select(func.min(CONTEXT_USAGE.c.begins_at), func.max(CONTEXT_USAGE.c.begins_at))
    ).one()
    if first is None:
        return []
    kept_since = since_when(connection, HOURS_SINCE) or 0.0
    late = _late_days(connection, period, values)
    spans: list[_Span] = []
    # The day before too: its last stretch may reach into the period.
    for day in range(begin_of(max(first, since - DAY), "day"), math.ceil(min(last + HOUR, until)), DAY):
        whole = since <= day and day + DAY <= until and day not in late
        resolution: Resolution = "day" if whole or day < kept_since else "hour"
        begin = day if resolution == "day" else max(day, since - 2 * HOUR)
        if spans and spans[-1].resolution == resolution:
            begin = spans.pop().begin
        spans.append(_Span(resolution, begin, min(day + DAY, until)))
    return spans


def _late_days(connection: Connection, period: Stretch, values: Mapping[str, Any]) -> frozenset[int]:
    """Return days whose rows have not all that the rows of their hours have."""
    c = CONTEXT_USAGE.c
    late = select(c.begins_at).distinct().where(c.in_day.is_(False), *_hours_of(period, values))
    return frozenset(begin_of(at, "day") for at in connection.execute(late).scalars())


def _hours_of(period: Stretch, values: Mapping[str, Any]) -> Iterator[ColumnElement[bool]]:
    c = CONTEXT_USAGE.c
    yield from (c.begins_at > period[0] - 2 * HOUR, c.begins_at < period[1], *named(CONTEXT_USAGE, values))


def _rows(span: _Span, period: Stretch, values: Mapping[str, Any], names: set[str] | None) -> Select[Any]:
    c = USAGE.c
    columns = (c.target, c.vrf, c.tunnel, c.peer, c.receive_bytes, c.transmit_bytes, c.receive_rates, c.transmit_rates)
    wanted = select(*columns, c.begins_at, c.covered_until, c.seconds).where(
        c.resolution == span.resolution,
        c.begins_at >= span.begin,
        c.begins_at < span.end,
        c.covered_until > period[0],
        *named(USAGE, values),
    )
    return wanted if names is None else wanted.where(c.tunnel.in_(names))


def _add_log(
    connection: Connection,
    period: Stretch,
    values: Mapping[str, Any],
    names: set[str] | None,
    sums: dict[TunnelKey, tuple[_Sum, _Sum]],
) -> None:
    only = {values["tunnel"]} if values.get("tunnel") is not None else names
    peer = values.get("peer")
    wanted = _log(period, values).add_columns(USAGE_LOG.c.usages)
    for begins_at, seconds, target, vrf, _, _, usages in connection.execute(wanted):
        share = _share(begins_at, begins_at + seconds, seconds, period)
        for tunnel, of_peer, received, sent in usages_in(usages):
            if (only is None or tunnel in only) and peer in {None, of_peer}:
                pair = _pair(sums, (target, vrf, tunnel, of_peer))
                pair[0].add(received, seconds, share)
                pair[1].add(sent, seconds, share)


def _log(period: Stretch, values: Mapping[str, Any]) -> Select[Any]:
    """Select what is in no hour yet."""
    c = USAGE_LOG.c
    return (
        select(c.begins_at, c.seconds, c.target, c.vrf, c.receive_bytes, c.transmit_bytes)
        .where(c.usages.is_not(None), c.begins_at < period[1], c.begins_at + c.seconds > period[0])
        .where(*named(USAGE_LOG, values))
        .execution_options(yield_per=1)
    )


def by_context(
    connection: Connection, period: Stretch, values: Mapping[str, Any], *, whole_targets: bool
) -> dict[tuple[str, ...], Carried]:
    """Sum up what all tunnels of each context, or of each target, carried.

    Rates are of all tunnels together, as means of hours that lie within the period whole: the 95th percentiles of many
    tunnels do not add up. Of some tunnels only there are no rates.
    """
    width = 1 if whole_targets else 2
    if values.get("tunnel") is not None or values.get("peer") is not None:
        return _sum_up(by_tunnel(connection, period, values), width)
    sums: dict[tuple[str, ...], tuple[_Sum, _Sum]] = {}
    hours: dict[tuple[tuple[str, ...], int], _Hour] = {}
    for (key, begins_at), found in _together(connection, period, values).items():
        share = _share(begins_at, found.until, found.seconds, period)
        pair = _pair(sums, key[:width])
        pair[0].bytes += found.received * share
        pair[1].bytes += found.sent * share
        hour = hours.setdefault((key[:width], begins_at), _Hour())
        hour.add(found.until, 0.0, found.received, found.sent)
        hour.seconds = max(hour.seconds, found.seconds)
        hour.whole &= share == 1
    for (name, _), hour in hours.items():
        if hour.whole and hour.seconds > 0:
            for one, amount in zip(sums[name], (hour.received, hour.sent), strict=True):
                one.rates.add(amount / hour.seconds, hour.seconds)
    return {key: _carried(*both) for key, both in sums.items()}


@dataclass(slots=True)
class _Hour:
    """What was carried together in an hour."""

    until: float = 0.0
    seconds: float = 0.0
    received: int = 0
    sent: int = 0
    whole: bool = True

    def add(self, until: float, seconds: float, received: int, sent: int) -> None:
        self.until = max(self.until, until)
        self.seconds += seconds
        self.received += received
        self.sent += sent


def _together(
    connection: Connection, period: Stretch, values: Mapping[str, Any]
) -> dict[tuple[tuple[str, str], int], _Hour]:
    """Return what the tunnels of each context carried in each hour: hours on record and what the log has beside."""
    c = CONTEXT_USAGE.c
    columns = (c.target, c.vrf, c.begins_at, c.covered_until, c.seconds, c.receive_bytes, c.transmit_bytes)
    wanted = select(*columns).where(*_hours_of(period, values), c.covered_until > period[0])
    found: dict[tuple[tuple[str, str], int], _Hour] = {}
    for target, vrf, hour, *figures in connection.execute(wanted.execution_options(yield_per=CHUNK)):
        found.setdefault(((target, vrf), hour), _Hour()).add(*figures)
    for begins_at, seconds, target, vrf, received, sent in connection.execute(_log(period, values)):
        hour = begin_of(begins_at, "hour")
        found.setdefault(((target, vrf), hour), _Hour()).add(begins_at + seconds, seconds, received, sent)
    return found


def _sum_up(found: Mapping[TunnelKey, Carried], width: int) -> dict[tuple[str, ...], Carried]:
    sums: dict[tuple[str, ...], tuple[float, float]] = {}
    for key, carried in found.items():
        received, sent = sums.get(key[:width], (0.0, 0.0))
        sums[key[:width]] = received + (carried.receive_bytes or 0.0), sent + (carried.transmit_bytes or 0.0)
    return {key: Carried(*both) for key, both in sums.items()}


def _carried(received: _Sum, sent: _Sum) -> Carried:
    rates = received.rates.quantile(SHARE), sent.rates.quantile(SHARE)
    return Carried(received.bytes, sent.bytes, *rates, received.rates.seconds or None)


def _share(begins_at: float, until: float, seconds: float, span: Stretch) -> float:
    """Return how much of a row's covered time, taken for the last before its end, lies in a span."""
    since = max(begins_at, until - seconds)
    if span[0] <= since and until <= span[1]:
        return 1.0
    return max(0.0, min(until, span[1]) - max(since, span[0])) / (until - since) if since < until else 0.0
