"""What a poll reads and what it remembers, per target, context and module."""

from dataclasses import dataclass, field

from collector.model import PollCosts
from collector.tables import Table
from collector.wire.walk import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRead:
    """What a poll read of one table, remembered values included."""

    table: Table
    rows: Rows
    complete: bool
    """Whether every column was read to its end; where it is False, a row that is absent may still be there."""
    faults: tuple[tuple[str, int], ...] = ()
    """What the agent did against its protocol in this table, and how often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleRead:
    """What a poll read of one module."""

    tables: tuple[TableRead, ...]
    costs: PollCosts
    missing: tuple[str, ...] = ()
    """Tables (by name) that the agent does not have in this context."""
    full: bool = True
    """Whether every column was asked for."""


@dataclass(slots=True, kw_only=True)
class PollMemory:
    """What polls of one module in one context of one target remember for the next."""

    full_every: int = 10
    """Every how many polls all columns are read."""
    polls: int = field(default=0, init=False)
