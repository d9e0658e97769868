"""BGP4-MIB whole, and of CISCO-BGP4-MIB what says more: last errors, previous states, prefixes."""

from collector.demo.bgp import HOLD_SECONDS, KEEPALIVE_SECONDS, BgpSession
from collector.demo.cast import CORE_ROUTERS, LOCAL_AS
from collector.demo.counters import TICKS
from collector.demo.hub import Hub
from collector.demo.mib.rows import Rows, Value, counter32, counters32, gauge32, integer, ip_address, octets, oid, text

_BGP = oid("1.3.6.1.2.1.15")
_PEER = (*_BGP, 3, 1)
_CISCO = oid("1.3.6.1.4.1.9.9.187.1")
_CISCO_PEER = (*_CISCO, 2, 1, 1)
_FAMILY = (*_CISCO, 2, 3, 1)
_PREFIXES = (*_CISCO, 2, 4, 1)
_CISCO_SCALARS = (*_CISCO, 3)

_VERSION_4 = b"\x10"
_START = 2
_PORT, _EPHEMERAL_PORT = 179, 23_741
_IPV4_UNICAST = (1, 1)
_RETRY_SECONDS, _ORIGINATION_SECONDS, _ADVERTISEMENT_SECONDS = 60, 30, 30


def add(rows: Rows, hub: Hub, context: str) -> None:
    """Add the speaker, and its sessions in a context."""
    identifier, *_ = CORE_ROUTERS[0]
    rows.scalars(_BGP, 1, [octets(_VERSION_4), integer(LOCAL_AS)])
    rows.scalars(_BGP, 4, [ip_address(identifier)])
    rows.scalars(_CISCO_SCALARS, 2, [gauge32(LOCAL_AS)])
    for session in hub.sessions(context):
        index = tuple(session.remote_address)
        rows.row(_PEER, index, 1, _peer_columns(session, hub.now))
        rows.row(_CISCO_PEER, index, 7, [text(session.last_error_text), integer(session.previous_state)])
        rows.row(_FAMILY, (*index, *_IPV4_UNICAST), 3, [text("IPv4 Unicast")])
        rows.row(_PREFIXES, (*index, *_IPV4_UNICAST), 1, _prefix_columns(session))


def _peer_columns(session: BgpSession, now: int) -> list[Value]:
    up = session.established
    identifier = session.remote_address if up else bytes(4)
    seconds = (now - session.since) // TICKS
    messages = session.messages(now)
    return [
        ip_address(identifier),
        integer(session.state),
        integer(_START),
        integer(4 if up else 0),
        ip_address(session.local_address),
        integer(_PORT if up else 0),
        ip_address(session.remote_address),
        integer(_EPHEMERAL_PORT if up else 0),
        integer(session.remote_as),
        *counters32((session.updates, session.updates, messages, messages)),
        octets(session.last_error),
        counter32(session.transitions),
        gauge32(seconds),
        *map(integer, _timers(up=up)),
        gauge32(seconds if up else 0),
    ]


def _timers(*, up: bool) -> tuple[int, ...]:
    """Give the retry interval, the hold and keepalive times agreed and configured, and the two minimum intervals."""
    configured = (HOLD_SECONDS, KEEPALIVE_SECONDS)
    agreed = configured if up else (0, 0)
    return (_RETRY_SECONDS, *agreed, *configured, _ORIGINATION_SECONDS, _ADVERTISEMENT_SECONDS)


def _prefix_columns(session: BgpSession) -> list[Value]:
    accepted = 3 if session.established else 0
    limit, threshold, clear_threshold = 100, 75, 70
    settings = map(gauge32, (limit, threshold, clear_threshold))
    advertised = 5 if session.established else 0
    return [counter32(accepted), gauge32(0), *settings, *map(gauge32, (advertised, 0, 0))]
