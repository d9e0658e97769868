"""Indexes come apart as they were put together, and no row whatever can do more harm than being counted."""

from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.errors import WireError
from collector.interpret.index import split_index
from collector.interpret.snmp import interpret
from collector.tables import IndexPart, load
from collector.wire.ber import decode_arcs, decode_oid, encode_arcs, encode_oid

INTEGER, OCTETS, OID = 0x02, 0x04, 0x06
TABLES = load().tables
ARC = st.integers(0, 2**32 - 1)
VALUE = st.tuples(
    st.sampled_from([*range(0x02, 0x07), *range(0x40, 0x48), 0x80, 0x81, 0x82, 0x30]), st.binary(max_size=24)
)


def part(tag, *, fixed_size=None, implied=False):
    return IndexPart(
        name="part",
        number=1,
        syntax="",
        tag=tag,
        fixed_size=fixed_size,
        implied=implied,
        field=None,
        value_type=str,
        decode=lambda _, content: content,
    )


@st.composite
def indexes(draw):
    """Draw the parts of an index, the sub-identifiers of a row and the values that they stand for."""
    parts, arcs, values = [], [], []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["number", "string", "fixed", "oid", "last"]))
        if kind == "number":
            number = draw(ARC)
            parts.append(part(INTEGER))
            arcs.append(number)
            values.append(number.to_bytes(4, "big"))
        elif kind == "oid":
            oid = [1, *draw(st.lists(st.integers(0, 39), min_size=1, max_size=1)), *draw(st.lists(ARC, max_size=6))]
            parts.append(part(OID))
            arcs += [len(oid), *oid]
            values.append(encode_oid(oid))
        else:
            octets = draw(st.binary(max_size=20))
            fixed = len(octets) if kind == "fixed" else None
            parts.append(part(OCTETS, fixed_size=fixed, implied=kind == "last"))
            arcs += [*octets] if kind != "string" else [len(octets), *octets]
            values.append(octets)
            if kind == "last":
                break
    return parts, arcs, values


@settings(max_examples=150)
@given(indexes())
def test_indexes_come_apart(index):
    """What RFC 2578 §7.7 puts together comes apart into the same values."""
    parts, arcs, values = index
    assert [content for _, content in split_index(parts, arcs)] == values


@settings(max_examples=150)
@given(indexes(), st.data())
def test_indexes_cut_off(index, data):
    """An index that ends early is refused, or its last string is implied and takes what is left."""
    parts, arcs, values = index
    cut = data.draw(st.integers(0, len(arcs)))
    try:
        found = [content for _, content in split_index(parts, arcs[:cut])]
    except WireError:
        return
    assert found == values or (parts[-1].implied and values[-1].startswith(found[-1]))


@settings(max_examples=300)
@given(st.lists(ARC, max_size=40))
def test_arcs_both_ways(arcs):
    """Sub-identifiers of any size come back."""
    assert list(decode_arcs(encode_arcs(arcs))) == arcs


@settings(max_examples=300)
@given(st.binary(max_size=40))
def test_hostile_arcs(octets):
    """Any octets are sub-identifiers or a WireError."""
    for decode in (decode_arcs, decode_oid):
        try:
            decode(octets)
        except WireError:
            continue


@settings(max_examples=300)
@given(st.sampled_from(sorted(TABLES)), st.data())
def test_hostile_rows(name, data):
    """Any row of any table becomes entities and counted errors; nothing is raised."""
    table = TABLES[name]
    numbers = st.sampled_from([column.number for column in table.columns])
    row = data.draw(st.dictionaries(numbers, VALUE, max_size=8))
    suffix = data.draw(
        st.binary(max_size=24) | st.lists(st.integers(0, 300), max_size=24).map(encode_arcs) | st.just(b"\0")
    )
    interpretation = interpret([SimpleNamespace(table=table, rows={suffix: row})])
    assert len(interpretation.entities) <= max(1, len(row))
    assert all(isinstance(entity, table.entity) for entity in interpretation.entities)
    known = {table.name} | {column.name for column in table.columns} | {part.name for part in table.index}
    assert interpretation.errors.keys() <= known


@settings(max_examples=500)
@given(st.sampled_from([column for table in TABLES.values() for column in table.columns]), VALUE)
def test_hostile_values(column, value):
    """A decoder returns what its column promises, nothing, or a WireError."""
    tag, content = value
    try:
        decoded = column.decode(tag, content)
    except WireError:
        return
    assert decoded is None or isinstance(decoded, column.value_type)
