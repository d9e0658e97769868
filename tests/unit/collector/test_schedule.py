import asyncio
from random import Random

import pytest

from collector.schedule import Schedule

PATIENCE = 5.0


async def until(condition):
    """Wait until `condition()` holds, at most PATIENCE seconds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


class Polls:
    """Polls that count themselves and can be held."""

    def __init__(self):
        self.started = 0
        self.ended = 0
        self.at_once = 0
        self.most_at_once = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self):
        self.started += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
        finally:
            self.at_once -= 1
        self.ended += 1


@pytest.fixture
async def schedule():
    async with asyncio.TaskGroup() as tasks:
        schedule = Schedule(tasks, random=Random(1))
        schedule.start()
        yield schedule
        await schedule.stop()


async def test_polls_at_its_interval(schedule):
    """A key is polled soon after it was added, and again at its interval."""
    poll = Polls()
    schedule.add("hub1", poll, interval=0.02, jitter=0)
    await until(lambda: poll.ended >= 3)
    assert schedule.punctuality("hub1").started >= 3
    assert schedule.punctuality("hub1").late == 0


async def test_polls_of_one_key_never_overlap(schedule):
    """A poll that is due while the last one runs is skipped and counted as late."""
    poll = Polls()
    poll.gate.clear()
    schedule.add("hub1", poll, interval=0.02, jitter=0.001)
    await until(lambda: schedule.punctuality("hub1").late >= 3)
    assert poll.started == 1
    poll.gate.set()
    await until(lambda: poll.ended >= 2)
    assert poll.most_at_once == 1


async def test_a_held_poll_delays_no_other_key(schedule):
    """Keys are polled independently of each other."""
    slow, quick = Polls(), Polls()
    slow.gate.clear()
    schedule.add("slow", slow, interval=0.02, jitter=0)
    schedule.add("quick", quick, interval=0.02, jitter=0)
    await until(lambda: quick.ended >= 3)
    assert slow.ended == 0


async def test_lateness_is_measured(schedule):
    """The lateness of the last start is known and is not negative."""
    poll = Polls()
    schedule.add("hub1", poll, interval=0.02, jitter=0)
    await until(lambda: poll.ended >= 2)
    assert 0 < schedule.punctuality("hub1").lateness_seconds < PATIENCE


async def settled():
    """Let everything that is due in the event loop happen."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_poll_now_starts_one_at_once(schedule):
    """A requested poll starts without waiting for the interval."""
    poll = Polls()
    schedule.add("hub1", poll, interval=3600, jitter=0)
    await until(lambda: poll.ended == 1)
    schedule.poll_now("hub1")
    await until(lambda: poll.ended == 2)
    assert schedule.punctuality("hub1").late == 0


async def test_poll_now_comes_after_a_poll_that_runs(schedule):
    """Asked for while one runs, however often, one more starts once that has ended: it may have looked too early."""
    poll = Polls()
    schedule.add("hub1", poll, interval=3600, jitter=0)
    poll.gate.clear()
    await until(lambda: poll.started == 1)
    for _ in range(3):
        schedule.poll_now("hub1")
    assert poll.started == 1
    poll.gate.set()
    await until(lambda: poll.ended == 2)
    await settled()
    assert (poll.started, poll.most_at_once) == (2, 1)
    assert schedule.punctuality("hub1").late == 0


async def test_a_poll_that_was_asked_for_takes_the_place_of_the_one_that_is_due(schedule):
    """What is due while a poll out of turn runs is skipped, and not late: the target is read at that very moment."""
    poll = Polls()
    poll.gate.clear()
    schedule.add("hub1", poll, interval=3600, jitter=0)
    schedule.poll_now("hub1")
    punctuality = schedule.punctuality("hub1")
    await until(lambda: punctuality.lateness_seconds > 0)
    assert (punctuality.started, punctuality.late) == (1, 0)
    poll.gate.set()
    await until(lambda: poll.ended == 1)
    await settled()
    assert poll.started == 1


async def test_a_poll_that_was_asked_for_takes_the_place_of_one_only(schedule):
    """A target that is slow to answer a poll out of turn makes the further ones late."""
    poll = Polls()
    poll.gate.clear()
    schedule.add("hub1", poll, interval=0.02, jitter=0)
    schedule.poll_now("hub1")
    await until(lambda: schedule.punctuality("hub1").late >= 2)
    assert poll.started == 1


async def test_a_removed_key_is_not_polled_again(schedule):
    """What was asked for while a poll ran is forgotten with its key."""
    poll = Polls()
    schedule.add("hub1", poll, interval=3600, jitter=0)
    poll.gate.clear()
    await until(lambda: poll.started == 1)
    schedule.poll_now("hub1")
    schedule.remove("hub1")
    await until(lambda: poll.at_once == 0)
    await settled()
    assert poll.started == 1


async def test_stop_begins_no_poll_that_was_asked_for():
    """A schedule that ends does not poll again what it cancels."""
    poll = Polls()
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        schedule = Schedule(tasks, random=Random(1))
        schedule.start()
        schedule.add("hub1", poll, interval=3600, jitter=0)
        poll.gate.clear()
        await until(lambda: poll.started == 1)
        schedule.poll_now("hub1")
        await schedule.stop()
        await settled()
    assert poll.started == 1


async def test_a_removed_key_is_cancelled_and_polled_no_more(schedule):
    """Removing a key cancels its running poll; the others go on."""
    poll, other = Polls(), Polls()
    poll.gate.clear()
    schedule.add("hub1", poll, interval=0.02, jitter=0)
    schedule.add("hub2", other, interval=0.02, jitter=0)
    await until(lambda: poll.started == 1)
    schedule.remove("hub1")
    assert list(schedule) == ["hub2"]
    assert "hub1" not in schedule
    await until(lambda: poll.at_once == 0)
    seen = other.ended
    await until(lambda: other.ended >= seen + 2)
    assert (poll.started, poll.ended) == (1, 0)


async def test_a_key_is_scheduled_once(schedule):
    """Scheduling a key again is refused rather than doubled."""
    schedule.add("hub1", Polls(), interval=3600, jitter=0)
    with pytest.raises(ValueError, match="hub1 is scheduled already"):
        schedule.add("hub1", Polls(), interval=3600, jitter=0)


async def test_stop_cancels_what_runs():
    """Stopping cancels a poll that hangs, so that the owner's task group can end."""
    poll = Polls()
    poll.gate.clear()
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        schedule = Schedule(tasks, random=Random(1))
        schedule.start()
        schedule.add("hub1", poll, interval=0.02, jitter=0)
        await until(lambda: poll.started == 1)
        await schedule.stop()
    assert poll.at_once == 0


async def test_stop_before_start_is_harmless():
    """A schedule that never started can be stopped."""
    async with asyncio.TaskGroup() as tasks:
        await Schedule(tasks, random=Random(1)).stop()
