"""Notifications, from a real snmptrap to the state on /metrics: told, looked at, on record."""

import asyncio
import json

import pytest

from tests.agents.daemons import configuration, parsed, running, until
from tests.agents.story import line

pytestmark = pytest.mark.integration

MORE = """\
tunnels:
  - {name: branch, match: {target: hub1, peer: 10.9.0.1}, expected: always}
notifications:
  traps: {listen: ["127.0.0.1:0"]}
  syslog: {listen: [{protocol: udp, address: "127.0.0.1:0"}]}
"""
BRANCH = ("hub1", "global", "branch", "10.9.0.1")
RATES = {"receive_bytes": 1000.0}
FLOW_MONITOR = "1.3.6.1.4.1.9.9.171"
START, STOP = f"{FLOW_MONITOR}.2.0.7", f"{FLOW_MONITOR}.2.0.8"
ACTIVE_TIME = f"{FLOW_MONITOR}.1.3.2.1.10"


def slow(folder, port):
    """A configuration whose polls are far apart: what is seen at once was not polled."""
    return configuration(folder, port, MORE).replace("interval: 1s", "interval: 60s")


def ports_of(log):
    """The ports where notifications arrive: of traps, of syslog."""
    (watching,) = [one for one in log() if one["event"] == "watching"]
    return [int(port.rpartition(":")[2]) for port in watching["notifications"]]


async def snmptrap(port, oid, *varbinds):
    process = await asyncio.create_subprocess_exec(
        *("snmptrap", "-v2c", "-c", "public", f"127.0.0.1:{port}", "", oid, *varbinds),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said


async def latency(seen):
    samples = await seen("tunnelwatch_notification_to_state_seconds_sum")
    return samples[()]


async def test_a_tunnel_that_stops_is_down_at_once(story, agent, tmp_path, log):
    """Long before the next poll; its end and reason come from the history, and the event log has both sources."""
    life = story.begin(line(1), ago=10, **RATES)
    other = story.begin(line(2), ago=10, **RATES)
    async with running(parsed(slow(tmp_path, agent.port))) as seen:

        async def state():
            return (await seen("ipsec_tunnel_up")).get(BRANCH)

        async def is_up():
            return await state() == 1

        async def is_down():
            return await state() == 0

        await until(is_up, "the tunnel")
        story.end(life)
        await snmptrap(ports_of(log)[0], STOP, f"{ACTIVE_TIME}.{life.index}", "i", "1000")
        await until(is_down, "the end", 5)
        assert await latency(seen) < 1.0

        async def has_reason():
            return await seen.sessions(tunnel="branch", reason="peerLost")

        await until(has_reason, "the reason", 10)
        again = story.begin(line(1), **RATES)
        await snmptrap(ports_of(log)[0], START, f"{FLOW_MONITOR}.1.3.2.1.8.{again.index}", "i", "3600")
        await until(is_up, "the tunnel again", 5)
        assert (await seen("tunnelwatch_transitions_total"))["yes", "hub1"] == 2
        assert other.died == float("inf")

        async def events():
            found = (await seen.json("/api/v1/events"))["events"]
            return found if len(found) >= 4 else None

        found = await until(events, "events on record", 10)
    told = {(one["source"], one["name"], one["tunnel"]) for one in found}
    assert {("trap", "cipSecTunnelStop", "branch"), ("poll", "tunnel_down", "branch")} <= told
    assert ("poll", "tunnel_up", "branch") in told
    assert "public" not in json.dumps(found)


async def test_what_syslog_says_of_a_peer_is_looked_at(story, agent, tmp_path, log):
    """Many headends report tunnels there and nowhere else."""
    life = story.begin(line(1), ago=10, **RATES)
    async with running(parsed(slow(tmp_path, agent.port))) as seen:

        async def state():
            return (await seen("ipsec_tunnel_up")).get(BRANCH)

        async def is_up():
            return await state() == 1

        async def is_down():
            return await state() == 0

        await until(is_up, "the tunnel")
        story.end(life)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", ports_of(log)[1])
        )
        said = "Crypto tunnel is DOWN.  Peer 10.9.0.1:500       Id: 10.9.0.1"
        transport.sendto(f"<189>45: *Mar  1 00:10:11.123: %CRYPTO-5-SESSION_STATUS: {said}".encode())
        transport.close()
        await until(is_down, "the end", 5)
