"""The demo's agent, asked by net-snmp and by our own codec; and its process."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from collector.demo.access import AUTH_SECRET, PRIV_SECRET, USER
from collector.demo.lab import Lab
from collector.errors import SourceError
from collector.wire import ber, snmp

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
FLOW = "1.3.6.1.4.1.9.9.171"
CONTEXTS = {"global1": "", "abc1": "vrf-vrf1-context", "abc2": "vrf-vrf2-context"}
V3 = ("-v3", "-u", USER, "-l", "authPriv", "-a", "SHA-256", "-A", AUTH_SECRET, "-x", "AES", "-X", PRIV_SECRET)
KINDS = {
    "1.3.6.1.2.1.1.2.0": "OID",
    "1.3.6.1.2.1.1.3.0": "Timeticks",
    "1.3.6.1.2.1.1.5.0": "STRING",
    f"{FLOW}.1.3.1.1.0": "Gauge32",
    f"{FLOW}.1.3.1.3.0": "Counter32",
    f"{FLOW}.1.3.1.4.0": "Counter64",
    f"{FLOW}.1.4.1.1.1.0": "INTEGER",
    "1.3.6.1.2.1.15.4.0": "IpAddress",
}


@pytest.fixture(scope="module")
def agent():
    """Run an agent; give its port."""
    command = [sys.executable, "-m", "collector.demo.agent", "--seed", "3"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield json.loads(process.stdout.readline())["port"]
        process.stdin.close()
        assert process.wait(5) == 0


@pytest.fixture
def ask(agent, peer):
    """Return a function that runs one of net-snmp's commands at the agent."""

    def run(command, *arguments, oids=(), bad=False):
        program = peer(command, "snmp")
        line = [program, *arguments, "-On", "-r1", "-t2", f"127.0.0.1:{agent}", *oids]
        done = subprocess.run(line, capture_output=True, text=True, timeout=30, check=False)
        assert bool(done.returncode) == bad, done.stderr
        return done.stderr if bad else done.stdout

    return run


def instances(output):
    """Read the output of a walk: OID → kind of value."""
    pairs = (line.split(" = ", 1) for line in output.splitlines() if " = " in line)
    return {tuple(map(int, oid[1:].split("."))): value.split(":")[0].strip('"') for oid, value in pairs}


@pytest.mark.parametrize("community", CONTEXTS)
def test_community_chooses_the_context(ask, community):
    """Each community shows its context, whole and in order; only the default one has a system group."""
    found = instances(ask("snmpbulkwalk", "-v2c", "-c", community, "-Cr40", oids=["1.3"]))
    assert len(found) > 200
    assert all(one < other for one, other in pairwise(found))
    assert ((1, 3, 6, 1, 2, 1, 1, 1, 0) in found) == (community == "global1")


def test_community_made_of_context(ask):
    """What discovery makes of `{community}@{context}` leads to that context too."""
    command = ("snmpget", "-v2c", "-c", "global1@vrf-vrf2-context")
    assert ask(*command, oids=["1.3.6.1.2.1.15.3.1.9.10.255.2.1"]).endswith("INTEGER: 65201\n")


@pytest.mark.parametrize("community", CONTEXTS)
def test_context_name_chooses_the_context(ask, community):
    """With SNMPv3 the context's name shows what the community shows with version 2c."""
    named = ("-n", CONTEXTS[community]) if CONTEXTS[community] else ()
    by_name = instances(ask("snmpbulkwalk", *V3, *named, oids=[f"{FLOW}.1.6"]))
    by_community = instances(ask("snmpbulkwalk", "-v2c", "-c", community, oids=[f"{FLOW}.1.6"]))
    assert by_name == by_community
    assert len(by_name) == 13
    tunnels = instances(ask("snmpbulkwalk", *V3, *named, oids=[f"{FLOW}.1.3.2.1.51"]))
    kinds = {kind.split(" available")[0] for kind in tunnels.values()}
    assert kinds == ({"INTEGER"} if named else {"No Such Object"})


