"""Table files: what a good one becomes, and what every kind of mistake is called."""

from pathlib import Path

import pytest

from collector.errors import TableError
from collector.model import ChildSa, IkeSa, NotificationSwitch
from collector.tables import load, load_texts
from collector.wire.ber import oid as encode_oid

MODULES = "modules:\n  m: {contexts: each, tables: [tunnelTable]}\n"
MIB = """\
mib: EXAMPLE-MIB

enums:
  Algo: {1: none, 2: des}

tables:
  tunnelTable:
    oid: 1.3.6.1.4.1.99999.1
    entity: ChildSa
    index:
      tunIndex: {number: 1, syntax: Integer32}
    columns:
      tunInOctets:   {number: 2, syntax: Counter32, class: counter, field: receive_bytes, superseded_by: tunHcInOctets}
      tunHcInOctets: {number: 3, syntax: Counter64, class: counter, field: receive_bytes}
      tunInWraps:    {number: 4, syntax: Counter32, class: counter, wraps: tunInOctets, superseded_by: tunHcInOctets}
      tunAlgo:       {number: 5, syntax: Algo, class: static, field: receive_encryption}
      tunStatus:     {number: 6, syntax: INTEGER, enum: {1: active}, class: gauge, slow: true, field: status}
      tunLocalType:  {number: 7, syntax: InetAddressType, class: static}
      tunLocal:      {number: 8, syntax: InetAddress, class: static, field: local_address, typed_by: tunLocalType}
      tunTime:       {number: 9, syntax: TimeTicks, class: gauge, field: active_seconds, renews: backwards}

left_out:
  tunAction: a control
"""


def load_one(old="", new="", modules=MODULES):
    assert old in MIB
    return load_texts({"modules.yaml": modules, "EXAMPLE-MIB.yaml": MIB.replace(old, new, 1) if old else MIB})


def test_a_table():
    """A table file becomes tables of columns, with content octets and decoders."""
    table = load_one().tables["tunnelTable"]
    assert (table.mib, table.entity, table.scalars) == ("EXAMPLE-MIB", ChildSa, False)
    assert table.oid == encode_oid("1.3.6.1.4.1.99999.1")
    assert [column.number for column in table.columns] == [2, 3, 4, 5, 6, 7, 8, 9]
    octets, hc, wraps, algo, status, _, local, active = table.columns
    assert octets.oid == encode_oid("1.3.6.1.4.1.99999.1.1.2")
    assert (octets.superseded_by, hc.tag, wraps.wraps, wraps.field) == ("tunHcInOctets", 0x46, "tunInOctets", None)
    assert (algo.enum, algo.decode(2, b"\x02")) == ({1: "none", 2: "des"}, "des")
    assert (status.slow, status.kind, status.decode(2, b"\x02")) == (True, "gauge", "unknown(2)")
    assert (local.typed_by, active.renews, active.decode(0x43, b"\x64")) == ("tunLocalType", "backwards", 1.0)
    assert (table.index[0].name, table.index[0].number, table.index[0].field) == ("tunIndex", 1, None)


def test_left_out_and_objects():
    """What is left out is kept with its reason; every object is known by its name."""
    tables = load_one()
    assert tables.left_out == {"tunAction": "a control"}
    assert tables.objects["tunIndex"] == (encode_oid("1.3.6.1.4.1.99999.1.1.1"), 0x02)
    assert tables.objects["tunHcInOctets"] == (encode_oid("1.3.6.1.4.1.99999.1.1.3"), 0x46)


def test_a_module():
    """A module has its tables in order, its interval, its contexts."""
    modules = "modules:\n  m: {contexts: default, interval: 300, scheduled: false, tables: [tunnelTable]}\n"
    tables = load_one(modules=modules)
    module = tables.modules["m"]
    assert module.tables == (tables.tables["tunnelTable"],)
    assert (module.interval_seconds, module.contexts, module.scheduled) == (300, "default", False)
    usual = load_one().modules["m"]
    assert (usual.interval_seconds, usual.contexts, usual.scheduled) == (None, "each", True)


