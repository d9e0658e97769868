import asyncio
import dataclasses

import pytest
from prometheus_client import REGISTRY
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from collector.ledger.folding import Folded
from collector.ledger.stats import Tally
from exporters.own import OwnMetrics
from exporters.prometheus import Format


def values(own):
    families = parse_text(own.render(Format.TEXT).decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_the_daemon_tells_of_itself():
    """Version, process, and what others count for it."""
    told = values(OwnMetrics(version="1.2.3", datagrams=lambda: {"sent": 3, "dropped_by_kernel": 1}, refused=lambda: 2))
    assert told["tunnelwatch_snmp_datagrams_total", "sent"] == 3
    assert told["tunnelwatch_snmp_datagrams_total", "dropped_by_kernel"] == 1
    assert told["tunnelwatch_snapshots_refused_total",] == 2
    assert told["process_resident_memory_bytes",] > 0
    assert any(name == "tunnelwatch_build_info" and "1.2.3" in labels for name, *labels in told)


def test_outcomes_of_scrapes_are_told_before_there_are_any():
    """A counter that appears with its first event hides that event from rate()."""
    told = values(OwnMetrics(version=""))
    assert {key[1] for key in told if key[0] == "tunnelwatch_scrapes_total"} == {
        "complete",
        "refused",
        "timeout",
        "aborted",
    }


def test_the_configuration_in_use_is_told():
    """A refused one leaves it in use, and says so."""
    own = OwnMetrics(version="")
    own.note_configuration("abc", 1_700_000_000.0)
    assert values(own)["tunnelwatch_config_info", "abc"] == 1
    assert values(own)["tunnelwatch_config_last_reload_successful",] == 1
    own.note_failed_reload()
    assert values(own)["tunnelwatch_config_last_reload_successful",] == 0
    assert values(own)["tunnelwatch_config_last_reload_success_timestamp_seconds",] == 1_700_000_000.0


LEDGER = {
    "queued": 3,
    "dropped": 1,
    "queued_events": 10,
    "dropped_events": 11,
    "written": (("session", 7), ("gap", 2)),
    "transactions": 5,
    "failed_writes": 4,
    "failed_chores": 6,
    "failing": True,
    "last_write_at": 1_700_000_000.0,
    "seconds": 0.25,
    "folded": Folded(rows=9, lost=8),
}


def test_the_writing_of_the_ledger_is_told():
    """What was written, what waits and what was lost; whether it works now."""
    told = values(OwnMetrics(version="", ledger=lambda: LEDGER))
    found = {key: value for key, value in told.items() if key[0].startswith("tunnelwatch_ledger_")}
    assert found == {
        ("tunnelwatch_ledger_kept",): 1,
        ("tunnelwatch_ledger_written_total", "session"): 7,
        ("tunnelwatch_ledger_written_total", "gap"): 2,
        ("tunnelwatch_ledger_dropped_total",): 1,
        ("tunnelwatch_ledger_transactions_total",): 5,
        ("tunnelwatch_ledger_write_failures_total",): 4,
        ("tunnelwatch_ledger_chore_failures_total",): 6,
        ("tunnelwatch_ledger_write_seconds_total",): 0.25,
        ("tunnelwatch_ledger_usage_lost_total",): 8,
        ("tunnelwatch_ledger_write_success",): 0,
        ("tunnelwatch_ledger_queued",): 3,
        ("tunnelwatch_ledger_events_queued",): 10,
        ("tunnelwatch_ledger_events_dropped_total",): 11,
        ("tunnelwatch_ledger_last_write_timestamp_seconds",): 1_700_000_000.0,
    }


def test_what_a_writer_of_ledgers_says_is_what_is_asked_of_it():
    """The keys are those of its stats."""
    stats = Tally().stats(queued=0, dropped=0, queued_events=0, dropped_events=0)
    told = values(OwnMetrics(version="", ledger=lambda: dataclasses.asdict(stats)))
    assert told["tunnelwatch_ledger_write_success",] == 1
    assert told["tunnelwatch_ledger_written_total", "session"] == 0
    assert ("tunnelwatch_ledger_last_write_timestamp_seconds",) not in told


def test_no_ledger_is_told():
    """And nothing else of one."""
    told = values(OwnMetrics(version=""))
    assert [key for key in told if key[0].startswith("tunnelwatch_ledger_")] == [("tunnelwatch_ledger_kept",)]
    assert told["tunnelwatch_ledger_kept",] == 0


@pytest.mark.parametrize(
    ("exposition_format", "parse"), [(Format.TEXT, parse_text), (Format.OPENMETRICS, parse_openmetrics)]
)
def test_both_formats_are_rendered_without_times_of_creation(exposition_format, parse):
    """And without an end mark, because more may follow."""
    own = OwnMetrics(version="")
    own.loop_lag.observe(0.01)
    text = own.render(exposition_format).decode()
    assert "# EOF" not in text
    assert "_created" not in text
    end = "# EOF\n" if exposition_format is Format.OPENMETRICS else ""
    assert "tunnelwatch_event_loop_lag_seconds" in {family.name for family in parse(text + end)}


def test_the_default_registry_is_left_alone():
    """Two daemons in one process (the tests') do not meet."""
    OwnMetrics(version="")
    OwnMetrics(version="")
    assert not any(family.name.startswith("tunnelwatch_") for family in REGISTRY.collect())


async def test_the_event_loop_lag_is_measured_until_cancelled():
    """A task that holds the loop shows."""
    own = OwnMetrics(version="")
    task = asyncio.create_task(own.watch_loop_lag(0.001))
    async with asyncio.timeout(10):
        while values(own)["tunnelwatch_event_loop_lag_seconds_count",] < 2:
            await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
