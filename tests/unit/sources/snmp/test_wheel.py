"""Deadlines of many requests with one timer."""

import asyncio

from collector.sources.snmp.wheel import TICK_SECONDS, Wheel


async def turned(wheel_items, until):
    """Start a wheel with (item, seconds) and return when each item was due, once there are as many as expected."""
    loop = asyncio.get_running_loop()
    start, due, done = loop.time(), {}, asyncio.Event()

    def on_due(item):
        due[item] = loop.time() - start
        if len(due) == until:
            done.set()

    wheel = Wheel(loop, on_due)
    for item, seconds in wheel_items:
        wheel.add(item, seconds)
    await asyncio.wait_for(done.wait(), 5)
    return due


async def test_items_are_due_in_time_and_never_early():
    """Each item is due at its time or up to two ticks later, in the order of the deadlines."""
    seconds = {"late": 0.2, "soon": 0.05, "now": 0.0, "same": 0.05}
    due = await turned(seconds.items(), len(seconds))
    assert list(due) == ["now", "soon", "same", "late"]
    assert all(due[item] >= seconds[item] for item in seconds)


async def test_a_wheel_turns_again_after_it_stood_still():
    """When all items were due the timer ends, and a new item starts it again."""
    loop = asyncio.get_running_loop()
    due = asyncio.Queue()
    wheel = Wheel(loop, due.put_nowait)
    for item in (1, 2):
        wheel.add(item, TICK_SECONDS)
        assert await asyncio.wait_for(due.get(), 5) == item
    assert wheel._timer is None


async def test_an_item_may_be_added_while_the_wheel_turns():
    """What is due may ask for another deadline at once."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    wheel = Wheel(loop, lambda left: wheel.add(left - 1, 0) if left else done.set())
    wheel.add(3, 0)
    await asyncio.wait_for(done.wait(), 5)


async def test_a_stopped_wheel_forgets_everything():
    """After stop nothing is due any more, and no timer is left."""
    due = []
    wheel = Wheel(asyncio.get_running_loop(), due.append)
    wheel.stop()
    wheel.add(1, 0.01)
    wheel.stop()
    await asyncio.sleep(5 * TICK_SECONDS)
    assert due == []
    assert wheel._timer is None
