"""What is prepared once for every notification that the table files know, so that reading one is looking up."""

from dataclasses import dataclass

from collector.tables import IndexPart, NotificationType, NotifiedObject, Table, Tables
from collector.wire.ber import decode_oid, encode_oid

_ADDRESSES = frozenset({"local_address", "remote_address"})
_SNMP_TRAPS = encode_oid((1, 3, 6, 1, 6, 3, 1, 1, 5))


@dataclass(frozen=True, slots=True)
class Kind:
    """A notification, and where the row that it is about shows in what it carries."""

    type: NotificationType
    bearers: frozenset[bytes] = frozenset()
    """Objects whose instances begin with the index of that row, by OID."""
    tells_address: bool = False
    """Whether that index has an address in it."""


UNKNOWN = Kind(NotificationType(name="", mib="", oid=b"", happening="other"))
"""What a notification is that no table file has."""


def kinds(tables: Tables) -> dict[bytes, Kind]:
    """Return all of them by the content octets of snmpTrapOID."""
    found = {}
    for each in tables.notifications.values():
        kind = Kind(each) if each.table is None else _of_rows(each, each.table, tables)
        found[each.oid] = found[_as_translated(each.oid)] = kind
    return found


def _of_rows(each: NotificationType, table: Table, tables: Tables) -> Kind:
    return Kind(
        each,
        frozenset(one.oid for one in tables.notified.values() if _begins(one, table.index)),
        any(part.field in _ADDRESSES for part in table.index),
    )


def _begins(one: NotifiedObject, index: tuple[IndexPart, ...]) -> bool:
    """Whether its INDEX begins like this one; that of a history has another first object, and so other rows."""
    names = [part.name for part in index]
    return [part.name for part in one.index[: len(names)]] == names


def _as_translated(oid: bytes) -> bytes:
    """Return what snmpTrapOID is after a way through SNMPv1, where a 0 is put before the last sub-identifier.

    An agent that sends bgpEstablished (`15.7.1`) as a v1 trap has the enterprise `15.7` and the specific trap 1, which
    comes back as `15.7.0.1`. Source: RFC 3584 §3.1, §3.2.
    """
    *enterprise, specific = decode_oid(oid)
    generic = oid.startswith(_SNMP_TRAPS) or enterprise[-1] == 0
    return oid if generic else encode_oid([*enterprise, 0, specific])
