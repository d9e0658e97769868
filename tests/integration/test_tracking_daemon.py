"""The daemon on an agent whose true story is known: what it shows, remembers and puts on record of tunnels."""

import time

import pytest

from tests.agents.daemons import configuration, parsed, running, until
from tests.agents.story import line

pytestmark = pytest.mark.integration

NAMED = """\
tunnels:
  - {name: branch, match: {target: hub1, peer: 10.9.0.1}, expected: always}
  - {name: dialup, match: {target: hub1, peer: 10.9.0.2}, expected: on-demand}
  - {name: never, match: {target: hub1, peer: 10.9.0.9}, expected: always}
"""
BRANCH = ("hub1", "global", "branch", "10.9.0.1")
DIALUP = ("hub1", "global", "dialup", "10.9.0.2")
NEVER = ("hub1", "global", "never", "10.9.0.9")
LEARNED = "10.1.0.0/24-172.16.3.0/24 via 192.0.2.1"
RATES = {"receive_bytes": 1000.0, "transmit_bytes": 500.0, "receive_packets": 10.0}


def is_shown(seen, name, tunnel, value):
    """A condition: a sample has a value."""

    async def look():
        return (await seen(name)).get(tunnel) == value

    return look


def ended(seen, **wanted):
    """A condition: a session is over, and is as wanted."""

    async def look():
        return [one for one in await seen.sessions(**wanted) if one["ended_at"] is not None]

    return look


async def test_a_tunnel_that_goes_stays_and_its_end_is_looked_into_at_once(story, agent, tmp_path, log):
    """Down stays on /metrics; reason and last bytes come from a history that is otherwise polled every 300 s."""
    life = story.begin(line(1), ago=100, **RATES)
    async with running(parsed(configuration(tmp_path, agent.port, NAMED))) as seen:
        await until(is_shown(seen, "ipsec_tunnel_up", BRANCH, 1), "the tunnel")
        before = (await seen("ipsec_tunnel_receive_bytes_total"))[BRANCH]
        story.end(life)
        began = time.monotonic()
        (session,) = await until(ended(seen, tunnel="branch"), "the session's end")
        assert time.monotonic() - began < 10
        carried = life.carried(life.died)
        assert session["receive_bytes"] == carried["receive_bytes"] > before
        assert (session["reason"], session["closed_by"], session["exact"]) == ("peerLost", "history", True)
        assert session["started_at"] == pytest.approx(life.born, abs=2)
        assert session["ended_at"] == pytest.approx(life.died, abs=2)
        samples = await seen.all()
    assert samples["ipsec_tunnel_up", *BRANCH] == 0
    assert samples["ipsec_tunnel_expected", *BRANCH] == 1
    assert samples["ipsec_tunnel_receive_bytes_total", *BRANCH] == carried["receive_bytes"]
    assert samples["ipsec_tunnel_transmit_bytes_total", *BRANCH] == carried["transmit_bytes"]
    assert samples["ipsec_tunnel_transitions_total", *BRANCH, "down"] == 1
    assert samples["ipsec_tunnel_last_end_info", *BRANCH, "peerLost"] == 1
    (said,) = [one for one in log() if one["event"] == "tunnel_down"]
    assert (said["target"], said["vrf"], said["tunnel"], said["peer"]) == BRANCH


async def test_a_tunnel_that_comes_back_goes_on_with_its_account(story, agent, tmp_path, log):
    """Its counters go on from what ended sessions carried; the second session is one of its own."""
    life = story.begin(line(1), ago=100, **RATES)
    async with running(parsed(configuration(tmp_path, agent.port, NAMED))) as seen:
        await until(is_shown(seen, "ipsec_tunnel_up", BRANCH, 1), "the tunnel")
        story.end(life)
        await until(is_shown(seen, "ipsec_tunnel_up", BRANCH, 0), "its end")
        again = story.begin(line(1), **RATES)
        await until(is_shown(seen, "ipsec_tunnel_up", BRANCH, 1), "its return")
        await until(ended(seen, tunnel="branch", reason="peerLost"), "the first session's end")
        samples = await seen.all()
        first = life.carried(life.died)["receive_bytes"]
        most = first + again.carried(time.time())["receive_bytes"]
        assert first <= samples["ipsec_tunnel_receive_bytes_total", *BRANCH] <= most
        assert samples["ipsec_tunnel_sessions_total", *BRANCH] == 2
        assert {one["live"] for one in await seen.sessions(tunnel="branch")} == {True, False}
    said = [(one["event"], one["tunnel"]) for one in log() if one["event"].startswith("tunnel_")]
    assert said == [("tunnel_down", "branch"), ("tunnel_up", "branch")]


