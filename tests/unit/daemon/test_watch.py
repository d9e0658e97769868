import asyncio
from contextlib import asynccontextmanager

import pytest

from collector.daemon.watch import Watch
from collector.errors import SourceError
from collector.interpret.plan import ModuleRead, PollMemory, TableRead
from collector.model import ChildSa, Endpoint, Origin, PollCosts
from collector.sources.snmp import SnmpContext
from collector.store import Store
from collector.tables import load
from collector.tunnels import Step
from collector.wire.ber import encode_arcs
from collector.wire.snmp import COUNTER32, OCTET_STRING

TABLES = load()
ORIGIN = Origin(target="hub1", source="snmp", module="ipsec")


class Engine:
    """An engine that answers with nothing, or not at all."""

    def __init__(self):
        self.answers = True
        self.memories = []
        self.listed = ()
        """Rows that a poll finds."""
        self.there = {}
        """Rows by themselves: what they count."""
        self.error = SourceError("nobody there")
        self.polling, self.reading = asyncio.Event(), asyncio.Event()
        """Until they are set, polls and reads do not end."""
        self.polling.set()
        self.reading.set()
        self.reads = []

    async def poll(self, _target, _context, _module, memory):
        self.memories.append(memory)
        tables = tables_of(dict.fromkeys(self.listed, 0))
        await self.polling.wait()
        if not self.answers:
            raise SourceError("nobody there")
        return ModuleRead(tables=tables, missing=(), costs=PollCosts(requests=1))

    async def read_rows(self, _target, _context, rows, _memory):
        indexes = rows._indexes
        self.reads.append(indexes)
        tables = tables_of({index: self.there[index] for index in indexes if index in self.there})
        await self.reading.wait()
        if not self.answers:
            raise self.error
        return tables


def tables_of(rows):
    """A table of tunnels and one of their endpoints."""
    tunnels, endpoints = (TABLES.tables[name] for name in ("cipSecTunnelTable", "cipSecEndPtTable"))
    octets = next(column for column in tunnels.columns if column.name == "cipSecTunInOctets")
    own = {encode_arcs((index,)): {octets.number: (COUNTER32, bytes((value,)))} for index, value in rows.items()}
    ends = {encode_arcs((index, 1)): {endpoints.columns[0].number: (OCTET_STRING, b"here")} for index in rows}
    pairs = (tunnels, own), (endpoints, ends)
    return tuple(TableRead(table=table, rows=cells, complete=True) for table, cells in pairs)


@pytest.fixture
def taken():
    return []


@pytest.fixture
def watch(taken):
    async def take_in(snapshot):
        taken.append(snapshot)

    store = Store()
    store.configure([ORIGIN])
    return Watch(
        origin=ORIGIN,
        target=None,
        context=SnmpContext(),
        module=TABLES.modules["ipsec"],
        memory=PollMemory(full_every=7),
        engine=Engine(),
        store=store,
        take_in=take_in,
    )


async def test_each_poll_is_tracked(watch, taken):
    """What was seen, and that nothing was."""
    await watch.poll()
    watch.engine.answers = False
    await watch.poll()
    assert [snapshot.error for snapshot in taken] == [None, "nobody there"]
    assert watch.store.record(ORIGIN).snapshot is taken[-1]


async def test_what_tells_of_no_tunnels_is_not_tracked(watch, taken):
    """It is published all the same."""
    watch.tells_of_tunnels = False
    await watch.poll()
    assert taken == []
    assert watch.store.record(ORIGIN).snapshot.error is None


async def test_what_is_watched_no_more_is_not_tracked(watch, taken):
    """A poll that outlives its origin changes nothing."""
    watch.store.configure([])
    await watch.poll()
    assert taken == []


async def test_a_restart_has_everything_read(watch):
    """The next poll goes by a new memory, of the same rhythm."""
    await watch.poll()
    watch.forget()
    await watch.poll()
    before, after = watch.engine.memories
    assert after is not before
    assert after.full_every == before.full_every == 7


# --- rows by themselves -----------------------------------------------------------------------------------------------


@pytest.fixture
def seen(watch):
    """Sightings that were to be taken in."""
    seen = []

    async def take_in_rows(sighting):
        seen.append(sighting)
        return Step(None)

    watch.take_in_rows = take_in_rows
    return seen


@asynccontextmanager
async def polling(watch):
    """A poll that has read its rows, and goes on when the block ends."""
    watch.engine.polling.clear()
    poll = asyncio.create_task(watch.poll())
    polls = len(watch.engine.memories)
    async with asyncio.timeout(5):
        while len(watch.engine.memories) == polls:
            await asyncio.sleep(0)
    yield
    watch.engine.polling.set()
    await poll


def rows(entities):
    """Rows as they were told: index -> octets; and whose endpoints were told."""
    tunnels = {int(one.index): one.receive_bytes for one in entities if isinstance(one, ChildSa)}
    return tunnels, {one.child_index for one in entities if isinstance(one, Endpoint)}


