"""MIB texts to table files: written here in full, so that the tests need nothing but pysmi."""

import builtins

import pytest

from collector.errors import CollectorError
from collector.mib_compiler import compile_mibs, read_mibs
from collector.tables import load_texts
from collector.tables.nodes import read

SMI = """\
SNMPv2-SMI DEFINITIONS ::= BEGIN
org            OBJECT IDENTIFIER ::= { iso 3 }
enterprises    OBJECT IDENTIFIER ::= { org 6 1 4 1 }
END
"""
TC = """\
SNMPv2-TC DEFINITIONS ::= BEGIN
IMPORTS enterprises FROM SNMPv2-SMI;
DisplayString ::= TEXTUAL-CONVENTION DISPLAY-HINT "255a" STATUS current DESCRIPTION ""
    SYNTAX OCTET STRING (SIZE (0..255))
TruthValue ::= TEXTUAL-CONVENTION STATUS current DESCRIPTION "" SYNTAX INTEGER { true(1), false(2) }
END
"""
EXAMPLE = """\
EXAMPLE-MIB DEFINITIONS ::= BEGIN
IMPORTS
    OBJECT-TYPE, Counter32, Counter64, Gauge32, Integer32, IpAddress, Opaque, enterprises FROM SNMPv2-SMI
    TEXTUAL-CONVENTION, DisplayString, TruthValue FROM SNMPv2-TC;

exampleMIB OBJECT IDENTIFIER ::= { enterprises 99999 }

Algo     ::= TEXTUAL-CONVENTION STATUS current DESCRIPTION "" SYNTAX INTEGER { none(1), des(2) }
HubName  ::= TEXTUAL-CONVENTION DISPLAY-HINT "64t" STATUS current DESCRIPTION "" SYNTAX OCTET STRING (SIZE (1..64))
HubIndex ::= TEXTUAL-CONVENTION STATUS current DESCRIPTION "" SYNTAX Integer32 (1..65535)

exScalarOne OBJECT-TYPE SYNTAX Gauge32 MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { exampleMIB 1 }
exScalarOff OBJECT-TYPE SYNTAX TruthValue MAX-ACCESS read-write STATUS current DESCRIPTION "" ::= { exampleMIB 2 }
exTrapOnly OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS accessible-for-notify STATUS current DESCRIPTION ""
    ::= { exampleMIB 3 }
exOpaque OBJECT-TYPE SYNTAX Opaque MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { exampleMIB 4 }

hubTable OBJECT-TYPE SYNTAX SEQUENCE OF HubEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION ""
    ::= { exampleMIB 5 }
hubEntry OBJECT-TYPE SYNTAX HubEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION ""
    INDEX { hubIndex, hubKey, IMPLIED hubLabel } ::= { hubTable 1 }
HubEntry ::= SEQUENCE { hubIndex HubIndex, hubKey OCTET STRING, hubLabel HubName, hubAlgo Algo, hubState INTEGER,
    hubName HubName, hubOctets Counter64, hubFlags BITS, hubPeer IpAddress, hubSince TimeTicks }
hubIndex OBJECT-TYPE SYNTAX HubIndex MAX-ACCESS not-accessible STATUS current DESCRIPTION "" ::= { hubEntry 1 }
hubKey OBJECT-TYPE SYNTAX OCTET STRING (SIZE (6)) MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { hubEntry 2 }
hubLabel OBJECT-TYPE SYNTAX HubName MAX-ACCESS not-accessible STATUS current DESCRIPTION "" ::= { hubEntry 3 }
hubAlgo OBJECT-TYPE SYNTAX Algo MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { hubEntry 4 }
hubState OBJECT-TYPE SYNTAX INTEGER { up(1), down(2) } MAX-ACCESS read-only STATUS current DESCRIPTION ""
    ::= { hubEntry 5 }
hubName OBJECT-TYPE SYNTAX HubName MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { hubEntry 6 }
hubOctets OBJECT-TYPE SYNTAX Counter64 MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { hubEntry 7 }
hubFlags OBJECT-TYPE SYNTAX BITS { a(0), b(1) } MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { hubEntry 8 }
hubPeer OBJECT-TYPE SYNTAX IpAddress MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { hubEntry 9 }
hubSince OBJECT-TYPE SYNTAX DisplayString MAX-ACCESS read-only STATUS deprecated DESCRIPTION "" ::= { hubEntry 10 }

moreTable OBJECT-TYPE SYNTAX SEQUENCE OF MoreEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION ""
    ::= { exampleMIB 6 }
moreEntry OBJECT-TYPE SYNTAX MoreEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION ""
    AUGMENTS { hubEntry } ::= { moreTable 1 }
MoreEntry ::= SEQUENCE { moreCount Counter32 }
moreCount OBJECT-TYPE SYNTAX Counter32 MAX-ACCESS read-only STATUS current DESCRIPTION "" ::= { moreEntry 1 }

oldTable OBJECT-TYPE SYNTAX SEQUENCE OF OldEntry MAX-ACCESS not-accessible STATUS obsolete DESCRIPTION ""
    ::= { exampleMIB 7 }
oldEntry OBJECT-TYPE SYNTAX OldEntry MAX-ACCESS not-accessible STATUS obsolete DESCRIPTION ""
    INDEX { oldIndex } ::= { oldTable 1 }
OldEntry ::= SEQUENCE { oldIndex Integer32, oldValue Integer32 }
oldIndex OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS not-accessible STATUS obsolete DESCRIPTION "" ::= { oldEntry 1 }
oldValue OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS obsolete DESCRIPTION "" ::= { oldEntry 2 }
END
"""
TABLE_FILE = """\
# Made from the text of EXAMPLE-MIB. What is left to say: the entity of each table, the field of each
# column (or, under `left_out`, why it has none), and whether another class fits better.
mib: EXAMPLE-MIB

enums:
  Algo: {1: none, 2: des}

tables:
  exScalarOScalars:
    entity:
    scalars:
      exScalarOne: {oid: 1.3.6.1.4.1.99999.1, syntax: Gauge32, class: gauge, field: }
      exScalarOff: {oid: 1.3.6.1.4.1.99999.2, syntax: TruthValue, class: gauge, field: }

  hubTable:
    oid: 1.3.6.1.4.1.99999.5
    entity:
    index:
      hubIndex: {number: 1, syntax: Integer32, field: }
      hubKey:   {number: 2, syntax: OCTET STRING, size: 6, field: }
      hubLabel: {number: 3, syntax: OCTET STRING, as: text, implied: true, field: }
    columns:
      hubAlgo:   {number: 4, syntax: Algo, class: gauge, field: }
      hubState:  {number: 5, syntax: INTEGER, enum: {1: up, 2: down}, class: gauge, field: }
      hubName:   {number: 6, syntax: OCTET STRING, as: text, class: static, field: }
      hubOctets: {number: 7, syntax: Counter64, class: counter, field: }
      hubFlags:  {number: 8, syntax: OCTET STRING, class: gauge, field: }
      hubPeer:   {number: 9, syntax: IpAddress, class: static, field: }

  moreTable:
    oid: 1.3.6.1.4.1.99999.6
    entity:
    augments: hubTable
    index:
      hubIndex: {syntax: Integer32, field: }
      hubKey:   {syntax: OCTET STRING, size: 6, field: }
      hubLabel: {syntax: OCTET STRING, as: text, implied: true, field: }
    columns:
      moreCount: {number: 1, syntax: Counter32, class: counter, field: }

left_out:
  exTrapOnly: not readable, only in notifications
  exOpaque: opaque
  hubSince: deprecated
  oldTable: obsolete
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with the modules that every MIB imports, under the names that people give to such files."""
    (tmp_path / "SNMPv2-SMI.my").write_text(SMI)
    (tmp_path / "snmpv2-tc.txt").write_text(TC)
    (tmp_path / "SNMPv2-CONF").write_text("SNMPv2-CONF DEFINITIONS ::= BEGIN\nEND\n")
    return tmp_path


