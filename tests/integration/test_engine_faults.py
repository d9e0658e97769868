"""The engine on bad paths and with bad agents: the truth or an error, in time, and nobody else is held up.

The agent is net-snmp's; between it and the engine stands a proxy that spoils datagrams.
"""

import asyncio
import gc
import time
from dataclasses import replace

import pytest

from collector.errors import SourceError
from collector.interpret.plan import PollMemory
from collector.sources.snmp import SnmpEngine
from collector.wire.ber import oid
from collector.wire.fetch import Fetch
from tests.agents import snmpd
from tests.agents.liar import Liar
from tests.agents.tunnel_rows import TABLES, TUNNELS, scalar_row, tunnel_rows, varbinds_of
from tests.agents.udp_proxy import Faults, UdpProxy

pytestmark = pytest.mark.integration

IPSEC = TABLES.modules["ipsec"]
SCALARS = TABLES.tables["cipSecGlobalStats"]
SYS_UP_TIME = oid("1.3.6.1.2.1.1.3.0")
TRUTH = {SCALARS.name: scalar_row(SCALARS), TUNNELS.name: tunnel_rows(40)}
USERS = {"v2c": None, "v3": snmpd.user()}
PATIENCE = {"timeout": 0.08, "retries": 6, "outstanding": 4}
BOUND_SECONDS = 20
POLLS = 3


@pytest.fixture(scope="module")
def agent(peer, tmp_path_factory):
    """The port of a running snmpd with 40 tunnels."""
    varbinds = [*varbinds_of(TRUTH[TUNNELS.name]), *varbinds_of(TRUTH[SCALARS.name], SCALARS)]
    replay = snmpd.make_replay(peer, tmp_path_factory.mktemp("engine-faults"), {"": varbinds})
    with replay.running():
        yield replay.port


@pytest.fixture(autouse=True)
async def noise():
    """What the event loop complains of, which must be nothing: futures that nobody looked at, failing callbacks."""
    heard = []
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 60
    loop.set_exception_handler(lambda _loop, context: heard.append(context))
    yield heard
    gc.collect()
    assert heard == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


def is_true(read):
    """Whether a poll has read everything; whatever it has read must be true, and whatever it lacks, told."""
    tables = {table.table.name: table for table in read.tables}
    assert tables.keys() >= TRUTH.keys()
    for name, table in tables.items():
        truth = TRUTH.get(name, {})
        assert table.rows.keys() <= truth.keys()
        for suffix, row in table.rows.items():
            assert row.items() <= truth[suffix].items()
        assert table.complete or table.faults
        if table.complete and not table.faults:
            assert table.rows.keys() == truth.keys()
            assert table.rows == truth or not read.full
    return all(table.complete for table in read.tables)


async def polled(engine, target, polls=POLLS):
    """Poll some times with one memory, full and steady in turns; return the costs of those that read everything."""
    memory, costs, told = PollMemory(), [], []
    for number in range(polls):
        async with asyncio.timeout(BOUND_SECONDS):
            try:
                read = await engine.poll(target, snmpd.context(), IPSEC, memory, full=number % 2 == 0)
            except SourceError as error:
                told.append(str(error))
            else:
                if is_true(read):
                    costs.append(read.costs)
    assert all("on hub1, vrf global: " in error for error in told)
    return costs


def total(costs, name):
    return sum(getattr(cost, name) for cost in costs)


@pytest.mark.parametrize("credentials", USERS.values(), ids=USERS)
async def test_a_third_is_lost(agent, credentials):
    """With 30 % of all datagrams lost the truth is read, by retries that are counted."""
    async with UdpProxy(agent, Faults(drop=0.3)) as path, SnmpEngine() as engine:
        costs = await polled(engine, snmpd.target(path.port, credentials, **PATIENCE))
        assert len(costs) >= POLLS / 2
        assert total(costs, "retries") > 0
        assert total(costs, "timeouts") >= total(costs, "retries") / 2
        assert engine.stats.received <= path.counts["answered"]
    assert path.counts["drop"] > 0


@pytest.mark.parametrize("credentials", USERS.values(), ids=USERS)
async def test_swapped_and_repeated(agent, credentials):
    """Answers in any order, and more than once, cost nothing but a count of those that came too late."""
    faults = Faults(reorder=0.7, duplicate=0.5)
    async with UdpProxy(agent, faults) as path, SnmpEngine() as engine:
        costs = await polled(engine, snmpd.target(path.port, credentials, **PATIENCE))
        assert len(costs) == POLLS
        assert engine.stats.late > 0
        assert engine.stats.received <= engine.stats.late + total(costs, "requests")
        assert engine.stats.foreign == engine.stats.undecodable == 0
    assert path.counts["reorder"] > 0
    assert path.counts["duplicate"] > 0


