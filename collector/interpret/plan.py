"""What a poll reads, and what it remembers for the next, per target, context and module.

A full poll reads every column. A steady one reads what moves, and of the rows that are new, or have become others
under the same index, the rest too; everything else is remembered. What the agent does not have is asked for again
rarely.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from collector.interpret.memory import PollMemory, TableMemory
from collector.interpret.table_poll import ScalarGroup, WalkedTable
from collector.model import PollCosts
from collector.tables import Module, Table
from collector.wire.fetch import Fetch
from collector.wire.walk import Limits, Rows, Walk

__all__ = ["ModuleRead", "Poll", "PollMemory", "TableRead"]

_ASK_AGAIN_SECONDS = 3600


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
    """Tables (by name) that the agent does not have in this context; they are not among `tables`."""
    full: bool = True
    """Whether every column was asked for."""


class Poll:
    """One poll of a module: drive its steps to their ends one after the other, go through `finish`, take the read.

    `now` is seconds of any clock that never goes back. `full` forces every column, or forbids it; None lets the memory
    decide. A poll that is left unfinished leaves the memory as it was, but for the limits.
    """

    def __init__(
        self, module: Module, memory: PollMemory, *, now: float, max_rows: int, full: bool | None = None
    ) -> None:
        self.full = memory.polls % memory.full_every == 0 if full is None else full
        self._module = module
        self._memory = memory
        self._now = now
        self._missing: set[str] = set()
        due = [table for table in module.tables if self._is_due(memory.table(table.name), forced=full is True)]
        self._groups = [ScalarGroup(table, memory.table(table.name), full=self.full) for table in due if table.scalars]
        self._walked = [
            WalkedTable(table, memory.table(table.name), full=self.full, max_rows=max_rows)
            for table in due
            if not table.scalars
        ]

    def _is_due(self, memory: TableMemory, *, forced: bool) -> bool:
        if memory.missing_since is None:
            return True
        return self.full and (forced or self._now - memory.missing_since >= _ASK_AGAIN_SECONDS)

    def steps(self, limits: Limits, *, bulk: bool) -> Iterator[Walk | Fetch | None]:
        """Yield what to drive to its end before the next one, and None where other work may come in between.

        `bulk` is False for SNMPv1.
        """
        if self._groups:
            fetch = Fetch([oid for group in self._groups for oid in group.first()])
            yield fetch
            for group in self._groups:
                group.take_first(fetch)
        if self._walked:
            yield Walk([walk for table in self._walked for walk in table.first()], limits, bulk=bulk)
        for poll in (*self._groups, *self._walked):
            yield from poll.look_at_marks()
        if rest := [walk for table in self._walked if (walk := table.second())]:
            yield Walk(rest, limits, bulk=bulk)
        # SNMPv1 has but noSuchName for what is not implemented and for what is merely not there.
        doubtful = [table for table in self._walked if bulk and table.full and table.complete and not table.rows]
        oids = [*(oid for group in self._groups for oid in group.second()), *(table.instance for table in doubtful)]
        last = Fetch(oids)
        if oids:
            yield last
            for group in self._groups:
                group.take_second(last)
        self._missing = {table.table.name for table in doubtful if last.is_unknown(table.instance)}
        self._missing |= {group.table.name for group in self._groups if group.missing}

    def finish(self) -> Iterator[None]:
        """Complete what was read from memory, and remember what the next poll needs, with breaks for other work."""
        for poll in (*self._groups, *self._walked):
            yield from poll.finish()
            if poll.full:
                poll.memory.missing = poll.table.name in self._missing
        self._note_missing_mibs()
        self._memory.polls += 1

    def read(self, costs: PollCosts) -> ModuleRead:
        """Return what was read, in the order of the module."""
        faults: Counter[str] = Counter()
        reads: dict[str, TableRead] = {}
        for poll in (*self._groups, *self._walked):
            faults += poll.faults
            if not poll.memory.missing:
                reads[poll.table.name] = TableRead(
                    table=poll.table, rows=poll.rows, complete=poll.complete, faults=_in_order(poll.faults)
                )
        names = [table.name for table in self._module.tables]
        return ModuleRead(
            tables=tuple(reads[name] for name in names if name in reads),
            costs=replace(costs, faults=_in_order(faults), full=self.full),
            missing=tuple(name for name in names if self._memory.table(name).missing),
            full=self.full,
        )

    def _note_missing_mibs(self) -> None:
        """Put off what the agent has nothing of; a missing table of another MIB is no more than empty, and as cheap.

        Modules with an interval of their own are polled rarely enough, and those are histories: some agents say of
        tables that have no row yet that they have no such object.
        """
        if self._module.interval_seconds is not None:
            return
        there = {table.mib for table in self._module.tables if not self._memory.table(table.name).missing}
        for poll in (*self._groups, *self._walked):
            if poll.full:
                poll.memory.missing_since = None if poll.table.mib in there else self._now


def _in_order(faults: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((str(fault), count) for fault, count in faults.items()))
