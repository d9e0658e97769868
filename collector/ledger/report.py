"""The planner's report: how available tunnels and hubs were in a period, how often they failed, what they carried.

A session counts as up from its start to its end (to `ended_at`: it may have ended `end_uncertainty_seconds` earlier);
overlapping ones of a tunnel count once. Time in which nobody knew is taken out of the up time and of the known time.
Sessions are streamed: memory grows with the tunnels, and with 16 bytes for each time that one was up.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from collector.ledger.horizon import GAPS_SINCE, SESSIONS_SINCE, since_when
from collector.ledger.queries import NOBODY_TOLD, gaps
from collector.ledger.query_parameters import DEFAULT_LIMIT, LATEST, QueryError, cursor_text
from collector.ledger.report_known import Knowledge, Known, TunnelKey, count_gaps, known_tunnels, named
from collector.ledger.report_sort import in_order
from collector.ledger.report_uptime import REESTABLISHED_SECONDS, Crowd, Life, Stretch, Uptime, uptime
from collector.ledger.report_usage import HOUR, NOTHING_KNOWN, Carried, by_context, by_tunnel
from collector.ledger.schema import FAILURES, SESSIONS
from collector.ledger.streaming import CHUNK, streamed
from collector.model import Expectation

RATE_SECONDS = 300
"""Over how long a tunnel's rates are means: the stretches of usage."""
SHOWN_GAPS = 1_000
_FEW = 1_000
"""Tunnels that a database is asked for by their names."""


class Report(NamedTuple):
    """A page of a report."""

    since: float
    """Begin of the period; later than asked for where the record does not reach back so far."""
    until: float
    record_begins_at: float | None
    """Since when sessions and gaps are on record as a whole; None if none were pruned yet."""
    rows: list[dict[str, Any]]
    """See `query_fields.REPORT`."""
    total: int
    """How many rows there are on all pages."""
    gaps: list[dict[str, Any]]
    """Of the period, the latest first, at most SHOWN_GAPS."""
    gaps_total: int
    blind_seconds: float
    """Time in which nobody knew which tunnels were up, of all VRFs together."""
    unassigned_failures: int
    """Failures on record that belong to no row: nobody knows which tunnel they were about."""
    next: str | None = None


def report(connection: Connection, values: Mapping[str, Any]) -> Report:
    """Make a report of what `query_parameters.asked("report", …)` gave.

    Raises: QueryError if `cursor` is none of this question.
    """
    since, until, offset = _begin(values)
    record_begins_at = _record_begins_at(connection)
    # What was pruned is not taken for time in which nothing was up.
    since = min(max(since, record_begins_at or since), until)
    period = since, until
    knowledge = Knowledge(connection, period, values)
    made, unassigned = _rows(connection, period, knowledge, values)
    rows = in_order(made, values["sort"])
    limit = values.get("limit") or DEFAULT_LIMIT
    page = rows[offset : offset + limit]
    if _is_carried_late(values):
        _add_carried(page, _carried(connection, period, values, page))
    more = offset + limit < len(rows)
    places = {name: values.get(name) for name in ("target", "vrf")}
    return Report(
        since=since,
        until=until,
        record_begins_at=record_begins_at,
        rows=page,
        total=len(rows),
        gaps=gaps(connection, {**places, "since": since, "until": until, "limit": SHOWN_GAPS}).rows,
        gaps_total=count_gaps(connection, period, places),
        blind_seconds=knowledge.blind_seconds,
        unassigned_failures=unassigned,
        next=cursor_text((since, until, offset + limit)) if more else None,
    )


def _begin(values: Mapping[str, Any]) -> tuple[float, float, int]:
    """Return period and first row: those of the cursor, so that all pages are of the same period."""
    match values.get("cursor"):
        case None:
            return values["since"], values["until"], 0
        case [int() | float() as since, int() | float() as until, int() as offset]:
            if 0 <= since <= until < LATEST and 0 <= offset < LATEST:
                return since, until, offset
    raise QueryError("cursor: is not what 'next' of an answer to this question was")


def _record_begins_at(connection: Connection) -> float | None:
    marks = (since_when(connection, name) for name in (SESSIONS_SINCE, GAPS_SINCE))
    return max((mark for mark in marks if mark is not None), default=None)


