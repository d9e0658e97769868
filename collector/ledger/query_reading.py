"""Connections that questions are asked on: they change nothing, and end when their time is over."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from collector.errors import LedgerError

_STEPS = 20_000
"""Instructions of SQLite from one look at the clock to the next: some milliseconds."""


class QueryTimeoutError(LedgerError):
    """A question that took too long to answer."""


@contextmanager
def reading(engine: Engine, seconds: float, clock: Callable[[], float] = time.monotonic) -> Iterator[Connection]:
    """Connect to a ledger for at most so long: whatever a question does then, it fails.

    Raises:
        QueryTimeoutError: the time is over.
        LedgerError: the database could not be asked; what a server says of it stays out of the text.
    """
    deadline = clock() + seconds
    try:
        with engine.connect() as connection:
            with _limited(connection, seconds, lambda: clock() > deadline):
                yield connection
            connection.rollback()
    except SQLAlchemyError as error:
        if clock() > deadline:
            raise QueryTimeoutError(f"asking the ledger took longer than {seconds:g} s; ask for less") from None
        fault = getattr(error, "orig", None) or error
        told = str(fault) if isinstance(fault, sqlite3.Error) else type(fault).__name__
        raise LedgerError(f"asking the ledger: {told}") from None


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
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}"))
        yield
