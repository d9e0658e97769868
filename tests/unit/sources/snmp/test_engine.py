"""The engine against agents in the same event loop."""

import asyncio
import errno
from dataclasses import replace
from pathlib import Path

import pytest

from collector.errors import SourceError
from collector.interpret.plan import PollMemory
from collector.sources.snmp import Community, SnmpContext, SnmpEngine, SnmpTarget
from collector.sources.snmp.sockets import UdpSocket
from collector.tables import load
from collector.wire.ber import decode_oid, oid
from collector.wire.snmp import ErrorStatus, PduType
from tests.agents.model_agent import ENTRY, ModelAgent, cell, column_oid, table
from tests.agents.udp_model import UdpModel

TABLES = load()
MODULE = replace(TABLES.modules["ipsec"], tables=(TABLES.tables["cipSecTunnelTable"],))
NUMBERS = [column.number for column in MODULE.tables[0].columns]
AFTER = {(1, 3, 6, 1, 6, 3, 1, 1, 6, 1, 0): (2, b"\x01")}


def tunnels(count):
    return table(NUMBERS, [(number,) for number in range(1, count + 1)]) | AFTER


def target(port, name="hub1", **more):
    settings = {"address": "127.0.0.1", "credentials": Community(community=b"public"), "timeout": 0.2, "retries": 1}
    return SnmpTarget(name=name, port=port, **(settings | more))


async def poll(engine, agent, **more):
    return await engine.poll(target(agent.port, **more), SnmpContext(), MODULE, PollMemory())


@pytest.fixture
async def engine():
    async with SnmpEngine() as engine:
        yield engine


async def test_a_poll_reads_a_module(engine):
    """All rows and columns of a table are read, and what it took is told."""
    async with UdpModel(ModelAgent(tunnels(30))) as agent:
        read = await poll(engine, agent)
    assert len(read.tables[0].rows) == 30
    assert read.full
    assert read.costs.requests == len(agent.messages)
    assert read.costs.varbinds >= 30 * 50
    assert read.costs.sent_bytes > 0
    assert read.costs.received_bytes > 30 * 50 * 20
    assert (read.costs.retries, read.costs.timeouts) == (0, 0)
    assert engine.stats.received == len(agent.messages)


async def test_version_1_is_spoken(engine):
    """SNMPv1 walks with GETNEXT in messages of version 0."""
    objects = {oid: value for oid, value in tunnels(5).items() if oid not in AFTER}
    async with UdpModel(ModelAgent(objects, version=1)) as agent:
        read = await poll(engine, agent, credentials=Community(version=0, community=b"public"))
    assert len(read.tables[0].rows) == 5
    assert {(message.version, message.pdu.type) for message in agent.messages} == {(0, PduType.GET_NEXT)}


async def test_a_context_has_its_own_community(engine):
    """The community of a context is sent instead of the target's own."""
    async with UdpModel(ModelAgent(tunnels(1))) as agent:
        for context in (SnmpContext(), SnmpContext(vrf="red", community=b"for-red")):
            await engine.poll(target(agent.port), context, MODULE, PollMemory())
    assert [agent.messages[0].community, agent.messages[-1].community] == [b"public", b"for-red"]


async def test_no_more_is_in_flight_than_allowed_over_all_contexts(engine):
    """The bound of requests in flight holds for the agent, however many polls of it are under way."""
    async with UdpModel(ModelAgent(tunnels(200)), delay=0.01) as agent:
        await asyncio.gather(*(poll(engine, agent, timeout=5, outstanding=3) for _ in range(4)))
        assert agent.most_waiting == 3


async def test_polls_of_one_agent_take_turns(engine):
    """A large poll does not keep a small one of the same agent waiting until it ends."""
    order = []

    async def polled(name, memory):
        await engine.poll(target(agent.port, timeout=5), SnmpContext(vrf=name), MODULE, memory)
        order.append(name)

    async with UdpModel(ModelAgent(tunnels(400)), delay=0.002) as agent:
        large = asyncio.create_task(polled("large", PollMemory()))
        while len(agent.messages) < 5:
            await asyncio.sleep(0.001)
        await engine.get(target(agent.port, timeout=5), SnmpContext(), [column_oid(NUMBERS[0]) + b"\x01"])
        order.append("small")
        await large
    assert order == ["small", "large"]


async def test_a_dead_target_costs_its_tries_and_no_more(engine):
    """A target that does not answer fails after its tries; the error names target, VRF and act."""
    agent = ModelAgent(tunnels(5))
    agent.alive = False
    async with UdpModel(agent) as silent:
        with pytest.raises(
            SourceError, match=r"^walking cipSecTunnelTable on hub1, vrf global: timed out after 3 tries$"
        ):
            await poll(engine, silent, timeout=0.05, retries=2)
        assert len(silent.messages) == 3


