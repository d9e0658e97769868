"""What was not taken: counts, and what the log says."""

import asyncio

import pytest
import structlog.testing

from collector.sources.drops import Drops, everyone
from collector.sources.listener import Listener

PORT = Listener("udp", "0.0.0.0", 162)
OTHER = Listener("udp", "::", 162, "red")


@pytest.fixture
def log():
    with structlog.testing.capture_logs() as lines:
        yield lines


async def test_counts_by_port_and_reason():
    """Each port has counts of its own, and none at first."""
    drops = Drops("dropped")
    drops.count(PORT, "malformed", "192.0.2.1")
    drops.count(PORT, "malformed", "192.0.2.2", number=3)
    drops.count(OTHER, "oversized", "192.0.2.1")
    assert (drops.of(PORT), drops.of(OTHER)) == ({"malformed": 4}, {"oversized": 1})
    assert drops.of(Listener("tcp", "::", 1)) == {}
    drops.close()


async def test_the_first_is_told_at_once(log):
    """The log names port, reason and sender of the first of a kind, and is silent about those that follow."""
    drops = Drops("dropped")
    for number in range(1000):
        drops.count(PORT, "malformed", f"192.0.2.{number % 7}", "octet 3")
    assert log == [
        {
            "event": "dropped",
            "listener": "udp 0.0.0.0:162",
            "reason": "malformed",
            "sender": "192.0.2.0",
            "detail": "octet 3",
            "log_level": "warning",
        }
    ]
    drops.close()


async def test_what_follows_is_told_in_one_line(log):
    """At the end, or every minute, one line has the number, and those who sent most."""
    drops = Drops("dropped")
    for number in range(1001):
        drops.count(PORT, "malformed", "192.0.2.1" if number % 2 else f"198.51.{number % 250}.{number}")
    drops.close()
    assert (log[1]["event"], log[1]["count"], log[1]["senders"][0]) == ("dropped, and more of them", 1000, "192.0.2.1")
    assert len(log[1]["senders"]) == 5
    assert len(log) == 2


async def test_a_minute_without_any_ends_it(log, wait_until):
    """While there are more there is a line for each interval; after one without, the next is a first one again."""
    drops = Drops("dropped", seconds=0.02)
    drops.count(PORT, "malformed", "a")
    drops.count(PORT, "malformed", "b")
    await wait_until(lambda: len(log) == 2)
    await asyncio.sleep(0.05)
    await wait_until(lambda: drops._timer is None)
    drops.count(PORT, "malformed", "c")
    assert [(line["event"], line.get("sender"), line.get("senders")) for line in log] == [
        ("dropped", "a", None),
        ("dropped, and more of them", None, ["b"]),
        ("dropped", "c", None),
    ]
    drops.close()
    assert drops._timer is None


async def test_what_is_no_fault_is_counted_only(log):
    """Reasons that say nothing to an operator are not logged."""
    drops = Drops("dropped", unspoken={"discovery"})
    drops.count(PORT, "discovery", "192.0.2.1")
    drops.close()
    assert drops.of(PORT) == {"discovery": 1}
    assert log == []


def test_everyone():
    """Without a list of senders, each is admitted."""
    assert everyone("192.0.2.1")
