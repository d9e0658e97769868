"""What live sessions have carried as of the last checkpoint, which is kept apart from them: a blob for each context."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from collector.ledger.readings import decode_readings
from collector.ledger.schema import READINGS
from collector.model import COUNTED, Level, Reading

Name: TypeAlias = tuple[str, str, int]
"""Target, VRF and number of a session."""


def latest(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> dict[Name, tuple[float, dict[str, Any]]]:
    """Return when live ones among rows of sessions were last seen, and their counts then, as far as was put on record.

    Raises: LedgerError if a checkpoint is damaged.
    """
    levels: dict[tuple[str, str], dict[int, Level]] = {}
    for row in rows:
        if row["ended_at"] is None and row["gone_at"] is None:
            levels.setdefault((row["target"], row["vrf"]), {})[row["number"]] = row["level"]
    found = {}
    for (target, vrf), wanted in levels.items():
        where = (READINGS.c.target == target, READINGS.c.vrf == vrf)
        if blob := connection.execute(select(READINGS.c.readings).where(*where)).scalar():
            for one in decode_readings(blob, wanted):
                found[target, vrf, one.number] = (one.seen_at, _counts(one, wanted[one.number]))
    return found


def _counts(reading: Reading, level: Level) -> dict[str, Any]:
    carried = reading.carried or (None,) * len(reading.values)
    return {
        name: None if value is None else value + (more or 0)
        for name, value, more in zip(COUNTED[level], reading.values, carried, strict=False)
    }
