"""Notifications in table files: what a good one becomes, and what every kind of mistake is called."""

import pytest

from collector.errors import TableError
from collector.tables import load_texts
from collector.wire.ber import oid as encode_oid

MODULES = "modules:\n  m: {contexts: each, tables: [tunnelTable]}\n"
TABLES = """\
mib: TUNNEL-MIB
tables:
  tunnelTable:
    oid: 1.3.6.1.4.1.99999.1
    entity: ChildSa
    index:
      tunIndex: {number: 1, syntax: Integer32}
    columns:
      tunStatus:    {number: 2, syntax: INTEGER, enum: {1: active, 2: gone}, class: gauge, field: status}
      tunLocalType: {number: 3, syntax: InetAddressType, class: static}
      tunLocal:     {number: 4, syntax: InetAddress, class: static, field: local_address, typed_by: tunLocalType}
  looseTable:
    oid: 1.3.6.1.4.1.99999.2
    entity: ChildSa
    index:
      tunIndex: {syntax: Integer32}
    columns:
      looseOctets: {number: 1, syntax: Counter32, class: counter, field: receive_bytes}
"""
NOTIFICATIONS = """\
mib: NOTIFY-MIB
enums:
  Why: {1: asked, 2: lost}
objects:
  endReason:   {oid: 1.3.6.1.4.1.99999.9.1, syntax: Why, says: reason}
  endAddrType: {oid: 1.3.6.1.4.1.99999.9.2, syntax: InetAddressType}
  endAddr:     {oid: 1.3.6.1.4.1.99999.9.3, syntax: InetAddress, typed_by: endAddrType, says: remote_address}
notifications:
  tunnelGone:
    {oid: 1.3.6.1.4.1.99999.0.1, happening: tunnel-stop, level: child, table: tunnelTable, up: false,
     objects: [tunStatus, endReason]}
  tunnelMoved:
    {oid: 1.3.6.1.4.1.99999.0.2, happening: other, module: m, up_when: {tunStatus: active}, objects: [tunStatus]}
  hello: {oid: 1.3.6.1.4.1.99999.0.3, happening: restart}
"""


def load_one(old="", new=""):
    assert old in NOTIFICATIONS
    text = NOTIFICATIONS.replace(old, new, 1) if old else NOTIFICATIONS
    return load_texts({"modules.yaml": MODULES, "a.yaml": TABLES, "b.yaml": text})


def test_a_notification():
    """A notification knows its table and the module that polls it, and its objects in their order."""
    gone = load_one().notifications["tunnelGone"]
    assert (gone.name, gone.mib, gone.oid) == ("tunnelGone", "NOTIFY-MIB", encode_oid("1.3.6.1.4.1.99999.0.1"))
    assert (gone.happening, gone.level, gone.table.name, gone.module) == ("tunnel-stop", "child", "tunnelTable", "m")
    assert (gone.up, gone.up_when, [each.name for each in gone.objects]) == (False, None, ["tunStatus", "endReason"])


def test_what_a_notification_need_not_say():
    """A notification can do without a table, a level, a state and objects, and may ask for a module instead."""
    found = load_one().notifications
    hello, moved = found["hello"], found["tunnelMoved"]
    assert (hello.level, hello.table, hello.module, hello.up, hello.objects) == (None, None, None, None, ())
    assert (moved.table, moved.module, moved.up, moved.up_when) == (None, "m", None, ("tunStatus", "active"))


def test_objects_of_tables():
    """Columns and index objects are read as their tables have them, with the fields that they fill."""
    known = {each.name: each for each in load_one().notified.values()}
    local = known["tunLocal"]
    assert (local.says, local.type_oid, local.mib) == ("local_address", known["tunLocalType"].oid, "TUNNEL-MIB")
    assert [part.name for part in local.index] == ["tunIndex"]
    assert known["tunIndex"].oid == encode_oid("1.3.6.1.4.1.99999.1.1.1")
    assert (known["tunStatus"].says, known["tunStatus"].decode(2, b"\x02")) == (None, "gone")


def test_objects_of_no_table():
    """Objects that only notifications have are read by their syntax, type and named values."""
    tables = load_one()
    reason = tables.notified[encode_oid("1.3.6.1.4.1.99999.9.1")]
    assert (reason.name, reason.says, reason.enum, reason.index) == ("endReason", "reason", {1: "asked", 2: "lost"}, ())
    assert reason.decode(2, b"\x02") == "lost"
    address = tables.notified[encode_oid("1.3.6.1.4.1.99999.9.3")]
    assert (address.says, address.type_oid) == ("remote_address", encode_oid("1.3.6.1.4.1.99999.9.2"))
    assert "endReason" not in tables.objects


