"""A real Prometheus scrapes the HTTP server: what a device says arrives as it was said."""

import asyncio
import socket
from contextlib import asynccontextmanager

import aiohttp
import pytest

from collector.model import ChildSa, Origin, Snapshot, System
from exporters.http import create_app, serve
from exporters.own import OwnMetrics
from tests.agents.watched import Watched

pytestmark = pytest.mark.integration

PATIENCE = 60
NASTY = ('quote " backslash \\ line\nfeed \\n', "Zürich 日本 🛰", "carriage\rreturn\ttab", "nul \0 bell \a", "{}=,# EOF")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@asynccontextmanager
async def prometheus(program, folder, targets):
    """A Prometheus that scrapes some ports every second; yields a function that asks it."""
    configuration = folder / "prometheus.yml"
    listed = ", ".join(f"'127.0.0.1:{port}'" for port in targets)
    configuration.write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
        f"scrape_configs: [{{job_name: tunnelwatch, static_configs: [{{targets: [{listed}]}}]}}]\n"
    )
    port = free_port()
    arguments = [
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(program, *arguments, stdout=log, stderr=log)
    async with aiohttp.ClientSession() as session:

        async def ask(query):
            try:
                async with session.get(f"http://127.0.0.1:{port}/api/v1/query", params={"query": query}) as answer:
                    return (await answer.json())["data"]["result"] if answer.status == 200 else []
            except aiohttp.ClientConnectionError:
                return []

        try:
            yield ask
        finally:
            process.terminate()
            await process.wait()


async def test_prometheus_reads_what_devices_say(peer, tmp_path):
    """Whatever characters and sizes: labels and values arrive, and nothing is lost on the way."""
    store = Watched()
    for number, text in enumerate(NASTY):
        origin = Origin(target=f"hub{number}", source="snmp", module="ipsec")
        tunnels = (
            ChildSa(index=str(n), local_address="10.0.0.1", remote_address=f"10.0.1.{n}", receive_bytes=(1 << 64) - n)
            for n in range(20)
        )
        entities = (System(name=text, uptime_seconds=0.1 + 0.2), *tunnels)
        store.publish(Snapshot(origin=origin, taken_at=1.7e9, duration_seconds=1, entities=entities))
    views = store.views()
    own = OwnMetrics(version="1.0")
    async with (
        serve(create_app(store, views, own), [("127.0.0.1", 0)]) as ((_, port),),
        prometheus(peer("prometheus", "prometheus"), tmp_path, [port]) as ask,
        asyncio.timeout(PATIENCE),
    ):
        while not (infos := await ask("ipsec_gateway_info")):
            await asyncio.sleep(0.2)
        assert {info["metric"]["name"] for info in infos} == set(NASTY)
        (up,) = await ask("up")
        assert up["value"][1] == "1"
        ((_, uptime),) = [one["value"] for one in await ask('ipsec_gateway_uptime_seconds{target="hub0"}')]
        assert float(uptime) == 0.1 + 0.2
        (count,) = await ask("count(ipsec_tunnel_receive_bytes_total)")
        assert count["value"][1] == str(20 * len(NASTY))
        ((_, octets),) = [
            one["value"] for one in await ask('ipsec_tunnel_receive_bytes_total{target="hub0",peer="10.0.1.7"}')
        ]
        assert int(float(octets)) == ((1 << 64) - 7) % (1 << 53)
        while not int((await ask("scrape_samples_scraped"))[0]["value"][1]):
            await asyncio.sleep(0.2)
    assert "duplicate" not in (tmp_path / "log").read_text()
