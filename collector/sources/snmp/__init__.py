"""SNMP over UDP: polls, walks and GETs of many agents through one socket per address family."""

from collector.sources.snmp.engine import SnmpEngine
from collector.sources.snmp.target import Community, SnmpContext, SnmpTarget

__all__ = ["Community", "SnmpContext", "SnmpEngine", "SnmpTarget"]
