"""What the house promises as a whole, held by tests that look across its rooms."""

import ast
import subprocess

import pytest

from collector.mib_compiler import read_mibs
from collector.tables import load
from collector.tables.syntaxes import LABELS, SYNTAXES
from collector.wire.ber import oid as encode_oid

TABLES = load()
MAPPED = sorted({table.mib for table in TABLES.tables.values()})
TEXTLESS = {"SNMP-VIEW-BASED-ACM-MIB"}
"""Its text is not among the references; of it there is one column, of RFC 3415 §4."""
TRUTH = {1: "true", 2: "false"}


@pytest.fixture(scope="session")
def mibs(reference):
    """The objects of every MIB that is mapped, out of its original text."""
    folder = reference / "mibs"
    return read_mibs([folder / f"{mib}.mib" for mib in MAPPED if mib not in TEXTLESS])


@pytest.fixture(scope="session")
def objects(mibs):
    return {each.name: each for found in mibs.values() for each in found}


def tables_of(mib):
    return [table for table in TABLES.tables.values() if table.mib == mib]


# --- tables agree with the MIB texts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mib", sorted(set(MAPPED) - TEXTLESS))
def test_every_object_is_mapped_or_left_out(mib, mibs):
    """No object of a MIB is forgotten: it fills a field, is part of an index, or is left out for a reason."""
    said = {each.name for table in tables_of(mib) for each in (*table.columns, *table.index)}
    roots = {each.name: f"{each.oid}." for each in mibs[mib]}
    roots |= {name: f"{oid}." for name, oid in {"snmp": "1.3.6.1.2.1.11"}.items()}
    gone = tuple(roots[name] for name in TABLES.left_out if name in roots)
    forgotten = [
        each.name
        for each in mibs[mib]
        if each.kind in ("scalar", "column") and each.name not in said and not f"{each.oid}.".startswith(gone)
    ]
    assert forgotten == []


def test_everything_left_out_exists_and_has_a_reason(objects):
    """A reason is given for objects of these MIBs only, and none of them is mapped after all."""
    mapped = {column.name for table in TABLES.tables.values() for column in table.columns}
    elsewhere = {"snmp", "vacmSecurityToGroupTable", "vacmAccessTable", "vacmMIBViews"}
    for name, reason in TABLES.left_out.items():
        assert name in objects or name in elsewhere
        assert name not in mapped
        assert len(reason) > 8


@pytest.mark.parametrize("mib", sorted(set(MAPPED) - TEXTLESS))
def test_objects_are_those_of_the_text(mib, objects):
    """OID, syntax and labels of every column and scalar are those of the MIB."""
    for table in tables_of(mib):
        for column in table.columns:
            fact = objects[column.name]
            assert (fact.module, column.oid) == (mib, encode_oid(fact.oid)), column.name
            assert column.syntax in (fact.declared, fact.base), column.name
            enum = TRUTH if column.syntax == "TruthValue" else column.enum
            assert enum == fact.enum, column.name
            assert (fact.kind == "scalar") == table.scalars


@pytest.mark.parametrize("mib", sorted(set(MAPPED) - TEXTLESS))
def test_tables_are_those_of_the_text(mib, objects, mibs):
    """Every table has its OID, its INDEX in order, and what it AUGMENTS."""
    rows = {each.oid.rpartition(".")[0]: each for found in mibs.values() for each in found if each.kind == "row"}
    for table in tables_of(mib):
        if table.scalars:
            continue
        fact = objects[table.name]
        row = rows[fact.oid]
        base = objects[row.augments] if row.augments else row
        assert table.oid == encode_oid(fact.oid)
        assert [(part.name, part.implied) for part in table.index] == [(part.name, part.implied) for part in base.index]
        if row.augments:
            assert objects[table.augments].oid == base.oid.rpartition(".")[0]
        for part in table.index:
            if part.name in objects:
                index = objects[part.name]
                own = index.oid.startswith(f"{row.oid}.")
                assert part.number == (int(index.oid.rpartition(".")[2]) if own else None), part.name
                assert part.syntax in (index.declared, index.base), part.name
                assert part.enum == index.enum, part.name
                fixed = 4 if index.base == "IpAddress" else index.size
                assert part.fixed_size == fixed, part.name


