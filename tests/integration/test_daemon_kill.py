"""`kill -9` of the daemon, and of its tracking alone: nothing is doubled, and nothing is lost in silence."""

import asyncio
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from math import inf
from pathlib import Path

import pytest
from sqlalchemy import select

from collector.ledger import Ledger
from collector.ledger.rows import context_of, gap_of, session_of, tunnel_of
from collector.ledger.schema import CONTEXTS, GAPS, SESSIONS, TUNNELS
from collector.model import COUNTED
from tests.agents.daemons import Nursery, configuration, until
from tests.agents.story import MODULES, Story, StoryAgent, line

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
TRACKING_KILLS = 100
DAEMON_SECONDS = 30.0
LEAST_DAEMON_KILLS = 15
RATES = {"receive_bytes": 3e6, "transmit_bytes": 1e6, "receive_packets": 900.0}
CLOCKS = 3.0


def test_tracking_that_is_killed_loses_and_doubles_nothing(tmp_path):
    """After 100 kills within steps, between them and amid commits, what is on record equals the device's own truth."""
    seed = random.randrange(2**32)
    command = [sys.executable, "-m", "tests.agents.tracking_lives", tmp_path / "ledger.db", "150", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), f"seed {seed}: {done.stderr[-5000:]}"
    told = re.fullmatch(r"(\d+) kills, (\d+) within, (\d+) amid, (\d+) compared\n", done.stdout)
    assert told, done.stdout
    kills, within, amid, compared = map(int, told.groups())
    assert kills >= TRACKING_KILLS
    assert min(within, kills - within) > kills // 10
    assert amid > 0
    assert compared > kills


async def go_on(story, chance, until_when):
    """Let SAs come, rekey by succession, and go."""
    lives = {number: story.begin(line(number), ago=chance.uniform(0, 50), **RATES) for number in range(1, 7)}
    while time.time() < until_when:
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        number = chance.randrange(1, 9)
        life = lives.pop(number, None)
        if life is not None:
            story.end(life, chance.choice(["normal", "peerLost", "operRequest"]))
        if life is None or chance.random() < 0.6:
            lives[number] = story.begin(line(number), **RATES)


async def test_a_daemon_that_is_killed_loses_and_doubles_nothing(tmp_path):
    """The agent lives on while the daemon dies again and again; in the end its ledger tells the agent's own truth."""
    chance, story = random.Random(), Story()
    path = tmp_path / "tunnelwatch.yaml"
    kills = 0
    async with StoryAgent(story) as agent, asyncio.TaskGroup() as tasks:
        # The agent answers from this event loop: how fast is not what this is about.
        path.write_text(configuration(tmp_path, agent.port).replace("timeout: 200ms", "timeout: 2s"))
        async with Nursery(path) as nursery:
            ends_at = time.time() + DAEMON_SECONDS
            living = tasks.create_task(go_on(story, chance, ends_at))
            while time.time() < ends_at:
                async with nursery.born() as daemon:
                    await daemon.listening()
                    await asyncio.sleep(chance.choice([0.1, 0.5, 1.5]) * chance.random())
                    assert await daemon.end(signal.SIGKILL) == -signal.SIGKILL
                    kills += 1
            await living
            async with nursery.born() as daemon:
                seen = await daemon.listening()
                await until(lambda: is_settled(seen), "the last ends")
                shown = await seen("ipsec_tunnel_receive_bytes_total")
                assert await daemon.end(signal.SIGTERM) == 0
                assert not [one for one in daemon.said() if one["level"] == "error"]
    assert kills >= LEAST_DAEMON_KILLS, kills
    check(tmp_path / "ledger.sqlite", story, shown)


async def is_settled(seen):
    """Whether all modules were polled since the last change, and no end is waited for."""
    polls = await seen("tunnelwatch_polls_total")
    asked = {key[3]: count for key, count in polls.items()}
    waiting = [one for one in await seen.sessions(ended_at=None) if not one["live"]]
    return len(asked) == len(MODULES) and asked["ipsec"] >= 3 and asked["history"] >= 1 and not waiting


def rows(connection, table, made):
    return [made(row) for row in connection.execute(select(table)).mappings()]


def check(path, story, shown):
    """Compare what is on record with the truth."""
    ledger = Ledger.open(path, read_only=True)
    with ledger.engine.connect() as connection:
        sessions = rows(connection, SESSIONS, session_of)
        tunnels = rows(connection, TUNNELS, tunnel_of)
        gaps = rows(connection, GAPS, gap_of)
        (context,) = rows(connection, CONTEXTS, context_of)
    ledger.close()
    by_index = Counter(one.index for one in sessions)
    assert set(by_index.values()) == {1}, f"twice on record: {by_index.most_common(3)}"
    told = {one.index: one for one in sessions}
    for life in story.world.lives:
        session = told.pop(str(life.index), None)
        if session is None:
            assert any(gap.begins_at - CLOCKS <= life.died <= (gap.ends_at or inf) + CLOCKS for gap in gaps), life
        else:
            check_session(session, life, context.watched_since)
    assert told == {}, "sessions that never were"
    check_accounts(tunnels, sessions, shown)


def check_session(session, life, watched_since):
    assert (session.tunnel, session.peer) == life.line.key[2:], f"{session} is {life}"
    if abs(life.died - watched_since) > CLOCKS:
        assert session.accounted == (life.died > watched_since), f"{session} is {life}"
    if life.reason == "":
        assert session.live, f"{session} is {life}"
        return
    assert session.ended_at is not None, f"{session} is {life}"
    earliest = session.ended_at - session.end_uncertainty_seconds - CLOCKS
    assert earliest <= life.died <= session.ended_at + CLOCKS, f"{session} is {life}"
    assert (session.closed_by, session.reason) == ("history", life.reason), f"{session} is {life}"
    counts = dict(zip(COUNTED["child"], session.counts, strict=True))
    truth = life.carried(life.died)
    assert session.exact, f"the history told all: {session}"
    assert {name: counts[name] for name in truth} == truth, f"{session} is {life}"


def check_accounts(tunnels, sessions, shown):
    """Accounts are what ended sessions carried, and what is shown is that and what live ones carry."""
    for tunnel in tunnels:
        own = [one for one in sessions if (one.tunnel, one.peer) == (tunnel.name, tunnel.peer) and one.accounted]
        place = COUNTED["child"].index("receive_bytes")
        over = sum(one.counts[place] or 0 for one in own if one.ended_at is not None)
        assert (tunnel.base[place] or 0 if tunnel.base else 0) == over, tunnel
        assert tunnel.sessions == len(own), tunnel
        carried = shown["hub1", "global", tunnel.name, tunnel.peer]
        assert carried >= over, tunnel
        assert carried == over or any(one.live for one in own), tunnel
