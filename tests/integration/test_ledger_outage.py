"""A server or a disk that fails while the daemon writes: what waits is written when it is back, once."""

import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from collector.errors import LedgerError
from collector.ledger import Ledger, LedgerWriter, Pace
from collector.ledger.schema import SESSIONS
from tests.agents import ledger_steps as give
from tests.agents.ledger_lives import changes_of, differences, faults
from tests.agents.postgres import PASSWORD

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
QUICK = Pace(linger=0.001, first_pause=0.02, longest_pause=0.05, requests=0.02)


def wait_for(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_server_that_dies_loses_and_doubles_nothing(server):
    """A PostgreSQL that is killed five times amid transactions ends with the truth."""
    ledger = Ledger.open(server.new_database())
    writer = LedgerWriter(ledger, pace=QUICK, clock=lambda: give.AT)
    writer.start()
    tunnels, step = {}, 0
    for _ in range(5):
        for _ in range(40):
            step += 1
            writer.submit([changes_of(step, tunnels)])
            time.sleep(0.001)
        server.kill()
        for _ in range(40):
            step += 1
            writer.submit([changes_of(step, tunnels)])
        wait_for(lambda: writer.stats.failing)
        assert writer.stats.queued
        server.start()
        assert writer.flush(20)
    assert writer.close(10)
    (memory,) = ledger.memories()
    assert [*faults(ledger, memory, step), *differences(ledger, step)] == []
    assert writer.stats.failed_writes >= 5
    assert (writer.stats.dropped, writer.stats.queued, writer.stats.failing) == (0, 0, False)
    assert PASSWORD not in writer.stats.last_error
    ledger.close()


def test_a_commit_that_is_not_confirmed_is_written_again_and_counted_once(server, monkeypatch):
    """When the connection ends after the commit and before its confirmation, the second write doubles nothing."""
    ledger = Ledger.open(server.new_database())
    dialect = type(ledger.engine.dialect)
    commit, lost = dialect.do_commit, []

    def commit_and_lose(self, connection):
        commit(self, connection)
        if not lost:
            lost.append(True)
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    writer = LedgerWriter(ledger, pace=QUICK, clock=lambda: give.AT)
    monkeypatch.setattr(dialect, "do_commit", commit_and_lose)
    tunnels = {}
    writer.submit([changes_of(step, tunnels) for step in range(1, 31)])
    writer.start()
    assert writer.flush(20)
    assert writer.close(10)
    (memory,) = ledger.memories()
    assert [*faults(ledger, memory, 30), *differences(ledger, 30)] == []
    assert "the end of the transaction" in writer.stats.last_error
    ledger.close()


def test_a_server_that_cannot_be_used_is_told_without_its_password(server):
    """A wrong password and a server that is away are errors that name the place; the password is in neither."""
    wrong = server.url("postgres", password="wr0ng%2Fsecret")
    with pytest.raises(LedgerError, match="password authentication failed") as refused:
        Ledger.open(wrong)
    server.kill()
    with pytest.raises(LedgerError, match="opening the ledger postgresql://tunnelwatch@/postgres: ") as away:
        Ledger.open(server.url("postgres"))
    for error in (refused, away):
        assert not {"wr0ng/secret", "wr0ng%2Fsecret", PASSWORD} & set(str(error.value).split())
        assert "secret" not in str(error.value)


def test_a_record_that_is_refused_does_not_hold_up_others(server):
    """A name too long for an index of PostgreSQL waits and is told; another context goes on record."""
    ledger = Ledger.open(server.new_database())
    writer = LedgerWriter(ledger, pace=QUICK, clock=lambda: give.AT)
    noise = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(9000))
    bad = give.tunnel(name=noise)
    good = give.elsewhere(give.tunnel())
    writer.submit(
        [give.step(tunnels=(bad,)), give.step(vrf="blue", tunnels=(good,), record=give.elsewhere(give.record()))]
    )
    writer.start()
    wait_for(lambda: writer.stats.failed_writes >= 2)
    assert [memory.tunnels for memory in ledger.memories()] == [(good,)]
    assert writer.stats.queued == 1
    assert not writer.close(0.1)
    # A connection that its thread still has would outlive the ledger.
    wait_for(lambda: all(thread.name != "ledger" for thread in threading.enumerate()))
    ledger.close()


FULL_DISK = textwrap.dedent("""
    import resource, signal, sys, time
    from collector.ledger import Ledger, LedgerWriter, Pace
    from tests.agents import ledger_steps as give
    from tests.agents.ledger_lives import changes_of, differences, faults

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    ledger = Ledger.open(sys.argv[1])
    pace = Pace(linger=0.001, first_pause=0.01, longest_pause=0.02, requests=0.01)
    writer = LedgerWriter(ledger, pace=pace, clock=lambda: give.AT)
    writer.start()
    tunnels = {}
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    step = 0
    while not writer.stats.failing:
        step += 1
        writer.submit([changes_of(step, tunnels)])
        writer.flush(0.05)
    for _ in range(100):
        step += 1
        writer.submit([changes_of(step, tunnels)])
    assert not writer.flush(0.2) and writer.stats.queued > 100
    assert "full" in writer.stats.last_error or "I/O" in writer.stats.last_error
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert writer.close(10), writer.stats
    (memory,) = ledger.memories()
    print(*faults(ledger, memory, step), *differences(ledger, step), writer.stats.failing, writer.stats.dropped)
""")


def test_a_disk_that_is_full_loses_and_doubles_nothing(tmp_path):
    """A file that may not grow fails writes; when it may again, all that waited is on record, once."""
    command = [sys.executable, "-c", FULL_DISK, tmp_path / "ledger.db"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False 0"
    # On the edge only: failed once, recovered once.
    assert [done.stdout.count(f"ledger_write_{what}") for what in ("failed", "recovered")] == [1, 1]


def test_the_file_shrinks_when_much_is_pruned(tmp_path):
    """Free pages are given back to the disk in steps."""
    path = tmp_path / "ledger.db"
    ledger = Ledger.open(path)
    for first in range(0, 20_000, 5000):
        ledger.write([give.step(sessions=tuple(give.ended(first + number) for number in range(1, 5001)))])
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
        connection.exec_driver_sql("BEGIN")
    before = path.stat().st_size
    pruned = ledger.prune(give.AT + 500 * 86400)
    assert pruned.sessions == 20_000
    assert pruned.pages > 2000
    with ledger.engine.connect() as connection:
        assert connection.execute(select(SESSIONS)).first() is None
    ledger.close()
    assert path.stat().st_size < before / 2
