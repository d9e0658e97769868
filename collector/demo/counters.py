"""What is counted: traffic as a closed form of time, so that it is the same however often the hub is looked at."""

import math
from dataclasses import dataclass
from typing import NamedTuple

TICKS = 100
"""Per second: the hub's clock is sysUpTime's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One direction of traffic: a rate that swells and ebbs around its mean, always above zero."""

    packets_per_second: float
    octets_per_packet: int
    period_seconds: float = 90.0
    swell: float = 0.6
    """How much of the mean rate comes and goes, below 1."""

    def packets(self, ticks: int) -> int:
        """Count the packets since the beginning; never less than for fewer ticks."""
        seconds = ticks / TICKS
        turn = math.tau / self.period_seconds
        swollen = seconds + self.swell * (1 - math.cos(turn * seconds)) / turn
        return int(self.packets_per_second * swollen)


class Traffic(NamedTuple):
    """What a phase-2 tunnel, or all of them, have carried."""

    in_octets: int = 0
    in_packets: int = 0
    in_drops: int = 0
    in_replays: int = 0
    out_octets: int = 0
    out_packets: int = 0
    out_drops: int = 0

    def plus(self, other: "Traffic") -> "Traffic":
        """Add counter by counter."""
        return Traffic(*(mine + its for mine, its in zip(self, other, strict=True)))


class IkeTraffic(NamedTuple):
    """What an IKE SA, or all of them, have exchanged; in the order of the MIB's columns."""

    in_octets: int = 0
    in_packets: int = 0
    in_drops: int = 0
    in_notifies: int = 0
    in_exchanges: int = 0
    in_invalid: int = 0
    in_rejected: int = 0
    in_deletes: int = 0
    out_octets: int = 0
    out_packets: int = 0
    out_drops: int = 0
    out_notifies: int = 0
    out_exchanges: int = 0
    out_invalid: int = 0
    out_rejected: int = 0
    out_deletes: int = 0

    def plus(self, other: "IkeTraffic", times: int = 1) -> "IkeTraffic":
        """Add counter by counter, the other one as often as it happened."""
        return IkeTraffic(*(mine + times * its for mine, its in zip(self, other, strict=True)))


MAIN_MODE = IkeTraffic(in_octets=500, in_packets=3, out_octets=404, out_packets=3)
QUICK_MODE = IkeTraffic(
    in_octets=336, in_packets=2, in_notifies=1, in_exchanges=2, out_octets=344, out_packets=2, out_exchanges=1
)
"""As the recorded router counted its one quick mode."""
REFUSED_QUICK_MODE = IkeTraffic(
    in_octets=252, in_packets=1, in_exchanges=1, in_rejected=1, out_octets=84, out_packets=1, out_notifies=1
)
DELETE_SENT = IkeTraffic(out_octets=84, out_packets=1, out_notifies=1, out_deletes=1)
DELETE_RECEIVED = IkeTraffic(in_octets=84, in_packets=1, in_notifies=1, in_deletes=1)
PEER_ALIVE = IkeTraffic(in_octets=92, in_packets=1, in_notifies=1, out_octets=92, out_packets=1, out_notifies=1)
"""Dead peer detection: R-U-THERE and its answer (RFC 3706)."""