async def test_a_lost_answer_is_asked_for_again(engine):
    """A request that is not answered in its time is sent again as it was."""
    agent = ModelAgent(tunnels(5))
    honest = agent.respond
    agent.respond = lambda request: honest(request) if len(agent.requests) or agent.requests.append(0) else None
    async with UdpModel(agent) as forgetful:
        read = await poll(engine, forgetful, timeout=0.05)
    assert len(read.tables[0].rows) == 5
    assert (read.costs.retries, read.costs.timeouts) == (1, 1)
    assert forgetful.messages[0] == forgetful.messages[1]


async def test_what_is_refused_is_an_error(engine):
    """An agent that refuses everything fails the poll with the reason."""
    agent = ModelAgent(tunnels(5), errors={(): (ErrorStatus.authorizationError, False)})
    async with UdpModel(agent) as refusing:
        with pytest.raises(SourceError, match="vrf global: authorizationError"):
            await poll(engine, refusing)


async def test_get_returns_what_was_asked_for(engine):
    """GETs come back in the order of the question, exceptions included."""
    instance, missing = column_oid(2) + b"\x01", oid("1.3.9.1.0")
    async with UdpModel(ModelAgent(tunnels(1))) as agent:
        varbinds = await engine.get(target(agent.port), SnmpContext(), [missing, instance])
    assert varbinds == [(missing, 0x80, b""), (instance, *cell(2, (1,)))]


async def test_get_of_what_cannot_be_read_is_an_error(engine):
    """The error names the instance and the reason."""
    agent = ModelAgent(tunnels(1), errors={(*ENTRY, 2): (ErrorStatus.genErr, True)})
    async with UdpModel(agent) as broken:
        with pytest.raises(SourceError, match=r"^reading 1\.3\.6\.[0-9.]+\.2\.1 on hub1, vrf global: genErr$"):
            await engine.get(target(broken.port), SnmpContext(), [column_oid(2) + b"\x01"])


async def test_a_walk_hands_over_a_subtree_in_order(engine):
    """A subtree is handed over as it comes, each varbind once, and what it took is told."""
    seen = []
    async with UdpModel(ModelAgent(tunnels(40))) as agent:
        costs = await engine.walk(target(agent.port), SnmpContext(), oid("1.3.6.1.4.1.9.9.171"), seen.extend)
    names = [decode_oid(name) for name, _, _ in seen]
    assert names == sorted(tunnels(40).keys() - AFTER.keys())
    assert costs.varbinds >= len(seen)
    assert costs.faults == ()


async def test_a_walk_ends_with_what_its_callback_raises(engine):
    """What goes wrong with the varbinds of one walk ends that walk, and no other."""

    def fail(_):
        raise RuntimeError("disk full")

    async with UdpModel(ModelAgent(tunnels(200)), delay=0.002) as agent:
        other = asyncio.create_task(poll(engine, agent, timeout=5))
        with pytest.raises(RuntimeError, match="disk full"):
            await engine.walk(target(agent.port), SnmpContext(), oid("1.3.6.1.4.1.9.9.171"), fail)
        assert len((await other).tables[0].rows) == 200


async def test_a_name_that_is_none_fails_its_poll(engine, monkeypatch):
    """A target whose name has no address is an error of that target."""

    async def getaddrinfo(*_, **__):
        raise OSError(errno.ENOENT, "no such name")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    with pytest.raises(SourceError, match=r"resolving hub1\.invalid: no such name"):
        await engine.get(target(1, address="hub1.invalid"), SnmpContext(), [])


async def test_an_address_without_a_way_to_it_fails_at_once(engine, monkeypatch):
    """If the system says that there is no route, nobody waits for an answer."""

    def unreachable(*_):
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr("collector.sources.snmp.sockets.UdpSocket.send", unreachable)
    async with asyncio.timeout(2):
        with pytest.raises(SourceError, match="vrf global: sending: Network is unreachable"):
            await engine.get(target(9, timeout=60), SnmpContext(), [oid("1.3.6.1.2.1.1.3.0")])


async def test_a_full_send_buffer_is_a_lost_request(engine, monkeypatch):
    """A request that the system does not take for want of room is sent again when its time is up, and counted."""
    honest, refused = UdpSocket.send, []

    def send(udp, data, address):
        if not refused:
            refused.append(data)
            raise OSError(errno.ENOBUFS, "No buffer space available")
        honest(udp, data, address)

    monkeypatch.setattr(UdpSocket, "send", send)
    async with UdpModel(ModelAgent(tunnels(3))) as agent:
        read = await poll(engine, agent, timeout=0.05)
    assert len(read.tables[0].rows) == 3
    assert engine.stats.unsent == 1


async def test_a_system_without_an_address_family_fails_the_poll(engine, monkeypatch):
    """If sockets of the target's family cannot be had, the error says so."""

    def refuse(*_):
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr("collector.sources.snmp.exchange.UdpSocket", refuse)
    with pytest.raises(SourceError, match="asking hub1: Address family not supported"):
        await engine.get(target(9, address="::1"), SnmpContext(), [])


