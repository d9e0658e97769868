"""Traps and informs to what they say: raw varbinds, in whatever order and number, to a model.Notification.

Devices leave varbinds out, send them without an instance or in another order than their MIB has, and add others: an IOS
cikeTunnelStop also has cikeTunHistTermReason, its cipSecTunnelStart and cipSecTunnelStop have the endpoints. So nothing
is expected, and every varbind is read by itself. What cannot be decoded costs that value: it is counted, and shown raw.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from collector.errors import WireError
from collector.interpret.index import index_length
from collector.interpret.notification_kinds import UNKNOWN, Kind, kinds
from collector.interpret.row import Fields, row_reader
from collector.model import Announced, Notification
from collector.tables import NotifiedObject, Table, Tables
from collector.tables.addresses import address_in, ipv4
from collector.tables.conversions import (
    ABSENT,
    INTEGER,
    IP_ADDRESS,
    OBJECT_IDENTIFIER,
    UNSIGNED,
    decode_octets,
    decode_signed,
)
from collector.tables.syntaxes import TYPED
from collector.wire import ber
from collector.wire.pdu import Varbind

MAX_VARBINDS = 64
"""What stands behind these is not looked at; no MIB here has a notification with more than 14."""
MAX_CHARACTERS = 255
"""Of a name, a value or a reason; what is longer is cut, and ends in an ellipsis."""

_ENVELOPE = frozenset({ber.oid("1.3.6.1.2.1.1.3.0"), ber.oid("1.3.6.1.6.3.1.1.4.1.0")})
"""sysUpTime.0 and snmpTrapOID.0, which every notification has."""
_SNMP_TRAP_COMMUNITY = ber.oid("1.3.6.1.6.3.18.1.4")
"""A secret that a proxy adds. Source: RFC 3584 §4.1.1."""
_INTEGERS = UNSIGNED | {INTEGER}
_IPV4 = 4


@dataclass(slots=True)
class _Seen:
    """What the varbinds said so far."""

    kind: Kind
    varbinds: Sequence[Varbind]
    errors: Counter[str]
    suffix: bytes = b""
    """The instance of the last varbind, which the next one often has too,"""
    instance: str = ""
    """and what it looks like."""
    row: str | None = None
    up: bool | None = None
    said: dict[str, str] = field(default_factory=dict)
    values: list[tuple[str, str]] = field(default_factory=list)


class NotificationReader:
    """Reads notifications as a set of table files knows them."""

    __slots__ = ("_kinds", "_lengths", "_objects")

    def __init__(self, tables: Tables) -> None:
        self._objects = tables.notified
        self._lengths = [length for length, _ in Counter(map(len, tables.notified)).most_common()]
        self._kinds = kinds(tables)

    def read(
        self,
        trap_oid: bytes,
        varbinds: Sequence[Varbind],
        errors: Counter[str],
        *,
        source: Announced,
        received_at: float,
        sender: str,
    ) -> Notification:
        """Return what a notification says, whatever it carries; never raises.

        `trap_oid` is the value of snmpTrapOID.0, which a v1 trap has once it is translated (RFC 3584 §3.1), as content
        octets; `varbinds` may have sysUpTime.0 and snmpTrapOID.0 among them or not. `errors` counts the values that
        could not be decoded, by the name of their object.
        """
        kind = self._kinds.get(trap_oid, UNKNOWN)
        about = kind.type
        seen = _Seen(kind, varbinds[:MAX_VARBINDS], errors)
        for oid, tag, content in seen.varbinds:
            if oid not in _ENVELOPE and not oid.startswith(_SNMP_TRAP_COMMUNITY):
                self._take(oid, tag, content, seen)
        return Notification(
            source=source,
            name=about.name or _dotted(trap_oid),
            happening=about.happening,
            received_at=received_at,
            sender=sender,
            level=about.level,
            module=about.module,
            table=about.table.name if about.table else None,
            index=seen.row,
            local_address=seen.said.get("local_address"),
            remote_address=seen.said.get("remote_address"),
            up=seen.up if about.up_when else about.up,
            reason=seen.said.get("reason"),
            values=tuple(seen.values),
        )

    def _take(self, oid: bytes, tag: int, content: bytes, seen: _Seen) -> None:
        found = self._find(oid)
        if found is None:
            if tag not in ABSENT:
                seen.values.append((_dotted(oid), _raw(tag, content)))
            return
        suffix = oid[len(found.oid) :]
        if suffix != seen.suffix:
            seen.suffix, seen.instance = suffix, _instance(suffix)
        name = _cut(found.name + seen.instance)
        table = seen.kind.type.table
        if table is not None and seen.row is None and found.oid in seen.kind.bearers:
            _find_row(table, suffix, seen)
        try:
            label = None if found.type_oid is None else self._type(found.type_oid, suffix, seen)
            value = found.decode(tag, content) if label is None else _typed(found, label, tag, content)
        except WireError:
            seen.errors[found.name] += 1
            seen.values.append((name, _raw(tag, content)))
            return
        if value is not None:
            text = _shown(value)
            seen.values.append((name, text))
            _keep(found, text, seen)

    def _find(self, oid: bytes) -> NotifiedObject | None:
        """Find the object whose instance this is: where its content octets end, a sub-identifier ends in both.

        No object's OID begins with another's, so the usual lengths are tried first.
        """
        objects = self._objects
        for length in self._lengths:
            found = objects.get(oid[:length])
            if found is not None:
                return found
        return None

    def _type(self, type_oid: bytes, suffix: bytes, seen: _Seen) -> str | None:
        """Return what the varbind says that tells the type of another one of this instance; None without one."""
        wanted = type_oid + suffix
        for oid, tag, content in seen.varbinds:
            if oid == wanted:
                try:
                    label = self._objects[type_oid].decode(tag, content)
                except WireError:
                    return None
                return label if isinstance(label, str) else None
        return None


def _typed(found: NotifiedObject, label: str, tag: int, content: bytes) -> str | None:
    octets = decode_octets(tag, content)
    return None if octets is None else TYPED[found.decode](octets, label)


def _keep(found: NotifiedObject, text: str, seen: _Seen) -> None:
    """Keep what a value says of the notification as a whole; the first that says something counts."""
    if found.says is not None and found.says not in seen.said:
        said = text if found.says == "reason" else address_in(text)
        if said is not None:
            seen.said[found.says] = said
    about = seen.kind.type.up_when
    if about is not None and found.name == about[0]:
        seen.up = text == about[1]


# --- the row ----------------------------------------------------------------------------------------------------------


def _find_row(table: Table, suffix: bytes, seen: _Seen) -> None:
    """Take the row's index from the instance of an object of its table, or of one that has rows beneath it.

    An instance of zeros is none: no row of these tables has it, and agents that know no instance send it.
    """
    try:
        arcs = ber.decode_arcs(suffix)
        arcs = arcs[: index_length(table.index, arcs)]
        if not any(arcs):
            return
        if seen.kind.tells_address:
            _keep_addresses(row_reader(table).index_fields(ber.encode_arcs(arcs), seen.errors)[0], seen)
    except WireError:
        return
    seen.row = ".".join(map(str, arcs))


def _keep_addresses(fields: Fields, seen: _Seen) -> None:
    for name in ("local_address", "remote_address"):
        found = address_in(str(fields.get(name)))
        if found is not None:
            seen.said[name] = found


# --- showing ----------------------------------------------------------------------------------------------------------


def _instance(suffix: bytes) -> str:
    """Return the dots and numbers behind an object's name; none for an instance that is absent or garbage."""
    try:
        return "".join(f".{arc}" for arc in ber.decode_arcs(suffix))
    except WireError:
        return ""


def _dotted(oid: bytes) -> str:
    try:
        return _cut(ber.oid_text(oid))
    except WireError:
        return _hex(oid)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return _cut(text.removesuffix(".0") if isinstance(value, float) else text)


def _raw(tag: int, content: bytes) -> str:
    """Show a value of which nothing is known but its tag; octets are never taken for text."""
    try:
        if tag in _INTEGERS:
            return str(decode_signed(tag, content))
        if tag == OBJECT_IDENTIFIER:
            return _cut(ber.oid_text(content))
    except WireError:
        return _hex(content)
    return ipv4(content) if tag == IP_ADDRESS and len(content) == _IPV4 else _hex(content)


def _hex(octets: bytes) -> str:
    return _cut("0x" + octets[:MAX_CHARACTERS].hex())


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
