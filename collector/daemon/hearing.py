"""The ports where notifications arrive, while the daemon runs, and what is counted of them."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from collector.config import Config
from collector.daemon.listening import (
    default_vrfs,
    engine_of,
    found_communities,
    receiver_of,
    resolved,
    senders_of,
    syslog_ports,
    trap_ports,
)
from collector.daemon.notifying import Notifying
from collector.sources.listener import Listener
from collector.sources.syslog import SyslogListeners
from collector.sources.trap import TrapListeners
from collector.wire.notification_engines import OwnEngine
from exporters.own_notifications import Heard, PortCounts

RESOLVE_SECONDS = 300.0
"""How often names of targets are resolved again, whose notifications come from addresses."""


@dataclass(slots=True, kw_only=True)
class Hearing:
    """Listens where the configuration says."""

    config: Config
    notifying: Notifying
    _engine: OwnEngine | None = field(default=None, init=False)
    _traps: TrapListeners | None = field(default=None, init=False)
    _messages: SyslogListeners | None = field(default=None, init=False)
    _communities: frozenset[bytes] = field(default=frozenset(), init=False)
    _addresses: Mapping[str, list[str]] = field(default_factory=dict, init=False)

    async def open(self, stack: AsyncExitStack) -> list[Listener]:
        """Listen until the stack is closed; return where.

        Raises: SourceError if that is not possible.
        """
        own = self.config.notifications
        if ports := trap_ports(self.config):
            self._engine = await engine_of(self.config)
            self._traps = TrapListeners(
                ports,
                receiver_of(self.config, self._engine, ()),
                self.notifying.take_trap,
                admits=self.notifying.knows,
                receive_buffer=own.traps.receive_buffer,
            )
            await stack.enter_async_context(self._traps)
        if wanted := syslog_ports(self.config):
            self._messages = SyslogListeners(
                wanted,
                self.notifying.take_message,
                admits=self.notifying.knows,
                receive_buffer=own.syslog.receive_buffer,
            )
            await stack.enter_async_context(self._messages)
        traps, messages = self._traps, self._messages
        return [*(traps.listeners if traps else ()), *(messages.listeners if messages else ())]

    def refresh(self) -> None:
        """Know whose notifications are whose by the contexts that are watched now."""
        contexts = self.notifying.fleet.contexts()
        self.notifying.senders = senders_of(self.config, contexts, self._addresses)
        self.notifying.default_vrfs = default_vrfs(self.config, contexts)
        communities = found_communities(self.config, contexts)
        if self._traps and self._engine and communities - self._communities:
            # Only then: with the receiver goes what it remembers of engines.
            self._communities |= communities
            self._traps.receiver = receiver_of(self.config, self._engine, self._communities)

    async def keep_addresses(self) -> None:
        """Resolve the names of targets again and again, until cancelled."""
        while self._traps or self._messages:
            self._addresses = await resolved(self.config)
            self.refresh()
            await asyncio.sleep(RESOLVE_SECONDS)

    def heard(self) -> Heard:
        """Return what has been heard so far."""
        notifying = self.notifying
        announcements = notifying.announcements.items()
        return Heard(
            ports=tuple(self._ports()),
            received=dict(notifying.received),
            undecoded=dict(notifying.undecoded),
            reads=notifying.lookout.reads,
            polls=notifying.lookout.polls,
            announced={target: one.found[True] for target, one in announcements},
            unannounced={target: one.found[False] for target, one in announcements},
            unconfirmed={target: one.unconfirmed for target, one in announcements},
        )

    def _ports(self) -> list[PortCounts]:
        of_traps = [
            PortCounts(str(one.listener), one.datagrams, one.dropped, one.kernel_drops, one.buffer_octets)
            for one in (self._traps.stats() if self._traps else ())
        ]
        of_messages = [
            PortCounts(
                str(one.listener),
                one.taken + sum(one.dropped.values()),
                one.dropped,
                one.kernel_drops,
                one.buffer_octets,
                one.connections,
                one.ended,
            )
            for one in (self._messages.stats() if self._messages else ())
        ]
        return [*of_traps, *of_messages]
