import asyncio
import time

import pytest

from collector.daemon import tracking
from collector.daemon.daemon import answer_requests
from collector.daemon.tracking import SAID_AT_ONCE, Tracking, plan_of
from collector.ledger import Request
from collector.model import ChildSa, ClosedChildSa, Origin, Sighting, Snapshot, System
from collector.store import ContextKey
from collector.tables import load
from collector.tunnels import Rules, Wanted, run

HUB = ContextKey("hub1", "global")
POLLED = frozenset(("snmp", module) for module in ("system", "ipsec", "history"))
PATIENCE = 5


def child(number=1, **more):
    return ChildSa(index=str(number), local_address="192.0.2.1", remote_address=f"10.9.0.{number}", **more)


def poll(*entities, module="ipsec", target="hub1", at=None, **more):
    origin = Origin(target=target, source="snmp", module=module)
    return Snapshot(origin=origin, taken_at=at or time.time(), duration_seconds=0.0, entities=entities, **more)


def up_for(seconds):
    return poll(System(index="0", uptime_seconds=seconds), module="system")


class Heard:
    """What tracking hands on."""

    def __init__(self):
        self.changes, self.looks, self.restarts = [], [], []


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def tracked(heard):
    polled = {(target, "global"): POLLED for target in ("hub1", "hub2")}
    plan = plan_of(load(), Rules(), polled=polled, checkpoint_seconds=0.0)
    return Tracking(plan, polled, heard.changes.extend, heard.looks.append, heard.restarts.append)


async def until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.001)


def tunnels(tracked, key=HUB):
    """The tunnels of a context as scrapes see them: name -> state."""
    source = tracked.source(key)
    return {one.name: one.state for one in run(source.steps(100)).children}


def test_a_plan_knows_which_module_tells_the_ends_of_what():
    """The history of the same MIB, and of none that has no history of the level."""
    plan = plan_of(load(), Rules())
    assert plan.histories[("snmp", "ipsec"), "child"] == ("snmp", "history")
    assert plan.histories[("snmp", "ike"), "ike"] == ("snmp", "history")
    assert plan.histories[("snmp", "enhanced"), "child"] == ("snmp", "enhanced-history")
    assert (("snmp", "ipsec"), "ike") not in plan.histories
    assert plan.tells["snmp", "ipsec"]["cipSecTunnelTable"] is ChildSa
    assert plan.tells["snmp", "history"]["cipSecTunnelHistTable"] is ClosedChildSa


@pytest.mark.parametrize(
    ("module", "goes_by"),
    [("system", True), ("ipsec", True), ("history", True), ("failures", True), ("bgp", False), ("policy", False)],
)
def test_tracking_goes_by_what_tells_of_tunnels(tracked, module, goes_by):
    """Tunnels, their ends, failures, and the device's clock."""
    assert tracked.goes_by(("snmp", module)) is goes_by


async def test_what_a_poll_saw_is_put_on_record_and_shown(tracked, heard):
    """A session begins; nothing is shown of a context before anything is known of it."""
    assert tracked.source(HUB) is None
    await tracked.take_in(poll(child()))
    assert tunnels(tracked) == {"192.0.2.1-10.9.0.1": "up"}
    assert [one.index for changes in heard.changes for one in changes.sessions] == ["1"]
    assert tracked.source(ContextKey("hub1", "elsewhere")) is None


async def test_another_state_is_another_version(tracked):
    """A scrape that holds a context holds one moment."""
    await tracked.take_in(poll(child()))
    before = tracked.source(HUB)
    assert tracked.source(HUB).version is before.version
    await tracked.take_in(poll())
    assert tracked.source(HUB).version is not before.version
    assert [one.state for one in run(before.steps(100)).children] == ["up"]


async def test_an_end_is_looked_into_at_once(tracked, heard, log):
    """The history that tells of what vanished is polled now, and the log says which tunnel is down."""
    await tracked.take_in(poll(child()))
    await tracked.take_in(poll())
    assert Origin(target="hub1", source="snmp", module="history") in heard.looks
    (down,) = [one for one in log() if one["event"] == "tunnel_down"]
    told = {name: down[name] for name in ("target", "vrf", "sa", "tunnel", "peer", "before")}
    assert told == {
        "target": "hub1",
        "vrf": "global",
        "sa": "child",
        "tunnel": "192.0.2.1-10.9.0.1",
        "peer": "10.9.0.1",
        "before": "up",
    }


def sighting(*entities, index=1):
    origin = Origin(target="hub1", source="snmp", module="ipsec")
    told = {"level": "child", "indexes": frozenset({index}), "taken_at": time.time(), "duration_seconds": 0.0}
    return Sighting(origin=origin, entities=entities, **told)


