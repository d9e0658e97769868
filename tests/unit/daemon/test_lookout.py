"""When is looked at what notifications speak of, by a clock that a test moves."""

import asyncio
import heapq
from itertools import count, pairwise
from types import SimpleNamespace

import pytest

from collector.daemon import lookout as lookout_module
from collector.daemon.lookout import (
    AGAIN_SECONDS,
    GATHER_SECONDS,
    MOST_ROWS,
    POLL_EVERY_SECONDS,
    READS_PER_SECOND,
    Look,
    Lookout,
)
from collector.model import Changes, Origin, Session
from collector.tunnels import Step

IPSEC = Origin(target="hub1", vrf="red", source="snmp", module="ipsec")
HISTORY = Origin(target="hub1", vrf="red", source="snmp", module="history")
_TURNS = 12
"""Of the event loop, in which everything happens that needs no time."""


class Clock:
    """Stands still unless a test moves it."""

    def __init__(self):
        self.now = 1000.0
        self._sleepers = []
        self._number = count()

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._number), woken))
        await woken

    async def move(self, seconds):
        """Let time pass, and everything happen that is due meanwhile."""
        end = self.now + seconds
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= end + 1e-9:
            self.now, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
            await _settle()
        self.now = end


async def _settle():
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def session(index, level):
    named = {"target": "hub1", "vrf": "red", "number": 1, "tunnel": "branch", "peer": "10.9.0.1"}
    return Session(**named, level=level, source="snmp", module="ipsec", index=str(index), seen_at=0.0)


def step(*told, level="child", look_at=()):
    """What became of rows: something is told of some, and other modules are asked for."""
    sessions = tuple(session(index, level) for index in told)
    changes = (Changes(target="hub1", vrf="red", at=0.0, sessions=sessions),) if sessions else ()
    places = frozenset((origin.vrf, origin.source, origin.module) for origin in look_at)
    return Step(None, changes, places)


class FakeWatch:
    """Notes what it is asked for; `answer` says what became of it."""

    def __init__(self, clock, origin=IPSEC):
        self.clock, self.origin = clock, origin
        self.seen = []
        self.seconds = 0.0
        self.answer = lambda level, indexes: step(*indexes, level=level)

    async def see(self, level, indexes):
        self.seen.append((round(self.clock.now - 1000, 6), level, sorted(indexes)))
        await self.clock.sleep(self.seconds)
        return self.answer(level, indexes)


class FakeFleet:
    """Has watches, and notes what is polled when."""

    def __init__(self, clock):
        self.clock = clock
        self.watches = {IPSEC: FakeWatch(clock), HISTORY: FakeWatch(clock, HISTORY)}
        self.polls = []

    def look(self, origin):
        self.polls.append((round(self.clock.now - 1000, 6), origin.module))


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(lookout_module, "time", clock)
    monkeypatch.setattr(lookout_module, "asyncio", SimpleNamespace(sleep=clock.sleep))
    return clock


@pytest.fixture
def fleet(clock):
    return FakeFleet(clock)


@pytest.fixture
def watch(fleet):
    return fleet.watches[IPSEC]


@pytest.fixture
def told():
    """After how many seconds rows were seen."""
    return []


@pytest.fixture
async def lookout(fleet, told):
    async with asyncio.TaskGroup() as tasks:
        yield Lookout(fleet, tasks, told.append)
        # What a test leaves behind ends with its group.
        for task in tasks._tasks:
            task.cancel()


@pytest.fixture
def look(lookout, clock):
    def look(index=None, level="child", origin=IPSEC):
        level = None if index is None else level
        return lookout.look(Look(origin=origin, level=level, index=index, arrived=clock.now))

    return look


# --- rows -------------------------------------------------------------------------------------------------------------


async def test_a_row_is_read_soon_and_how_soon_is_told(look, clock, fleet, lookout, told):
    """Once notifications were gathered, and no poll is needed."""
    watch = fleet.watches[IPSEC]
    assert look(7)
    await clock.move(10)
    assert watch.seen == [(GATHER_SECONDS, "child", [7])]
    assert told == [pytest.approx(GATHER_SECONDS)]
    assert (fleet.polls, lookout.reads, lookout.polls) == ([], 1, 0)


async def test_what_is_not_watched_is_not_looked_at(look, clock, watch, fleet):
    """Who speaks of it is told so."""
    assert not look(7, origin=Origin(target="hub2", source="snmp", module="ipsec"))
    await clock.move(10)
    assert (watch.seen, fleet.polls) == ([], [])