def test_namesakes():
    """Of two objects of one name, a notification means that of its own file."""
    own = (
        "mib: X\nobjects:\n  tunStatus: {oid: 1.3.6.1.4.1.99998.1, syntax: Integer32}\n"
        "notifications:\n  moved: {oid: 1.3.6.1.4.1.99998.2, happening: other, objects: [tunStatus]}\n"
    )
    files = {"modules.yaml": MODULES, "a.yaml": own, "b.yaml": NOTIFICATIONS, "c.yaml": TABLES}
    found = load_texts(files).notifications
    assert [found[name].objects[0].mib for name in ("moved", "tunnelGone")] == ["X", "TUNNEL-MIB"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "0.1, happening: tunnel-stop",
            "0.x, happening: tunnel-stop",
            r"10: notifications.tunnelGone.oid: .* is not an OID",
        ),
        ("happening: restart", "happening: reboot", r"14: .*hello.happening: 'reboot' is not one of authentication"),
        (", happening: restart", "", r"14: notifications.hello: 'happening' is missing"),
        ("level: child", "level: phase2", r"tunnelGone.level: 'phase2' is not one of child, ike"),
        ("table: tunnelTable", "table: tunTable", r"tunnelGone.table: 'tunTable' is not one of looseTable"),
        ("table: tunnelTable", "table: looseTable", r"tunnelGone.table: looseTable is in no module"),
        ("module: m", "module: n", r"13: notifications.tunnelMoved.module: 'n' is not one of m"),
        ("table: tunnelTable", "table: tunnelTable, module: m", r"tunnelGone: has `up` or `up_when`, and `table`"),
        ("up: false", "up: false, up_when: {tunStatus: active}", r"tunnelGone: has `up` or `up_when`"),
        ("up: false", "up: no", r"tunnelGone.up: 'no' is neither true nor false"),
        ("{tunStatus: active}", "{tunStatus: alive}", r"up_when: must be one of the notification's enumerations"),
        ("{tunStatus: active}", "{endReason: lost}", r"up_when: must be one of the notification's enumerations"),
        ("{tunStatus: active}", "{}", r"up_when: must be one of the notification's enumerations"),
        (
            "[tunStatus, endReason]",
            "[tunState]",
            r"11: notifications.tunnelGone.objects: no file has an object 'tunState'",
        ),
        ("99999.0.3", "99999.0.1", r"14: notifications.hello: has the OID of tunnelGone"),
        ("syntax: Why", "syntax: Because", r"5: objects.endReason.syntax: unknown syntax 'Because'"),
        ("says: reason", "says: index", r"endReason.says: 'index' is not one of local_address"),
        ("says: reason", "field: reason", r"endReason.field: unknown key"),
        ("99999.9.2", "99999.9.1", r"6: objects.endAddrType: has the OID of endReason"),
        ("99999.9.2", "99999.1.1.2", r"6: objects.endAddrType: has the OID of tunStatus"),
        ("typed_by: endAddrType", "typed_by: tunLocalType", r"endAddr.typed_by: must name another object of this file"),
        ("typed_by: endAddrType", "typed_by: endAddr", r"endAddr.typed_by: must name another object of this file"),
        ("InetAddress, typed_by", "OCTET STRING, typed_by", r"endAddr.typed_by: must name another object of this file"),
    ],
)
def test_mistakes(old, new, problem):
    """Every mistake names file, line and entry."""
    with pytest.raises(TableError, match=rf"^b.yaml:.*{problem}"):
        load_one(old, new)


def test_a_name_twice():
    """A notification's name is given once, whichever file has it."""
    other = "mib: X\nnotifications:\n  hello: {oid: 1.3.6.1.4.1.99999.0.4, happening: restart}\n"
    files = {"modules.yaml": MODULES, "a.yaml": TABLES, "b.yaml": NOTIFICATIONS, "c.yaml": other}
    with pytest.raises(TableError, match=r"^c.yaml:3: notifications.hello: has the name of NOTIFY-MIB's"):
        load_texts(files)


def test_a_file_of_nothing():
    """A file has tables, notifications or objects."""
    with pytest.raises(TableError, match=r"^b.yaml:1: has neither `tables` nor `notifications` nor `objects`"):
        load_texts({"modules.yaml": MODULES, "a.yaml": TABLES, "b.yaml": "mib: X\n"})