SCALARS = """\
mib: EXAMPLE-MIB
enums:
  OnOff: {1: on, 2: off}
tables:
  switches:
    entity: NotificationSwitch
    each: notification
    scalars:
      first:  {oid: 1.3.6.1.4.1.99999.2.1, syntax: TruthValue, class: static, field: enabled, label: one}
      second: {oid: 1.3.6.1.4.1.99999.2.2.5, syntax: OnOff, class: static, field: enabled, as: boolean, label: two}
"""


def load_scalars(old="", new=""):
    assert old in SCALARS
    modules = "modules:\n  m: {contexts: each, tables: [switches]}\n"
    return load_texts({"modules.yaml": modules, "a.yaml": SCALARS.replace(old, new, 1) if old else SCALARS})


def test_scalars():
    """A group of scalars is a table of one row, whose columns are numbered in their order."""
    table = load_scalars().tables["switches"]
    assert (table.scalars, table.entity, table.each) == (True, NotificationSwitch, "notification")
    assert table.oid == encode_oid("1.3.6.1.4.1.99999.2")
    assert [(column.number, column.label) for column in table.columns] == [(1, "one"), (2, "two")]
    assert table.columns[1].decode(2, b"\x02") is False


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("mib: EXAMPLE-MIB", "mib: [x]", r":1: mib: must be a single value"),
        ("mib: EXAMPLE-MIB", "mi: x", r":1: mi: unknown key"),
        ("{1: none, 2: des}", "{one: none}", r":4: enums.Algo.one: 'one' is not the number of a label"),
        ("1.3.6.1.4.1.99999.1\n", "1.3.6.x\n", r":8: tables.tunnelTable.oid: '1.3.6.x' is not an OID"),
        ("ChildSa", "ChildSA", r":9: tables.tunnelTable.entity: 'ChildSA' is not one of"),
        ("ChildSa", "NotificationSwitch", r"no field 'receive_bytes' in the entity; it has enabled, notification"),
        ("ChildSa", "CryptoMapSet", r"no field 'receive_bytes'"),
        ("    index:\n      tunIndex: {number: 1, syntax: Integer32}\n", "", r"tunnelTable: has either `scalars`"),
        ("    oid: 1.3.6.1.4.1.99999.1\n", "", r"tunnelTable: has either `scalars`"),
        ("    columns:\n", "    scalars: {}\n    columns:\n", r"tunnelTable: has either `scalars`"),
        ("field: status", "feild: status", r":17: tables.tunnelTable.columns.tunStatus.feild: unknown key"),
        (
            "field: status",
            "field: stauts",
            r":17: tables.tunnelTable.columns.tunStatus: no field 'stauts' in the entity",
        ),
        ("field: status", "field: index", r"tunStatus: no field 'index'"),
        ("field: status", "field: refreshes", r"tunStatus: makes str, but the field 'refreshes' is int"),
        ("field: status", "field: receive_encryption", r"tunnelTable: field 'receive_encryption' is filled twice"),
        ("class: gauge, slow", "class: guage, slow", r"tunStatus.class: 'guage' is not one of counter, gauge, static"),
        ("slow: true", "slow: 1", r"tunStatus.slow: '1' is neither true nor false"),
        ("class: gauge, slow", "slow", r"tunStatus: 'class' is missing"),
        ("number: 6", "number: 5", r":17: tables.tunnelTable.columns.tunStatus: number 5 is tunAlgo's"),
        ("number: 6", "number: 1", r"tunStatus: number 1 is tunIndex's"),
        ("number: 6", "number: six", r"tunStatus.number: 'six' is not a whole number"),
        ("syntax: Algo", "syntax: Algorithm", r"tunAlgo.syntax: unknown syntax 'Algorithm'"),
        ("syntax: Algo", "syntax: Algo, as: KBytes", r"tunAlgo: makes int"),
        ("syntax: Counter64", "syntax: Counter64, as: KBytes", r"tunHcInOctets.as: `as: KBytes` does not go with"),
        ("syntax: Counter64", "syntax: Counter64, as: kilobytes", r"tunHcInOctets.as: 'kilobytes' is not one of"),
        ("superseded_by: tunHcInOctets", "superseded_by: tunHc", r":13: .*superseded_by: no other column 'tunHc'"),
        ("wraps: tunInOctets", "wraps: tunInWraps", r"tunInWraps: wraps: no other column 'tunInWraps'"),
        ("wraps: tunInOctets, ", "", r"tunInWraps: fills no field, counts no wraps and is the type of nothing"),
        (", typed_by: tunLocalType", "", r"tunLocalType: fills no field, counts no wraps and is the type of nothing"),
        ("typed_by: tunLocalType", "typed_by: tunType", r"tunLocal: typed_by: no other column 'tunType'"),
        ("renews: backwards", "renews: forwards", r"tunTime.renews: 'forwards' is not one of backwards, change"),
        ("renews: backwards", "typed_by: tunAlgo", r"tunTime: typed_by: only addresses and identities"),
        ("renews: backwards", "label: x", r"tunTime: `label` tells the scalars of a group with `each` apart"),
        ("renews: backwards", "fallback: tunWhat", r"tunTime: fallback: no other column 'tunWhat'"),
        ("    index:", "    each: status\n    index:", r"tunnelTable: only scalars can each be an entity"),
        ("    index:", "    constants: {index: x}\n    index:", r"tunnelTable: ChildSa has no field 'index' of text"),
        ("    index:", "    constants: {refreshes: x}\n    index:", r"ChildSa has no field 'refreshes' of text"),
        ("    index:", "    constants: {status: x}\n    index:", r"field 'status' is filled twice"),
        (
            "    index:",
            "    augments: otherTable\n    index:",
            r"tunnelTable: augments 'otherTable', which no file has",
        ),
        (
            "    index:",
            "    augments: tunnelTable\n    index:",
            r"augments 'tunnelTable', which augments 'tunnelTable'",
        ),
        ("Integer32}", "Integer32, field: refreshes, implied: yes}", r"tunIndex.implied: 'yes' is neither"),
        ("Integer32}", "Integer32, field: status}", r"tunIndex: makes int, but the field 'status' is str"),
        ("Integer32}", "IpAddress, typed_by: tunAlgo}", r"tunIndex: typed_by: 'tunAlgo' is not a part of the index"),
        ("Integer32}", "DisplayString, implied: true}\n      b: {syntax: Integer32}", r"tunIndex: only the last part"),
        ("tunAction: a control", "tunAction: [a]", r"left_out.tunAction: must be a single value"),
    ],
)
def test_mistakes(old, new, problem):
    """Every mistake names file, line, table and column."""
    with pytest.raises(TableError, match=rf"^EXAMPLE-MIB.yaml.*{problem}"):
        load_one(old, new)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (", label: one", "", r"first: `label` tells the scalars"),
        ("    each: notification\n", "", r"switches: field 'enabled' is filled twice"),
        ("each: notification", "each: enabled", r"NotificationSwitch has no field 'enabled' of text"),
        ("99999.2.2.5", "99999.2.1", r"second: has the OID of first"),
        ("oid: 1.3.6.1.4.1.99999.2.1", "oid: 1.3.6.1.4.1.99999.2.1, number: 1", r"first.number: unknown key"),
    ],
)
def test_mistakes_in_scalars(old, new, problem):
    """Groups of scalars are held to their own rules."""
    with pytest.raises(TableError, match=rf"^a.yaml.*{problem}"):
        load_scalars(old, new)


