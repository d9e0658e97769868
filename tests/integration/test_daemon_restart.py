"""What outlives the daemon: names, accounts, sessions, and tunnels that are down."""

import signal
from collections import Counter

import pytest

from collector.ledger import Ledger
from tests.agents.daemons import Nursery, configuration, until
from tests.agents.story import Story, StoryAgent, line

pytestmark = pytest.mark.integration

NAMED = """\
tunnels:
  - {name: branch, match: {target: hub1, peer: 10.9.0.1}, expected: always}
"""
BRANCH = ("hub1", "global", "branch", "10.9.0.1")
GONE = ("hub1", "global", "10.1.0.0/24-172.16.3.0/24 via 192.0.2.1", "10.9.0.3")
RATES = {"receive_bytes": 1000.0, "transmit_bytes": 500.0, "receive_packets": 10.0}


async def settled(seen):
    """Return all samples once the branch is up again and the tunnel that went is known to be over."""
    samples = await seen.all()
    over = [one for one in await seen.sessions(reason="normal") if one["closed_by"] == "history"]
    states = samples.get(("ipsec_tunnel_up", *BRANCH)), samples.get(("ipsec_tunnel_up", *GONE))
    return samples if over and states == (1, 0) else None


def accounts(samples):
    return {key: value for key, value in samples.items() if key[0].startswith("ipsec_tunnel_") and "_total" in key[0]}


async def test_a_restart_forgets_nothing_and_doubles_nothing(tmp_path):
    """After SIGTERM and a new start all is as it was, and accounts go on."""
    story, path = Story(), tmp_path / "tunnelwatch.yaml"
    story.begin(line(1), ago=100, **RATES)
    gone = story.begin(line(3), ago=50, **RATES)
    async with StoryAgent(story) as agent, Nursery(path) as nursery:
        path.write_text(configuration(tmp_path, agent.port, NAMED))
        async with nursery.born() as daemon:
            seen = await daemon.listening()
            both = {BRANCH: 1, GONE: 1}

            async def up():
                return await seen("ipsec_tunnel_up") == both

            await until(up, "tunnels")
            story.end(gone, "normal")
            before = await until(lambda: settled(seen), "an end")
            sessions = await seen.sessions()
            assert await daemon.end(signal.SIGTERM) == 0
        at_the_end = checkpoint(tmp_path)
        async with nursery.born() as daemon:
            seen = await daemon.listening()
            first = await until(lambda: settled(seen), "the same tunnels")
            again = await seen.sessions()
            assert await daemon.end(signal.SIGTERM) == 0
    assert accounts(before).keys() == accounts(first).keys()
    assert [key for key, value in accounts(before).items() if first[key] < value] == []
    frozen = ("sessions_total", "transitions_total", "last_transition_timestamp_seconds", "last_end_timestamp_seconds")
    kept = {key for key in before if key[0].removeprefix("ipsec_tunnel_") in frozen}
    assert {first[key] == before[key] for key in kept} == {True}
    assert first["ipsec_tunnel_receive_bytes_total", *GONE] == gone.carried(gone.died)["receive_bytes"]
    facts = ("number", "tunnel", "index", "started_at", "ended_at", "reason", "exact")
    assert [[one[name] for name in facts] for one in again] == [[one[name] for name in facts] for one in sessions]
    # What the first daemon showed last was on record when it had ended.
    assert at_the_end >= before["ipsec_tunnel_receive_bytes_total", *BRANCH]


def checkpoint(folder):
    """Return how many octets the live session had received when the daemon ended."""
    ledger = Ledger.open(folder / "ledger.sqlite", read_only=True)
    (memory,) = ledger.memories()
    ledger.close()
    (live,) = [one for one in memory.sessions if one.live]
    (reading,) = memory.readings
    assert reading.number == live.number
    return reading.values[0]


async def test_what_came_and_went_meanwhile_is_on_record_once(tmp_path):
    """While the daemon is away a tunnel ends, another lives and ends, a third begins: each is one session."""
    story, path = Story(), tmp_path / "tunnelwatch.yaml"
    first = story.begin(line(1), ago=100, **RATES)
    async with StoryAgent(story) as agent, Nursery(path) as nursery:
        path.write_text(configuration(tmp_path, agent.port, NAMED))
        async with nursery.born() as daemon:
            seen = await daemon.listening()

            async def up():
                return (await seen("ipsec_tunnel_up")).get(BRANCH) == 1

            await until(up, "the tunnel")
            assert await daemon.end(signal.SIGTERM) == 0
        story.end(first, "peerLost")
        second = story.end(story.begin(line(1), **RATES), "operRequest")
        third = story.begin(line(1), **RATES)
        async with nursery.born() as daemon:
            seen = await daemon.listening()

            async def known():
                sessions = await seen.sessions(tunnel="branch")
                over = {one["reason"] for one in sessions if one["closed_by"] == "history"}
                return over == {"peerLost", "operRequest"} and any(one["live"] for one in sessions) and sessions

            sessions = await until(known, "all three sessions")
            samples = await seen.all()
            assert await daemon.end(signal.SIGTERM) == 0
    assert Counter(one["index"] for one in sessions) == {str(life.index): 1 for life in (first, second, third)}
    assert {one["index"]: one["exact"] for one in sessions if one["ended_at"]} == {"1": True, "2": True}
    over = sum(life.carried(life.died)["receive_bytes"] for life in (first, second))
    assert samples["ipsec_tunnel_receive_bytes_total", *BRANCH] >= over
    assert samples["ipsec_tunnel_sessions_total", *BRANCH] == 3
