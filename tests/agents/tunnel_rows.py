"""Rows of cipSecTunnelTable in which every cell says something else: one that stands at a wrong place is noticed."""

from collector.tables import load
from collector.wire.ber import encode_arcs, encode_integer
from collector.wire.snmp import COUNTER32, COUNTER64, GAUGE32, INTEGER, OCTET_STRING

TABLES = load()
TUNNELS = TABLES.tables["cipSecTunnelTable"]
_TAGS = {"Counter32": COUNTER32, "Counter64": COUNTER64, "Gauge32": GAUGE32, "IPSIpAddress": OCTET_STRING}
_STEP = 7
_HEADER_OCTETS = 2


def tunnel_rows(count):
    """The rows as a walk must find them."""
    return {
        encode_arcs((101 + _STEP * number,)): {column.number: _cell(column, number) for column in TUNNELS.columns}
        for number in range(count)
    }


def _cell(column, number):
    tag = _TAGS.get(column.syntax, INTEGER)
    value = 1 + number * 64 + column.number
    if tag == OCTET_STRING:
        return (tag, value.to_bytes(4, "big"))
    return (tag, encode_integer(value << 32 if tag == COUNTER64 else value)[_HEADER_OCTETS:])


def varbinds_of(rows, table=TUNNELS):
    """The varbinds of a table's rows, row by row."""
    oids = {column.number: column.oid for column in table.columns}
    return [(oids[number] + suffix, *cell) for suffix, row in rows.items() for number, cell in row.items()]


def scalar_row(table):
    """The one row of a scalar group, in which each scalar says something else, too."""
    return {b"\x00": {column.number: _cell(column, 0) for column in table.columns}}
