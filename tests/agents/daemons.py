"""The daemon as tests run it: in their own event loop, or as a process that can be killed; and what it answers."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from collector.config.loader import parse
from collector.daemon import Daemon
from collector.tables import load

PATIENCE = 30
ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"COMMUNITY": "public"}
_CONFIGURATION = """\
http: {{listen: "127.0.0.1:0"}}
log: {{format: json}}
state: {{{state}, checkpoint: 10s}}
polling: {{interval: 1s, timeout: 200ms, retries: 1}}
{more}
targets:
"""
_TARGET = """\
  - name: {name}
    address: 127.0.0.1
    port: {port}
    snmp: {{version: 2c, community: env:COMMUNITY}}
    modules: [system, ipsec, ike, history, failures]
"""


def configuration(folder, port, more="", state="directory: {folder}", name="hub1"):
    """Write what polls an agent every second, but its history as seldom as it is shipped."""
    return _CONFIGURATION.format(state=state.format(folder=folder), more=more) + _TARGET.format(name=name, port=port)


def parsed(text):
    """Read a configuration of such agents."""
    return parse(text, environment=ENVIRONMENT)


class Seen:
    """What a daemon answers."""

    def __init__(self, session, url):
        self._session, self.url = session, url

    async def text(self, path):
        async with self._session.get(self.url + path) as response:
            return await response.text()

    async def json(self, path):
        return json.loads(await self.text(path))

    async def all(self):
        """Every sample of /metrics: name and labels -> value."""
        families = text_string_to_metric_families(await self.text("/metrics"))
        return {
            (sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples
        }

    async def __call__(self, name):
        """The samples of one name: values of labels -> value."""
        return {key[1:]: value for key, value in (await self.all()).items() if key[0] == name}

    async def sessions(self, **wanted):
        """Sessions on record that are as wanted."""
        found = (await self.json("/api/v1/sessions?limit=1000"))["sessions"]
        return [one for one in found if all(one[name] == value for name, value in wanted.items())]


@asynccontextmanager
async def running(config):
    """Run a daemon in this event loop; inside, what it answers."""
    stop, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(Daemon(config, load()).run(stop, on_listening=listening.set_result))
    await asyncio.wait({task, listening}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    host, port = listening.result()[0]
    async with aiohttp.ClientSession() as session:
        try:
            yield Seen(session, f"http://{host}:{port}")
        finally:
            stop.set()
            await asyncio.wait_for(task, PATIENCE)


class Spawned:
    """A daemon as a process of its own."""

    def __init__(self, pid, wait, session, log):
        self.pid = pid
        self.code = None
        """Its exit status, once it has ended."""
        self._wait, self._session, self._log = wait, session, log

    def said(self):
        """What it said, as JSON lines."""
        return [json.loads(line) for line in self._log.read_text().splitlines(keepends=True) if line.endswith("\n")]

    async def listening(self):
        """Wait until it answers; return what it answers."""

        async def look():
            return self._log.exists() and [line["listen"] for line in self.said() if line["event"] == "watching"]

        (address,) = await until(look, "a daemon that listens")
        return Seen(self._session, f"http://{address}")

    async def end(self, number):
        """Send a signal, and wait for the end."""
        os.kill(self.pid, number)
        self.code = await asyncio.wait_for(self._wait(), PATIENCE)
        return self.code


class Nursery:
    """An async context manager; `born` runs one daemon after the other, each there in a moment."""

    def __init__(self, configuration):
        self._configuration = Path(configuration)
        self._log = self._configuration.with_suffix(".log")
        self._process = self._session = None

    async def __aenter__(self):
        self._session = aiohttp.ClientSession()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.agents.nursery", str(self._configuration), str(self._log)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **ENVIRONMENT},
            cwd=ROOT,
        )
        return self

    async def __aexit__(self, *_):
        await self._session.close()
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), PATIENCE)

    async def _number(self):
        return int(await asyncio.wait_for(self._process.stdout.readline(), PATIENCE))

    @asynccontextmanager
    async def born(self):
        """Run a daemon; inside, it may be ended."""
        self._log.unlink(missing_ok=True)
        self._process.stdin.write(b"\n")
        daemon = Spawned(await self._number(), self._number, self._session, self._log)
        try:
            yield daemon
        finally:
            if daemon.code is None:
                await daemon.end(signal.SIGKILL)


async def until(check, what, patience=PATIENCE):
    """Return what `check` returns as soon as that is true."""
    try:
        async with asyncio.timeout(patience):
            while not (found := await check()):
                await asyncio.sleep(0.05)
            return found
    except TimeoutError:
        pytest.fail(f"waited {patience} s for {what}")
