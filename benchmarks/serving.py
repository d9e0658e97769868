"""Ours as it is scraped: store, views and HTTP server of the daemon in this process, the scraper in another one."""

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks import hubs
from benchmarks.client import Client, client
from benchmarks.measuring import medians, spending, turns_watched
from benchmarks.ours import GLOBAL, VRF, Poller, garbage_kept_small, target, tracked
from collector.daemon.tracking import Tracking
from collector.sources.snmp import SnmpEngine
from collector.store import Store
from exporters.http import create_app, serve
from exporters.own import OwnMetrics
from exporters.views import Views

PAGE = 4096
LOOPBACK = ("127.0.0.1", 0)


@asynccontextmanager
async def served(
    store: Store, tracking: Tracking, *, max_rows: Mapping[str, int] | None = None
) -> AsyncIterator[tuple[Client, int]]:
    """What the store has and tracking knows, on a free port; and a scraper to ask for it."""
    views = Views(store, tracking.source)
    views.configure(target_labels={}, max_rows=max_rows or {})
    app = create_app(store, views, OwnMetrics(version="benchmark"))
    async with serve(app, [LOOPBACK]) as addresses, client() as scraper:
        yield scraper, addresses[0][1]


def polls_and_scrapes(*, port: int, v3: bool, runs: int, gzip: bool) -> dict[str, list[dict[str, float]]]:
    """Full polls and steady ones, each followed by a scrape: what both take together, and each alone."""
    return asyncio.run(_polls_and_scrapes(port=port, v3=v3, runs=runs, gzip=gzip))


async def _polls_and_scrapes(*, port: int, v3: bool, runs: int, gzip: bool) -> dict[str, list[dict[str, float]]]:
    results: dict[str, list[dict[str, float]]] = {"full": [], "steady": []}
    asked, context = target(port, v3=v3), VRF if v3 else GLOBAL
    async with garbage_kept_small(), SnmpEngine() as engine:
        poller = Poller(engine)
        await poller.watch(asked, context).poll()
        async with served(poller.store, poller.tracking) as (scraper, http_port):
            await scraper.scrape(http_port, compressed=gzip)
            for _ in range(runs):
                watch = poller.watch(asked, context)
                for name, found in results.items():
                    with spending() as poll:
                        await watch.poll()
                    poller.seen(watch, full=name == "full")
                    with spending() as scrape:
                        body = await scraper.scrape(http_port, compressed=gzip)
                    found.append({**body, "cpu": poll.cpu + scrape.cpu, "poll": poll.cpu, "scrape": scrape.cpu})
    return results


def expositions(*, samples: int, runs: int, save: str) -> dict[str, dict[str, float]]:
    """Scrapes of busy hubs with at least so many samples.

    Returns:
        `first`: with nothing rendered before. `new`: every tunnel was polled since the last scrape. `again`: none was.
        `compressed`: as `new`, with gzip. `held`: the longest time that the event loop was held, in scrapes after
        polls. `memory`: octets per tunnel, once scraped. The last exposition is saved as `save`.
    """
    return asyncio.run(_expositions(samples, runs, Path(save)))


async def _expositions(samples: int, runs: int, save: Path) -> dict[str, dict[str, float]]:
    tunnels = await _tunnels_for(samples)
    resident = resident_octets()
    store, tracking = Store(), tracked()
    async with garbage_kept_small(), served(store, tracking) as (scraper, port):
        await _publish(store, tracking, tunnels, moment=0)
        first = await _measured(scraper, port)
        gc.collect()
        memory = {"tunnels": tunnels, "octets": (resident_octets() - resident) / tunnels}
        new, again, compressed, held = [], [], [], []
        for run in range(runs):
            await _publish(store, tracking, tunnels, moment=3 * run + 1)
            new.append(await _measured(scraper, port))
            again.append(await _measured(scraper, port))
            await _publish(store, tracking, tunnels, moment=3 * run + 2)
            compressed.append(await _measured(scraper, port, compressed=True))
            await _publish(store, tracking, tunnels, moment=3 * run + 3)
            held.append(await _watched(scraper, port))
        await scraper.scrape(port, save=save)
    longest = {clock: max(one[clock] for one in held) for clock in ("wall", "cpu")}
    found = {"new": medians(new), "again": medians(again), "compressed": medians(compressed)}
    return {"first": first, **found, "held": longest, "memory": memory}


async def _tunnels_for(samples: int) -> int:
    """How many tunnels make so many samples."""
    store, tracking = Store(), tracked()
    counts = []
    async with served(store, tracking) as (scraper, port):
        for tunnels in (10, 20):
            await _publish(store, tracking, tunnels, moment=0)
            counts.append((await scraper.scrape(port))["samples"])
    return max(1, round((samples - counts[0]) / ((counts[1] - counts[0]) / 10)) + 11)


async def _publish(store: Store, tracking: Tracking, tunnels: int, *, moment: int) -> None:
    for snapshot in hubs.snapshots(tunnels, moment=moment):
        store.publish(snapshot)
        await tracking.take_in(snapshot)


async def _measured(scraper: Client, port: int, *, compressed: bool = False) -> dict[str, float]:
    with spending() as spent:
        body = await scraper.scrape(port, compressed=compressed)
    return {**body, "cpu": spent.cpu}


async def _watched(scraper: Client, port: int) -> dict[str, float]:
    async with turns_watched() as longest:
        await scraper.scrape(port)
    return longest


def resident_octets() -> int:
    """How much memory this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