@dataclass(slots=True)
class _Tally:
    """A row in the making."""

    tunnels: int = 0
    forgotten: int = 0
    up_seconds: float = 0.0
    known_seconds: float = 0.0
    sessions: int = 0
    failures: int = 0
    ends: Counter[str | None] = field(default_factory=Counter)
    crowd: Crowd | None = None
    parts: dict[Expectation, tuple[float, float]] = field(default_factory=dict)
    """Up time and known time of tunnels by what is expected of them."""

    def add(self, found: Uptime, up_seconds: float, known_seconds: float, known: Known | None) -> None:
        expectation = known.expectation if known else "no"
        up, of = self.parts.get(expectation, (0.0, 0.0))
        self.parts[expectation] = up + up_seconds, of + known_seconds
        self.tunnels += 1
        self.forgotten += known is None
        self.up_seconds += up_seconds
        self.known_seconds += known_seconds
        self.sessions += found.sessions
        self.failures += found.failures
        self.ends.update(found.ends)
        if self.crowd:
            self.crowd.add(found.up)

    @property
    def availability(self) -> float | None:
        """Of the tunnels that should be up always; if there are none, of all but those that idle by design."""
        up, of = self.parts.get("always") or self.parts.get("no") or (0.0, 0.0)
        return up / of if of else None


def _rows(
    connection: Connection, period: Stretch, knowledge: Knowledge, values: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], int]:
    width = _WIDTHS[values["by"]]
    one = width == _WIDTHS["tunnel"]
    tallies: dict[tuple[str, ...], _Tally] = {}
    known = known_tunnels(connection, values, period[1])
    for key, modules, found in _uptimes(connection, period, knowledge, values, known):
        tally = tallies.setdefault(key[:width], _Tally(crowd=None if one else Crowd()))
        span = _span(period, known.get(key), found)
        time = knowledge.time(key[:2], modules)
        up_seconds = time.sum(found.up, span[0])
        tally.add(found, up_seconds, time.within(span), known.get(key))
    carried = {} if _is_carried_late(values) else _carried(connection, period, values)
    failed = _failed(connection, period, values, width)
    rows = [
        _row(key, values["level"], tally, carried.get(key, NOTHING_KNOWN), failed.pop(key, {}))
        for key, tally in tallies.items()
    ]
    return rows, sum(sum(counts.values()) for counts in failed.values())


_WIDTHS = {"tunnel": 4, "vrf": 2, "hub": 1}
"""How much of a tunnel's key is a row's key."""


def _span(period: Stretch, known: Known | None, found: Uptime) -> Stretch:
    """Return the part of a period about which a tunnel counts; a forgotten one counts while it had sessions."""
    if known is not None:
        return max(period[0], known.since), period[1]
    return (found.up[0][0], found.up[-1][1]) if found.up else (period[0], period[0])


def _uptimes(
    connection: Connection,
    period: Stretch,
    knowledge: Knowledge,
    values: Mapping[str, Any],
    known: Iterable[TunnelKey],
) -> Iterator[tuple[TunnelKey, frozenset[str], Uptime]]:
    """Give each tunnel's key, the modules that told of it, and its uptime."""
    without = set(known)
    for key, rows in groupby(_sessions(connection, period, values), _KEY_OF):
        name: TunnelKey = key
        modules: set[str] = set()
        found = uptime(_lives(rows, knowledge, modules), period, knowledge.until(name[:2]))
        if found.sessions or name in without:
            without.discard(name)
            yield name, frozenset(modules), found
    for name in without:
        yield name, frozenset(), Uptime()


_KEY_OF = itemgetter(0, 1, 2, 3)


def _sessions(connection: Connection, period: Stretch, values: Mapping[str, Any]) -> Iterable[Sequence[Any]]:
    """Give key, module, start (if known), sight, end (None while it lives) and reason of sessions, by tunnel.

    Those whose start is not known come first: in the order of their begins SQLite would have to sort them all.
    """
    c = SESSIONS.c
    begins_at = func.coalesce(c.started_at, c.seen_at)
    wanted = (
        select(c.target, c.vrf, c.tunnel, c.peer, c.module, c.started_at, c.seen_at)
        .add_columns(func.coalesce(c.ended_at, c.gone_at), c.reason)
        .where(c.level == values["level"], c.accounted, *named(SESSIONS, values))
        # An OR that no index serves: SQLite would have all ends of an index, and sort what belongs to them.
        .where(func.coalesce(c.ended_at, LATEST) >= period[0], begins_at < period[1] + REESTABLISHED_SECONDS)
        .order_by(c.target, c.vrf, c.tunnel, c.peer, c.started_at.nulls_first(), c.seen_at)
    )
    return streamed(connection, wanted)


