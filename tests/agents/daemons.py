"""The daemon as tests run it: in their own event loop, or as a process that can be killed; and what it answers."""

import asyncio
import json
import os
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

    def __init__(self, process, session):
        self.process = process
        self.lines = []
        self.seen = None
        self._session = session
        self._listening = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read())

    async def _read(self):
        async for line in self.process.stderr:
            self.lines.append(line.decode())
            if not self._listening.done() and '"watching"' in self.lines[-1]:
                self._listening.set_result(json.loads(self.lines[-1])["listen"])
        if not self._listening.done():
            self._listening.set_exception(RuntimeError("".join(self.lines)))

    async def listening(self):
        """Wait until it answers."""
        address = await asyncio.wait_for(asyncio.shield(self._listening), PATIENCE)
        self.seen = Seen(self._session, f"http://{address}")
        return self.seen

    async def end(self, number):
        """Send a signal, and wait for the end."""
        self.process.send_signal(number)
        code = await asyncio.wait_for(self.process.wait(), PATIENCE)
        await self._reading
        if self._listening.done():
            self._listening.exception()
        return code


@asynccontextmanager
async def spawned(path):
    """Run a daemon as a process; inside, it may be ended."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "collector", "run", "-c", str(path)),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **ENVIRONMENT},
        cwd=ROOT,
    )
    async with aiohttp.ClientSession() as session:
        daemon = Spawned(process, session)
        try:
            yield daemon
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            await asyncio.wait({daemon._reading})
            if daemon._listening.done():
                daemon._listening.exception()


async def until(check, what, patience=PATIENCE):
    """Return what `check` returns as soon as that is true."""
    try:
        async with asyncio.timeout(patience):
            while not (found := await check()):
                await asyncio.sleep(0.05)
            return found
    except TimeoutError:
        pytest.fail(f"waited {patience} s for {what}")