def test_a_required_field_that_nothing_fills():
    """An entity whose fields without default are not filled cannot be made."""
    text = SCALARS.replace("    each: notification\n", "").replace(", label: one", "")
    text = text[: text.index("      second")]
    modules = "modules:\n  m: {contexts: each, tables: [switches]}\n"
    with pytest.raises(TableError, match=r"^a.yaml:5: .*nothing fills notification of NotificationSwitch"):
        load_texts({"modules.yaml": modules, "a.yaml": text})


def test_a_group_without_scalars():
    """A table has at least one column."""
    text = "mib: X\ntables:\n  a: {entity: IkeSa, scalars: {}}\n"
    with pytest.raises(TableError, match=r"^a.yaml:3: tables.a: has no columns"):
        load_texts({"modules.yaml": MODULES, "a.yaml": text})


def test_augmenting_another_kind():
    """Rows can only complete rows of the same entity."""
    other = MIB.replace("tunnelTable:", "otherTable:").replace("    index:", "    augments: tunnelTable\n    index:", 1)
    with pytest.raises(TableError, match=r"^b.yaml:7: .*augments 'tunnelTable', which is a ChildSa"):
        load_texts(
            {
                "modules.yaml": MODULES,
                "a.yaml": MIB,
                "b.yaml": other.replace("ChildSa", "ClosedChildSa").replace("field: status", "field: reason"),
            }
        )


