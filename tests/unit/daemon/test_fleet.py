import asyncio
from random import Random

import pytest

from collector.config.loader import parse
from collector.daemon import fleet as fleets
from collector.daemon.fleet import Discovery, Fleet
from collector.daemon.tracking import Tracking
from collector.errors import SourceError
from collector.interpret.plan import PollMemory
from collector.model import Origin
from collector.schedule import Schedule
from collector.store import Store
from collector.tables import load
from collector.tunnels import Plan

TEXT = """\
targets:
  - name: hub1
    address: 192.0.2.1
    snmp: {version: 3, user: monitor}
    contexts: discover
    modules: [system, ipsec, history]
  - name: hub2
    address: 192.0.2.2
    snmp: {version: 3, user: monitor}
    contexts: [{vrf: red, context_name: c}]
    modules: [ipsec, bgp]
"""
PATIENCE = 5


class SilentEngine:
    """An engine whose targets never answer."""

    async def poll(self, *_):
        raise SourceError("nobody there")

    get = poll


def keys(*modules):
    return frozenset(("snmp", module) for module in modules)


def origin(target, vrf, module):
    return Origin(target=target, vrf=vrf, source="snmp", module=module)


@pytest.fixture
async def fleet(monkeypatch):
    """A fleet whose target hub1 has what contexts `fleet.found` says."""
    found = []

    async def discover(*_):
        return tuple(found)

    monkeypatch.setattr(fleets, "discover_contexts", discover)
    async with asyncio.TaskGroup() as tasks:
        schedule = Schedule(tasks, random=Random(1))
        fleet = Fleet(parse(TEXT), load(), SilentEngine(), Store(), schedule, Tracking(Plan(), {}))
        fleet.watch_all()
        yield fleet, found
        await schedule.stop()


async def discovered(fleet):
    """Let hub1 be asked for its contexts."""
    fleet._countdowns.clear()
    before = fleet.schedule.punctuality(Discovery("hub1")).started
    fleet.schedule.poll_now(Discovery("hub1"))
    async with asyncio.timeout(PATIENCE):
        while fleet.schedule._entries[Discovery("hub1")].running or before < 0:
            await asyncio.sleep(0)


async def test_tracking_is_told_what_is_polled(fleet):
    """By target and VRF: a module that is not polled is not waited for."""
    fleet, _ = fleet
    assert fleet.tracking.polled == {
        ("hub1", "global"): keys("system", "ipsec", "history"),
        ("hub2", "red"): keys("ipsec", "bgp"),
    }


async def test_discovery_changes_what_is_polled(fleet):
    """VRFs that come and go are told, and those of other targets stay."""
    fleet, found = fleet
    found[:] = [("one", "blue"), ("two", "green")]
    await discovered(fleet)
    polled = {key for key in fleet.tracking.polled if key[0] == "hub1"}
    assert {("hub1", "blue"), ("hub1", "green")} <= polled
    assert fleet.tracking.polled["hub1", "blue"] >= keys("ipsec", "history")
    found[:] = [("two", "green")]
    await discovered(fleet)
    assert ("hub1", "blue") not in fleet.tracking.polled
    assert fleet.tracking.polled["hub1", "green"] >= keys("ipsec", "history")
    assert fleet.tracking.polled["hub2", "red"] == keys("ipsec", "bgp")


async def test_what_is_not_watched_is_not_looked_at(fleet):
    """Tracking may ask for a module that is polled no more."""
    fleet, _ = fleet
    fleet.look(origin("hub2", "red", "history"))
    fleet.look(origin("hub9", "red", "ipsec"))
    started = fleet.schedule.punctuality(origin("hub2", "red", "ipsec"))
    assert started.started == 0
    fleet.look(origin("hub2", "red", "ipsec"))
    assert started.started == 1


async def test_a_device_that_restarted_is_read_anew(fleet):
    """All of its modules, and nothing of the others."""
    fleet, _ = fleet
    before = {origin: watch.memory for origin, watch in fleet.watches.items()}
    fleet.read_all_of("hub1")
    changed = {origin.target for origin, watch in fleet.watches.items() if watch.memory is not before[origin]}
    assert changed == {"hub1"}
    assert all(isinstance(watch.memory, PollMemory) for watch in fleet.watches.values())


async def test_where_a_module_is_watched_follows_what_is_watched(fleet):
    """Notifications that name no VRF look there."""
    fleet, found = fleet
    found[:] = [("one", "blue")]
    await discovered(fleet)
    assert set(fleet.origins_of("hub1", "ipsec")) == {origin("hub1", vrf, "ipsec") for vrf in ("global", "blue")}
    found[:] = []
    await discovered(fleet)
    assert list(fleet.origins_of("hub1", "ipsec")) == [origin("hub1", "global", "ipsec")]
    assert not fleet.origins_of("hub1", "bgp")
    assert not fleet.origins_of("hub9", "ipsec")
