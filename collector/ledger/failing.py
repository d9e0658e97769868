"""What databases and their drivers raise, told as the ledger's own errors: short, and without passwords or values."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from collector.errors import LedgerError
from collector.ledger.place import Place

_PROGRAM_LIMITS = "54"
"""Class of SQLSTATE: an index entry that is too long, …"""


class RefusedError(LedgerError):
    """What was to be written is refused by the database, and will be again."""


class UnconfirmedError(LedgerError):
    """A transaction whose end was not confirmed: it may have been written."""


@contextmanager
def failing_as(act: str, place: Place) -> Iterator[None]:
    """Raise what the database raises as a `LedgerError` that names the act and the place.

    Raises:
        RefusedError: the database does not take these values.
        LedgerError: anything else.
    """
    try:
        yield
    except LedgerError as error:
        raise type(error)(f"{act} {place.name}: {error}") from None
    except (SQLAlchemyError, sqlite3.Error, OSError, OverflowError, UnicodeEncodeError, ImportError) as error:
        kind = RefusedError if _is_refusal(error) else LedgerError
        # Not "from error": its text may hold the password or values.
        raise kind(f"{act} {place.name}: {place.without_secrets(said_by(error))}") from None


def _is_refusal(error: BaseException) -> bool:
    if isinstance(error, DataError | IntegrityError | OverflowError | UnicodeEncodeError):
        return True
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return state.startswith(_PROGRAM_LIMITS)


def said_by(error: BaseException) -> str:
    """Return what the database said, in one line without the statement."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(cause, UnicodeEncodeError):
        return "a text that is not Unicode"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__