# --- one receive buffer for all ---------------------------------------------------------------------------------------


async def test_no_more_is_asked_for_than_the_receive_buffer_takes(engine):
    """With a small receive buffer many agents are read whole, in turns."""
    async with UdpModel(ModelAgent(tunnels(60)), delay=0.003) as agent:
        await engine.get(target(agent.port), SnmpContext(), [column_oid(2) + b"\x01"])
        engine._exchange._capacity = 10_000
        reads = await asyncio.gather(
            *(poll(engine, agent, name=f"hub{number}", timeout=5, outstanding=8) for number in range(8))
        )
    assert [len(read.tables[0].rows) for read in reads] == [60] * 8
    assert engine._exchange._in_flight_octets == 0


async def test_silent_agents_starve_nobody(engine):
    """Room that is kept for answers which do not come is given to others before the silent ones time out."""
    dead = ModelAgent({})
    dead.alive = False
    async with UdpModel(ModelAgent(tunnels(40))) as agent, UdpModel(dead) as one, UdpModel(dead) as other:
        await engine.get(target(agent.port), SnmpContext(), [column_oid(2) + b"\x01"])
        engine._exchange._capacity = 1
        silent = [asyncio.create_task(poll(engine, each, name="dead", timeout=30, retries=0)) for each in (one, other)]
        async with asyncio.timeout(10):
            read = await poll(engine, agent, timeout=20)
        assert len(read.tables[0].rows) == 40
        for task in silent:
            task.cancel()
        await asyncio.gather(*silent, return_exceptions=True)
    assert engine._exchange._in_flight_octets == 0


# --- what is forgotten ------------------------------------------------------------------------------------------------


async def test_agents_that_were_idle_for_long_are_forgotten(engine, monkeypatch):
    """However many addresses were asked, only so many idle ones are remembered."""
    monkeypatch.setattr("collector.sources.snmp.exchange._MOST_AGENTS", 2)
    monkeypatch.setattr("collector.sources.snmp.exchange._AGENT_IDLE_SECONDS", -1.0)
    async with UdpModel(ModelAgent(tunnels(1))) as one, UdpModel(ModelAgent(tunnels(1))) as two:
        for agent in (one, two, one, two):
            await poll(engine, agent)
        async with UdpModel(ModelAgent(tunnels(1))) as three:
            await poll(engine, three)
    assert len(engine._exchange._agents) == 1


async def test_nothing_is_kept_of_a_poll_that_ended(engine):
    """No request is under way, and no conversation open, once all polls have ended."""
    async with UdpModel(ModelAgent(tunnels(20))) as agent:
        await asyncio.gather(*(poll(engine, agent) for _ in range(3)))
    exchange = engine._exchange
    assert len(exchange._pending) == 0
    assert [agent.outstanding for agent in exchange._agents.values()] == [0]
    assert not any(agent.conversations for agent in exchange._agents.values())


async def test_an_engine_that_asked_nothing_has_counted_nothing():
    """Stats can be read before anything was asked, and after the engine is closed."""
    engine = SnmpEngine()
    assert engine.stats.received == 0
    await engine.close()
    assert engine.stats.received == 0


async def test_stats_remain_after_close():
    """What was counted is still told after the end."""
    async with SnmpEngine() as engine, UdpModel(ModelAgent(tunnels(1))) as agent:
        await poll(engine, agent)
    assert engine.stats.received > 0


async def test_a_closed_engine_asks_nothing():
    """Polls of a closed engine fail at once."""
    engine = SnmpEngine()
    await engine.close()
    with pytest.raises(SourceError, match="asking hub1: the engine is closed"):
        await engine.get(target(9), SnmpContext(), [])


async def test_requests_bear_numbers_that_nobody_can_guess(engine):
    """Request-ids are neither small nor in sequence."""
    async with UdpModel(ModelAgent(tunnels(50))) as agent:
        await poll(engine, agent)
    numbers = [message.pdu.request_id for message in agent.messages]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) > 2**24
    assert sorted(numbers) != numbers


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_no_descriptor_is_left():
    """An engine that is closed has no socket open."""
    before = descriptors()
    async with UdpModel(ModelAgent(tunnels(1))) as agent:
        async with SnmpEngine() as engine:
            await poll(engine, agent)
        assert descriptors() == before + 1


async def test_a_long_way_is_not_taken_for_a_slow_agent(engine):
    """Where every answer takes long, smaller requests would only be more of them."""
    costs = {}
    for delay in (0.0, 0.09):
        async with UdpModel(ModelAgent(tunnels(60)), delay=delay) as agent:
            costs[delay] = (await poll(engine, agent)).costs
    assert costs[0.09].requests <= costs[0.0].requests * 2
    assert costs[0.09].timeouts == 0
