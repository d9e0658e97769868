"""Rows that are read by themselves, from the wire to tunnels: engine, watch, tracking and lookout as they run."""

import asyncio
import time

import pytest

from collector.daemon.lookout import Look, Lookout
from collector.daemon.tracking import Tracking, plan_of
from collector.daemon.watch import Watch
from collector.interpret.plan import PollMemory
from collector.model import Origin
from collector.sources.snmp import SnmpContext, SnmpEngine
from collector.store import ContextKey, Store
from collector.tables import load
from collector.tunnels import Rules, run
from tests.agents import snmpd
from tests.agents.story import line

pytestmark = pytest.mark.integration

TABLES = load()
HUB = ContextKey("hub1", "global")
PATIENCE = 5
FIRST, SECOND, THIRD = (f"10.1.0.0/24-172.16.{number}.0/24 via 192.0.2.1" for number in (1, 2, 3))


class HeldEngine(SnmpEngine):
    """Asks real agents; what a poll has read is held back until it is let go."""

    def __init__(self):
        super().__init__()
        self.has_read, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()

    async def poll(self, *args, **more):
        """Poll, and wait."""
        read = await super().poll(*args, **more)
        self.has_read.set()
        await self.go.wait()
        return read


class Hub:
    """The watches of one target, as a fleet has them, and what is tracked of it."""

    def __init__(self, engine, port):
        polled = {("hub1", "global"): frozenset(("snmp", name) for name in ("ipsec", "ike", "history"))}
        self.tracking = Tracking(plan_of(TABLES, Rules(), polled=polled), polled)
        store, target = Store(), snmpd.target(port, timeout=0.2, retries=0)
        origins = {name: Origin(target="hub1", source="snmp", module=name) for name in ("ipsec", "ike")}
        store.configure(origins.values())
        self.watches = {
            origin: Watch(
                origin=origin,
                target=target,
                context=SnmpContext(),
                module=TABLES.modules[name],
                memory=PollMemory(),
                engine=engine,
                store=store,
                take_in=self.tracking.take_in,
                take_in_rows=self.tracking.take_in_rows,
            )
            for name, origin in origins.items()
        }
        self.ipsec, self.ike = self.watches.values()
        self.looks = []

    def look(self, origin):
        self.looks.append(origin.module)

    async def poll(self):
        for watch in (self.ipsec, self.ike):
            await watch.poll()

    def shown(self, level="child"):
        """Tunnels as a scrape sees them: name -> state."""
        tunnels = run(self.tracking.source(HUB).steps(100))
        return {one.name: one.state for one in (tunnels.children if level == "child" else tunnels.ikes)}


@pytest.fixture
async def engine():
    async with HeldEngine() as engine:
        yield engine


@pytest.fixture
def hub(engine, agent):
    return Hub(engine, agent.port)


@pytest.fixture
def lives(story):
    """Two tunnels, each with its IKE SA."""
    return [story.begin(line(number, level), ago=100) for level in ("child", "ike") for number in (1, 2)]


@pytest.fixture
async def polled(hub, lives):
    """All of it was polled, and again once all modules had answered."""
    await hub.poll()
    await hub.poll()
    assert hub.shown() == {FIRST: "up", SECOND: "up"}
    return lives


def transitions(step):
    return [(one.level, one.before, one.after) for changes in step.changes for one in changes.transitions]


async def settle():
    """Wait until the agent shows what is so now."""
    await asyncio.sleep(0.05)


async def test_a_tunnel_that_ends_is_down_without_a_poll(hub, story, polled):
    """And its history is to be asked; the others are as they were."""
    story.end(polled[0])
    await settle()
    step = await hub.ipsec.see("child", [polled[0].index])
    assert transitions(step) == [("child", "up", "down")]
    assert hub.shown() == {FIRST: "down", SECOND: "up"}
    assert ("global", "snmp", "history") in step.look_at


async def test_an_ike_sa_likewise(hub, story, polled):
    """On its own level."""
    story.end(polled[2])
    await settle()
    step = await hub.ike.see("ike", [polled[2].index, polled[3].index])
    assert transitions(step) == [("ike", "up", "down")]
    assert sorted(hub.shown("ike").values()) == ["down", "up"]


async def test_a_tunnel_that_begins_is_up_by_its_own_name(hub, story, polled):
    """For what belongs to its row was read with it; the next poll finds no other one."""
    life = story.begin(line(3))
    await settle()
    step = await hub.ipsec.see("child", [life.index])
    assert hub.shown() == {FIRST: "up", SECOND: "up", THIRD: "up"}
    assert [one.index for changes in step.changes for one in changes.sessions] == [str(life.index)]
    await hub.poll()
    assert hub.shown() == {FIRST: "up", SECOND: "up", THIRD: "up"}
    assert sum(one.sessions for one in run(hub.tracking.source(HUB).steps(100)).children) == len(polled) - 1


async def test_a_poll_that_had_read_a_row_before_it_went_brings_it_not_back(hub, engine, story, polled):
    """What was seen gone while the poll was under way stays gone, and what was seen new stays."""
    engine.has_read.clear()
    engine.go.clear()
    poll = asyncio.create_task(hub.ipsec.poll())
    async with asyncio.timeout(PATIENCE):
        await engine.has_read.wait()
    story.end(polled[0])
    life = story.begin(line(3))
    await settle()
    await hub.ipsec.see("child", [polled[0].index])
    await hub.ipsec.see("child", [life.index])
    assert hub.shown() == {FIRST: "down", SECOND: "up", THIRD: "up"}
    engine.go.set()
    await poll
    assert hub.shown() == {FIRST: "down", SECOND: "up", THIRD: "up"}
    told = run(hub.tracking.source(HUB).steps(100)).children
    assert {one.name: one.sessions for one in told} == {FIRST: 1, SECOND: 1, THIRD: 1}
    await hub.ipsec.poll()
    assert hub.shown() == {FIRST: "down", SECOND: "up", THIRD: "up"}


async def test_silence_ends_no_tunnel(hub, agent, polled):
    """Rows that cannot be read are not gone."""
    agent.answers = False
    assert await hub.ipsec.see("child", [polled[0].index]) is None
    assert hub.shown() == {FIRST: "up", SECOND: "up"}


async def test_before_the_first_poll_rows_say_nothing_yet(hub, lives):
    """Their module is asked for instead."""
    step = await hub.ipsec.see("child", [lives[0].index])
    assert (step.changes, step.look_at) == ((), {("global", "snmp", "ipsec")})


async def test_what_is_spoken_of_is_seen_within_a_moment(hub, story, polled):
    """A notification of an end, and one of a rekey of which nothing is seen; the end's history is polled."""
    told = []
    hub.watches[Origin(target="hub1", source="snmp", module="history")] = object()
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(PATIENCE):
        lookout = Lookout(hub, tasks, told.append)
        story.end(polled[0])
        await settle()
        for life in polled[:2]:
            origin = hub.ipsec.origin
            assert lookout.look(Look(origin=origin, level="child", index=life.index, arrived=time.monotonic()))
    # The group has ended, and with it the second look.
    assert hub.shown() == {FIRST: "down", SECOND: "up"}
    assert len(told) == 1
    assert 0 < told[0] < 1
    assert (lookout.reads, hub.looks) == (2, ["history"])
