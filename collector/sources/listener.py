"""A port where notifications arrive."""

import os
from dataclasses import dataclass
from typing import Literal

from collector.errors import SourceError


@dataclass(frozen=True, slots=True)
class Listener:
    """An address of this host and a port; `vrf` is that of whatever arrives there and names none."""

    protocol: Literal["udp", "tcp", "tls"]
    host: str
    port: int
    vrf: str | None = None

    @property
    def is_ipv6(self) -> bool:
        """Whether it listens on IPv6, and on that alone."""
        return ":" in self.host

    def __str__(self) -> str:
        host = f"[{self.host}]" if self.is_ipv6 else self.host
        return f"{self.protocol} {host}:{self.port}"


def unavailable(listener: Listener, error: OSError) -> SourceError:
    """Make the error that says why a port cannot be listened on."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return SourceError(f"listening on {listener}: {reason}")