@pytest.mark.parametrize("credentials", USERS.values(), ids=USERS)
async def test_cut_off(agent, credentials):
    """An answer of which a part is missing is no answer: nothing of it is believed, and it is counted."""
    async with UdpProxy(agent, Faults(truncate=0.3)) as path, SnmpEngine() as engine:
        costs = await polled(engine, snmpd.target(path.port, credentials, **PATIENCE))
        assert len(costs) >= POLLS / 2
        assert engine.stats.undecodable > 0
        assert engine.stats.undecodable + engine.stats.late >= path.counts["truncate"]
    assert path.counts["truncate"] > 0


@pytest.mark.parametrize("credentials", USERS.values(), ids=USERS)
async def test_late_answers(agent, credentials):
    """An answer to an earlier try counts as one, or as late if the request is answered already."""
    faults = Faults(late=0.4, late_seconds=2.2 * PATIENCE["timeout"])
    async with UdpProxy(agent, faults) as path, SnmpEngine() as engine:
        costs = await polled(engine, snmpd.target(path.port, credentials, **PATIENCE))
        assert len(costs) >= POLLS / 2
        assert total(costs, "retries") > 0
        assert engine.stats.late > 0
    assert path.counts["late"] > 0


@pytest.mark.parametrize("credentials", USERS.values(), ids=USERS)
async def test_forged_from_another_port(agent, credentials):
    """A false answer that comes first, with the right identifier but from elsewhere, is foreign, and not looked at."""
    async with UdpProxy(agent, Faults(forge=0.5)) as path, SnmpEngine() as engine:
        costs = await polled(engine, snmpd.target(path.port, credentials, **PATIENCE))
        assert len(costs) == POLLS
        assert engine.stats.foreign == path.counts["forge"] > 0


@pytest.mark.parametrize("credentials", USERS.values(), ids=USERS)
async def test_answers_from_elsewhere(agent, credentials):
    """True answers that come from another port are not believed either: the target is silent."""
    target = {"timeout": 0.1, "retries": 1}
    async with UdpProxy(agent, Faults(elsewhere=1)) as path, SnmpEngine() as engine:
        with pytest.raises(SourceError, match="timed out after 2 tries"):
            await engine.poll(snmpd.target(path.port, credentials, **target), snmpd.context(), IPSEC, PollMemory())
        assert engine.stats.foreign == path.counts["elsewhere"] == 2


@pytest.mark.parametrize("privacy", [{}, {"priv": None, "priv_secret": None}], ids=["authPriv", "authNoPriv"])
async def test_flipped_bits(agent, privacy):
    """With SNMPv3, a message in which a bit is another one is never believed, wherever in it the bit is.

    Without encryption nothing but the MAC tells a value from another one.
    """
    user = replace(snmpd.user(), **privacy)
    async with UdpProxy(agent, Faults(flip=0.2)) as path, SnmpEngine() as engine:
        costs = await polled(engine, snmpd.target(path.port, user, **PATIENCE), polls=2 * POLLS)
        assert len(costs) >= POLLS
        assert engine.stats.undecodable > 0
    assert path.counts["flip"] > 0


# --- several targets --------------------------------------------------------------------------------------------------


async def timed(poll):
    """Return how a poll ended, and after how many seconds."""
    started = time.perf_counter()
    try:
        async with asyncio.timeout(BOUND_SECONDS):
            return await poll, time.perf_counter() - started
    except SourceError as error:
        return error, time.perf_counter() - started


async def test_bad_targets_hold_nobody_up(agent):
    """Beside dead, slow and lying targets a good one is polled in about the time that it takes alone."""
    timeout, tries = 0.2, 3
    async with (
        SnmpEngine() as engine,
        UdpProxy(agent, Faults(delay_seconds=0.05)) as slow,
        Liar("silence") as dead,
        Liar("garbage") as garbage,
        Liar("circles") as circles,
        Liar("endless") as endless,
    ):

        def poll(port, credentials=None, **more):
            target = snmpd.target(port, credentials, timeout=timeout, retries=tries - 1, **more)
            return timed(engine.poll(target, snmpd.context(), IPSEC, PollMemory()))

        alone = min([(await poll(agent))[1] for _ in range(5)])
        bad = {
            "slow": poll(slow.port),
            "dead": poll(dead.port),
            "dead, v3": poll(dead.port, snmpd.user()),
            "garbage": poll(garbage.port),
            "circles": poll(circles.port),
            "endless": poll(endless.port, max_rows=200),
        }
        tasks = {name: asyncio.create_task(waiting) for name, waiting in bad.items()}
        good = [await poll(agent) for _ in range(5)]
        ends = {name: await task for name, task in tasks.items()}
    assert all(is_true(read) for read, _ in good)
    assert min(seconds for _, seconds in good) < 3 * alone + 0.05
    assert is_true(ends["slow"][0])
    for name in ("dead", "dead, v3", "garbage"):
        error, seconds = ends[name]
        assert f"timed out after {tries} tries" in str(error)
        assert timeout * tries <= seconds + 0.01 < 1.5 * timeout * tries
    for name, fault in (("circles", "non-increasing"), ("endless", "too-many-rows")):
        read, _ = ends[name]
        assert fault in dict(read.costs.faults)
        assert not any(table.complete for table in read.tables if table.table is TUNNELS)
    assert all(len(table.rows) <= 200 for table in ends["endless"][0].tables)


