"""What of a period is known: since when contexts and tunnels were watched, until when, and the gaps between."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from collector.ledger.report_uptime import KnownTime, Stretch, merged
from collector.ledger.schema import CONTEXTS, GAPS, TUNNELS
from collector.ledger.streaming import CHUNK
from collector.model import Expectation

BLIND = ("unanswered", "stopped")
"""Kinds of gaps in which nobody knew which tunnels were up."""
Context: TypeAlias = tuple[str, str]
TunnelKey: TypeAlias = tuple[str, str, str, str]
"""Target, VRF, name and peer."""


class Watched(NamedTuple):
    """How one context was watched."""

    since: float
    answered: Mapping[str, float]
    """Modules, and when each last answered."""
    blind: Mapping[str, list[Stretch]]
    """Modules, and when they did not tell; of module "" for all."""


class Knowledge:
    """What of a period is known."""

    def __init__(self, connection: Connection, period: Stretch, values: Mapping[str, Any]) -> None:
        """Read what the ledger has of contexts and gaps in a period, of those that the values name."""
        self._period = period
        self._blind = _blind(connection, period, values)
        self._watched = {
            (row.target, row.vrf): Watched(
                row.watched_since, dict(json.loads(row.answered)), self._blind.get((row.target, row.vrf), {})
            )
            for row in connection.execute(select(CONTEXTS).where(*named(CONTEXTS, values)))
        }
        self._times: dict[tuple[Context, frozenset[str]], KnownTime] = {}

    @property
    def blind_seconds(self) -> float:
        """Time in which nobody knew, of all contexts together; of modules that were blind at once, once."""
        whole = (merged(one for stretches in modules.values() for one in stretches) for modules in self._blind.values())
        return sum(ends_at - begins_at for stretches in whole for begins_at, ends_at in stretches)

    def until(self, context: Context, module: str | None = None) -> float:
        """Return until when it is known what a module (any, if none is named) tells, at most the period's end."""
        watched = self._watched.get(context)
        answered = watched.answered if watched else {}
        latest = answered.get(module or "", max(answered.values(), default=self._period[1]))
        return min(self._period[1], latest)

    def time(self, context: Context, modules: frozenset[str]) -> KnownTime:
        """Return the known time of a context, as far as modules tell of it; of any module, if none is named."""
        key = (context, modules)
        if key not in self._times:
            self._times[key] = self._time(context, modules)
        return self._times[key]

    def _time(self, context: Context, modules: frozenset[str]) -> KnownTime:
        watched = self._watched.get(context)
        if watched is None:
            return KnownTime(self._period)
        until = max((self.until(context, module) for module in modules), default=self.until(context))
        holes = [
            stretch
            for module, stretches in watched.blind.items()
            if not modules or module in modules or not module
            for stretch in stretches
        ]
        return KnownTime((max(self._period[0], watched.since), until), holes)


def _blind(
    connection: Connection, period: Stretch, values: Mapping[str, Any]
) -> dict[Context, dict[str, list[Stretch]]]:
    c = GAPS.c
    wanted = select(c.target, c.vrf, c.module, c.begins_at, c.ends_at).where(
        c.kind.in_(BLIND), *in_period(period), *named(GAPS, values)
    )
    found: dict[Context, dict[str, list[Stretch]]] = {}
    for row in connection.execute(wanted.execution_options(yield_per=CHUNK)):
        ends_at = period[1] if row.ends_at is None else min(row.ends_at, period[1])
        modules = found.setdefault((row.target, row.vrf), {})
        modules.setdefault(row.module, []).append((max(row.begins_at, period[0]), ends_at))
    return found


def in_period(period: Stretch) -> Iterator[ColumnElement[bool]]:
    """Give the conditions of gaps that reach into a period."""
    yield or_(GAPS.c.ends_at.is_(None), GAPS.c.ends_at > period[0])
    yield GAPS.c.begins_at < period[1]


def named(table: Table, values: Mapping[str, Any]) -> Iterator[ColumnElement[bool]]:
    """Give the conditions of rows that belong to what values name: target, VRF, tunnel and peer."""
    for name in ("target", "vrf", "tunnel", "peer"):
        column = "name" if name == "tunnel" and table is TUNNELS else name
        if (value := values.get(name)) is not None and column in table.c:
            yield table.c[column] == value


class Known(NamedTuple):
    """A tunnel that is known."""

    since: float
    expectation: Expectation


def known_tunnels(connection: Connection, values: Mapping[str, Any], until: float) -> dict[TunnelKey, Known]:
    """Return the tunnels that were known before the end of a period."""
    c = TUNNELS.c
    wanted = select(c.target, c.vrf, c.name, c.peer, c.known_since, c.expectation).where(
        c.level == values["level"], c.known_since < until, *named(TUNNELS, values)
    )
    rows = connection.execute(wanted.execution_options(yield_per=CHUNK))
    return {(row.target, row.vrf, row.name, row.peer): Known(row.known_since, row.expectation) for row in rows}


def count_gaps(connection: Connection, period: Stretch, values: Mapping[str, Any]) -> int:
    """Count the gaps of any kind that reach into a period."""
    wanted = select(func.count()).select_from(GAPS).where(*in_period(period), *named(GAPS, values))
    return connection.execute(wanted).scalar_one()
