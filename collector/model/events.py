"""What happened when: what devices said by themselves, and what polling found out."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from collector.model.notification import Announced, Happening
from collector.model.records import Level

EventSource: TypeAlias = Announced | Literal["poll"]
"""How it came to be known: a notification, or a poll that found a transition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, as one source tells it; two sources that tell of one thing are two events."""

    id: str
    """Given once, by whoever makes it: an event that is written again is not doubled."""
    at: float
    """When it happened, Unix time; of a notification, when it came."""
    target: str
    vrf: str
    source: EventSource
    name: str
    """A notification's own (`cipSecTunnelStart`, `CRYPTO-5-SESSION_STATUS`); of a poll `tunnel_up`, `tunnel_down`,
    `tunnel_idle`, `device_restarted`."""
    happening: Happening
    """What it is about."""
    level: Level | None = None
    """Which kind of tunnel it is about."""
    tunnel: str | None = None
    """Name of the tunnel, where it is known."""
    peer: str | None = None
    """The remote IKE endpoint."""
    index: str | None = None
    """The index of the row that it is about, in dotted text."""
    up: bool | None = None
    """What it says of the tunnel, the routing session or the link, where it says so."""
    reason: str | None = None
    """Why, in the words of the MIB or the line."""
    description: str | None = None
    """The peer's description, of a syslog line."""
    sender: str | None = None
    """Source address of a notification, in canonical text; None of a poll."""
    announced: bool | None = None
    """Whether a notification announced what a poll found; None of a notification."""
    values: tuple[tuple[str, str], ...] = ()
    """A notification's own varbinds or fields, `name.instance` and text."""
