"""The thread that writes: never in the way, and losing nothing while it can hold it."""

import asyncio
import sqlite3
import time

import pytest
import structlog.testing
from sqlalchemy import select

from collector.errors import LedgerError
from collector.ledger import Ledger, LedgerWriter, Pace, Retention
from collector.ledger.schema import CONTEXT_USAGE, FAILURES, GAPS, SESSIONS
from tests.agents import ledger_steps as give

QUICK = Pace(linger=0.001, first_pause=0.005, longest_pause=0.02, requests=0.005, prune=0.02)


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger.open(tmp_path / "ledger.db", busy_seconds=0.01, retention=Retention(max_sessions=10_000))
    yield opened
    opened.close()


@pytest.fixture
def writer(ledger):
    made = LedgerWriter(ledger, pace=QUICK, clock=lambda: give.AT, limit=50, entries_at_once=2)
    yield made
    made.close(5)


@pytest.fixture
def locked(tmp_path, ledger):
    """Another program that keeps the file locked."""
    assert ledger
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    yield other
    other.close()


def wait_for(condition, seconds=10):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


def column(ledger, name):
    with ledger.engine.connect() as connection:
        return connection.execute(select(name).order_by(name)).scalars().all()


def test_what_is_submitted_is_on_record_soon(ledger, writer):
    """Steps of several contexts are written, counted by kind, and nothing waits any more."""
    writer.start()
    blue = give.elsewhere(give.session(1))
    writer.submit([give.step(record=give.record(), sessions=(give.session(1), give.ended(2))), give.step()])
    writer.submit([give.step(vrf="blue", sessions=(blue,)), give.step(vrf="green", usages=(give.usage(vrf="green"),))])
    assert writer.flush(5)
    stats = writer.stats
    assert {kind: number for kind, number in stats.written if number} == {"context": 1, "session": 3, "usage": 1}
    assert (stats.queued, stats.failing, stats.last_error, stats.last_write_at) == (0, False, None, give.AT)
    assert stats.transactions >= 2
    assert stats.seconds > 0
    assert column(ledger, SESSIONS.c.number) == [1, 1, 2]


def test_a_locked_file_holds_up_nothing_and_loses_nothing(ledger, writer, locked):
    """While another keeps the file locked steps wait; failure and recovery are each told once."""
    with structlog.testing.capture_logs() as logs:
        writer.start()
        for number in range(1, 20):
            writer.submit([give.step(record=give.record(next_number=number + 1), sessions=(give.session(number),))])
        wait_for(lambda: writer.stats.failed_writes >= 3)
        assert (writer.stats.failing, writer.stats.queued) == (True, 20)
        assert "database is locked" in writer.stats.last_error
        locked.execute("ROLLBACK")
        assert writer.flush(5)
    assert [entry["event"] for entry in logs] == ["ledger_write_failed", "ledger_write_recovered"]
    assert column(ledger, SESSIONS.c.number) == list(range(1, 20))
    assert not writer.stats.failing


def test_above_the_limit_the_oldest_go_and_a_gap_tells(ledger, writer, locked):
    """What is beyond the limit is dropped oldest first, counted, and on record as a gap after the recovery."""
    writer.start()
    for number in range(1, 101):
        writer.submit([give.step(failures=(give.failure(number),))])
    locked.execute("ROLLBACK")
    assert writer.flush(5)
    kept = column(ledger, FAILURES.c.number)
    assert kept[-1] == 100
    assert len(kept) + writer.stats.dropped >= 100
    assert column(ledger, GAPS.c.kind) == ["overflow"]
    assert column(ledger, GAPS.c.lost) == [writer.stats.dropped]


def test_closing_writes_what_waits(ledger, writer):
    """A stop of the daemon leaves nothing behind."""
    writer.submit([give.step(sessions=(give.session(1),))])
    writer.start()
    assert writer.close(5)
    assert column(ledger, SESSIONS.c.number) == [1]


def test_closing_takes_no_longer_than_it_may(writer, locked):
    """A file that stays locked does not hold up the end; what was lost by that is told."""
    assert locked
    writer.start()
    writer.submit([give.step(sessions=(give.session(1),))])
    begin = time.monotonic()
    with structlog.testing.capture_logs() as logs:
        assert not writer.close(0.2)
    assert time.monotonic() - begin < 5
    assert logs[-1]["event"] == "ledger_closed_unwritten"
    assert logs[-1]["rows"] == 1


def test_a_writer_that_never_began_is_closed(ledger):
    """A daemon that ends before it began waits for nothing."""
    assert LedgerWriter(ledger).close(0)


