"""What tracking begins from after a restart, as it is on record."""

from collections import defaultdict

from sqlalchemy import ColumnElement, Connection, and_, func, select

from collector.ledger.entries import Context
from collector.ledger.readings import decode_readings
from collector.ledger.rows import context_of, gap_of, session_of, tunnel_of
from collector.ledger.schema import CONTEXTS, GAPS, READINGS, SESSIONS, TUNNELS
from collector.model import UNTOLD_FOR_SECONDS, ContextMemory, Gap, KnownTunnel, Reading, Session


def read_memories(connection: Connection) -> list[ContextMemory]:
    """Return what is remembered of each context that has a record; within one transaction."""
    records = [context_of(row) for row in connection.execute(select(CONTEXTS)).mappings()]
    c = SESSIONS.c
    tunnels, sessions, gaps = _tunnels(connection), _sessions(connection, c.ended_at.is_(None)), _gaps(connection)
    lately = c.ended_at > _latest_end(connection) - UNTOLD_FOR_SECONDS
    given_up = _sessions(connection, and_(lately, c.closed_by == "poll"))
    readings = _readings(connection, sessions)
    return [
        ContextMemory(
            record=record,
            tunnels=tuple(tunnels[key]),
            sessions=tuple(sessions[key]),
            given_up=tuple(given_up[key]),
            readings=readings.get(key, ()),
            gaps=tuple(gaps[key]),
        )
        for record in records
        for key in (Context(record.target, record.vrf),)
    ]


def _tunnels(connection: Connection) -> dict[Context, list[KnownTunnel]]:
    found: dict[Context, list[KnownTunnel]] = defaultdict(list)
    for row in connection.execute(select(TUNNELS)).mappings():
        found[Context(row["target"], row["vrf"])].append(tunnel_of(row))
    return found


def _latest_end(connection: Connection) -> float:
    return float(connection.execute(select(func.max(SESSIONS.c.ended_at))).scalar() or 0.0)


def _sessions(connection: Connection, which: ColumnElement[bool]) -> dict[Context, list[Session]]:
    found: dict[Context, list[Session]] = defaultdict(list)
    for row in connection.execute(select(SESSIONS).where(which).order_by(SESSIONS.c.number)).mappings():
        found[Context(row["target"], row["vrf"])].append(session_of(row))
    return found


def _gaps(connection: Connection) -> dict[Context, list[Gap]]:
    found: dict[Context, list[Gap]] = defaultdict(list)
    for row in connection.execute(select(GAPS).where(GAPS.c.ends_at.is_(None)).order_by(GAPS.c.number)).mappings():
        found[Context(row["target"], row["vrf"])].append(gap_of(row))
    return found


def _readings(connection: Connection, sessions: dict[Context, list[Session]]) -> dict[Context, tuple[Reading, ...]]:
    found: dict[Context, tuple[Reading, ...]] = {}
    for row in connection.execute(select(READINGS)).mappings():
        key = Context(row["target"], row["vrf"])
        levels = {session.number: session.level for session in sessions.get(key, ())}
        found[key] = decode_readings(row["readings"], levels)
    return found
