"""Since when the record is whole: what is pruned leaves a mark, so that nobody takes it for what never was."""

from sqlalchemy import Connection, select

from collector.ledger.schema import META
from collector.ledger.statements import put

SESSIONS_SINCE = "sessions_since"
"""When the last session that was pruned had ended: all that ended later are on record."""
GAPS_SINCE = "gaps_since"
"""The same of gaps."""
HOURS_SINCE = "hours_since"
"""Usage by the hour is on record since then; before there are days only."""


def since_when(connection: Connection, name: str) -> float | None:
    """Return since when something is on record as a whole; None if nothing of it was pruned yet."""
    value = connection.execute(select(META.c.value).where(META.c.name == name)).scalar()
    return None if value is None else float(value)


def pruned_until(connection: Connection, name: str, at: float) -> None:
    """Put on record that what was before a moment is gone."""
    before = since_when(connection, name)
    if before is None or before < at:
        put(connection, META, [{"name": name, "value": repr(float(at))}])
