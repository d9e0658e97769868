"""A defect of ours in one poll: what no real peer can produce, so the engine is one that is broken."""

import asyncio
from random import Random

import pytest

from collector.config.loader import parse
from collector.daemon.fleet import Discovery, Fleet
from collector.daemon.tracking import Tracking
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
    modules: [system]
"""
ORIGIN = Origin(target="hub1", source="snmp", module="system")


class BrokenEngine:
    """An engine with a defect."""

    async def poll(self, *_):
        raise ZeroDivisionError


@pytest.fixture
async def fleet():
    async with asyncio.TaskGroup() as tasks:
        schedule = Schedule(tasks, random=Random(1))
        fleet = Fleet(parse(TEXT), load(), BrokenEngine(), Store(), schedule, Tracking(Plan(), {}))
        fleet.watch_all()
        yield fleet
        await schedule.stop()


async def test_a_defect_in_a_poll_is_a_failed_poll(fleet, log):
    """It is loud, its snapshot tells it, and the daemon goes on."""
    await fleet.watches[ORIGIN].poll()
    assert fleet.store.record(ORIGIN).snapshot.error == "defect: ZeroDivisionError"
    assert [line["event"] for line in log()] == ["poll_defect", "poll_failed"]
    assert "ZeroDivisionError" in log()[0]["exception"]


async def test_a_defect_in_a_discovery_stops_nothing(fleet, log):
    """What is watched stays watched, and readiness does not wait for ever."""
    assert fleet.waiting() == "waiting to discover the contexts of hub1"
    fleet.schedule.poll_now(Discovery("hub1"))
    async with asyncio.timeout(5):
        while fleet.waiting():
            await asyncio.sleep(0.001)
    assert [line["event"] for line in log()] == ["discovery_defect"]
    assert list(fleet.watches) == [ORIGIN]