def written(folder, text, name="example.mib"):
    path = folder / name
    path.write_text(text)
    return path


def test_a_table_file(folder):
    """Facts are filled in: OIDs, syntaxes that are known, labels, indexes; what cannot be read is left out."""
    assert compile_mibs([written(folder, EXAMPLE)]) == TABLE_FILE


def test_imports_from_elsewhere(folder, tmp_path_factory):
    """What a MIB imports is looked for in the folders that are named."""
    path = written(tmp_path_factory.mktemp("mine"), EXAMPLE)
    assert compile_mibs([path], [folder]) == TABLE_FILE
    with pytest.raises(
        CollectorError, match=r"^SNMPv2-CONF, SNMPv2-SMI, SNMPv2-TC: imported, but in none of .*mine0: name its folder"
    ):
        compile_mibs([path])


def test_what_is_left_to_say(folder):
    """Once entity and fields are said, the file loads; before, the loader says where to go on."""
    text = compile_mibs([written(folder, EXAMPLE)])
    with pytest.raises(CollectorError, match=r"^EXAMPLE-MIB.yaml:10: tables.exScalarOScalars.entity: '' is not one of"):
        load_texts({"modules.yaml": "modules: {}", "EXAMPLE-MIB.yaml": text})
    tables = text[text.index("  hubTable:") : text.index("  moreTable:")].replace("entity:", "entity: IkeSa")
    for column in ("hubAlgo", "hubState", "hubName", "hubFlags", "hubPeer"):
        line = next(line for line in tables.split("\n") if f"{column}:" in line)
        tables = tables.replace(line, "" if column != "hubAlgo" else line.replace("field: ", "field: encryption"))
    tables = tables.replace("class: counter, field: ", "class: counter, field: receive_bytes").replace(
        ", field: }", "}"
    )
    mib = "mib: EXAMPLE-MIB\nenums:\n  Algo: {1: none, 2: des}\ntables:\n" + tables
    table = load_texts({"modules.yaml": "modules: {}", "EXAMPLE-MIB.yaml": mib}).tables["hubTable"]
    assert [column.name for column in table.columns] == ["hubAlgo", "hubOctets"]
    assert (table.index[1].fixed_size, table.index[2].implied) == (6, True)


