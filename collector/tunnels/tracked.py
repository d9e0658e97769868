"""Tunnels as scrapes see them: what lives, and what is remembered of what does not."""

from collections import namedtuple
from typing import Any, NamedTuple

from collector.model import COUNTED, Expectation, Level, State
from collector.tunnels.names import Identity
from collector.tunnels.tunnel import ChildTunnel, IkeTunnel, Tunnels

ChildAccount: Any = namedtuple("ChildAccount", COUNTED["child"])  # type: ignore[misc]  # noqa: PYI024 - the fields are the model's
IkeAccount: Any = namedtuple("IkeAccount", COUNTED["ike"])  # type: ignore[misc]  # noqa: PYI024 - as above
ACCOUNTS: dict[Level, Any] = {"child": ChildAccount, "ike": IkeAccount}
"""Monotonic counters of a tunnel by level; None where the target does not count."""


class TrackedTunnel(NamedTuple):
    """A known tunnel: its state, its account, and what the target tells of it now."""

    level: Level
    name: str
    peer: str
    identity: Identity
    """Of the latest SA."""
    state: State
    state_since: float | None
    """Unix time of the last certain change of state; None if none was seen."""
    expectation: Expectation
    configured: bool
    """Whether the configuration names it; else it was learned."""
    description: str
    labels: tuple[tuple[str, str], ...]
    """What the configuration says of it beside: site, customer, …"""
    seen: ChildTunnel | IkeTunnel
    """The SAs that live; an empty one, of which nothing is known, while none does."""
    account: Any
    """`ChildAccount` or `IkeAccount`; all None while the state is unknown."""
    established_at: float | None
    """Unix time at which the newest live SA began; None while none lives."""
    sessions: int
    rekeys: int | None
    """Refreshes of all sessions; None where the target does not count them."""
    ups: int
    downs: int
    idles: int
    last_end_at: float | None
    last_end_reason: str | None

    @property
    def up(self) -> bool | None:
        """Whether an SA lives; None while that is unknown."""
        return None if self.state == "unknown" else self.state == "up"

    @property
    def expected(self) -> bool:
        """Whether it should always be up."""
        return self.expectation == "always"

    @property
    def idle(self) -> bool | None:
        """Of an on-demand tunnel, whether it is down by design; None for others and while it is unknown."""
        return self.state == "idle" if self.expectation == "on-demand" and self.state != "unknown" else None

    @property
    def idle_transitions(self) -> int | None:
        """Transitions to idle; None for tunnels that are never idle."""
        return self.idles if self.expectation == "on-demand" else None

    @property
    def rows(self) -> int | None:
        """How many rows the target lists of it; None while that is unknown."""
        return None if self.state == "unknown" else self.seen.rows


class TrackedTunnels(NamedTuple):
    """All tunnels of one context."""

    children: tuple[TrackedTunnel, ...] = ()
    ikes: tuple[TrackedTunnel, ...] = ()
    children_over_limit: int = 0
    ikes_over_limit: int = 0
    seen: Tunnels = Tunnels()
    """What the target lists now."""
    ends: tuple[tuple[Level, str | None, int], ...] = ()
    """Sessions that ended since the daemon began, by level and reason."""
    failures: tuple[tuple[Level, str | None, int], ...] = ()
    """Failures put on record since the daemon began, by level and reason."""
    gaps: tuple[tuple[str, int], ...] = ()
    """Gaps that began since the daemon began, by kind."""
    unidentified_rows: int = 0
    """Rows that have neither addresses nor selectors, and so belong to no tunnel."""