def test_walks_with_getnext_and_bulk_agree(ask):
    """GETNEXT visits the same instances as GETBULK."""
    one_by_one = instances(ask("snmpwalk", "-v2c", "-c", "abc1", oids=[f"{FLOW}.1.6"]))
    in_bulk = instances(ask("snmpbulkwalk", "-v2c", "-c", "abc1", oids=[f"{FLOW}.1.6"]))
    assert one_by_one == in_bulk


def test_values_have_their_types(ask):
    """Each ASN.1 type that the hub shows arrives as that type."""
    found = instances(ask("snmpget", "-v2c", "-c", "global1", oids=KINDS))
    assert {".".join(map(str, oid)): kind for oid, kind in found.items()} == KINDS


def test_version_1(ask):
    """Version 1 walks over everything that it has types for: no Counter64."""
    found = instances(ask("snmpwalk", "-v1", "-c", "abc2", oids=[f"{FLOW}.1.3.1"]))
    kinds = list(found.values())
    assert len(kinds) == 26
    assert "Counter64" not in kinds
    assert "noSuchName" in ask("snmpget", "-v1", "-c", "abc2", oids=[f"{FLOW}.1.3.1.4.0"], bad=True)


def test_what_is_missing(ask):
    """A missing instance, a missing object and the end of the view are told apart."""
    oids = [f"{FLOW}.1.1.1.9", f"{FLOW}.1.1.99.0"]
    answer = ask("snmpget", "-v2c", "-c", "abc1", oids=oids)
    assert "No Such Instance" in answer
    assert "No Such Object" in answer
    assert "past the end" in ask("snmpgetnext", "-v2c", "-c", "abc1", oids=["2.1"])


@pytest.mark.parametrize("version", [("-v1",), ("-v2c",)])
def test_nothing_can_be_set(ask, version):
    """SET is refused, by version 1 as by 2c."""
    set_it = ("1.3.6.1.2.1.1.5.0", "s", "mine")
    answer = ask("snmpset", *version, "-c", "global1", oids=set_it, bad=True)
    assert "notWritable" in answer or "noSuchName" in answer or "readOnly" in answer
    assert "hub1" in ask("snmpget", "-v2c", "-c", "global1", oids=["1.3.6.1.2.1.1.5.0"])


def test_unknown_context_and_user(ask):
    """An unknown context or user and a wrong passphrase are reported as what they are."""
    oids = ["1.3.6.1.2.1.1.5.0"]
    assert "Bad context" in ask("snmpget", *V3, "-n", "vrf-vrf9-context", oids=oids, bad=True)
    wrong = [each if each != AUTH_SECRET else "something-else" for each in V3]
    assert "Authentication failure" in ask("snmpget", *wrong, oids=oids, bad=True)
    stranger = [each if each != USER else "nobody" for each in V3]
    assert "Unknown user" in ask("snmpget", *stranger, oids=oids, bad=True)


def exchange(port, datagram, size=65_535):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(datagram, ("127.0.0.1", port))
        return client.recv(size)


def bulk(oids, max_repetitions):
    pdu = snmp.encode_request(snmp.PduType.GET_BULK, 7, list(map(ber.oid, oids)), max_repetitions=max_repetitions)
    return snmp.encode_community_message(1, b"abc1", pdu)


@pytest.mark.parametrize("repetitions", [1, 10, 2_000_000])
def test_responses_are_bounded(agent, repetitions):
    """However much is asked for, a response fits into 1,500 octets, and has something in it."""
    columns = [f"{FLOW}.1.3.2.1.{number}" for number in range(2, 52)]
    response = exchange(agent, bulk(columns, repetitions))
    assert len(response) <= 1_500
    message = snmp.decode_community_message(response)
    assert message.pdu.error_status == 0
    assert len(message.pdu.varbinds) >= 40


