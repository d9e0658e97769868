"""The embedded lab: a simulated IOS hub behind a real SNMP agent, for `tunnelwatch demo` and for tests.

`hub` is the pure simulation, `mib` shows it as MIB rows, `agent` serves them in a process of its own, `lab` starts that
process and says how to poll it. Nothing else in the house may import this room, except `cli` (docs/adr/0008).
"""

from collector.demo.lab import Lab

__all__ = ["Lab"]
