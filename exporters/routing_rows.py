"""From the routing entities of a target to the rows that series are made of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from collector.model import GLOBAL_VRF, RoutingCapability, RoutingChannel, RoutingSession
from collector.tunnels import Rows, Steps, address_text, coalesced
from exporters.families import Subject, routing
from exporters.labels import reader
from exporters.rows import UNKNOWN, Told, all_rows, collected, grouped

ESTABLISHED = "established"
STATES = ("idle", "connect", "active", "opensent", "openconfirm", ESTABLISHED)
"""States of BGP's finite state machine, RFC 4271 §8.2.2."""
DEFAULT_VRF_NAMES = frozenset({"", "default"})
"""What devices call the default VRF where they name it at all."""


class SessionRow(NamedTuple):
    """A routing session."""

    peer: str
    row: RoutingSession
    up: bool | None
    enabled: bool | None


class SessionState(NamedTuple):
    """Whether a routing session is in one state."""

    peer: str
    state: str
    current: bool


class PeeredRow(NamedTuple):
    """Something of a routing session."""

    peer: str
    row: RoutingChannel | RoutingCapability


def routing_rows(contexts: Mapping[str, Sequence[Rows]]) -> Steps[dict[str, list[Told]]]:
    """Return the routing sessions of a target by VRF: a row of one context may be about another VRF, which it names."""
    sessions: dict[str, list[RoutingSession]] = {}
    for vrf, tables in contexts.items():
        for name, rows in (yield from grouped(all_rows(tables, RoutingSession), lambda row: row.vrf)).items():
            sessions.setdefault(_vrf_named(name, vrf), []).extend(rows)
    told: dict[str, list[Told]] = {}
    for vrf, rows in sessions.items():
        told[vrf] = yield from _sessions(rows)
    for vrf, tables in contexts.items():
        channels = yield from _peered(routing.CHANNEL, all_rows(tables, RoutingChannel))
        capabilities = yield from _peered(routing.CAPABILITY, all_rows(tables, RoutingCapability))
        told.setdefault(vrf, []).extend([(routing.CHANNEL, channels), (routing.CAPABILITY, capabilities)])
    return told


def _vrf_named(name: str | None, context: str) -> str:
    if name is None:
        return context
    return GLOBAL_VRF if name in DEFAULT_VRF_NAMES else name


def _peer_of(row: RoutingSession | RoutingChannel | RoutingCapability) -> str:
    return address_text(row.remote_address) or UNKNOWN


def _sessions(rows: Iterable[RoutingSession]) -> Steps[list[Told]]:
    groups = yield from grouped(rows, _peer_of)
    sessions = yield from collected((peer, coalesced(same)) for peer, same in groups.items())
    told = yield from collected(
        SessionRow(
            peer,
            row,
            None if row.state is None else row.state == ESTABLISHED,
            None if row.admin_status is None else row.admin_status == "start",
        )
        for peer, row in sessions
    )
    states = yield from collected(
        SessionState(peer, state, state == row.state)
        for peer, row in sessions
        if row.state is not None
        for state in dict.fromkeys((*STATES, row.state))
    )
    return [(routing.SESSION, told), (routing.SESSION_STATE, states)]


def _peered(subject: Subject, rows: Sequence[RoutingChannel | RoutingCapability]) -> Steps[list[PeeredRow]]:
    read = reader([label.path for label in subject.labels])
    peered = yield from collected(PeeredRow(_peer_of(row), row) for row in rows)
    groups = yield from grouped(peered, read)
    return (
        yield from collected(
            PeeredRow(same[0].peer, coalesced([each.row for each in same])) for same in groups.values()
        )
    )