def test_two_tables_of_one_name():
    """The second table of a name is refused, wherever it is."""
    with pytest.raises(TableError, match=r"^b.yaml:7: tables.tunnelTable: EXAMPLE-MIB has a table of this name too"):
        load_texts({"modules.yaml": MODULES, "a.yaml": MIB, "b.yaml": MIB})


@pytest.mark.parametrize(
    ("modules", "problem"),
    [
        ("modules:\n  m: {contexts: each, tables: [x]}\n", r":2: modules.m.tables: no file has a table 'x'"),
        (
            "modules:\n  m: {contexts: every, tables: []}\n",
            r":2: modules.m.contexts: 'every' is not one of default, each",
        ),
        ("modules:\n  m: {contexts: each, interval: 0, tables: []}\n", r"modules.m.interval: an interval of 0 seconds"),
        ("modules:\n  m: {contexts: each, interval: 1.5, tables: []}\n", r"interval: '1.5' is not a whole number"),
        ("modules:\n  m: {contexts: each}\n", r":2: modules.m: 'tables' is missing"),
        ("modules: []\n", r":1: modules: must be a mapping"),
    ],
)
def test_mistakes_in_modules(modules, problem):
    """modules.yaml is read as strictly."""
    with pytest.raises(TableError, match=rf"^modules.yaml.*{problem}"):
        load_one(modules=modules)


def test_no_modules():
    """Without modules.yaml there is nothing to poll."""
    with pytest.raises(TableError, match=r"^modules.yaml is missing$"):
        load_texts({"a.yaml": MIB})


def test_a_directory(tmp_path):
    """A directory of one's own is read in place of the one that comes along; other files in it are none of ours."""
    (tmp_path / "modules.yaml").write_text(MODULES)
    (tmp_path / "EXAMPLE-MIB.yaml").write_text(MIB)
    (tmp_path / "notes.txt").write_text("not YAML: [")
    assert list(load(tmp_path).tables) == ["tunnelTable"]


def test_a_directory_that_cannot_be_read(tmp_path):
    """A directory that is not there, or text that is not UTF-8, is named."""
    with pytest.raises(TableError, match=r"table files in .*/nowhere"):
        load(tmp_path / "nowhere")
    (tmp_path / "modules.yaml").write_bytes(b"\xff")
    with pytest.raises(TableError, match="table files in"):
        load(tmp_path)


def test_the_tables_that_come_along_are_read_once():
    """Loading without a directory reads the package's own files, and only the first time."""
    assert load() is load()
    assert load().tables["cikeTunnelTable"].entity is IkeSa
    assert Path(load.__code__.co_filename).name == "loader.py"
