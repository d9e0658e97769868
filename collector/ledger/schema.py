"""The tables of the ledger, as SQLite and PostgreSQL both have them; the one place where they are defined.

Times are Unix time in seconds. Lists and counters are JSON text: cast it to JSON to look into it. The counters of a
session stand there under their names and in full; those that people ask for most have columns of their own, which stop
at `MAX_INTEGER`, the largest integer that both databases have (a Counter64 may be larger).
"""

from typing import Any, TypeAlias

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, Table, Text, func
from sqlalchemy.types import TypeEngine

VERSION = 3
"""Of these tables; `migrations` brings older ones here."""
MAX_INTEGER = 2**63 - 1
MAIN_COUNTERS = (
    "receive_bytes",
    "receive_packets",
    "receive_dropped_packets",
    "receive_replay_dropped_packets",
    "receive_authentication_failures",
    "receive_decryption_failures",
    "transmit_bytes",
    "transmit_packets",
    "transmit_dropped_packets",
    "refreshes",
)
"""Counters of a session that are columns too; NULL where the level or the target does not count them."""

METADATA = MetaData()
_Column: TypeAlias = Column[Any]
_Time = Float(53)
# SQLite counts rows up by itself only where the type is INTEGER.
_Number = BigInteger().with_variant(Integer(), "sqlite")


def _key(name: str, kind: TypeEngine[Any]) -> _Column:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _context() -> tuple[_Column, _Column]:
    return _key("target", Text()), _key("vrf", Text())


def _needed(name: str, kind: TypeEngine[Any]) -> _Column:
    return Column(name, kind, nullable=False)


META = Table("meta", METADATA, _key("name", Text()), _needed("value", Text()))
"""Row `schema_version`, and since when the record is whole, see `horizon`."""

CONTEXTS = Table(
    "contexts",
    METADATA,
    *_context(),
    _needed("watched_since", _Time),
    _needed("next_number", BigInteger()),
    _needed("marks", Text()),  # [[module, table, boot_at, last_index, read_at], …]
    _needed("answered", Text()),  # [[module, at], …]
    Column("boot_at", _Time),
    Column("boots", BigInteger()),
)

TUNNELS = Table(
    "tunnels",
    METADATA,
    *_context(),
    _key("level", Text()),  # `child`, `ike`
    _key("name", Text()),
    _key("peer", Text()),
    Column("local_address", Text()),
    Column("remote_address", Text()),
    _needed("selectors", Text()),  # [text, …]
    _needed("configured", Boolean()),
    _needed("expectation", Text()),
    _needed("known_since", _Time),
    Column("seen_at", _Time),
    _needed("state", Text()),
    Column("state_since", _Time),
    _needed("ups", BigInteger()),
    _needed("downs", BigInteger()),
    _needed("idles", BigInteger()),
    _needed("sessions", BigInteger()),
    Column("base", Text()),  # {counter: value, …} of ended sessions; NULL before the first end
    Column("last_end_at", _Time),
    Column("last_end_reason", Text()),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    *_context(),
    _key("number", BigInteger()),
    _needed("level", Text()),
    _needed("tunnel", Text()),
    _needed("peer", Text()),
    _needed("source", Text()),
    _needed("module", Text()),
    _needed("row_index", Text()),
    Column("local_address", Text()),
    Column("remote_address", Text()),
    Column("local_identity", Text()),
    Column("remote_identity", Text()),
    _needed("selectors", Text()),  # [text, …]
    _needed("algorithms", Text()),  # [[name, value], …]
    Column("started_at", _Time),
    _needed("seen_at", _Time),
    Column("gone_at", _Time),
    Column("ended_at", _Time),
    _needed("end_uncertainty_seconds", _Time),
    Column("reason", Text()),
    Column("counts", Text()),  # {counter: value, …}; NULL where none was read
    *(Column(name, BigInteger()) for name in MAIN_COUNTERS),
    _needed("exact", Boolean()),
    _needed("learned", Text()),
    Column("closed_by", Text()),
    _needed("accounted", Boolean()),
)
_LIVES = SESSIONS.c.ended_at.is_(None)
Index("sessions_open", SESSIONS.c.target, SESSIONS.c.vrf, sqlite_where=_LIVES, postgresql_where=_LIVES)
Index("sessions_by_end", SESSIONS.c.ended_at)
_BY_TUNNEL = (SESSIONS.c.target, SESSIONS.c.vrf, SESSIONS.c.tunnel)
Index("sessions_by_tunnel", *_BY_TUNNEL).ddl_if(dialect="postgresql")
# All that a report asks of sessions: SQLite need not fetch each of a million rows from where it lies. A server sorts
# faster than that, and would refuse rows with too much text in an index.
Index(
    "sessions_by_tunnel",
    *(*_BY_TUNNEL, SESSIONS.c.peer, SESSIONS.c.started_at, SESSIONS.c.seen_at, SESSIONS.c.level),
    *(SESSIONS.c.gone_at, SESSIONS.c.ended_at, SESSIONS.c.accounted, SESSIONS.c.module, SESSIONS.c.reason),
).ddl_if(dialect="sqlite")

