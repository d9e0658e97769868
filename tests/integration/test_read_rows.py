"""Rows that are read by themselves, from real agents: as a poll of everything has them, in few requests."""

import time

import pytest

from collector.errors import SourceError
from collector.interpret.plan import PollMemory
from collector.interpret.row_read import RowRead
from collector.interpret.snmp import interpret
from collector.model import ChildSa, IkeSa
from collector.sources.snmp import Community, SnmpContext, SnmpEngine
from collector.tunnels.merge import last_arc
from collector.wire.ber import encode_arcs
from collector.wire.recording import read_recording
from collector.wire.snmp import VERSION_1
from tests.agents import snmpd
from tests.agents.story import Story, StoryAgent, line
from tests.agents.tunnel_rows import TABLES, scalar_row, tunnel_rows, varbinds_of

pytestmark = pytest.mark.integration

IPSEC, IKE = TABLES.modules["ipsec"], TABLES.modules["ike"]
CREDENTIALS = {
    "v1": Community(community=b"community", version=VERSION_1),
    "v2c": Community(community=b"community"),
    **{f"{auth.name}-{priv.name}": snmpd.user(auth, priv) for auth, priv in snmpd.LEVELS},
}
LISTED = {"child": ChildSa, "ike": IkeSa}
BIG = 1000
SEVERAL = {101: 3, 108: 1, 115: 0, 7087: 2}
"""Rows of the big table, and how many endpoints they have."""


def of(entities, level, *indexes):
    """Entities of some rows, in words."""
    named = f"{level}_index"
    return sorted(
        repr(each)
        for each in entities
        if (last_arc(each.index) if isinstance(each, LISTED[level]) else getattr(each, named, None)) in indexes
    )


async def read(engine, target, context, module, level, *indexes, memory=None):
    """What rows mean, and how many answers that took."""
    memory = memory or PollMemory()
    before = engine.stats.received
    tables = await engine.read_rows(target, context, RowRead(module, memory, level, indexes), memory)
    return of(interpret(tables).entities, level, *indexes), engine.stats.received - before


async def polled(engine, target, context, module, memory=None):
    read = await engine.poll(target, context, module, memory or PollMemory(), full=True)
    return interpret(read.tables).entities


# --- net-snmp ---------------------------------------------------------------------------------------------------------


def big():
    """Many tunnels; some have endpoints and SPIs."""
    varbinds = varbinds_of(tunnel_rows(BIG))
    for name in ("cipSecEndPtTable", "cipSecSpiTable"):
        row = scalar_row(TABLES.tables[name])[b"\x00"]
        suffixes = [encode_arcs((index, n)) for index, count in SEVERAL.items() for n in range(1, count + 1)]
        varbinds += varbinds_of(dict.fromkeys(suffixes, row), TABLES.tables[name])
    return varbinds


@pytest.fixture(scope="module")
def snmp_agent(peer, request, tmp_path_factory):
    """The port of an snmpd with a recorded context and a big one."""
    folder = request.config.rootpath / "tests" / "golden" / "snmp"
    text = (folder / "ios-3745b-context-vrf1-after-ping.getmany.txt").read_text()
    contexts = {"vrf1": read_recording(text, TABLES.objects).varbinds, "big": big()}
    replay = snmpd.make_replay(peer, tmp_path_factory.mktemp("read-rows"), contexts)
    with replay.running():
        yield replay.port


def target(port, credentials):
    return snmpd.target(port, credentials)


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
@pytest.mark.parametrize(("module", "level"), [(IPSEC, "child"), (IKE, "ike")], ids=["ipsec", "ike"])
async def test_a_recorded_row_is_read_as_it_was_recorded(snmp_agent, credentials, module, level):
    """With all that belongs to it, in its VRF only; its neighbours by number are not there."""
    asked, context = target(snmp_agent, credentials), snmpd.context("vrf1")
    async with SnmpEngine() as engine:
        entities = await polled(engine, asked, context, module)
        (index,) = {int(entity.index) for entity in entities if isinstance(entity, LISTED[level])}
        found, _ = await read(engine, asked, context, module, level, index)
        assert found == of(entities, level, index)
        assert len(found) > (level == "child")
        assert (await read(engine, asked, context, module, level, index + 1, index + 2))[0] == []
        elsewhere, _ = await read(engine, asked, snmpd.context("big"), module, level, index)
        assert elsewhere == []


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
async def test_a_row_of_many_costs_few_requests(snmp_agent, credentials):
    """As many of a table of 1,000 rows as of one of a single row."""
    asked, context, memory = target(snmp_agent, credentials), snmpd.context("big"), PollMemory()
    async with SnmpEngine() as engine:
        entities = await polled(engine, asked, context, IPSEC, memory)
        for index, endpoints in SEVERAL.items():
            found, requests = await read(engine, asked, context, IPSEC, "child", index, memory=memory)
            assert found == of(entities, "child", index)
            assert len(found) == 1 + 2 * endpoints
            assert requests <= (20 if credentials is CREDENTIALS["v1"] else 8)
        gone, requests = await read(engine, asked, context, IPSEC, "child", 102, memory=memory)
        assert (gone, requests <= (10 if credentials is CREDENTIALS["v1"] else 2)) == ([], True)
        many = (*SEVERAL, 102, 2**31 - 1)
        assert (await read(engine, asked, context, IPSEC, "child", *many))[0] == of(entities, "child", *many)


async def test_no_answer_is_an_error(snmp_agent):
    """Not a row that is gone."""
    asked = snmpd.target(snmp_agent, Community(community=b"not the password"), timeout=0.1, retries=0)
    async with SnmpEngine() as engine:
        with pytest.raises(SourceError, match="timed out"):
            await read(engine, asked, SnmpContext(), IPSEC, "child", 1)


# --- a device whose story is told -------------------------------------------------------------------------------------


@pytest.fixture
def told():
    """A device with some tunnels, of which one has ended."""
    story = Story()
    lives = [story.begin(line(number), ago=100, receive_bytes=10.0) for number in range(1, 9)]
    story.begin(line(1, "ike"), ago=200)
    story.begin(line(2, "ike"), ago=200)
    story.end(lives[2])
    return story


@pytest.mark.parametrize("version", ["v1", "v2c"])
@pytest.mark.parametrize(
    ("module", "level", "indexes"),
    [(IPSEC, "child", (1,)), (IPSEC, "child", (3,)), (IPSEC, "child", (2, 3, 8, 9)), (IKE, "ike", (1, 2, 3))],
)
async def test_rows_are_as_they_are_now(told, version, module, level, indexes):
    """What lives is there with what belongs to it; what has ended or never was is not."""
    async with StoryAgent(told) as agent, SnmpEngine() as engine:
        agent.agent.version = int(version[1])
        asked = snmpd.target(agent.port, CREDENTIALS[version])
        found, requests = await read(engine, asked, SnmpContext(), module, level, *indexes)
        entities = await polled(engine, asked, SnmpContext(), module)
    wanted = of(entities, level, *indexes)
    # Counters move on between the two.
    assert [text.split(",")[0] for text in found] == [text.split(",")[0] for text in wanted]
    alive = {life.index for life in told.world.lives if life.line.level == level and life.alive(time.time())}
    assert sum(text.startswith(LISTED[level].__name__) for text in found) == len(alive & set(indexes))
    assert requests <= 12
