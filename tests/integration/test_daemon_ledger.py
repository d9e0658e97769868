"""The daemon and its ledger: trouble that holds up no poll, places that cannot be, requests of the commands."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import traceback
from contextlib import closing
from pathlib import Path

import pytest

from collector.cli import forget, main
from collector.config.loader import parse
from collector.daemon import Daemon
from collector.errors import LedgerError
from collector.tables import load
from tests.agents.daemons import ENVIRONMENT, configuration, parsed, running, until
from tests.agents.postgres import PASSWORD
from tests.agents.story import line

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]

NAMED = """\
tunnels:
  - {name: branch, match: {target: hub1, peer: 10.9.0.1}, expected: always}
"""
BRANCH = ("hub1", "global", "branch", "10.9.0.1")
RATES = {"receive_bytes": 1000.0}
SUCCESS = "tunnelwatch_ledger_write_success"


def is_up(seen, value=1):
    async def look():
        return (await seen("ipsec_tunnel_up")).get(BRANCH) == value

    return look


def writes(seen, value):
    async def look():
        return (await seen(SUCCESS))[()] == value

    return look


def over(seen, reason):
    async def look():
        return await seen.sessions(tunnel="branch", reason=reason)

    return look


async def test_a_locked_file_holds_up_no_poll(story, agent, tmp_path, log):
    """While another connection holds the file, polls stay on time and metrics tell; then what waited is on record."""
    life = story.begin(line(1), ago=10, **RATES)
    async with running(parsed(configuration(tmp_path, agent.port, NAMED))) as seen:
        await until(is_up(seen), "the tunnel")
        late = await seen("tunnelwatch_poll_late_total")
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            story.end(life)
            await until(is_up(seen, 0), "the end, on /metrics")
            await until(writes(seen, 0), "a write that failed")
            meanwhile = await seen.all()
            assert meanwhile["tunnelwatch_ledger_queued",] > 0
            assert meanwhile["tunnelwatch_ledger_write_failures_total",] >= 1
            assert await seen.sessions(reason="peerLost") == []
            lateness = await seen("tunnelwatch_poll_lateness_seconds")
            assert max(lateness.values()) < 1.0
            assert await seen("tunnelwatch_poll_late_total") == late
            assert set((await seen("tunnelwatch_poll_success")).values()) == {1}
            other.execute("ROLLBACK")
        assert await until(over(seen, "peerLost"), "the session's end on record")
        await until(writes(seen, 1), "a metric that says so")
        assert (await seen("tunnelwatch_ledger_dropped_total"))[()] == 0
    said = [one["event"] for one in log() if one["event"].startswith("ledger_")]
    assert said == ["ledger_write_failed", "ledger_write_recovered"]


@pytest.mark.parametrize("where", ["a file/below", "a file", "taken", "garbage"])
def test_a_ledger_that_cannot_be_is_exit_code_1(where, tmp_path):
    """The error names the ledger; there is no traceback, and nothing hangs."""
    (tmp_path / "a file").write_text("x")
    (tmp_path / "taken" / "ledger.sqlite").mkdir(parents=True)
    (tmp_path / "garbage").mkdir()
    (tmp_path / "garbage" / "ledger.sqlite").write_bytes(b"no database" * 1000)
    path = tmp_path / "tunnelwatch.yaml"
    path.write_text(configuration(tmp_path / where, 9, state='directory: "{folder}"'))
    done = subprocess.run(
        [sys.executable, "-m", "collector", "run", "-c", path],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**ENVIRONMENT},
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    assert str(tmp_path / where) in done.stderr
    assert "Traceback" not in done.stderr


def on_server(agent, tmp_path, url):
    text = configuration(tmp_path, agent.port, NAMED, state="ledger: env:LEDGER_URL")
    return parse(text, environment={**ENVIRONMENT, "LEDGER_URL": url})


async def test_a_ledger_on_a_server_outlives_its_outage_and_hides_its_password(story, agent, server, tmp_path, log):
    """Polls go on while the server is away; then the ends are on record. The password is nowhere to be seen."""
    life = story.begin(line(1), ago=10, **RATES)
    told = []
    async with running(on_server(agent, tmp_path, server.new_database())) as seen:
        await until(is_up(seen), "the tunnel")
        await until(lambda: seen.sessions(tunnel="branch"), "the session on record")
        server.kill()
        story.end(life)
        await until(is_up(seen, 0), "the end, on /metrics")
        await until(writes(seen, 0), "a write that failed")
        told += [await seen.text(path) for path in ("/metrics", "/api/v1/sessions", "/api/v1/report", "/")]
        await asyncio.to_thread(server.start)
        assert await until(over(seen, "peerLost"), "the session's end on record", 60)
        told += [await seen.text(path) for path in ("/metrics", "/")]
    told.append(json.dumps(log()))
    assert "ledger_write_failed" in told[-1]
    assert "ledger_write_recovered" in told[-1]
    secrets = (PASSWORD, "s3cret")
    assert not [secret for secret in secrets for text in told if secret in text]


async def test_a_server_that_does_not_take_the_password_is_named_without_it(agent, server, tmp_path):
    """The daemon ends at once with an error that can be shown to anybody, with all its causes."""
    config = on_server(agent, tmp_path, server.url("postgres", password="wr0ng"))
    with pytest.raises(LedgerError, match="postgres") as caught:
        await Daemon(config, load()).run(asyncio.Event())
    assert "wr0ng" not in "".join(traceback.format_exception(caught.value, chain=True))


async def test_a_tunnel_that_is_gone_is_forgotten_on_request(story, agent, tmp_path, capsys, log):
    """The daemon answers the command line; its series go, its sessions stay; a live one is refused."""
    life = story.begin(line(3), ago=10, **RATES)
    story.begin(line(1), ago=10, **RATES)
    name = "10.1.0.0/24-172.16.3.0/24 via 192.0.2.1"
    ask = ["forget", "--ledger", str(tmp_path / "ledger.sqlite"), "--target", "hub1"]
    async with running(parsed(configuration(tmp_path, agent.port, NAMED))) as seen:
        await until(is_up(seen), "tunnels")
        story.end(life)
        await until(lambda: seen.sessions(tunnel=name, reason="peerLost"), "the end")
        assert await asyncio.to_thread(main, [*ask, name]) == 0
        assert capsys.readouterr().out == f"forgotten: {name}\n"
        assert name not in {labels[2] for labels in await seen("ipsec_tunnel_up")}
        assert await seen.sessions(tunnel=name, reason="peerLost")
        assert await asyncio.to_thread(main, [*ask, "branch"]) == 1
        assert "or lives" in capsys.readouterr().out
        assert await is_up(seen)()
    requests = [(one["kind"], one["asked"]["tunnel"]) for one in log() if one["event"] == "request"]
    assert requests == [("forget", name), ("forget", "branch")]


async def test_a_request_waits_for_the_next_daemon(story, agent, tmp_path, capsys, monkeypatch):
    """With no daemon the command says so, and the one that starts next does what was asked."""
    life = story.begin(line(3), ago=10, **RATES)
    name = "10.1.0.0/24-172.16.3.0/24 via 192.0.2.1"
    config = configuration(tmp_path, agent.port, NAMED)
    async with running(parsed(config)) as seen:
        await until(lambda: seen.sessions(tunnel=name, live=True), "the tunnel")
        story.end(life)
        await until(lambda: seen.sessions(tunnel=name, reason="peerLost"), "the end")
    monkeypatch.setattr(forget, "wait_for", lambda look: look())
    ask = ["forget", "--ledger", str(tmp_path / "ledger.sqlite"), "--target", "hub1", name]
    await asyncio.to_thread(main, ask)
    assert "no daemon answered" in capsys.readouterr().out
    async with running(parsed(config)) as seen:

        async def forgotten():
            polled = await seen("tunnelwatch_poll_success")
            return polled and name not in {labels[2] for labels in await seen("ipsec_tunnel_expected")}

        await until(forgotten, "a tunnel that is forgotten")
        assert await seen.sessions(tunnel=name)
