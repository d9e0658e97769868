"""The engine against net-snmp's real agent, which replays a router's walks in one context for each VRF."""

import pytest

from collector.errors import SourceError
from collector.interpret.plan import PollMemory
from collector.interpret.recorded import sort_varbinds
from collector.interpret.snmp import interpret
from collector.sources.snmp import Community, SnmpContext, SnmpEngine
from collector.wire.ber import encode_arcs, oid
from collector.wire.recording import read_recording
from collector.wire.snmp import NO_SUCH_OBJECT, TIMETICKS
from collector.wire.usm import AuthProtocol, PrivProtocol, UsmUser
from tests.agents import snmpd
from tests.agents.tunnel_rows import TABLES, TUNNELS, tunnel_rows, varbinds_of

pytestmark = pytest.mark.integration

IPSEC, IKE = TABLES.modules["ipsec"], TABLES.modules["ike"]
HOT = {column.number for column in TUNNELS.columns if column.kind != "static" and not column.slow}
HOT -= {column.number for column in TUNNELS.columns if column.superseded_by}
BIG = 1000
SYS_UP_TIME = oid("1.3.6.1.2.1.1.3.0")
CREDENTIALS = {"v2c": None, **{f"{auth.name}-{priv.name}": snmpd.user(auth, priv) for auth, priv in snmpd.LEVELS}}
SECRETS = [snmpd.AUTH_SECRET, snmpd.PRIV_SECRET, b"secret", b"not the password"]


@pytest.fixture(scope="module")
def samples(request):
    """The varbinds of the recorded contexts, by the name of the VRF."""
    folder = request.config.rootpath / "tests" / "golden" / "snmp"
    texts = {vrf: (folder / f"ios-3745b-context-{vrf}-after-ping.getmany.txt").read_text() for vrf in ("vrf1", "vrf2")}
    return {vrf: read_recording(text, TABLES.objects).varbinds for vrf, text in texts.items()}


@pytest.fixture(scope="module")
def replay(peer, samples, tmp_path_factory):
    """The agent with the recorded contexts and one with many tunnels, not running."""
    contexts = {**samples, "big": varbinds_of(tunnel_rows(BIG))}
    return snmpd.make_replay(peer, tmp_path_factory.mktemp("engine-snmpd"), contexts)


@pytest.fixture(scope="module")
def agent(replay):
    """The port of a running snmpd."""
    with replay.running():
        yield replay.port


def decoded(reads):
    """What tables mean, and that nothing of them was in error."""
    interpretation = interpret(reads)
    assert interpretation.decode_errors == 0
    return sorted(map(repr, interpretation.entities))


def recorded(varbinds, module):
    """What a module of a recording means."""
    tables = {table.name: table for table in module.tables}
    return decoded(sort_varbinds(varbinds, tables).reads)


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
@pytest.mark.parametrize("module", [IPSEC, IKE], ids=lambda module: module.name)
@pytest.mark.parametrize("vrf", ["vrf1", "vrf2"])
async def test_a_poll_means_what_the_recording_means(agent, samples, credentials, module, vrf):
    """A context that is polled says what its recording says, at a full poll and at a steady one after it."""
    target, memory = snmpd.target(agent, credentials), PollMemory()
    async with SnmpEngine() as engine:
        for full in (True, False):
            read = await engine.poll(target, snmpd.context(vrf), module, memory, full=full)
            assert decoded(read.tables) == recorded(samples[vrf], module)
            assert all(table.complete and not table.faults for table in read.tables)
            assert (read.full, read.costs.full) == (full, full)


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
async def test_a_context_shows_its_own_tunnels_only(agent, credentials):
    """The one tunnel is seen in vrf1, by its index; the other context has no such rows."""
    target = snmpd.target(agent, credentials)
    async with SnmpEngine() as engine:
        one, two = [await engine.poll(target, snmpd.context(vrf), IPSEC, PollMemory()) for vrf in ("vrf1", "vrf2")]
    [tunnels] = [read for read in one.tables if read.table is TUNNELS]
    assert list(tunnels.rows) == [encode_arcs((1,))]
    assert "cipSecTunnelTable" in two.missing
    assert [read.table.name for read in two.tables if read.rows] == ["cipSecGlobalStats"]


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
async def test_the_system_group_is_in_the_default_context_only(agent, credentials):
    """The time since start is read in the default context; in a VRF's context the same question has no answer."""
    target = snmpd.target(agent, credentials)
    async with SnmpEngine() as engine:
        [(oid_, tag, content)] = await engine.get(target, snmpd.context(), [SYS_UP_TIME])
        assert (oid_, tag) == (SYS_UP_TIME, TIMETICKS)
        assert content
        assert await engine.get(target, snmpd.context("vrf1"), [SYS_UP_TIME]) == [(SYS_UP_TIME, NO_SUCH_OBJECT, b"")]
        read = await engine.poll(target, snmpd.context("vrf1"), TABLES.modules["system"], PollMemory())
    assert (read.tables, set(read.missing)) == ((), {"system", "snmpEngine"})


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
async def test_many_tunnels_are_walked_whole_and_then_cost_little(agent, credentials):
    """1,000 rows of 50 columns come cell by cell as they are; a steady poll takes at most 30 % of the requests."""
    target, memory, truth = snmpd.target(agent, credentials), PollMemory(), tunnel_rows(BIG)
    costs = []
    async with SnmpEngine() as engine:
        for full in (True, False):
            read = await engine.poll(target, snmpd.context("big"), IPSEC, memory, full=full)
            [tunnels] = [table for table in read.tables if table.table is TUNNELS]
            assert (tunnels.complete, tunnels.faults) == (True, ())
            for suffix, row in truth.items():
                # Columns that a better one has superseded are not asked for again.
                assert row.items() >= tunnels.rows[suffix].items()
            assert tunnels.rows.keys() == truth.keys()
            assert {number for row in tunnels.rows.values() for number in row} >= HOT
            costs.append(read.costs)
            if full:
                assert tunnels.rows == truth
    assert costs[1].requests <= 0.3 * costs[0].requests
    assert [(cost.retries, cost.timeouts) for cost in costs] == [(0, 0)] * 2


