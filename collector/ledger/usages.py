"""What tunnels carried, by the hour and later by the day: stretches are merged into rows that are there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, RowMapping, select

from collector.ledger.entries import Context
from collector.ledger.rates import Rates
from collector.ledger.rows import Row, storable
from collector.ledger.schema import USAGE
from collector.ledger.statements import put
from collector.model import Usage

Resolution: TypeAlias = Literal["hour", "day"]
SECONDS: Mapping[Resolution, int] = {"hour": 3600, "day": 86400}
_AT_ONCE = 500
"""Tunnels that are asked for in one statement."""
_Place: TypeAlias = tuple[str, str]
"""Tunnel and peer."""


def put_usages(connection: Connection, stretches: Iterable[Row]) -> None:
    """Merge stretches of time (`stretch_row`) into the hours in which they begin.

    The stretches of a tunnel do not overlap, so one whose time is covered was merged before: writing again what was
    written changes nothing.
    """
    hours: dict[tuple[int, Context], list[Row]] = {}
    for row in stretches:
        hours.setdefault((row["begins_at"], Context(row["target"], row["vrf"])), []).append(row)
    for (begins_at, context), rows in hours.items():
        _merge(connection, "hour", begins_at, context, rows)


def put_days(connection: Connection, hours: Iterable[Mapping[str, Any]]) -> None:
    """Merge rows of hours into the rows of their days."""
    days: dict[tuple[int, Context], list[Row]] = {}
    for hour in hours:
        begins_at = begin_of(hour["begins_at"], "day")
        row = {**hour, "resolution": "day", "begins_at": begins_at}
        days.setdefault((begins_at, Context(hour["target"], hour["vrf"])), []).append(row)
    for (begins_at, context), rows in days.items():
        _merge(connection, "day", begins_at, context, rows)


def begin_of(at: float, resolution: Resolution) -> int:
    """Return when the hour or the day of a moment began (UTC)."""
    return int(at // SECONDS[resolution]) * SECONDS[resolution]


def stretch_row(usage: Usage) -> Row:
    """Return a stretch of time (more than 0 s) as a row of its hour, and `covered_from`, when it began."""
    receive, transmit = Rates(), Rates()
    receive_rate, transmit_rate = usage.receive_bytes / usage.seconds, usage.transmit_bytes / usage.seconds
    receive.add(receive_rate, usage.seconds)
    transmit.add(transmit_rate, usage.seconds)
    return {
        "resolution": "hour",
        "begins_at": begin_of(usage.begins_at, "hour"),
        "target": usage.target,
        "vrf": usage.vrf,
        "tunnel": usage.tunnel,
        "peer": usage.peer,
        "covered_from": usage.begins_at,
        "covered_until": usage.begins_at + usage.seconds,
        "seconds": usage.seconds,
        "receive_bytes": storable(usage.receive_bytes),
        "transmit_bytes": storable(usage.transmit_bytes),
        "receive_rates": receive.dump(),
        "transmit_rates": transmit.dump(),
        "receive_peak": receive_rate,
        "transmit_peak": transmit_rate,
    }


def _merge(
    connection: Connection, resolution: Resolution, begins_at: int, context: Context, rows: Sequence[Row]
) -> None:
    wanted = sorted({row["tunnel"] for row in rows})
    known: dict[_Place, Row] = {}
    for tunnels in _chunks(wanted):
        for found in _find(connection, resolution, begins_at, context, tunnels):
            known[found["tunnel"], found["peer"]] = dict(found)
    changed: dict[_Place, Row] = {}
    for row in rows:
        place = (row["tunnel"], row["peer"])
        before = known.get(place)
        if _is_covered(before, row):
            continue
        changed[place] = known[place] = _sum(before, row)
    put(connection, USAGE, list(changed.values()))


def _chunks(tunnels: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(tunnels)
    while chunk := list(islice(rest, _AT_ONCE)):
        yield chunk


def _find(
    connection: Connection, resolution: Resolution, begins_at: int, context: Context, tunnels: Sequence[str]
) -> Iterable[RowMapping]:
    there = (USAGE.c.resolution == resolution, USAGE.c.begins_at == begins_at)
    whose = (USAGE.c.target == context.target, USAGE.c.vrf == context.vrf, USAGE.c.tunnel.in_(tunnels))
    return connection.execute(select(USAGE).where(*there, *whose)).mappings()


def _is_covered(before: Row | None, row: Row) -> bool:
    """Return whether a stretch was merged before; days have no stretches, their hours are deleted when merged."""
    if before is None or "covered_from" not in row:
        return False
    return bool(row["covered_from"] + row["seconds"] / 2 < before["covered_until"])


def _sum(before: Row | None, row: Row) -> Row:
    after = {name: value for name, value in row.items() if name != "covered_from"}
    if before is not None:
        after["seconds"] += before["seconds"]
        after["covered_until"] = max(row["covered_until"], before["covered_until"])
        for direction in ("receive", "transmit"):
            after[f"{direction}_bytes"] = storable(row[f"{direction}_bytes"] + before[f"{direction}_bytes"])
            after[f"{direction}_peak"] = max(row[f"{direction}_peak"], before[f"{direction}_peak"])
            rates = Rates.load(before[f"{direction}_rates"])
            rates.merge(Rates.load(row[f"{direction}_rates"]))
            after[f"{direction}_rates"] = rates.dump()
    return after