def _lives(rows: Iterator[Sequence[Any]], knowledge: Knowledge, modules: set[str]) -> Iterator[Life]:
    first = next(rows)
    for target, vrf, _, _, module, started_at, seen_at, end, reason in _by_begin(first, chain((first,), rows)):
        if module not in modules:
            modules.add(module)
        begins_at = seen_at if started_at is None else started_at
        ends_at = knowledge.until((target, vrf), module) if end is None else end
        yield begins_at, ends_at if ends_at > begins_at else begins_at, end is not None, reason  # noqa: FURB136 - slower


def _by_begin(first: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    """Return sessions of one tunnel by begin; only where the start of one is not known they are not yet."""
    if first[_STARTED_AT] is not None:
        return rows
    return sorted(rows, key=lambda row: row[_SEEN_AT] if row[_STARTED_AT] is None else row[_STARTED_AT])


_STARTED_AT, _SEEN_AT = 5, 6


def _is_carried_late(values: Mapping[str, Any]) -> bool:
    """Whether what tunnels carried is read of one page only: it is most of the work, where the order needs it not."""
    return values["by"] == "tunnel" and values["sort"] not in {"volume", "rate"}


def _add_carried(page: list[dict[str, Any]], carried: Mapping[Any, Carried]) -> None:
    for row in page:
        row.update(_carried_fields(carried.get(_tunnel_key(row), NOTHING_KNOWN), RATE_SECONDS))


def _tunnel_key(row: Mapping[str, Any]) -> TunnelKey:
    return row["target"], row["vrf"], row["tunnel"], row["peer"]


def _carried(
    connection: Connection, period: Stretch, values: Mapping[str, Any], page: list[dict[str, Any]] | None = None
) -> dict[Any, Carried]:
    if values["level"] != "child":
        return {}  # usage is kept of CHILD SAs only
    if values["by"] == "tunnel":
        few = page is not None and len(page) <= _FEW
        return dict(by_tunnel(connection, period, values, map(_tunnel_key, page or ()) if few else None))
    return dict(by_context(connection, period, values, whole_targets=values["by"] == "hub"))


def _failed(
    connection: Connection, period: Stretch, values: Mapping[str, Any], width: int
) -> dict[tuple[Any, ...], dict[str, int]]:
    """Count failures on record by row's key and reason."""
    c = FAILURES.c
    at = func.coalesce(c.at, c.seen_at)
    key = (c.target, c.vrf, c.tunnel, c.peer)[:width]
    wanted = (
        select(*key, c.reason, func.count())
        .where(c.level == values["level"], c.seen_at >= period[0], at >= period[0], at < period[1])
        .where(*named(FAILURES, values))
        .group_by(*key, c.reason)
    )
    found: dict[tuple[Any, ...], dict[str, int]] = {}
    for *name, reason, count in connection.execute(wanted.execution_options(yield_per=CHUNK)):
        found.setdefault(tuple(name), {})[reason or NOBODY_TOLD] = count
    return found


def _carried_fields(carried: Carried, rate_seconds: float) -> dict[str, Any]:
    return {
        "receive_bytes": carried.receive_bytes,
        "transmit_bytes": carried.transmit_bytes,
        "receive_p95_bytes_per_second": carried.receive_rate,
        "transmit_p95_bytes_per_second": carried.transmit_rate,
        "rate_seconds": None if carried.receive_rate is None else rate_seconds,
        "rated_seconds": carried.rated_seconds,
    }


def _row(key: tuple[str, ...], level: str, tally: _Tally, carried: Carried, failed: dict[str, int]) -> dict[str, Any]:
    target, vrf, tunnel, peer = (*key, None, None, None)[:4]
    peak, peak_at = tally.crowd.peak() if tally.crowd else (None, None)
    return {
        "target": target,
        "vrf": vrf,
        "level": level,
        "tunnel": tunnel,
        "peer": peer,
        "expectation": None if tunnel is None or tally.forgotten else next(iter(tally.parts)),
        "tunnels": tally.tunnels,
        "forgotten": tally.forgotten,
        "availability_ratio": tally.availability,
        "up_seconds": tally.up_seconds,
        "known_seconds": tally.known_seconds,
        "sessions": tally.sessions,
        "failures": tally.failures,
        "mtbf_seconds": tally.up_seconds / tally.failures if tally.failures else None,
        **_carried_fields(carried, HOUR if tunnel is None else RATE_SECONDS),
        "peak_tunnels": peak,
        "peak_at": peak_at,
        "ends_by_reason": {reason or NOBODY_TOLD: count for reason, count in sorted(tally.ends.items(), key=str)},
        "failures_by_reason": dict(sorted(failed.items())),
    }
