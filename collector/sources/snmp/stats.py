"""What the engine counts over all targets."""

from dataclasses import dataclass


@dataclass(slots=True)
class SnmpStats:
    """Counters of one engine since its start; they only grow."""

    received: int = 0
    """Datagrams, of whatever kind."""
    late: int = 0
    """Answers to no question, or to one that is answered or given up already."""
    foreign: int = 0
    """Datagrams from an address that nothing was asked of, or that answer what was asked of another one."""
    undecodable: int = 0
    """Datagrams that are no SNMP message, or that USM refuses."""
    unsent: int = 0
    """Requests that the system did not take; they are sent again when their time is up."""
    kernel_drops: int = 0
    """Datagrams that came while the sockets' receive buffers were full (/proc/net/udp)."""
