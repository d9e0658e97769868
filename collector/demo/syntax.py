"""The hub's values as pysnmp's."""

from collections.abc import Callable
from typing import Any

from pysnmp.proto import rfc1902

from collector.demo.mib import rows
from collector.demo.mib.rows import Value

_SYNTAX: dict[int, Callable[[Any], Any]] = {
    rows.INTEGER: rfc1902.Integer32,
    rows.OCTET_STRING: rfc1902.OctetString,
    rows.OBJECT_IDENTIFIER: rfc1902.ObjectIdentifier,
    rows.IP_ADDRESS: rfc1902.IpAddress,
    rows.COUNTER32: rfc1902.Counter32,
    rows.GAUGE32: rfc1902.Gauge32,
    rows.TIMETICKS: rfc1902.TimeTicks,
    rows.COUNTER64: rfc1902.Counter64,
}


def syntax_of(value: Value) -> Any:  # noqa: ANN401 - pysnmp's
    """Give a value as an object of pysnmp."""
    tag, content = value
    return _SYNTAX[tag](content)
