"""One spoke as the hub sees it: what each act of its script does to its SAs and its BGP session."""

from collections.abc import Callable, Iterator
from itertools import chain, cycle
from random import Random

from collector.demo.bgp import BgpSession
from collector.demo.cast import RECORDED_EXCHANGED, RECORDED_SPI_VALUES, RECORDED_TRAFFIC
from collector.demo.counters import (
    DELETE_RECEIVED,
    DELETE_SENT,
    MAIN_MODE,
    QUICK_MODE,
    REFUSED_QUICK_MODE,
    TICKS,
    IkeTraffic,
)
from collector.demo.sas import ChildSa, IkeSa
from collector.demo.spokes import CHILD_PEER_LOST, IKE_PEER_LOST, Act, End, Spoke, Step
from collector.demo.vrf import Vrf

OVERLAP_SECONDS = 6
"""How long the SAs that a rekey replaced live on."""


class Branch:
    """The live side of a spoke."""

    def __init__(self, spoke: Spoke, vrf: Vrf, seed: str) -> None:
        self.spoke = spoke
        self.vrf = vrf
        self.ike: IkeSa | None = None
        self.children: list[ChildSa] = []
        self.session: BgpSession | None = None
        self.changed = 0
        """When its tunnels last came or went, in ticks."""
        self.associated = 0
        """Since when there is an IKE SA, in ticks; replacing one does not matter."""
        self._random = Random(seed)  # noqa: S311 - a simulation that can be repeated
        self._acts: dict[Act, Callable[[int, int], object]] = {
            Act.UP: self._up,
            Act.IKE_UP: self._ike_up,
            Act.REKEY: self._rekey,
            Act.IKE_REKEY: self._ike_rekey,
            Act.DOWN: self._down,
            Act.IKE_REFUSED: self._refuse_ike,
            Act.CHILD_REFUSED: self._refuse_child,
        }

    @property
    def is_up(self) -> bool:
        """Whether it has phase-2 tunnels."""
        return bool(self.children)

    def timeline(self, start: int) -> Iterator[tuple[int, Step]]:
        """Give what happens to it and when, without end; times vary by chance a little."""
        now = float(start)
        for step in chain(self.spoke.intro, cycle(self.spoke.loop)):
            now += step.seconds * self._random.uniform(0.93, 1.07) * TICKS
            yield int(now), step

    def act(self, step: Step, now: int) -> None:
        """Let a line of the script happen."""
        self._acts[step.act](step.reason, now)

    def begin(self, now: int, up_for: float) -> IkeSa:
        """Be up since before the simulation starts, with the rekeys that there were since."""
        born = now - int(up_for * TICKS)
        ike = self._up(0, born)
        for child in self.children:
            child.refreshes = int(up_for // self.spoke.child.life_seconds)
            child.forget_spis(child.refreshes)
            ike.refreshes += child.refreshes
            ike.count(QUICK_MODE, child.refreshes)
        if self.spoke.bgp:
            address, remote_as = self.spoke.bgp
            local = address[:3] + b"\xfe"
            self.session = BgpSession(local_address=local, remote_address=address, remote_as=remote_as, since=born)
        return ike

    def begin_recorded(self, now: int, up_for: float) -> None:
        """Be up with the counters and SPIs of the recorded router."""
        ike = self.begin(now, up_for)
        ike.counted_from, ike.exchanged = now, RECORDED_EXCHANGED
        for child in self.children:
            child.counted_from, child.recorded = now, RECORDED_TRAFFIC
            for spi, value in zip(child.spis, RECORDED_SPI_VALUES, strict=True):
                spi.value = value

    def expire(self) -> None:
        """Let the SAs that were replaced go."""
        for child in self.children:
            if any(spi.expiring for spi in child.spis):
                child.expire_spis()
                self._exchange(DELETE_SENT)

    def _ike_up(self, _: int, now: int) -> IkeSa:
        if self.ike is None:
            self.associated = now
            self.ike = self.vrf.add_ike(self.spoke, now)
            self.ike.count(MAIN_MODE)
        return self.ike

    def _up(self, _: int, now: int) -> IkeSa:
        ike = self._ike_up(0, now)
        if not self.children:
            self.changed = now
            for selector in self.spoke.selectors:
                child = self.vrf.add_child(self.spoke, selector, ike.index, now)
                child.add_spis(self._new_spis())
                self.children.append(child)
                ike.count(QUICK_MODE)
        return ike

    def _rekey(self, _: int, now: int) -> None:
        del now
        for child in self.children:
            for spi in child.spis:
                spi.expiring = True
            child.add_spis(self._new_spis())
            child.refreshes += 1
            if self.ike:
                child.ike_index = self.ike.index
                self.ike.refreshes += 1
                self._exchange(QUICK_MODE)

    def _ike_rekey(self, _: int, now: int) -> None:
        if self.ike:
            self._exchange(DELETE_SENT)
            self.vrf.close_ike(self.ike, End.NORMAL.value, now)
            self.ike = self.vrf.add_ike(self.spoke, now)
            self.ike.count(MAIN_MODE)

    def _down(self, reason: int, now: int) -> None:
        self.changed = now
        if reason == End.PEER_LOST.value:
            self._record_loss(now)
        else:
            farewell = DELETE_RECEIVED if reason == End.PEER_DELETED.value else DELETE_SENT
            self._exchange(farewell, len(self.children))
        for child in self.children:
            self.vrf.close_child(child, reason, now)
        self.children = []
        if self.ike:
            self.vrf.close_ike(self.ike, reason, now)
            self.ike = None

    def _record_loss(self, now: int) -> None:
        self.vrf.fail_ike(self.spoke, IKE_PEER_LOST, now)
        for child in self.children:
            self.vrf.fail_child(self.spoke, CHILD_PEER_LOST, now, child.index)

    def _refuse_ike(self, reason: int, now: int) -> None:
        self.vrf.fail_ike(self.spoke, reason, now)

    def _refuse_child(self, reason: int, now: int) -> None:
        self._exchange(REFUSED_QUICK_MODE)
        self.vrf.fail_child(self.spoke, reason, now)

    def _exchange(self, traffic: IkeTraffic, times: int = 1) -> None:
        if self.ike:
            self.ike.count(traffic, times)

    def _new_spis(self) -> tuple[int, ...]:
        count = 4 if self.spoke.transform.ah > 1 else 2
        return tuple(self._random.randrange(256, 2**32) for _ in range(count))