# --- ends -------------------------------------------------------------------------------------------------------------


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def is_idle(engine):
    """Whether the engine waits for nothing, and nobody waits for it."""
    exchange = engine._exchange
    agents = exchange._agents.values()
    return (
        len(exchange._pending) == exchange._in_flight_octets == 0
        and not exchange._starved
        and not any(agent.conversations or agent.outstanding for agent in agents)
    )


def timers():
    return [handle for handle in asyncio.get_running_loop()._scheduled if not handle.cancelled()]


def begin(engine, *targets):
    return [asyncio.create_task(engine.poll(target, snmpd.context(), IPSEC, PollMemory())) for target in targets]


@pytest.mark.parametrize("credentials", USERS.values(), ids=USERS)
async def test_a_cancelled_poll_leaves_nothing(agent, credentials):
    """Polls that are cancelled with requests in flight leave none behind, and their late answers are counted."""
    async with UdpProxy(agent, Faults(delay_seconds=0.05)) as path, SnmpEngine() as engine:
        target = snmpd.target(path.port, credentials)
        tasks = begin(engine, *[target] * 3)
        await until(lambda: engine.stats.received > 0)
        for task in tasks:
            task.cancel()
        assert {type(end) for end in await asyncio.gather(*tasks, return_exceptions=True)} == {asyncio.CancelledError}
        assert is_idle(engine)
        await until(lambda: engine.stats.late > 0)
        assert is_true(await engine.poll(target, snmpd.context(), IPSEC, PollMemory()))
        assert is_idle(engine)


async def test_discovery_outlives_the_poll_that_began_it(agent):
    """When the poll that discovers an SNMPv3 engine is cancelled, another one that waits for it goes on."""
    async with UdpProxy(agent, Faults(delay_seconds=0.05)) as path, SnmpEngine() as engine:
        target = snmpd.target(path.port, snmpd.user())
        first, second = begin(engine, target, target)
        await until(lambda: path.counts["asked"] == 1)
        first.cancel()
        assert is_true(await second)
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_closing_ends_polls(agent):
    """Closing the engine fails what is under way and leaves no task, timer or socket; then nothing begins."""
    before = timers()
    async with Liar("silence") as dead, UdpProxy(agent, Faults(delay_seconds=0.05)) as slow:
        engine = SnmpEngine()
        ports = [(dead.port, None), (dead.port, snmpd.user()), (slow.port, None), (slow.port, snmpd.user())]
        targets = [snmpd.target(port, credentials) for port, credentials in ports]
        tasks = begin(engine, *targets, *targets)
        await until(lambda: engine.stats.received > 1 and dead.asked > 1)
        await engine.close()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert {str(end).rpartition(": ")[2] for end in ends} == {"the engine is closed"}
        assert {type(end) for end in ends} == {SourceError}
        with pytest.raises(SourceError, match="the engine is closed"):
            await engine.poll(targets[0], snmpd.context(), IPSEC, PollMemory())
        assert engine._exchange._sockets == {}
    assert timers() == before


async def test_closing_while_a_name_is_resolved(agent):
    """A poll that has not begun because its target's name is being resolved does not begin after the end either."""
    before = timers()
    engine = SnmpEngine()
    [task] = begin(engine, snmpd.target(agent, address="localhost"))
    await asyncio.sleep(0)
    await engine.close()
    with pytest.raises(SourceError, match="the engine is closed"):
        await task
    assert engine._exchange._sockets == {}
    assert timers() == before


async def test_closing_between_steps(agent):
    """A poll that gives way to others between two steps does not go on if the engine is closed meanwhile."""
    before = timers()
    engine = SnmpEngine()
    target, turns = snmpd.target(agent), 0
    await engine.get(target, snmpd.context(), [SYS_UP_TIME])

    def steps():
        nonlocal turns
        yield None
        turns += 1
        yield Fetch([SYS_UP_TIME])

    task = asyncio.create_task(engine._drive(target, snmpd.context(), steps()))
    await asyncio.sleep(0)
    assert turns == 0
    await engine.close()
    with pytest.raises(SourceError, match="the engine is closed"):
        await task
    assert turns == 1
    assert timers() == before
