"""A recording's varbinds, sorted into the tables that they belong to, as if they had just been polled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collector.interpret.plan import TableRead
from collector.tables import Table
from collector.wire.snmp import Varbind
from collector.wire.walk import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The tables that a recording has rows of, and how many of its varbinds belong to none."""

    reads: tuple[TableRead, ...]
    strays: int


def sort_varbinds(varbinds: Iterable[Varbind], tables: Mapping[str, Table]) -> Sorted:
    """Sort varbinds, in any order, into rows; the last value of an instance counts.

    Column OIDs end at an arc's last octet, so that an encoded prefix of an OID is a prefix of its arcs.
    """
    columns = {column.oid: (table, column.number) for table in tables.values() for column in table.columns}
    lengths = sorted({len(oid) for oid in columns}, reverse=True)
    rows: dict[str, Rows] = {}
    strays = 0
    for oid, tag, content in varbinds:
        for length in lengths:
            if place := columns.get(oid[:length]):
                table, number = place
                rows.setdefault(table.name, {}).setdefault(oid[length:], {})[number] = (tag, content)
                break
        else:
            strays += 1
    reads = tuple(
        TableRead(table=table, rows=rows[name], complete=True) for name, table in tables.items() if name in rows
    )
    return Sorted(reads=reads, strays=strays)
