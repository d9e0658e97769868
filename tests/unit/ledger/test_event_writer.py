"""Events beside steps: never in the way, each on record once, and what cannot be is counted."""

import sqlite3
import threading
import time

import pytest
import structlog.testing
from sqlalchemy import select

from collector.errors import LedgerError
from collector.ledger import Ledger, LedgerWriter, Pace, RefusedError, Retention, UnconfirmedError
from collector.ledger.event_writer import EventWriter
from collector.ledger.schema import EVENTS, SESSIONS
from collector.ledger.stats import Tally
from tests.agents import ledger_steps as give

QUICK = Pace(linger=0.001, first_pause=0.005, longest_pause=0.02, requests=0.005, prune=0.02)


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger.open(tmp_path / "ledger.db", busy_seconds=0.01, retention=Retention(events_seconds=100_000))
    yield opened
    opened.close()


@pytest.fixture
def writer(ledger):
    made = LedgerWriter(ledger, pace=QUICK, clock=lambda: give.AT, event_limit=50)
    yield made
    made.close(5)


@pytest.fixture
def alone(ledger):
    """What writes events, without its thread."""
    return EventWriter(ledger, threading.Lock(), Tally(), limit=100, at_once=4)


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


def ids(ledger):
    with ledger.engine.connect() as connection:
        return connection.execute(select(EVENTS.c.id).order_by(EVENTS.c.number)).scalars().all()


def events(*numbers):
    return [give.event(number) for number in numbers]


def test_events_are_on_record_soon(ledger, writer):
    """In the order in which they came, beside steps; both are counted."""
    writer.start()
    writer.submit([give.step(sessions=(give.session(1),))])
    writer.submit_events(give.event(number) for number in (3, 1))
    writer.submit_events(events(1, 2))
    assert writer.flush(5)
    assert ids(ledger) == ["e3", "e1", "e2"]
    stats = writer.stats
    assert {kind: count for kind, count in stats.written if count} == {"session": 1, "event": 4}
    assert (stats.queued, stats.queued_events, stats.dropped_events) == (0, 0, 0)
    assert stats.last_write_at == give.AT


def test_a_storm_is_a_few_transactions(ledger):
    """10,000 events that come at once."""
    writer = LedgerWriter(ledger, pace=QUICK, clock=lambda: give.AT)
    writer.submit_events(events(*range(10_000)))
    writer.start()
    assert writer.close(30)
    assert (writer.stats.transactions, len(ids(ledger))) == (2, 10_000)


def test_a_locked_file_loses_none_up_to_the_limit(ledger, writer, locked):
    """Above it the oldest go; whoever submits never waits."""
    writer.start()
    for number in range(60):
        writer.submit_events(events(number))
    wait_for(lambda: writer.stats.failed_writes >= 2)
    assert writer.stats.queued_events >= 50
    locked.execute("ROLLBACK")
    assert writer.flush(5)
    kept = ids(ledger)
    assert kept[-1] == "e59"
    assert len(kept) == 60 - writer.stats.dropped_events
    assert len(kept) >= 50
    assert kept == sorted(kept, key=lambda one: int(one[1:]))


def test_closing_writes_what_waits(ledger, writer):
    """And tells of what it could not write."""
    writer.submit_events(events(1))
    writer.start()
    assert writer.close(5)
    assert ids(ledger) == ["e1"]


def test_closing_tells_how_many_are_lost(writer, locked):
    """Steps and events together."""
    assert locked
    writer.start()
    writer.submit_events(events(1, 2))
    writer.submit([give.step(sessions=(give.session(1),))])
    with structlog.testing.capture_logs() as logs:
        assert not writer.close(0.1)
    assert (logs[-1]["event"], logs[-1]["rows"]) == ("ledger_closed_unwritten", 3)


def test_a_step_that_is_refused_holds_up_no_event(ledger, writer, monkeypatch):
    """Nor an answer to a request; the step waits on."""

    def refuse(_):
        raise RefusedError("no")

    number = ledger.ask("forget", {})
    monkeypatch.setattr(ledger, "write_entries", refuse)
    writer.submit([give.step(sessions=(give.session(1),))])
    writer.submit_events(events(1))
    writer.answer(number, "done")
    writer.start()
    wait_for(lambda: ids(ledger) and ledger.answered(number))
    wait_for(lambda: writer.stats.failing)
    assert (writer.stats.queued, writer.stats.last_error) == (1, "no")
    monkeypatch.undo()
    assert writer.flush(5)
    with ledger.engine.connect() as connection:
        assert connection.execute(select(SESSIONS.c.number)).scalars().all() == [1]


def test_what_the_database_refuses_is_dropped_alone(ledger, alone):
    """The others are on record; it is counted, and told on the edge."""
    bad = [give.event(number, name=None) for number in (7, 8)]
    with structlog.testing.capture_logs() as logs:
        alone.submit([*events(1, 2), bad[0], *events(3, 4, 5)])
        alone.write(give.AT)
        assert ids(ledger) == ["e1", "e2", "e3", "e4", "e5"]
        assert (alone.dropped, alone.queued) == (1, 0)
        for more in ([bad[0]], [bad[1]], events(6), [bad[1]]):
            alone.submit(more)
            alone.write(give.AT)
    assert alone.dropped == 4
    assert [entry["events"] for entry in logs] == [1, 1, 1]
    assert {entry["event"] for entry in logs} == {"ledger_events_refused"}
    assert "NOT NULL" in logs[0]["error"]


@pytest.mark.parametrize("error", [LedgerError, UnconfirmedError, ZeroDivisionError])
def test_what_is_not_known_to_be_on_record_is_written_again(ledger, alone, monkeypatch, error):
    """Whether it is there or not, and where a part of it is: it is on record once."""
    write = ledger.write_events

    def write_and_fail(some):
        if len(some) > 2:
            raise RefusedError("too many")
        write(some)
        if some[-1].id == "e4":
            raise error("lost")

    monkeypatch.setattr(ledger, "write_events", write_and_fail)
    alone.submit(events(1, 2, 3, 4, 5))
    with pytest.raises(error):
        alone.write(give.AT)
    assert (alone.queued, alone.dropped) == (5, 0)
    monkeypatch.undo()
    alone.write(give.AT)
    assert ids(ledger) == ["e1", "e2", "e3", "e4", "e5"]
    assert (alone.queued, alone.dropped) == (0, 0)


def test_old_events_are_pruned_beside(tmp_path):
    """As sessions are, and counted."""
    ledger = Ledger.open(tmp_path / "ledger.db", retention=Retention(events_seconds=10))
    ledger.write_events(events(*range(1500)))
    writer = LedgerWriter(ledger, pace=QUICK, clock=lambda: give.AT + 5000)
    writer.start()
    wait_for(lambda: writer.stats.pruned.events == 1500)
    assert writer.close(5)
    ledger.close()


def test_only_the_first_event_that_waits_asks_for_a_write(alone):
    """A flood must not wake the thread for each of them."""
    assert alone.submit(events(1))
    assert not alone.submit(events(2))
    alone.write(give.AT)
    assert alone.submit(events(3))