def test_too_much_for_a_get(agent):
    """A GET whose answer would be too long is answered with tooBig and nothing else."""
    pdu = snmp.encode_request(snmp.PduType.GET, 9, [ber.oid(f"{FLOW}.1.6.1.0")] * 100)
    answer = snmp.decode_community_message(exchange(agent, snmp.encode_community_message(1, b"abc1", pdu))).pdu
    assert (answer.error_status, answer.varbinds) == (snmp.ErrorStatus.tooBig, [])


def test_goes_on_after_rubbish(agent, ask):
    """Messages that cannot be read are dropped, and the agent answers the next one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for octets in (b"", b"\x30\x84", b"\x00" * 50, bulk(["1.3"], 1)[:-3], b"\x73&\x02\x01\x01"):
            client.sendto(octets, ("127.0.0.1", agent))
    assert "hub1" in ask("snmpget", "-v2c", "-c", "global1", oids=["1.3.6.1.2.1.1.5.0"])


def test_hub_moves(ask):
    """Counters go up from one look to the next."""
    oids = [f"{FLOW}.1.3.1.4.0"]
    look = lambda: int(ask("snmpget", "-v2c", "-c", "abc1", "-Oqv", oids=oids))  # noqa: E731
    first, deadline = look(), time.monotonic() + 5
    while look() == first:
        assert time.monotonic() < deadline


def alive(pid):
    """Whether a process is there; one that ended and was not waited for counts as there."""
    return Path(f"/proc/{pid}").exists()


def cpu_seconds(pid):
    """Give what a process has used up: a busy machine makes it slow, not costly."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def until_gone(pid):
    async with asyncio.timeout(5):
        while alive(pid):
            await asyncio.sleep(0.02)


async def test_lab_is_quick_and_leaves_nothing():
    """Starting takes the agent less than two CPU-seconds; left, its process is gone, zombie and all."""
    async with Lab() as lab:
        pid = lab.pid
        assert cpu_seconds(pid) < 2
        assert alive(pid)
        assert await asyncio.to_thread(exchange, lab.port, bulk(["1.3"], 1))
    assert not alive(pid)
    assert lab.pid is None


async def test_lab_ends_when_cancelled():
    """Cancelled inside, at whatever moment, the lab takes its process with it."""
    for patience in (0, 0.1, None):
        lab, inside = Lab(), asyncio.Event()

        async def stay(lab=lab, inside=inside):
            async with lab:
                inside.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(stay())
        if patience is None:
            await asyncio.wait_for(inside.wait(), 10)
        else:
            await asyncio.sleep(patience)
        pid = lab.pid
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert pid is None or not alive(pid)


async def test_agent_that_hangs_is_killed(monkeypatch):
    """An agent that does not end by itself is killed after a while."""
    monkeypatch.setattr("collector.demo.lab._STOP_SECONDS", 0.3)
    async with Lab() as lab:
        pid = lab.pid
        os.kill(pid, signal.SIGSTOP)
    assert not alive(pid)


async def test_port_in_use():
    """A port that is taken is an error that says so, not a lab that nobody answers in."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(SourceError, match="starting the demo's agent: it ended with status 1"):
            await Lab(port=taken.getsockname()[1]).__aenter__()


PARENT = """
import asyncio
from collector.demo.lab import Lab

async def main():
    async with Lab() as lab:
        print(lab.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_agent_ends_with_its_parent(number):
    """When the parent dies, even without a chance to say goodbye, the agent ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    pid = int(await process.stdout.readline())
    process.send_signal(number)
    await process.wait()
    await until_gone(pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_agent_ends_on_signals(number):
    """By hand, the agent ends quietly on SIGTERM and Ctrl-C."""
    command = [sys.executable, "-m", "collector.demo.agent"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(5) == 0
        assert process.stderr.read() == b""
