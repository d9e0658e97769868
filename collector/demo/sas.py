"""What the hub has with a spoke: IKE SAs, phase-2 tunnels and their SPIs, from birth to history.

Times are ticks of the hub's clock (sysUpTime).
"""

from dataclasses import dataclass, field

from collector.demo.counters import PEER_ALIVE, TICKS, IkeTraffic, Traffic
from collector.demo.spokes import Selector, Spoke

_ALIVE_EVERY = 10 * TICKS


@dataclass(slots=True, kw_only=True)
class Incarnation:
    """One life under one index; dead, it is kept as it was."""

    index: int
    spoke: Spoke
    born: int
    counted_from: int
    """Where its traffic starts; later than its birth if it was recorded with some traffic already."""
    refreshes: int = 0
    ended: int | None = None
    reason: int = 0

    def age(self, now: int) -> int:
        """Give the ticks that it has lived."""
        return self._until(now) - self.born

    def _until(self, now: int) -> int:
        return now if self.ended is None else self.ended


@dataclass(slots=True, kw_only=True)
class IkeSa(Incarnation):
    """An IKE SA: a row of cikeTunnelTable, then one of cikeTunnelHistTable."""

    exchanged: IkeTraffic = field(default_factory=IkeTraffic)

    def traffic(self, now: int) -> IkeTraffic:
        """Count all that it has exchanged."""
        beats = (self._until(now) - self.counted_from) // _ALIVE_EVERY
        return self.exchanged.plus(PEER_ALIVE, beats)

    def count(self, traffic: IkeTraffic, times: int = 1) -> None:
        """Count an exchange."""
        self.exchanged = self.exchanged.plus(traffic, times)


@dataclass(slots=True, kw_only=True)
class Spi:
    """One SA of a phase-2 tunnel: a row of cipSecSpiTable."""

    index: int
    incoming: bool
    value: int
    ah: bool
    expiring: bool = False


@dataclass(slots=True, kw_only=True)
class ChildSa(Incarnation):
    """A phase-2 tunnel: a row of cipSecTunnelTable, then one of cipSecTunnelHistTable."""

    selector: Selector
    ike_index: int
    recorded: Traffic = field(default_factory=Traffic)
    spis: list[Spi] = field(default_factory=list)
    expired: int = 0
    last_spi_index: int = 0

    def traffic(self, now: int) -> Traffic:
        """Count all that it has carried."""
        ticks = self._until(now) - self.counted_from
        spoke = self.spoke
        received, sent = spoke.inbound.packets(ticks), spoke.outbound.packets(ticks)
        flown = Traffic(
            in_octets=received * spoke.inbound.octets_per_packet,
            in_packets=received,
            in_drops=received // 50_000,
            in_replays=received // spoke.replay_every if spoke.replay_every else 0,
            out_octets=sent * spoke.outbound.octets_per_packet,
            out_packets=sent,
            out_drops=sent // 80_000,
        )
        return self.recorded.plus(flown)

    @property
    def total_sas(self) -> int:
        """How many SAs it has used."""
        return self.expired + len(self.spis)

    def add_spis(self, values: tuple[int, ...]) -> None:
        """Give it new SAs beside those that it has: first AH if it has that, then ESP; each in, then out."""
        for place, value in enumerate(values):
            self.last_spi_index += 1
            ah = len(values) > 2 and place < 2  # noqa: PLR2004 - a pair of each
            self.spis.append(Spi(index=self.last_spi_index, incoming=place % 2 == 0, value=value, ah=ah))

    def forget_spis(self, generations: int) -> None:
        """Have had as many SAs for that many rekeys before the ones that it has."""
        gone = generations * len(self.spis)
        self.expired += gone
        self.last_spi_index += gone
        for spi in self.spis:
            spi.index += gone

    def expire_spis(self) -> None:
        """Remove the SAs that a rekey has replaced."""
        kept = [spi for spi in self.spis if not spi.expiring]
        self.expired += len(self.spis) - len(kept)
        self.spis = kept
