"""One object of a table file: column, scalar or index part, with the decoder that its syntax and `as` choose."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from collector.errors import WireError
from collector.tables.conversions import INTEGER, IP_ADDRESS, Labelled
from collector.tables.nodes import Entry
from collector.tables.schema import Column, Decode, IndexPart, Kind, NotifiedObject, Renews, Says, Table
from collector.tables.syntaxes import AS, LABELS, SYNTAXES, TYPED
from collector.wire import ber

Enums: TypeAlias = Mapping[str, Mapping[int, str]]
"""Enumerations that a file names, by their name."""

_Decoding: TypeAlias = tuple[int, Decode, type]

ENTRY_ARC = b"\x01"
"""Between a table and its columns. Source: RFC 2578 §7.1.12."""

_COLUMN_KEYS = ("as", "enum", "fallback", "field", "label", "renews", "slow", "superseded_by", "typed_by", "wraps")
_INDEX_KEYS = ("as", "enum", "field", "implied", "number", "size", "typed_by")
NOTIFIED_KEYS = ("as", "enum", "says", "typed_by")
"""What an object that only notifications have may say beside its OID and syntax."""
_SAYS: dict[str, Says] = {"local_address": "local_address", "remote_address": "remote_address", "reason": "reason"}
_FIELDS_THAT_SAY: dict[str, Says] = {**_SAYS, "last_error_text": "reason"}
_IPV4 = 4


def column(name: str, entry: Entry, table_oid: bytes, enums: Enums) -> Column:
    """Read a column of a conceptual table."""
    keys = entry.mapping(required=("number", "syntax", "class"), optional=_COLUMN_KEYS)
    number = keys["number"].whole()
    return _accessible(name, number, table_oid + ENTRY_ARC + ber.encode_arcs([number]), keys, enums)


def scalar(name: str, entry: Entry, ordinal: int, enums: Enums) -> Column:
    """Read a scalar; its number is its place in the group."""
    keys = entry.mapping(required=("oid", "syntax", "class"), optional=_COLUMN_KEYS)
    return _accessible(name, ordinal, oid(keys["oid"]), keys, enums)


def _accessible(name: str, number: int, content: bytes, keys: Mapping[str, Entry], enums: Enums) -> Column:
    tag, decode, value_type = _decoding(keys, enums)
    return Column(
        name=name,
        number=number,
        oid=content,
        syntax=keys["syntax"].text(),
        tag=tag,
        kind=_kind(keys["class"]),
        slow=_flag(keys, "slow"),
        field=_text(keys, "field"),
        enum=_labels(keys, enums),
        typed_by=_text(keys, "typed_by"),
        fallback=_text(keys, "fallback"),
        superseded_by=_text(keys, "superseded_by"),
        wraps=_text(keys, "wraps"),
        renews=_renews(keys["renews"]) if "renews" in keys else None,
        label=_text(keys, "label"),
        value_type=value_type,
        decode=decode,
    )


def index_part(name: str, entry: Entry, enums: Enums) -> IndexPart:
    """Read one object of an INDEX."""
    keys = entry.mapping(required=("syntax",), optional=_INDEX_KEYS)
    tag, decode, value_type = _decoding(keys, enums)
    fixed_size = _IPV4 if tag == IP_ADDRESS else None
    return IndexPart(
        name=name,
        number=keys["number"].whole() if "number" in keys else None,
        syntax=keys["syntax"].text(),
        fixed_size=keys["size"].whole() if "size" in keys else fixed_size,
        implied=_flag(keys, "implied"),
        tag=tag,
        field=_text(keys, "field"),
        typed_by=_text(keys, "typed_by"),
        enum=_labels(keys, enums),
        value_type=value_type,
        decode=decode,
    )


def notified_objects(table: Table) -> Iterator[NotifiedObject]:
    """Yield a table's columns, and the index objects that are its own, as notifications carry them."""
    oids = {column.name: column.oid for column in table.columns}
    found: list[tuple[Column | IndexPart, bytes]] = [(column, column.oid) for column in table.columns]
    found += [(part, table.oid + ENTRY_ARC + ber.encode_arcs([part.number])) for part in table.index if part.number]
    for each, content in found:
        yield NotifiedObject(
            name=each.name,
            mib=table.mib,
            oid=content,
            syntax=each.syntax,
            enum=each.enum,
            index=table.index,
            type_oid=oids.get(each.typed_by or ""),
            says=_FIELDS_THAT_SAY.get(each.field or ""),
            decode=each.decode,
        )


def notified_object(name: str, mib: str, entry: Entry, oids: Mapping[str, bytes], enums: Enums) -> NotifiedObject:
    """Read an object that no table has; `oids` are those of the objects of its file, for `typed_by`."""
    keys = entry.mapping(required=("oid", "syntax"), optional=NOTIFIED_KEYS)
    _, decode, _ = _decoding(keys, enums)
    if "typed_by" in keys and (keys["typed_by"].text() not in oids.keys() - {name} or decode not in TYPED):
        raise keys["typed_by"].error("must name another object of this file, and only addresses are read by a type")
    return NotifiedObject(
        name=name,
        mib=mib,
        oid=oids[name],
        syntax=keys["syntax"].text(),
        enum=_labels(keys, enums),
        type_oid=oids[keys["typed_by"].text()] if "typed_by" in keys else None,
        says=_SAYS[keys["says"].choice(_SAYS)] if "says" in keys else None,
        decode=decode,
    )


def labels(entry: Entry) -> dict[int, str]:
    """Read an enumeration: number to label."""
    found = {}
    for number, label in entry.items():
        if not (number.isascii() and number.isdigit()):
            raise label.error(f"{number!r} is not the number of a label")
        found[int(number)] = label.text()
    return found


def oid(entry: Entry) -> bytes:
    """Read a dotted OID into content octets."""
    try:
        return ber.oid(entry.text())
    except WireError:
        raise entry.error(f"{entry.text()!r} is not an OID") from None


def _decoding(keys: Mapping[str, Entry], enums: Enums) -> _Decoding:
    known = _labels(keys, enums)
    syntax = keys["syntax"].text()
    if known is not None:
        found: _Decoding = (INTEGER, Labelled(known), str)
    elif syntax in SYNTAXES:
        found = SYNTAXES[syntax]
    else:
        raise keys["syntax"].error(f"unknown syntax {syntax!r}: not one of the SMI's, nor named under `enums`")
    return _meaning(keys["as"], found[0]) if "as" in keys else found


def _meaning(entry: Entry, tag: int) -> _Decoding:
    tags, decode, value_type = AS[entry.choice(AS)]
    if tag not in tags:
        raise entry.error(f"`as: {entry.text()}` does not go with this syntax")
    return tag, decode, value_type


def _labels(keys: Mapping[str, Entry], enums: Enums) -> Mapping[int, str] | None:
    if "enum" in keys:
        return labels(keys["enum"])
    syntax = keys["syntax"].text()
    return enums.get(syntax, LABELS.get(syntax))


def _text(keys: Mapping[str, Entry], key: str) -> str | None:
    return keys[key].text() if key in keys else None


def _flag(keys: Mapping[str, Entry], key: str) -> bool:
    return key in keys and keys[key].flag()


def _kind(entry: Entry) -> Kind:
    kinds: dict[str, Kind] = {"static": "static", "counter": "counter", "gauge": "gauge"}
    return kinds[entry.choice(kinds)]


def _renews(entry: Entry) -> Renews:
    ways: dict[str, Renews] = {"change": "change", "backwards": "backwards"}
    return ways[entry.choice(ways)]
