"""A dying hub's thousands of traps, and strangers' garbage: what they may cost the daemon, and what they must not."""

import asyncio
import socket
from pathlib import Path
from random import Random

import pytest

from collector.wire import ber, snmp
from tests.agents.daemons import configuration, parsed, running, until
from tests.agents.notifier import TRAP_OID, UP_TIME, community_message, pdu_of
from tests.agents.story import line

pytestmark = pytest.mark.integration

MORE = """\
tunnels:
  - {name: branch, match: {target: hub1, peer: 10.9.0.1}, expected: always}
notifications:
  traps: {listen: ["127.0.0.1:0"]}
"""
BRANCH = ("hub1", "global", "branch", "10.9.0.1")
STORM = 10_000
HOSTILE = 20_000
NOT_THERE = 1_000_000
MOST_GROWTH = 128 << 20


def stop_of(index):
    """A cipSecTunnelStop of a row, as an agent sends it."""
    active_time = ber.oid(f"1.3.6.1.4.1.9.9.171.1.3.2.1.10.{index}"), snmp.INTEGER, b"\x01\x51"
    return community_message(pdu_of(varbinds=(UP_TIME, TRAP_OID, active_time)))


def port_of(log):
    (watching,) = [one for one in log() if one["event"] == "watching"]
    return int(watching["notifications"][0].rpartition(":")[2])


def resident_octets():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


class Sender:
    """Sends from an address, some at a time, so that the event loop has its turns."""

    def __init__(self, port, address="127.0.0.1"):
        self._port, self._address = port, address

    async def send(self, datagrams, at_once=200):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind((self._address, 0))
            for number, each in enumerate(datagrams):
                udp.sendto(each, ("127.0.0.1", self._port))
                if number % at_once == at_once - 1:
                    await asyncio.sleep(0)


async def counted(seen, name):
    """The sum of a counter that is there."""
    samples = await seen(name)
    assert samples, name
    return sum(samples.values())


async def heard(seen):
    """Datagrams that arrived, were dropped by reason, and were dropped by the system."""
    samples = await seen.all()

    def of(name):
        return {key[1:]: value for key, value in samples.items() if key[0] == f"tunnelwatch_listener_{name}_total"}

    reasons = {key[1]: value for key, value in of("dropped").items()}
    return sum(of("messages").values()), reasons, sum(of("kernel_drops").values())


async def has_tunnel(seen):
    async def up():
        return (await seen("ipsec_tunnel_up")).get(BRANCH) == 1

    await until(up, "the tunnel")


async def is_down(seen, patience):
    async def down():
        return (await seen("ipsec_tunnel_up")).get(BRANCH) == 0

    await until(down, "the end", patience)


async def test_a_dying_hubs_traps_cost_a_few_polls(story, agent, tmp_path, log):
    """All are taken or counted as lost, all are on record, and polls stay on time meanwhile."""
    lives = [story.begin(line(number), ago=10) for number in range(1, 6)]
    async with running(parsed(configuration(tmp_path, agent.port, MORE))) as seen:
        await has_tunnel(seen)
        before, late = resident_octets(), await counted(seen, "tunnelwatch_poll_late_total")
        began = asyncio.get_running_loop().time()
        for life in lives:
            story.end(life)
        indexes = [life.index for life in lives] + list(range(NOT_THERE, NOT_THERE + STORM - len(lives)))
        await Sender(port_of(log)).send(map(stop_of, indexes))
        await is_down(seen, 10)

        async def all_came():
            arrived, _, lost = await heard(seen)
            return arrived + lost >= STORM

        await until(all_came, "all traps", 20)
        arrived, dropped, lost = await heard(seen)
        assert (arrived + lost, dropped) == (STORM, {})

        async def on_record():
            written = await seen("tunnelwatch_ledger_written_total")
            return written.get(("event",), 0) >= arrived

        await until(on_record, "events on record", 20)
        seconds = asyncio.get_running_loop().time() - began
        polls = await counted(seen, "tunnelwatch_notification_polls_total")
        reads = await counted(seen, "tunnelwatch_notification_reads_total")
        assert 1 <= polls <= 2 + seconds / 5
        assert reads <= 20 * min(seconds, 3)
        assert await counted(seen, "tunnelwatch_poll_late_total") - late <= 2
        assert await counted(seen, "tunnelwatch_ledger_events_dropped_total") == 0
        assert resident_octets() - before < MOST_GROWTH


def hostile(chance):
    """Garbage, truncated and bent notifications, and those of a wrong community."""
    valid = stop_of(NOT_THERE + chance.randrange(100))
    kind = chance.randrange(4)
    if kind == 0:
        return chance.randbytes(chance.randrange(200))
    if kind == 1:
        return valid[: chance.randrange(len(valid))]
    if kind == 2:
        bent = bytearray(valid)
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        return bytes(bent)
    return valid.replace(b"public", b"secret", 1)


async def test_hostile_datagrams_are_counted_and_hide_no_trap(story, agent, tmp_path, log):
    """A tunnel that stops among them is down at once, long before the next poll."""
    life = story.begin(line(1), ago=10)
    slow = configuration(tmp_path, agent.port, MORE).replace("interval: 1s", "interval: 60s")
    chance = Random(4)
    async with running(parsed(slow)) as seen:
        await has_tunnel(seen)
        before, port = resident_octets(), port_of(log)
        datagrams = [hostile(chance) for _ in range(HOSTILE // 2)]
        await Sender(port).send(datagrams)
        story.end(life)
        await Sender(port).send([stop_of(life.index)])
        await Sender(port, "127.0.0.2").send(datagrams)
        await is_down(seen, 10)

        async def all_came():
            arrived, _, lost = await heard(seen)
            return arrived + lost >= HOSTILE + 1

        await until(all_came, "all datagrams", 20)
        arrived, dropped, lost = await heard(seen)
        taken = await counted(seen, "tunnelwatch_notifications_received_total")
        assert arrived + lost == HOSTILE + 1
        assert arrived == sum(dropped.values()) + taken
        assert {"malformed", "unknown-community", "unknown-sender"} <= dropped.keys()
        assert dropped["unknown-sender"] == HOSTILE // 2 - lost
        assert resident_octets() - before < MOST_GROWTH
        assert len([one for one in log() if one["event"].startswith("notification dropped")]) < 30
