"""Opening a ledger in a file."""

import os
import sqlite3
import stat
import threading

import pytest

from collector.errors import LedgerError
from collector.ledger import Ledger, UnconfirmedError
from tests.agents import ledger_steps as give


def test_a_new_file_is_for_its_owner_only(tmp_path):
    """Nobody else reads sessions; an operator who opens it to a group is not corrected."""
    path = tmp_path / "ledger.db"
    Ledger.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    Ledger.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_commits_are_flushed_to_the_disk(tmp_path):
    """Write-ahead log, flushed at each commit, and pages that can be given back."""
    ledger = Ledger.open(tmp_path / "ledger.db")
    with ledger.engine.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "auto_vacuum")
        ]
    assert found == ["wal", 2, 2]
    ledger.close()


def test_threads_do_not_end_each_others_connections(tmp_path):
    """The writer, questions and requests are threads: whoever connects closes nothing that another one is using."""
    count = 8
    ledger = Ledger.open(tmp_path / "ledger.db")
    connected, found = threading.Barrier(count), []

    def look():
        with ledger.engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            connected.wait(10)
            found.append(connection.exec_driver_sql("SELECT 2").scalar())
            connected.wait(10)

    threads = [threading.Thread(target=look) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    ledger.close()
    assert found == [2] * count


@pytest.mark.parametrize(
    "content", [b"this is no database, and long enough to be none" * 100, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_file_that_is_no_database_is_refused(tmp_path, content):
    """A wrong or damaged file is told by its name, and left as it is."""
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=r"opening the ledger .*ledger.db: "):
        Ledger.open(path)
    assert path.read_bytes() == content


def test_a_database_of_something_else_is_refused(tmp_path):
    """Tables are not added to another program's file."""
    path = tmp_path / "ledger.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url)")
    connection.close()
    with pytest.raises(LedgerError, match="something else: it has a table 'bookmarks'"):
        Ledger.open(path)


def test_a_missing_folder_is_told(tmp_path):
    """The error names the file and why."""
    with pytest.raises(LedgerError, match=r"opening the ledger .*/nowhere/ledger.db: No such file or directory"):
        Ledger.open(tmp_path / "nowhere" / "ledger.db")


def test_a_folder_is_no_ledger(tmp_path):
    """A path that is a folder is told as such."""
    with pytest.raises(LedgerError, match="Is a directory"):
        Ledger.open(tmp_path)


def test_a_file_system_without_shared_memory_is_told(tmp_path, monkeypatch):
    """Where no write-ahead log can be kept, the daemon says so rather than block its readers."""
    path = tmp_path / "ledger.db"
    connect = sqlite3.connect

    def without_wal(*args, **options):
        connection = connect(*args, **options)
        connection.execute("PRAGMA locking_mode=NORMAL")
        connection.set_authorizer(
            lambda action, name, value, *_: (
                sqlite3.SQLITE_IGNORE
                if (action, name, value) == (sqlite3.SQLITE_PRAGMA, "journal_mode", "WAL")
                else sqlite3.SQLITE_OK
            )
        )
        return connection

    monkeypatch.setattr(sqlite3, "connect", without_wal)
    with pytest.raises(LedgerError, match="does not allow a write-ahead log"):
        Ledger.open(path)


def test_damage_is_told_when_it_is_met(tmp_path):
    """A file damaged in its midst opens or is refused, but nothing other than LedgerError ever comes of it."""
    path = tmp_path / "ledger.db"
    ledger = Ledger.open(path)
    ledger.write([give.step(record=give.record(), sessions=tuple(give.session(number) for number in range(1, 500)))])
    ledger.close()
    content = bytearray(path.read_bytes())
    for place in range(8192, len(content), 512):
        content[place : place + 300] = os.urandom(300)
    path.write_bytes(content)
    with pytest.raises(LedgerError):
        Ledger.open(path).memories()


def test_readers_read_while_the_daemon_writes(tmp_path):
    """A transaction under way does not hold up whoever reads."""
    ledger = Ledger.open(tmp_path / "ledger.db", busy_seconds=0.1)
    ledger.write([give.step(record=give.record())])
    reader = Ledger.open(tmp_path / "ledger.db", read_only=True, busy_seconds=0.1)
    with ledger._writing() as connection:
        connection.exec_driver_sql("DELETE FROM contexts")
        assert len(reader.memories()) == 1
    assert reader.memories() == []
    reader.close()
    ledger.close()


def test_a_locked_file_is_told(tmp_path):
    """Another program that keeps the file locked makes a write fail in bounded time, as a LedgerError."""
    path = tmp_path / "ledger.db"
    ledger = Ledger.open(path, busy_seconds=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LedgerError, match="database is locked"):
        ledger.write([give.step(record=give.record())])
    other.execute("ROLLBACK")
    other.close()
    ledger.write([give.step(record=give.record())])
    assert repr(ledger) == f"<Ledger {path}>"
    ledger.close()


def test_a_ledger_is_used_from_several_threads(tmp_path):
    """Reading in one thread and writing in another needs no lock of the caller's."""
    ledger = Ledger.open(tmp_path / "ledger.db")
    numbers = range(1, 20)
    write = threading.Thread(
        target=lambda: [ledger.write([give.step(record=give.record(), sessions=(give.session(n),))]) for n in numbers]
    )
    write.start()
    while write.is_alive():
        ledger.memories()
    write.join()
    assert len(ledger.memories()[0].sessions) == 19
    ledger.close()


def test_a_commit_that_fails_in_a_file_is_an_error_as_others(tmp_path, monkeypatch):
    """A file whose commit failed is rolled back: what was to be written is certainly not on record."""
    ledger = Ledger.open(tmp_path / "ledger.db")

    def fail(_, connection):
        connection.rollback()
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(type(ledger.engine.dialect), "do_commit", fail)
    with pytest.raises(LedgerError, match="is full") as failed:
        ledger.write([give.step(record=give.record())])
    assert not isinstance(failed.value, UnconfirmedError)
    monkeypatch.undo()
    assert ledger.memories() == []
    ledger.close()


def test_a_file_that_cannot_shrink_is_pruned_all_the_same(tmp_path):
    """Free pages of a file that was made without auto_vacuum stay in it, and pruning comes to its end."""
    path = tmp_path / "ledger.db"
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA auto_vacuum=NONE; CREATE TABLE x (y); DROP TABLE x;")
    connection.close()
    ledger = Ledger.open(path)
    long = "x" * 10_000
    ledger.write([give.step(failures=tuple(give.failure(number, reason=long) for number in range(1900)))])
    pruned = ledger.prune(give.AT + 100 * 86400)
    assert (pruned.failures, pruned.pages) == (1900, 0)
    ledger.close()
