"""Between polls and the pure tracking of tunnels: one state per target, and what a step asks for is done.

The steps of one target follow each other, never beside each other; between two parts of a step the event loop has its
turn. What is to be put on record goes to the ledger's writer, which never waits.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

import structlog

from collector.model import Changes, ContextMemory, Level, Origin, Sighting, Snapshot, Transition
from collector.store import ContextKey
from collector.tables import Tables
from collector.tunnels import (
    ModuleKey,
    Plan,
    Rules,
    Step,
    Steps,
    TargetState,
    TrackedTunnels,
    Wanted,
    begin,
    exposing,
    forget,
    observing,
    observing_rows,
    passing_time,
)
from collector.tunnels.track_state import CLOSED, LEVELS, LIVE, SYSTEM, Followed, Key

_log = structlog.stdlib.get_logger()

CHORES_EVERY_SECONDS = 2.0
SAID_AT_ONCE = 10
"""Transitions of one step that are logged one by one; of more there is a line with their number."""

_Result = TypeVar("_Result")


def plan_of(tables: Tables, rules: Rules, **more: Any) -> Plan:  # noqa: ANN401 - fields of Plan
    """Return what tracking is told of the tables: which module lists what, and which one tells its ends.

    A module's ends are told by the module whose history is of the same MIB.
    """
    tells: dict[ModuleKey, dict[str, Any]] = {}
    homes: dict[tuple[str, Any], ModuleKey] = {}
    for name, module in tables.modules.items():
        tells["snmp", name] = {table.name: table.entity for table in module.tables}
        homes.update({(table.mib, table.entity): ("snmp", name) for table in module.tables})
    histories = {
        (home, level): history
        for (mib, entity), home in homes.items()
        for level in LEVELS
        if entity is LIVE[level] and (history := homes.get((mib, CLOSED[level])))
    }
    return Plan(rules=rules, tells=tells, histories=histories, **more)


@dataclass(slots=True)
class Tracking:
    """The states of all targets."""

    plan: Plan
    polled: dict[tuple[str, str], frozenset[ModuleKey]]
    """Modules that are polled, by target and VRF; the plan's own."""
    submit: Callable[[Iterable[Changes]], None] = lambda _: None
    """Takes what is to be put on record."""
    look: Callable[[Origin], None] = lambda _: None
    """Has something polled now."""
    on_restart: Callable[[str], None] = lambda _: None
    """Is told which device has restarted."""
    on_step: Callable[[str, Step], None] = lambda *_: None
    """Is told of each step of a target."""
    states: dict[str, TargetState] = field(default_factory=dict)
    _peers: dict[tuple[Origin, Level], tuple[Followed, dict[str, list[int]]]] = field(default_factory=dict)
    """Rows by their peer, as of when somebody asked."""
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _defective: set[str] = field(default_factory=set)
    """Targets whose latest step ended in a defect."""

    def recall(self, memories: Iterable[ContextMemory], targets: Iterable[str], now: float) -> None:
        """Begin from what is on record of some targets."""
        wanted = frozenset(targets)
        kept = sorted((m for m in memories if m.record.target in wanted), key=lambda memory: memory.record.target)
        for target, of_target in groupby(kept, key=lambda memory: memory.record.target):
            self.states[target] = begin(target, of_target, self.plan, now)

    async def take_in(self, snapshot: Snapshot) -> None:
        """Take in what a poll saw; raises nothing but CancelledError."""
        await self._step(snapshot.origin.target, lambda state: observing(state, snapshot, time.time(), self.plan))

    async def take_in_rows(self, sighting: Sighting) -> Step | None:
        """Take in rows that were read by themselves; return the step, None if that was a defect.

        Nothing is polled for it: in a storm that is for who asked to bound, by `look_at` of the step.
        """
        target = sighting.origin.target

        def stepping(state: TargetState) -> Steps[Step]:
            return observing_rows(state, sighting, time.time(), self.plan)

        return await self._step(target, stepping, looking=False)

    async def keep_time(self) -> None:
        """Do what is due in all targets, again and again, until cancelled."""
        while True:
            await asyncio.sleep(CHORES_EVERY_SECONDS)
            for target in tuple(self.states):
                await self._step(target, lambda state: passing_time(state, time.time(), self.plan))
                await asyncio.sleep(0)

    async def checkpoint(self) -> None:
        """Put on record how far all live sessions have come: the daemon is about to end."""
        for target in tuple(self.states):
            await self._step(target, lambda state: passing_time(state, time.time(), self.plan, everything=True))

    async def _step(
        self, target: str, stepping: Callable[[TargetState], Steps[Step]], *, looking: bool = True
    ) -> Step | None:
        """Take the next step of a target; one that is cancelled or fails half way leaves the state as it was."""
        async with self._lock(target):
            try:
                state = self.states.get(target) or begin(target, (), self.plan, time.time())
                step = await _driven(stepping(state))
                self._take(target, step)
                if looking:
                    self._look(target, step)
                self._defective.discard(target)
            except Exception:  # noqa: BLE001 - see the comment
                # A defect in one target must not stop the others; it is said on the edge, not at every chore.
                if target not in self._defective:
                    _log.exception("tracking_defect", target=target)
                self._defective.add(target)
                return None
            return step

    async def forget(self, target: str, wanted: Wanted) -> str:
        """Forget tunnels; return in words what became of that."""
        state = self.states.get(target)
        if state is None:
            return f"no target {target}"
        async with self._lock(target):
            step = forget(self.states[target], wanted, time.time(), self.plan)
            gone = [each.name for changes in step.changes for each in changes.forgotten]
            self._take(target, step)
            self._look(target, step)
        if not gone:
            return f"nothing to forget: {wanted.name} is not known there, or lives"
        return f"forgotten: {', '.join(dict.fromkeys(gone))}"

    def owner_of(self, origin: Origin, level: Level, index: str) -> Key | None:
        """Return the name and peer of the tunnel that has a row, as far as that is known."""
        followed = self._followed(origin, level)
        return followed.owners.get(index) if followed else None

    def rows_of_peer(self, origin: Origin, level: Level, peer: str) -> list[int]:
        """Return the indexes of the rows that an origin lists of a peer."""
        followed = self._followed(origin, level)
        if followed is None or (followed.module != (origin.source, origin.module)):
            return []
        known, peers = self._peers.get((origin, level), (None, {}))
        if known is not followed:
            peers = {}
            for (_, of_peer), index in followed.indexes.items():
                peers.setdefault(of_peer, []).append(int(index))
            self._peers[origin, level] = followed, peers
        return peers.get(peer, [])

    def _followed(self, origin: Origin, level: Level) -> Followed | None:
        state = self.states.get(origin.target)
        context = state.contexts.get(origin.vrf) if state else None
        return context.followed.get(level) if context else None

    def source(self, key: ContextKey) -> "TrackedContext | None":
        """Return what scrapes see of a context, as of now; None before anything is known of it."""
        state = self.states.get(key.target)
        return TrackedContext(state, key.vrf, self.plan) if state and key.vrf in state.contexts else None

    def goes_by(self, module: ModuleKey) -> bool:
        """Whether tracking goes by what a module tells."""
        return module == SYSTEM or self.plan.tells_of_tunnels(module)

    def _lock(self, target: str) -> asyncio.Lock:
        return self._locks.setdefault(target, asyncio.Lock())

    def _take(self, target: str, step: Step) -> None:
        self.states[target] = step.state
        if step.changes:
            self.submit(step.changes)
            _say(target, [one for changes in step.changes for one in changes.transitions])
        self.on_step(target, step)
        if step.rebooted:
            _log.warning("device_restarted", target=target)
            self.on_restart(target)

    def _look(self, target: str, step: Step) -> None:
        for vrf, source, module in step.look_at:
            self.look(Origin(target=target, vrf=vrf, source=source, module=module))


@dataclass(frozen=True, slots=True)
class TrackedContext:
    """One context at one moment, for `exporters.views`."""

    state: TargetState
    vrf: str
    plan: Plan

    @property
    def version(self) -> object:
        """What is another one as soon as anything has changed."""
        return self.state.contexts[self.vrf]

    def steps(self, limit: int) -> Steps[TrackedTunnels]:
        """Return the tunnels, in steps."""
        return exposing(self.state, self.vrf, self.plan, limit=limit)


async def _driven(steps: Steps[_Result]) -> _Result:
    """Take steps to their end; the event loop has its turn between any two."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: _Result = end.value
            return result
        await asyncio.sleep(0)


def _say(target: str, transitions: list[Transition]) -> None:
    for one in transitions[:SAID_AT_ONCE]:
        _log.info(
            f"tunnel_{one.after}",
            target=target,
            vrf=one.vrf,
            sa=one.level,
            tunnel=one.tunnel,
            peer=one.peer,
            before=one.before,
        )
    if len(transitions) > SAID_AT_ONCE:
        counts: Mapping[str, int] = {
            state: sum(one.after == state for one in transitions) for state in ("up", "down", "idle")
        }
        _log.info("tunnels_changed", target=target, **counts)
