"""The engine: polls, walks and GETs, each as one future however many requests it takes."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from collector.interpret.plan import ModuleRead, PollMemory
from collector.model import PollCosts
from collector.sources.snmp.target import SnmpContext, SnmpTarget
from collector.tables import Module
from collector.wire.snmp import Varbind


class SnmpEngine:
    """Asks any number of agents through one UDP socket per address family; an async context manager."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End what is under way with SourceError, and leave no socket, task or timer."""

    async def poll(
        self, target: SnmpTarget, context: SnmpContext, module: Module, memory: PollMemory, *, full: bool | None = None
    ) -> ModuleRead:
        """Read a module's tables; `full` forces every column, or forbids it, instead of letting the memory decide.

        Raises: SourceError if the target does not answer or refuses.
        """
        raise NotImplementedError

    async def get(self, target: SnmpTarget, context: SnmpContext, oids: Sequence[bytes]) -> list[Varbind]:
        """Return one varbind per OID (content octets, instance included), exceptions among them.

        Raises: SourceError if the target does not answer or refuses.
        """
        raise NotImplementedError

    async def walk(
        self,
        target: SnmpTarget,
        context: SnmpContext,
        root: bytes,
        on_varbinds: Callable[[list[Varbind]], object],
    ) -> PollCosts:
        """Walk a subtree in order and hand its varbinds over as they come.

        Raises: SourceError if the target does not answer or refuses.
        """
        raise NotImplementedError

    async def discover_contexts(self, target: SnmpTarget, context: SnmpContext) -> tuple[tuple[str, str], ...]:
        """Return (context name, VRF) of each context that the target tells of; asked in the default context.

        Raises: SourceError if the target does not answer or refuses.
        Source: CISCO-CONTEXT-MAPPING-MIB cContextMappingVrfName, SNMP-VIEW-BASED-ACM-MIB vacmContextName.
        """
        raise NotImplementedError
