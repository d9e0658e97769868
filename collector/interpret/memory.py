"""What polls of one module in one context of one target remember for the next."""

from dataclasses import dataclass, field

from collector.wire.walk import Cell, Limits

_FORGET_SECONDS = 3600


@dataclass(slots=True, kw_only=True)
class TableMemory:
    """What is remembered of one table; as large as the table at most."""

    known: tuple[bytes, ...] | None = None
    """Indexes of the last poll, in their order; None before the first."""
    remembered: dict[bytes, dict[int, Cell]] = field(default_factory=dict)
    """What steady polls do not read, of the rows of the last poll."""
    marks: dict[bytes, tuple[bytes | None, ...]] = field(default_factory=dict)
    """What the columns said that tell when a row is another one than before."""
    answered: frozenset[int] | None = None
    """Columns that the agent has; None as long as there was no row to see it by."""
    needless: frozenset[int] = frozenset()
    """Columns that a better one, which counts, has superseded."""
    octets_per_varbind: float = 0.0
    missing: bool = False
    """Whether the agent says that it has no such object."""
    missing_since: float | None = None
    """When it last said so of the whole MIB; not asked for until some time later."""


@dataclass(slots=True, kw_only=True)
class PollMemory:
    """What polls of one module in one context of one target remember for the next."""

    full_every: int = 10
    """Every how many polls all columns are read."""
    polls: int = field(default=0, init=False)
    """Polls that succeeded."""
    tables: dict[str, TableMemory] = field(default_factory=dict, init=False)
    limits: Limits | None = field(default=None, init=False)
    limits_since: float = field(default=0.0, init=False)

    def table(self, name: str) -> TableMemory:
        """Return what is remembered of one table."""
        return self.tables.setdefault(name, TableMemory())

    def limits_for(self, max_repetitions: int, now: float) -> Limits:
        """Return what the agent has shown that it can answer; sizes that failed are forgotten after some time."""
        if self.limits is None or self.limits.max_repetitions != max_repetitions:
            self.limits = Limits(max_repetitions)
            self.limits_since = now
        elif now - self.limits_since >= _FORGET_SECONDS:
            self.limits.forget()
            self.limits_since = now
        return self.limits