READINGS = Table(
    "readings",
    METADATA,
    *_context(),
    _needed("read_at", _Time),
    _needed("readings", LargeBinary()),  # of all live sessions, see `readings`
)

FAILURES = Table(
    "failures",
    METADATA,
    *_context(),
    _key("number", BigInteger()),
    _needed("level", Text()),
    _needed("module", Text()),
    _needed("row_index", Text()),
    Column("at", _Time),
    _needed("seen_at", _Time),
    Column("reason", Text()),
    Column("tunnel", Text()),
    Column("peer", Text()),
    Column("local_address", Text()),
    Column("remote_address", Text()),
    Column("local_identity", Text()),
    Column("remote_identity", Text()),
    Column("spi", BigInteger()),
)
Index("failures_by_time", func.coalesce(FAILURES.c.at, FAILURES.c.seen_at))
Index("failures_by_reading", FAILURES.c.seen_at)

GAPS = Table(
    "gaps",
    METADATA,
    *_context(),
    _key("number", BigInteger()),  # negative: the ledger's own (`overflow`)
    _needed("kind", Text()),
    _needed("module", Text()),
    _needed("begins_at", _Time),
    Column("ends_at", _Time),  # NULL while it goes on
    Column("lost", BigInteger()),
)
Index("gaps_by_end", GAPS.c.ends_at)

EVENTS = Table(
    "events",
    METADATA,
    Column("number", _Number, primary_key=True),  # rises as they are put on record; never given twice
    _needed("id", Text()),
    _needed("at", _Time),
    _needed("target", Text()),
    _needed("vrf", Text()),
    _needed("source", Text()),  # `trap`, `inform`, `syslog`, `poll`
    _needed("name", Text()),
    _needed("happening", Text()),
    Column("level", Text()),
    Column("tunnel", Text()),
    Column("peer", Text()),
    Column("row_index", Text()),
    Column("up", Boolean()),
    Column("reason", Text()),
    Column("description", Text()),
    Column("sender", Text()),
    Column("announced", Boolean()),
    _needed("pairs", Text()),  # [[name, text], …]: varbinds, or fields of a syslog line
    sqlite_autoincrement=True,
)
Index("events_by_id", EVENTS.c.id, unique=True)
Index("events_by_time", EVENTS.c.at)

USAGE_LOG = Table(
    "usage_log",
    METADATA,
    # One row for each step: what all tunnels of a context carried since the step before.
    _key("begins_at", _Time),
    _key("seconds", _Time),
    *_context(),
    _needed("receive_bytes", BigInteger()),  # of all tunnels together
    _needed("transmit_bytes", BigInteger()),
    Column("usages", LargeBinary()),  # see `usage_log`; NULL: they are in hours and days
)
_UNFOLDED = USAGE_LOG.c.usages.is_not(None)
Index("usage_log_unfolded", USAGE_LOG.c.begins_at, sqlite_where=_UNFOLDED, postgresql_where=_UNFOLDED)

USAGE = Table(
    "usage",
    METADATA,
    # Time comes first: rows are written for all tunnels of an hour, and pruned by the hour.
    _key("resolution", Text()),  # `hour`, `day`: a day is the sum of its hours
    _key("begins_at", BigInteger()),  # a whole hour or day of UTC
    *_context(),
    _key("tunnel", Text()),
    _key("peer", Text()),
    _needed("covered_until", _Time),  # end of the latest stretch within
    _needed("seconds", _Time),  # covered; may be less than an hour
    _needed("receive_bytes", BigInteger()),
    _needed("transmit_bytes", BigInteger()),
    _needed("receive_rates", LargeBinary()),  # histogram of bytes a second, see `rates`
    _needed("transmit_rates", LargeBinary()),
    _needed("receive_peak", _Time),  # bytes a second
    _needed("transmit_peak", _Time),
    sqlite_with_rowid=False,
)

CONTEXT_USAGE = Table(
    "context_usage",
    METADATA,
    # What all tunnels of a context carried together in an hour; kept as long as days.
    _key("begins_at", BigInteger()),
    *_context(),
    _needed("covered_until", _Time),
    _needed("seconds", _Time),
    _needed("receive_bytes", BigInteger()),
    _needed("transmit_bytes", BigInteger()),
    _needed("in_day", Boolean()),  # whether the rows of its day have what is in the rows of this hour
)
_LATE = CONTEXT_USAGE.c.in_day.is_(False)
Index("context_usage_late", CONTEXT_USAGE.c.begins_at, sqlite_where=_LATE, postgresql_where=_LATE)

REQUESTS = Table(
    "requests",
    METADATA,
    Column("id", _Number, primary_key=True),
    _needed("kind", Text()),  # `forget`
    _needed("argument", Text()),  # {name: value, …}
    _needed("asked_at", _Time),
    Column("answered_at", _Time),
    Column("answer", Text()),
    sqlite_autoincrement=True,
)
"""What the command line asks of the daemon."""
