"""What a poll reads, and what it remembers for the next, per target, context and module.

A full poll reads every column. A steady one reads what moves, and of the rows that are new, or have become others
under the same index, the rest too; everything else is remembered. What the agent does not have is asked for again
rarely.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from collector.interpret.memory import PollMemory, TableMemory
from collector.interpret.table_poll import SCALAR, TablePoll
from collector.model import PollCosts
from collector.tables import Module, Table
from collector.wire.fetch import Fetch
from collector.wire.snmp import NO_SUCH_OBJECT, Varbind
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
    """One poll of a module: drive its steps to their ends one after the other, then take its reads.

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
        self._polls = [
            TablePoll(table, memory.table(table.name), full=self.full, max_rows=max_rows)
            for table in module.tables
            if self._is_due(memory.table(table.name), forced=full is True)
        ]

    def _is_due(self, memory: TableMemory, *, forced: bool) -> bool:
        if memory.missing_since is None:
            return True
        return self.full and (forced or self._now - memory.missing_since >= _ASK_AGAIN_SECONDS)

    def steps(self, limits: Limits, *, bulk: bool) -> Iterator[Walk | Fetch]:
        """Yield what to drive to its end, one after the other; `bulk` is False for SNMPv1."""
        if self._polls:
            yield Walk([walk for poll in self._polls for walk in poll.first()], limits, bulk=bulk)
        if rest := [walk for poll in self._polls if (walk := poll.second())]:
            yield Walk(rest, limits, bulk=bulk)
        # SNMPv1 has but noSuchName for what is not implemented and for what is merely not there.
        doubtful = [poll for poll in self._polls if poll.full and poll.complete and not poll.rows]
        if doubtful and bulk:
            fetch = Fetch([_instance(poll.table) for poll in doubtful])
            yield fetch
            self._note_missing(doubtful, fetch.varbinds)

    def _note_missing(self, doubtful: Sequence[TablePoll], varbinds: Sequence[Varbind]) -> None:
        """Remember what the agent says it has not got; a whole MIB of that kind is not asked for again for some time.

        Where the agent has something of a MIB, a missing table of it is no more than empty, and costs as little.
        """
        unknown = {oid for oid, tag, _ in varbinds if tag == NO_SUCH_OBJECT}
        for poll in doubtful:
            poll.memory.missing = _instance(poll.table) in unknown
        there = {table.mib for table in self._module.tables if not self._memory.table(table.name).missing}
        for poll in doubtful:
            poll.memory.missing_since = None if poll.table.mib in there else self._now

    def finish(self, costs: PollCosts) -> ModuleRead:
        """Return what was read, completed from memory, and remember what the next poll needs."""
        tables = []
        all_faults: Counter[str] = Counter()
        for poll in self._polls:
            faults = poll.finish()
            all_faults += faults
            if not poll.memory.missing:
                tables.append(
                    TableRead(table=poll.table, rows=poll.rows, complete=poll.complete, faults=_in_order(faults))
                )
        self._memory.polls += 1
        missing = tuple(table.name for table in self._module.tables if self._memory.table(table.name).missing)
        costs = replace(costs, faults=_in_order(all_faults), full=self.full)
        return ModuleRead(tables=tuple(tables), costs=costs, missing=missing, full=self.full)


def _instance(table: Table) -> bytes:
    """Return what to GET to learn whether the agent has such objects at all: noSuchObject says that it has not.

    Source: RFC 3416 §4.2.1.
    """
    return table.columns[0].oid + SCALAR


def _in_order(faults: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((str(fault), count) for fault, count in faults.items()))
