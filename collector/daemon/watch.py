"""One origin, polled again and again: from the engine's rows to a snapshot in the store."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

import structlog

from collector.errors import SourceError
from collector.interpret.plan import ModuleRead, PollMemory, TableRead
from collector.interpret.row_read import RowRead
from collector.interpret.snmp import interpret_in_steps
from collector.model import Entity, Level, Origin, Sighting, Snapshot
from collector.sources.snmp import SnmpContext, SnmpEngine, SnmpTarget
from collector.store import Store
from collector.tables import Module
from collector.tunnels import Step, amended
from collector.wire.ber import oid

_log = structlog.stdlib.get_logger()

_SYS_UP_TIME = oid("1.3.6.1.2.1.1.3.0")

ROWS_PER_STEP = 250
"""Rows interpreted before the event loop has its turn again: some 10 ms of work."""


@dataclass(slots=True, kw_only=True)
class Watch:
    """Polls one module in one context of one target, remembering what the next poll need not ask."""

    origin: Origin
    target: SnmpTarget
    context: SnmpContext
    module: Module
    memory: PollMemory
    engine: SnmpEngine
    store: Store
    take_in: Callable[[Snapshot], Awaitable[None]]
    """Tracks what it tells of tunnels."""
    tells_of_tunnels: bool = True
    """Whether it tells anything that tracking goes by."""
    take_in_rows: Callable[[Sighting], Awaitable[Step | None]] | None = None
    """Tracks rows that were read by themselves; None: they tell nothing of tunnels."""
    _polling_since: float | None = field(default=None, init=False)
    """When the poll under way began, Unix time."""
    _seen_since: dict[Level, Sighting] = field(default_factory=dict, init=False)
    """Rows that were read by themselves since then, as they were last."""
    _seeing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    """Rows are read one time after the other: what was read first is taken in first."""
    _failing: bool = field(default=False, init=False)
    _missing: tuple[str, ...] = field(default=(), init=False)
    _faulty: frozenset[str] = field(default=frozenset(), init=False)

    async def poll(self) -> None:
        """Poll once and publish what was seen; raises nothing but CancelledError."""
        taken_at, began = time.time(), time.monotonic()
        self._polling_since = taken_at
        try:
            read = await self._read()
            entities, decode_errors = await _interpret(read.tables)
        except SourceError as error:
            snapshot = self._failed(str(error), taken_at, began)
        except Exception as error:  # noqa: BLE001 - see the comment
            # A defect of ours in one origin must not stop the others; it is loud, and its snapshot is a failed one.
            _log.exception("poll_defect", **self._names())
            snapshot = self._failed(f"defect: {type(error).__name__}", taken_at, began)
        else:
            snapshot = Snapshot(
                origin=self.origin,
                taken_at=taken_at,
                duration_seconds=time.monotonic() - began,
                entities=entities,
                missing=read.missing,
                incomplete=tuple(table.table.name for table in read.tables if not table.complete),
                costs=replace(read.costs, decode_errors=decode_errors),
            )
            self._say_what_is_odd(read)
        finally:
            self._polling_since = None
            seen, self._seen_since = self._seen_since, {}
        snapshot = amended(snapshot, seen.values())
        self._say_on_the_edge(snapshot)
        if self.store.publish(snapshot) and self.tells_of_tunnels:
            await self.take_in(snapshot)

    async def see(self, level: Level, indexes: Collection[int]) -> Step | None:
        """Read some rows by themselves and have them followed; raises nothing but CancelledError.

        Returns: what became of it; None if they could not be read.
        """
        if self.take_in_rows is None:
            return None
        async with self._seeing:
            sighting = await self._sighting(level, indexes)
            if sighting is None:
                return None
            if self._polling_since is not None and sighting.taken_at >= self._polling_since:
                self._seen_since[level] = _both(self._seen_since.get(level), sighting)
            return await self.take_in_rows(sighting)

    async def _sighting(self, level: Level, indexes: Collection[int]) -> Sighting | None:
        taken_at, began = time.time(), time.monotonic()
        try:
            rows = RowRead(self.module, self.memory, level, tuple(indexes))
            tables = await self.engine.read_rows(self.target, self.context, rows, self.memory)
            entities, _ = await _interpret(tables)
        except SourceError as error:
            _log.debug("rows_unread", **self._names(), error=str(error))
            return None
        except Exception:  # noqa: BLE001 - as in poll
            _log.exception("rows_defect", **self._names())
            return None
        return Sighting(
            origin=self.origin,
            level=level,
            indexes=frozenset(indexes),
            taken_at=taken_at,
            duration_seconds=time.monotonic() - began,
            entities=entities,
        )

    def forget(self) -> None:
        """Read everything at the next poll: the device has restarted."""
        self.memory = PollMemory(full_every=self.memory.full_every)

    async def _read(self) -> ModuleRead:
        """Read the module; of one that the target does not have, read at least whether the target answers."""
        read = await self.engine.poll(self.target, self.context, self.module, self.memory)
        if not read.costs.requests:
            await self.engine.get(self.target, self.context, [_SYS_UP_TIME])
        return read

    def _failed(self, why: str, taken_at: float, began: float) -> Snapshot:
        duration = time.monotonic() - began
        return Snapshot(origin=self.origin, taken_at=taken_at, duration_seconds=duration, error=why)

    def _names(self) -> dict[str, str]:
        return {"target": self.origin.target, "vrf": self.origin.vrf, "module": self.origin.module}

    def _say_on_the_edge(self, snapshot: Snapshot) -> None:
        failing = snapshot.error is not None
        if failing and not self._failing:
            _log.warning("poll_failed", **self._names(), error=snapshot.error)
        elif self._failing and not failing:
            _log.info("poll_recovered", **self._names(), seconds=round(snapshot.duration_seconds, 3))
        self._failing = failing

    def _say_what_is_odd(self, read: ModuleRead) -> None:
        if read.missing != self._missing:
            _log.debug("tables_missing", **self._names(), tables=list(read.missing))
            self._missing = read.missing
        faulty = frozenset(f"{table.table.name}: {kind}" for table in read.tables for kind, _ in table.faults)
        if new := faulty - self._faulty:
            _log.warning("agent_faults", **self._names(), faults=sorted(new))
            self._faulty |= new


async def _interpret(reads: Iterable[TableRead]) -> tuple[tuple[Entity, ...], int]:
    """Interpret rows step by step, so that a hub of 10,000 tunnels does not hold the event loop."""
    entities: list[Entity] = []
    decode_errors = 0
    for step in interpret_in_steps(reads, ROWS_PER_STEP):
        entities += step.entities
        decode_errors += step.decode_errors
        await asyncio.sleep(0)
    return tuple(entities), decode_errors


def _both(before: Sighting | None, now: Sighting) -> Sighting:
    """Return rows of two sightings as one: a poll that was under way is amended once, however many there were."""
    if before is None:
        return now
    rows = Snapshot(origin=before.origin, taken_at=now.taken_at, duration_seconds=0.0, entities=before.entities)
    return replace(now, indexes=before.indexes | now.indexes, entities=amended(rows, [now]).entities)
