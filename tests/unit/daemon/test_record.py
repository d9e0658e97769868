import asyncio
from pathlib import Path

import pytest

from collector.config.loader import parse
from collector.daemon.record import keeping, ledger_place, retention_of
from collector.errors import LedgerError
from collector.ledger import Ledger, Retention
from tests.agents import ledger_steps as give

HEAD = "targets:\n- {name: hub1, address: 192.0.2.1, snmp: {version: 3, user: u}}\n"
DAY = 86_400.0


def configured(state, **environment):
    return parse(f"{HEAD}state: {state}\n", environment=environment)


def test_the_ledger_is_a_file_in_the_state_directory():
    """Unless a database is configured, whose URL is a secret."""
    assert ledger_place(configured("{directory: /var/lib/x}")) == Path("/var/lib/x/ledger.sqlite")
    url = "postgresql://u:p@h/d"
    assert ledger_place(configured("{directory: /x, ledger: env:URL}", URL=url)) == url


def test_retention_is_as_configured():
    """Each kind by itself."""
    kept = "{retention: {sessions: 10d, failures: 11d, gaps: 12d, hours: 13d, days: 14d, events: 15d}}"
    assert retention_of(configured(kept)) == Retention(
        sessions_seconds=10 * DAY,
        failures_seconds=11 * DAY,
        gaps_seconds=12 * DAY,
        hours_seconds=13 * DAY,
        days_seconds=14 * DAY,
        events_seconds=15 * DAY,
    )


async def test_what_was_submitted_last_is_on_record(tmp_path):
    """The end waits for it; the next daemon remembers it."""
    place = tmp_path / "ledger.sqlite"
    async with keeping(place, Retention(), lambda _: None) as record:
        assert list(record.memories) == []
        record.writer.submit([give.step(record=give.record(), sessions=(give.session(1),))])
    async with keeping(place, Retention(), lambda _: None) as record:
        (memory,) = record.memories
    assert [one.number for one in memory.sessions] == [1]


async def test_requests_are_told_in_the_event_loop(tmp_path):
    """What the command line asks for arrives where tracking lives."""
    asked = asyncio.get_running_loop().create_future()
    async with keeping(tmp_path / "ledger.sqlite", Retention(), asked.set_result) as record:
        number = record.ledger.ask("forget", {"target": "hub1"})
        request = await asyncio.wait_for(asked, 10)
        record.writer.answer(number, "done")
    assert (request.id, request.kind, request.argument) == (number, "forget", {"target": "hub1"})
    ledger = Ledger.open(tmp_path / "ledger.sqlite", read_only=True)
    assert ledger.answered(number) == "done"
    ledger.close()


async def test_what_cannot_be_kept_is_an_error(tmp_path):
    """The error names the place."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(LedgerError, match=str(tmp_path / "file")):
        async with keeping(tmp_path / "file" / "ledger.sqlite", Retention(), lambda _: None):
            pytest.fail("there is no such ledger")


async def test_a_failure_inside_loses_nothing(tmp_path):
    """What was submitted before is on record, and the failure is told."""
    place = tmp_path / "ledger.sqlite"

    async def fail():
        async with keeping(place, Retention(), lambda _: None) as record:
            record.writer.submit([give.step(record=give.record())])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    ledger = Ledger.open(place, read_only=True)
    assert len(ledger.memories()) == 1
    ledger.close()
