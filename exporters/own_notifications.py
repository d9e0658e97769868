"""What the daemon counts of notifications."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class PortCounts(NamedTuple):
    """What one port has seen."""

    port: str
    """Protocol, address and number: `udp 0.0.0.0:162`."""
    arrived: int
    dropped: Mapping[str, int]
    """By reason."""
    kernel_drops: int
    buffer_octets: int
    connections: int = 0
    ended: Mapping[str, int] = {}
    """Connections that we refused or ended, by reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What has been heard so far."""

    ports: tuple[PortCounts, ...] = ()
    received: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """By target, source and name."""
    undecoded: Mapping[str, int] = field(default_factory=dict)
    """Values that could not be decoded, by object."""
    reads: int = 0
    polls: int = 0
    announced: Mapping[str, int] = field(default_factory=dict)
    """Transitions by target."""
    unannounced: Mapping[str, int] = field(default_factory=dict)
    unconfirmed: Mapping[str, int] = field(default_factory=dict)


class HeardTold(Collector):
    """Tells of notifications what `heard` returns."""

    def __init__(self, heard: Callable[[], Heard]) -> None:
        self.heard = heard

    def collect(self) -> Iterable[Metric]:
        """Return all metrics of notifications as they are."""
        told = self.heard()
        yield from _of_ports(told.ports)
        received = CounterMetricFamily(
            "tunnelwatch_notifications_received",
            "Notifications that were taken, by how they came; what no table names is `other`.",
            labels=["target", "source", "name"],
        )
        for labels, count in told.received.items():
            received.add_metric(list(labels), count)
        yield received
        undecoded = CounterMetricFamily(
            "tunnelwatch_notification_decode_errors", "Values that could not be decoded, by object.", labels=["object"]
        )
        for name, count in told.undecoded.items():
            undecoded.add_metric([name], count)
        yield undecoded
        text = "Reads of rows by themselves that notifications have asked for."
        yield CounterMetricFamily("tunnelwatch_notification_reads", text, value=told.reads)
        text = "Polls that notifications have asked for."
        yield CounterMetricFamily("tunnelwatch_notification_polls", text, value=told.polls)
        transitions = CounterMetricFamily(
            "tunnelwatch_transitions",
            "Transitions of tunnels, by whether a notification announced them: one that none did tells of loss.",
            labels=["target", "announced"],
        )
        for announced, counts in (("yes", told.announced), ("no", told.unannounced)):
            for target, count in counts.items():
                transitions.add_metric([target, announced], count)
        yield transitions
        unconfirmed = CounterMetricFamily(
            "tunnelwatch_notifications_unconfirmed",
            "Announcements of tunnels that nothing was found of within three minutes.",
            labels=["target"],
        )
        for target, count in told.unconfirmed.items():
            unconfirmed.add_metric([target], count)
        yield unconfirmed


def _of_ports(ports: Iterable[PortCounts]) -> Iterable[Metric]:
    arrived = CounterMetricFamily(
        "tunnelwatch_listener_messages", "Datagrams and messages that arrived at a port.", labels=["port"]
    )
    dropped = CounterMetricFamily(
        "tunnelwatch_listener_dropped", "Those of them that were not taken, by reason.", labels=["port", "reason"]
    )
    kernel = CounterMetricFamily(
        "tunnelwatch_listener_kernel_drops", "Datagrams that came while the system's buffer was full.", labels=["port"]
    )
    octets = GaugeMetricFamily(
        "tunnelwatch_listener_buffer_bytes",
        "What the system keeps of a port while the daemon is busy.",
        labels=["port"],
    )
    connections = GaugeMetricFamily(
        "tunnelwatch_listener_connections", "Connections that are open at a port.", labels=["port"]
    )
    ended = CounterMetricFamily(
        "tunnelwatch_listener_connections_ended", "Connections that were refused or ended.", labels=["port", "reason"]
    )
    for one in ports:
        arrived.add_metric([one.port], one.arrived)
        kernel.add_metric([one.port], one.kernel_drops)
        octets.add_metric([one.port], one.buffer_octets)
        connections.add_metric([one.port], one.connections)
        for reason, count in one.dropped.items():
            dropped.add_metric([one.port, reason], count)
        for reason, count in one.ended.items():
            ended.add_metric([one.port, reason], count)
    return [arrived, dropped, kernel, octets, connections, ended]
