"""The ports where notifications arrive, while the daemon runs, and what is counted of them."""

from contextlib import AsyncExitStack

from collector.config import Config
from collector.daemon.listening import receiver_of, syslog_ports, trap_ports
from collector.daemon.notifying import Notifying
from collector.sources.listener import Listener
from collector.sources.syslog import SyslogListeners
from collector.sources.trap import TrapListeners
from exporters.own import OwnMetrics
from exporters.own_notifications import Heard, PortCounts


async def hearing(stack: AsyncExitStack, config: Config, notifying: Notifying, own: OwnMetrics) -> list[Listener]:
    """Listen where the configuration says until the stack is closed; return where.

    Raises: SourceError if that is not possible.
    """
    traps: TrapListeners | None = None
    messages: SyslogListeners | None = None
    if ports := trap_ports(config):
        receiver = await receiver_of(config)
        traps = await stack.enter_async_context(
            TrapListeners(
                ports,
                receiver,
                notifying.take_trap,
                admits=notifying.knows,
                receive_buffer=config.notifications.traps.receive_buffer,
            )
        )
    if wanted := syslog_ports(config):
        messages = await stack.enter_async_context(
            SyslogListeners(
                wanted,
                notifying.take_message,
                admits=notifying.knows,
                receive_buffer=config.notifications.syslog.receive_buffer,
            )
        )
    own.tell_notifications(lambda: _heard(notifying, traps, messages))
    return [*(traps.listeners if traps else ()), *(messages.listeners if messages else ())]


def _heard(notifying: Notifying, traps: TrapListeners | None, messages: SyslogListeners | None) -> Heard:
    of_traps = [
        PortCounts(str(one.listener), one.datagrams, one.dropped, one.kernel_drops, one.buffer_octets)
        for one in (traps.stats() if traps else ())
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
        for one in (messages.stats() if messages else ())
    ]
    return Heard(
        ports=(*of_traps, *of_messages),
        received=dict(notifying.received),
        undecoded=dict(notifying.undecoded),
        reads=notifying.lookout.reads,
        polls=notifying.lookout.polls,
        announced={target: one.found[True] for target, one in notifying.announcements.items()},
        unannounced={target: one.found[False] for target, one in notifying.announcements.items()},
        unconfirmed={target: one.unconfirmed for target, one in notifying.announcements.items()},
    )
