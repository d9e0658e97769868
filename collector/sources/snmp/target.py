"""Whom to ask, and as whom: targets, credentials and contexts of SNMP.

Source: RFC 3584 §5 (communities and contexts), RFC 3414 (USM).
"""

from dataclasses import dataclass, field

from collector.model import GLOBAL_VRF
from collector.wire.snmp import VERSION_1, VERSION_2C
from collector.wire.usm import UsmUser


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """The community of SNMPv1 (version 0) or SNMPv2c (version 1) for the default context."""

    version: int = VERSION_2C
    community: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.version not in (VERSION_1, VERSION_2C):
            raise ValueError(f"SNMP version {self.version} has no community")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpTarget:
    """An agent to poll, and how hard it may be asked."""

    name: str
    address: str
    """An IPv4 or IPv6 address (with `%zone` where it needs one), or a DNS name."""
    port: int = 161
    credentials: Community | UsmUser
    context_engine_id: bytes | None = None
    """The engine whose contexts are asked for, where it is not the one that answers (a proxy); SNMPv3 only."""
    timeout: float = 2.0
    """Seconds to wait for the answer to one request."""
    retries: int = 2
    """How often a request is sent again before it counts as timed out."""
    max_repetitions: int = 40
    """The most rows to ask for in one GETBULK; less is used when the agent shows that it cannot."""
    outstanding: int = 2
    """Requests in flight to this agent, over all its contexts."""
    max_rows: int = 50_000
    """Rows read of one table; reaching it is a fault and makes the read incomplete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpContext:
    """A context of a target, and the VRF that it shows; all defaults make the default context."""

    vrf: str = GLOBAL_VRF
    community: bytes | None = field(default=None, repr=False)
    """SNMPv1 and SNMPv2c: the community that is mapped to the context; None: the target's own."""
    context_name: str = ""
    """SNMPv3: contextName."""
