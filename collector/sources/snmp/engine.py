"""The engine: polls, walks and GETs, each as one future however many requests it takes."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from collector.errors import SourceError
from collector.interpret.plan import ModuleRead, Poll, PollMemory, TableRead
from collector.interpret.row_read import RowRead
from collector.model import PollCosts
from collector.sources.snmp.conversation import Conversation, Step
from collector.sources.snmp.exchange import Exchange
from collector.sources.snmp.names import Names
from collector.sources.snmp.stats import SnmpStats
from collector.sources.snmp.target import Community, SnmpContext, SnmpTarget
from collector.tables import Module
from collector.wire.ber import oid_text
from collector.wire.fetch import Fetch
from collector.wire.snmp import VERSION_1, Varbind
from collector.wire.walk import Limits, SubtreeWalk, Walk

_MOST_WALKED = 10_000_000
"""Varbinds of one subtree."""


class SnmpEngine:
    """Asks any number of agents through one UDP socket per address family; an async context manager."""

    def __init__(self) -> None:
        self._exchange: Exchange | None = None
        self._names: Names | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End what is under way with SourceError, and leave no socket, task or timer."""
        self._closed = True
        if self._exchange is not None:
            self._exchange.close()

    @property
    def stats(self) -> SnmpStats:
        """What was counted over all targets, kernel drops up to now included."""
        if self._exchange is None:
            return SnmpStats()
        if not self._closed:
            self._exchange.count_kernel_drops()
        return self._exchange.stats

    async def poll(
        self, target: SnmpTarget, context: SnmpContext, module: Module, memory: PollMemory, *, full: bool | None = None
    ) -> ModuleRead:
        """Read a module's tables; `full` forces every column, or forbids it, instead of letting the memory decide.

        Raises: SourceError if the target does not answer or refuses.
        """
        now = asyncio.get_running_loop().time()
        poll = Poll(module, memory, now=now, max_rows=target.max_rows, full=full)
        limits = memory.limits_for(target.max_repetitions, now)
        costs = await self._drive(target, context, poll.steps(limits, bulk=_speaks_bulk(target)))
        for _ in poll.finish():
            await asyncio.sleep(0)
        return poll.read(costs)

    async def read_rows(
        self, target: SnmpTarget, context: SnmpContext, rows: RowRead, memory: PollMemory
    ) -> Sequence[TableRead]:
        """Read some rows of a module by themselves; the memory is asked for what the agent can answer, not changed.

        Raises: SourceError if the target does not answer or refuses.
        """
        limits = memory.limits_for(target.max_repetitions, asyncio.get_running_loop().time())
        await self._drive(target, context, rows.steps(limits, bulk=_speaks_bulk(target)))
        return rows.tables

    async def get(self, target: SnmpTarget, context: SnmpContext, oids: Sequence[bytes]) -> list[Varbind]:
        """Return one varbind per OID (content octets, instance included), exceptions among them.

        Raises: SourceError if the target does not answer or refuses.
        """
        fetch = Fetch(oids)
        await self._drive(target, context, iter([fetch]))
        if fetch.errors:
            oid, error = next(iter(fetch.errors.items()))
            raise SourceError(f"reading {oid_text(oid)} on {target.name}, vrf {context.vrf}: {error}")
        return fetch.varbinds

    async def walk(
        self,
        target: SnmpTarget,
        context: SnmpContext,
        root: bytes,
        on_varbinds: Callable[[list[Varbind]], object],
    ) -> PollCosts:
        """Walk a subtree in order and hand its varbinds over as they come.

        Raises: SourceError if the target does not answer or refuses; what `on_varbinds` raises.
        """
        subtree = SubtreeWalk(name=oid_text(root), columns=[(0, root)], max_rows=_MOST_WALKED, on_varbinds=on_varbinds)
        walk = Walk([subtree], Limits(target.max_repetitions), bulk=_speaks_bulk(target))
        costs = await self._drive(target, context, iter([walk]))
        return replace(costs, faults=tuple(sorted(subtree.faults.items())))

    async def _drive(self, target: SnmpTarget, context: SnmpContext, steps: Iterable[Step | None]) -> PollCosts:
        """Drive steps to their ends, one after the other, and return what they cost; None is a break for others."""
        exchange, names = self._open(target)
        try:
            endpoint = await names.resolve(target.address, target.port)
            self._require_open(target)
            agent = exchange.agent(endpoint)
        except OSError as error:
            raise SourceError(f"asking {target.name}: {error.strerror}") from error
        conversation = Conversation(target, context, agent)
        for step in steps:
            if step is None:
                await asyncio.sleep(0)
            else:
                await self._drive_step(exchange, names, conversation, step)
        return conversation.costs

    async def _drive_step(self, exchange: Exchange, names: Names, conversation: Conversation, step: Step) -> None:
        target = conversation.target
        self._require_open(target)
        conversation.start(step)
        exchange.begin(conversation)
        try:
            await conversation.ended
        except SourceError:
            names.failed(target.address, target.port)
            raise
        finally:
            exchange.withdraw(conversation)

    def _open(self, target: SnmpTarget) -> tuple[Exchange, Names]:
        self._require_open(target)
        if self._exchange is None or self._names is None:
            loop = asyncio.get_running_loop()
            self._exchange, self._names = Exchange(loop), Names(loop)
        return self._exchange, self._names

    def _require_open(self, target: SnmpTarget) -> None:
        """Raise SourceError once the engine is closed, which may happen during any wait."""
        if self._closed:
            raise SourceError(f"asking {target.name}: the engine is closed")


def _speaks_bulk(target: SnmpTarget) -> bool:
    return not (isinstance(target.credentials, Community) and target.credentials.version == VERSION_1)
