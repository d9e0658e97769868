"""The order of a report's rows: what needs looking at first; what is unknown last; names where all else is equal."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

_Row: TypeAlias = Mapping[str, Any]


def in_order(rows: Iterable[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """Sort rows by what `sort` names, see `query_parameters.SORT`."""
    measure = _MEASURES[sort]

    def place(row: _Row) -> tuple[bool, float, tuple[str, ...]]:
        value = measure(row)
        return value is None, value or 0, tuple(row[name] or "" for name in ("target", "vrf", "tunnel", "peer"))

    return sorted(rows, key=place)


def _most(*names: str) -> Callable[[_Row], float | None]:
    def measure(row: _Row) -> float | None:
        known = [row[name] for name in names if row[name] is not None]
        return -max(known) if known else None

    return measure


def _volume(row: _Row) -> float | None:
    return None if row["receive_bytes"] is None else -(row["receive_bytes"] + row["transmit_bytes"])


_MEASURES: dict[str, Callable[[_Row], float | None]] = {
    "availability": lambda row: row["availability_ratio"],
    "failures": _most("failures"),
    "mtbf": lambda row: row["mtbf_seconds"],
    "volume": _volume,
    "rate": _most("receive_p95_bytes_per_second", "transmit_p95_bytes_per_second"),
    "sessions": _most("sessions"),
    "peak": _most("peak_tunnels"),
    "name": lambda _: 0,
}
