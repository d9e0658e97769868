"""What is known of notifications agrees with the MIB texts, and hangs together with what is polled."""

import ast
import csv
import subprocess
from collections import Counter
from itertools import pairwise

import pytest

from collector.interpret.notification import MAX_VARBINDS
from collector.mib_compiler import read_mibs
from collector.tables import load
from collector.tables.syntaxes import TYPED
from collector.wire.ber import decode_oid
from collector.wire.ber import oid as encode_oid

TABLES = load()
KNOWN = TABLES.notifications.values()
MIBS = sorted({each.mib for each in KNOWN})
EXTRA = [each for each in TABLES.notified.values() if each.oid not in {oid for oid, _ in TABLES.objects.values()}]
TEXTLESS = {"OLD-CISCO-SYSTEM-MIB", "OLD-CISCO-INTERFACES-MIB"}
"""Their texts are not among the references; IOS adds three objects of theirs to generic traps."""
NEVER_SAY_SO = {"IANAifType": "300 kinds of interface, whose number is enough"}
TRUTH = {1: "true", 2: "false"}


@pytest.fixture(scope="module")
def listed(reference):
    with (reference / "notifications.tsv").open(encoding="utf-8") as rows:
        return {row["name"]: row for row in csv.DictReader(rows, delimiter="\t")}


@pytest.fixture(scope="module")
def facts(reference):
    """The objects of every MIB that notifications draw on, by MIB and name."""
    names = sorted({each.mib for each in EXTRA} - TEXTLESS)
    found = read_mibs([reference / "mibs" / f"{mib}.mib" for mib in names])
    return {(each.module, each.name): each for objects in found.values() for each in objects}


def test_every_notification_is_known(listed):
    """No notification of the list is forgotten, and none is made up."""
    assert sorted(TABLES.notifications) == sorted(listed)


def test_notifications_are_those_of_the_list(listed):
    """OID, MIB and members, in their order, are those that were read out of the texts."""
    for each in KNOWN:
        row = listed[each.name]
        assert (row["module"], encode_oid(row["oid"])) == (each.mib, each.oid), each.name
        assert [one.name for one in each.objects] == [name for name in row["objects"].split(",") if name], each.name


@pytest.mark.parametrize("mib", MIBS)
def test_libsmi_agrees(mib, reference, peer, tmp_path):
    """A second compiler, libsmi, reads the same OIDs and members, and the same OIDs of members, out of the texts."""
    config = tmp_path / "smi.conf"
    config.write_text(f"path {reference / 'mibs'}\n")
    command = [peer("smidump", "smitools"), "-c", str(config), "-k", "-l0", "-f", "python"]

    def dumped(name):
        run = subprocess.run([*command, name], capture_output=True, check=True, timeout=60)
        return ast.literal_eval(run.stdout.decode("utf-8", "replace").partition("MIB = ")[2])

    found = dumped(mib)["notifications"]
    nodes = {}
    for each in KNOWN:
        if each.mib != mib:
            continue
        assert each.oid == encode_oid(found[each.name]["oid"]), each.name
        members = found[each.name]["objects"]
        assert [one.name for one in each.objects] == list(members), each.name
        for one in each.objects:
            home = members[one.name]["module"]
            nodes[home] = nodes.get(home) or dumped(home)["nodes"]
            assert (one.mib, one.oid) == (home, encode_oid(nodes[home][one.name]["oid"])), one.name


def test_objects_of_no_table_are_those_of_the_text(facts):
    """OID, syntax and named values of the objects that only notifications have are those of the MIB."""
    for each in EXTRA:
        if each.mib in TEXTLESS:
            continue
        fact = facts[each.mib, each.name]
        assert each.oid == encode_oid(fact.oid), each.name
        assert each.syntax in (fact.declared, fact.base) or fact.declared in NEVER_SAY_SO, each.name
        enum = TRUTH if each.syntax == "TruthValue" else each.enum
        assert enum == (None if fact.declared in NEVER_SAY_SO else fact.enum), each.name


def test_objects_are_told_apart():
    """No object's OID begins with another's, so that the first one found is the right one."""
    oids = sorted(decode_oid(oid) for oid in TABLES.notified)
    assert [pair for pair in pairwise(oids) if pair[1][: len(pair[0])] == pair[0]] == []


def test_rows_have_objects_that_bear_their_index(listed):
    """A notification about a row carries its index, but for the one whose members are all of the history."""
    without = set()
    for each in KNOWN:
        if each.table is not None:
            names = [part.name for part in each.table.index]
            if not any([part.name for part in one.index[: len(names)]] == names for one in each.objects):
                without.add(each.name)
    assert without == {"ciscoIpsSgTunnelStop"}
    assert all("Hist" in name for name in listed["ciscoIpsSgTunnelStop"]["objects"].split(","))


def test_tunnels_start_up_and_stop_down():
    """Every start and stop names level, table and state; nothing else claims to be of a tunnel's life."""
    starts = {each.name: each.up for each in KNOWN if each.happening == "tunnel-start"}
    stops = {each.name: each.up for each in KNOWN if each.happening == "tunnel-stop"}
    assert (set(starts.values()), set(stops.values()), len(starts), len(stops)) == ({True}, {False}, 4, 5)
    assert all(each.level and each.table for each in KNOWN if each.name in starts | stops)


def test_modules_can_be_polled():
    """A module that a notification asks for is one of the scheduled ones."""
    assert {each.module for each in KNOWN if each.module} <= set(TABLES.scheduled())


def test_switches_are_of_notifications():
    """Whatever a device can be told to send is known here, by the name that the switch has."""
    tables = [table for table in TABLES.tables.values() if table.each == "notification"]
    labels = {column.label for table in tables for column in table.columns}
    assert labels - TABLES.notifications.keys() == {"all"}


def test_objects_that_are_typed():
    """Only addresses and identities are read by a type, which is an enumeration."""
    for each in TABLES.notified.values():
        if each.type_oid is not None:
            assert each.decode in TYPED
            assert TABLES.notified[each.type_oid].enum


def test_what_is_carried_fits():
    """The reader looks at more varbinds than any notification has, and no member is listed twice."""
    assert max(len(each.objects) for each in KNOWN) + 10 < MAX_VARBINDS
    assert [each.name for each in KNOWN if max(Counter(each.objects).values(), default=1) > 1] == []
