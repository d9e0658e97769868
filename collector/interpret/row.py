"""One conceptual row to the fields of an entity: what the columns of a table mean beside each other.

A value that cannot be decoded costs that value; an index that cannot be decoded costs the row; both are counted by
name. What the device says it does not have, and empty strings where a text or an address should be, is absent.
"""

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from collector.errors import WireError
from collector.interpret.index import dotted, split_index
from collector.interpret.maker import maker
from collector.tables import Column, IndexPart, Table
from collector.tables.addresses import address_in
from collector.tables.conversions import (
    ABSENT,
    GAUGE32,
    INTEGER,
    LONG_INTEGER,
    Labelled,
    Truth,
    decode_octets,
    decode_signed,
    decode_unsigned,
)
from collector.tables.syntaxes import TYPED

Row: TypeAlias = Mapping[int, tuple[int, bytes]]
"""Column number to (value tag, value content octets)."""

Fields: TypeAlias = dict[str, object]
"""Arguments of an entity; what is absent is not in it."""

_Labels: TypeAlias = dict[str, object]
"""What the columns and index parts that others are `typed_by` say in this row."""

_WRAP_BITS = 32
_NUMBERS = frozenset({INTEGER, GAUGE32})
_from_bytes = int.from_bytes


@lru_cache(maxsize=1024)
def row_reader(table: Table) -> "RowReader":
    """Return the reader of a table's rows, prepared once per table."""
    return RowReader(table)


class RowReader:
    """Reads the rows of one table; errors are counted by the name of the column, or of the table for an index."""

    __slots__ = (
        "_columns",
        "_combined",
        "_constants",
        "_fallbacks",
        "_integers",
        "_labelled",
        "_labels",
        "_parts",
        "_plain",
        "_typed",
        "_unread",
        "make",
        "table",
    )

    def __init__(self, table: Table) -> None:
        self.table = table
        self.make = maker(table.entity)
        """Turns what `read` returned into an entity."""
        self._constants: Fields = dict(table.constants)
        wraps = {column.wraps: column for column in table.columns if column.wraps is not None}
        types = {part.typed_by for part in table.index} | {column.typed_by for column in table.columns}
        low = [column for column in table.columns if column.name in wraps or column.superseded_by is not None]
        self._combined = [(column, column.field, wraps.get(column.name)) for column in low if column.field is not None]
        self._typed = [
            (column, column.field, column.typed_by)
            for column in table.columns
            if column.field is not None and column.typed_by is not None
        ]
        self._labels = [column for column in table.columns if column.name in types]
        self._parts = [(part, part.name in types) for part in table.index]
        self._unread = _unread(table, types)
        self._fallbacks = list(_fallbacks(table))
        apart = {column.number for column, *_ in (*self._combined, *self._typed)}
        plain = [(column, column.field) for column in table.columns if column.number not in apart]
        named = [(column, field) for column, field in plain if field is not None]
        self._integers = [
            (each.number, field, each.tag, 2**7 if each.decode is decode_signed else 2**8)
            for each, field in named
            if each.decode in (decode_unsigned, decode_signed)
        ]
        self._labelled = [
            (each.number, field, each.decode.by_content)
            for each, field in named
            if isinstance(each.decode, Labelled | Truth)
        ]
        quick = {number for number, *_ in (*self._integers, *self._labelled)}
        self._plain = [(each, field) for each, field in named if each.number not in quick]
        self._columns = {column.number: column for column in table.columns}

    def read(self, suffix: bytes, row: Row, errors: Counter[str]) -> Fields | None:
        """Return the fields of a row; `None` if its index is garbage, or if it has no value at all."""
        try:
            fields, labels = self.index_fields(suffix, errors)
        except WireError:
            errors[self.table.name] += 1
            return None
        known = len(fields)
        self._quick(row, fields, errors)
        for column, field in self._plain:
            value = _value(column, row, errors)
            if value is not None:
                fields[field] = value
        if self._combined:
            self._combine(row, fields, errors)
        if self._typed:
            self._read_typed(row, fields, labels, errors)
        for field, source in self._fallbacks:
            self._fall_back(fields, field, source)
        return fields if len(fields) > known or has_values(row) else None

    def read_each(self, suffix: bytes, row: Row, errors: Counter[str]) -> Iterator[Fields]:
        """Yield the fields of every scalar that is an entity of its own (`each`); absent ones make none."""
        try:
            fields, _ = self.index_fields(suffix, errors)
        except WireError:
            errors[self.table.name] += 1
            return
        for column in self.table.columns:
            value = _value(column, row, errors)
            if value is not None and column.field is not None and self.table.each is not None:
                yield {**fields, self.table.each: column.label, column.field: value}

    def index_fields(self, suffix: bytes, errors: Counter[str]) -> tuple[Fields, _Labels]:
        """Return the fields that the index alone fills, and what parts of it say of the type of others.

        Raises: WireError if it is not an index of the table.
        """
        fields = self._constants.copy()
        labels: _Labels = {}
        arcs, fields["index"] = dotted(suffix)
        if self._unread is not None:
            if len(arcs) != self._unread or (self.table.scalars and arcs[0] != 0):
                raise WireError(f"{fields['index']} is not an index of {self.table.name}")
            return fields, labels
        for (part, is_type), (tag, content) in zip(self._parts, split_index(self.table.index, arcs), strict=True):
            if part.field is not None or is_type:
                value = _part_value(part, tag, content, labels, errors)
                if is_type:
                    labels[part.name] = value
                if part.field is not None and value is not None:
                    fields[part.field] = value
        return fields, labels

    def _quick(self, row: Row, fields: Fields, errors: Counter[str]) -> None:
        """Read what nearly every value is, an integer or a label as the MIB has it, without a call for each."""
        odd = []
        for number, field, expected, sign in self._integers:
            if number in row:
                tag, content = row[number]
                if tag == expected and 0 < len(content) < LONG_INTEGER and content[0] < sign:
                    fields[field] = _from_bytes(content, "big")
                else:
                    odd.append((number, field))
        for number, field, by_content in self._labelled:
            if number in row:
                tag, content = row[number]
                if tag == INTEGER and content in by_content:
                    fields[field] = by_content[content]
                else:
                    odd.append((number, field))
        for number, field in odd:
            value = _value(self._columns[number], row, errors)
            if value is not None:
                fields[field] = value

    def _combine(self, row: Row, fields: Fields, errors: Counter[str]) -> None:
        """Take 32-bit columns and their wraps where the 64-bit column is absent, or 0 while the 32-bit one counts.

        Devices were seen whose 64-bit columns stay 0, and others whose wraps count while nothing else does: so 0 and
        wraps alone are not believed.
        """
        for column, field, wraps in self._combined:
            if not fields.get(field):
                low = _value(column, row, errors)
                if isinstance(low, int) and (low or field not in fields):
                    high = _value(wraps, row, errors) if wraps is not None else None
                    fields[field] = low + (high << _WRAP_BITS) if isinstance(high, int) else low

    def _read_typed(self, row: Row, fields: Fields, labels: _Labels, errors: Counter[str]) -> None:
        for column in self._labels:
            labels[column.name] = _value(column, row, errors)
        for column, field, typed_by in self._typed:
            cell = row.get(column.number)
            if cell is not None:
                try:
                    octets = decode_octets(cell[0], cell[1])
                    value = None if octets is None else TYPED[column.decode](octets, _text(labels.get(typed_by)))
                except WireError:
                    errors[column.name] += 1
                    continue
                if value is not None:
                    fields[field] = value

    def _fall_back(self, fields: Fields, field: str, source: str) -> None:
        said = fields.get(source)
        if field not in fields and isinstance(said, str):
            found = address_in(said)
            if found is not None:
                fields[field] = found