async def test_rows_by_themselves_are_followed(watch, seen):
    """What is there, and what was asked for."""
    watch.engine.there = {7: 50, 9: 60}
    assert await watch.see("child", {7: 0.0, 8: 0.0}) == Step(None)
    (sighting,) = seen
    assert (sighting.origin, sighting.level, sighting.indexes) == (ORIGIN, "child", {7, 8})
    assert rows(sighting.entities) == ({7: 50}, {7})


async def test_what_is_not_followed_is_not_read(watch):
    """There is nobody to take it in."""
    assert await watch.see("child", [7]) is None
    assert watch.engine.reads == []


async def test_rows_that_cannot_be_read_are_not_gone(watch, seen, log):
    """Nothing is said of them, and the log is not filled by it."""
    watch.engine.answers = False
    assert await watch.see("child", [7]) is None
    assert (seen, log()) == ([], [])


@pytest.mark.usefixtures("seen")
async def test_a_defect_in_reading_rows_is_loud(watch, log):
    """And stops nothing: the next rows are read."""
    watch.engine.answers, watch.engine.error = False, ZeroDivisionError()
    assert await watch.see("child", [7]) is None
    (said,) = log()
    assert (said["event"], said["target"], said["module"]) == ("rows_defect", "hub1", "ipsec")
    assert "ZeroDivisionError" in said["exception"]
    watch.engine.answers = True
    assert await watch.see("child", [7]) == Step(None)


async def test_rows_are_read_one_time_after_the_other(watch, seen):
    """What was read later is taken in later: a row that has gone does not come back."""
    watch.engine.there = {7: 50}
    watch.engine.reading.clear()
    first = asyncio.create_task(watch.see("child", [7]))
    await asyncio.sleep(0)
    second = asyncio.create_task(watch.see("child", [7]))
    await asyncio.sleep(0)
    assert watch.engine.reads == [(7,)]
    watch.engine.there = {}
    watch.engine.reading.set()
    await asyncio.gather(first, second)
    assert [rows(sighting.entities)[0] for sighting in seen] == [{7: 50}, {}]


async def test_reading_rows_can_be_cancelled(watch, seen):
    """The next ones are read."""
    watch.engine.reading.clear()
    task = asyncio.create_task(watch.see("child", [7]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    watch.engine.reading.set()
    assert await watch.see("child", [8]) == Step(None)
    assert [sighting.indexes for sighting in seen] == [{8}]


async def test_a_poll_under_way_knows_what_rows_have_become_since_it_began(watch, taken, seen):
    """Gone, new or moved on, as they were last; all others are as it read them."""
    watch.engine.listed = (5, 6, 7, 8)
    async with polling(watch):
        watch.engine.there = {7: 70, 9: 90}
        await watch.see("child", [7, 8])
        watch.engine.there = {7: 71, 8: 81}
        await watch.see("child", [9])
        await watch.see("child", [6, 8])
        await watch.see("child", [7])
    assert rows(taken[-1].entities) == ({5: 0, 7: 71, 8: 81}, {5, 7, 8})
    assert len(seen) == 4
    assert watch.store.record(ORIGIN).snapshot is taken[-1]


async def test_many_rows_that_are_seen_during_a_poll_are_kept_once(watch, taken, seen):
    """Memory and work are bounded by the rows that there are."""
    watch.engine.listed = tuple(range(100))
    async with polling(watch):
        for number in range(300):
            watch.engine.there = {number % 50: number % 100}
            await watch.see("child", [number % 50])
        (kept,) = watch._seen_since.values()
        assert len(kept.entities) == 100
    octets, _ = rows(taken[-1].entities)
    assert octets == {**{number: 50 + number for number in range(50)}, **dict.fromkeys(range(50, 100), 0)}
    assert watch._seen_since == {}
    assert len(seen) == 300


@pytest.mark.parametrize("answers", [True, False])
async def test_a_later_poll_knows_nothing_of_rows_that_were_seen_before_it(watch, taken, seen, answers):
    """It has read them after that, whether the poll that was under way then succeeded or not."""
    watch.engine.listed = (7,)
    async with polling(watch):
        await watch.see("child", [7])
        watch.engine.answers = answers
    assert (taken[-1].error is None, rows(taken[-1].entities)[0]) == (answers, {})
    watch.engine.answers = True
    await watch.see("child", [7])
    await watch.poll()
    assert rows(taken[-1].entities)[0] == {7: 0}
    assert len(seen) == 2


async def test_rows_whose_reading_began_before_the_poll_amend_nothing(watch, taken, seen):
    """The poll has read them later; others amend it all the same."""
    watch.engine.listed = (7, 8)
    watch.engine.reading.clear()
    early = asyncio.create_task(watch.see("child", [7]))
    await asyncio.sleep(0)
    async with polling(watch):
        watch.engine.reading.set()
        await early
        await watch.see("child", [8])
    assert rows(taken[-1].entities)[0] == {7: 0}
    assert len(seen) == 2