def test_several_files(folder):
    """Several MIBs become several documents; names of one in an index of the other are known."""
    other = EXAMPLE.replace("EXAMPLE-MIB", "OTHER-MIB").replace("99999", "99998").replace("exScalar", "otScalar")
    text = compile_mibs([written(folder, EXAMPLE), written(folder, other, "other.mib")])
    first, second = text.split("---\n")
    assert first == TABLE_FILE
    assert read("other", second).mapping(required=("mib", "enums", "tables", "left_out"))["mib"].text() == "OTHER-MIB"


def test_facts(folder):
    """The objects come in the order of their OIDs, with what their textual conventions come down to."""
    (found,) = read_mibs([written(folder, EXAMPLE)]).values()
    facts = {each.name: each for each in found}
    assert [each.name for each in found[:3]] == ["exScalarOne", "exScalarOff", "exTrapOnly"]
    assert (facts["hubIndex"].declared, facts["hubIndex"].base) == ("HubIndex", "Integer32")
    assert (facts["hubAlgo"].enum, facts["hubKey"].size, facts["hubFlags"].base) == ({1: "none", 2: "des"}, 6, "BITS")
    assert facts["moreEntry"].augments == "hubEntry"


def test_no_named_enumerations(folder):
    """A MIB without textual conventions of its own has no `enums`, one whose all is current leaves nothing out."""
    text = EXAMPLE[: EXAMPLE.index("exTrapOnly")] + "END\n"
    compiled = compile_mibs([written(folder, text)])
    assert "enums:" not in compiled
    assert "left_out:" not in compiled


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("hubPeer OBJECT-TYPE", "hubPeer OBJEKT-TYPE", r"example.mib:33: Bad grammar"),
        ("exampleMIB 6", "nothingMIB 6", r"example.mib:37: Unknown parent symbol: nothingMIB"),
        ("FROM SNMPv2-TC;", "FROM SNMPv2-TC Foo FROM FOO-MIB;", r"^FOO-MIB: imported, but in none of "),
        ("EXAMPLE-MIB DEFINITIONS", "DEFINITIONS", r"example.mib: no `NAME DEFINITIONS ::= BEGIN`"),
    ],
)
def test_problems(folder, old, new, problem):
    """What is wrong is named with file and line; an import that is nowhere, with where it was looked for."""
    with pytest.raises(CollectorError, match=problem):
        compile_mibs([written(folder, EXAMPLE.replace(old, new, 1))])


def test_files_that_cannot_be_read(folder):
    """A file that is not there is named."""
    with pytest.raises(CollectorError, match=r"nothing.mib: No such file or directory"):
        compile_mibs([folder / "nothing.mib"])


def test_one_module_twice(folder):
    """Two files with the same module would hide one another."""
    paths = [written(folder, EXAMPLE), written(folder, EXAMPLE, "again.mib")]
    with pytest.raises(CollectorError, match=r"again.mib: EXAMPLE-MIB is in .*example.mib too"):
        compile_mibs(paths)


def test_without_pysmi(folder, monkeypatch):
    """Who has not installed pysmi is told how to."""
    usual = builtins.__import__

    def without(name, *rest):
        if name.startswith("pysmi"):
            raise ImportError(name)
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CollectorError, match=r"needs pysmi: pip install 'tunnelwatch\[mibs\]'"):
        compile_mibs([written(folder, EXAMPLE)])