async def test_ipv6(agent, samples):
    """An agent at an IPv6 address is polled as one at an IPv4 address."""
    for credentials in (None, snmpd.user()):
        async with SnmpEngine() as engine:
            target = snmpd.target(agent, credentials, address="::1")
            read = await engine.poll(target, snmpd.context("vrf1"), IPSEC, PollMemory())
        assert decoded(read.tables) == recorded(samples["vrf1"], IPSEC)


def replaced(**changes):
    """The ordinary user with something else in one place."""
    told = {"name": snmpd.user().name, "auth": AuthProtocol.SHA256, "auth_secret": snmpd.AUTH_SECRET}
    told |= {"priv": PrivProtocol.AES, "priv_secret": snmpd.PRIV_SECRET}
    return UsmUser(**{**told, **changes})


SILENCE = "reading on hub1, vrf {vrf}: timed out after 2 tries"
REFUSAL = "reading on hub1, vrf {vrf}: refused with usmStats"
WRONG = {
    "community": (Community(community=b"not the password"), SnmpContext(), SILENCE),
    "user": (replaced(name="stranger"), SnmpContext(), REFUSAL + "UnknownUserNames"),
    "auth": (replaced(auth_secret=b"not the password"), SnmpContext(), REFUSAL + "WrongDigests"),
    "priv": (replaced(priv_secret=b"not the password"), SnmpContext(), SILENCE),
    "context": (snmpd.user(), SnmpContext(vrf="vrf9", context_name="vrf9"), SILENCE),
}
"""Whom snmpd does not answer at all, and to whom it says why it does not."""


@pytest.mark.parametrize(("credentials", "context", "reason"), WRONG.values(), ids=WRONG)
async def test_what_is_refused_is_an_error_without_secrets(agent, credentials, context, reason):
    """The error names target, VRF, act and reason, and no secret; other users of the same agent are not disturbed."""
    target = snmpd.target(agent, credentials, timeout=0.2, retries=1)
    async with SnmpEngine() as engine:
        with pytest.raises(SourceError) as caught:
            await engine.poll(target, context, IPSEC, PollMemory())
        good = await engine.get(snmpd.target(agent, snmpd.user()), snmpd.context(), [SYS_UP_TIME])
    told = str(caught.value)
    assert told == reason.format(vrf=context.vrf)
    assert not [secret for secret in SECRETS if secret.decode() in told + repr(target) + repr(context)]
    assert good[0][1] == TIMETICKS


RESTARTS = {
    "more boots": {"boots": 9},
    "fewer boots": {"boots": 2},
    "another engine": {"boots": 2, "engine_id": snmpd.ENGINE_ID[::-1]},
}


@pytest.mark.parametrize("restart", RESTARTS.values(), ids=RESTARTS)
async def test_an_agent_that_was_restarted_is_polled_on(peer, samples, tmp_path, restart):
    """After a restart the next poll of each context succeeds, in the same engine, v2c and v3."""
    replay = snmpd.make_replay(peer, tmp_path, samples)
    users = [None, snmpd.user(), snmpd.user(AuthProtocol.SHA512, PrivProtocol.AES256)]
    polled = [(snmpd.target(replay.port, user), vrf, PollMemory()) for user in users for vrf in samples]
    async with SnmpEngine() as engine:
        for options in ({}, restart):
            with replay.running(**options):
                for target, vrf, memory in polled:
                    read = await engine.poll(target, snmpd.context(vrf), IPSEC, memory)
                    assert decoded(read.tables) == recorded(samples[vrf], IPSEC)
                    assert read.costs.timeouts == 0