async def test_an_end_that_rows_tell_is_for_who_read_them_to_look_into(tracked, heard, log):
    """It is shown and on record at once; what is to be polled for it is said, but not done: in a storm it is much."""
    for _ in range(2):
        await tracked.take_in(poll(child(), child(2)))
    step = await tracked.take_in_rows(sighting())
    assert tunnels(tracked) == {"192.0.2.1-10.9.0.1": "down", "192.0.2.1-10.9.0.2": "up"}
    assert [one.index for one in heard.changes[-1].sessions] == ["1"]
    assert [one["event"] for one in log() if one["event"].startswith("tunnel")] == ["tunnel_down"]
    assert ("global", "snmp", "history") in step.look_at
    assert heard.looks == []


async def test_rows_before_any_poll_ask_for_one(tracked, heard):
    """Nothing is known of the target yet."""
    step = await tracked.take_in_rows(sighting(child()))
    assert (step.look_at, step.changes, heard.looks) == ({("global", "snmp", "ipsec")}, (), [])


async def test_a_defect_in_taking_in_rows_is_loud(tracked, monkeypatch, log):
    """Nobody is told that something had become of them."""
    await tracked.take_in(poll(child()))

    def defective(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(tracking, "observing_rows", defective)
    assert await tracked.take_in_rows(sighting()) is None
    assert [one["target"] for one in log() if one["event"] == "tracking_defect"] == ["hub1"]
    assert tunnels(tracked) == {"192.0.2.1-10.9.0.1": "up"}


async def test_many_transitions_at_once_are_counted(tracked, log):
    """A hub that loses everything fills no log: the first ones are named, and all are counted."""
    await tracked.take_in(poll(*(child(number) for number in range(1, 31))))
    await tracked.take_in(poll())
    said = [one for one in log() if one["event"].startswith("tunnel")]
    assert [one["event"] for one in said[:-1]] == ["tunnel_down"] * SAID_AT_ONCE
    assert (said[-1]["event"], said[-1]["down"], said[-1]["up"], said[-1]["idle"]) == ("tunnels_changed", 30, 0, 0)


async def test_a_restart_of_the_device_is_told(tracked, heard, log):
    """Who reads its static columns has to read them again."""
    await tracked.take_in(up_for(90_000))
    await tracked.take_in(up_for(100))
    assert heard.restarts == ["hub1"]
    assert [one["target"] for one in log() if one["event"] == "device_restarted"] == ["hub1"]


async def test_a_defect_in_one_target_stops_no_other(tracked, monkeypatch, log):
    """It is loud; the state stays as it was, and the next poll goes on from there."""
    await tracked.take_in(poll(child()))
    state = tracked.states["hub1"]
    with monkeypatch.context() as broken:
        observing = tracking.observing

        def defective(state, snapshot, now, plan):
            if state.target == "hub1":
                yield
                raise ZeroDivisionError
            return (yield from observing(state, snapshot, now, plan))

        broken.setattr(tracking, "observing", defective)
        await tracked.take_in(poll(child(2)))
        await tracked.take_in(poll(child(), target="hub2"))
    assert tracked.states["hub1"] is state
    assert tunnels(tracked, ContextKey("hub2", "global")) == {"192.0.2.1-10.9.0.1": "up"}
    (said,) = [one for one in log() if one["event"] == "tracking_defect"]
    assert said["target"] == "hub1"
    assert "ZeroDivisionError" in said["exception"]
    await tracked.take_in(poll(child(), child(2)))
    assert set(tunnels(tracked).values()) == {"up"}


async def test_a_step_that_is_cancelled_changes_nothing(tracked, heard):
    """Cancelled at any of its parts, the state is the one before, nothing is on record, and the next step is whole."""
    await tracked.take_in(poll(child()))
    state, changes = tracked.states["hub1"], len(heard.changes)
    snapshot = poll(*(child(number) for number in range(2, 1500)))
    parts = 0
    while True:
        task = asyncio.create_task(tracked.take_in(snapshot))
        for _ in range(parts + 1):
            await asyncio.sleep(0)
        if task.done():
            break
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert tracked.states["hub1"] is state
        assert len(heard.changes) == changes
        parts += 1
    assert parts > 3
    assert sum(state == "up" for state in tunnels_of(tracked).values()) == 1498


def tunnels_of(tracked):
    return {one.name: one.state for one in run(tracked.source(HUB).steps(5000)).children}


async def test_steps_of_a_target_follow_each_other(tracked, heard):
    """Polls that end at once are taken in one after the other, each from the state that the last one left."""
    many = [child(number) for number in range(1, 600)]
    await asyncio.gather(*(tracked.take_in(poll(*many[: 100 * number])) for number in range(1, 6)))
    numbers = [one.number for changes in heard.changes for one in changes.sessions]
    assert len(numbers) == len(set(numbers)) == 500


async def test_time_is_kept_in_all_targets(tracked, heard, monkeypatch, log):
    """Checkpoints are made as they are due; a defect in one target keeps no other one from its own."""
    await tracked.take_in(poll(child()))
    await tracked.take_in(poll(child(), target="hub2"))
    passing_time = tracking.passing_time

    def defective(state, now, plan):
        if state.target == "hub1":
            raise ZeroDivisionError
        return passing_time(state, now, plan)

    monkeypatch.setattr(tracking, "passing_time", defective)
    monkeypatch.setattr(tracking, "CHORES_EVERY_SECONDS", 0.001)
    task = asyncio.create_task(tracked.keep_time())
    await until(lambda: sum(changes.readings is not None for changes in heard.changes) > 2)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert {changes.target for changes in heard.changes if changes.readings is not None} == {"hub2"}
    assert {one["target"] for one in log() if one["event"] == "tracking_defect"} == {"hub1"}


async def test_a_checkpoint_has_all_live_sessions(tracked, heard):
    """Before the daemon ends, how far each has come is put on record."""
    await tracked.take_in(poll(child(receive_bytes=5)))
    await tracked.take_in(poll(child(receive_bytes=7), at=time.time() + 1))
    await tracked.checkpoint()
    (reading,) = heard.changes[-1].readings
    assert reading.values[0] == 7


async def test_only_what_is_gone_is_forgotten(tracked):
    """The answer is for a person: which tunnel, or why none."""
    await tracked.take_in(poll(child(), child(2)))
    await tracked.take_in(poll(child()))
    name = "192.0.2.1-10.9.0.2"
    assert await tracked.forget("hub9", Wanted("global", name)) == "no target hub9"
    lives = await tracked.forget("hub1", Wanted("global", "192.0.2.1-10.9.0.1"))
    assert lives == "nothing to forget: 192.0.2.1-10.9.0.1 is not known there, or lives"
    # Its last values are awaited until the history was read.
    await tracked.take_in(poll(module="history", at=time.time() + 1, missing=("cipSecTunnelHistTable",)))
    await tracked.take_in(poll(System(index="0"), module="system", at=time.time() + 2))
    assert await tracked.forget("hub1", Wanted("global", name)) == f"forgotten: {name}"
    assert name not in tunnels(tracked)


async def test_what_is_on_record_is_gone_on_with(tracked, heard):
    """Targets that are configured no more are left alone."""
    await tracked.take_in(poll(child()))
    state = tracked.states["hub1"].contexts["global"]
    record = state.record
    sessions = tuple(one for changes in heard.changes for one in changes.sessions)
    known = tuple(one for changes in heard.changes for one in changes.tunnels)
    memory = tracking.ContextMemory(record=record, tunnels=known, sessions=sessions)
    other = Tracking(tracked.plan, {})
    other.recall([memory], ["hub2"], time.time())
    assert other.states == {}
    other.recall([memory], ["hub1", "hub2"], time.time())
    assert tunnels(other) == {"192.0.2.1-10.9.0.1": "unknown"}


class Answers:
    """A writer that keeps answers."""

    def __init__(self):
        self.given = {}
        self.writer = self

    def answer(self, number, text):
        self.given[number] = text


@pytest.mark.parametrize(
    ("kind", "argument", "answer"),
    [
        ("forget", {"target": "hub9", "tunnel": "x"}, "no target hub9"),
        ("forget", {}, "no target "),
        ("forget", {"target": ["hub1"], "event": "x", "kind": {}}, "no target "),
        ("dance", {}, "this daemon does not know the request 'dance'"),
    ],
)
async def test_requests_are_answered_whatever_they_say(tracked, log, kind, argument, answer):
    """Who may write the ledger may write anything there; the daemon lives on."""
    requests, answers = asyncio.Queue(), Answers()
    for number in (1, 2):
        requests.put_nowait(Request(id=number, kind=kind, argument=argument, asked_at=0.0))
    task = asyncio.create_task(answer_requests(requests, tracked, answers))
    await until(lambda: len(answers.given) == 2 or task.done())
    task.cancel()
    assert answers.given == {1: answer, 2: answer}
    assert [one["asked"] for one in log() if one["event"] == "request"] == [argument, argument]


async def test_a_defect_in_a_request_is_an_answer(tracked, monkeypatch, log):
    """It is loud, and the daemon lives on."""

    async def defective(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(Tracking, "forget", defective)
    requests, answers = asyncio.Queue(), Answers()
    requests.put_nowait(Request(id=1, kind="forget", argument={}, asked_at=0.0))
    task = asyncio.create_task(answer_requests(requests, tracked, answers))
    await until(lambda: answers.given or task.done())
    task.cancel()
    assert answers.given == {1: "a defect of the daemon; its log tells more"}
    assert "request_defect" in [one["event"] for one in log()]
