import pytest

from collector.daemon.watch import Watch
from collector.errors import SourceError
from collector.interpret.plan import ModuleRead, PollMemory
from collector.model import Origin, PollCosts
from collector.sources.snmp import SnmpContext
from collector.store import Store
from collector.tables import load

ORIGIN = Origin(target="hub1", source="snmp", module="ipsec")


class Engine:
    """An engine that answers with nothing, or not at all."""

    def __init__(self):
        self.answers = True
        self.memories = []

    async def poll(self, _target, _context, _module, memory):
        self.memories.append(memory)
        if not self.answers:
            raise SourceError("nobody there")
        return ModuleRead(tables=(), missing=(), costs=PollCosts(requests=1))


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
        module=load().modules["ipsec"],
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
