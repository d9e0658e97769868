"""What the daemon counts of itself, with prometheus_client and a registry of its own."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from platform import python_version
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest as text_of
from prometheus_client.gc_collector import GCCollector
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_of
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from exporters.prometheus import END_OF_OPENMETRICS, Format

LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
SCRAPE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
OUTCOMES = ("complete", "refused", "timeout", "aborted")
"""How a scrape may end: refused because of too many at once, aborted by the scraper."""
LAG_INTERVAL = 0.5
"""Seconds between two measurements of the event loop's lag."""

Counts = Callable[[], Mapping[str, int]]
Ledger = Callable[[], Mapping[str, Any] | None]
"""Gives how the ledger's writer fares, in the words of `collector.ledger.stats.WriterStats`; None without a ledger."""


def no_ledger() -> None:
    """Tell of no ledger."""


class OwnMetrics:
    """The daemon's own metrics; whoever knows a fact notes it here."""

    def __init__(
        self,
        *,
        version: str,
        datagrams: Counts = dict[str, int],
        refused: Callable[[], int] = int,
        ledger: Ledger = no_ledger,
    ) -> None:
        """Register all metrics.

        Args:
            version: of the daemon.
            datagrams: gives counts of datagrams of the SNMP sockets by what became of them: `sent`, `received`,
                `dropped_by_kernel`, …
            refused: gives how many snapshots the store refused.
            ledger: gives how the ledger's writer fares.
        """
        self._all = CollectorRegistry()
        ProcessCollector(registry=self._all)
        GCCollector(registry=self._all)
        self._all.register(_Told(datagrams, refused))
        self._all.register(_LedgerTold(ledger))
        build = Info("tunnelwatch_build", "The daemon that speaks", registry=self._all)
        build.info({"version": version, "python": python_version()})
        self._configuration = Info("tunnelwatch_config", "The configuration in use, by its hash", registry=self._all)
        self._reloaded = self._gauge(
            "tunnelwatch_config_last_reload_success_timestamp_seconds",
            "When the configuration in use was loaded, Unix time.",
        )
        self._reload_success = self._gauge(
            "tunnelwatch_config_last_reload_successful", "Whether the latest attempt to load a configuration succeeded."
        )
        self.loop_lag = Histogram(
            "tunnelwatch_event_loop_lag_seconds",
            "How much later than asked for the event loop woke a task.",
            buckets=LAG_BUCKETS,
            registry=self._all,
        )
        self.connections_refused = Counter(
            "tunnelwatch_http_connections_refused", "Connections beyond the limit, closed at once.", registry=self._all
        )
        self.scrapes = Counter(
            "tunnelwatch_scrapes", "Requests for /metrics, by how they ended.", ["outcome"], registry=self._all
        )
        for outcome in OUTCOMES:
            self.scrapes.labels(outcome)
        self.scrape_duration = Histogram(
            "tunnelwatch_scrape_duration_seconds",
            "How long it took to answer /metrics, slow readers included.",
            buckets=SCRAPE_BUCKETS,
            registry=self._all,
        )

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._all)

    def note_configuration(self, digest: str, loaded_at: float) -> None:
        """Note that a configuration is in use since `loaded_at`, Unix time."""
        self._configuration.info({"sha256": digest})
        self._reloaded.set(loaded_at)
        self._reload_success.set(1)

    def note_failed_reload(self) -> None:
        """Note that a configuration was refused, and the one before is still in use."""
        self._reload_success.set(0)

    def describe(self) -> Iterable[Metric]:
        """Return all of them as they are, for the documentation."""
        return list(_WithoutCreated(self._all).collect())

    def render(self, exposition_format: Format) -> bytes:
        """Write all of them, without an end mark."""
        registry = _WithoutCreated(self._all)
        if exposition_format is Format.OPENMETRICS:
            text: bytes = openmetrics_of(registry)  # type: ignore[no-untyped-call] # prometheus_client has no types here
            return text.removesuffix(END_OF_OPENMETRICS)
        return text_of(registry)

    async def watch_loop_lag(self, interval: float = LAG_INTERVAL) -> None:
        """Measure how long the event loop keeps tasks waiting, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + interval
            await asyncio.sleep(interval)
            self.loop_lag.observe(max(0.0, loop.time() - due))


class _Told(Collector):
    """Counts that others keep."""

    def __init__(self, datagrams: Counts, refused: Callable[[], int]) -> None:
        self._datagrams = datagrams
        self._refused = refused

    def collect(self) -> Iterable[Metric]:
        sockets = CounterMetricFamily(
            "tunnelwatch_snmp_datagrams", "Datagrams of the SNMP sockets, by what became of them.", labels=["event"]
        )
        for event, count in self._datagrams().items():
            sockets.add_metric([event], count)
        text = "Polls that came to nothing: their origin is not, or no longer, watched, or one too many."
        return [sockets, CounterMetricFamily("tunnelwatch_snapshots_refused", text, value=self._refused())]


class _LedgerTold(Collector):
    """How the writing of the ledger goes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def collect(self) -> Iterable[Metric]:
        stats = self._ledger()
        yield GaugeMetricFamily("tunnelwatch_ledger_kept", "Whether a ledger is kept.", value=stats is not None)
        if stats is None:
            return
        written = CounterMetricFamily(
            "tunnelwatch_ledger_written", "Entries put on record, by their kind.", labels=["kind"]
        )
        for kind, count in stats["written"]:
            written.add_metric([kind], count)
        yield written
        for name, text, key in _LEDGER_COUNTERS:
            yield CounterMetricFamily(f"tunnelwatch_ledger_{name}", text, value=stats[key])
        yield GaugeMetricFamily(
            "tunnelwatch_ledger_write_success",
            "Whether the latest write to the ledger succeeded.",
            value=not stats["failing"],
        )
        yield CounterMetricFamily(
            "tunnelwatch_ledger_usage_lost",
            "Steps of usage that were on record and could not be made hours and days of.",
            value=stats["folded"].lost,
        )
        yield GaugeMetricFamily("tunnelwatch_ledger_queued", "Entries that wait to be written.", value=stats["queued"])
        yield GaugeMetricFamily(
            "tunnelwatch_ledger_events_queued", "Events that wait to be written.", value=stats["queued_events"]
        )
        last_write = GaugeMetricFamily(
            "tunnelwatch_ledger_last_write_timestamp_seconds",
            "When a write to the ledger last succeeded, Unix time.",
            labels=(),
        )
        if stats["last_write_at"] is not None:
            last_write.add_metric((), stats["last_write_at"])
        yield last_write


_LEDGER_COUNTERS = (
    ("dropped", "Entries that were not put on record because too many waited; a gap tells of them.", "dropped"),
    (
        "events_dropped",
        "Events that were not put on record because too many waited, or because the database refuses them.",
        "dropped_events",
    ),
    ("transactions", "Transactions that put entries on record.", "transactions"),
    ("write_failures", "Attempts to write that failed.", "failed_writes"),
    ("chore_failures", "Times that folding usage, pruning, or looking for requests, failed.", "failed_chores"),
    ("write_seconds", "Time spent writing, waiting for the disk or the server included.", "seconds"),
)
"""Names, texts, and keys of `WriterStats`."""


class _WithoutCreated(Collector):
    """A registry without the times when its counters were made: they would double its series and tell nothing."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric
