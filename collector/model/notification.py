"""What a device says by itself: traps, informs, syslog lines."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from collector.model.records import Level

Happening: TypeAlias = Literal[
    "tunnel-start",
    "tunnel-stop",
    "negotiation-failed",
    "packet-refused",
    "restart",
    "policy",
    "routing",
    "link",
    "authentication",
    "other",
]
"""What a notification is about; `authentication` is of SNMP requests, that of an IKE peer is `negotiation-failed`."""

Announced: TypeAlias = Literal["trap", "inform", "syslog"]
"""How a notification came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Something that a device said by itself: a hint that makes us look; never a truth about a tunnel."""

    source: Announced
    name: str
    """`cipSecTunnelStart`, `CRYPTO-5-SESSION_STATUS`; the OID in dots of a trap that no file names."""
    happening: Happening
    received_at: float
    """Unix time."""
    sender: str
    """Source address in canonical text, without a port."""
    target: str | None = None
    """Filled in by whoever listens: by port, community, contextName or address."""
    vrf: str | None = None
    level: Level | None = None
    """Which kind of tunnel it is about."""
    module: str | None = None
    """Tables (`mibs/modules.yaml`) a poll of which tells more."""
    table: str | None = None
    """The table of that module that has a row for what it is about."""
    index: str | None = None
    """The index of that row, in dotted text as an entity has it."""
    local_address: str | None = None
    remote_address: str | None = None
    up: bool | None = None
    """What it says of the tunnel, the routing session or the link, where it says so."""
    description: str | None = None
    """The peer's description, of a syslog line."""
    reason: str | None = None
    """Why, in the words of the MIB or the line."""
    values: tuple[tuple[str, str], ...] = ()
    """Its own varbinds or fields, `name.instance` and text: in number and length bounded, without control characters;
    sizes in octets and times in seconds, whatever the MIB counts in."""
