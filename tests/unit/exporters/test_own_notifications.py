"""What the daemon tells of notifications."""

from exporters.own import OwnMetrics
from exporters.own_notifications import Heard, PortCounts
from tests.unit.exporters.test_own import values

HEARD = Heard(
    ports=(
        PortCounts("udp 127.0.0.1:162", 9, {"unknown-sender": 2}, 3, 4096),
        PortCounts("tcp 127.0.0.1:514", 5, {}, 0, 0, 4, {"idle": 1}),
    ),
    received={("hub1", "trap", "cipSecTunnelStop"): 7},
    undecoded={"cipSecTunActiveTime": 1},
    reads=6,
    polls=2,
    announced={"hub1": 4},
    unannounced={"hub1": 1},
    unconfirmed={"hub1": 3},
)


def told(heard):
    own = OwnMetrics(version="")
    own.tell_notifications(lambda: heard)
    return values(own)


def test_ports_are_told_apart():
    """What arrived, what was dropped and why, what the kernel dropped, and connections."""
    samples = told(HEARD)
    udp, tcp = "udp 127.0.0.1:162", "tcp 127.0.0.1:514"
    assert samples["tunnelwatch_listener_messages_total", udp] == 9
    assert samples["tunnelwatch_listener_dropped_total", udp, "unknown-sender"] == 2
    assert samples["tunnelwatch_listener_kernel_drops_total", udp] == 3
    assert samples["tunnelwatch_listener_buffer_bytes", udp] == 4096
    assert samples["tunnelwatch_listener_connections", tcp] == 4
    assert samples["tunnelwatch_listener_connections_ended_total", tcp, "idle"] == 1


def test_what_was_taken_and_what_came_of_it():
    """By target, source and name; and how often what was announced was found, and the other way round."""
    samples, hub = told(HEARD), "hub1"
    named = ("cipSecTunnelStop", "trap", hub)
    assert samples["tunnelwatch_notifications_received_total", *named] == 7
    assert samples["tunnelwatch_notification_decode_errors_total", "cipSecTunActiveTime"] == 1
    assert samples["tunnelwatch_notification_reads_total",] == 6
    assert samples["tunnelwatch_notification_polls_total",] == 2
    assert samples["tunnelwatch_transitions_total", "yes", hub] == 4
    assert samples["tunnelwatch_transitions_total", "no", hub] == 1
    assert samples["tunnelwatch_notifications_unconfirmed_total", hub] == 3


def test_nothing_is_told_of_ports_that_nobody_asked_for():
    """Where nothing is listened for there are counts of zero, and no ports."""
    samples = told(Heard())
    assert samples["tunnelwatch_notification_reads_total",] == 0
    assert not [name for name, *_ in samples if name.startswith("tunnelwatch_listener")]