async def test_what_comes_within_a_moment_is_read_at_once(look, clock, watch, told):
    """Each row once, however often it is spoken of; its time counts from the first word."""
    for index in (7, 9, 7):
        look(index)
        await clock.move(GATHER_SECONDS / 4)
    await clock.move(10)
    assert watch.seen == [(GATHER_SECONDS, "child", [7, 9])]
    assert told == pytest.approx([GATHER_SECONDS, 0.75 * GATHER_SECONDS])


async def test_levels_are_read_by_themselves(look, clock, watch, lookout):
    """A number means another row on each."""
    look(7)
    look(7, "ike")
    await clock.move(10)
    assert sorted(seen[1:] for seen in watch.seen) == [("child", [7]), ("ike", [7])]
    assert lookout.reads == 2


async def test_what_is_spoken_of_during_a_reading_is_read_after_it(look, clock, watch):
    """It may have been read too early."""
    watch.seconds = 1.0
    look(7)
    await clock.move(0.5)
    look(7)
    look(8)
    await clock.move(10)
    assert watch.seen == [(GATHER_SECONDS, "child", [7]), (1.0 + 2 * GATHER_SECONDS, "child", [7, 8])]


async def test_rows_are_read_so_often_and_no_more(look, clock, watch):
    """Notifications that come one by one make no reading each."""
    for number in range(200):
        look(number % MOST_ROWS)
        await clock.move(0.005)
    assert 1 < len(watch.seen) <= READS_PER_SECOND + 1


async def test_a_row_of_which_nothing_is_found_is_read_once_more(look, clock, watch, fleet, told):
    """Some devices speak before their tables do; the time counts from the notification."""
    answers = iter([step(8), step(7)])
    watch.answer = lambda *_: next(answers)
    look(7)
    look(8)
    await clock.move(10)
    assert [seen[1:] for seen in watch.seen] == [("child", [7, 8]), ("child", [7])]
    assert told == pytest.approx([GATHER_SECONDS, GATHER_SECONDS + AGAIN_SECONDS])
    assert fleet.polls == []


async def test_a_row_of_which_nothing_is_ever_found_is_left_alone(look, clock, watch, fleet, told):
    """A rekey is announced, too."""
    watch.answer = lambda *_: step()
    look(7)
    await clock.move(60)
    assert (len(watch.seen), told, fleet.polls) == (2, [], [])


async def test_a_row_of_another_level_says_nothing(look, clock, watch, told):
    """Though it has the same number."""
    watch.answer = lambda *_: step(7, level="ike")
    look(7)
    await clock.move(10)
    assert (len(watch.seen), told) == (2, [])


# --- polls ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "costs"), [(MOST_ROWS, (1, 0)), (MOST_ROWS + 1, (0, 1)), (1000, (0, 1))])
async def test_many_rows_are_polled(look, clock, lookout, rows, costs):
    """Where that costs less."""
    for index in range(rows):
        look(index)
    await clock.move(60)
    assert (lookout.reads, lookout.polls) == costs


async def test_a_module_is_polled_as_a_whole(look, clock, watch, fleet):
    """Which includes rows that are spoken of beside it."""
    look(7)
    look()
    look(8)
    await clock.move(60)
    assert (watch.seen, fleet.polls) == ([], [(GATHER_SECONDS, "ipsec")])


async def test_a_storm_costs_a_poll_now_and_then(look, clock, watch, fleet, lookout):
    """10,000 notifications in a second: one poll at once, one when all is over; nothing grows meanwhile."""
    before = len(asyncio.all_tasks())
    for index in range(10_000):
        look(index)
        if index % 100 == 99:
            await clock.move(0.01)
            assert len(lookout._places[IPSEC].rows) <= MOST_ROWS
            assert len(asyncio.all_tasks()) <= before + 1
    over = clock.now - 1000
    await clock.move(60)
    assert watch.seen == []
    assert [at for at, _ in fleet.polls] == [GATHER_SECONDS, GATHER_SECONDS + POLL_EVERY_SECONDS]
    assert fleet.polls[-1][0] >= over


async def test_a_storm_that_goes_on_is_polled_at_a_rhythm(look, clock, fleet):
    """Once per `POLL_EVERY_SECONDS`, and after that single rows are read again."""
    for number in range(3_000):
        for row in range(MOST_ROWS + 1):
            look(number * 100 + row)
        await clock.move(0.01)
    await clock.move(60)
    assert len(fleet.polls) <= 30 / POLL_EVERY_SECONDS + 2
    times = [at for at, _ in fleet.polls]
    assert all(later - at >= POLL_EVERY_SECONDS - 1e-6 for at, later in pairwise(times))
    polls = len(fleet.polls)
    look(7)
    await clock.move(1)
    assert (len(fleet.polls), len(fleet.watches[IPSEC].seen)) == (polls, 1)