def test_flushing_takes_no_longer_than_it_may(writer, locked):
    """Whoever waits for the ledger is told that it could not be written."""
    assert locked
    writer.start()
    writer.submit([give.step(sessions=(give.session(1),))])
    assert not writer.flush(0.05)


def test_a_defect_neither_ends_the_thread_nor_loses_anything(ledger, writer, monkeypatch):
    """An error that nobody foresaw is told, and the write is tried again."""
    write, failed = ledger.write_entries, []

    def fail_once(entries):
        if not failed:
            failed.append(True)
            raise ZeroDivisionError
        write(entries)

    monkeypatch.setattr(ledger, "write_entries", fail_once)
    with structlog.testing.capture_logs() as logs:
        writer.start()
        writer.submit([give.step(sessions=(give.session(1),))])
        assert writer.flush(5)
    assert [entry["event"] for entry in logs] == ["ledger_defect", "ledger_write_failed", "ledger_write_recovered"]
    assert column(ledger, SESSIONS.c.number) == [1]


def test_old_records_are_pruned_beside(tmp_path):
    """Pruning goes on in the same thread, and again and again."""
    ledger = Ledger.open(tmp_path / "ledger.db", retention=Retention(failures_seconds=10))
    ledger.write([give.step(failures=tuple(give.failure(number) for number in range(2000)))])
    writer = LedgerWriter(ledger, pace=QUICK, clock=lambda: give.AT + 5000)
    writer.start()
    wait_for(lambda: writer.stats.pruned.failures == 2000)
    ledger.write([give.step(failures=(give.failure(1),))])
    wait_for(lambda: writer.stats.pruned.failures == 2001)
    assert writer.close(5)
    ledger.close()


def test_usage_is_folded_beside(ledger):
    """And counted, before anything is pruned: what is older than the log may be goes into its hour first."""
    stretches = tuple(give.usage(give.AT - 3600 * hours) for hours in (5, 100))
    ledger.write([give.step(usages=stretches)])
    writer = LedgerWriter(ledger, pace=QUICK, clock=lambda: give.AT)
    writer.start()
    wait_for(lambda: writer.stats.pruned.log)
    assert writer.close(5)
    assert (writer.stats.folded.rows, writer.stats.folded.lost, writer.stats.pruned.log) == (2, 0, 1)
    assert sum(column(ledger, CONTEXT_USAGE.c.receive_bytes)) == 60_000


def test_pruning_that_fails_is_counted_and_done_again(ledger, writer, monkeypatch):
    """What is not pruned now is pruned later; writes go on."""

    def fail(now):
        raise LedgerError(f"at {now}")
        yield

    monkeypatch.setattr(ledger, "pruning", fail)
    writer.start()
    wait_for(lambda: writer.stats.failed_chores >= 2)
    assert writer.stats.last_error == f"at {give.AT}"
    assert not writer.stats.failing


def test_a_defect_of_a_chore_does_not_end_the_thread(ledger, writer, monkeypatch):
    """An error that nobody foresaw, in what is done beside: it is told, and writes go on."""

    def fail(now):
        raise MemoryError(f"at {now}")
        yield

    monkeypatch.setattr(ledger, "pruning", fail)
    with structlog.testing.capture_logs() as logs:
        writer.start()
        wait_for(lambda: writer.stats.failed_chores >= 2)
        writer.submit([give.step(sessions=(give.session(1),))])
        assert writer.flush(5)
    assert {entry["event"] for entry in logs} == {"ledger_defect"}
    assert writer.stats.last_error == "defect: MemoryError"


async def test_requests_come_into_the_event_loop_once(ledger):
    """A request is told to the daemon once, its answer goes on record, and whoever asked finds it."""
    told = []
    loop = asyncio.get_running_loop()
    writer = LedgerWriter(ledger, pace=QUICK, on_request=told.append, loop=loop)
    # The file is not locked yet: whoever asks waits no longer than the fixture says.
    number = ledger.ask("forget", {"tunnel": "x"})
    writer.start()
    async with asyncio.timeout(5):
        while not told:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    assert [request.id for request in told] == [number]
    writer.answer(number, "forgotten")
    assert await asyncio.to_thread(writer.close, 5)
    assert ledger.answered(number) == "forgotten"


def test_a_loop_that_was_closed_takes_no_requests(ledger):
    """At the end of the daemon a late request harms nothing."""
    loop = asyncio.new_event_loop()
    loop.close()
    writer = LedgerWriter(ledger, pace=QUICK, on_request=print, loop=loop)
    ledger.ask("forget", {})
    writer.start()
    wait_for(lambda: writer._told)
    assert writer.close(5)
