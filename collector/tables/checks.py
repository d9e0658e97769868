"""What must hold between the entries of a table file, and between a table and the entity that it fills."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from types import NoneType
from typing import TypeAlias, get_args, get_type_hints

from collector.model import Entity
from collector.tables.nodes import Entry
from collector.tables.schema import Column, IndexPart, Table
from collector.tables.syntaxes import TYPED

_Object: TypeAlias = Column | IndexPart


def within(table: Table, entry: Entry, lines: Mapping[str, Entry]) -> None:
    """Check one table.

    Raises: TableError at the line of the entry that is wrong.
    """
    if not table.columns:
        raise entry.error("has no columns")
    _numbers(table, lines)
    _references(table, lines)
    _filled(table, entry, lines)
    _each(table, entry, lines)
    for column in table.columns:
        if column.field is None and not _serves(column, table):
            raise lines[column.name].error("fills no field, counts no wraps and is the type of nothing")


def across(tables: Mapping[str, Table], lines: Mapping[str, Entry]) -> None:
    """Check what one table says of another.

    Raises: TableError at the line of the table that is wrong.
    """
    for table in tables.values():
        base = tables.get(table.augments) if table.augments else None
        if table.augments and base is None:
            raise lines[table.name].error(f"augments {table.augments!r}, which no file has")
        if base and (base.entity, base.scalars) != (table.entity, table.scalars):
            raise lines[table.name].error(f"augments {base.name!r}, which is a {base.entity.__name__}")
        if base and base.augments:
            raise lines[table.name].error(f"augments {base.name!r}, which augments {base.augments!r} itself")


def _objects(table: Table) -> tuple[_Object, ...]:
    return (*table.index, *table.columns)


def _numbers(table: Table, lines: Mapping[str, Entry]) -> None:
    names: dict[int, str] = {}
    for each in _objects(table):
        if each.number is not None and names.setdefault(each.number, each.name) != each.name:
            raise lines[each.name].error(f"number {each.number} is {names[each.number]}'s")
    oids: dict[bytes, str] = {}
    for column in table.columns:
        if oids.setdefault(column.oid, column.name) != column.name:
            raise lines[column.name].error(f"has the OID of {oids[column.oid]}")


def _references(table: Table, lines: Mapping[str, Entry]) -> None:
    columns = {column.name: column for column in table.columns}
    named = columns.keys() | {part.name for part in table.index}
    for column in table.columns:
        targets = {"superseded_by": columns.keys(), "wraps": columns.keys(), "typed_by": named, "fallback": named}
        for key, known in targets.items():
            target = getattr(column, key)
            if target is not None and (target not in known or target == column.name):
                raise lines[column.name].error(f"{key}: no other column {target!r} in {table.name}")
    for part in table.index:
        if part.typed_by is not None and part.typed_by not in {before.name for before in _before(part, table)}:
            raise lines[part.name].error(f"typed_by: {part.typed_by!r} is not a part of the index before this one")
        if part.implied and part is not table.index[-1]:
            raise lines[part.name].error("only the last part of an index can be implied")
    for typed in _objects(table):
        if typed.typed_by is not None and typed.decode not in TYPED:
            raise lines[typed.name].error("typed_by: only addresses and identities are read by a type")


def _before(part: IndexPart, table: Table) -> tuple[IndexPart, ...]:
    return table.index[: table.index.index(part)]


def _filled(table: Table, entry: Entry, lines: Mapping[str, Entry]) -> None:
    known = _field_types(table.entity)
    for each in _objects(table):
        if each.field is not None:
            _fits(each.field, each.value_type, known, lines[each.name])
    for name in (*table.constants, *([table.each] if table.each else [])):
        if str not in known.get(name, ()):
            raise entry.error(f"{table.entity.__name__} has no field {name!r} of text")
    filled = Counter([*_fillers(table), *table.constants, *([table.each] if table.each else [])])
    twice = [name for name, times in filled.items() if times > 1 and not table.each]
    if twice:
        raise entry.error(f"field {twice[0]!r} is filled twice")
    missing = _required(table.entity) - filled.keys()
    if missing:
        raise entry.error(f"nothing fills {', '.join(sorted(missing))} of {table.entity.__name__}")


def _fits(field: str, made: type, known: Mapping[str, set[type]], line: Entry) -> None:
    if field not in known:
        raise line.error(f"no field {field!r} in the entity; it has {', '.join(sorted(known))}")
    if made not in known[field] and not (made is int and float in known[field]):
        wanted = " or ".join(sorted(kind.__name__ for kind in known[field]))
        raise line.error(f"makes {made.__name__}, but the field {field!r} is {wanted}")


def _fillers(table: Table) -> Iterator[str]:
    """Fields by who fills them first: a superseded column fills the field of the one that supersedes it."""
    seen = {column.name: column.field for column in table.columns}
    for part in table.index:
        if part.field is not None and seen.get(part.name) != part.field:
            yield part.field
    for column in table.columns:
        if column.field is not None and seen.get(column.superseded_by or "") != column.field:
            yield column.field


def _each(table: Table, entry: Entry, lines: Mapping[str, Entry]) -> None:
    if table.each and not table.scalars:
        raise entry.error("only scalars can each be an entity of their own")
    for column in table.columns:
        if (column.label is None) != (table.each is None):
            raise lines[column.name].error("`label` tells the scalars of a group with `each` apart, and only those")


def _serves(column: Column, table: Table) -> bool:
    return column.wraps is not None or any(other.typed_by == column.name for other in table.columns)


def _field_types(entity: type[Entity]) -> dict[str, set[type]]:
    """Types that a field of the entity takes, without `None`."""
    hints = get_type_hints(entity)
    names = [field.name for field in fields(entity) if field.name != "index"]
    return {name: set(get_args(hints[name]) or (hints[name],)) - {NoneType} for name in names}


def _required(entity: type[Entity]) -> set[str]:
    return {field.name for field in fields(entity) if field.default is MISSING and field.default_factory is MISSING}
