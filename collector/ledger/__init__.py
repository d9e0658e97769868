"""The ledger: tunnels, sessions, failures and gaps on record, in SQLite or PostgreSQL."""

from collector.ledger.failing import RefusedError, UnconfirmedError
from collector.ledger.ledger import Ledger
from collector.ledger.pruning import Pruned, Retention
from collector.ledger.requests import Request
from collector.ledger.stats import WriterStats
from collector.ledger.writer import LedgerWriter, Pace

__all__ = [
    "Ledger",
    "LedgerWriter",
    "Pace",
    "Pruned",
    "RefusedError",
    "Request",
    "Retention",
    "UnconfirmedError",
    "WriterStats",
]
