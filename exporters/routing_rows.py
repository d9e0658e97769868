"""From the routing entities of a target to the rows that series are made of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from collector.model import GLOBAL_VRF, RoutingCapability, RoutingChannel, RoutingSession
from collector.tunnels import Rows, address_text, coalesced
from exporters.families import Subject, routing
from exporters.labels import reader
from exporters.rows import UNKNOWN, BySubject, all_rows, grouped

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


def routing_rows(contexts: Mapping[str, Sequence[Rows]]) -> dict[str, list[tuple[Subject, Sequence[Any]]]]:
    """Return the routing sessions of a target by VRF: a row of one context may be about another VRF, which it names."""
    sessions: dict[str, list[RoutingSession]] = {}
    for vrf, tables in contexts.items():
        for row in all_rows(tables, RoutingSession):
            sessions.setdefault(_vrf_of(row, vrf), []).append(row)
    result = {vrf: list(_sessions(rows)) for vrf, rows in sessions.items()}
    for vrf, tables in contexts.items():
        channels = _peered(routing.CHANNEL, all_rows(tables, RoutingChannel))
        capabilities = _peered(routing.CAPABILITY, all_rows(tables, RoutingCapability))
        result.setdefault(vrf, []).extend([(routing.CHANNEL, channels), (routing.CAPABILITY, capabilities)])
    return result


def _vrf_of(row: RoutingSession, context: str) -> str:
    if row.vrf is None:
        return context
    return GLOBAL_VRF if row.vrf in DEFAULT_VRF_NAMES else row.vrf


def _peer_of(row: RoutingSession | RoutingChannel | RoutingCapability) -> str:
    return address_text(row.remote_address) or UNKNOWN


def _sessions(rows: Iterable[RoutingSession]) -> BySubject:
    sessions = {peer: coalesced(same) for peer, same in grouped(rows, _peer_of).items()}
    yield (
        routing.SESSION,
        [
            SessionRow(
                peer,
                row,
                None if row.state is None else row.state == ESTABLISHED,
                None if row.admin_status is None else row.admin_status == "start",
            )
            for peer, row in sessions.items()
        ],
    )
    yield (
        routing.SESSION_STATE,
        [
            SessionState(peer, state, state == row.state)
            for peer, row in sessions.items()
            if row.state is not None
            for state in dict.fromkeys((*STATES, row.state))
        ],
    )


def _peered(subject: Subject, rows: Sequence[RoutingChannel | RoutingCapability]) -> list[PeeredRow]:
    read = reader([label.path for label in subject.labels])
    peered = [PeeredRow(_peer_of(row), row) for row in rows]
    groups: dict[Any, list[PeeredRow]] = {}
    for row in peered:
        groups.setdefault(read(row), []).append(row)
    return [PeeredRow(same[0].peer, coalesced([row.row for row in same])) for same in groups.values()]
