"""Rows that were written while their table was read: they lack what was read of it before, and are whole next time."""

from collections.abc import Iterable
from heapq import nlargest
from typing import Any, TypeAlias

from collector.model import ClosedChildSa, ClosedIkeSa, Entity, IkeFailure, IpsecFailure
from collector.tunnels.join import Rows
from collector.tunnels.merge import last_arc

Late: TypeAlias = frozenset[tuple[type[Entity], str]]
"""Kinds and indexes of rows."""

LATEST = 50
"""Rows of a table among which late ones are looked for: so many at most are written while it is read."""

_CLOSED = ("reason", "active_index", "start_uptime_seconds", "active_seconds", "receive_bytes", "transmit_bytes")
_FAILED = ("reason", "uptime_seconds")
_TOLD: dict[type[Entity], tuple[str, ...]] = {
    ClosedChildSa: (*_CLOSED, "local_address", "remote_address"),
    ClosedIkeSa: (*_CLOSED, "local_address", "remote_address"),
    IkeFailure: _FAILED,
    IpsecFailure: _FAILED,
}
"""What all rows of a table tell if any does: its first columns, its last ones, and some between."""


def late_rows(rows: Rows) -> Late:
    """Return the newest rows of histories and failures that do not tell what older ones do."""
    return frozenset(
        (kind, row.index) for kind, names in _TOLD.items() if kind in rows for row in _late(rows[kind], names)
    )


def _late(rows: Iterable[Any], names: Iterable[str]) -> list[Any]:
    latest = nlargest(LATEST, rows, key=lambda row: last_arc(row.index))
    told = [name for name in names if any(getattr(row, name) is not None for row in latest)]
    late = []
    for row in latest:
        if all(getattr(row, name) is not None for name in told):
            break
        late.append(row)
    return late


def without(rows: Rows, late: Late) -> Rows:
    """Return the rows that are not late."""
    return {
        kind: [row for row in found if (kind, row.index) not in late] if kind in _TOLD else found
        for kind, found in rows.items()
    }