def test_the_flow_monitor_is_whole():
    """CISCO-IPSEC-FLOW-MONITOR-MIB has 73 scalars and 13 tables, and all of them are here."""
    tables = tables_of("CISCO-IPSEC-FLOW-MONITOR-MIB")
    assert sum(len(table.columns) for table in tables if table.scalars) == 73
    assert sum(not table.scalars for table in tables) == 13


SMI_NAMES = {"Enumeration": "INTEGER", "OctetString": "OCTET STRING", "ObjectIdentifier": "OBJECT IDENTIFIER"}


def libsmi_type(syntax, typedefs):
    """Return the name of a type as it is written, and its labels, as libsmi has them."""
    named = syntax.get("name") or syntax.get("parent module", {}).get("type") or syntax["basetype"]
    definition = syntax if "basetype" in syntax else typedefs.get(named, {})
    numbers = {name: each for name, each in definition.items() if isinstance(each, dict) and "number" in each}
    return SMI_NAMES.get(named, named), {int(each["number"]): name for name, each in numbers.items()}


@pytest.mark.parametrize("mib", sorted(set(MAPPED) - TEXTLESS))
def test_libsmi_agrees(mib, reference, peer, tmp_path):
    """A second compiler, libsmi, reads the same OIDs, syntaxes, labels and indexes out of the texts."""
    config = tmp_path / "smi.conf"
    config.write_text(f"path {reference / 'mibs'}\n")
    command = [peer("smidump", "smitools"), "-c", str(config), "-k", "-l0", "-f", "python", mib]
    output = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode("utf-8", "replace")
    found = ast.literal_eval(output.partition("MIB = ")[2])
    rows = {node["oid"]: node for node in found["nodes"].values() if node["nodetype"] == "row"}
    for table in tables_of(mib):
        for column in table.columns:
            node = found["nodes"][column.name]
            assert column.oid == encode_oid(node["oid"]), column.name
            named, labels = libsmi_type(node["syntax"]["type"], found.get("typedefs", {}))
            if named in SYNTAXES or named in LABELS:  # others are textual conventions, resolved in our files
                assert column.syntax in (named, "INTEGER" if named == "Integer32" else named), column.name
            assert not labels or column.enum == labels, column.name
        if not table.scalars and not table.augments:
            row = rows[f"{found['nodes'][table.name]['oid']}.1"]
            assert [part.name for part in table.index] == list(row["linkage"])


# --- what steady polls may rely on ------------------------------------------------------------------------------------


def hot(table):
    return [
        column for column in table.columns if column.kind != "static" and not column.slow and not column.superseded_by
    ]


def test_a_steady_poll_of_tunnels_asks_for_little():
    """At most 28 % of the columns of the tunnels are read at every poll."""
    for name, most in {"cipSecTunnelTable": 0.28, "ceipSecTunnelTable": 0.28, "cikeTunnelTable": 0.28}.items():
        table = TABLES.tables[name]
        assert len(hot(table)) / len(table.columns) <= most


def test_every_table_shows_its_rows_at_every_poll():
    """Each conceptual table has a column that is read at every poll, or new and vanished rows would not be seen."""
    assert [table.name for table in TABLES.tables.values() if not table.scalars and not hot(table)] == []


def test_columns_that_supersede_are_polled():
    """A column that another one stands in for is read at every poll or in rotation, and is not superseded itself."""
    for table in TABLES.tables.values():
        columns = {column.name: column for column in table.columns}
        for column in table.columns:
            if column.superseded_by:
                assert columns[column.superseded_by].superseded_by is None


def test_every_table_is_in_a_module():
    """What is mapped is polled, each table in one module."""
    polled = [table.name for module in TABLES.modules.values() for table in module.tables]
    assert sorted(polled) == sorted(TABLES.tables)


def test_what_augments_is_polled_with_what_it_augments():
    """Rows can only be completed within one poll."""
    for module in TABLES.modules.values():
        names = {table.name for table in module.tables}
        assert all(table.augments in names for table in module.tables if table.augments)
