"""Where a ledger lies, told so that its password is never shown."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from collector.errors import LedgerError

_POSTGRESQL = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
_SECRET_PARAMETERS = frozenset({"password", "sslpassword"})
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Place:
    """The file or the server of a ledger."""

    name: str
    """For people: the path, or the URL without its password and its parameters."""
    path: Path | None
    """Of the SQLite file; None on PostgreSQL."""
    url: URL = field(repr=False)

    def without_secrets(self, text: str) -> str:
        """Return a text of the database or its driver without passwords."""
        for secret in self._secrets():
            text = text.replace(secret, _HIDDEN)
        return text

    def _secrets(self) -> Iterator[str]:
        if self.url.password:
            yield str(self.url.password)
        for name, value in self.url.query.items():
            if name in _SECRET_PARAMETERS:
                yield from [value] if isinstance(value, str) else value


def place_of(where: str | Path) -> Place:
    """Understand where a ledger should lie.

    Args:
        where: the path of an SQLite file, or a URL: `sqlite:////var/lib/…`, `postgresql://user:password@host/database`.

    Raises:
        LedgerError: it is neither; the text does not repeat a URL, which may hold a password.
    """
    if isinstance(where, Path) or "://" not in where:
        return _file(Path(where))
    try:
        url = make_url(where)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        raise LedgerError("the URL of the ledger cannot be read: write scheme://user:password@host/database") from None
    if backend == "sqlite":
        if url.database in {None, "", ":memory:"} or url.query:
            raise LedgerError("a ledger in SQLite needs a file: write sqlite:////path/to/file, or the path alone")
        return _file(Path(str(url.database)))
    if url.drivername not in {*_POSTGRESQL, *_POSTGRESQL.values()}:
        raise LedgerError(f"a ledger is kept in SQLite or PostgreSQL, not in {url.drivername}")
    url = url.set(drivername="postgresql+psycopg")
    shown = URL.create("postgresql", url.username, host=url.host, port=url.port, database=url.database)
    return Place(shown.render_as_string(), None, url)


def _file(path: Path) -> Place:
    return Place(str(path), path, URL.create("sqlite+pysqlite", database=str(path)))
