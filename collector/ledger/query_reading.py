"""Connections that questions are asked on: they change nothing, and end when their time is over."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from collector.errors import LedgerError
from collector.ledger.failing import said_by
from collector.ledger.ledger import Ledger

_STEPS = 20_000
"""Instructions of SQLite from one look at the clock to the next: some milliseconds."""


class QueryTimeoutError(LedgerError):
    """A question that took too long to answer."""


@contextmanager
def reading(
    ledger: Ledger,
    seconds: float,
    *,
    stopped: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Connection]:
    """Connect to a ledger as it is at one moment, for at most so long: whatever a question does then, it fails.

    Args:
        ledger: what is asked.
        seconds: how long that may take.
        stopped: whether to end before.
        clock: what counts the seconds.

    Raises:
        QueryTimeoutError: the time is over.
        LedgerError: the ledger could not be asked; what a server says of it, which may have values in it, is left out.
    """
    deadline = clock() + seconds
    try:
        with (
            ledger.engine.connect() as connection,
            _limited(connection, seconds, lambda: stopped() or clock() > deadline),
        ):
            yield connection
    except SQLAlchemyError as error:
        if clock() > deadline:
            raise QueryTimeoutError(f"the ledger took longer than {seconds:g} s; ask for less") from None
        said = said_by(error) if ledger.engine.dialect.name == "sqlite" else type(error).__name__
        raise LedgerError(f"asking the ledger {ledger.name}: {said}") from None


@contextmanager
def _limited(connection: Connection, seconds: float, over: Callable[[], bool]) -> Iterator[None]:
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        if driver is None:
            raise AssertionError("it was connected just now")
        driver.set_progress_handler(over, _STEPS)
        try:
            yield
        finally:
            driver.set_progress_handler(None, 0)
    else:
        connection.execution_options(isolation_level="REPEATABLE READ")
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}"))
        yield