async def test_a_silent_agent_changes_nothing(story, agent, tmp_path):
    """While nobody answers there is no sample of up; what is expected stays said; back, all is as it was."""
    story.begin(line(1), ago=100, **RATES)
    async with running(parsed(configuration(tmp_path, agent.port, NAMED))) as seen:
        await until(is_shown(seen, "ipsec_tunnel_up", BRANCH, 1), "the tunnel")
        before = await seen.all()
        agent.answers = False

        async def unknown():
            return BRANCH not in await seen("ipsec_tunnel_up")

        await until(unknown, "silence")
        meanwhile = await seen.all()
        assert ("ipsec_tunnel_receive_bytes_total", *BRANCH) not in meanwhile
        assert meanwhile["ipsec_tunnel_expected", *BRANCH] == 1
        agent.answers = True
        await until(is_shown(seen, "ipsec_tunnel_up", BRANCH, 1), "an agent that is back")
        after = await seen.all()
        assert len(await seen.sessions(tunnel="branch")) == 1
    kept = ("ipsec_tunnel_sessions_total", "ipsec_tunnel_last_transition_timestamp_seconds")
    assert all(after[name, *BRANCH] == before[name, *BRANCH] for name in kept)
    ways = {key: value for key, value in after.items() if key[:5] == ("ipsec_tunnel_transitions_total", *BRANCH)}
    assert set(ways.values()) == {0}
    assert after["ipsec_tunnel_receive_bytes_total", *BRANCH] >= before["ipsec_tunnel_receive_bytes_total", *BRANCH]


async def test_an_expected_tunnel_that_was_never_seen_is_down_once_that_is_certain(agent, tmp_path):
    """Before the first poll that succeeds nothing is said of its state; then it is down."""
    agent.answers = False
    async with running(parsed(configuration(tmp_path, agent.port, NAMED))) as seen:

        async def failed():
            polls = await seen("tunnelwatch_poll_success")
            return polls and set(polls.values()) == {0}

        await until(failed, "failed polls")
        assert await seen("ipsec_tunnel_up") == {}
        agent.answers = True
        await until(is_shown(seen, "ipsec_tunnel_up", NEVER, 0), "that it is down")
        assert (await seen("ipsec_tunnel_expected"))[NEVER] == 1
        assert await seen.sessions(tunnel="never") == []


async def test_a_tunnel_on_demand_is_idle(story, agent, tmp_path, log):
    """Gone, it is not up and idle; that is a transition of its own."""
    life = story.begin(line(2), ago=10, **RATES)
    async with running(parsed(configuration(tmp_path, agent.port, NAMED))) as seen:
        await until(is_shown(seen, "ipsec_tunnel_up", DIALUP, 1), "the tunnel")
        assert (await seen("ipsec_tunnel_idle"))[DIALUP] == 0
        story.end(life, "normal")
        await until(is_shown(seen, "ipsec_tunnel_idle", DIALUP, 1), "an idle tunnel")
        samples = await seen.all()
    assert samples["ipsec_tunnel_up", *DIALUP] == 0
    assert samples["ipsec_tunnel_transitions_total", *DIALUP, "idle"] == 1
    assert [one["tunnel"] for one in log() if one["event"] == "tunnel_idle"] == ["dialup"]


async def test_a_reload_ends_sessions_and_confuses_nobody(story, agent, tmp_path, log):
    """Indexes that begin anew are other sessions; static columns are read again, so that each has its own name."""
    for number in (1, 2, 3):
        story.begin(line(number), ago=100, **RATES)
    async with running(parsed(configuration(tmp_path, agent.port, NAMED))) as seen:
        await until(is_shown(seen, "ipsec_tunnel_up", BRANCH, 1), "tunnels")
        before = await seen("ipsec_tunnel_receive_bytes_total")
        story.reload()
        # The same indexes as before, of other tunnels.
        second, first = story.begin(line(2), receive_bytes=10.0), story.begin(line(1), receive_bytes=20.0)
        assert (second.index, first.index) == (1, 2)
        wanted = {"branch": ("2", True), "dialup": ("1", True)}

        async def settled():
            live = await seen.sessions(live=True)
            return {one["tunnel"]: (one["index"], one["live"]) for one in live} == wanted

        await until(settled, "sessions after the reload")
        over = await until(ended(seen, reason="reload"), "sessions that the reload ended")
        up = await seen("ipsec_tunnel_up")
        after = await seen("ipsec_tunnel_receive_bytes_total")
    assert {(one["tunnel"], one["closed_by"], one["exact"]) for one in over} == {
        (name, "reload", False) for name in ("branch", "dialup", LEARNED)
    }
    assert up == {BRANCH: 1, DIALUP: 1, ("hub1", "global", LEARNED, "10.9.0.3"): 0, NEVER: 0}
    assert all(after[tunnel] >= value for tunnel, value in before.items())
    assert all(value < before[tunnel] + 60_000 for tunnel, value in after.items() if tunnel in before)
    assert sum(one["event"] == "device_restarted" for one in log()) == 1