def has_values(row: Row) -> bool:
    """Whether the device gave any value: a row of noSuchInstance alone is not there, one of empty strings is."""
    return any(tag not in ABSENT for tag, _ in row.values())


def _unread(table: Table, types: Container[str | None]) -> int | None:
    """How many sub-identifiers the index has, if it only has numbers that fill no field."""
    if table.scalars:
        return 1
    used = any(part.field is not None or part.name in types or part.tag not in _NUMBERS for part in table.index)
    return None if used else len(table.index)


def _fallbacks(table: Table) -> Iterator[tuple[str, str]]:
    fields = {part.name: part.field for part in table.index} | {column.name: column.field for column in table.columns}
    for column in table.columns:
        source = fields.get(column.fallback or "")
        if column.field is not None and source is not None:
            yield column.field, source


def _value(column: Column, row: Row, errors: Counter[str]) -> object:
    cell = row.get(column.number)
    if cell is None:
        return None
    try:
        return column.decode(cell[0], cell[1])
    except WireError:
        errors[column.name] += 1
        return None


def _part_value(part: IndexPart, tag: int, content: bytes, labels: _Labels, errors: Counter[str]) -> object:
    try:
        if part.typed_by is not None:
            return TYPED[part.decode](content, _text(labels.get(part.typed_by)))
        return part.decode(tag, content)
    except WireError:
        errors[part.name] += 1
        return None


def _text(label: object) -> str | None:
    return label if isinstance(label, str) else None
