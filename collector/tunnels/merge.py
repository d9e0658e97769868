"""Several rows that speak of one thing become one: sums of what counts, the newest word on the rest."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

from collector.model import ChildSa, Entity, IkeExchangeCounters, IkeSa, IpsecTraffic

EntityT = TypeVar("EntityT", bound=Entity)
SaT = TypeVar("SaT", bound=ChildSa | IkeSa)


def _names(entity: type[Entity]) -> frozenset[str]:
    return frozenset(field.name for field in fields(entity)) - {"index"}


SUMMED: dict[type[Entity], frozenset[str]] = {
    ChildSa: _names(IpsecTraffic) | {"refreshes", "expired_sas", "current_sas"},
    IkeSa: _names(IkeExchangeCounters) | {"refreshes"},
}
"""What two SAs of one tunnel have together; everything else is told by the newest."""


def age(row: ChildSa | IkeSa) -> tuple[bool, float, int]:
    """Return what SAs are sorted by, the newest first and those of unknown age last."""
    return row.active_seconds is None, row.active_seconds or 0.0, -last_arc(row.index)


def last_arc(index: str) -> int:
    """Return the last number of a row's index, -1 if there is none."""
    try:
        return int(index.rpartition(".")[2])
    except ValueError:
        return -1


def merged(rows: Sequence[SaT]) -> SaT:
    """Make one SA of several, ordered newest first."""
    if len(rows) == 1:
        return rows[0]
    values = _coalesced(rows)
    for name in SUMMED[type(rows[0])]:
        known = [value for row in rows if (value := getattr(row, name)) is not None]
        values[name] = sum(known) if known else None
    return type(rows[0])(**values)


def coalesced(rows: Sequence[EntityT]) -> EntityT:
    """Make one row of several that tell the same fact: each field from the first that has it."""
    return rows[0] if len(rows) == 1 else type(rows[0])(**_coalesced(rows))


def _coalesced(rows: Sequence[EntityT]) -> dict[str, Any]:
    return {
        field.name: next((value for row in rows if (value := getattr(row, field.name)) is not None), None)
        for field in fields(rows[0])
    }
