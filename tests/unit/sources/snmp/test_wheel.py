"""Deadlines: each is kept once, not before its time, with one timer for all of them."""

import asyncio

from collector.sources.snmp.wheel import TICK_SECONDS, Wheel


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def timers():
    return [handle for handle in asyncio.get_running_loop()._scheduled if not handle.cancelled()]


async def test_items_are_due_in_order_and_never_early():
    """Whatever the order in which deadlines are added, each is kept after its time, the earlier tick first."""
    loop = asyncio.get_running_loop()
    began, due = loop.time(), []
    wheel = Wheel(loop, lambda item: due.append((item, loop.time() - began)))
    for seconds in (3 * TICK_SECONDS, 0.0, 7 * TICK_SECONDS, 1.5 * TICK_SECONDS):
        wheel.add(seconds, seconds)
    await until(lambda: len(due) == 4)
    assert [item for item, _ in due] == sorted(item for item, _ in due)
    assert all(at >= item - 0.001 for item, at in due)
    assert timers() == []


async def test_one_timer_for_all():
    """A thousand deadlines cost the event loop one timer."""
    wheel = Wheel(asyncio.get_running_loop(), print)
    for number in range(1000):
        wheel.add(number, 1 + number / 100)
    assert len(timers()) == 1
    wheel.stop()
    assert timers() == []


async def test_what_is_added_while_items_are_due_is_kept():
    """A deadline that is set anew when it has passed, as for a retry, is kept again."""
    due = []

    def again(item):
        due.append(item)
        if item < 3:
            wheel.add(item + 1, 0.0)

    wheel = Wheel(asyncio.get_running_loop(), again)
    wheel.add(1, 0.0)
    await until(lambda: due == [1, 2, 3])
    assert timers() == []


async def test_stopped():
    """After a stop nothing is due any more; what is added later is."""
    due = []
    wheel = Wheel(asyncio.get_running_loop(), due.append)
    wheel.add("forgotten", 0.0)
    wheel.stop()
    wheel.add("kept", TICK_SECONDS)
    await until(lambda: due)
    assert due == ["kept"]