async def test_what_cannot_be_read_is_polled(look, clock, watch, fleet, told):
    """It says whether the device answers; as rarely as in a storm."""
    watch.answer = lambda *_: None
    for index in range(100):
        look(index)
        await clock.move(0.11)
    await clock.move(60)
    assert told == []
    assert 2 <= len(fleet.polls) <= 11 / POLL_EVERY_SECONDS + 2


async def test_a_module_that_rows_alone_do_not_tell_of_is_polled(look, clock, watch, fleet):
    """Instead of a second look, and as rarely."""
    watch.answer = lambda *_: step(look_at=[IPSEC])
    for index in range(100):
        look(index)
        await clock.move(0.11)
    await clock.move(60)
    assert 2 <= len(fleet.polls) <= 11 / POLL_EVERY_SECONDS + 2


async def test_what_an_end_asks_for_is_polled_as_rarely(look, clock, watch, fleet):
    """A history is read after the first end, and when all are over; what is not watched is not asked for."""
    elsewhere = Origin(target="hub1", vrf="red", source="snmp", module="elsewhere")
    watch.answer = lambda _, indexes: step(*indexes, look_at=[HISTORY, elsewhere])
    for index in range(20):
        look(index)
        await clock.move(0.1)
    await clock.move(60)
    assert [module for _, module in fleet.polls] == ["history", "history"]
    assert fleet.polls[1][0] == pytest.approx(fleet.polls[0][0] + POLL_EVERY_SECONDS)


# --- ends -------------------------------------------------------------------------------------------------------------


async def test_an_origin_that_goes_meanwhile_is_looked_at_no_more(look, clock, watch, fleet, lookout):
    """Nothing is remembered of it; if it returns it is looked at again."""
    look(7)
    del fleet.watches[IPSEC]
    await clock.move(10)
    assert (watch.seen, fleet.polls, lookout._places) == ([], [], {})
    fleet.watches[IPSEC] = again = FakeWatch(clock)
    look(7)
    await clock.move(10)
    assert (watch.seen, len(again.seen)) == ([], 1)


@pytest.mark.parametrize("returns", [False, True])
async def test_an_origin_that_goes_before_the_second_look_has_none(look, clock, watch, fleet, returns):
    """Neither has another one in its place."""
    watch.answer = lambda *_: step()
    look(7)
    await clock.move(AGAIN_SECONDS / 2)
    del fleet.watches[IPSEC]
    if returns:
        fleet.watches[IPSEC] = FakeWatch(clock)
    await clock.move(10)
    assert len(watch.seen) == 1
    assert [each.seen for origin, each in fleet.watches.items() if origin == IPSEC] == [[]] * returns


@pytest.mark.parametrize("seconds", [0.0, GATHER_SECONDS / 2, 0.5, 1.5, 2.0, 4.0])
async def test_cancelled_it_leaves_nothing_behind(clock, fleet, watch, told, seconds):
    """Wherever it is: gathering, reading, waiting for a second look or for its next poll."""
    before = asyncio.all_tasks()

    async def daemon():
        async with asyncio.TaskGroup() as tasks:
            lookout = Lookout(fleet, tasks, told.append)
            lookout.look(Look(origin=IPSEC, level="child", index=7, arrived=clock.now))
            lookout.look(Look(origin=HISTORY, arrived=clock.now))
            await asyncio.sleep(0)
            await tasks.create_task(asyncio.Event().wait())

    watch.seconds = 1.0
    watch.answer = lambda *_: step(look_at=[HISTORY])
    running = asyncio.create_task(daemon())
    await clock.move(seconds)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert asyncio.all_tasks() == before
    polls, reads = len(fleet.polls), len(watch.seen)
    await clock.move(60)
    assert (len(fleet.polls), len(watch.seen)) == (polls, reads)


async def test_closed_it_looks_at_nothing_more(look, clock, watch, fleet, lookout):
    """What is under way ends, and what is heard while the daemon ends starts nothing."""
    before = asyncio.all_tasks()
    watch.answer = lambda *_: step()
    look(7)
    await clock.move(AGAIN_SECONDS / 2)
    look(origin=HISTORY)
    lookout.close()
    assert not look(8)
    await clock.move(60)
    assert (len(watch.seen), fleet.polls) == (1, [])
    assert asyncio.all_tasks() == before
