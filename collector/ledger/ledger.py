"""A ledger that is open: what it remembers, what is put on record, what is asked through it."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, RootTransaction, select
from sqlalchemy.exc import SQLAlchemyError

from collector.errors import LedgerError
from collector.ledger.connecting import create_file, postgresql_engine, prepare_file, sqlite_engine
from collector.ledger.entries import Context, Entry, merged
from collector.ledger.event_log import write_events
from collector.ledger.failing import RefusedError, UnconfirmedError, failing_as, said_by
from collector.ledger.folding import Folded, folding
from collector.ledger.memory import read_memories
from collector.ledger.migrations import check_version, migrate
from collector.ledger.place import Place, place_of
from collector.ledger.pruning import Pruned, Retention, giving_back_pages, pruning
from collector.ledger.requests import Request, put_answer, put_request, read_answer, read_requests
from collector.ledger.schema import CONTEXTS
from collector.ledger.writing import write_entries
from collector.model import Changes, ContextMemory, Event


class Ledger:
    """Tunnels, sessions, failures and gaps on record; `Ledger.open` opens one. It may be used from several threads."""

    def __init__(self, place: Place, engine: Engine, retention: Retention, *, read_only: bool) -> None:
        self._place = place
        self._retention = retention
        self._read_only = read_only
        self.engine = engine
        """For questions (`queries`); connections of it read, and begin without a lock."""

    @classmethod
    def open(
        cls,
        where: str | Path,
        *,
        retention: Retention | None = None,
        read_only: bool = False,
        create: bool = True,
        busy_seconds: float = 5.0,
    ) -> "Ledger":
        """Open the ledger at a place, make it if there is none, and bring an older one to this version.

        A whole file is not looked through for damage, which would take minutes for a large one: damage is told when
        it is met.

        Args:
            where: the path of an SQLite file, or a URL: `sqlite:////path`, `postgresql://user:password@host/database`.
            retention: how long what is kept.
            read_only: make, change and migrate nothing: for the command line beside the daemon.
            create: False: make and migrate nothing, but allow requests.
            busy_seconds: how long to wait for others that write.

        Raises:
            LedgerError: that is not possible; the text names the place, without its password.
        """
        place = place_of(where)
        owns = create and not read_only
        with failing_as("opening the ledger", place):
            engine = _engine(place, owns=owns, read_only=read_only, busy_seconds=busy_seconds)
            try:
                _check(engine, place, owns=owns)
            except BaseException:
                engine.dispose()
                raise
        return cls(place, engine, retention or Retention(), read_only=read_only)

    def __repr__(self) -> str:
        return f"<Ledger {self.name}>"

    @property
    def name(self) -> str:
        """Where it lies, without its password."""
        return self._place.name

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with failing_as("reading the ledger", self._place), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901 - the same one
            with connection.begin():
                yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._read_only:
            raise LedgerError(f"writing the ledger {self.name}: it was opened for reading")
        with failing_as("writing the ledger", self._place), self.engine.connect() as bare:
            connection = bare.execution_options(ledger_writes=True)
            with connection.begin() as transaction:
                yield connection
                self._commit(transaction)

    def _commit(self, transaction: RootTransaction) -> None:
        try:
            transaction.commit()
        except SQLAlchemyError as error:
            # A file whose commit failed is rolled back for certain; a server may have been lost after it committed.
            if self._place.path is None:
                raise UnconfirmedError(f"the end of the transaction: {said_by(error)}") from None
            raise

    def memories(self) -> list[ContextMemory]:
        """Return what is remembered of each context, as of one moment.

        Raises:
            LedgerError: it cannot be read.
        """
        with self._reading() as connection:
            return read_memories(connection)

    def next_numbers(self) -> Mapping[Context, int]:
        """Return the number of the next session, failure or gap of each context.

        Raises:
            LedgerError: it cannot be read.
        """
        with self._reading() as connection:
            numbers = select(CONTEXTS.c.target, CONTEXTS.c.vrf, CONTEXTS.c.next_number)
            return {Context(target, vrf): number for target, vrf, number in connection.execute(numbers)}

    def write(self, steps: Sequence[Changes]) -> None:
        """Put steps, in their order, on record: all of them or none. Doing so again changes nothing.

        Raises:
            UnconfirmedError: it is not known whether they are on record: write them again.
            RefusedError: the database does not take them, and will not.
            LedgerError: they are not on record.
        """
        self.write_entries(entry for entries in merged(steps).values() for entry in entries.values())

    def write_entries(self, entries: Iterable[Entry]) -> None:
        """Put entries, at most one of each row, on record: all of them or none. Doing so again changes nothing.

        Raises:
            LedgerError: as `write`.
        """
        kept = tuple(entries)
        try:
            with self._writing() as connection:
                write_entries(connection, kept)
        except RefusedError:
            with self._writing() as connection:
                write_entries(connection, kept, clean=True)

    def write_events(self, events: Iterable[Event]) -> None:
        """Put events on record: all of them or none. Doing so again changes nothing.

        Raises:
            LedgerError: as `write`.
        """
        kept = tuple(events)
        try:
            with self._writing() as connection:
                write_events(connection, kept)
        except RefusedError:
            with self._writing() as connection:
                write_events(connection, kept, clean=True)

    def folding(self, now: float) -> Iterator[Folded]:
        """Make hours and days of what tunnels carried in hours that are over, in small transactions; yields each.

        Raises:
            LedgerError: that is not possible.
        """
        yield from folding(self._writing, now)

    def pruning(self, now: float) -> Iterator[Pruned]:
        """Prune what is older than its retention in small transactions; yields what each pruned.

        Raises:
            LedgerError: that is not possible.
        """
        yield from pruning(self._writing, self._retention, now)
        if self.engine.dialect.name == "sqlite":
            yield from giving_back_pages(self._writing)

    def prune(self, now: float) -> Pruned:
        """Fold and prune all that is due, and return how much was pruned.

        Raises:
            LedgerError: that is not possible.
        """
        for _ in self.folding(now):
            pass
        total = Pruned()
        for pruned in self.pruning(now):
            total = total.plus(pruned)
        return total

    def ask(self, kind: str, argument: Mapping[str, str | None], *, now: float | None = None) -> int:
        """Ask the daemon for something, and return the id by which the answer is found.

        Raises:
            LedgerError: that is not possible.
        """
        with self._writing() as connection:
            return put_request(connection, kind, argument, time.time() if now is None else now)

    def requests(self) -> list[Request]:
        """Return requests that were not answered yet, the oldest first, at most 100.

        Raises:
            LedgerError: that is not possible.
        """
        with self._reading() as connection:
            return read_requests(connection)

    def answer(self, request: int, text: str, *, now: float | None = None) -> None:
        """Answer a request.

        Raises:
            LedgerError: that is not possible.
        """
        with self._writing() as connection:
            put_answer(connection, request, text, time.time() if now is None else now)

    def answered(self, request: int) -> str | None:
        """Return the answer to a request, if there is one yet.

        Raises:
            LedgerError: that is not possible.
        """
        with self._reading() as connection:
            return read_answer(connection, request)


def _engine(place: Place, *, owns: bool, read_only: bool, busy_seconds: float) -> Engine:
    if place.path is None:
        return postgresql_engine(place)
    if owns:
        create_file(place.path)
    return sqlite_engine(place, read_only=read_only, busy_seconds=busy_seconds)


def _check(engine: Engine, place: Place, *, owns: bool) -> None:
    if owns and place.path is not None:
        prepare_file(engine)
    with engine.connect() as bare:
        connection = bare.execution_options(ledger_writes=owns)
        with connection.begin():
            migrate(connection) if owns else check_version(connection)
