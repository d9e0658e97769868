"""Ask a target for its contexts."""

from collector.daemon.targets import DEFAULT_CONTEXT
from collector.interpret.contexts import vrfs_by_context
from collector.interpret.plan import PollMemory
from collector.interpret.snmp import interpret
from collector.sources.snmp import SnmpEngine, SnmpTarget
from collector.tables import Tables

CONTEXTS = "contexts"
"""The module that tells them."""


async def discover_contexts(engine: SnmpEngine, target: SnmpTarget, tables: Tables) -> tuple[tuple[str, str], ...]:
    """Return (context name, VRF) of each context that a target tells of, asked in the default context.

    Raises: SourceError if the target does not answer or refuses.
    """
    read = await engine.poll(target, DEFAULT_CONTEXT, tables.modules[CONTEXTS], PollMemory())
    return vrfs_by_context(interpret(read.tables).entities)
